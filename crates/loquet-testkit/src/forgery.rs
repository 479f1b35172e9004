//! What a writer of the database without the keys may try, over any store. The ids are those of `docs/conformance.md`.

use std::cell::Cell;

use loquet::audit::Broken;
use loquet::store::{
    AccountRow, Commit, Cursor, Item, NoticeRow, Query, Row, RowKey, Store, Version, Versioned,
    Writes,
};
use loquet::{AccountId, Checkpoint, Clock, Error, OrgId, Unavailable, UnixTime};

use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture};
use crate::letters::Mailbox;
use crate::tampered::Tampered;

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    t35_forged_rows_are_refused_by_name(Tampered::new(store())).await;
    every_forged_row_is_listed(Tampered::new(store())).await;
    forged_notice_sends_no_letter(store()).await;
    crate::put_back::all(&mut store).await;
    organization_taken_away_is_not_begun_anew(Tampered::new(store())).await;
    t36_forged_time_forgets_no_record(Tampered::new(store())).await;
    t54_altered_record_is_shown_to_no_reader(Tampered::new(store())).await;
}

const ACCOUNTS: [u64; 4] = [ANNE, BRUNO, CHLOE, DENIS];

fn account_key(id: u64) -> RowKey {
    RowKey::Account(AccountId::from(id))
}

fn account(found: &Versioned) -> AccountRow {
    match &found.row {
        Row::Account(row) => row.clone(),
        other => panic!("no account: {other:?}"),
    }
}

pub(crate) fn keys(org: OrgId) -> Vec<RowKey> {
    let home = [RowKey::Organization(org), RowKey::Roster(org)];
    home.into_iter().chain(ACCOUNTS.map(account_key)).collect()
}

/// The same row with another body.
fn with_body(mut row: Row, edit: impl FnOnce(&str) -> String) -> Row {
    let body = match &mut row {
        Row::Organization(row) => &mut row.body,
        Row::Roster(row) => &mut row.body,
        Row::Account(row) => &mut row.body,
        other => panic!("not edited: {other:?}"),
    };
    let edited = edit(body);
    assert_ne!(edited, *body);
    *body = edited;
    row
}

fn body(row: &Row) -> String {
    match row {
        Row::Organization(row) => row.body.clone(),
        Row::Roster(row) => row.body.clone(),
        Row::Account(row) => row.body.clone(),
        other => panic!("not read: {other:?}"),
    }
}

/// What is written over a row, and at which version.
type Forgery = (&'static str, Row, Version);

fn edited(what: &'static str, found: &Versioned, from: &str, to: &str) -> Forgery {
    let row = with_body(found.row.clone(), |body| body.replacen(from, to, 1));
    (what, row, found.version)
}

/// Bodies that are edited, moved, or made up.
fn forged_bodies(before: &[Versioned], now: &[Versioned]) -> Vec<Forgery> {
    let [organization, roster, anne, bruno, chloe, denis] = now else {
        panic!("{now:?}");
    };
    let [bruno_id, chloe_id] = [BRUNO, CHLOE].map(|id| AccountId::from(id).to_string());
    let bare = |body: &str| {
        let (_, json) = body.split_once("\"row\":").unwrap();
        json.strip_suffix('}').unwrap().to_owned()
    };
    let moved = |what, to: &Versioned, from: &Versioned| {
        let row = with_body(to.row.clone(), |_| body(&from.row));
        (what, row, to.version)
    };
    let session = "\"sessions\":[{\"id\":7,\"complete\":true,\"at\":1790000000},";
    let mut made_up = account(denis);
    made_up.id = AccountId::from(66_u64);
    vec![
        edited(
            "the latch",
            organization,
            "{\"kind\":\"enabled\"",
            "{\"kind\":\"disabled\"",
        ),
        edited("a mandate", organization, "[{\"role\":1,", "[{\"role\":7,"),
        edited("the roster", roster, &bruno_id, &chloe_id),
        edited(
            "an authenticator",
            anne,
            "{\"kind\":\"active\"",
            "{\"kind\":\"none\"",
        ),
        edited("a session", bruno, "\"sessions\":[", session),
        ("no MAC", with_body(anne.row.clone(), bare), anne.version),
        moved("another's body", anne, chloe),
        moved("another kind's body", roster, organization),
        moved("a body of before", anne, &before[2]),
        ("a row of before", before[2].row.clone(), anne.version),
        ("another version", anne.row.clone(), anne.version.next()),
        ("one made up", Row::Account(made_up), denis.version),
    ]
}

/// Columns that are edited.
fn forged_columns(before: &[Versioned], now: &[Versioned]) -> Vec<Forgery> {
    let mut enabled = before[0].row.clone();
    if let Row::Organization(row) = &mut enabled {
        row.enabled = true;
    }
    let columns: [(_, fn(&mut AccountRow)); 6] = [
        ("org", |row| row.org = OrgId::from(8_u64)),
        ("external_id", |row| row.external_id = "bruno".to_owned()),
        ("ever", |row| row.ever = !row.ever),
        ("epoch", |row| row.epoch += 1),
        ("used_step", |row| row.used_step = None),
        ("audited", |row| row.audited += 1),
    ];
    let of_anne = columns.map(|(what, change)| {
        let mut row = account(&now[2]);
        change(&mut row);
        (what, Row::Account(row), now[2].version)
    });
    let enabled = ("enabled", enabled, before[0].version);
    of_anne.into_iter().chain([enabled]).collect()
}

/// What `audit verify` finds wrong, sorted by row.
pub(crate) async fn listed(fixture: &Fixture) -> Vec<(RowKey, Broken)> {
    listed_against(fixture, None).await
}

/// The same against a checkpoint.
pub(crate) async fn listed_against(
    fixture: &Fixture,
    kept: Option<&Checkpoint>,
) -> Vec<(RowKey, Broken)> {
    let mut listed = Vec::new();
    let each = |found: loquet::Verified| {
        if let Err(broken) = found.chain {
            listed.push((found.row, broken));
        }
    };
    fixture.operator.verify_audits(kept, each).await.unwrap();
    listed.sort_by_key(|(row, _)| *row);
    listed
}

async fn t35_forged_rows_are_refused_by_name<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let rows = keys(fixture.org);
    let read = async || store.load(&rows).await.unwrap();
    let before = sorted(read().await);
    fixture.log_in(BRUNO).await;
    fixture.imposed().await;
    let now = sorted(read().await);
    assert_eq!(listed(&fixture).await, []);
    let forgeries = [forged_bodies(&before, &now), forged_columns(&before, &now)];
    for (what, forged, version) in forgeries.concat() {
        let key = forged.key();
        store.put(forged, version);
        let id = match key {
            RowKey::Account(id) => id,
            _ => AccountId::from(ANNE),
        };
        let refused = fixture.mfa.log_in(id, Fixture::client()).await;
        let Err(Error::Unavailable(Unavailable::Damaged(why))) = refused else {
            panic!("{what}: {refused:?}");
        };
        let told = format!("the {key} is not authentic");
        assert!(why.to_string().starts_with(&told), "{what}: {why}");
        let found = listed(&fixture).await;
        assert!(
            found.contains(&(key, Broken::Row(why))),
            "{what}: {found:?}"
        );
        store.undo();
        assert_eq!(
            sorted(read().await),
            now,
            "{what}: nothing was decided on it"
        );
    }
    fixture.log_in(ANNE).await;
}

/// In the order of their keys.
pub(crate) fn sorted(mut rows: Vec<Versioned>) -> Vec<Versioned> {
    rows.sort_by_key(|found| found.row.key());
    rows
}

async fn every_forged_row_is_listed<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let rows = keys(fixture.org);
    for found in store.load(&rows).await.unwrap() {
        store.put(found.row, found.version.next());
    }
    let found: Vec<RowKey> = listed(&fixture).await.into_iter().map(|it| it.0).collect();
    assert_eq!(found, rows);
    // Whatever reads them refuses them.
    let operator = &fixture.operator;
    assert!(operator.provision().find("denis").await.is_err());
    assert!(operator.users(fixture.org).await.is_err());
    assert!(operator.apply_due().await.is_err());
    assert!(operator.checkpoint().await.is_err());
    assert!(
        operator
            .restored(loquet::RestoreOptions::default())
            .await
            .is_err()
    );
}

async fn forged_notice_sends_no_letter<S: Store>(store: S) {
    let store = std::sync::Arc::new(store);
    let fixture = Fixture::over(std::sync::Arc::clone(&store)).await;
    fixture.enabled().await;
    let start = Cursor::default();
    let page = store.scan(&Query::Outbox, &start).await.unwrap();
    let [Item::Notice(_, genuine), ..] = &*page.items else {
        panic!("{page:?}");
    };
    let to = AccountId::from(DENIS);
    let forged = NoticeRow {
        to,
        ..genuine.clone()
    };
    let writes = Writes {
        outbox: vec![forged],
        ..Writes::default()
    };
    assert_eq!(store.commit(writes).await.unwrap(), Commit::Done);
    let mailbox = Mailbox::default();
    let round = fixture.operator.deliver(&mailbox).await.unwrap();
    let letters = mailbox.into_letters();
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.to != to));
    let why = round.fault.unwrap().to_string();
    assert_eq!(round.waiting, 1);
    let told = format!("the notice to account {to} is not authentic");
    assert!(why.starts_with(&told), "{why}");
}

/// A new organization would have no latch, and no mandate.
async fn organization_taken_away_is_not_begun_anew<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    fixture.imposed().await;
    let home = [
        RowKey::Organization(fixture.org),
        RowKey::Roster(fixture.org),
    ];
    for taken in [&home[..], &home[..1], &home[1..]] {
        taken.iter().for_each(|key| store.take(*key));
        let operator = &fixture.operator;
        let begun = operator
            .provision()
            .ensure_organization(fixture.org, "À petits pas");
        let begun = begun.await;
        assert!(
            matches!(begun, Err(Error::Config(_))),
            "{taken:?}: {begun:?}"
        );
        let refused = fixture.mfa.log_in(ANNE, Fixture::client()).await;
        assert!(refused.is_err(), "{taken:?}");
        store.undo();
    }
    for taken in [&home[..], &home[1..]] {
        taken.iter().for_each(|key| store.take(*key));
        let missing: Vec<_> = taken.iter().map(|key| (*key, Broken::Missing)).collect();
        assert_eq!(listed(&fixture).await, missing);
        store.undo();
    }
}

/// T36: what may be forgotten is decided by the record itself, not by the column beside it.
async fn t36_forged_time_forgets_no_record<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    fixture.log_in(CHLOE).await;
    let operator = &fixture.operator;
    let signed = operator.checkpoint().await.unwrap();
    let now = fixture.clock.now();
    store.alter(|row| row.at = UnixTime(1));
    let altered = (account_key(CHLOE), Broken::Altered { seq: 1 });
    assert_eq!(listed(&fixture).await, [altered]);
    let forgotten = operator.forget_audit(&signed, now).await;
    assert!(
        matches!(
            forgotten,
            Err(Error::Unavailable(Unavailable::Audit(Broken::Altered {
                seq: 1
            })))
        ),
        "{forgotten:?}"
    );
    store.undo();
    assert_eq!(operator.forget_audit(&signed, now).await.unwrap(), 0);
    assert_eq!(operator.verify_audit(CHLOE.into()).await.unwrap(), 1);
    let later = UnixTime(now.0 + 1);
    assert_eq!(operator.forget_audit(&signed, later).await.unwrap(), 1);
}

/// T54: not to the owner, to an administrator, nor to the operator.
async fn t54_altered_record_is_shown_to_no_reader<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let (_, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let denis = fixture.user(&fixture.log_in(DENIS).await.session).await;
    fixture.log_in(DENIS).await;
    store.alter(|row| {
        if row.seq == 2 {
            row.body = row.body.replace("203.0.113.7", "203.0.113.8");
        }
    });
    let mfa = &fixture.mfa;
    let seen = Cell::new(0);
    let each = |number, _| {
        seen.set(number);
        Ok(())
    };
    for (shown, last) in [
        (mfa.account(&denis).audit(each).await, seen.take()),
        (mfa.admin(&anne).audit(DENIS, each).await, seen.take()),
        (
            fixture.operator.audit(DENIS.into(), each).await,
            seen.take(),
        ),
    ] {
        let Err(Error::Unavailable(Unavailable::Audit(broken))) = shown else {
            panic!("{shown:?}");
        };
        assert_eq!(broken, Broken::Altered { seq: 2 });
        assert_eq!(last, 1, "what precedes it is told");
    }
}
