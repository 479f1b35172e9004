//! What the pages look like: functions from facts to markup. They ask nothing and change nothing.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod administration;
pub(crate) mod code;
pub(crate) mod devices;
pub(crate) mod enable;
pub(crate) mod enroll;
pub(crate) mod mandate;
pub(crate) mod message;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod recover;
pub(crate) mod undo_report;

use crate::parts::Trouble;
use crate::{FormId, Language};

/// What every view needs: the language, where the pages are mounted, the id of its form, what went wrong before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) language: Language,
    pub(crate) base: &'a str,
    pub(crate) form_id: FormId,
    pub(crate) trouble: Option<&'a Trouble>,
}

impl Setting<'_> {
    pub(crate) fn say<'t>(&self, french: &'t str, english: &'t str) -> &'t str {
        self.language.say(french, english)
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.base)
    }
}
