//! The host's rows and Loquet's in one transaction of the host's.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use loquet::store::{Commit, Fault, RowKey, Versioned, Writes};
use loquet::testing::{Phone, TestClock};
use loquet::{
    Clock as _, Error, HostTx, ImportedAuthenticator, Keyring, LoggedIn, Mfa, MfaSession,
    NewAccount, NextStep, Refusal, Secret, Unavailable, wait,
};
use loquet_sqlite::{HostTransaction, Options, SqliteStore};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};
use rusqlite::{Connection, TransactionBehavior};

/// A host with a table of its own, in whose database the store lives.
struct Host {
    _folder: tempfile::TempDir,
    path: PathBuf,
    fixture: Fixture,
    phone: Phone,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.db");
        let tables = "CREATE TABLE deletion (child TEXT NOT NULL UNIQUE);
            CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
            CREATE TABLE visit (user INTEGER NOT NULL REFERENCES user DEFERRABLE INITIALLY DEFERRED)";
        Connection::open(&path)
            .unwrap()
            .execute_batch(tables)
            .unwrap();
        let fixture = wait(Fixture::over(SqliteStore::open(&path).unwrap()));
        let (phone, _) = wait(fixture.enabled());
        Self {
            _folder: folder,
            path,
            fixture,
            phone,
        }
    }

    fn connection(&self) -> Connection {
        let connection = Connection::open(&self.path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection
    }

    fn half(&self) -> MfaSession {
        wait(self.fixture.log_in(ANNE)).session
    }

    fn code(&self) -> String {
        self.fixture.code(&self.phone)
    }

    fn verify(
        &self,
        transaction: impl HostTx,
        session: &MfaSession,
        typed: &str,
    ) -> Result<LoggedIn, Error> {
        verify(&self.fixture.mfa, transaction, session, typed)
    }

    /// Deletes a child's file, which needs a code.
    fn delete(&self, child: &str, session: &MfaSession, typed: &str) -> Result<LoggedIn, Error> {
        let mut connection = self.connection();
        self.verify(deleting(&mut connection, child), session, typed)
    }

    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let connection = self.connection();
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    /// Another process over the same database.
    fn other(&self, store: SqliteStore) -> Mfa {
        let mfa = Mfa::builder(store)
            .keyring(Keyring::single(1, [7; 32]))
            .clock(TestClock::at(self.fixture.clock.now().0));
        wait(mfa.open()).unwrap().organization(self.fixture.org)
    }
}

fn verify(
    mfa: &Mfa,
    transaction: impl HostTx,
    session: &MfaSession,
    typed: &str,
) -> Result<LoggedIn, Error> {
    let committing = mfa.committing_in(transaction);
    wait(committing.verify_code(session, typed, Fixture::client()))
}

/// The host's work: it writes down that a child's file is deleted.
fn deleting<'c>(connection: &'c mut Connection, child: &str) -> HostTransaction<'c> {
    let transaction = immediate(connection);
    let sql = "INSERT INTO deletion VALUES (?1)";
    transaction.execute(sql, [child]).unwrap();
    transaction
}

fn immediate(connection: &mut Connection) -> HostTransaction<'_> {
    let behavior = TransactionBehavior::Immediate;
    HostTransaction::from(connection.transaction_with_behavior(behavior).unwrap())
}

#[test]
fn host_rows_and_code_commit_together() {
    let host = Host::new();
    let (first, second) = (host.half(), host.half());
    let typed = host.code();
    host.delete("ada", &first, &typed).unwrap();
    assert_eq!(host.count("deletion"), 1);
    let refusal = refusal(host.delete("bob", &second, &typed));
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
    assert_eq!(host.count("deletion"), 1);
    wait(host.fixture.operator.verify_audit(ANNE.into())).unwrap();
}

/// T16: a failure that is rolled back with the caller's transaction would not count.
#[test]
fn wrong_code_counts_when_host_is_rolled_back() {
    let host = Host::new();
    let typed = host.fixture.wrong_code(&host.phone);
    let session = host.half();
    for counted in 1..=3 {
        let refusal = refusal(host.delete("ada", &session, &typed));
        assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
        assert_eq!(wait(host.fixture.failures(ANNE)), counted);
    }
    assert_eq!(host.count("deletion"), 0);
}

#[test]
fn code_stays_unused_when_host_fails() {
    let host = Host::new();
    let (session, typed) = (host.half(), host.code());
    let mut connection = host.connection();
    connection
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    let transaction = immediate(&mut connection);
    let visit = "INSERT INTO visit VALUES (4711)";
    transaction.execute(visit, []).unwrap();
    // There is no such user, which is found at the commit.
    let failed = host.verify(transaction, &session, &typed);
    let refused = matches!(
        failed,
        Err(Error::Unavailable(Unavailable::Store(Fault::NotCommitted(
            _
        ))))
    );
    assert!(refused, "{failed:?}");
    assert_eq!(host.count("visit"), 0);
    host.delete("bob", &session, &typed).unwrap();
    assert_eq!(host.count("deletion"), 1);
}

#[test]
fn stale_transaction_grants_nothing_and_counts_wrong_codes() {
    let host = Host::new();
    let (session, right) = (host.half(), host.code());
    let wrong = host.fixture.wrong_code(&host.phone);
    for typed in [&right, &wrong] {
        let mut connection = host.connection();
        let transaction = connection.transaction().unwrap();
        // It reads, and another process changes the account meanwhile.
        let read = "SELECT count(*) FROM deletion";
        let _: i64 = transaction.query_row(read, [], |row| row.get(0)).unwrap();
        let other = host.other(SqliteStore::open(&host.path).unwrap());
        wait(other.log_in(ANNE, Fixture::client())).unwrap();
        let stale = host.verify(HostTransaction::from(transaction), &session, typed);
        match stale {
            Err(Error::Busy) => assert_eq!(*typed, right),
            Err(Error::Refused(Refusal::WrongCode { .. })) => assert_eq!(*typed, wrong),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(wait(host.fixture.failures(ANNE)), 1);
    let typed = right;
    host.delete("ada", &session, &typed).unwrap();
    assert_eq!(host.count("deletion"), 1);
}

#[test]
fn same_code_is_accepted_once_across_hosts() {
    let host = Host::new();
    let sessions: Vec<MfaSession> = (0..16).map(|_| host.half()).collect();
    let typed = host.code();
    let accepted: usize = thread::scope(|scope| {
        let running: Vec<_> = sessions
            .iter()
            .enumerate()
            .map(|(number, session)| {
                let (host, typed) = (&host, &typed);
                scope.spawn(move || {
                    // Each is a process of its own: no lane is shared.
                    let mfa = host.other(SqliteStore::open(&host.path).unwrap());
                    let mut connection = host.connection();
                    loop {
                        let transaction = deleting(&mut connection, &number.to_string());
                        match verify(&mfa, transaction, session, typed) {
                            Err(Error::Busy) => {}
                            ended => return usize::from(ended.is_ok()),
                        }
                    }
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!((accepted, host.count("deletion")), (1, 1));
}

#[test]
fn unsynced_host_connection_is_refused() {
    let host = Host::new();
    let (session, typed) = (host.half(), host.code());
    let mut connection = host.connection();
    connection
        .execute_batch("PRAGMA synchronous = NORMAL")
        .unwrap();
    let failed = host.verify(immediate(&mut connection), &session, &typed);
    let Err(Error::Unavailable(Unavailable::Store(Fault::NotCommitted(why)))) = failed else {
        panic!("{failed:?}");
    };
    assert!(why.to_string().contains("synchronous"), "{why}");
    host.delete("ada", &session, &typed).unwrap();
}

#[test]
fn locked_database_is_busy_without_effect() {
    let host = Host::new();
    let store = Options::default()
        .busy(Duration::ZERO)
        .open(&host.path)
        .unwrap();
    let mfa = host.other(store);
    let mut hosts = Connection::open(&host.path).unwrap();
    hosts.busy_timeout(Duration::ZERO).unwrap();
    // Deferred: it finds out when it writes.
    let mut log_in = || {
        let transaction = HostTransaction::from(hosts.transaction().unwrap());
        let committing = mfa.committing_in(transaction);
        wait(committing.log_in(ANNE, Fixture::client()))
    };
    let mut other = host.connection();
    let locked = immediate(&mut other);
    let busy = log_in();
    assert!(matches!(busy, Err(Error::Busy)), "{busy:?}");
    drop(locked);
    assert!(log_in().is_ok());
}

/// A transaction whose answer gets lost, after it was committed or before.
struct Lossy<'c> {
    transaction: HostTransaction<'c>,
    committed: bool,
}

impl HostTx for Lossy<'_> {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.transaction.load(keys).await
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.transaction.apply(writes).await
    }

    async fn commit(self) -> Result<(), Fault> {
        if self.committed {
            self.transaction.commit().await?;
        }
        Err(Fault::Unknown("the answer was lost".into()))
    }

    async fn refuse(self, writes: &Writes) -> Result<Commit, Fault> {
        self.transaction.refuse(writes).await
    }

    async fn rollback(self) -> Result<(), Fault> {
        self.transaction.rollback().await
    }
}

#[test]
fn lost_commit_answer_is_resolved_by_attempt() {
    for committed in [true, false] {
        let host = Host::new();
        let (session, typed) = (host.half(), host.code());
        let mut connection = host.connection();
        let lossy = Lossy {
            transaction: deleting(&mut connection, "ada"),
            committed,
        };
        let ended = host.verify(lossy, &session, &typed);
        if committed {
            assert!(ended.is_ok(), "{ended:?}");
        } else {
            let unknown = matches!(
                ended,
                Err(Error::Unavailable(Unavailable::Store(Fault::Unknown(_))))
            );
            assert!(unknown, "{ended:?}");
            host.delete("ada", &session, &typed).unwrap();
        }
        assert_eq!(host.count("deletion"), 1);
    }
}

fn marie() -> NewAccount<'static> {
    let address: loquet::Address = "marie@example.org".parse().unwrap();
    NewAccount::new(42_u64, "marie").address(address)
}

#[test]
fn account_is_provisioned_with_the_hosts_row() {
    let host = Host::new();
    let mfa = &host.fixture.mfa;
    for committed in [false, true] {
        let mut connection = host.connection();
        let mut transaction = immediate(&mut connection);
        let user = "INSERT INTO user VALUES (42, 'marie')";
        transaction.execute(user, []).unwrap();
        let mut provision = mfa.provision_in(&mut transaction);
        let made = wait(provision.ensure_account(marie())).unwrap();
        // A second one in the same transaction, and the first again.
        let again = wait(provision.ensure_account(marie())).unwrap();
        assert_eq!(made, again);
        wait(provision.ensure_account(NewAccount::new(43_u64, "nils"))).unwrap();
        // Marie had an authenticator with the host.
        let had = || ImportedAuthenticator::new(Secret::from([9; 20]));
        assert!(wait(provision.import_authenticator(made, had())).unwrap());
        assert!(!wait(provision.import_authenticator(made, had())).unwrap());
        let nils = wait(provision.import_authenticator(43_u64, had()));
        assert_eq!(refusal(nils), Refusal::KeyOfAnother);
        let transaction = transaction.into_inner();
        if committed {
            transaction.commit().unwrap();
        } else {
            transaction.rollback().unwrap();
        }
        assert_eq!(host.count("user"), i64::from(committed));
        let provision = mfa.provision();
        let (marie, nils) = (provision.find("marie"), provision.find("nils"));
        assert_eq!(wait(marie).unwrap().is_some(), committed);
        assert_eq!(wait(nils).unwrap().is_some(), committed);
        let address = wait(provision.address(42_u64.into())).unwrap();
        let told = address.map(|address| address.to_string());
        assert_eq!(told.as_deref(), committed.then_some("marie@example.org"));
    }
    let next = |id: u64| wait(mfa.log_in(id, Fixture::client())).unwrap().next;
    assert_eq!([42, 43].map(next), [NextStep::SecondFactor, NextStep::Done]);
}
