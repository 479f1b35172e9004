//! The stored form: names are stable, and unknown ones are refused.

use crate::fixture::digest;
use loquet_policy::*;

fn organization() -> Organization {
    let by = AccountId::from(2u64);
    let since = UnixTime(5);
    let mut organization = Organization::new(OrgId::from(1u64));
    organization.preset = Preset::StrictLatch;
    organization.hardened = Some(Hardened { since, by });
    organization.latch = Latch::Enabled { since, by };
    organization.mandates = vec![
        Mandate {
            kind: MandateKind::SecondFactor,
            role: RoleId(0),
            by,
            state: MandateState::InForce { since },
        },
        Mandate {
            kind: MandateKind::SecondFactor,
            role: RoleId(1),
            by,
            state: MandateState::Announced {
                since,
                date: UnixTime(6),
                postponements: 1,
            },
        },
    ];
    organization.break_glass = BreakGlass::Ready {
        break_glass: digest(7),
        since,
        wrong: 2,
    };
    let setting = Setting::ResetCodeLife { seconds: 100 };
    organization.scheduled = vec![Scheduled {
        setting,
        by,
        due: UnixTime(9),
    }];
    organization
}

fn account() -> Account {
    let roles = RoleSet::new([RoleId(2), RoleId(1)]).unwrap();
    let mut account = Account::new(AccountId::from(2u64), OrgId::from(1u64), roles, UnixTime(3));
    account.second_factor = SecondFactor::of(Authenticator {
        drift: -2,
        ..Authenticator::new(AuthenticatorId(1), UnixTime(4), 11)
    });
    account.last_authenticator = AuthenticatorId(1);
    account.recovery = RecoverySet::new([digest(1)]).unwrap();
    account.pendings[1] = Some(Pending {
        by: Some(AuthenticatorId(1)),
        purpose: Purpose::Replace,
        session: SessionId(8),
        since: UnixTime(10),
        wrong: 1,
        recovery: RecoverySet::EMPTY,
    });
    account
}

const ORGANIZATION: &str = r#"{"id":"00000000000000000000000000000001","preset":"strict_latch","hardened":{"since":5,"by":"00000000000000000000000000000002"},"latch":{"kind":"enabled","since":5,"by":"00000000000000000000000000000002"},"roles":[{"id":0,"rank":0,"implies":null},{"id":1,"rank":1,"implies":null},{"id":2,"rank":2,"implies":1}],"mandates":[{"role":0,"by":"00000000000000000000000000000002","state":{"kind":"in_force","since":5}},{"role":1,"by":"00000000000000000000000000000002","state":{"kind":"announced","since":5,"date":6,"postponements":1}}],"break_glass":{"kind":"ready","break_glass":"0707070707070707070707070707070707070707070707070707070707070707","since":5,"wrong":2},"options":{"recovery_codes":false,"reset_code_life":86400,"enrollment_window":1209600,"access_rules":null},"scheduled":[{"setting":{"kind":"reset_code_life","seconds":100},"by":"00000000000000000000000000000002","due":9}]}"#;

const ACCOUNT: &str = r#"{"id":"00000000000000000000000000000002","org":"00000000000000000000000000000001","roles":[1,2],"status":{"kind":"active"},"created":3,"promoted":null,"toggle":false,"ever":false,"second_factor":{"kind":"bound","authenticators":[{"id":1,"since":4,"step":11,"drift":-2,"told":null}]},"last_authenticator":1,"pendings":[null,{"purpose":"replace","session":8,"by":1,"since":10,"wrong":1,"recovery":[]},null],"epoch":0,"attempts":{"total":0,"stranger":{"row":0,"until":0},"known":{"row":0,"until":0}},"resets":{"since":0,"used":0},"recovery":["0101010101010101010101010101010101010101010101010101010101010101"]}"#;

#[test]
fn stored_json_is_stable() {
    assert_eq!(
        serde_json::to_string(&organization()).unwrap(),
        ORGANIZATION
    );
    assert_eq!(serde_json::to_string(&account()).unwrap(), ACCOUNT);
    assert_eq!(
        serde_json::from_str::<Organization>(ORGANIZATION).unwrap(),
        organization()
    );
    assert_eq!(serde_json::from_str::<Account>(ACCOUNT).unwrap(), account());
}

fn reads_back<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
}

#[test]
fn every_variant_round_trips_through_json() {
    let (since, session, mark) = (UnixTime(5), SessionId(6), 4);
    let (by, digest) = (AccountId::from(2u64), digest(3));
    let reset_code = |origin| SecondFactor::ResetDue {
        reset_code: Some(ResetCode {
            origin,
            issued: since,
            expires: since,
        }),
    };
    let why = DisabledBy::Failures;
    let bound = Authenticator::new(AuthenticatorId(1), since, 7);
    let link = digest;
    for second_factor in [
        SecondFactor::None,
        SecondFactor::Disabled { since, why },
        SecondFactor::of(Authenticator {
            suspended: Some(Suspension {
                since,
                link: Some(link),
            }),
            origin: AuthenticatorOrigin::Token,
            told: Some(6),
            ..bound
        }),
        SecondFactor::ResetDue { reset_code: None },
        reset_code(Origin::Administrator { digest, by, mark }),
        reset_code(Origin::BreakGlass { digest }),
        reset_code(Origin::Host { digest }),
        reset_code(Origin::Recovery { session }),
    ] {
        reads_back(&Account {
            second_factor,
            status: Status::Deactivated { since },
            enrollments: DailyQuota { since, used: 1 },
            changes: DailyQuota { since, used: 2 },
            address_change: Some(AddressChange {
                by_host: true,
                code: digest,
                sent: since,
                first: since,
                codes: 1,
                wrong: 2,
            }),
            ..account()
        });
    }
}

#[test]
fn every_organization_round_trips_through_json() {
    let since = UnixTime(5);
    let (by, digest) = (AccountId::from(2u64), digest(3));
    let (break_glass, account_of, until) = (digest, by, since);
    for break_glass in [
        BreakGlass::Unset,
        BreakGlass::Void { break_glass, until },
        BreakGlass::Opening {
            break_glass,
            account: account_of,
            ready: since,
        },
        BreakGlass::Open {
            break_glass,
            account: account_of,
            expires: since,
        },
    ] {
        reads_back(&Organization {
            break_glass,
            ..organization()
        });
    }
    let mut roster = Roster::new(OrgId::from(1u64));
    roster.admit(&account());
    reads_back(&roster);
}

/// A refusal is stored as the outcome of its attempt and returned for a repeated one.
#[test]
fn stored_refusal_keeps_its_fields() {
    let by = AccountId::from(2u64);
    let cause = Cause {
        role: Some(RoleId::STAFF),
        ..Cause::of(by, UnixTime(5))
    };
    let since = UnixTime(5);
    for (text, refusal) in [
        (
            r#"{"kind":"latched","role":1,"date":5,"by":"00000000000000000000000000000002"}"#,
            Refusal::Latched(cause),
        ),
        (
            r#"{"kind":"reset_code_required","role":null,"date":null,"by":null}"#,
            Refusal::ResetCodeRequired(Cause::default()),
        ),
        (
            r#"{"kind":"disabled","since":5}"#,
            Refusal::Disabled { since },
        ),
        (
            r#"{"kind":"no_break_glass_code","until":null}"#,
            Refusal::NoBreakGlassCode { until: None },
        ),
    ] {
        assert_eq!(serde_json::to_string(&refusal).unwrap(), text);
        assert_eq!(serde_json::from_str::<Refusal>(text).unwrap(), refusal);
        let more = text.replacen("{", r#"{"rule":1,"#, 1);
        assert!(serde_json::from_str::<Refusal>(&more).is_err(), "{more}");
    }
}

#[test]
fn invalid_stored_account_is_refused() {
    let extra = ACCOUNT.replacen("{\"id\"", "{\"secret\":1,\"id\"", 1);
    let missing = ACCOUNT.replacen("\"ever\":false,", "", 1);
    let kind = ACCOUNT.replacen("\"kind\":\"active\"", "\"kind\":\"asleep\"", 1);
    let roles = ACCOUNT.replacen("[1,2]", "[1,2,3,4,5,6,7,8,9]", 1);
    let id = ACCOUNT.replacen("\"00000000000000000000000000000002\"", "\"2\"", 1);
    for text in [extra, missing, kind, roles, id] {
        assert!(serde_json::from_str::<Account>(&text).is_err(), "{text}");
    }
}
