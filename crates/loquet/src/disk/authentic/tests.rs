//! Rows that were changed, moved or made up do not open.

use std::sync::Arc;

use loquet_policy::{AccountId, OrgId, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::store::AttemptId;

fn keys(ids: &[u32], root: u8) -> RowKeys {
    let lines = ids.iter().map(|id| {
        let key = [u8::try_from(*id).unwrap(); 32];
        Keyring::line(*id, &key).to_string()
    });
    let ring = Keyring::parse(&lines.collect::<String>()).unwrap();
    RowKeys::new(Arc::new(ring), &[root; 32])
}

fn account(json: &str) -> AccountRow {
    AccountRow {
        id: AccountId::from(3_u64),
        org: OrgId::from(9_u64),
        external_id: "chloe".into(),
        ever: false,
        epoch: 4,
        used_step: Some(0),
        audited: 12,
        body: json.into(),
    }
}

fn is_altered<R: Authenticated>(keys: &RowKeys, row: &R, version: u64) -> bool {
    let opened = keys.open(row, Version(version));
    matches!(opened, Err(DiskError::Altered { row: named }) if named == row.name())
}

#[test]
fn written_row_opens_as_it_was() {
    let keys = keys(&[1], 0);
    for json in [
        "{}",
        "",
        "}",
        "\"row\":}{\u{e9}\n",
        "{\"key\":1,\"mac\":\"\",\"row\":{}}",
    ] {
        let row = keys.sign(account(json), Version(5)).unwrap();
        assert_eq!(keys.open(&row, Version(5)).unwrap().json(), json);
        assert_eq!(claimed_key(&row), Ok(1));
    }
}

#[test]
fn every_changed_column_is_refused() {
    let keys = keys(&[1], 0);
    let row = keys.sign(account("{}"), Version(5)).unwrap();
    let changes: [fn(&mut AccountRow); 9] = [
        |row| row.id = AccountId::from(4_u64),
        |row| row.org = OrgId::from(8_u64),
        |row| row.external_id.push('x'),
        |row| row.ever = true,
        |row| row.epoch = 5,
        |row| row.used_step = Some(1),
        |row| row.used_step = None,
        |row| row.audited = 11,
        |row| row.external_id.clear(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut row = row.clone();
        change(&mut row);
        assert!(is_altered(&keys, &row, 5), "{number}");
    }
    for version in [0, 4, 6, u64::MAX] {
        assert!(is_altered(&keys, &row, version), "{version}");
    }
    let enabled = |enabled| OrganizationRow {
        id: OrgId::from(9_u64),
        enabled,
        body: "{}".into(),
    };
    let mut row = keys.sign(enabled(false), Version(1)).unwrap();
    row.enabled = true;
    assert!(is_altered(&keys, &row, 1));
}

#[test]
fn changed_attempt_or_notice_is_refused() {
    let keys = keys(&[1], 0);
    let attempt = AttemptRow {
        id: AttemptId([7; 16]),
        account: AccountId::from(3_u64),
        at: UnixTime(5),
        body: "{}".into(),
    };
    let attempt = keys.sign(attempt, Version(1)).unwrap();
    assert!(keys.open(&attempt, Version(1)).is_ok());
    let changes: [fn(&mut AttemptRow); 3] = [
        |row| row.id = AttemptId([8; 16]),
        |row| row.account = AccountId::from(4_u64),
        |row| row.at = UnixTime(6),
    ];
    for change in changes {
        let mut row = attempt.clone();
        change(&mut row);
        assert!(is_altered(&keys, &row, 1));
    }
    let notice = NoticeRow {
        to: AccountId::from(3_u64),
        org: OrgId::from(9_u64),
        at: UnixTime(5),
        body: "{}".into(),
    };
    let notice = keys.sign(notice, Version(0)).unwrap();
    assert!(keys.open(&notice, Version(0)).is_ok());
    let changes: [fn(&mut NoticeRow); 3] = [
        |row| row.to = AccountId::from(4_u64),
        |row| row.org = OrgId::from(8_u64),
        |row| row.at = UnixTime(6),
    ];
    for change in changes {
        let mut row = notice.clone();
        change(&mut row);
        assert!(is_altered(&keys, &row, 0));
    }
}

/// Nor does a body of another kind, whose columns have the same bytes.
#[test]
fn body_of_another_kind_is_refused() {
    let keys = keys(&[1], 0);
    let org = OrgId::from(9_u64);
    let roster = |body: String| RosterRow { org, body };
    let signed = keys.sign(roster("{}".into()), Version(5)).unwrap();
    let row = OrganizationRow {
        id: org,
        enabled: false,
        body: signed.body,
    };
    assert!(is_altered(&keys, &row, 5));
}

#[test]
fn other_key_or_store_opens_no_row() {
    let old = keys(&[1], 0);
    let row = old.sign(account("{}"), Version(5)).unwrap();
    let both = keys(&[1, 2], 0);
    assert!(both.open(&row, Version(5)).is_ok());
    let missing = DiskError::KeyMissing {
        row: row.name(),
        key: 1,
    };
    let retired = keys(&[2], 0);
    assert_eq!(retired.open(&row, Version(5)).unwrap_err(), missing);
    assert!(
        is_altered(&keys(&[1], 9), &row, 5),
        "another store's root key"
    );
    // The key's id is authenticated: another key's row is not taken for one of this key.
    let other = RowKeys::new(Arc::new(Keyring::single(2, [1; 32])), &[0; 32]);
    let row = AccountRow {
        body: row.body.replace("\"key\":1", "\"key\":2"),
        ..row
    };
    assert!(is_altered(&other, &row, 5));
    assert_eq!(
        both.sign(account("{}"), Version(5))
            .map(|row| claimed_key(&row)),
        Ok(Ok(2))
    );
}

proptest! {
    /// One text for one row: no other opens, whichever byte is another, is missing or too many.
    #[test]
    fn any_other_body_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
        let keys = keys(&[1], 0);
        let row = keys.sign(account("{\"v\":1,\"label\":\"x\"}"), Version(5)).unwrap();
        let mut bytes = row.body.clone().into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        let Ok(body) = String::from_utf8(bytes) else {
            return Ok(());
        };
        prop_assume!(body != row.body);
        let other = AccountRow { body, ..row };
        let opened = keys.open(&other, Version(5));
        prop_assert!(
            matches!(opened, Err(DiskError::Altered { .. } | DiskError::KeyMissing { .. })),
            "{}: {opened:?}",
            other.body
        );
    }

    /// What no key was ever used on never opens.
    #[test]
    fn any_text_is_refused(key in 0_u32..3, mac in "[A-Za-z0-9+/=]{0,50}", json in ".{0,20}") {
        let body = format!("{{\"key\":{key},\"mac\":\"{mac}\",\"row\":{json}}}");
        let keys = keys(&[1], 0);
        for body in [body, mac, json] {
            prop_assert!(keys.open(&account(&body), Version(5)).is_err());
        }
    }
}
