//! From a letter to a subject and a text.

use std::fmt;

use loquet::{Letter, RoleId};

use crate::texts::{Names, advice, one_line, said};
use crate::{Language, when};

/// What a letter says, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Paragraphs, with `\n` between lines.
    pub body: String,
}

type RoleName = dyn Fn(RoleId, Language) -> Option<String> + Send + Sync;

/// Renders letters. See the [crate's documentation](crate) for its use.
pub struct Renderer {
    pages: String,
    role: Box<RoleName>,
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

impl Renderer {
    /// Creates a renderer. `pages` is the address under which the pages of `loquet-web` are mounted, with its scheme
    /// (`https://shop.example/mfa`); a host with pages of its own answers `NOT-ME-LINK` under `/not-me/`, `/account` and
    /// `/admin` there.
    #[must_use]
    pub fn new(pages: impl Into<String>) -> Self {
        let pages: String = pages.into();
        Self {
            pages: pages.trim_end_matches('/').to_owned(),
            role: Box::new(|_, _| None),
        }
    }

    /// Sets how letters call the users who have a role, in the plural and with the article ("les enseignants"). Without a
    /// name they say "your role".
    #[must_use]
    pub fn roles(
        mut self,
        name: impl Fn(RoleId, Language) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.role = Box::new(name);
        self
    }

    /// Renders a letter.
    #[must_use]
    pub fn render(&self, letter: &Letter, language: Language) -> Rendered {
        let role = |role| (self.role)(role, language);
        let names = Names { role: &role };
        let (subject, text) = said(letter, language, &names);
        let mut body = vec![language.say("Bonjour,", "Hello,").to_owned(), text];
        body.extend(advice(letter, language, &self.pages));
        body.push(self.foot(letter, language));
        Rendered {
            subject: one_line(&format!("{}{subject}", self.head(letter, language))),
            body: body.join("\n\n") + "\n",
        }
    }

    fn head(&self, letter: &Letter, language: Language) -> String {
        let name = &letter.organization;
        language.say(format!("{name}\u{a0}: "), format!("{name}: "))
    }

    /// Whom the letter is about, where and when.
    fn foot(&self, letter: &Letter, language: Language) -> String {
        let account = one_line(letter.about.as_ref().unwrap_or(&letter.external_id));
        let moment = when::moment(letter.at, language);
        let organization = &letter.organization;
        language.say(
            format!(
                "Compte\u{a0}: {account}\nOrganisation\u{a0}: {organization}\nDate\u{a0}: {moment}"
            ),
            format!("Account: {account}\nOrganization: {organization}\nDate: {moment}"),
        )
    }
}
