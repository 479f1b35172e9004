//! Logging in: from the right password to a session with rights, and its end.

use loquet_policy::{Access, AccountId, Refusal, current_level};

use crate::decide::Typed;
use crate::enrollment::codes::{BreakGlassCode, RecoveryCode};
use crate::enrollment::operations::{BeginEnrollment, CancelEnrollment, ConfirmEnrollment, Offer};
use crate::enrollment::recovery::{Recovering, UseRecoveryCode};
use crate::error::Error;
use crate::mfa::Mfa;
use crate::session::MfaSession;
use crate::session::attempt::{Attempt, Client};
use crate::session::operations::{
    LogIn, LogOut, LogOutEverywhere, LoggedIn, PasswordChanged, Resynchronize, VerifyCode,
};
use crate::session::progress::{Begun, Shown};

/// Logging in.
impl Mfa {
    /// Begins a session after the host has checked the password. [`LoggedIn::next`] says what is owed.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, client: loquet::Client) -> Result<(), loquet::Error> {
    /// let login = mfa.log_in(42_u64, client).await?; // keep `login.session`; `login.next` is the next page
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] where the access rules deny the client, or the account is unknown or deactivated: tell the user
    /// no more than after a wrong password.
    pub async fn log_in(
        &self,
        account: impl Into<AccountId>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        self.run(LogIn::new(account), attempt.into()).await
    }

    /// Begins a session in place of another of the same account, after the host has checked the password again: where the
    /// old one is too old (`STALE_LOGIN`), or where the password is asked for (`PASSWORD_REQUIRED`: before a first
    /// enrollment, and before a change of address where nothing is bound). The old session ends, and what is owed is decided
    /// as at every log-in.
    ///
    /// # Errors
    /// As for [`log_in`](Self::log_in); [`Error::Refused`] with `STALE_LOGIN` where the session is forged.
    pub async fn reauthenticated(
        &self,
        session: &MfaSession,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let old = self.verified(session).await?;
        let log_in = LogIn {
            account: old.account,
            replaces: Some(old.id),
        };
        self.run(log_in, attempt.into()).await
    }

    /// Takes the six digits, to finish a log-in or to prove presence again; the device's cookie belongs to the attempt's
    /// [`Client`]. The session that is returned replaces the old one.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let login = mfa.verify_code(&session, "123 456", client).await?; // keep `login.session`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_CODE`, `MALFORMED` and others; `ALREADY_USED` and `THROTTLED` name the wait.
    pub async fn verify_code(
        &self,
        session: &MfaSession,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let session = self.verified(session).await?;
        let typed = code.into();
        self.run(VerifyCode { session, typed }, attempt.into())
            .await
    }

    /// Takes two consecutive codes, the older first, of a phone whose clock is off (RFC 6238 §6), and remembers the drift.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let login = mfa.resynchronize(&session, ["123 456".into(), "654 321".into()], client).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`], as for [`verify_code`](Self::verify_code).
    pub async fn resynchronize(
        &self,
        session: &MfaSession,
        codes: [Typed; 2],
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let session = self.verified(session).await?;
        let typed = codes;
        self.run(Resynchronize { session, typed }, attempt.into())
            .await
    }

    /// Takes a recovery code in place of the authenticator: the code is used up, the authenticator is disabled, and the
    /// session may enroll another within ten minutes.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client, typed: &str) -> Result<(), Error> {
    /// let recovering = mfa.recover(&session, typed, client).await?; // keep `recovering.login.session`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_RECOVERY_CODE`, `THROTTLED`, `NOT_OFFERED` and others.
    pub async fn recover(
        &self,
        session: &MfaSession,
        recovery_code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<Recovering, Error> {
        let session = self.verified(session).await?;
        let typed = recovery_code.into();
        self.run(UseRecoveryCode { session, typed }, attempt.into())
            .await
    }

    /// Begins an enrollment and returns what the page shows: the QR code's URI and the manual key. A session that has begun
    /// one already gets the same again. `reset_code` is the code that an administrator handed over, where one is due, and
    /// empty otherwise. Where a mandate demands a passkey and the account has an app alone, it is a fresh code of the app.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let offer = mfa.begin_enrollment(&session, "", client).await?; // show `offer.svg("QR code")`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `RESET_CODE_REQUIRED`, `WRONG_RESET_CODE`, `ALREADY_BOUND`, and `PASSWORD_REQUIRED` for a first
    /// enrollment more than five minutes after the password (see [`reauthenticated`](Self::reauthenticated)), and others.
    pub async fn begin_enrollment(
        &self,
        session: &MfaSession,
        reset_code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<Offer, Error> {
        let begin = BeginEnrollment {
            session: self.verified(session).await?,
            reset_code: reset_code.into(),
        };
        self.run(begin, attempt.into()).await
    }

    /// Returns the enrollment that this very session began, to show it again.
    ///
    /// # Errors
    /// [`Error::Refused`] when the session is over, or the access rules deny the client.
    pub async fn pending_enrollment(
        &self,
        session: &MfaSession,
        client: &Client,
    ) -> Result<Option<Offer>, Error> {
        let pending = self.pending(session, client).await?;
        Ok(pending.and_then(|pending| match pending.shown {
            Shown::App(offer) => Some(offer),
            Shown::Token(_) => None,
        }))
    }

    /// Returns the recovery codes to show with the enrollment that this very session began; none where the organization
    /// offers none. They count once the enrollment is confirmed, and replace the earlier ones.
    ///
    /// # Errors
    /// [`Error`], also when the session is over.
    pub async fn pending_recovery_codes(
        &self,
        session: &MfaSession,
        client: &Client,
    ) -> Result<Vec<RecoveryCode>, Error> {
        let pending = self.pending(session, client).await?;
        Ok(pending.map_or_else(Vec::new, |pending| pending.codes))
    }

    async fn pending(&self, session: &MfaSession, client: &Client) -> Result<Option<Begun>, Error> {
        let session = self.verified(session).await?;
        let facts = self.enrollment_facts(&session).await?;
        let admitted = self.admit(&facts, &session, client)?;
        current_level(&admitted.snapshot(&session)?, admitted.now)?;
        let vault = self.unlock().await?;
        self.pending_in(&facts, &session, vault)
    }

    /// Confirms this session's enrollment with the first code of the new authenticator, or with the answer of a new passkey in
    /// its place ([`PasskeyAnswer`](crate::PasskeyAnswer)), and finishes the log-in.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let login = mfa.confirm_enrollment(&session, "123 456", client).await?; // keep `login.session`
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_CODE`, `ENROLLMENT_ENDED`, `NOTHING_PENDING` and others; with `BREAK_GLASS_CODE_FIRST` use
    /// [`confirm_enrollment_after_break_glass`](Self::confirm_enrollment_after_break_glass).
    pub async fn confirm_enrollment(
        &self,
        session: &MfaSession,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        self.confirm_enrollment_after_break_glass(session, code, Typed::default(), attempt)
            .await
    }

    /// Confirms the enrollment of an administrator whom break-glass let in. The used break-glass code is replaced:
    /// [`proposed_break_glass_code`](Self::proposed_break_glass_code) shows the new one, and `last_group` is its last group
    /// as typed back.
    ///
    /// # Errors
    /// [`Error::Refused`], as for [`confirm_enrollment`](Self::confirm_enrollment).
    pub async fn confirm_enrollment_after_break_glass(
        &self,
        session: &MfaSession,
        code: impl Into<Typed>,
        last_group: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let confirm = self.confirmation(session, code.into(), last_group.into());
        let confirm = confirm.await?;
        self.run(confirm, attempt.into()).await
    }

    /// What confirms this session's enrollment. The answer of a new passkey is verified here, which takes no row.
    pub(crate) async fn confirmation(
        &self,
        session: &MfaSession,
        typed: Typed,
        break_glass_typed_back: Typed,
    ) -> Result<ConfirmEnrollment, Error> {
        let session = self.verified(session).await?;
        let party = self.inner.passkeys.as_deref();
        let registered = self.unlock().await?.registered(party, &session, &typed);
        Ok(ConfirmEnrollment {
            session,
            typed,
            registered,
            break_glass_typed_back,
        })
    }

    /// Returns the break-glass code to show to an administrator before it is set. A session gets the same code each
    /// time; nothing is stored until its last group is typed back.
    ///
    /// # Errors
    /// [`Error::Refused`] when the session is not an administrator's.
    pub async fn proposed_break_glass_code(
        &self,
        session: &MfaSession,
        client: &Client,
    ) -> Result<BreakGlassCode, Error> {
        let session = self.verified(session).await?;
        self.propose_break_glass(&session, client).await
    }

    /// Gives up the enrollment that this session began.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOTHING_PENDING` and others.
    pub async fn cancel_enrollment(
        &self,
        session: &MfaSession,
        attempt: impl Into<Attempt>,
    ) -> Result<(), Error> {
        let session = self.verified(session).await?;
        self.run(CancelEnrollment { session }, attempt.into()).await
    }

    /// Ends this session for good, wherever its bytes were copied; one that has ended already is no error. The host forgets
    /// the bytes whatever the answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn log_out(&self, session: &MfaSession) -> Result<(), Error> {
        let ended = match self.verified(session).await {
            Ok(session) => self.run(LogOut { session }, Attempt::default()).await,
            Err(over) => Err(over),
        };
        match ended {
            Err(Error::Refused(Refusal::StaleLogIn)) => Ok(()),
            ended => ended,
        }
    }

    /// Ends every session of the account, this one too.
    ///
    /// # Errors
    /// [`Error::Refused`] while the session owes something, and with `STEP_UP` where it gave no code and an authenticator is
    /// active: the password alone must not log out the owner.
    pub async fn log_out_everywhere(
        &self,
        session: &MfaSession,
        attempt: impl Into<Attempt>,
    ) -> Result<(), Error> {
        let session = self.verified(session).await?;
        self.run(LogOutEverywhere { session }, attempt.into()).await
    }

    /// Ends every session of an account whose password the host has changed. `by_owner` is the session in which the
    /// owner changed it, knowing the old password: a new one is returned in its place, unless it has ended or still
    /// owes a step. `None` means that the password was forgotten and reset.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, session: MfaSession, client: Client) -> Result<(), Error> {
    /// let login = mfa.password_changed(42_u64, Some(&session), client).await?; // `None`: forgotten and reset
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn password_changed(
        &self,
        account: impl Into<AccountId>,
        by_owner: Option<&MfaSession>,
        attempt: impl Into<Attempt>,
    ) -> Result<Option<LoggedIn>, Error> {
        let (account, attempt) = (account.into(), attempt.into());
        if let Some(session) = by_owner {
            let changed = match self.verified(session).await {
                Ok(session) => {
                    let by_owner = Some(session);
                    let changed = PasswordChanged { account, by_owner };
                    self.run(changed, attempt).await
                }
                Err(over) => Err(over),
            };
            match changed {
                Err(Error::Refused(_)) => {}
                ended => return ended,
            }
        }
        let by_owner = None;
        self.run(PasswordChanged { account, by_owner }, attempt)
            .await
    }

    /// Returns what the organization's access rules say of a client before its user is known: denied only if no account
    /// could log in from there. Ask it before the password is checked.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, client: loquet::Client) -> Result<(), loquet::Error> {
    /// if mfa.may_try(&client).await? != loquet::Access::Allowed { /* answer as after a wrong password */ }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn may_try(&self, client: &Client) -> Result<Access, Error> {
        self.may_try_from(self.org()?, client.address).await
    }
}
