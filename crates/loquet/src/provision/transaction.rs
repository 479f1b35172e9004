//! In the host's own transaction; see [`HostTx`](crate::HostTx).

use loquet_policy::AccountId;

use crate::account::addresses::Address;
use crate::account::operations::SetAddress;
use crate::decide::{Operation, Typed};
use crate::enrollment::recovery::{Recovering, UseRecoveryCode};
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::mfa::source::InTransaction;
use crate::provision::NewAccount;
use crate::provision::handle::{was_another, was_there};
use crate::provision::host_tx::HostTx;
use crate::provision::operations::{Erase, HostDeactivate};
use crate::session::MfaSession;
use crate::session::attempt::Attempt;
use crate::session::operations::{LogIn, LoggedIn, PasswordChanged, VerifyCode};
use crate::store::Commit;

/// The host's user management inside the host's transaction; from [`Mfa::provision_in`].
#[derive(Debug)]
pub struct ProvisionIn<'a, T> {
    pub(super) mfa: &'a Mfa,
    pub(super) transaction: &'a mut T,
}

/// Operations whose grant is committed by the host's transaction; from [`Mfa::committing_in`].
#[derive(Debug)]
#[must_use = "the transaction is rolled back unless an operation commits it"]
pub struct CommittingIn<'a, T> {
    mfa: &'a Mfa,
    transaction: T,
}

impl Mfa {
    /// Writes accounts in the host's transaction, which the host then commits: a user's row and the account become
    /// durable together, or neither. You may call several methods before you commit.
    ///
    /// ```
    /// # use loquet::*; async fn f(mfa: Mfa, mut transaction: impl HostTx) -> Result<(), Error> {
    /// // The host has begun `transaction` and written the row of its new user.
    /// let marie = NewAccount::new(42_u64, "marie@example.org");
    /// mfa.provision_in(&mut transaction).ensure_account(marie).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    pub const fn provision_in<'a, T: HostTx>(
        &'a self,
        transaction: &'a mut T,
    ) -> ProvisionIn<'a, T> {
        ProvisionIn {
            mfa: self,
            transaction,
        }
    }

    /// Takes the host's transaction, in which the host has written its rows, and commits it together with what Loquet
    /// grants: both become durable, or neither. A refusal rolls the transaction back. The refusal itself is still
    /// recorded, so that a wrong code counts.
    ///
    /// Requests for one account do not wait for each other here: where another one is under way, or has changed the account
    /// meanwhile, the answer is [`Error::Busy`], and the host begins anew. No code was looked at then, or it counts.
    ///
    /// Over a connection that is bound to its thread, such as rusqlite's, the future is not `Send`: in an async handler run
    /// the transaction in `spawn_blocking`, and end its calls with [`wait()`](crate::Wait::wait) in place of `.await`.
    ///
    /// ```
    /// # use loquet::*;
    /// # async fn f(mfa: Mfa, transaction: impl HostTx, session: MfaSession, client: Client) -> Result<(), Error> {
    /// // The host has deleted a record in `transaction`: it is gone only if the code is right.
    /// let login = mfa.committing_in(transaction).verify_code(&session, "123 456", client).await?;
    /// let bytes = login.session.to_bytes(); // keep these in place of the old session
    /// # Ok(()) }
    /// ```
    pub const fn committing_in<T: HostTx>(&self, transaction: T) -> CommittingIn<'_, T> {
        CommittingIn {
            mfa: self,
            transaction,
        }
    }
}

impl<T: HostTx> ProvisionIn<'_, T> {
    /// As [`Provision::ensure_account`](crate::Provision::ensure_account). The address of an account that is there already
    /// stays as it is.
    ///
    /// # Errors
    /// As there; [`Error::Busy`] when another transaction was faster: roll back and begin anew.
    pub async fn ensure_account(&mut self, new: NewAccount<'_>) -> Result<AccountId, Error> {
        let org = self.mfa.org()?;
        let id = new.id;
        let source = InTransaction(&mut *self.transaction);
        let Some(writes) = self.mfa.new_account(source, org, &new).await? else {
            return Ok(id);
        };
        match self.transaction.apply(&writes).await? {
            Commit::Done => Ok(id),
            // Read outside the transaction, as all that looks for rows is, and only now: while each connection is a
            // transaction's that waits for another one, none goes on.
            Commit::Stale => match self.mfa.provision().find(new.external_id).await? {
                Some(found) if found != id => Err(Config::ExternalIdTaken.into()),
                _ => Err(Error::Busy),
            },
        }
    }

    /// As [`Provision::set_address`](crate::Provision::set_address).
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn set_address(
        &mut self,
        account: impl Into<AccountId>,
        address: Address,
    ) -> Result<bool, Error> {
        let account = account.into();
        let set = SetAddress { account, address };
        was_another(self.mfa.prepare_in(set, self.transaction).await)
    }

    /// As [`Provision::deactivate`](crate::Provision::deactivate): the host's own row of the user and the account go
    /// together.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, mut transaction: impl loquet::HostTx) -> Result<(), loquet::Error> {
    /// // The host has deleted its row of the user in `transaction`.
    /// mfa.provision_in(&mut transaction).deactivate(42_u64).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn deactivate(&mut self, account: impl Into<AccountId>) -> Result<bool, Error> {
        let account = account.into();
        let deactivate = HostDeactivate { account };
        was_there(self.mfa.prepare_in(deactivate, self.transaction).await)
    }

    /// As [`Provision::erase`](crate::Provision::erase).
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn erase(&mut self, account: impl Into<AccountId>) -> Result<bool, Error> {
        let account = account.into();
        self.deactivate(account).await?;
        let erase = Erase { account };
        was_there(self.mfa.prepare_in(erase, self.transaction).await)
    }
}

impl<T: HostTx> CommittingIn<'_, T> {
    async fn run<C: Operation>(
        self,
        operation: C,
        attempt: impl Into<Attempt>,
    ) -> Result<C::Grant, Error> {
        let attempt = attempt.into();
        self.mfa.run_in(operation, attempt, self.transaction).await
    }

    /// As [`Mfa::log_in`].
    ///
    /// # Errors
    /// As there.
    pub async fn log_in(
        self,
        account: impl Into<AccountId>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        self.run(LogIn::new(account), attempt).await
    }

    /// As [`Mfa::verify_code`].
    ///
    /// # Errors
    /// As there.
    pub async fn verify_code(
        self,
        session: &MfaSession,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let session = self.mfa.verified(session).await?;
        let verify = VerifyCode {
            session,
            typed: code.into(),
        };
        self.run(verify, attempt).await
    }

    /// As [`Mfa::recover`].
    ///
    /// # Errors
    /// As there.
    pub async fn recover(
        self,
        session: &MfaSession,
        recovery_code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<Recovering, Error> {
        let session = self.mfa.verified(session).await?;
        let typed = recovery_code.into();
        let recover = UseRecoveryCode { session, typed };
        self.run(recover, attempt).await
    }

    /// As [`Mfa::confirm_enrollment`].
    ///
    /// # Errors
    /// As there.
    pub async fn confirm_enrollment(
        self,
        session: &MfaSession,
        code: impl Into<Typed>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let confirm = self
            .mfa
            .confirmation(session, code.into(), Typed::default());
        let confirm = confirm.await?;
        self.run(confirm, attempt).await
    }

    /// As [`Mfa::password_changed`], together with the host's new hash. Where `by_owner` has ended meanwhile it is refused,
    /// and the password stays as it was.
    ///
    /// ```
    /// # use loquet::*;
    /// # async fn f(mfa: Mfa, transaction: impl HostTx, session: MfaSession, client: Client) -> Result<(), Error> {
    /// // The host has written the hash of the new password in `transaction`.
    /// let login = mfa.committing_in(transaction).password_changed(42_u64, Some(&session), client).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As there.
    pub async fn password_changed(
        self,
        account: impl Into<AccountId>,
        by_owner: Option<&MfaSession>,
        attempt: impl Into<Attempt>,
    ) -> Result<Option<LoggedIn>, Error> {
        let by_owner = match by_owner {
            Some(session) => Some(self.mfa.verified(session).await?),
            None => None,
        };
        let account = account.into();
        let changed = PasswordChanged { account, by_owner };
        self.run(changed, attempt).await
    }
}
