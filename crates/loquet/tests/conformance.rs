//! Requirements of the ledger (`docs/conformance.md`) that no other story tells.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeSet;

use loquet::flow::{BeginEnrollment, Choice, Choose, GiveCode, UseRecoveryCode};
use loquet::store::{Row, RowKey, Store};
use loquet::{Level, Refusal};
use loquet_policy::limits;
use loquet_testkit::flaky::FlakyStore;
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};

/// RFC 4226 §7.5, RFC 6238 §5.1: a key for each person, from the generator.
#[tokio::test]
async fn every_enrollment_has_a_secret_of_its_own() {
    let house = House::over(FlakyStore::default()).await;
    house.imposed().await;
    let mut secrets = BTreeSet::new();
    for account in [BRUNO, CHLOE, CHLOE] {
        let stamp = house.log_in(account).await.stamp;
        let begin = BeginEnrollment {
            stamp,
            ticket: String::new(),
        };
        let key = house.run(begin).await.unwrap().key_ungrouped.to_string();
        assert_eq!(key.len(), 32, "twenty bytes in base32");
        secrets.insert(key);
    }
    assert_eq!(secrets.len(), 3);
}

/// OWASP ASVS 11.3.4: a secret is sealed afresh whenever its row is written.
#[tokio::test]
async fn every_seal_has_a_nonce_of_its_own() {
    let store = FlakyStore::default();
    let house = House::over(store.clone()).await;
    let (phone, _) = house.enabled().await;
    let mut nonces = BTreeSet::new();
    for _ in 0..8 {
        let stamp = house.log_in(ANNE).await.stamp;
        let typed = house.code(&phone);
        house.run(GiveCode { stamp, typed }).await.unwrap();
        let rows = store.load(&[RowKey::Account(ANNE.into())]).await.unwrap();
        let Row::Account(account) = &rows[0].row else {
            panic!("{rows:?}")
        };
        let (_, sealed) = account.body.split_once(r#""active":""#).unwrap();
        // Base64 of five bytes of heading, then of 24 bytes of nonce.
        nonces.insert(sealed[7..38].to_owned());
    }
    assert_eq!(nonces.len(), 8);
}

/// CVE-2026-20779: the other way in asked another list of used codes, or none.
#[tokio::test]
async fn t5_every_service_over_one_store_refuses_what_another_accepted() {
    let store = FlakyStore::default();
    let pages = House::over(store.clone()).await;
    let (phone, _) = pages.enabled().await;
    let other = House::at(store, pages.clock.clone()).await;
    let typed = pages.code(&phone);
    let stamp = pages.log_in(ANNE).await.stamp;
    let give = |stamp| GiveCode {
        stamp,
        typed: typed.clone(),
    };
    pages.run(give(stamp)).await.unwrap();
    let stamp = other.log_in(ANNE).await.stamp;
    let refusal = rule(other.run(give(stamp)).await);
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
}

/// CVE-2026-43930, CVE-2026-34224: of one code on paper, typed in many windows at once, one is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t6_of_many_with_the_same_recovery_code_one_is_let_in() {
    let house = House::over(FlakyStore::default()).await;
    let (phone, stamp) = house.enabled().await;
    let typed = house.code(&phone);
    let choice = Choice::RecoveryCodes { offered: true };
    let offer_codes = Choose {
        stamp,
        choice,
        typed,
    };
    house.run(offer_codes).await.unwrap();
    house.clock.advance(limits::WEAKENING);
    house.service.tick().await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    let ticket = String::new();
    let offer = house.run(BeginEnrollment { stamp, ticket }).await.unwrap();
    let paper = house.service.recovery_codes(&stamp).await.unwrap();
    house.confirm(stamp, &offer).await;

    let mut windows = Vec::new();
    for _ in 0..32 {
        let stamp = house.log_in(DENIS).await.stamp;
        let typed = paper[0].expose().to_string();
        let house = house.clone();
        windows.push(tokio::spawn(async move {
            house.run(UseRecoveryCode { stamp, typed }).await
        }));
    }
    let mut accepted = 0;
    for window in windows {
        if let Ok(recovering) = window.await.unwrap() {
            assert_eq!(recovering.entered.stamp.level(), Level::EnrolOnly);
            assert_eq!(recovering.left, 9);
            accepted += 1;
        }
    }
    assert_eq!(accepted, 1);
}

/// CVE-2026-35597: the host's transaction was rolled back with the failed log-in, and the count with it. Here the count
/// is committed before anybody can be told that the code was wrong.
#[tokio::test]
async fn t16_a_wrong_code_counts_though_nobody_waits_for_the_answer() {
    let house = House::over(FlakyStore::default()).await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    for counted in 1..=3 {
        let typed = house.wrong_code(&phone);
        let caller = house.clone();
        let request = tokio::spawn(async move {
            let _answer = caller.run(GiveCode { stamp, typed }).await;
            panic!("the host fell over before it looked at the answer");
        });
        assert!(request.await.unwrap_err().is_panic());
        assert_eq!(house.attempts(ANNE).await.total, counted);
    }
}
