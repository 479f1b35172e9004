//! The service's clock was ahead, and is right again.

use loquet::store::MemoryStore;
use loquet::{Clock, ImportedAuthenticator, Period, Refusal, Secret, Totp};
use loquet_policy::limits;
use loquet_testkit::fixture::{ANNE, DENIS, Fixture, refusal};

/// Waits and quotas of a month to come end when the operator says that the clock is right.
#[tokio::test]
async fn t65_waits_and_quotas_end_with_correction() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, _) = fixture.enabled().await;
    let right = fixture.clock.now().0;
    fixture.clock.set(right + 30 * limits::DAY);
    let reset = async || {
        let session = fixture.enter(ANNE, &phone).await;
        let user = fixture.user(&session).await;
        let typed = fixture.code(&phone);
        fixture.mfa.admin(&user).reset(DENIS, false, typed).await
    };
    for _ in 0..limits::RESETS_A_DAY {
        reset().await.unwrap();
    }
    let half = fixture.log_in(ANNE).await.session;
    let wrong = fixture.wrong_code(&phone);
    for _ in 0..12 {
        fixture.verify(&half, &wrong).await.unwrap_err();
    }
    fixture.clock.set(right + 2000);
    let half = fixture.log_in(ANNE).await.session;
    let throttled = refusal(fixture.verify(&half, &fixture.code(&phone)).await);
    assert!(
        matches!(throttled, Refusal::Throttled { wait } if wait > limits::DAY),
        "{throttled:?}"
    );
    assert_eq!(fixture.operator.clock_corrected().await.unwrap(), 2);
    assert_eq!(fixture.operator.clock_corrected().await.unwrap(), 0);
    fixture.clock.advance(60);
    fixture.enter(ANNE, &phone).await;
    let used_up = refusal(reset().await);
    assert!(
        matches!(used_up, Refusal::TooManyResets { wait } if wait <= limits::DAY),
        "{used_up:?}"
    );
    assert!(fixture.operator.verify_audit(ANNE.into()).await.is_ok());
}

/// A session that began ahead is over, and does not come back when its time does.
#[tokio::test]
async fn t65_session_begun_ahead_never_returns() {
    for is_corrected in [true, false] {
        let fixture = Fixture::over(MemoryStore::new()).await;
        let (phone, _) = fixture.enabled().await;
        let right = fixture.clock.now().0;
        let ahead = right + 3 * limits::DAY;
        fixture.clock.set(ahead);
        let denis = fixture.log_in(DENIS).await.session;
        let half = fixture.log_in(ANNE).await.session;
        fixture.clock.set(right);
        let over = refusal(fixture.authorize(&denis).await);
        assert_eq!(over, Refusal::StaleLogIn);
        let client = Fixture::client();
        let begun = fixture.mfa.begin_enrollment(&denis, "", client).await;
        assert_eq!(refusal(begun), Refusal::StaleLogIn);
        let code = fixture.code(&phone);
        assert!(fixture.verify(&half, &code).await.is_err());
        if is_corrected {
            assert_eq!(fixture.operator.clock_corrected().await.unwrap(), 2);
        } else {
            fixture.mfa.log_out(&denis).await.unwrap();
        }
        fixture.clock.set(ahead);
        let over = refusal(fixture.authorize(&denis).await);
        assert_eq!(over, Refusal::StaleLogIn);
    }
}

/// The steps of an imported authenticator are counted by its own period.
#[tokio::test]
async fn t65_steps_of_another_period_end_with_correction() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.enabled().await;
    let period = Period::new(60).unwrap();
    let totp = Totp {
        period,
        ..Totp::default()
    };
    let key = Secret::from([7; 20]);
    let imported = ImportedAuthenticator::new(key.clone()).totp(totp);
    let provision = fixture.mfa.provision();
    provision
        .import_authenticator(DENIS, imported)
        .await
        .unwrap();
    let key = key.key(totp.algorithm);
    let verify = async || {
        let half = fixture.log_in(DENIS).await.session;
        let code = totp.generate(&key, fixture.clock.now().0).to_string();
        fixture.verify(&half, &code).await
    };
    let right = fixture.clock.now().0;
    fixture.clock.set(right + limits::DAY);
    verify().await.unwrap();
    fixture.clock.set(right + limits::HOUR);
    let used = refusal(verify().await);
    assert!(matches!(used, Refusal::AlreadyUsed { .. }), "{used:?}");
    fixture.operator.clock_corrected().await.unwrap();
    fixture.clock.advance(120);
    verify().await.unwrap();
    assert!(verify().await.is_err());
}
