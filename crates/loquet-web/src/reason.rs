//! Why a code is asked for, in words: the reasons that [`loquet_policy::explain`] gives as data.

use loquet_policy::Reason;

use crate::Language;
use crate::names::{Names, by};
use crate::when;

/// What a log-in comes to, or what requires it: the reasons of a grant and of a
/// [requirement](loquet_policy::Requirement::reasons), as the rest of a sentence. Refusals have sentences of their own
/// ([`crate::refusal::sentence`]).
///
/// `None` for a refusal's code.
///
/// ```
/// use loquet::Requirement;
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
    let by = by(names, language);
    let told = match reason.code {
        "MANDATE" if by.is_empty() => language.say(
            format!("obligatoire pour {who} depuis le {day}"),
            format!("required of {who} since {day}"),
        ),
        "MANDATE" => language.say(
            format!("obligatoire pour {who} depuis le {day}, imposée{by}"),
            format!("required of {who} since {day}, imposed{by}"),
        ),
        "PASSKEY_MANDATE" => language.say(
            format!("clé d’accès obligatoire pour {who} depuis le {day}{by}"),
            format!("passkey required of {who} since {day}{by}"),
        ),
        "ANNOUNCED" => language.say(
            format!("annoncée{by} pour {who} à compter du {day}"),
            format!("announced{by} for {who} from {day} on"),
        ),
        "TOGGLE" => language
            .say("activée par la personne", "switched on by the person")
            .to_owned(),
        "UNKNOWN_ROLE_MANDATED" => language
            .say(
                "un de ses rôles n’est pas défini ici\u{a0}: dans le doute, exigée",
                "one of their roles is not defined here: in doubt, required",
            )
            .to_owned(),
        "POLICY_UNREADABLE" => language
            .say(
                "les règles ne peuvent pas être lues\u{a0}: dans le doute, exigée",
                "the rules cannot be read: in doubt, required",
            )
            .to_owned(),
        "LEVEL_1" => language
            .say("mot de passe seul", "password only")
            .to_owned(),
        "LEVEL_2" => language
            .say("connectée avec un code", "logged in with a code")
            .to_owned(),
        "HALF_LOGIN" => language.say("code exigé", "code required").to_owned(),
        "RECOVERY_ONLY" => language
            .say(
                "accès bloqué\u{a0}: à rétablir",
                "locked out: needs recovery",
            )
            .to_owned(),
        "ENROLL_ONLY" => language
            .say("application ou clé à configurer", "app or key to be set up")
            .to_owned(),
        "GRANTED" => language.say("accordé", "granted").to_owned(),
        _ => return None,
    };
    Some(told)
}

#[cfg(test)]
mod tests {
    use loquet_policy::{
        AccountId, Mandate, MandateKind, MandateState, Requirement, RoleId, UnixTime,
    };

    use super::*;

    fn everything() -> Requirement {
        let mandate = |state| Mandate {
            role: RoleId::STAFF,
            kind: MandateKind::Passkey,
            state,
            by: AccountId::from(1_u64),
        };
        let in_force = mandate(MandateState::InForce {
            since: UnixTime(1_764_720_000),
        });
        Requirement {
            unreadable: true,
            unknown_role: Some(RoleId(9)),
            mandate: Some(in_force),
            passkey: Some(in_force),
            toggle: true,
            announced: Some(mandate(MandateState::Announced {
                since: UnixTime(1_764_000_000),
                date: UnixTime(1_764_720_000),
                postponements: 0,
            })),
        }
    }

    #[test]
    fn every_requirement_has_words_in_both_languages() {
        let names = Names {
            role: Some("les employés"),
            by: Some("Luc"),
        };
        for language in [Language::French, Language::English] {
            let told: Vec<_> = everything()
                .reasons()
                .map(|reason| because(&reason, language, names))
                .collect();
            assert_eq!(told.len(), 6);
            assert!(told.iter().all(Option::is_some), "{told:?}");
        }
        let [_, mandate, ..] = &everything().reasons().collect::<Vec<_>>()[..] else {
            panic!("there are six");
        };
        assert_eq!(
            because(mandate, Language::French, names).unwrap(),
            "obligatoire pour les employés depuis le 3\u{a0}décembre\u{a0}2025, imposée par Luc"
        );
    }
}
