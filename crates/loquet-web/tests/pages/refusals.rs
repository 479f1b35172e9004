//! Every refusal is said to people, in both languages.

use std::collections::BTreeSet;

use loquet_policy::{AccountId, Refusal, RoleId, UnixTime};
use loquet_web::Language;
use loquet_web::refusal::{Names, neutral, sentence, wait};

const AT: UnixTime = UnixTime(1_800_000_000);

fn all() -> Vec<Refusal> {
    use Refusal::*;
    vec![
        UnknownAccount,
        LogInRefused,
        LogInRequired,
        StaleLogIn,
        LogInExpired,
        EnrolOnly,
        CodeRequired,
        RecoverFirst,
        AlreadyCompleted,
        PolicyUnavailable,
        Busy,
        AccessDenied,
        AccessUnknown,
        Latched,
        AlreadyEnabled,
        NotEnabled,
        Unchanged,
        UnknownRole { role: RoleId(9) },
        AlreadyAnnounced { date: AT },
        NothingAnnounced,
        TooSoon { earliest: AT },
        NotConfirmed,
        TooManyPostponements,
        WouldStrandAdmin,
        SealNotConfirmed,
        OutOfBounds { least: 1, most: 2 },
        NothingScheduled,
        Malformed,
        WrongCode { behind: None },
        WrongCode { behind: Some(3) },
        AlreadyUsed { wait: 12 },
        Throttled { wait: 30 },
        KnownDeviceOnly,
        Disabled,
        NoAuthenticator,
        AlreadyBound,
        EnrolFirst,
        TicketRequired,
        WrongTicket,
        TicketExpired,
        NotYours,
        NothingPending,
        TooManyPendings,
        SealFirst,
        AskAnotherAdmin,
        NotOffered,
        WrongRecoveryCode,
        WrongLink,
        Mandated {
            role: RoleId::EMPLOYEE,
            since: Some(AT),
            by: Some(AccountId::from(1_u64)),
        },
        Mandated {
            role: RoleId(9),
            since: None,
            by: None,
        },
        StepUp,
        NotOwner,
        NotAdmin,
        NotFresh,
        SelfReset,
        SelfPromotion,
        SelfDemotion,
        SelfOffboard,
        Rank,
        TooNew { until: AT },
        TooManyResets { wait: 60 },
        LastEnrolledAdmin,
        UseLeave,
        NoSuchRole,
        TooManyRoles,
        HasLeft,
        NotLeft,
        NotSealed,
        AlreadyOpen { ready: AT },
        WrongSeal,
        TooEarly { ready: AT },
    ]
}

#[test]
fn every_refusal_has_its_own_sentence_in_both_languages() {
    let mut said = BTreeSet::new();
    for refusal in all() {
        let french = sentence(&refusal, Language::French, Names::default());
        let english = sentence(&refusal, Language::English, Names::default());
        assert_ne!(french, english, "{refusal}");
        for text in [french, english] {
            assert!(text.ends_with('.') && text.len() > 10, "{refusal}: {text}");
            assert!(
                !text.contains(refusal.code()) && !text.contains("  ") && !text.contains('{'),
                "{refusal}: {text}"
            );
            assert!(said.insert(text.clone()), "said twice: {text}");
        }
    }
}

#[test]
fn waits_are_for_a_countdown_and_names_are_said() {
    assert_eq!(wait(&Refusal::AlreadyUsed { wait: 12 }), Some(12));
    assert_eq!(wait(&Refusal::Throttled { wait: 30 }), Some(30));
    assert_eq!(wait(&Refusal::NotAdmin), None);
    let mandated = Refusal::Mandated {
        role: RoleId::EMPLOYEE,
        since: Some(AT),
        by: None,
    };
    let names = Names {
        role: Some("les employés"),
        by: Some("Hélène Tremblay"),
    };
    assert_eq!(
        sentence(&mandated, Language::French, names),
        "Elle est rendue obligatoire pour les employés par Hélène Tremblay à compter du 15 janvier 2027\u{a0}: vous ne pouvez pas la désactiver."
    );
}

#[test]
fn a_stranger_hears_the_same_whoever_left() {
    for language in [Language::French, Language::English] {
        assert_eq!(
            sentence(&Refusal::LogInRefused, language, Names::default()),
            neutral(language)
        );
    }
}
