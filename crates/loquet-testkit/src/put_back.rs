//! Earlier rows, put back by a writer of the database without the keys: authentic each, and not the last. The ids are those
//! of `docs/conformance.md`.

use std::sync::Arc;

use loquet::audit::Broken;
use loquet::store::{Commit, Cursor, Item, Query, RowKey, Store, Versioned, Writes};
use loquet::testing::Phone;
use loquet::{
    Checkpoint, Keyring, MandateKind, Mfa, NewAccount, Refusal, RestoreOptions, Role, RoleId, Start,
};
use loquet_policy::{Event, limits};

use crate::addresses::{address, change_address};
use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use crate::forgery::{keys, listed, listed_against, sorted};
use crate::letters::{post, to};
use crate::tampered::Tampered;

/// Runs all of them, each over a store of its own.
pub(crate) async fn all<S: Store>(mut store: impl FnMut() -> S) {
    rows_put_back_are_listed(Tampered::new(store())).await;
    t51_last_change_of_organization_is_not_undone_unseen(Tampered::new(store())).await;
    t51_hosts_change_of_organization_is_known_to_next_record(Tampered::new(store())).await;
    t52_roster_put_back_revives_no_reset_code_unseen(Tampered::new(store())).await;
    t53_checkpoint_finds_earlier_rows_of_organization(Tampered::new(store())).await;
    t55_old_notice_is_sent_to_no_former_address(store()).await;
}

/// Whether an earlier row than the log knows of is listed in this place.
async fn is_listed(fixture: &Fixture, key: RowKey) -> bool {
    let found = listed(fixture).await;
    let mut found = found.iter();
    found.any(|(row, broken)| *row == key && matches!(broken, Broken::PutBack { .. }))
}

/// Puts a row back, says whether that is found, and undoes it.
async fn is_found<S: Store>(fixture: &Fixture, store: &Tampered<S>, before: &Versioned) -> bool {
    store.put(before.row.clone(), before.version);
    let found = is_listed(fixture, before.row.key()).await;
    store.undo();
    assert_eq!(listed(fixture).await, []);
    found
}

/// The audit log and the other rows tell.
async fn rows_put_back_are_listed<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let before = sorted(store.load(&keys(fixture.org)).await.unwrap());
    fixture.imposed().await;
    for found in &before[..3] {
        assert!(is_found(&fixture, &store, found).await, "{found:?}");
    }
}

/// T51: by the row that it replaced, the latch or a mandate would be undone before anything is decided on it.
async fn t51_last_change_of_organization_is_not_undone_unseen<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let key = RowKey::Organization(fixture.org);
    let session = fixture.log_in(ANNE).await.session;
    let disabled = store.row(key).await;
    fixture.enable(&fixture.user(&session).await).await;
    assert!(is_found(&fixture, &store, &disabled).await, "the latch");

    let (_, session) = fixture.enroll(&session).await;
    let anne = fixture.user(&session).await;
    let free = store.row(key).await;
    let start = Start::Now { confirmed: true };
    let admin = fixture.mfa.admin(&anne);
    admin
        .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start)
        .await
        .unwrap();
    assert!(is_found(&fixture, &store, &free).await, "a mandate");

    // A restore writes the organization too, and every account's records say so.
    let imposed = store.row(key).await;
    let how = RestoreOptions::default();
    fixture.operator.restored(how).await.unwrap();
    assert!(is_found(&fixture, &store, &imposed).await, "a restore");
}

/// Roles that the host defines, and rows under a new key, are in no account's record before the next decision.
async fn t51_hosts_change_of_organization_is_known_to_next_record<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    fixture.imposed().await;
    let key = RowKey::Organization(fixture.org);
    let before = store.row(key).await;
    define_roles(&fixture, store.clone()).await;
    assert_ne!(store.row(key).await, before);
    assert!(!is_found(&fixture, &store, &before).await, "nothing tells");
    for account in [CHLOE, DENIS] {
        fixture.log_in(account).await;
        assert!(is_found(&fixture, &store, &before).await);
    }
}

/// As the host does at its next start, in no account's record.
async fn define_roles<S: Store>(fixture: &Fixture, store: Tampered<S>) {
    let operator = Mfa::builder(store)
        .keyring(Keyring::single(1, [7; 32]))
        .clock(fixture.clock.clone())
        .roles([
            Role::administrator("director"),
            Role::new(RoleId(10), "teacher"),
        ])
        .open_operator();
    let operator = operator.await.unwrap();
    let provision = operator.provision();
    let defined = provision.ensure_organization(fixture.org, "À petits pas");
    defined.await.unwrap();
}

/// T52: rosters that differ in a mark, or in who is suspended.
async fn t52_roster_put_back_revives_no_reset_code_unseen<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let key = RowKey::Roster(fixture.org);
    let (annes, _) = fixture.imposed().await;
    let bruno = fixture.log_in(BRUNO).await.session;
    let (brunos, _) = fixture.enroll(&bruno).await;
    let reset = async |by: u64, phone: &Phone, account: u64| {
        let session = fixture.enter(by, phone).await;
        let user = fixture.user(&session).await;
        let typed = fixture.code(phone);
        let issued = fixture.mfa.admin(&user).reset(account, false, typed).await;
        issued.unwrap().reset_code.expose().to_string()
    };
    let begin = async |account: u64, typed: &str| {
        let session = fixture.log_in(account).await.session;
        let begun = fixture
            .mfa
            .begin_enrollment(&session, typed, Fixture::client());
        begun.await.map(|offer| (session, offer))
    };
    // Anne's session is a thief's. Bruno resets her, which voids the code that she issued, and she enrolls anew.
    let issued = reset(ANNE, &annes, CHLOE).await;
    let before = store.row(key).await;
    let annes = reset(BRUNO, &brunos, ANNE).await;
    let (session, offer) = begin(ANNE, &annes).await.unwrap();
    fixture.confirm(&session, &offer).await;
    let void = refusal(begin(CHLOE, &issued).await);
    assert_eq!(void, Refusal::WrongResetCode, "{void:?}");
    assert!(is_found(&fixture, &store, &before).await, "her mark");

    let before = store.row(key).await;
    let lost = fixture.mfa.report_lost(BRUNO, Fixture::client());
    lost.await.unwrap();
    assert!(is_found(&fixture, &store, &before).await, "Bruno's loss");
}

/// T53: where no record tells, or those that do were cut off, a checkpoint that was kept elsewhere does.
async fn t53_checkpoint_finds_earlier_rows_of_organization<S: Store>(store: Tampered<S>) {
    let fixture = Fixture::over(store.clone()).await;
    let home = [
        RowKey::Organization(fixture.org),
        RowKey::Roster(fixture.org),
    ];
    let before = store.load(&home).await.unwrap();
    let provision = fixture.mfa.provision();
    let eve = NewAccount::new(9_u64, "eve").role(RoleId::ADMINISTRATOR);
    provision.ensure_account(eve).await.unwrap();
    define_roles(&fixture, store.clone()).await;
    let kept = fixture.operator.checkpoint().await.unwrap();
    let kept: Checkpoint = kept.to_string().parse().unwrap();
    assert_eq!(listed_against(&fixture, Some(&kept)).await, []);
    for earlier in before {
        let key = earlier.row.key();
        store.put(earlier.row, earlier.version);
        let found = listed_against(&fixture, Some(&kept)).await;
        let [(row, Broken::PutBack { .. })] = &*found else {
            panic!("{key}: {found:?}");
        };
        assert_eq!(*row, key);
        store.undo();
    }
    // Nor are they missed.
    for key in home {
        store.take(key);
    }
    let found = listed_against(&fixture, Some(&kept)).await;
    assert_eq!(found, home.map(|key| (key, Broken::Missing)));
}

/// T55: a notice that was delivered, put into the outbox again.
async fn t55_old_notice_is_sent_to_no_former_address<S: Store>(store: S) {
    let store = Arc::new(store);
    let fixture = Fixture::over(Arc::clone(&store)).await;
    let [former, present] = ["former@example.net", "denis@example.org"].map(address);
    let provision = fixture.mfa.provision();
    provision.set_address(DENIS, former.clone()).await.unwrap();
    change_address(&fixture, DENIS, "denis@example.org").await;
    fixture.enabled().await;
    post(&fixture).await;
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    let start = Cursor::default();
    let page = store.scan(&Query::Outbox, &start).await.unwrap();
    let old = page.items.into_iter().filter_map(|item| match item {
        Item::Notice(_, row) if row.to == DENIS.into() => Some(row),
        _ => None,
    });
    let old: Vec<_> = old.collect();
    let sent = async || {
        let letters = post(&fixture).await;
        let letters = to(&letters, DENIS).into_iter();
        let bound = letters.filter(|it| matches!(it.event, Event::Bound { .. }));
        let bound = bound.map(|it| (it.address.clone().unwrap(), it.link.is_some()));
        bound.collect::<Vec<_>>()
    };
    // The oldest address alone gets the link.
    let both = [(former, true), (present.clone(), false)];
    assert_eq!(sent().await, both);
    let again = async || {
        let writes = Writes {
            outbox: old.clone(),
            ..Writes::default()
        };
        assert_eq!(store.commit(writes).await.unwrap(), Commit::Done);
    };
    // Nothing tells a letter that is sent again from one that was never sent, in its week.
    fixture.clock.advance(limits::DAY);
    again().await;
    assert_eq!(sent().await, both);
    fixture.clock.advance(limits::ADDRESS_OVERLAP);
    again().await;
    assert_eq!(sent().await, [(present, false)]);
}
