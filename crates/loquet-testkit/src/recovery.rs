//! Recovery codes: offered after a wait, shown while pending, used once.

use loquet::testing::Phone;
use loquet::{
    Error, MfaSession, NextStep, Offer, OrganizationSetting, Recovering, RecoveryCode, Refusal,
    RulesChange,
};
use loquet_policy::{Event, limits};

use crate::fixture::{ANNE, DENIS, Fixture, refusal};
use crate::letters::{post, to};

impl Fixture {
    /// Offers recovery codes from now on, and logs Anne in again.
    pub async fn offering(&self, phone: &Phone, session: &MfaSession) -> MfaSession {
        let anne = self.user(session).await;
        let setting = OrganizationSetting::RecoveryCodes { offered: true };
        let admin = self.mfa.admin(&anne);
        let due = admin.update_setting(setting, self.code(phone)).await;
        assert!(matches!(due, Ok(RulesChange::Due(_))), "{due:?}");
        self.clock.advance(limits::WEAKENING);
        self.operator.apply_due().await.unwrap();
        self.enter(ANNE, phone).await
    }

    /// Types a recovery code.
    ///
    /// # Errors
    /// The refusal.
    pub async fn recover(
        &self,
        session: &MfaSession,
        code: &RecoveryCode,
    ) -> Result<Recovering, Error> {
        let typed = code.expose().to_lowercase();
        self.mfa.recover(session, typed, Self::client()).await
    }

    /// Enrolls Denis where codes are offered, and writes them down.
    async fn denis_with_codes(&self) -> (Phone, MfaSession, Vec<RecoveryCode>) {
        let (phone, session) = self.enabled().await;
        self.offering(&phone, &session).await;
        let session = self.log_in(DENIS).await.session;
        let offer = self.begin(&session).await;
        let codes = self.shown(&session).await;
        let (phone, session) = self.confirm(&session, &offer).await;
        (phone, session, codes)
    }

    /// Returns the codes that the enrollment page shows.
    pub async fn shown(&self, session: &MfaSession) -> Vec<RecoveryCode> {
        self.mfa
            .pending_recovery_codes(session, &Fixture::client())
            .await
            .unwrap()
    }

    pub(crate) async fn try_begin(&self, session: &MfaSession) -> Result<Offer, Error> {
        self.mfa.begin_enrollment(session, "", Self::client()).await
    }

    async fn left(&self, account: u64) -> usize {
        let users = self.operator.users(self.org).await.unwrap();
        let user = users
            .iter()
            .find(|user| user.account_id() == account.into());
        user.unwrap().recovery_codes_left()
    }
}

/// Nothing is offered before the wait is over, and nothing counts before the enrollment does.
pub async fn recovery_codes_are_shown_only_while_pending(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    let early = fixture.log_in(DENIS).await.session;
    fixture.begin(&early).await;
    assert!(fixture.shown(&early).await.is_empty());
    fixture.offering(&phone, &session).await;

    let session = fixture.log_in(DENIS).await.session;
    let offer = fixture.begin(&session).await;
    let shown = fixture.shown(&session).await;
    assert_eq!(shown.len(), limits::RECOVERY_CODES);
    assert_eq!(shown, fixture.shown(&session).await);
    let other = fixture.log_in(DENIS).await.session;
    assert!(fixture.shown(&other).await.is_empty());
    assert_eq!(fixture.left(DENIS).await, 0);
    let (_, session) = fixture.confirm(&session, &offer).await;
    assert_eq!(fixture.left(DENIS).await, limits::RECOVERY_CODES);
    assert!(fixture.shown(&session).await.is_empty());
}

/// The printed codes, once each.
pub async fn recovery_code_opens_one_enrollment(fixture: Fixture) {
    let (old, session, codes) = fixture.denis_with_codes().await;
    let half = fixture.log_in(DENIS).await.session;
    let elsewhere = fixture.log_in(DENIS).await.session;
    post(&fixture).await;
    let Recovering { login, left, .. } = fixture.recover(&half, &codes[3]).await.unwrap();
    assert_eq!((login.next, left), (NextStep::Enroll, 9));
    let letters = post(&fixture).await;
    assert_eq!(
        to(&letters, DENIS)[0].event,
        Event::RecoveryCodeUsed { left: 9 }
    );

    let over = fixture.authorize(&session).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);
    assert!(fixture.recover(&elsewhere, &codes[4]).await.is_err());
    let typed = fixture.code(&old);
    let session = fixture.log_in(DENIS).await.session;
    assert!(fixture.verify(&session, &typed).await.is_err());
    assert_eq!(
        refusal(fixture.try_begin(&session).await).code(),
        "RESET_CODE_REQUIRED"
    );

    let offer = fixture.begin(&login.session).await;
    let new = fixture.shown(&login.session).await;
    let (phone, _) = fixture.confirm(&login.session, &offer).await;
    let half = fixture.log_in(DENIS).await.session;
    for used in [&codes[3], &codes[4]] {
        assert_eq!(
            refusal(fixture.recover(&half, used).await),
            Refusal::WrongRecoveryCode,
            "the set was replaced"
        );
        fixture.clock.advance(limits::SESSION_WAIT_MAX);
    }
    let typed = fixture.code(&phone);
    assert!(fixture.verify(&half, &typed).await.is_ok());
    let half = fixture.log_in(DENIS).await.session;
    assert!(fixture.recover(&half, &new[0]).await.is_ok());
}

/// New codes take the place of those that are left, and nothing else changes.
pub async fn recovery_codes_are_renewed_with_a_fresh_code(fixture: Fixture) {
    let (phone, session, codes) = fixture.denis_with_codes().await;
    let denis = fixture.user(&session).await;
    let account = fixture.mfa.account(&denis).idempotency_key("renew");
    let wrong = account.renew_recovery_codes("").await;
    assert_eq!(refusal(wrong), Refusal::StepUp);
    assert_eq!(fixture.left(DENIS).await, limits::RECOVERY_CODES);
    let account = fixture.mfa.account(&denis).idempotency_key("again");
    let typed = fixture.code(&phone);
    let new = account.renew_recovery_codes(typed.as_str()).await.unwrap();
    assert_eq!(new.len(), limits::RECOVERY_CODES);
    assert!(new.iter().all(|code| !codes.contains(code)));
    let letters = post(&fixture).await;
    let letter = to(&letters, DENIS).last().unwrap().event;
    assert_eq!(letter, Event::RecoveryCodesRenewed);
    // The same request again makes no others.
    assert!(account.renew_recovery_codes(typed).await.is_err());
    assert!(fixture.authorize(&session).await.is_ok());

    let half = fixture.log_in(DENIS).await.session;
    let old = refusal(fixture.recover(&half, &codes[0]).await);
    assert_eq!(old, Refusal::WrongRecoveryCode);
    fixture.clock.advance(limits::SESSION_WAIT);
    assert_eq!(fixture.recover(&half, &new[9]).await.unwrap().left, 9);
}

/// A recovery that was not finished costs one code.
pub async fn lapsed_recovery_leaves_other_codes(fixture: Fixture) {
    let (_, _, codes) = fixture.denis_with_codes().await;
    let half = fixture.log_in(DENIS).await.session;
    let first = fixture.recover(&half, &codes[0]).await.unwrap().login;
    fixture.clock.advance(limits::PENDING);
    assert!(fixture.try_begin(&first.session).await.is_err());
    let login = fixture.log_in(DENIS).await;
    assert_eq!(login.next, NextStep::Recover);
    assert_eq!(
        refusal(fixture.recover(&login.session, &codes[0]).await),
        Refusal::WrongRecoveryCode
    );
    fixture.clock.advance(limits::SESSION_WAIT);
    let recovering = fixture.recover(&login.session, &codes[1]).await.unwrap();
    assert_eq!(recovering.left, 8);
    let offer = fixture.begin(&recovering.login.session).await;
    fixture.confirm(&recovering.login.session, &offer).await;
}

/// They have 128 bits: wrong ones cost a wait of the session, and none of the hundred failures.
pub async fn wrong_recovery_codes_cost_no_failure(fixture: Fixture) {
    let (_, _, codes) = fixture.denis_with_codes().await;
    let half = fixture.log_in(DENIS).await.session;
    let before = fixture.failures(DENIS).await;
    let mut typed = codes[0].expose().to_string();
    let other = if typed.starts_with('A') { "B" } else { "A" };
    typed.replace_range(..1, other);
    let recover = |typed: String| fixture.mfa.recover(&half, typed, Fixture::client());
    assert_eq!(refusal(recover(typed).await), Refusal::WrongRecoveryCode);
    let throttled = refusal(recover("123456".to_owned()).await);
    assert_eq!(throttled, Refusal::Throttled { wait: 1 });
    fixture.clock.advance(limits::SESSION_WAIT);
    let malformed = recover("123456".to_owned()).await;
    assert_eq!(refusal(malformed), Refusal::Malformed);
    assert_eq!(fixture.failures(DENIS).await, before);
    let anne = fixture.log_in(ANNE).await.session;
    let none = fixture.recover(&anne, &codes[0]).await;
    assert_eq!(
        refusal(none),
        Refusal::WrongRecoveryCode,
        "another user's code"
    );
}
