//! Golden samples of the disk format.

use std::collections::BTreeSet;

use loquet_otp::Secret;
use loquet_policy::{
    Account, AccountId, Audience, Authenticator, Digest, Event, Latch, Mandate, MandateState,
    OrgId, Organization, Pending, Purpose, RecoverySet, RoleId, RoleSet, Roster, SessionId,
    UnixTime,
};

use super::*;
use crate::audit::AuditHead;
use crate::devices::Devices;
use crate::keyring::Keyring;
use crate::records::{
    AccountRecord, OrganizationRecord, PastRules, PendingSecret, Reminded, Rules, Secrets,
};
use crate::session::live::Sessions;
use crate::store::{AccountRow, MetadataRow, OrganizationRow, RosterRow, Version};

/// Each body as it is written, in every part: `NAME.v1.json`. Once released, a change that makes one of them fail needs a new
/// version and a way from the old one, not a new sample.
const ACCOUNT: &str = include_str!("../../tests/data/account.v1.json");
const ROOT: &str = include_str!("../../tests/data/root.v1.json");
const ORGANIZATION: &str = include_str!("../../tests/data/organization.v1.json");
const ROSTER: &str = include_str!("../../tests/data/roster.v1.json");
const ATTEMPT: &str = include_str!("../../tests/data/attempt.v1.json");
const NOTICE: &str = include_str!("../../tests/data/notice.v1.json");

fn ring() -> Keyring {
    Keyring::single(1, [7; 32])
}

fn account() -> AccountRecord {
    let org = OrgId::from(9_u64);
    let roles = RoleSet::new([RoleId::STAFF, RoleId(7)]).unwrap();
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
        secrets: Secrets {
            active: Some(Secret::from([1; 20])),
            pendings: vec![pending],
        },
        devices: devices(),
        sessions: sessions(),
        ..AccountRecord::new(facts, "chloé", "chloe@example.org")
    }
}

fn sessions() -> Sessions {
    serde_json::from_value(serde_json::json!([
        { "id": 77, "complete": true, "at": 1_790_000_300 },
        { "id": 0xfeed, "complete": false, "at": 1_790_000_200 },
    ]))
    .unwrap()
}

fn devices() -> Devices {
    serde_json::from_value(serde_json::json!({
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
    .unwrap()
}

fn organization() -> OrganizationRecord {
    let mut facts = Organization::new(OrgId::from(9_u64));
    let by = AccountId::from(1_u64);
    facts.latch = Latch::Enabled {
        since: UnixTime(1_790_000_000),
        by,
    };
    facts.mandates.push(Mandate {
        role: RoleId::STAFF,
        by,
        state: MandateState::InForce {
            since: UnixTime(1_790_604_800),
        },
    });
    let rules = Rules::new("default deny\nallow 203.0.113.0/28\n".into());
    facts.options.access_rules = Some(rules.digest);
    OrganizationRecord {
        rules: vec![rules],
        devices: Some(UnixTime(1_790_000_000)),
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
        reminded: vec![Reminded {
            role: RoleId::MEMBER,
            date: UnixTime(1_790_604_800),
            days: 7,
        }],
        ..OrganizationRecord::new(facts, "À petits pas")
    }
}

fn written(account: &AccountRecord) -> AccountRow {
    write_account::<DiskError>(account, AT, &ring(), || Ok([9; 24])).unwrap()
}

/// The version of the account's row.
const AT: Version = Version(12);

fn root() -> MetadataRow {
    write_root(&[3; 32], AT, &ring(), [9; 24]).unwrap()
}

fn notice() -> NoticeBody {
    let account = AccountId::from(3_u64);
    NoticeBody {
        about: Some(account),
        epoch: Some(4),
        ..NoticeBody::new(Notice {
            to: Audience::Owner { account },
            event: Event::Bound {
                purpose: Purpose::First,
            },
        })
    }
}

const REFUSED: FirstOutcome = FirstOutcome::Refused(Refusal::AlreadyUsed { wait: 12 });

#[test]
fn bodies_are_written_as_samples() {
    let roster = Roster::new(OrgId::from(9_u64));
    for (now, golden) in [
        (written(&account()).body, ACCOUNT),
        (root().body, ROOT),
        (
            write_organization(&organization()).unwrap().body,
            ORGANIZATION,
        ),
        (write_roster(&roster).unwrap().body, ROSTER),
        (write_attempt([4; 16], REFUSED).unwrap(), ATTEMPT),
        (write_notice(&notice()).unwrap(), NOTICE),
    ] {
        assert_eq!(now, golden.trim_end());
    }
}

#[test]
fn samples_are_read() {
    let row = AccountRow {
        body: ACCOUNT.into(),
        ..written(&account())
    };
    let (read, expected) = (read_account(&row, AT, &ring()).unwrap(), account());
    assert_eq!(read.facts, expected.facts);
    assert_eq!(read.devices, expected.devices);
    assert_eq!(read.sessions, expected.sessions);
    assert_eq!(read.secrets.active, expected.secrets.active);
    let session = SessionId(0xfeed);
    assert_eq!(
        read.secrets.pending(session),
        expected.secrets.pending(session)
    );
    let closed = read_account_with(&row, AT, &ring(), Decrypt::Nothing).unwrap();
    assert!(closed.secrets.active.is_none() && closed.secrets.pendings.is_empty());
    assert_eq!(encrypted_under(&row).unwrap(), BTreeSet::from([1]));
    let row = MetadataRow {
        body: ROOT.into(),
        ..root()
    };
    assert_eq!(*read_root(&row, AT, &ring()).unwrap(), [3; 32]);
    assert!(read_root(&row, Version(13), &ring()).is_err());
    let org = OrgId::from(9_u64);
    let read = read_organization(&OrganizationRow {
        id: org,
        enabled: true,
        body: ORGANIZATION.into(),
    })
    .unwrap();
    let expected = organization();
    assert_eq!(read.facts, expected.facts);
    assert!(read.devices.is_some());
    assert_eq!(read.past, expected.past);
    assert_eq!(read.reminded, expected.reminded);
    assert_eq!(
        read.rules_in_force(UnixTime(0)),
        Some("default deny\nallow 203.0.113.0/28\n")
    );
    let row = RosterRow {
        org,
        body: ROSTER.into(),
    };
    assert_eq!(read_roster(&row).unwrap(), Roster::new(org));
    assert_eq!(read_attempt(ATTEMPT).unwrap(), REFUSED);
    assert_eq!(attempt_mark(ATTEMPT), Some([4; 16]));
    assert_eq!(read_notice(NOTICE).unwrap(), notice());
}

#[test]
fn newer_and_damaged_formats_are_refused() {
    let newer = ACCOUNT.replace("\"v\":1", "\"v\":2");
    for body in [newer.replace("\"label\"", "\"etiquette\""), newer] {
        let row = AccountRow {
            body,
            ..written(&account())
        };
        let error = read_account(&row, AT, &ring()).unwrap_err();
        assert!(
            matches!(error, DiskError::Newer { version: 2, .. }),
            "{error}"
        );
    }
    let damaged = ACCOUNT.replace("\"toggle\":true", "\"toggle\":CANARY");
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
fn misplaced_row_is_refused() {
    let mut row = written(&account());
    row.id = AccountId::from(4_u64);
    assert!(matches!(
        read_account(&row, AT, &ring()),
        Err(DiskError::Damaged { .. })
    ));
}

#[test]
fn body_shows_no_secret() {
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
