//! What administrators do for one account.

use loquet_policy::{AccountId, RoleId, RoleSet};

use crate::admin::AdminHandle;
use crate::admin::users::{
    AddRole, Deactivate, IssuedResetCode, Reactivate, RemoveRole, Reset, UndoReportOf,
};
use crate::decide::Typed;
use crate::error::Error;

/// About one account.
impl AdminHandle<'_> {
    /// Issues a reset code to someone who lost the authenticator, with a fresh code of the administrator's own. Never for
    /// oneself. A code that is read `aloud` lives ten minutes, otherwise a day. Resetting again voids the earlier code.
    ///
    /// ```
    /// # async fn f(mfa: loquet::Mfa, user: loquet::Authorized) -> Result<(), loquet::Error> {
    /// let issued = mfa.admin(&user).reset(42_u64, false, "123 456").await?;
    /// println!("Hand this over: {}", *issued.reset_code.expose());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `SELF_RESET`, `RANK`, `TOO_MANY_RESETS`, `WRONG_CODE` and others.
    pub async fn reset(
        self,
        subject: impl Into<AccountId>,
        aloud: bool,
        code: impl Into<Typed>,
    ) -> Result<IssuedResetCode, Error> {
        self.run(Reset {
            session: self.session(),
            subject: subject.into(),
            aloud,
            typed: code.into(),
        })
        .await
    }

    /// Undoes the report of loss that suspended an account's authenticator, with a fresh code of the administrator's own:
    /// it was found, or its owner did not report it. Never for oneself.
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED` where nothing is suspended, `SELF_RESET`, `RANK`, `WRONG_CODE` and others.
    pub async fn undo_report(
        self,
        subject: impl Into<AccountId>,
        code: impl Into<Typed>,
    ) -> Result<(), Error> {
        self.run(UndoReportOf {
            session: self.session(),
            subject: subject.into(),
            typed: code.into(),
        })
        .await
    }

    /// Gives an account a role. Making an administrator needs a fresh code (empty otherwise).
    ///
    /// # Errors
    /// [`Error::Refused`] with `SELF_PROMOTION`, `ENROLL_FIRST`, `NO_SUCH_ROLE` and others.
    pub async fn add_role(
        self,
        subject: impl Into<AccountId>,
        role: RoleId,
        code: impl Into<Typed>,
    ) -> Result<(), Error> {
        self.run(AddRole {
            session: self.session(),
            subject: subject.into(),
            role,
            typed: code.into(),
        })
        .await
    }

    /// Takes a role from an account.
    ///
    /// # Errors
    /// [`Error::Refused`] with `SELF_DEMOTION`, `LAST_ENROLLED_ADMIN`, `UNCHANGED` and others.
    pub async fn remove_role(
        self,
        subject: impl Into<AccountId>,
        role: RoleId,
    ) -> Result<(), Error> {
        self.run(RemoveRole {
            session: self.session(),
            subject: subject.into(),
            role,
        })
        .await
    }

    /// Deactivates an account: its sessions end and its secret is erased.
    ///
    /// # Errors
    /// [`Error::Refused`] with `SELF_DEACTIVATION`, `LAST_ENROLLED_ADMIN`, `IS_DEACTIVATED` and others.
    pub async fn deactivate(self, subject: impl Into<AccountId>) -> Result<(), Error> {
        let session = self.session();
        let subject = subject.into();
        self.run(Deactivate { session, subject }).await
    }

    /// Reactivates an account with these roles, and issues the reset code for its enrollment.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOT_DEACTIVATED`, `RANK`, `WRONG_CODE` and others.
    pub async fn reactivate(
        self,
        subject: impl Into<AccountId>,
        roles: &[RoleId],
        code: impl Into<Typed>,
    ) -> Result<IssuedResetCode, Error> {
        self.run(Reactivate {
            session: self.session(),
            subject: subject.into(),
            roles: RoleSet::new(roles.iter().copied())?,
            typed: code.into(),
        })
        .await
    }
}
