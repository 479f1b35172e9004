//! Requirements of the metadata (`docs/conformance.md`) that no other story tells.

use std::collections::BTreeSet;

use loquet::store::{Row, RowKey, Store};
use loquet_testkit::flaky::FlakyStore;
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, House};

/// RFC 4226 §7.5, RFC 6238 §5.1: a key for each person, from the generator.
#[tokio::test]
async fn every_enrollment_has_a_secret_of_its_own() {
    let house = House::over(FlakyStore::default()).await;
    house.imposed().await;
    let mut secrets = BTreeSet::new();
    for account in [BRUNO, CHLOE, CHLOE] {
        let stamp = house.log_in(account).await.stamp;
        let key = house.begin(stamp).await.key_ungrouped.to_string();
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
        house.give(stamp, &house.code(&phone)).await.unwrap();
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
