//! A store that was put back to an earlier time.

use loquet::store::Store;
use loquet::testing::Phone;
use loquet::{NextStep, Refusal, RestoreOptions, Restored};

use crate::audit::{records, verified};
use crate::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};

/// Takes a store, lets `back` put it to where it was when `mark` was called, and checks that nothing of before counts
/// again. Returns what the restore told, and how many records of Chloé's were made in between.
///
/// A store that cannot go back stays as it is: the same must hold.
pub async fn story<S: Store>(
    store: S,
    mark: impl FnOnce(),
    back: impl FnOnce(Fixture) -> S,
) -> (Restored, u64) {
    let fixture = Fixture::over(store).await;
    let (phone, anne) = fixture.enabled().await;
    let anne = fixture.offering(&phone, &anne).await;
    let denis = fixture.log_in(DENIS).await.session;
    let offer = fixture.begin(&denis).await;
    let codes = fixture.shown(&denis).await;
    let (deniss, denis) = fixture.confirm(&denis, &offer).await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let (chloes, chloe) = fixture.enroll(&chloe).await;
    let bruno = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&bruno).await;
    let typed = fixture.code(&phone);
    let user = fixture.user(&anne).await;
    let admin = fixture.mfa.admin(&user);
    let issued = admin.reset(BRUNO, false, typed).await;
    let reset_code = issued.unwrap().reset_code;
    let taken = fixture.operator.mark_backup().await.unwrap();
    mark();

    // What is lost: a code that was used, and a recovery code.
    fixture.clock.advance(3600);
    let half = fixture.log_in(CHLOE).await.session;
    let used = fixture.code(&chloes);
    assert!(fixture.verify(&half, &used).await.is_ok());
    let lost = records(&fixture.operator, CHLOE).await.len() as u64;
    let kept = fixture.operator.checkpoint().await.unwrap();

    let clock = fixture.clock.clone();
    let fixture = Fixture::at(back(fixture), clock).await;
    let how = RestoreOptions::default().checkpoint(&kept);
    let told = fixture.operator.restored(how).await.unwrap();
    assert_eq!((told.taken, told.accounts), (Some(taken), 4));
    assert_eq!(told.reset_codes, ["bruno"]);
    assert_eq!(told.recovery, ["chloe", "denis"]);

    for session in [anne, chloe, denis, half] {
        let now = fixture.authorize(&session).await;
        assert_eq!(refusal(now), Refusal::StaleLogIn);
    }
    let half = fixture.log_in(CHLOE).await.session;
    let again = fixture.verify(&half, &used).await;
    assert!(matches!(refusal(again), Refusal::AlreadyUsed { .. }));
    let session = fixture.log_in(DENIS).await.session;
    for code in codes.iter().take(2) {
        let void = fixture.recover(&session, code).await;
        assert_eq!(refusal(void), Refusal::WrongRecoveryCode);
        fixture.clock.advance(loquet_policy::limits::SESSION_WAIT);
    }
    let session = fixture.log_in(BRUNO).await.session;
    let typed = reset_code.expose().to_string();
    let void = fixture
        .mfa
        .begin_enrollment(&session, typed, Fixture::client())
        .await;
    assert!(void.is_err(), "{void:?}");

    everyone_goes_on(
        &fixture,
        [(ANNE, &phone), (CHLOE, &chloes), (DENIS, &deniss)],
    )
    .await;
    (told, lost)
}

/// A minute later, as before; Bruno after another reset.
async fn everyone_goes_on(fixture: &Fixture, phones: [(u64, &Phone); 3]) {
    fixture.clock.advance(60);
    for (account, phone) in phones {
        fixture.enter(account, phone).await;
    }
    let log = records(&fixture.operator, CHLOE).await;
    assert_eq!(
        log.iter()
            .filter(|(_, record)| record.what == "restore")
            .count(),
        1
    );
    assert!(
        verified(&fixture.operator, None)
            .await
            .iter()
            .all(|(_, chain)| chain.is_ok())
    );
}

/// A backup from before enabling, over a store in which the organization is enabled, with or without that store to read.
/// `begin` says where the store to put right is, beside the one that it replaces.
pub async fn backup_from_before_enabling<S: Store>(
    store: S,
    mark: impl FnOnce(),
    begin: impl FnOnce() -> S,
    is_readable: bool,
) {
    let fixture = Fixture::over(store).await;
    mark();
    let (phone, _) = fixture.imposed().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let (chloes, _) = fixture.enroll(&chloe).await;
    let half = fixture.log_in(CHLOE).await.session;
    let used = fixture.code(&chloes);
    fixture.verify(&half, &used).await.unwrap();

    let restored = Fixture::at(begin(), fixture.clock.clone()).await;
    let enabled = [fixture.org];
    let how = if is_readable {
        RestoreOptions::default().replaced(&fixture.operator)
    } else {
        RestoreOptions::default().was_enabled(&enabled)
    };
    let done = restored.operator.restored(how).await.unwrap();
    let organizations = restored.operator.organizations().await.unwrap();
    assert!(organizations[0].is_enabled());
    if is_readable {
        assert_eq!(done.break_glass.len(), 0);
        let half = restored.log_in(CHLOE).await;
        assert_eq!(half.next, NextStep::SecondFactor, "the mandate holds");
        let again = refusal(restored.verify(&half.session, &used).await);
        assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
        restored.clock.advance(60);
        restored.enter(CHLOE, &chloes).await;
        restored.enter(ANNE, &phone).await;
        return;
    }
    assert_eq!(done.break_glass.len(), 1);
    for account in [ANNE, CHLOE, DENIS] {
        let login = restored.log_in(account).await;
        assert_eq!(login.next, NextStep::Enroll);
        let begun = refusal(restored.try_begin(&login.session).await);
        assert_eq!(begun.code(), "RESET_CODE_REQUIRED");
        let issued = restored.operator.issue_reset_code(account).await;
        let typed = issued.unwrap().reset_code.expose().to_string();
        let session = restored.log_in(account).await.session;
        let client = Fixture::client();
        let begun = restored.mfa.begin_enrollment(&session, typed, client);
        let offer = begun.await.unwrap();
        restored.confirm(&session, &offer).await;
    }
}
