//! The handlers: from a request to a ceremony, and from what became of it to a page.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod administration;
pub(crate) mod code;
pub(crate) mod devices;
pub(crate) mod enrol;
pub(crate) mod mandate;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod questions;
pub(crate) mod recover;
pub(crate) mod repudiate;
pub(crate) mod seal;
