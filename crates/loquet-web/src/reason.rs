//! Why a code is asked for, in words: the reasons that [`loquet_policy::explain`] gives as data.

use loquet_policy::Reason;

use crate::refusal::Names;
use crate::{Language, when};

/// A reason that [`Requirement::reasons`](loquet_policy::Requirement::reasons) gives, as the rest of a sentence that
/// begins with what is required. Refusals have sentences of their own ([`crate::refusal::sentence`]).
///
/// `None` for a code that is no reason of a requirement.
///
/// ```
/// use loquet_policy::{Requirement, UnixTime};
/// use loquet_web::{Language, reason::because, refusal::Names};
///
/// let requirement = Requirement { toggle: true, ..Requirement::default() };
/// let why: Vec<String> = requirement
///     .reasons()
///     .filter_map(|reason| because(&reason, Language::English, Names::default()))
///     .collect();
/// assert_eq!(why, ["switched on by the person"]);
/// ```
#[must_use]
pub fn because(reason: &Reason, language: Language, names: Names<'_>) -> Option<String> {
    let who = names.role.unwrap_or(language.say("son rôle", "their role"));
    let day = reason
        .date
        .map(|date| when::day(date, language))
        .unwrap_or_default();
    let by = match names.by {
        Some(name) => language.say(
            format!(", par décision de {name}"),
            format!(", decided by {name}"),
        ),
        None => String::new(),
    };
    let told = match reason.code {
        "MANDATE" => language.say(
            format!("obligatoire pour {who} depuis le {day}{by}"),
            format!("required of {who} since {day}{by}"),
        ),
        "ANNOUNCED" => language.say(
            format!("annoncée pour {who} à compter du {day}{by}"),
            format!("announced for {who} from {day} on{by}"),
        ),
        "TOGGLE" => language
            .say("activée par la personne", "switched on by the person")
            .to_owned(),
        "UNKNOWN_ROLE_MANDATED" => language
            .say(
                "un de ses rôles n'est pas défini ici\u{a0}: dans le doute, exigée",
                "one of their roles is not defined here: in doubt, required",
            )
            .to_owned(),
        "POLICY_UNREADABLE" => language
            .say(
                "les règles ne peuvent pas être lues\u{a0}: dans le doute, exigée",
                "the rules cannot be read: in doubt, required",
            )
            .to_owned(),
        _ => return None,
    };
    Some(told)
}

#[cfg(test)]
mod tests {
    use loquet_policy::{AccountId, Mandate, MandateState, Requirement, RoleId, UnixTime};

    use super::*;

    fn everything() -> Requirement {
        let mandate = |state| Mandate {
            role: RoleId::EMPLOYEE,
            state,
            by: AccountId::from(1_u64),
        };
        Requirement {
            unreadable: true,
            unknown_role: Some(RoleId(9)),
            mandate: Some(mandate(MandateState::InForce {
                since: UnixTime(1_764_720_000),
            })),
            toggle: true,
            announced: Some(mandate(MandateState::Announced {
                since: UnixTime(1_764_000_000),
                date: UnixTime(1_764_720_000),
                postponements: 0,
            })),
        }
    }

    #[test]
    fn every_reason_of_a_requirement_has_words_in_both_languages() {
        let names = Names {
            role: Some("les employés"),
            by: Some("Luc"),
        };
        for language in [Language::French, Language::English] {
            let told: Vec<_> = everything()
                .reasons()
                .map(|reason| because(&reason, language, names))
                .collect();
            assert_eq!(told.len(), 5);
            assert!(told.iter().all(Option::is_some), "{told:?}");
        }
        let [_, mandate, ..] = &everything().reasons().collect::<Vec<_>>()[..] else {
            panic!("there are five");
        };
        assert_eq!(
            because(mandate, Language::French, names).unwrap(),
            "obligatoire pour les employés depuis le 3 décembre 2025, par décision de Luc"
        );
    }
}
