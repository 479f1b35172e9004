//! What every request of a service pays: [`Mfa::authorize`](loquet::Mfa::authorize).

use std::path::Path;

use loquet::store::{MemoryStore, Store};
use loquet::{Mfa, MfaSession, wait};
use loquet_benches::{case, compare};
use loquet_sqlite::SqliteStore;
use loquet_testkit::fixture::Fixture;

use loquet_benches::users::{User, users};

/// What is bound: apps, and passkeys beside them.
#[derive(Clone, Copy)]
struct Bound {
    apps: usize,
    passkeys: usize,
}

const ONE: Bound = Bound {
    apps: 1,
    passkeys: 0,
};
const THREE: Bound = Bound {
    apps: 3,
    passkeys: 0,
};
const FIVE: Bound = Bound {
    apps: 1,
    passkeys: 4,
};

/// Prints the time and the allocations of one request's gate, over each store. Those of SQLite's own threads are not
/// counted.
pub(crate) fn measure(folder: &Path) {
    let disk = |name: &str, bound| {
        let store = SqliteStore::open(folder.join(name)).unwrap();
        logged_in(store, bound)
    };
    let memory = [ONE, THREE, FIVE].map(|bound| logged_in(MemoryStore::new(), bound));
    let disk = [
        disk("authorize.db", ONE),
        disk("authorize-of-three.db", THREE),
        disk("authorize-of-five.db", FIVE),
    ];
    let client = Fixture::client();
    let authorize = |(mfa, session): &(Mfa, MfaSession)| {
        wait(mfa.authorize(session, &client)).unwrap().account_id()
    };
    compare(
        "authorize: what every request pays",
        "memory",
        vec![
            case("memory", || authorize(&memory[0])),
            case("memory, three authenticators", || authorize(&memory[1])),
            case("memory, an app and four passkeys", || authorize(&memory[2])),
            case("SQLite", || authorize(&disk[0])),
            case("SQLite, three authenticators", || authorize(&disk[1])),
            case("SQLite, an app and four passkeys", || authorize(&disk[2])),
        ],
    );
    among_several();
}

/// Prints what a whole log-in with a code takes where it is looked up among several authenticators: over memory, so that no
/// disk hides it.
fn among_several() {
    let [mut one, mut three, mut five] =
        [ONE, THREE, FIVE].map(|bound| user_with(MemoryStore::new(), bound));
    compare(
        "before the first authorize: a log-in with one authenticator, or with several",
        "one",
        vec![
            case("one", || wait(one.log_in())),
            case("three", || wait(three.log_in())),
            case("an app and four passkeys", || wait(five.log_in())),
        ],
    );
}

fn logged_in(store: impl Store, bound: Bound) -> (Mfa, MfaSession) {
    let mut user = user_with(store, bound);
    let session = wait(user.log_in());
    (user.mfa, session)
}

fn user_with(store: impl Store, bound: Bound) -> User {
    let mut user = wait(users(store, 1)).remove(0);
    for _ in 1..bound.apps {
        wait(user.add_authenticator());
    }
    for _ in 0..bound.passkeys {
        wait(user.add_passkey());
    }
    user
}
