//! A sentence for every refusal, for the person whom it concerns, and one for strangers.

use loquet_policy::{Cause, Refusal, UnixTime};

use crate::Language;
pub use crate::names::{Names, neutral};
use crate::names::{by, for_day, on_day};
use crate::when;

/// A line for each refusal: its code, French, English. `~` is a no-break space; `{by}`, `{on}`, `{for}`, `{day}`, `{moment}`
/// and the numbers of [`values`] are replaced.
const TEXTS: &str = include_str!("assets/refusals.txt");

/// What to tell the person whom a refusal concerns: what is the matter, and what to do about it.
#[must_use]
pub fn sentence(refusal: &Refusal, language: Language, names: Names<'_>) -> String {
    match refusal {
        Refusal::LogInRefused => neutral(language).to_owned(),
        Refusal::Latched(cause) => latched(cause, language, names),
        Refusal::EnrollOnly(cause) => {
            let why = required_of(cause, language, names);
            language.say(
                format!("Configurez d’abord votre application d’authentification{why}."),
                format!("Set up your authenticator app first{why}."),
            )
        }
        Refusal::Mandated(cause) => mandated(cause, language, names),
        Refusal::ResetCodeExpired(cause) => reset_code_expired(cause, language, names),
        _ => filled(refusal, language, names),
    }
}

/// The sentence of the table, with its names, days and numbers.
fn filled(refusal: &Refusal, language: Language, names: Names<'_>) -> String {
    let key = key(refusal);
    let text = TEXTS.lines().find_map(|line| {
        let rest = line.strip_prefix(key)?.strip_prefix('|')?;
        let (french, english) = rest.split_once('|')?;
        Some(language.say(french, english))
    });
    // A test says every refusal.
    let mut text = text.unwrap_or(key).replace('~', "\u{a0}");
    for (name, value) in values(refusal, language, names) {
        text = text.replace(name, &value);
    }
    text
}

/// The line of a refusal: its code, with a suffix where more is known than the code says.
const fn key(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoBreakGlassCode { until: Some(_) } => "NO_BREAK_GLASS_CODE_UNTIL",
        Refusal::WrongCode { behind: Some(_) } => "WRONG_CODE_BEHIND",
        Refusal::ResetCodeRequired(Cause { role: Some(_), .. }) => "RESET_CODE_REQUIRED_BY_MANDATE",
        Refusal::ResetCodeRequired(Cause { by: Some(_), .. }) => "RESET_CODE_REQUIRED_BY_RESET",
        _ => refusal.code(),
    }
}

/// What the sentence of a refusal is filled in with.
fn values(refusal: &Refusal, language: Language, names: Names<'_>) -> Vec<(&'static str, String)> {
    let date = date(refusal);
    let mut values = vec![
        ("{on}", on_day(date, language)),
        ("{for}", for_day(date, language)),
    ];
    values.extend(date.map(|date| ("{day}", when::day(date, language))));
    values.extend(date.map(|date| ("{moment}", when::moment(date, language))));
    match *refusal {
        Refusal::UnknownRole { role } => values.push(("{role}", role.0.to_string())),
        Refusal::OutOfBounds { least, most } => {
            let [least, most] = when::bounds(least, most, language);
            values.extend([("{least}", least), ("{most}", most)]);
        }
        Refusal::WrongCode {
            behind: Some(minutes),
        } => values.push(("{minutes}", minutes.to_string())),
        _ => {}
    }
    // Last, so that a name which looks like one of the others is left as it is.
    values.push(("{by}", by(names, language)));
    values
}

/// The time that a refusal speaks of.
fn date(refusal: &Refusal) -> Option<UnixTime> {
    match *refusal {
        Refusal::AlreadyEnabled(cause)
        | Refusal::AlreadyAnnounced(cause)
        | Refusal::TooManyPostponements(cause)
        | Refusal::ResetCodeRequired(cause) => cause.date,
        Refusal::RecoverFirst { since }
        | Refusal::Suspended { since }
        | Refusal::Disabled { since }
        | Refusal::IsDeactivated { since } => Some(since),
        Refusal::ReportsRefused { until }
        | Refusal::TooNew { until }
        | Refusal::NotSettled { until } => Some(until),
        Refusal::NoBreakGlassCode { until } => until,
        Refusal::AlreadyOpen { ready } | Refusal::TooEarly { ready } => Some(ready),
        Refusal::TooSoon { earliest } => Some(when::next_day(earliest)),
        Refusal::TooLate { latest } => Some(latest),
        _ => None,
    }
}

fn latched(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let by = by(names, language);
    let why = cause.date.map(|date| {
        let day = when::day(date, language);
        // A mandate's day is the one on which it begins, and can lie ahead.
        if cause.role.is_some() {
            language.say(
                format!("\u{a0}: l’obligation est imposée{by} à compter du {day}"),
                format!(": the requirement is imposed{by} from {day} on"),
            )
        } else {
            language.say(
                format!("\u{a0}: cela a été décidé{by} le {day}"),
                format!(": it was decided{by} on {day}"),
            )
        }
    });
    let why = why.unwrap_or_default();
    language.say(
        format!("Il n’est plus possible de revenir en arrière{why}."),
        format!("There is no way back from this{why}."),
    )
}

fn reset_code_expired(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let whom = names
        .by
        .map(|name| language.say(format!(" à {name}"), format!(" from {name}")));
    let whom = whom.unwrap_or_default();
    let moment = cause.date.map(|date| when::moment(date, language));
    let (french, english) = match moment {
        Some(moment) => (
            format!("n’est plus valable depuis le {moment}"),
            format!("has not been valid since {moment}"),
        ),
        None => (
            "n’est plus valable".to_owned(),
            "is no longer valid".to_owned(),
        ),
    };
    language.say(
        format!("Ce code de réinitialisation {french}. Demandez-en un nouveau{whom}."),
        format!("This reset code {english}. Ask for a new one{whom}."),
    )
}

/// " : elle est obligatoire pour les employés depuis le 3 décembre 2026, imposée par Luc", or nothing.
fn required_of(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let (Some(who), Some(date)) = (names.role, cause.date) else {
        return String::new();
    };
    let day = when::day(date, language);
    let imposed = |name| {
        language.say(
            format!(", imposée par {name}"),
            format!(", imposed by {name}"),
        )
    };
    let by = names.by.map(imposed).unwrap_or_default();
    language.say(
        format!("\u{a0}: elle est obligatoire pour {who} depuis le {day}{by}"),
        format!(": it has been required of {who} since {day}{by}"),
    )
}

fn mandated(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let (who, from, by) = imposed(cause, language, names);
    language.say(
        format!(
            "Elle est rendue obligatoire pour {who}{by}{from}\u{a0}: vous ne pouvez pas la désactiver."
        ),
        format!("It is mandatory for {who}{from}{by}: you cannot switch it off."),
    )
}

/// What is said of [`Refusal::Mandated`] where the last passkey was to be removed.
pub(crate) fn last_passkey(cause: &Cause, language: Language, names: Names<'_>) -> String {
    let (who, from, by) = imposed(cause, language, names);
    language.say(
        format!(
            "Une clé d’accès est rendue obligatoire pour {who}{by}{from}\u{a0}: vous ne pouvez pas retirer la dernière. Ajoutez-en d’abord une autre."
        ),
        format!(
            "A passkey is mandatory for {who}{from}{by}: you cannot remove the last one. Add another first."
        ),
    )
}

/// On whom a mandate is imposed, from when on, and by whom.
fn imposed<'n>(cause: &Cause, language: Language, names: Names<'n>) -> (&'n str, String, String) {
    let who = names
        .role
        .unwrap_or(language.say("votre rôle", "your role"));
    let by = names
        .by
        .map(|name| language.say(format!(" par {name}"), format!(", set by {name}")));
    let by = by.unwrap_or_default();
    let from = cause.date.map(|date| {
        let day = when::day(date, language);
        language.say(format!(" à compter du {day}"), format!(" from {day} on"))
    });
    (who, from.unwrap_or_default(), by)
}
