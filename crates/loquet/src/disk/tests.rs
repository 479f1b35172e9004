//! Golden samples of every format that was ever released.

use loquet_policy::{
    AccountId, Audience, Event, Latch, Mandate, MandateState, OrgId, Pending, Purpose, RecoverySet,
    RoleId, RoleSet, UnixTime,
};

use super::*;
use crate::store::LedgerRow;

/// Each format that was ever released, as it was written: `NAME.vN.json`. A change that makes one of them fail needs a
/// new version and a migration, not a new sample.
const ACCOUNT_V1: &str = include_str!("../../tests/data/account.v1.json");
/// The same with its secrets sealed in format 2, which binds the row's version.
const ACCOUNT_V1_SEALED_2: &str = include_str!("../../tests/data/account.v1.sealed-2.json");
const ROOT_V1: &str = include_str!("../../tests/data/root.v1.json");
const ORGANISATION_V1: &str = include_str!("../../tests/data/organisation.v1.json");
const ROSTER_V1: &str = include_str!("../../tests/data/roster.v1.json");
const ATTEMPT_V1: &str = include_str!("../../tests/data/attempt.v1.json");
const ACCOUNT_WITH_DEVICES_V1: &str = include_str!("../../tests/data/account-with-devices.v1.json");
const ORGANISATION_WITH_DEVICES_V1: &str =
    include_str!("../../tests/data/organisation-with-devices.v1.json");
const NOTICE_V1: &str = include_str!("../../tests/data/notice.v1.json");

fn ring() -> KeyRing {
    KeyRing::single(1, [7; 32])
}

fn account() -> AccountRecord {
    let org = OrgId::from(9_u64);
    let roles = RoleSet::new([RoleId::EMPLOYEE, RoleId(7)]).unwrap();
    let mut facts = Account::new(AccountId::from(3_u64), org, roles, UnixTime(1_790_000_000));
    facts.ever = true;
    facts.toggle = true;
    facts.epoch = 4;
    facts.authenticator = Authenticator::Active {
        since: UnixTime(1_790_000_100),
        step: 59_666_670,
        drift: -2,
        told: Some(59_666_669),
    };
    facts.pendings[1] = Some(Pending {
        purpose: Purpose::Replace,
        session: SessionId(0xfeed),
        since: UnixTime(1_790_000_200),
        wrong: 1,
        recovery: RecoverySet::new([Digest::from_bytes([5; 32])]).unwrap(),
    });
    let pending = PendingSecret {
        session: SessionId(0xfeed),
        secret: Secret::from([2; 20]),
    };
    AccountRecord {
        audit: AuditHead {
            seq: 12,
            head: [6; 32],
        },
        external_id: "chloé".into(),
        label: "chloe@example.org".into(),
        book: Book::default(),
        refusals: Refusals::default(),
        secrets: Secrets {
            active: Some(Secret::from([1; 20])),
            pendings: vec![pending],
        },
        devices: Devices::default(),
        facts,
    }
}

fn organisation() -> OrganisationRecord {
    let mut facts = Organisation::new(OrgId::from(9_u64));
    let by = AccountId::from(1_u64);
    facts.latch = Latch::Enabled {
        since: UnixTime(1_790_000_000),
        by,
    };
    facts.mandates.push(Mandate {
        role: RoleId::EMPLOYEE,
        by,
        state: MandateState::InForce {
            since: UnixTime(1_790_604_800),
        },
    });
    let rules = Rules::new("default deny\nallow 203.0.113.0/28\n".into());
    facts.options.access_rules = Some(rules.digest);
    OrganisationRecord {
        facts,
        name: "À petits pas".into(),
        rules: vec![rules],
        past: Vec::new(),
        devices: false,
        reminded: Vec::new(),
    }
}

fn account_with_devices() -> AccountRecord {
    AccountRecord {
        devices: serde_json::from_value(serde_json::json!({
            "last": 3,
            "known": [
                {
                    "number": 2,
                    "digest": Digest::from_bytes([1; 32]),
                    "former": Digest::from_bytes([2; 32]),
                    "network": "203.0.113.0",
                    "country": "CA",
                    "first": 1_790_000_000,
                    "last": 1_790_000_300,
                },
                {
                    "number": 3,
                    "digest": Digest::from_bytes([3; 32]),
                    "network": "2001:db8:1::",
                    "first": 1_790_000_100,
                    "last": 1_790_000_200,
                },
            ],
            "places": [7, u64::MAX],
            "spared": [1],
        }))
        .unwrap(),
        ..account()
    }
}

fn organisation_with_devices() -> OrganisationRecord {
    OrganisationRecord {
        devices: true,
        past: vec![
            PastRules {
                rules: None,
                until: UnixTime(1_790_000_400),
            },
            PastRules {
                rules: Some(Digest::from_bytes([4; 32])),
                until: UnixTime(1_790_000_500),
            },
        ],
        ..organisation()
    }
}

fn written(account: &AccountRecord) -> AccountRow {
    write_account::<DiskError>(account, AT, &ring(), || Ok([9; 24])).unwrap()
}

/// The version of the account's row.
const AT: Version = Version(12);

fn root() -> LedgerRow {
    write_root(&[3; 32], AT, &ring(), [9; 24]).unwrap()
}

#[test]
fn what_was_written_once_is_written_still() {
    let notice = Notice {
        to: Audience::Covered {
            role: RoleId::EMPLOYEE,
        },
        event: Event::MandateInForce {
            role: RoleId::EMPLOYEE,
        },
    };
    let refused = FirstOutcome::Refused(Refusal::AlreadyUsed { wait: 12 });
    for (now, golden) in [
        (written(&account()).body, ACCOUNT_V1_SEALED_2),
        (root().body, ROOT_V1),
        (
            written(&account_with_devices()).body,
            ACCOUNT_WITH_DEVICES_V1,
        ),
        (
            write_organisation(&organisation_with_devices())
                .unwrap()
                .body,
            ORGANISATION_WITH_DEVICES_V1,
        ),
        (
            write_organisation(&organisation()).unwrap().body,
            ORGANISATION_V1,
        ),
        (
            write_roster(&Roster::new(OrgId::from(9_u64))).unwrap().body,
            ROSTER_V1,
        ),
        (write_attempt([4; 16], refused).unwrap(), ATTEMPT_V1),
        (write_notice(&notice, None).unwrap(), NOTICE_V1),
    ] {
        assert_eq!(now, golden.trim_end());
    }
}

#[test]
fn every_format_ever_released_is_read() {
    for golden in [ACCOUNT_V1, ACCOUNT_V1_SEALED_2] {
        let row = AccountRow {
            body: golden.into(),
            ..written(&account())
        };
        let read = read_account(&row, AT, &ring()).unwrap();
        let (facts, expected) = (read.facts, account());
        assert_eq!(facts, expected.facts);
        assert_eq!(read.secrets.active, expected.secrets.active);
        assert_eq!(
            read.secrets.pending(SessionId(0xfeed)),
            expected.secrets.pending(SessionId(0xfeed))
        );
        let seals = seals(&row, 1).unwrap();
        assert_eq!(seals.keys, BTreeSet::from([1]));
        assert_eq!(seals.outdated, golden == ACCOUNT_V1);
    }
    let row = LedgerRow {
        body: ROOT_V1.into(),
        ..root()
    };
    assert_eq!(*read_root(&row, AT, &ring()).unwrap(), [3; 32]);
    assert!(read_root(&row, Version(13), &ring()).is_err());
    let row = AccountRow {
        body: ACCOUNT_WITH_DEVICES_V1.into(),
        ..written(&account())
    };
    let read = read_account(&row, AT, &ring()).unwrap();
    assert_eq!(read.devices, account_with_devices().devices);
    let organisation_row = |body: &str| OrganisationRow {
        id: OrgId::from(9_u64),
        enabled: true,
        body: body.into(),
    };
    let read = read_organisation(&organisation_row(ORGANISATION_WITH_DEVICES_V1)).unwrap();
    assert!(read.devices);
    let read = read_organisation(&organisation_row(ORGANISATION_V1)).unwrap();
    assert!(!read.devices);
    assert_eq!(read.facts, organisation().facts);
    assert_eq!(
        read.rules_in_force(UnixTime(0)),
        Some("default deny\nallow 203.0.113.0/28\n")
    );
    let row = RosterRow {
        org: OrgId::from(9_u64),
        body: ROSTER_V1.into(),
    };
    assert_eq!(read_roster(&row).unwrap(), Roster::new(OrgId::from(9_u64)));
    let refused = FirstOutcome::Refused(Refusal::AlreadyUsed { wait: 12 });
    assert_eq!(read_attempt(ATTEMPT_V1).unwrap(), refused);
    assert_eq!(attempt_mark(ATTEMPT_V1), Some([4; 16]));
    assert!(read_notice(NOTICE_V1).is_ok());
}

#[test]
fn a_newer_format_is_refused_and_damage_says_where_without_repeating_it() {
    let newer = ACCOUNT_V1
        .replace("\"v\":1", "\"v\":2")
        .replace("\"label\"", "\"etiquette\"");
    let row = AccountRow {
        body: newer,
        ..written(&account())
    };
    let error = read_account(&row, AT, &ring()).unwrap_err();
    assert!(
        matches!(error, DiskError::Newer { version: 2, .. }),
        "{error}"
    );
    let damaged = ACCOUNT_V1.replace("\"toggle\":true", "\"toggle\":CANARY");
    let row = AccountRow {
        body: damaged,
        ..written(&account())
    };
    let error = read_account(&row, AT, &ring()).unwrap_err().to_string();
    assert!(
        error.contains("column") && !error.contains("CANARY"),
        "{error}"
    );
}

#[test]
fn a_row_in_anothers_place_is_refused() {
    let mut row = written(&account());
    row.id = AccountId::from(4_u64);
    assert!(matches!(
        read_account(&row, AT, &ring()),
        Err(DiskError::Damaged { .. })
    ));
}

#[test]
fn a_body_shows_no_secret() {
    let body = written(&account()).body;
    for secret in [[1_u8; 20], [2; 20]] {
        for shown in [
            BASE64.encode(secret),
            loquet_enrollment::base32::encode(&secret).to_string(),
        ] {
            assert!(!body.contains(&shown));
        }
    }
    assert!(!format!("{:?}", account()).contains("[1, 1"));
}
