//! The end of sessions and of accounts, over any store.

use loquet::store::Store;
use loquet::{MfaSession, NextStep, Refusal};
use loquet_policy::limits::DAY;

use crate::fixture::{CHLOE, Fixture, refusal};

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    logged_out_copy_is_refused(Fixture::over(store()).await).await;
    owed_code_renews_the_session(Fixture::over(store()).await).await;
    erased_account_is_unknown_by_name(Fixture::over(store()).await).await;
}

/// What was copied before the log-out is refused too.
pub async fn logged_out_copy_is_refused(fixture: Fixture) {
    let session = fixture.log_in(CHLOE).await.session;
    let other = fixture.log_in(CHLOE).await.session;
    let copy = MfaSession::from_bytes(&session.to_bytes()).unwrap();
    fixture.mfa.log_out(&session).await.unwrap();
    let over = fixture.authorize(&copy).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);
    assert!(fixture.authorize(&other).await.is_ok());
}

/// After a day the code is owed again, and renews the rights of the same account.
pub async fn owed_code_renews_the_session(fixture: Fixture) {
    fixture.imposed().await;
    let half = fixture.log_in(CHLOE).await.session;
    let (phone, session) = fixture.enroll(&half).await;
    fixture.clock.advance(DAY);
    let owed = fixture.authorize(&session).await.unwrap_err();
    assert_eq!(owed.next_step(), Some(NextStep::SecondFactor));
    let typed = fixture.code(&phone);
    let login = fixture.verify(&session, &typed).await.unwrap();
    assert_eq!(
        fixture.user(&login.session).await.account_id(),
        CHLOE.into()
    );
}

/// Nothing of it is found by name, its chain is whole, and its name is free.
pub async fn erased_account_is_unknown_by_name(fixture: Fixture) {
    let provision = fixture.mfa.provision();
    let session = fixture.log_in(CHLOE).await.session;
    provision.erase(CHLOE).await.unwrap();
    let over = fixture.authorize(&session).await;
    assert_eq!(refusal(over).code(), "LOGIN_REFUSED");
    assert_eq!(provision.find("chloe").await.unwrap(), None);
    let records = fixture.operator.verify_audit(CHLOE.into()).await;
    assert!(records.unwrap() > 0);
    let new = loquet::NewAccount::new(20_u64, "chloe");
    provision.ensure_account(new).await.unwrap();
    assert_eq!(provision.find("chloe").await.unwrap(), Some(20_u64.into()));
}
