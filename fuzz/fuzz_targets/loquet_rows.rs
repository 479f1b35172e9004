//! Rows that an attacker writes: whatever stands in a row, the service answers with an error, and admits no user.
#![no_main]

use std::sync::OnceLock;

use loquet::store::{MemoryStore, Row, RowKey};
use loquet::{Client, Keyring, Mfa, MfaSession, NewAccount, wait};
use tampered::Tampered;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../crates/loquet-testkit/src/tampered.rs"]
mod tampered;

struct Service {
    store: Tampered<MemoryStore>,
    mfa: Mfa,
    session: MfaSession,
    rows: [Row; 2],
}

const USER: u64 = 7;

/// A service with one user, who is logged in.
fn service() -> &'static Service {
    static SERVICE: OnceLock<Service> = OnceLock::new();
    SERVICE.get_or_init(|| {
        wait(async {
            let store = Tampered::new(MemoryStore::new());
            let mfa = Mfa::builder(store.clone())
                .keyring(Keyring::single(1, [7; 32]))
                .open()
                .await
                .expect("an empty store");
            let made = mfa
                .provision()
                .ensure_organization(1_u64.into(), "Daycare")
                .await;
            let org = made.expect("a new organization");
            let mfa = mfa.organization(org);
            let user = NewAccount::new(USER, "marie");
            let provision = mfa.provision();
            let account = provision.ensure_account(user).await.expect("a new account");
            let login = mfa
                .log_in(account, Client::default())
                .await
                .expect("a log-in");
            let (account, org) = (RowKey::Account(account), RowKey::Organization(org));
            let rows = [store.row(account).await.row, store.row(org).await.row];
            let session = login.session;
            Service {
                store,
                mfa,
                session,
                rows,
            }
        })
    })
}

/// Keeps so many bytes of a body, and goes on with the text.
fn rewritten(body: &mut String, keep: usize, text: &str) -> bool {
    let kept = body.get(..keep).unwrap_or_default();
    let new = format!("{kept}{text}");
    let differs = new != *body;
    *body = new;
    differs
}

libfuzzer_sys::fuzz_target!(|input: (bool, u16, &str)| {
    let Service {
        store,
        mfa,
        session,
        rows,
    } = service();
    let (organization, keep, text) = input;
    let mut row = rows[usize::from(organization)].clone();
    let differs = match &mut row {
        Row::Account(row) => rewritten(&mut row.body, keep.into(), text),
        Row::Organization(row) => rewritten(&mut row.body, keep.into(), text),
        _ => false,
    };
    wait(async {
        let version = store.row(row.key()).await.version;
        store.put(row, version);
        let client = Client::default();
        let entered = mfa.log_in(USER, client).await.is_ok();
        let authorized = mfa.authorize(session, &client).await.is_ok();
        store.undo();
        assert!(!differs || !entered && !authorized);
    });
});
