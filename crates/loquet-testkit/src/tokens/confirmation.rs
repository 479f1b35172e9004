//! Confirming an assigned token, and what it keeps out.

use loquet::{Algorithm, Digits, NextStep, Refusal, TokenState};

use super::{Token, begin, state};
use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

/// Its clock is twenty minutes slow, and runs four more minutes away, which two codes correct.
pub(super) async fn token_is_found_twenty_steps_off_and_followed(fixture: Fixture) {
    fixture.enabled().await;
    for (account, off) in [(CHLOE, -1), (DENIS, 1)] {
        let mut token = Token::new(if off < 0 { "1001" } else { "1002" });
        token.totp.algorithm = Algorithm::Sha256;
        token.totp.digits = Digits::Eight;
        token.assign(&fixture, account).await.unwrap();
        let session = fixture.log_in(account).await.session;
        assert_eq!(begin(&fixture, &session, "").await.unwrap(), token.serial);
        let progress = fixture.progress(&session).await;
        assert_eq!(progress.token_offer().unwrap().digits, 8);
        token.off = off * 21 * 60;
        let too_far = refusal(token.try_confirm(&fixture, &session).await);
        assert!(matches!(too_far, Refusal::WrongCode { .. }), "{too_far:?}");
        token.off = off * 20 * 60;
        let pair = token.pair(&fixture);
        let reversed = [pair[1].clone(), pair[0].clone()];
        let reversed = fixture
            .mfa
            .confirm_token(&session, reversed, Fixture::client())
            .await;
        assert!(matches!(refusal(reversed), Refusal::WrongCode { .. }));
        let session = token.try_confirm(&fixture, &session).await.unwrap().session;
        let user = fixture.user(&session).await;
        let overview = fixture.mfa.account(&user).overview().await.unwrap();
        assert_eq!(
            (overview.token(), overview.assigned_token()),
            (Some(token.serial), None)
        );
        assert_eq!(
            overview.authenticators()[0].code_parameters(),
            Some(token.totp)
        );

        let again = refusal(fixture.verify(&session, &token.code(&fixture, 0)).await);
        assert!(matches!(again, Refusal::AlreadyUsed { .. }), "{again:?}");
        follow(&fixture, account, token, off).await;
    }
}

/// Its clock goes on to run away.
async fn follow(fixture: &Fixture, account: u64, mut token: Token, off: i64) {
    fixture.clock.advance(60);
    let code = token.code(fixture, 0);
    let half = fixture.log_in(account).await.session;
    fixture.verify(&half, &code).await.unwrap();
    token.off += off * 240;
    fixture.clock.advance(600);
    let half = fixture.log_in(account).await.session;
    let lost = refusal(fixture.verify(&half, &token.code(fixture, 0)).await);
    // Nor does the answer tell how slow it is: its clock cannot be set.
    assert!(
        matches!(lost, Refusal::WrongCode { behind: None, .. }),
        "{lost:?}"
    );
    let pair = token.pair(fixture);
    fixture
        .mfa
        .resynchronize(&half, pair, Fixture::client())
        .await
        .unwrap();
    fixture.clock.advance(60);
    let half = fixture.log_in(account).await.session;
    fixture
        .verify(&half, &token.code(fixture, 0))
        .await
        .unwrap();
}

/// A token that is twenty minutes fast shows a code to others twenty minutes before its step is the present one.
pub(super) async fn t80_code_of_fast_token_is_no_good_later(fixture: Fixture) {
    fixture.enabled().await;
    let mut token = Token::new("1001");
    token.off = 20 * 60;
    token.assign(&fixture, CHLOE).await.unwrap();
    token.confirm(&fixture, CHLOE).await;
    fixture.clock.advance(120);
    let glimpsed = token.code(&fixture, 0);
    fixture.clock.advance(20 * 60);
    let half = fixture.log_in(CHLOE).await.session;
    let late = refusal(fixture.verify(&half, &glimpsed).await);
    assert!(matches!(late, Refusal::WrongCode { .. }), "{late:?}");
    let shown = token.code(&fixture, 0);
    fixture.verify(&half, &shown).await.unwrap();
}

/// The password enrolls nothing in the token's place, nor finishes what it began before.
pub(super) async fn assigned_token_keeps_apps_out(fixture: Fixture) {
    fixture.imposed().await;
    let thief = fixture.log_in(CHLOE).await.session;
    let offer = fixture.begin(&thief).await;
    let token = Token::new("1001");
    token.assign(&fixture, CHLOE).await.unwrap();
    let phone = loquet::testing::Phone::scan(&offer).unwrap();
    let code = fixture.code(&phone);
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&thief, code, Fixture::client())
        .await;
    assert_eq!(refusal(confirmed), Refusal::NothingPending);
    let refused = refusal(fixture.try_begin(&thief).await);
    assert_eq!(refused, Refusal::TwoCodesRequired);
    assert_eq!(begin(&fixture, &thief, "").await.unwrap(), token.serial);
    let progress = fixture.progress(&thief).await;
    assert!(progress.offer().is_none());
    assert_eq!(progress.overview().assigned_token(), Some(token.serial));
    let one = token.code(&fixture, 0);
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&thief, one, Fixture::client())
        .await;
    assert_eq!(refusal(confirmed), Refusal::TwoCodesRequired);
    for _ in 0..9 {
        let wrong = ["000 000".into(), "000 001".into()];
        let wrong = fixture
            .mfa
            .confirm_token(&thief, wrong, Fixture::client())
            .await;
        assert!(matches!(refusal(wrong), Refusal::WrongCode { .. }));
    }
    let wrong = ["000 000".into(), "000 001".into()];
    let last = fixture
        .mfa
        .confirm_token(&thief, wrong, Fixture::client())
        .await;
    assert_eq!(refusal(last), Refusal::EnrollmentEnded);
    token.confirm(&fixture, CHLOE).await;
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::SecondFactor);
}

/// The app stays valid until the token is confirmed, which takes a fresh code of the app to begin.
pub(super) async fn token_replaces_an_app(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let token = Token::new("1001");
    let none = refusal(begin(&fixture, &session, "").await);
    assert_eq!(none, Refusal::NoTokenAssigned);
    token.assign(&fixture, ANNE).await.unwrap();
    let user = fixture.user(&session).await;
    let code = fixture.code(&phone);
    let app = fixture
        .mfa
        .account(&user)
        .replace_authenticator(code.as_str())
        .await;
    assert_eq!(refusal(app.map(drop)), Refusal::TwoCodesRequired);
    begin(&fixture, &session, &code).await.unwrap();
    fixture.enter(ANNE, &phone).await;
    let session = token.try_confirm(&fixture, &session).await.unwrap().session;
    let old = fixture.code(&phone);
    let old = refusal(fixture.verify(&session, &old).await);
    assert!(matches!(old, Refusal::WrongCode { .. }), "{old:?}");
    assert_eq!(
        state(&fixture, &token).await,
        (Some(ANNE.into()), TokenState::InUse)
    );
}
