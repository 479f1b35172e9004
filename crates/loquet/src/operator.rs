//! What the program that runs the service does, and no request may.

mod carried;
pub(crate) mod clock;
mod descent;
pub(crate) mod letter;
mod maintenance;
mod notices;
mod reach;
mod rejections;
mod restore;
mod restored;
mod rotation;
mod round;

pub use restored::{RestoreOptions, Restored};
pub use rotation::{KeyUse, Rotation};

use std::ops::Deref;

use loquet_policy::{AccountId, OrgId, UnixTime};

use crate::account::OrganizationOverview;
use crate::admin::UserEntry;
use crate::admin::undo_rules::{RollBackRules, SuspendRules};
use crate::admin::users::IssuedResetCode;
use crate::decide::{Facts, Typed, home_of};
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::mfa::source::Actor;
use crate::operator::letter::{Deliver, Delivered};
use crate::provision::operations::{AppointAdministrator, CollectResetCode, OpenBreakGlass};
use crate::session::attempt::Attempt;
use crate::store::Query;

/// The program that runs the service, which may do what no administrator may. Obtained once at start, from
/// [`MfaBuilder::open_operator`](crate::mfa::MfaBuilder::open_operator). Do not give it to a request handler: give that
/// [`mfa`](Self::mfa).
///
/// ```
/// use loquet::{Keyring, Mfa, store::MemoryStore};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> { loquet::wait(async {
/// let operator = Mfa::builder(MemoryStore::new())
///     .keyring(Keyring::single(1, [7; 32]))
///     .issuer("Shop")
///     .open_operator()
///     .await?;
/// let mfa = operator.mfa().clone(); // for the handlers
/// assert!(operator.apply_due().await? == 0);
/// # Ok(()) }) }
/// ```
#[derive(Debug, Clone)]
pub struct Operator(Mfa);

/// What a round of maintenance did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Maintenance {
    /// Organizations in which a scheduled change or a reminder was due.
    pub due: u32,
    /// Letters that were delivered, and what waits.
    pub delivered: Delivered,
    /// Accounts in which old devices were forgotten.
    pub devices: usize,
    /// What went wrong, such as a row that does not verify: the rest was done all the same.
    pub faults: Vec<Error>,
}

impl Deref for Operator {
    type Target = Mfa;

    fn deref(&self) -> &Mfa {
        &self.0
    }
}

impl Operator {
    pub(crate) const fn new(mfa: Mfa) -> Self {
        Self(mfa)
    }

    /// Returns the service, for handlers.
    #[must_use]
    pub const fn mfa(&self) -> &Mfa {
        &self.0
    }

    /// Returns the same operator for one organization.
    #[must_use]
    pub fn of_organization(&self, id: OrgId) -> Self {
        Self(self.0.organization(id))
    }

    /// Does everything that is due: applies scheduled changes, delivers notices, forgets old attempts and devices. Call it
    /// every minute, from as many nodes as you like.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, mailer: impl loquet::Deliver) -> Result<(), loquet::Error> {
    /// let done = operator.run_maintenance(&mailer).await?;
    /// println!("{} letters delivered, {} waiting", done.delivered.letters, done.delivered.waiting);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`] of the store; faults of single organizations are in [`Maintenance::faults`].
    pub async fn run_maintenance(&self, mailer: &impl Deliver) -> Result<Maintenance, Error> {
        let mut done = Maintenance::default();
        match self.apply_due().await {
            Ok(due) => done.due = due,
            Err(fault) => done.faults.push(fault),
        }
        match self.deliver(mailer).await {
            Ok(delivered) => done.delivered = delivered,
            Err(fault) => done.faults.push(fault),
        }
        for id in self.organization_ids().await? {
            match self.forget_old_devices(id).await {
                Ok(forgotten) => done.devices = done.devices.saturating_add(forgotten),
                Err(fault) => done.faults.push(fault),
            }
        }
        loop {
            match self.forget_old_attempts().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    done.faults.push(fault);
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Opens break-glass with the code from the envelope. A wait of one day begins, and every administrator is told; if
    /// one of them logs in with a code meanwhile, break-glass is cancelled. Returns the time at which the wait is over.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, code: &str) -> Result<(), loquet::Error> {
    /// let until = operator.open_break_glass(42_u64.into(), code).await?;
    /// println!("collect the reset code after Unix time {}", until.0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `WRONG_BREAK_GLASS_CODE`, `NO_BREAK_GLASS_CODE`, `ALREADY_OPEN` and others.
    pub async fn open_break_glass(
        &self,
        administrator: AccountId,
        code: impl Into<Typed>,
    ) -> Result<UnixTime, Error> {
        let (account, typed) = (administrator, code.into());
        self.run(OpenBreakGlass { account, typed }, Attempt::default())
            .await
    }

    /// Returns the reset code once the wait is over. The administrator can enroll with it within ten minutes, whatever
    /// the access rules say.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, code: &str) -> Result<(), loquet::Error> {
    /// let issued = operator.collect_reset_code(42_u64.into(), code).await?;
    /// println!("{}", *issued.reset_code.expose());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `TOO_EARLY` (and when it is not), `WRONG_BREAK_GLASS_CODE` and others.
    pub async fn collect_reset_code(
        &self,
        administrator: AccountId,
        code: impl Into<Typed>,
    ) -> Result<IssuedResetCode, Error> {
        let (account, typed) = (administrator, code.into());
        self.run(CollectResetCode { account, typed }, Attempt::default())
            .await
    }

    /// Makes an account an administrator, without asking one: for an organization whose administrators cannot act, with the
    /// envelope lost, or are not to be trusted. A deactivated account is active again. All administrators are told. Returns a
    /// reset code, to be handed over in person, unless the account keeps an authenticator that counts for an administrator.
    ///
    /// Where an administrator took the organization over, first change that person's password and say so
    /// ([`Mfa::password_changed`], not by its owner), which ends their sessions. The appointed administrator is on no probation,
    /// and can deactivate them.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// if let Some(issued) = operator.appoint_administrator(42_u64).await? {
    ///     println!("{}", *issued.reset_code.expose());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOT_ENABLED`, with `UNCHANGED` where the account is an administrator who can log in, and others.
    ///
    /// # Security
    /// Whoever calls this decides who administers an organization: call it from a tool of the operator's, not from a page.
    pub async fn appoint_administrator(
        &self,
        account: impl Into<AccountId>,
    ) -> Result<Option<IssuedResetCode>, Error> {
        let account = account.into();
        self.run(AppointAdministrator { account }, Attempt::default())
            .await
    }

    /// Suspends the access rules of an administrator's organization until an administrator sets some, or
    /// [`roll_back_access_rules`](Self::roll_back_access_rules) puts earlier ones in force. All administrators are told.
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED`, `NOT_ADMIN` and others.
    pub async fn suspend_access_rules(&self, administrator: AccountId) -> Result<(), Error> {
        let account = administrator;
        self.run(SuspendRules { account }, Attempt::default()).await
    }

    /// Puts the access rules of before the last change in force. All administrators are told.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// operator.suspend_access_rules(42_u64.into()).await?; // the rules refuse no client now
    /// operator.roll_back_access_rules(42_u64.into()).await?; // the rules of before the last change
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `UNCHANGED`, `NOT_ADMIN` and others.
    pub async fn roll_back_access_rules(&self, administrator: AccountId) -> Result<(), Error> {
        let account = administrator;
        self.run(RollBackRules { account }, Attempt::default())
            .await
    }

    /// Returns every organization with its name.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn organizations(&self) -> Result<Vec<OrganizationOverview>, Error> {
        let mut all = Vec::new();
        for id in self.organization_ids().await? {
            let mut facts = Facts::default();
            self.load(&self.0, &home_of(id), Actor::None, &mut facts)
                .await?;
            let (Some(organization), Some(roster)) = (facts.organization, facts.roster) else {
                return Err(Config::Missing("organization").into());
            };
            all.push(OrganizationOverview::new(organization, roster));
        }
        Ok(all)
    }

    /// Returns every account of an organization.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// for organization in operator.organizations().await? {
    ///     let users = operator.users(organization.id()).await?;
    ///     println!("{}: {} users", organization.name(), users.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn users(&self, org: OrgId) -> Result<Vec<UserEntry>, Error> {
        let organization = self.0.organization_record(org).await?;
        self.0.people(&organization.facts).await
    }
}

impl Mfa {
    /// The organizations to look at. What their rows say is read apart, and verified.
    pub(crate) async fn organization_ids(&self) -> Result<Vec<OrgId>, Error> {
        let mut all = Vec::new();
        self.pages(Query::Organizations, |item| {
            if let Some((row, _)) = item.organization() {
                all.push(row.id);
            }
            Ok(())
        })
        .await?;
        Ok(all)
    }
}
