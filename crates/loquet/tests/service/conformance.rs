//! Requirements of the metadata (`docs/conformance.md`) that no other story tells.

use std::collections::BTreeSet;

use loquet::store::{Row, RowKey, Store};
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, Fixture};
use loquet_testkit::flaky::FlakyStore;

/// RFC 4226 §7.5, RFC 6238 §5.1: a key for each person, from the generator.
#[tokio::test]
async fn every_enrollment_has_its_own_secret() {
    let fixture = Fixture::over(FlakyStore::default()).await;
    fixture.imposed().await;
    let mut secrets = BTreeSet::new();
    for account in [BRUNO, CHLOE, CHLOE] {
        let session = fixture.log_in(account).await.session;
        let key = fixture.begin(&session).await.key_ungrouped.to_string();
        assert_eq!(key.len(), 32, "twenty bytes in base32");
        secrets.insert(key);
    }
    assert_eq!(secrets.len(), 3);
}

/// OWASP ASVS 11.3.4: a secret is encrypted afresh whenever its row is written.
#[tokio::test]
async fn every_encryption_has_its_own_nonce() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    let (phone, _) = fixture.enabled().await;
    let mut nonces = BTreeSet::new();
    for _ in 0..8 {
        fixture.enter(ANNE, &phone).await;
        let rows = store.load(&[RowKey::Account(ANNE.into())]).await.unwrap();
        let Row::Account(account) = &rows[0].row else {
            panic!("{rows:?}")
        };
        let (_, encrypted) = account.body.split_once(r#""active":""#).unwrap();
        // Base64 of five bytes of heading, then of 24 bytes of nonce.
        nonces.insert(encrypted[7..38].to_owned());
    }
    assert_eq!(nonces.len(), 8);
}
