//! The names and days that a sentence speaks of, and what strangers are told instead.

use loquet_policy::UnixTime;

use crate::Language;
use crate::when;

/// Who and what a refusal speaks of, by the names that people know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// The role, in the plural and in the page's language ("les employés").
    pub role: Option<&'a str>,
    /// The administrator who imposed a mandate.
    pub by: Option<&'a str>,
}

/// Returns the one message for all failed log-ins, so that it tells nothing of why.
#[must_use]
pub fn neutral(language: Language) -> &'static str {
    language.say(
        "La connexion n’a pas abouti. Vérifiez votre identifiant et votre mot de passe.",
        "The log-in did not succeed. Check your name and your password.",
    )
}

/// " par Luc", " by Luc", or nothing.
pub(crate) fn by(names: Names<'_>, language: Language) -> String {
    let by = |name| language.say(format!(" par {name}"), format!(" by {name}"));
    names.by.map(by).unwrap_or_default()
}

/// " le 3 décembre 2026", " on 3 December 2026", or nothing.
pub(crate) fn on_day(date: Option<UnixTime>, language: Language) -> String {
    let on = |date| {
        let day = when::day(date, language);
        language.say(format!(" le {day}"), format!(" on {day}"))
    };
    date.map(on).unwrap_or_default()
}

/// " pour le 3 décembre 2026", " for 3 December 2026", or nothing.
pub(crate) fn for_day(date: Option<UnixTime>, language: Language) -> String {
    let on = |date| {
        let day = when::day(date, language);
        language.say(format!(" pour le {day}"), format!(" for {day}"))
    };
    date.map(on).unwrap_or_default()
}
