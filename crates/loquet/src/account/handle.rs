//! What users do with their own account.

use loquet_policy::{Session, SessionId};

use crate::account::AccountOverview;
use crate::account::addresses::Address;
use crate::account::operations::{ChangeAddress, ConfirmAddress};
use crate::audit::Record;
use crate::decide::{Facts, Operation, Typed};
use crate::devices::operations::{Forget, ForgetDevice, ForgetDevices};
use crate::enrollment::codes::RecoveryCode;
use crate::enrollment::operations::{BeginReplacement, Offer, TurnOff, TurnOn};
use crate::enrollment::recovery::RenewRecoveryCodes;
use crate::error::Error;
use crate::mfa::Mfa;
use crate::session::Authorized;
use crate::session::attempt::Attempt;
use crate::session::operations::{EndSession, LoggedIn};

/// "My account", for one authorized user; from [`Mfa::account`]. Each call is an attempt of its own, unless
/// [`idempotency_key`](Self::idempotency_key) makes it repeatable.
#[derive(Debug, Clone, Copy)]
pub struct AccountHandle<'a> {
    mfa: &'a Mfa,
    user: &'a Authorized,
    attempt: Attempt,
}

impl Mfa {
    /// Returns what an authorized user may do with their own account.
    ///
    /// ```
    /// # async fn page(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// let overview = mfa.account(&user).overview().await?;
    /// println!("{} recovery codes left", overview.recovery_codes_left());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn account<'a>(&'a self, user: &'a Authorized) -> AccountHandle<'a> {
        AccountHandle {
            mfa: self,
            user,
            attempt: Attempt::new(user.client),
        }
    }
}

impl AccountHandle<'_> {
    /// Makes calls repeatable; see [`Attempt::idempotency_key`].
    #[must_use]
    pub fn idempotency_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.attempt = self.attempt.idempotency_key(key);
        self
    }

    pub(super) const fn session(self) -> Session {
        self.user.session
    }

    pub(super) async fn run<C: Operation>(self, operation: C) -> Result<C::Grant, Error> {
        self.mfa.run(operation, self.attempt.next()).await
    }

    /// Returns what the page shows.
    ///
    /// # Errors
    /// [`Error`], also when the session has ended meanwhile.
    pub async fn overview(self) -> Result<AccountOverview, Error> {
        let facts = self.authorized().await?;
        self.mfa.overview_of(facts, &self.session(), Ok(()))
    }

    /// The user's rows, where the session still has its rights.
    async fn authorized(self) -> Result<Facts, Error> {
        let (session, client) = (self.session(), &self.user.client);
        let facts = self.mfa.facts(session.account).await?;
        let admitted = self.mfa.admit(&facts, &session, client)?;
        admitted.authorized(session, client)?;
        Ok(facts)
    }

    /// Requires a second factor at each log-in from now on. Needs a fresh code. Where that code raises the session's
    /// assurance, a new session is returned, to keep in place of the old one.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// if let Some(login) = mfa.account(&user).turn_on("123 456").await? {
    ///     let bytes = login.session.to_bytes(); // keep these in place of the old session
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `NO_AUTHENTICATOR`, `WRONG_CODE`, `UNCHANGED` and others.
    pub async fn turn_on(self, code: impl Into<Typed>) -> Result<Option<LoggedIn>, Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(TurnOn { session, typed }).await
    }

    /// Stops requiring a second factor at log-in. Needs a fresh code, and is refused where a rule requires the factor.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// match mfa.account(&user).turn_off("123 456").await {
    ///     Err(loquet::Error::Refused(why)) => println!("It stays on: {why}"),
    ///     other => other?,
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `MANDATED` (the role, the date and who), `LATCHED`, `WRONG_CODE` and others.
    pub async fn turn_off(self, code: impl Into<Typed>) -> Result<(), Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(TurnOff { session, typed }).await
    }

    /// Begins to replace the authenticator. Needs a fresh code of the present one, which stays valid until
    /// [`Mfa::confirm_enrollment`] takes the first code of the new one.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized, new_code: &str) -> Result<(), loquet::Error> {
    /// let offer = mfa.account(&user).replace_authenticator("123 456").await?;
    /// println!("{}", *offer.svg("QR code").map_err(loquet::Config::from)?);
    /// // Then, with the first code of the new authenticator: `mfa.confirm_enrollment`.
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `NO_AUTHENTICATOR`, `WRONG_CODE` and others.
    pub async fn replace_authenticator(self, code: impl Into<Typed>) -> Result<Offer, Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(BeginReplacement { session, typed }).await
    }

    /// Begins to change the address of the owner's notices, or sends another code for the change that was begun: a code
    /// goes to the new address, which counts once [`confirm_address`](Self::confirm_address) takes it. Needs a fresh code
    /// of the authenticator where one is bound; otherwise that code is empty, and the password must have been given in the
    /// last five minutes. The present address is told.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), Box<dyn std::error::Error>> {
    /// let address: loquet::Address = "marie@example.org".parse()?;
    /// mfa.account(&user).change_address(address, "123 456").await?;
    /// // Then, with the code that arrived there:
    /// mfa.account(&user).confirm_address("1234 5678").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_CODE`, `PASSWORD_REQUIRED` (see [`Mfa::reauthenticated`]), `UNCHANGED`,
    /// `TOO_MANY_ADDRESSES`, `TOO_MANY_ADDRESS_CODES` (ten, or ten wrong ones, a day) and others.
    pub async fn change_address(
        self,
        address: Address,
        code: impl Into<Typed>,
    ) -> Result<(), Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(ChangeAddress {
            session,
            address,
            typed,
        })
        .await
    }

    /// Takes the code that was sent to the new address. The old address is told, and receives every notice for 14 more days.
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_ADDRESS_CODE`, with `PASSKEY_REQUIRED` where the host began it, the account has a passkey
    /// and this session gave a code, and with `NO_ADDRESS_CODE` where no address waits for a code, or its code is
    /// older than ten minutes, or void after ten wrong ones.
    pub async fn confirm_address(self, code: impl Into<Typed>) -> Result<(), Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(ConfirmAddress { session, typed }).await
    }

    /// Makes new recovery codes, with a fresh code, and returns them to be shown once. They count at once, and those that were
    /// left are void; the authenticator and the sessions stay as they are. If the answer is lost, call it again.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// for code in mfa.account(&user).renew_recovery_codes("123 456").await? {
    ///     println!("{}", *code.expose());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOT_OFFERED` where the organization offers none, `NO_AUTHENTICATOR`, `STEP_UP`, `WRONG_CODE` and
    /// others.
    pub async fn renew_recovery_codes(
        self,
        code: impl Into<Typed>,
    ) -> Result<Vec<RecoveryCode>, Error> {
        let (session, typed) = (self.session(), code.into());
        self.run(RenewRecoveryCodes { session, typed }).await
    }

    /// Ends another of the user's sessions, as [`AccountOverview::sessions`] lists them.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// let overview = mfa.account(&user).overview().await?;
    /// for other in overview.sessions().iter().filter(|it| !it.is_current()) {
    ///     mfa.account(&user).end_session(other.id()).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED` where there is no such session, and with `STEP_UP` where that one gave a code and this
    /// one did not.
    pub async fn end_session(self, id: SessionId) -> Result<(), Error> {
        let session = self.session();
        self.run(EndSession { session, id }).await
    }

    /// Tells `each` audit record of the account, oldest first, with its number.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// mfa.account(&user).audit(|number, record| {
    ///     println!("{number}: {} {}", record.what, record.verdict);
    ///     Ok(())
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`], also when the session has ended meanwhile. [`Unavailable::Audit`](crate::Unavailable::Audit) names a record that
    /// is missing or not what was written: neither it nor what follows is told.
    pub async fn audit(
        self,
        each: impl FnMut(u64, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.authorized().await?;
        self.mfa.audit_of(self.user.account_id(), each).await
    }

    /// Forgets one remembered device: its cookie no longer counts, and its sessions end. Says whether this session was
    /// one of those.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// let overview = mfa.account(&user).overview().await?;
    /// if let Some(number) = overview.this_device() {
    ///     if mfa.account(&user).forget_device(number).await? == loquet::Forget::Over {
    ///         println!("This session was begun on that device: log in again.");
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED` where there is no such device, and with `STEP_UP` where this session gave no code and an
    /// authenticator is active.
    pub async fn forget_device(self, number: u16) -> Result<Forget, Error> {
        let session = self.session();
        self.run(ForgetDevice { session, number }).await
    }

    /// Forgets every remembered device and ends every session, this one too.
    ///
    /// # Errors
    /// [`Error::Refused`] with `STEP_UP` where this session gave no code and an authenticator is active.
    pub async fn forget_devices(self) -> Result<(), Error> {
        let session = self.session();
        self.run(ForgetDevices { session }).await
    }
}
