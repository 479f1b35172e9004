//! What every request of a service pays: [`Mfa::authorize`](loquet::Mfa::authorize).

use std::path::Path;

use loquet::store::{MemoryStore, Store};
use loquet::{Mfa, MfaSession, wait};
use loquet_benches::{case, compare};
use loquet_sqlite::SqliteStore;
use loquet_testkit::fixture::Fixture;

use crate::users;

/// Prints the time and the allocations of one request's gate, over each store. Those of SQLite's own threads are not
/// counted.
pub(crate) fn measure(folder: &Path) {
    let sqlite = SqliteStore::open(folder.join("authorize.db")).unwrap();
    let (memory, disk) = (logged_in(MemoryStore::new()), logged_in(sqlite));
    let client = Fixture::client();
    let authorize = |(mfa, session): &(Mfa, MfaSession)| {
        wait(mfa.authorize(session, &client)).unwrap().account_id()
    };
    compare(
        "authorize: what every request pays",
        "memory",
        vec![
            case("memory", || authorize(&memory)),
            case("SQLite", || authorize(&disk)),
        ],
    );
}

fn logged_in(store: impl Store) -> (Mfa, MfaSession) {
    let mut user = loquet::wait(users(store, 1)).remove(0);
    let session = wait(user.log_in());
    (user.mfa, session)
}
