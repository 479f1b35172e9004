//! What administrators decide: mandates, resets, roles, settings, access rules.

pub(crate) mod access_rules;
mod handle;
pub(crate) mod organization;
mod people;
pub(crate) mod remind;
pub(crate) mod settings;
pub(crate) mod undo_rules;
mod user_entry;
pub(crate) mod users;

pub use access_rules::{Affected, WhatIf};
pub use handle::AdminHandle;
pub use user_entry::UserEntry;
