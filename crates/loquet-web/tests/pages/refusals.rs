//! Every refusal is said to people, in both languages.

use std::collections::BTreeSet;

use loquet_policy::Refusal::*;
use loquet_policy::{AccountId, Cause, Reason, Refusal, RoleId, Rule, UnixTime};
use loquet_web::Language;
use loquet_web::reason::because;
use loquet_web::refusal::{Names, neutral, sentence};

use crate::typography::faults;

const AT: UnixTime = UnixTime(1_800_000_000);

const UNKNOWN: Cause = Cause {
    role: None,
    date: None,
    by: None,
};
const RESET: Cause = Cause::of(AccountId::from_bytes([1; 16]), AT);
const BY: Cause = Cause {
    role: Some(RoleId::STAFF),
    ..RESET
};

fn all() -> Vec<Refusal> {
    [of_organizations(), of_codes(), of_people()].concat()
}

/// Sessions, places, and what an organization decided.
fn of_organizations() -> Vec<Refusal> {
    vec![
        UnknownAccount,
        LogInRefused,
        LogInRequired,
        StaleLogIn,
        LogInExpired,
        EnrollOnly(UNKNOWN),
        EnrollOnly(BY),
        CodeRequired(BY),
        RecoverFirst { since: AT },
        Suspended { since: AT },
        ReportsRefused { until: AT },
        AlreadyCompleted,
        PolicyUnavailable,
        AccessDenied,
        AccessUnknown,
        Latched(UNKNOWN),
        Latched(BY),
        AlreadyEnabled(UNKNOWN),
        AlreadyEnabled(BY),
        NotEnabled,
        Unchanged,
        UnknownRole { role: RoleId(9) },
        AlreadyAnnounced(UNKNOWN),
        AlreadyAnnounced(BY),
        NothingAnnounced {
            role: RoleId::STAFF,
        },
        TooSoon { earliest: AT },
        TooLate { latest: AT },
        NotConfirmed,
        TooManyPostponements(UNKNOWN),
        TooManyPostponements(BY),
        WouldStrandAdmin,
        BreakGlassCodeNotConfirmed,
        OutOfBounds { least: 1, most: 2 },
        NothingScheduled,
    ]
}

/// Codes, apps and reset codes.
fn of_codes() -> Vec<Refusal> {
    vec![
        Malformed,
        WrongCode { behind: None },
        WrongCode { behind: Some(3) },
        AlreadyUsed { wait: 12 },
        Throttled { wait: 30 },
        KnownDeviceOnly,
        WrongPasskey,
        ChallengeOver,
        PasskeyCloned,
        PasskeyRequired,
        Disabled { since: AT },
        AlreadyThere,
        RetiredKey,
        DifferentKey,
        KeyOfAnother,
        WeakKey,
        TokenAssigned,
        NoTokenAssigned,
        TwoCodesRequired,
        NoAuthenticator,
        AlreadyBound,
        TooManyAuthenticators,
        NoSuchAuthenticator,
        AskAnotherAdmin,
        OtherCodeRequired,
        NotSettled { until: AT },
        EnrollFirst,
        ResetCodeRequired(UNKNOWN),
        ResetCodeRequired(BY),
        ResetCodeRequired(RESET),
        WrongResetCode,
        ResetCodeExpired(UNKNOWN),
        ResetCodeExpired(BY),
        NotYours,
        NothingPending,
        EnrollmentEnded,
        TooManyPendings,
        TooManyEnrollments { wait: 60 },
        TooManyAnnouncements { wait: 60 },
        TooManyChanges { wait: 60 },
        BreakGlassCodeFirst,
        NotOffered,
        WrongRecoveryCode,
        WrongLink,
    ]
}

/// What administrators do to people, and the break-glass code.
fn of_people() -> Vec<Refusal> {
    vec![
        Mandated(UNKNOWN),
        Mandated(BY),
        StepUp,
        NotOwner,
        NotAdmin,
        NotFresh,
        PasswordRequired,
        SelfReset,
        SelfPromotion,
        SelfDemotion,
        SelfDeactivation,
        Rank,
        TooNew { until: AT },
        TooManyResets { wait: 60 },
        LastEnrolledAdmin,
        UseDeactivate,
        NoSuchRole,
        TooManyRoles,
        IsDeactivated { since: AT },
        NotDeactivated,
        NoBreakGlassCode { until: None },
        NoBreakGlassCode { until: Some(AT) },
        AlreadyOpen { ready: AT },
        WrongBreakGlassCode,
        TooEarly { ready: AT },
        WouldLockOut,
        DevicesInRules,
        TooManyAddresses,
        NoAddressCode,
        WrongAddressCode,
        TooManyAddressCodes { wait: 60 },
    ]
}

/// Every code of the policy, and whether it refuses.
fn codes() -> Vec<(String, bool)> {
    let table = include_str!("../../../loquet-policy/src/reasons.md");
    let mut refused = false;
    let mut codes = Vec::new();
    for line in table.lines() {
        refused |= line.contains("**refused**");
        codes.extend(
            line.split('`')
                .nth(1)
                .map(|code| (code.to_owned(), refused)),
        );
    }
    codes
}

fn names(language: Language) -> Names<'static> {
    Names {
        role: Some(language.say("les employés", "employees")),
        by: Some("Hélène Tremblay"),
    }
}

const LANGUAGES: [Language; 2] = [Language::French, Language::English];

#[test]
fn every_refusal_has_words_in_both_languages() {
    for (code, refused) in codes() {
        let sentences: Vec<Refusal> = all()
            .into_iter()
            .filter(|refusal| refused && refusal.code() == code)
            .collect();
        assert_eq!(
            sentences.is_empty(),
            !refused,
            "{code} is not in the list above"
        );
        for language in LANGUAGES {
            for refusal in &sentences {
                for names in [Names::default(), names(language)] {
                    let text = sentence(refusal, language, names);
                    assert!(text.ends_with('.') && text.len() > 10, "{code}: {text}");
                    assert!(!text.contains(&code), "{code}: {text}");
                    assert_eq!(faults(&text, language), [""; 0]);
                }
            }
            if !refused {
                let reason = Reason {
                    code: CODES.iter().find(|known| **known == code).unwrap(),
                    rule: Rule::Requirement,
                    role: Some(RoleId::STAFF),
                    date: Some(AT),
                    by: BY.by,
                    wait: None,
                };
                for names in [Names::default(), names(language)] {
                    let text = because(&reason, language, names).unwrap_or_default();
                    assert!(text.len() > 5 && !text.ends_with('.'), "{code}: {text}");
                    assert_eq!(faults(&text, language), [""; 0]);
                }
            }
        }
    }
}

/// The codes of what was granted, and of what requires it.
const CODES: [&str; 12] = [
    "LEVEL_1",
    "PASSKEY_MANDATE",
    "LEVEL_2",
    "HALF_LOGIN",
    "RECOVERY_ONLY",
    "ENROLL_ONLY",
    "GRANTED",
    "MANDATE",
    "ANNOUNCED",
    "TOGGLE",
    "UNKNOWN_ROLE_MANDATED",
    "POLICY_UNREADABLE",
];

#[test]
fn refusals_have_distinct_sentences() {
    let mut said = BTreeSet::new();
    for refusal in all() {
        for language in LANGUAGES {
            let text = sentence(&refusal, language, names(language));
            assert!(said.insert(text.clone()), "said twice: {text}");
        }
    }
}

/// Who imposed it, on whom and since when, as far as known.
#[test]
fn sentences_name_people_and_days() {
    let french = |refusal: Refusal| {
        sentence(&refusal, Language::French, names(Language::French)).replace('\u{a0}', "_")
    };
    for (refusal, expected) in [
        (
            Refusal::Mandated(BY),
            "Elle est rendue obligatoire pour les employés par Hélène Tremblay à compter du 15_janvier_2027_: vous ne pouvez pas la désactiver.",
        ),
        (
            Refusal::AlreadyEnabled(RESET),
            "L’authentification multi-facteur a déjà été activée pour votre organisation par Hélène Tremblay le 15_janvier_2027.",
        ),
        (
            Refusal::Latched(RESET),
            "Il n’est plus possible de revenir en arrière_: cela a été décidé par Hélène Tremblay le 15_janvier_2027.",
        ),
        (
            Refusal::Latched(BY),
            "Il n’est plus possible de revenir en arrière_: l’obligation est imposée par Hélène Tremblay à compter du 15_janvier_2027.",
        ),
        (
            Refusal::NoBreakGlassCode { until: None },
            "Aucun code de secours n’est défini, ou personne n’a encore ouvert l’enveloppe.",
        ),
        (
            Refusal::EnrollOnly(BY),
            "Configurez d’abord votre application d’authentification_: elle est obligatoire pour les employés depuis le 15_janvier_2027, imposée par Hélène Tremblay.",
        ),
        (
            Refusal::ResetCodeRequired(RESET),
            "Votre compte a été réinitialisé par Hélène Tremblay le 15_janvier_2027. Il faut ici le code de réinitialisation qui vous a été remis.",
        ),
        (
            Refusal::ResetCodeExpired(RESET),
            "Ce code de réinitialisation n’est plus valable depuis le 15_janvier_2027 à 08_h_00_(UTC). Demandez-en un nouveau à Hélène Tremblay.",
        ),
    ] {
        assert_eq!(french(refusal), expected);
    }
}

#[test]
fn deactivated_account_sounds_like_wrong_password() {
    for language in [Language::French, Language::English] {
        assert_eq!(
            sentence(&Refusal::LogInRefused, language, Names::default()),
            neutral(language)
        );
    }
}
