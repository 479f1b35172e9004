//! What the pages look like: functions from facts to markup. They ask nothing and change nothing.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod administration;
pub(crate) mod authenticators;
pub(crate) mod code;
pub(crate) mod devices;
pub(crate) mod enable;
pub(crate) mod enroll;
pub(crate) mod mandate;
pub(crate) mod message;
pub(crate) mod options;
pub(crate) mod passkey;
pub(crate) mod people;
pub(crate) mod recover;
pub(crate) mod sessions;
pub(crate) mod undo_report;

use crate::parts::{Codes, Trouble};
use crate::{FormId, Language};
use passkey::Passkey;

/// What every view needs: the language, where the pages are mounted, the id of its form, what went wrong before, and what
/// the codes look like that it asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) language: Language,
    pub(crate) base: &'a str,
    pub(crate) form_id: FormId,
    pub(crate) trouble: Option<&'a Trouble>,
    pub(crate) codes: Codes,
    /// What the browser is asked for, where a passkey will do in place of a code.
    pub(crate) passkey: Option<Passkey<'a>>,
}

impl Setting<'_> {
    pub(crate) fn say<'t>(&self, french: &'t str, english: &'t str) -> &'t str {
        self.language.say(french, english)
    }

    /// What is said of an app, or of a token where that shows the codes: each in French and in English.
    pub(crate) fn app_or_token<'t>(&self, app: [&'t str; 2], token: [&'t str; 2]) -> &'t str {
        self.by_kind(app, token, app)
    }

    /// The same, and what is said of a passkey where the account has nothing else.
    pub(crate) fn by_kind<'t>(
        &self,
        app: [&'t str; 2],
        token: [&'t str; 2],
        passkey: [&'t str; 2],
    ) -> &'t str {
        let [french, english] = if self.codes.none {
            passkey
        } else if self.codes.are_of_tokens {
            token
        } else {
            app
        };
        self.say(french, english)
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.base)
    }
}
