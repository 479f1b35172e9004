//! A marked secret goes through everything, and everything that can be printed or stored is searched for it.

use std::sync::Arc;

use loquet::store::{
    Commit, Cursor, Fault, MemoryStore, Page, Query, RowKey, Store, Versioned, Writes,
};
use loquet::{AccountId, Keyring, UnixTime};
use loquet_testkit::canaries::assert_absent;
use loquet_testkit::fixture::{ANNE, Fixture};

/// Writes down everything that it is told to keep.
#[derive(Debug, Clone, Default)]
struct Spy {
    inner: Arc<MemoryStore>,
    seen: Arc<std::sync::Mutex<String>>,
}

impl Store for Spy {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.inner.load(keys).await
    }

    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        self.seen.lock().unwrap().push_str(&format!("{writes:?}\n"));
        self.inner.commit(writes).await
    }

    async fn scan(&self, query: &Query, at: &Cursor) -> Result<Page, Fault> {
        self.inner.scan(query, at).await
    }

    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.inner.delivered(notice).await
    }

    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_attempts(before, limit).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        self.inner.forget_audit(account, limit).await
    }
}

#[tokio::test]
async fn nothing_stored_or_printed_holds_a_secret() {
    let spy = Spy::default();
    let fixture = Fixture::over(spy.clone()).await;
    let (canaries, printed) = loquet_testkit::canaries::story(&fixture).await;
    let stored = spy.seen.lock().unwrap().clone();
    assert!(
        stored.len() > 5_000 && printed.len() > 1_000,
        "the spy saw something"
    );
    assert_absent(&canaries, "what is printed", printed.as_bytes());
    assert_absent(&canaries, "what is stored", stored.as_bytes());
    // The search would find one.
    let session = fixture.log_in(ANNE).await.session;
    assert!(!canaries[0].is_in(format!("{session:?}").as_bytes()));
    let code = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEEF";
    let canary = loquet_testkit::canaries::Canary::new("a code", code, 5);
    for shown in [code.to_lowercase(), code.replace('-', "")] {
        assert!(canary.is_in(format!("so: {shown}.").as_bytes()), "{shown}");
    }
}

#[test]
fn keyring_prints_ids_only() {
    let ring = Keyring::single(5, [0xC7; 32]);
    let shown = format!("{ring:?}");
    assert!(shown.contains('5') && !shown.contains("199") && !shown.to_lowercase().contains("c7"));
}
