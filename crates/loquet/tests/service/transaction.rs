//! In the host's own transaction, over the memory store. SQLite's are in its own tests.

use std::sync::Arc;

use loquet::store::{Commit, Fault, MemoryStore, RowKey, Store, Version, Versioned, Writes};
use loquet::{Clock, Error, HostTx, MfaSession, NewAccount, Refusal};
use loquet_testkit::audit::records;
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

/// A host's transaction over the memory store: nothing of it is seen before its commit. What is applied in turn is committed
/// in turn, so that rows have the versions that a database gives them.
struct Transaction {
    store: Arc<MemoryStore>,
    applied: Vec<Writes>,
}

impl Transaction {
    fn begin(store: &Arc<MemoryStore>) -> Self {
        Self {
            store: Arc::clone(store),
            applied: Vec::new(),
        }
    }
}

impl HostTx for Transaction {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let mut found = self.store.load(keys).await?;
        let rows = self.applied.iter().flat_map(|writes| &writes.put);
        for row in rows.filter(|row| keys.contains(&row.key())) {
            let before = found.iter().position(|it| it.row.key() == row.key());
            let before = before.map(|at| found.remove(at));
            let version = before.map_or(Version::ABSENT, |it| it.version).next();
            let row = row.clone();
            found.push(Versioned { row, version });
        }
        Ok(found)
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        let keys: Vec<RowKey> = writes.expect.iter().map(|(key, _)| *key).collect();
        let found = self.load(&keys).await?;
        let is_stale = |(key, version): &(RowKey, Version)| {
            let found = found.iter().find(|it| it.row.key() == *key);
            found.map_or(Version::ABSENT, |it| it.version) != *version
        };
        if writes.expect.iter().any(is_stale) {
            return Ok(Commit::Stale);
        }
        self.applied.push(writes.clone());
        Ok(Commit::Done)
    }

    async fn commit(self) -> Result<(), Fault> {
        for writes in self.applied {
            if self.store.commit(writes).await? == Commit::Stale {
                return Err(Fault::Busy);
            }
        }
        Ok(())
    }

    async fn refuse(self, writes: &Writes) -> Result<Commit, Fault> {
        self.store.commit(writes.clone()).await
    }

    async fn rollback(self) -> Result<(), Fault> {
        Ok(())
    }
}

async fn fixture() -> (Arc<MemoryStore>, Fixture) {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::over(Arc::clone(&store)).await;
    (store, fixture)
}

#[tokio::test]
async fn grant_is_committed_by_the_hosts_transaction() {
    let (store, fixture) = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let committing = fixture.mfa.committing_in(Transaction::begin(&store));
    let verify = committing.verify_code(&session, typed.as_str(), Fixture::client());
    let login = verify.await.unwrap();
    assert!(fixture.authorize(&login.session).await.is_ok());
    let other = fixture.log_in(ANNE).await.session;
    let used = refusal(fixture.verify(&other, &typed).await);
    assert!(matches!(used, Refusal::AlreadyUsed { .. }), "{used:?}");
    let committing = fixture.mfa.committing_in(Transaction::begin(&store));
    let login = committing.log_in(ANNE, Fixture::client()).await;
    assert!(login.is_ok(), "{login:?}");
    fixture.operator.verify_audit(ANNE.into()).await.unwrap();
}

#[tokio::test]
async fn refusal_counts_when_host_is_rolled_back() {
    let (store, fixture) = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let wrong = fixture.wrong_code(&phone);
    for counted in 1..=2 {
        let mut transaction = Transaction::begin(&store);
        let mut provision = fixture.mfa.provision_in(&mut transaction);
        let lea = NewAccount::new(20_u64, "lea");
        provision.ensure_account(lea).await.unwrap();
        let committing = fixture.mfa.committing_in(transaction);
        let verify = committing.verify_code(&session, wrong.as_str(), Fixture::client());
        let refused = refusal(verify.await);
        assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
        assert_eq!(fixture.failures(ANNE).await, counted);
        let lea = fixture.mfa.provision().find("lea").await.unwrap();
        assert_eq!(lea, None, "the host's work is rolled back");
    }
}

/// T89: codes in host transactions are looked at one after the other. While one is, the others are not, right or wrong.
#[tokio::test]
async fn t89_no_code_is_looked_at_beside_another() {
    let (store, fixture) = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let (right, wrong) = (fixture.code(&phone), fixture.wrong_code(&phone));
    for beside in [&right, &wrong] {
        let crowded = Crowded {
            transaction: Transaction::begin(&store),
            fixture: fixture.clone(),
            session,
            typed: beside.clone(),
        };
        let committing = fixture.mfa.committing_in(crowded);
        let verify = committing.verify_code(&session, wrong.as_str(), Fixture::client());
        let refused = refusal(verify.await);
        assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
    }
    assert_eq!(fixture.failures(ANNE).await, 2);
    assert!(fixture.verify(&session, &right).await.is_ok());
}

/// Another code is submitted while its rows are read.
struct Crowded {
    transaction: Transaction,
    fixture: Fixture,
    session: MfaSession,
    typed: String,
}

impl HostTx for Crowded {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let beside = Transaction::begin(&self.transaction.store);
        let committing = self.fixture.mfa.committing_in(beside);
        let verify = committing.verify_code(&self.session, self.typed.as_str(), Fixture::client());
        let busy = Box::pin(verify).await;
        assert!(matches!(busy, Err(Error::Busy)), "{busy:?}");
        self.transaction.load(keys).await
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.transaction.apply(writes).await
    }

    async fn commit(self) -> Result<(), Fault> {
        self.transaction.commit().await
    }

    async fn refuse(self, writes: &Writes) -> Result<Commit, Fault> {
        self.transaction.refuse(writes).await
    }

    async fn rollback(self) -> Result<(), Fault> {
        self.transaction.rollback().await
    }
}

/// Its rows were read, and changed by another node before it was committed.
struct Late(Transaction, Fixture);

impl HostTx for Late {
    async fn load(&mut self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        let found = self.0.load(keys).await?;
        self.1.log_in(ANNE).await;
        Ok(found)
    }

    async fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.0.apply(writes).await
    }

    async fn commit(self) -> Result<(), Fault> {
        self.0.commit().await
    }

    async fn refuse(self, writes: &Writes) -> Result<Commit, Fault> {
        self.0.refuse(writes).await
    }

    async fn rollback(self) -> Result<(), Fault> {
        self.0.rollback().await
    }
}

#[tokio::test]
async fn stale_transaction_grants_nothing_and_counts_wrong_codes() {
    let (store, fixture) = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let (right, wrong) = (fixture.code(&phone), fixture.wrong_code(&phone));
    for typed in [&right, &wrong] {
        let node = Fixture::at(Arc::clone(&store), fixture.clock.clone()).await;
        let late = Late(Transaction::begin(&store), node);
        let committing = fixture.mfa.committing_in(late);
        let verify = committing.verify_code(&session, typed.as_str(), Fixture::client());
        match verify.await {
            Err(Error::Busy) => assert_eq!(*typed, right),
            Err(Error::Refused(Refusal::WrongCode { .. })) => assert_eq!(*typed, wrong),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fixture.failures(ANNE).await, 1);
    assert!(fixture.verify(&session, &right).await.is_ok());
}

#[tokio::test]
async fn account_and_address_follow_the_hosts_transaction() {
    let (store, fixture) = fixture().await;
    let address: loquet::Address = "lea@example.org".parse().unwrap();
    let provision = fixture.mfa.provision();
    for committed in [false, true] {
        let mut transaction = Transaction::begin(&store);
        for (id, name) in [(20_u64, "lea"), (21, "nils"), (20, "lea")] {
            let new = NewAccount::new(id, name).address(address.clone());
            let mut inside = fixture.mfa.provision_in(&mut transaction);
            assert_eq!(inside.ensure_account(new).await.unwrap(), id.into());
        }
        if committed {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let lea = provision.find("lea").await.unwrap();
        assert_eq!(lea.is_some(), committed);
        let told = provision.address(20_u64.into()).await.unwrap();
        assert_eq!(told, committed.then(|| address.clone()));
    }
    let now = fixture.clock.now();
    let user = fixture.log_in(20).await.session;
    assert_eq!(fixture.user(&user).await.since(), now);
}

#[tokio::test]
async fn deactivation_and_erasure_follow_the_hosts_transaction() {
    let (store, fixture) = fixture().await;
    fixture.enabled().await;
    let address: loquet::Address = "denis@example.org".parse().unwrap();
    for committed in [false, true] {
        let mut transaction = Transaction::begin(&store);
        let mut inside = fixture.mfa.provision_in(&mut transaction);
        assert!(inside.set_address(DENIS, address.clone()).await.unwrap());
        assert!(!inside.set_address(DENIS, address.clone()).await.unwrap());
        assert!(inside.deactivate(CHLOE).await.unwrap());
        assert!(!inside.deactivate(CHLOE).await.unwrap());
        assert!(inside.erase(CHLOE).await.unwrap());
        assert!(!inside.erase(99_u64).await.unwrap(), "no such account");
        if committed {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let provision = fixture.mfa.provision();
        let chloe = provision.find("chloe").await.unwrap();
        assert_eq!(chloe.is_none(), committed);
        let told = provision.address(DENIS.into()).await.unwrap();
        assert_eq!(told, committed.then(|| address.clone()));
    }
    fixture.operator.verify_audit(CHLOE.into()).await.unwrap();
    let log_in = fixture.mfa.log_in(CHLOE, Fixture::client()).await;
    assert_eq!(refusal(log_in), Refusal::LogInRefused);
}

#[tokio::test]
async fn password_changes_with_the_hosts_row() {
    let (store, fixture) = fixture().await;
    let (_, session) = fixture.enabled().await;
    let denis = fixture.log_in(DENIS).await.session;
    let change = async |account: u64, by_owner: Option<&MfaSession>| {
        let committing = fixture.mfa.committing_in(Transaction::begin(&store));
        let changed = committing.password_changed(account, by_owner, Fixture::client());
        changed.await
    };
    let goes_on = change(ANNE, Some(&session)).await.unwrap().unwrap();
    assert!(fixture.authorize(&goes_on.session).await.is_ok());
    assert!(fixture.authorize(&session).await.is_err());
    assert!(change(ANNE, Some(&session)).await.is_err(), "it has ended");
    assert!(fixture.authorize(&goes_on.session).await.is_ok());
    assert_eq!(change(DENIS, None).await.unwrap(), None);
    assert!(fixture.authorize(&denis).await.is_err());
}

/// Codes during a wait are counted here as anywhere, and told once.
#[tokio::test]
async fn t40_refusals_in_the_hosts_transaction_are_counted_once() {
    let store = Arc::new(MemoryStore::new());
    let fixture = Fixture::over(Arc::clone(&store)).await;
    let (phone, session) = fixture.enabled().await;
    let wrong = fixture.wrong_code(&phone);
    let verify = async |typed: &str| {
        let committing = fixture.mfa.committing_in(Transaction::begin(&store));
        let verified = committing.verify_code(&session, typed, Fixture::client());
        verified.await
    };
    for _ in 0..6 {
        assert_eq!(refusal(verify(&wrong).await).code(), "WRONG_CODE");
    }
    for _ in 0..50 {
        assert_eq!(refusal(verify(&wrong).await).code(), "THROTTLED");
    }
    fixture.clock.advance(3600);
    for _ in 0..2 {
        let typed = fixture.code(&phone);
        verify(&typed).await.unwrap();
    }
    let told = records(&fixture.operator, ANNE).await;
    let told: Vec<_> = told.iter().rev().take(3).collect();
    let told = told
        .iter()
        .rev()
        .map(|(_, it)| (it.verdict.as_str(), it.unrecorded));
    let expected = [("THROTTLED", 0), ("GRANTED", 49), ("GRANTED", 0)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}
