//! In the host's own transaction; see [`HostTx`](crate::HostTx).

use loquet_policy::AccountId;

use crate::decide::Typed;
use crate::error::Error;
use crate::mfa::Mfa;
use crate::provision::NewAccount;
use crate::provision::host_tx::HostTx;
use crate::session::MfaSession;
use crate::session::attempt::Attempt;
use crate::session::operations::{LogIn, LoggedIn, VerifyCode};
use crate::store::Commit;

/// The host's user management inside the host's transaction; from [`Mfa::provision_in`].
#[derive(Debug)]
pub struct ProvisionIn<'a, T> {
    mfa: &'a Mfa,
    transaction: &'a mut T,
}

/// Operations whose grant is committed by the host's transaction; from [`Mfa::committing_in`].
#[derive(Debug)]
#[must_use = "the transaction is rolled back unless an operation commits it"]
pub struct CommittingIn<'a, T> {
    mfa: &'a Mfa,
    transaction: T,
}

impl Mfa {
    /// Prepares in the host's transaction, which the host then commits: a user's row and the account become durable
    /// together, or neither. Call several of its methods before you commit.
    pub const fn provision_in<'a, T: HostTx>(
        &'a self,
        transaction: &'a mut T,
    ) -> ProvisionIn<'a, T> {
        ProvisionIn {
            mfa: self,
            transaction,
        }
    }

    /// Takes the host's transaction, in which the host has written its rows, and commits it with what is granted: both
    /// become durable together, or neither. A refusal rolls it back and is made durable apart: a wrong code counts whatever
    /// becomes of the host's work.
    ///
    /// No lane is taken: where another request changed the account meanwhile the answer is [`Error::Busy`], and the host
    /// begins anew.
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
        let id = new.id();
        let source = crate::mfa::source::InTransaction(&mut *self.transaction);
        let Some(writes) = self.mfa.new_account(source, org, &new).await? else {
            return Ok(id);
        };
        match self.transaction.apply(&writes).await? {
            Commit::Done => Ok(id),
            Commit::Stale => Err(Error::Busy),
        }
    }
}

impl<T: HostTx> CommittingIn<'_, T> {
    /// As [`Mfa::log_in`].
    ///
    /// # Errors
    /// As there.
    pub async fn log_in(
        self,
        account: impl Into<AccountId>,
        attempt: impl Into<Attempt>,
    ) -> Result<LoggedIn, Error> {
        let account = account.into();
        let log_in = LogIn { account };
        self.mfa
            .run_in(log_in, attempt.into(), self.transaction)
            .await
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
        self.mfa
            .run_in(verify, attempt.into(), self.transaction)
            .await
    }
}
