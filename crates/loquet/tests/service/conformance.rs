//! Requirements of the metadata (`docs/conformance.md`) that no other story tells.

use std::collections::BTreeSet;

use loquet::store::{MemoryStore, Row, RowKey, Store};
use loquet::{AuthenticatorState, Clock, Refusal, UnixTime};
use loquet_policy::limits::{DAY, HOUR};
use loquet_testkit::audit::records;
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, Fixture, refusal};
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
        let (_, encrypted) = account.body.split_once(r#""encrypted":""#).unwrap();
        // Base64 of five bytes of heading, then of 24 bytes of nonce.
        nonces.insert(encrypted[7..38].to_owned());
    }
    assert_eq!(nonces.len(), 8);
}

/// NIST SP 800-63B-4 §4.1: what is bound, and when it was bound and suspended.
#[tokio::test]
async fn life_of_authenticator_is_on_record() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, session) = fixture.enabled().await;
    let since = fixture.clock.now();
    let anne = fixture.user(&session).await;
    let overview = fixture.mfa.account(&anne).overview().await.unwrap();
    let bound = AuthenticatorState::Active { since };
    assert_eq!(overview.authenticator(), bound);
    fixture.clock.advance(DAY);
    let lost = fixture.mfa.report_lost(ANNE, Fixture::client()).await;
    lost.unwrap();
    let suspended = fixture.clock.now();
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let mut users = users.iter().filter(|user| user.external_id() == "anne");
    let found = users.next().unwrap().authenticator();
    assert_eq!(found, AuthenticatorState::Suspended { since: suspended });
    let log = records(&fixture.operator, ANNE).await;
    let life = |what: &str| log.iter().find(|(_, it)| it.what == what).unwrap().1.at;
    assert_eq!(life("confirm_enrollment"), since);
    assert_eq!(life("report_lost"), suspended);
}

/// OWASP ASVS 6.5.8: a code is judged by the service's clock, whatever is said of the client's.
#[tokio::test]
async fn time_of_codes_is_the_services() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, _) = fixture.enabled().await;
    let now = fixture.clock.now().0;
    let good = [now - 30, now, now + 30].map(|at| phone.code(UnixTime(at)));
    let sound = |said: &u64| !good.contains(&phone.code(UnixTime(*said)));
    for from in [now - HOUR, now + HOUR] {
        let said = (from..).step_by(30).find(sound).unwrap();
        let session = fixture.log_in(ANNE).await.session;
        let client = Fixture::client().last_seen(UnixTime(said));
        let typed = phone.code(UnixTime(said));
        let answer = fixture.mfa.verify_code(&session, typed, client).await;
        let refused = refusal(answer);
        assert!(matches!(refused, Refusal::WrongCode { .. }), "{refused:?}");
    }
    let typed = fixture.code(&phone);
    let session = fixture.log_in(ANNE).await.session;
    let client = Fixture::client().last_seen(UnixTime(now - HOUR));
    let right = fixture.mfa.verify_code(&session, typed, client).await;
    assert!(right.is_ok(), "{right:?}");
}
