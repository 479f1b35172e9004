//! Attempts that are sent again, and keys that are not chosen well.

use loquet::store::MemoryStore;
use loquet::{Attempt, Refusal};
use loquet_testkit::fixture::{ANNE, BRUNO, DENIS, Fixture, refusal};

fn keyed(key: &str) -> Attempt {
    Attempt::new(Fixture::client()).idempotency_key(key)
}

async fn fixture() -> Fixture {
    Fixture::over(MemoryStore::new()).await
}

#[tokio::test]
async fn repeated_grant_is_already_completed() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let typed = fixture.code(&phone);
    let verify = |key| {
        let (mfa, typed) = (fixture.mfa.clone(), typed.clone());
        async move { mfa.verify_code(&session, typed, keyed(key)).await }
    };
    assert!(verify("a").await.is_ok());
    assert_eq!(refusal(verify("a").await), Refusal::AlreadyCompleted);
    // Another key is another attempt, for which the code is used up.
    let used = refusal(verify("b").await);
    assert!(matches!(used, Refusal::AlreadyUsed { .. }), "{used:?}");
}

#[tokio::test]
async fn same_key_with_other_content_is_another_attempt() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let mfa = &fixture.mfa;
    let wrong = fixture.wrong_code(&phone);
    let verify = |typed: &str, attempt| mfa.verify_code(&session, typed.to_owned(), attempt);
    for _ in 0..2 {
        let answer = refusal(verify(&wrong, keyed("form")).await);
        assert!(matches!(answer, Refusal::WrongCode { .. }), "{answer:?}");
        assert_eq!(fixture.failures(ANNE).await, 1, "counted once");
    }
    // The user corrects the code in the same form.
    let typed = fixture.code(&phone);
    let login = verify(&typed, keyed("form")).await;
    assert!(login.is_ok(), "{login:?}");
    // Another session, another operation, another choice: each is another attempt.
    let half = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let with = keyed("form").remember_device(true);
    assert!(mfa.verify_code(&half, typed, with).await.is_ok());
    let anne = fixture.user(&session).await;
    let account = mfa.account(&anne).idempotency_key("form");
    assert!(account.turn_off(fixture.code(&phone)).await.is_ok());
    assert!(account.turn_on(fixture.code(&phone)).await.is_ok());
}

#[tokio::test]
async fn constant_key_finds_no_other_users_outcome() {
    let fixture = fixture().await;
    let mfa = &fixture.mfa;
    fixture.enabled().await;
    for account in [DENIS, BRUNO, DENIS, BRUNO] {
        let login = mfa.log_in(account, keyed("constant")).await;
        let session = login.unwrap().session;
        let user = fixture.user(&session).await;
        assert_eq!(user.account_id(), account.into());
        let begun = mfa.begin_enrollment(&session, "", keyed("constant")).await;
        assert!(begun.is_ok(), "{begun:?}");
        let again = mfa
            .pending_enrollment(&session, &Fixture::client())
            .await
            .unwrap();
        assert_eq!(again.unwrap(), begun.unwrap());
        mfa.log_out(&session).await.unwrap();
    }
}

/// Nothing is used up by them, and the second one is meant.
#[tokio::test]
async fn constant_key_hides_no_loss_and_no_password() {
    let fixture = fixture().await;
    fixture.enabled().await;
    let mfa = &fixture.mfa;
    for _ in 0..2 {
        let session = fixture.log_in(DENIS).await.session;
        let changed = mfa.password_changed(DENIS, None, keyed("constant"));
        changed.await.unwrap();
        assert!(fixture.authorize(&session).await.is_err());
    }
    let session = fixture.log_in(DENIS).await.session;
    fixture.enroll(&session).await;
    let lost = || mfa.report_lost(DENIS, keyed("constant"));
    lost().await.unwrap();
    let again = refusal(lost().await);
    assert!(matches!(again, Refusal::Suspended { .. }), "{again:?}");
}
