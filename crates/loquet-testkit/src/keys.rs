//! Keys, over any store: a wrong ring is refused at start, rotation goes on beside log-ins, a retired key is not missed.

use loquet::store::{RowKey, Store};
use loquet::testing::{Phone, TestClock};
use loquet::{
    Config, Error, Keyring, KeyringError, Mfa, MfaBuilder, NewAccount, Operator, Refusal, RoleId,
    Rotation,
};

use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use crate::letters::post;
use crate::tampered::Tampered;

/// The fixture's own key, and the one that follows it.
fn ring(lines: &[&str]) -> Keyring {
    let known = |line: &&str| match *line {
        "1" => Keyring::line(1, &[7; 32]).to_string(),
        "2" => Keyring::line(2, &[8; 32]).to_string(),
        "2 waiting" => Keyring::line(2, &[8; 32]).trim_end().to_owned() + " waiting\n",
        other => panic!("no such line: {other}"),
    };
    Keyring::parse(&lines.iter().map(known).collect::<String>()).unwrap()
}

/// Runs all of them; `fresh` makes an empty store, and gives what opens it again and again.
pub async fn all<S: Store, O: Fn() -> S>(mut fresh: impl FnMut() -> O) {
    wrong_key_is_refused_at_start(fresh()).await;
    keys_rotate_beside_log_ins(fresh()).await;
    interrupted_rotation_continues(fresh()).await;
    retired_key_authenticates_no_row(fresh()).await;
}

fn builder(store: impl Store, keys: Keyring) -> MfaBuilder {
    Mfa::builder(store).keyring(keys)
}

async fn operator(store: impl Store, keys: Keyring, clock: &TestClock) -> Operator {
    let builder = builder(store, keys).clock(clock.clone());
    builder.open_operator().await.unwrap()
}

async fn refused(store: impl Store, keys: Keyring) -> KeyringError {
    match builder(store, keys).open().await {
        Err(Error::Config(Config::Keys(why))) => why,
        other => panic!("expected a refusal of the keys, got {other:?}"),
    }
}

async fn wrong_key_is_refused_at_start<S: Store>(open: impl Fn() -> S) {
    let fixture = Fixture::over(open()).await;
    let wrong = Keyring::single(1, [9; 32]);
    assert_eq!(
        refused(open(), wrong.clone()).await,
        KeyringError::DoesNotOpen
    );
    assert_eq!(
        refused(open(), ring(&["2"])).await,
        KeyringError::MissingKey(1)
    );
    assert!(builder(open(), ring(&["1"])).open().await.is_ok());
    let changed = fixture.operator.change_keys(wrong).await;
    assert!(
        matches!(changed, Err(Error::Config(Config::Keys(_)))),
        "{changed:?}"
    );
    fixture.log_in(DENIS).await;
}

async fn keys_rotate_beside_log_ins<S: Store>(open: impl Fn() -> S) {
    let fixture = Fixture::over(open()).await;
    let (phone, _) = fixture.imposed().await;
    let mut phones = vec![(ANNE, phone)];
    for account in [BRUNO, CHLOE] {
        let half = fixture.log_in(account).await.session;
        phones.push((account, fixture.enroll(&half).await.0));
    }
    let under = |operator: &Operator| {
        let operator = operator.clone();
        async move {
            let used = operator.key_use().await.unwrap();
            let count = |key| used.under.get(&key).copied().unwrap_or(0);
            (count(1), count(2), used.root)
        }
    };
    // Four accounts, the organization and its roster.
    assert_eq!(under(&fixture.operator).await, (6, 0, 1));

    let begun = fixture.log_in(DENIS).await.session;
    // First every process learns the new key, and none encrypts under it.
    let waiting = ring(&["1", "2 waiting"]);
    fixture.operator.change_keys(waiting).await.unwrap();
    let rotating = operator(open(), ring(&["1", "2"]), &fixture.clock).await;
    let (rotated, ()) = tokio::join!(rotating.rotate_keys(|_| {}), async {
        for (account, phone) in &phones {
            fixture.enter(*account, phone).await;
        }
    });
    assert_eq!(rotated.unwrap().seen, 6);
    // An account that logged in meanwhile was encrypted under the old key again, which is counted.
    let (fell_back, _, root) = under(&rotating).await;
    assert_eq!(root, 2);
    assert_eq!(rotating.key_use().await.unwrap().outdated, fell_back);

    // Then every process encrypts under it, and the old one goes.
    fixture
        .operator
        .change_keys(ring(&["1", "2"]))
        .await
        .unwrap();
    let again = rotating.rotate_keys(|_| {}).await.unwrap();
    assert_eq!((again.seen, again.anew), (6, fell_back));
    assert_eq!(under(&rotating).await, (0, 6, 2));
    // What waits in the outbox needs the key until it is delivered.
    assert!(rotating.key_use().await.unwrap().needs(1));
    post(&fixture).await;
    assert!(!rotating.key_use().await.unwrap().needs(1));
    assert!(fixture.authorize(&begun).await.is_ok());
    fixture.operator.change_keys(ring(&["2"])).await.unwrap();
    let ended = fixture.authorize(&begun).await;
    assert_eq!(refusal(ended), Refusal::StaleLogIn, "its key is gone");
    assert_eq!(
        refused(open(), ring(&["1"])).await,
        KeyringError::MissingKey(2)
    );

    everyone_logs_in_under_the_new_key(open, &fixture, &phones).await;
}

async fn everyone_logs_in_under_the_new_key<S: Store>(
    open: impl Fn() -> S,
    fixture: &Fixture,
    phones: &[(u64, Phone)],
) {
    let clock = fixture.clock.clone();
    let alone = operator(open(), ring(&["2"]), &clock).await;
    let alone = Fixture::of(&alone, fixture.org, clock);
    for (account, phone) in phones {
        let records = alone.operator.verify_audit((*account).into()).await;
        assert!(records.unwrap() > 2);
        alone.enter(*account, phone).await;
    }
}

async fn interrupted_rotation_continues<S: Store>(open: impl Fn() -> S) {
    const ORGANIZATIONS: u64 = 4;
    /// Each has a roster and one account.
    const ROWS: u64 = 3 * ORGANIZATIONS;
    let clock = TestClock::at(1_790_000_000);
    let first = operator(open(), ring(&["1"]), &clock).await;
    for number in 1..=ORGANIZATIONS {
        let org = first
            .provision()
            .ensure_organization(number.into(), "Daycare")
            .await
            .unwrap();
        let fixture = Fixture::of(&first, org, clock.clone());
        let id = 100 + number;
        let ada = NewAccount::new(id, "ada").role(RoleId::ADMINISTRATOR);
        let provision = fixture.mfa.provision();
        provision.ensure_account(ada).await.unwrap();
        let session = fixture.log_in(id).await.session;
        fixture.enable(&fixture.user(&session).await).await;
        fixture.enroll(&session).await;
        post(&fixture).await;
    }
    let rotating = operator(open(), ring(&["1", "2"]), &clock).await;
    let cut_off = rotating.clone();
    let power_cut = |done: Rotation| assert!(done.seen < 6, "the power is cut: this is meant");
    let cut = tokio::spawn(async move { cut_off.rotate_keys(power_cut).await }).await;
    assert!(cut.is_err(), "{cut:?}");
    let left = rotating.key_use().await.unwrap();
    assert!(
        left.needs(1) && (1..ROWS).contains(&left.outdated),
        "{left:?}"
    );
    let rest = rotating.rotate_keys(|_| {}).await.unwrap();
    assert_eq!((rest.seen, rest.anew), (ROWS, left.outdated));
    assert_eq!(rotating.rotate_keys(|_| {}).await.unwrap().anew, 0);
    assert!(!rotating.key_use().await.unwrap().needs(1));
}

/// Rows from before a rotation are worth nothing once their key is gone, nor is what a thief of that key writes.
async fn retired_key_authenticates_no_row<S: Store>(open: impl Fn() -> S) {
    let store = Tampered::new(open());
    let fixture = Fixture::over(store.clone()).await;
    let row = |key| store.row(key);
    let keys = [
        RowKey::Organization(fixture.org),
        RowKey::Roster(fixture.org),
        RowKey::Account(ANNE.into()),
    ];
    let mut before = Vec::new();
    for key in keys {
        before.push(row(key).await);
    }
    let operator = &fixture.operator;
    operator.change_keys(ring(&["1", "2"])).await.unwrap();
    operator.rotate_keys(|_| {}).await.unwrap();
    operator.change_keys(ring(&["2"])).await.unwrap();
    fixture.log_in(ANNE).await;
    for found in before {
        let key = found.row.key();
        store.put(found.row, found.version);
        let refused = fixture.mfa.log_in(ANNE, Fixture::client()).await;
        let why = refused.unwrap_err().to_string();
        let expected =
            format!("the {key} is authenticated under key 1, which is not on the keyring");
        assert_eq!(why, expected);
        store.undo();
    }
}
