//! The facts as stored data: names are stable, unknown ones are refused.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use loquet_policy::*;

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn organisation() -> Organisation {
    let by = AccountId::from(2u64);
    let since = UnixTime(5);
    let mut organisation = Organisation::new(OrgId::from(1u64));
    organisation.latch = Latch::Enabled { since, by };
    organisation.mandates = vec![
        Mandate {
            role: RoleId(0),
            by,
            state: MandateState::InForce { since },
        },
        Mandate {
            role: RoleId(1),
            by,
            state: MandateState::Announced {
                since,
                date: UnixTime(6),
                postponements: 1,
            },
        },
    ];
    organisation.break_glass = BreakGlass::Sealed {
        seal: digest(7),
        since,
        wrong: 2,
    };
    let setting = Setting::TicketLife { seconds: 100 };
    organisation.scheduled = vec![Scheduled {
        setting,
        by,
        due: UnixTime(9),
    }];
    organisation
}

fn account() -> Account {
    let roles = RoleSet::new([RoleId(2), RoleId(1)]).unwrap();
    let mut account = Account::new(AccountId::from(2u64), OrgId::from(1u64), roles, UnixTime(3));
    account.authenticator = Authenticator::Active {
        since: UnixTime(4),
        step: 11,
        drift: -2,
        told: None,
    };
    account.recovery = RecoverySet::new([digest(1)]).unwrap();
    account.pendings[1] = Some(Pending {
        purpose: Purpose::Replace,
        session: SessionId(8),
        since: UnixTime(10),
        wrong: 1,
        recovery: RecoverySet::EMPTY,
    });
    account
}

const ORGANISATION: &str = r#"{"id":"00000000000000000000000000000001","preset":"standard","latch":{"kind":"enabled","since":5,"by":"00000000000000000000000000000002"},"roles":[{"id":0,"rank":0,"implies":null},{"id":1,"rank":1,"implies":null},{"id":2,"rank":2,"implies":1}],"mandates":[{"role":0,"by":"00000000000000000000000000000002","state":{"kind":"in_force","since":5}},{"role":1,"by":"00000000000000000000000000000002","state":{"kind":"announced","since":5,"date":6,"postponements":1}}],"break_glass":{"kind":"sealed","seal":"0707070707070707070707070707070707070707070707070707070707070707","since":5,"wrong":2},"options":{"recovery_codes":false,"ticket_life":86400,"enrollment_window":1209600,"access_rules":null},"scheduled":[{"setting":{"kind":"ticket_life","seconds":100},"by":"00000000000000000000000000000002","due":9}]}"#;

const ACCOUNT: &str = r#"{"id":"00000000000000000000000000000002","org":"00000000000000000000000000000001","roles":[1,2],"status":{"kind":"active"},"created":3,"promoted":null,"toggle":false,"ever":false,"authenticator":{"kind":"active","since":4,"step":11,"drift":-2,"told":null},"pendings":[null,{"purpose":"replace","session":8,"since":10,"wrong":1,"recovery":[]},null],"epoch":0,"attempts":{"row":0,"total":0,"stranger":{"row":0,"until":0},"known":{"row":0,"until":0}},"resets":{"since":0,"used":0},"recovery":["0101010101010101010101010101010101010101010101010101010101010101"],"repudiation":null}"#;

#[test]
fn the_stored_form_is_the_golden_one() {
    assert_eq!(
        serde_json::to_string(&organisation()).unwrap(),
        ORGANISATION
    );
    assert_eq!(serde_json::to_string(&account()).unwrap(), ACCOUNT);
    assert_eq!(
        serde_json::from_str::<Organisation>(ORGANISATION).unwrap(),
        organisation()
    );
    assert_eq!(serde_json::from_str::<Account>(ACCOUNT).unwrap(), account());
}

#[test]
fn every_kind_of_fact_reads_back() {
    let (now, session) = (UnixTime(5), SessionId(6));
    let by = AccountId::from(2u64);
    let digest = digest(3);
    let ticket = |origin| Authenticator::ResetDue {
        ticket: Some(Ticket {
            origin,
            issued: now,
            expires: now,
            wrong: 1,
        }),
    };
    for authenticator in [
        Authenticator::None,
        Authenticator::Disabled {
            since: now,
            why: DisabledBy::Failures,
        },
        Authenticator::ResetDue { ticket: None },
        ticket(Origin::Administrator {
            digest,
            by,
            mark: 4,
        }),
        ticket(Origin::BreakGlass { digest }),
        ticket(Origin::Recovery { session }),
    ] {
        let account = Account {
            authenticator,
            status: Status::Left { since: now },
            ..account()
        };
        let text = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), account);
    }
    for break_glass in [
        BreakGlass::Unset,
        BreakGlass::Void {
            seal: digest,
            until: now,
        },
        BreakGlass::Opening {
            seal: digest,
            account: by,
            ready: now,
        },
        BreakGlass::Open {
            seal: digest,
            account: by,
            expires: now,
        },
    ] {
        let organisation = Organisation {
            break_glass,
            ..organisation()
        };
        let text = serde_json::to_string(&organisation).unwrap();
        assert_eq!(
            serde_json::from_str::<Organisation>(&text).unwrap(),
            organisation
        );
    }
    let mut roster = Roster::new(OrgId::from(1u64));
    roster.admit(&account());
    let text = serde_json::to_string(&roster).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&text).unwrap(), roster);
}

/// An organisation that became strict before anybody kept who made it so reads as one of which nobody knows.
#[test]
fn who_chose_the_strict_latch_is_kept_and_may_be_unknown() {
    let mut strict = organisation();
    strict.preset = Preset::StrictLatch;
    let before = ORGANISATION.replacen("standard", "strict_latch", 1);
    assert_eq!(
        serde_json::from_str::<Organisation>(&before).unwrap(),
        strict
    );
    let by = AccountId::from(2u64);
    let since = UnixTime(5);
    strict.hardened = Some(Hardened { since, by });
    let now = before.replacen(
        r#""strict_latch","#,
        r#""strict_latch","hardened":{"since":5,"by":"00000000000000000000000000000002"},"#,
        1,
    );
    assert_eq!(serde_json::to_string(&strict).unwrap(), now);
    assert_eq!(serde_json::from_str::<Organisation>(&now).unwrap(), strict);
}

/// A refusal is stored as the outcome of its attempt, and shown again when the attempt comes back. The first form of each
/// is what was stored before a refusal said who is behind it.
#[test]
fn a_refusal_reads_back_in_every_form_in_which_it_was_stored() {
    let by = AccountId::from(2u64);
    let cause = Cause {
        role: Some(RoleId::EMPLOYEE),
        ..Cause::of(by, UnixTime(5))
    };
    let date = Cause {
        date: Some(UnixTime(5)),
        ..Cause::default()
    };
    let nobody = Cause::default();
    for (text, refusal) in [
        (r#"{"kind":"latched"}"#, Refusal::Latched(nobody)),
        (
            r#"{"kind":"already_enabled"}"#,
            Refusal::AlreadyEnabled(nobody),
        ),
        (r#"{"kind":"enrol_only"}"#, Refusal::EnrolOnly(nobody)),
        (r#"{"kind":"code_required"}"#, Refusal::CodeRequired(nobody)),
        (
            r#"{"kind":"ticket_required"}"#,
            Refusal::TicketRequired(nobody),
        ),
        (
            r#"{"kind":"ticket_expired"}"#,
            Refusal::TicketExpired(nobody),
        ),
        (
            r#"{"kind":"too_many_postponements"}"#,
            Refusal::TooManyPostponements(nobody),
        ),
        (
            r#"{"kind":"already_announced","date":5}"#,
            Refusal::AlreadyAnnounced(date),
        ),
        (
            r#"{"kind":"mandated","role":1,"since":5,"by":"00000000000000000000000000000002"}"#,
            Refusal::Mandated(cause),
        ),
        (
            r#"{"kind":"nothing_announced"}"#,
            Refusal::NothingAnnounced { role: None },
        ),
        (
            r#"{"kind":"recover_first"}"#,
            Refusal::RecoverFirst { since: None },
        ),
        (r#"{"kind":"disabled"}"#, Refusal::Disabled { since: None }),
        (r#"{"kind":"has_left"}"#, Refusal::HasLeft { since: None }),
        (
            r#"{"kind":"not_sealed"}"#,
            Refusal::NotSealed { until: None },
        ),
    ] {
        let read = |text: &str| serde_json::from_str::<Refusal>(text).unwrap();
        assert_eq!(read(text), refusal);
        let again = serde_json::to_string(&refusal).unwrap();
        assert_eq!(read(&again), refusal, "{again}");
    }
    let latched = r#"{"kind":"latched","role":1,"date":5,"by":"00000000000000000000000000000002"}"#;
    assert_eq!(
        serde_json::to_string(&Refusal::Latched(cause)).unwrap(),
        latched
    );
    assert_eq!(
        serde_json::from_str::<Refusal>(latched).unwrap(),
        Refusal::Latched(cause)
    );
    let more = latched.replacen("role", "rule", 1);
    assert!(serde_json::from_str::<Refusal>(&more).is_err(), "{more}");
}

#[test]
fn what_is_unknown_missing_or_too_much_is_refused() {
    let extra = ACCOUNT.replacen("{\"id\"", "{\"secret\":1,\"id\"", 1);
    let missing = ACCOUNT.replacen("\"ever\":false,", "", 1);
    let kind = ACCOUNT.replacen("\"kind\":\"active\"", "\"kind\":\"asleep\"", 1);
    let roles = ACCOUNT.replacen("[1,2]", "[1,2,3,4,5,6,7,8,9]", 1);
    let id = ACCOUNT.replacen("\"00000000000000000000000000000002\"", "\"2\"", 1);
    for text in [extra, missing, kind, roles, id] {
        assert!(serde_json::from_str::<Account>(&text).is_err(), "{text}");
    }
}
