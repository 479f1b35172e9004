//! The handlers: from a request to an operation, and from its outcome to a page.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod administration;
pub(crate) mod authenticators;
pub(crate) mod break_glass;
pub(crate) mod code;
pub(crate) mod devices;
pub(crate) mod enroll;
pub(crate) mod lost;
pub(crate) mod mandate;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod questions;
pub(crate) mod recover;
pub(crate) mod report_unrecognized;
pub(crate) mod sessions;
pub(crate) mod undo_report;
