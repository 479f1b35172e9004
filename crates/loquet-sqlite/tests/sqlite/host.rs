//! The host's rows and Loquet's in a transaction of the host.

use std::path::{Path, PathBuf};
use std::thread;

use loquet::blocking::wait;
use loquet::flow::{LogIn, VerifyCode};
use loquet::store::{Commit, Fault, Writes};
use loquet::testing::{Phone, TestClock};
use loquet::{
    Committed, Granted, HostTx, Keyring, Refusal, Refused, Request, Service, ServiceError, Stamp,
};
use loquet_sqlite::{HostTransaction, Options, SqliteStore, to_fault};
use loquet_testkit::house::{ANNE, House};
use rusqlite::{Connection, TransactionBehavior};

/// A host with its own table in the service's database.
struct Host {
    _folder: tempfile::TempDir,
    path: PathBuf,
    fixture: House,
    phone: Phone,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host.db");
        let table = "CREATE TABLE deletion (child TEXT NOT NULL UNIQUE)";
        Connection::open(&path)
            .unwrap()
            .execute_batch(table)
            .unwrap();
        let fixture = wait(House::over(SqliteStore::open(&path).unwrap()));
        let (phone, _) = wait(fixture.enabled());
        Self {
            _folder: folder,
            path,
            fixture,
            phone,
        }
    }

    fn half(&self) -> Stamp {
        wait(self.fixture.log_in(ANNE)).stamp
    }

    fn code(&self) -> VerifyCode {
        VerifyCode {
            stamp: self.half(),
            typed: self.fixture.code(&self.phone).into(),
        }
    }

    fn give(
        &self,
        code: VerifyCode,
        host: impl for<'a> FnMut(Granted<'a>) -> Result<Committed<'a>, Fault>,
    ) -> Result<Result<(), Refused>, ServiceError> {
        wait(self.fixture.service.run_in(code, &House::request(), host))
            .map(|settled| settled.granted().map(drop))
    }

    fn deletions(&self) -> i64 {
        count(
            &Connection::open(&self.path).unwrap(),
            "SELECT count(*) FROM deletion",
        )
    }
}

fn count(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Records the deletion of a child's file, as the host's work.
fn delete<'a>(path: &Path, child: &str, granted: Granted<'a>) -> Result<Committed<'a>, Fault> {
    let mut connection = Connection::open(path).map_err(to_fault)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(10))
        .map_err(to_fault)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(to_fault)?;
    transaction
        .execute("INSERT INTO deletion VALUES (?1)", [child])
        .map_err(to_fault)?;
    granted.commit_in(HostTransaction::from(transaction))
}

#[test]
fn host_rows_and_code_commit_together() {
    let host = Host::new();
    let code = host.code();
    let again = VerifyCode {
        stamp: host.half(),
        typed: code.typed.clone(),
    };
    assert_eq!(
        host.give(code, |granted| delete(&host.path, "ada", granted))
            .unwrap(),
        Ok(())
    );
    assert_eq!(host.deletions(), 1);
    let refusal = host
        .give(again, |granted| delete(&host.path, "bob", granted))
        .unwrap();
    assert!(
        matches!(refusal, Err(Refused::Rule(Refusal::AlreadyUsed { .. }))),
        "{refusal:?}"
    );
    assert_eq!(host.deletions(), 1);
    wait(host.fixture.service.verify_audit(ANNE.into())).unwrap();
}

/// T16: a failure that is rolled back with the caller's transaction would not count.
#[test]
fn wrong_code_counts_without_calling_host() {
    let host = Host::new();
    let typed = host.fixture.wrong_code(&host.phone).into();
    let code = VerifyCode {
        stamp: host.half(),
        typed,
    };
    let refusal = host
        .give(code, |_| panic!("the host is asked to delete"))
        .unwrap();
    assert!(
        matches!(refusal, Err(Refused::Rule(Refusal::WrongCode { .. }))),
        "{refusal:?}"
    );
    assert_eq!(wait(host.fixture.attempts(ANNE)).total, 1);
}

#[test]
fn code_stays_unused_when_host_fails() {
    let host = Host::new();
    let code = host.code();
    assert_eq!(
        host.give(code.clone(), |granted| delete(&host.path, "ada", granted))
            .unwrap(),
        Ok(())
    );
    let code = host.code();
    // The child is deleted already.
    let failed = host.give(code.clone(), |granted| delete(&host.path, "ada", granted));
    assert!(
        matches!(failed, Err(ServiceError::Store(Fault::NotCommitted(_)))),
        "{failed:?}"
    );
    assert_eq!(
        host.give(code, |granted| delete(&host.path, "bob", granted))
            .unwrap(),
        Ok(())
    );
    assert_eq!(host.deletions(), 2);
}

#[test]
fn concurrent_change_rolls_host_back_and_retries() {
    let host = Host::new();
    let code = host.code();
    let store = SqliteStore::open(&host.path).unwrap();
    let ring = Keyring::single(1, [7; 32]);
    let other = Service::with_clock(store, ring, host.fixture.clock.clone()).unwrap();
    let mut asked = 0;
    let ended = host.give(code, |granted| {
        asked += 1;
        if asked == 1 {
            // Another process logs the same user in.
            let log_in = LogIn {
                account: ANNE.into(),
            };
            assert!(
                wait(other.run(log_in, &House::request()))
                    .unwrap()
                    .granted()
                    .is_ok()
            );
        }
        delete(&host.path, "ada", granted)
    });
    assert_eq!((ended.unwrap(), asked), (Ok(()), 2));
    assert_eq!(host.deletions(), 1);
}

#[test]
fn same_code_is_accepted_once_across_hosts() {
    let host = Host::new();
    let codes: Vec<VerifyCode> = (0..16)
        .map(|_| VerifyCode {
            stamp: host.half(),
            typed: "".into(),
        })
        .collect();
    let typed = host.fixture.code(&host.phone);
    let accepted: usize = thread::scope(|scope| {
        let running: Vec<_> = codes
            .into_iter()
            .enumerate()
            .map(|(number, code)| {
                let code = VerifyCode {
                    typed: typed.clone().into(),
                    ..code
                };
                let host = &host;
                scope.spawn(move || {
                    // Each has its own service, like a process.
                    let store = SqliteStore::open(&host.path).unwrap();
                    let clock = host.fixture.clock.clone();
                    let service =
                        Service::with_clock(store, Keyring::single(1, [7; 32]), clock).unwrap();
                    let child = number.to_string();
                    let settled = wait(service.run_in(code, &House::request(), |granted| {
                        delete(&host.path, &child, granted)
                    }));
                    settled.unwrap().granted().is_ok()
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| usize::from(thread.join().unwrap()))
            .sum()
    });
    assert_eq!((accepted, host.deletions()), (1, 1));
}

#[test]
fn unsynced_host_connection_is_refused() {
    let host = Host::new();
    let mut connection = Connection::open(&host.path).unwrap();
    connection
        .execute_batch("PRAGMA synchronous = NORMAL")
        .unwrap();
    let code = host.code();
    let failed = host.give(code.clone(), |granted| {
        granted.commit_in(HostTransaction::from(
            connection.transaction().map_err(to_fault)?,
        ))
    });
    let Err(ServiceError::Store(Fault::NotCommitted(why))) = failed else {
        panic!("{failed:?}");
    };
    assert!(why.to_string().contains("synchronous"), "{why}");
    assert_eq!(
        host.give(code, |granted| delete(&host.path, "ada", granted))
            .unwrap(),
        Ok(())
    );
}

#[test]
fn locked_database_is_busy_without_effect() {
    let host = Host::new();
    let store = Options::default()
        .busy(std::time::Duration::ZERO)
        .open(&host.path)
        .unwrap();
    let clock = TestClock::at(loquet::Clock::now(&host.fixture.clock).0);
    let service = Service::with_clock(store, Keyring::single(1, [7; 32]), clock).unwrap();
    let mut hosts = Connection::open(&host.path).unwrap();
    hosts.busy_timeout(std::time::Duration::ZERO).unwrap();
    let mut other = Connection::open(&host.path).unwrap();
    let locked = other
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let log_in = LogIn {
        account: ANNE.into(),
    };
    let request = Request::new(None).unwrap();
    let busy = wait(service.run_in(log_in, &request, |granted| {
        // A deferred transaction fails at its first write.
        granted.commit_in(HostTransaction::from(
            hosts.transaction().map_err(to_fault)?,
        ))
    }));
    assert!(
        matches!(busy, Err(ServiceError::Store(Fault::Busy))),
        "{busy:?}"
    );
    drop(locked);
    let settled = wait(service.run_in(log_in, &request, |granted| {
        granted.commit_in(HostTransaction::from(
            hosts.transaction().map_err(to_fault)?,
        ))
    }));
    assert!(settled.unwrap().granted().is_ok());
}

/// A transaction whose commit answer is lost, after the commit or before it.
struct Lossy<'c> {
    transaction: HostTransaction<'c>,
    committed: bool,
}

impl HostTx for Lossy<'_> {
    fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.transaction.apply(writes)
    }

    fn commit(self) -> Result<(), Fault> {
        if self.committed {
            self.transaction.commit()?;
        }
        Err(Fault::Unknown("the answer was lost".into()))
    }
}

#[test]
fn lost_commit_answer_is_resolved_by_attempt() {
    for committed in [true, false] {
        let host = Host::new();
        let mut connection = Connection::open(&host.path).unwrap();
        let mut asked = 0;
        let ended = host.give(host.code(), |granted| {
            asked += 1;
            let transaction = connection.transaction().map_err(to_fault)?;
            transaction
                .execute("INSERT INTO deletion VALUES ('ada')", [])
                .map_err(to_fault)?;
            let transaction = HostTransaction::from(transaction);
            if asked == 1 {
                return granted.commit_in(Lossy {
                    transaction,
                    committed,
                });
            }
            granted.commit_in(transaction)
        });
        assert_eq!(
            (ended.unwrap(), asked),
            (Ok(()), if committed { 1 } else { 2 })
        );
        assert_eq!(host.deletions(), 1);
    }
}
