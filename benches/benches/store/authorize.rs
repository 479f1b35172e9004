//! What every request of a service pays: [`Mfa::authorize`](loquet::Mfa::authorize).

use std::path::Path;

use loquet::store::{MemoryStore, Store};
use loquet::{Mfa, MfaSession, wait};
use loquet_benches::{case, compare};
use loquet_sqlite::SqliteStore;
use loquet_testkit::fixture::Fixture;

use loquet_benches::users::{User, users};

/// Prints the time and the allocations of one request's gate, over each store. Those of SQLite's own threads are not
/// counted.
pub(crate) fn measure(folder: &Path) {
    let sqlite = |name: &str| SqliteStore::open(folder.join(name)).unwrap();
    let [memory, memory_of_three] = [1, 3].map(|count| logged_in(MemoryStore::new(), count));
    let (disk, disk_of_three) = (
        logged_in(sqlite("authorize.db"), 1),
        logged_in(sqlite("authorize-of-three.db"), 3),
    );
    let client = Fixture::client();
    let authorize = |(mfa, session): &(Mfa, MfaSession)| {
        wait(mfa.authorize(session, &client)).unwrap().account_id()
    };
    compare(
        "authorize: what every request pays",
        "memory",
        vec![
            case("memory", || authorize(&memory)),
            case("memory, three authenticators", || {
                authorize(&memory_of_three)
            }),
            case("SQLite", || authorize(&disk)),
            case("SQLite, three authenticators", || authorize(&disk_of_three)),
        ],
    );
    among_several();
}

/// Prints what a whole log-in takes where a code is looked up among three authenticators: over memory, so that no disk hides
/// it.
fn among_several() {
    let [mut one, mut three] = [1, 3].map(|count| user_with(MemoryStore::new(), count));
    compare(
        "before the first authorize: a log-in with one authenticator, or with three",
        "one",
        vec![
            case("one", || wait(one.log_in())),
            case("three", || wait(three.log_in())),
        ],
    );
}

fn logged_in(store: impl Store, authenticators: usize) -> (Mfa, MfaSession) {
    let mut user = user_with(store, authenticators);
    let session = wait(user.log_in());
    (user.mfa, session)
}

fn user_with(store: impl Store, authenticators: usize) -> User {
    let mut user = wait(users(store, 1)).remove(0);
    for _ in 1..authenticators {
        wait(user.add_authenticator());
    }
    user
}
