//! A marked secret goes through everything, and everything that can be printed or stored is searched for it.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;

use loquet::flow::{ConfirmEnrollment, GiveCode, LogIn, Reset};
use loquet::store::{
    Commit, Cursor, Fault, Item, MemoryStore, Page, Query, RowKey, Store, Versioned, Writes,
};
use loquet::{AccountId, KeyRing, UnixTime};
use loquet_testkit::canaries::assert_absent;
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, House};

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
async fn nothing_that_is_stored_or_printed_holds_a_secret() {
    let spy = Spy::default();
    let house = House::over(spy.clone()).await;
    let mut printed = String::new();
    let mut secrets = Vec::new();

    let stamp = house.log_in(ANNE).await.stamp;
    let seal = house.service.propose_seal(&stamp).await.unwrap().unwrap();
    printed += &format!("{seal:?} {stamp:?}");
    secrets.push(seal.expose().to_string());
    secrets.push(seal.expose().replace('-', ""));
    let (phone, anne) = house.imposed().await;

    let half = house.log_in(CHLOE).await.stamp;
    let offer = house.begin(half).await;
    printed += &format!("{offer:?}");
    secrets.extend([
        offer.key_ungrouped.to_string(),
        offer.key_grouped.to_string(),
    ]);
    let (chloes, _) = house.confirm(half, &offer).await;
    let typed = house.code(&chloes);
    secrets.push(typed.clone());
    let half = house.log_in(CHLOE).await.stamp;
    let confirm = ConfirmEnrollment {
        stamp: half,
        typed: typed.clone().into(),
        seal_typed_back: "".into(),
    };
    printed += &format!("{:?}", house.run(confirm).await);
    printed += &format!(
        "{:?}",
        house
            .run(GiveCode {
                stamp: half,
                typed: typed.into()
            })
            .await
    );

    let typed = house.code(&phone);
    secrets.push(typed.clone());
    let reset = Reset {
        stamp: anne,
        subject: CHLOE.into(),
        aloud: false,
        typed: typed.into(),
    };
    let handed = house.run(reset).await.unwrap();
    printed += &format!("{handed:?}");
    secrets.push(handed.ticket.expose().to_string());
    secrets.push(handed.ticket.expose().replace('-', ""));

    let wrong = LogIn {
        account: 77_u64.into(),
    };
    printed += &format!("{:?} {:?}", house.run(wrong).await, house.service);
    printed += &format!("{:?}", house.service.everybody(house.org).await.unwrap());
    printed += &format!("{:?}", house.service.check(&anne, None).await.unwrap());
    let audit = spy
        .scan(&Query::Audit(BRUNO.into()), &Cursor::default())
        .await
        .unwrap();
    assert!(
        audit
            .items
            .iter()
            .all(|item| matches!(item, Item::Audit(_)))
    );

    let stored = spy.seen.lock().unwrap().clone();
    assert!(
        stored.len() > 5_000 && printed.len() > 1_000,
        "the spy saw something"
    );
    for secret in &secrets {
        assert!(!holds(&stored, secret), "stored: {secret}");
        assert!(!holds(&printed, secret), "printed: {secret}");
    }
}

#[tokio::test]
async fn every_kind_of_secret_is_looked_for_and_none_is_printed() {
    let spy = Spy::default();
    let house = House::over(spy.clone()).await;
    let (canaries, printed) = loquet_testkit::canaries::story(&house).await;
    let stored = spy.seen.lock().unwrap().clone();
    assert_absent(&canaries, "what is printed", printed.as_bytes());
    assert_absent(&canaries, "what is stored", stored.as_bytes());
    // The search would find one.
    let offer = house.log_in(ANNE).await.stamp;
    assert!(!canaries[0].is_in(format!("{offer:?}").as_bytes()));
    let seal = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEEF";
    let canary = loquet_testkit::canaries::Canary::new("a code", seal, 5);
    for shown in [seal.to_lowercase(), seal.replace('-', "")] {
        assert!(canary.is_in(format!("so: {shown}.").as_bytes()), "{shown}");
    }
}

/// Whether the secret stands there. Six digits count as a word of their own: a hash may hold them by chance.
fn holds(text: &str, secret: &str) -> bool {
    match secret.len() {
        6 => text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word == secret),
        _ => text.contains(secret),
    }
}

#[test]
fn a_key_ring_prints_ids_alone() {
    let ring = KeyRing::single(5, [0xC7; 32]);
    let shown = format!("{ring:?}");
    assert!(shown.contains('5') && !shown.contains("199") && !shown.to_lowercase().contains("c7"));
}
