//! What is due without a request: scheduled changes, reminders, expired devices and attempts.

use loquet_policy::{OrgId, UnixTime};

use crate::decide::Facts;
use crate::error::Error;
use crate::mfa::source::Actor;
use crate::operator::Operator;
use crate::session::attempt::Attempt;
use crate::store::RowKey;

impl Operator {
    /// Records the mandates whose date is reached and the changes that have waited long enough, and puts what people
    /// must be told into the outbox, with reminders seven days and one day before a mandate's date. Returns in how many
    /// organizations something was due.
    ///
    /// Call it every few minutes, from as many nodes as you like, before [`deliver`](Self::deliver): nothing is said
    /// twice. Decisions do not wait for it: a mandate binds from its date on.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator, mailer: impl loquet::Deliver) -> Result<(), loquet::Error> {
    /// println!("something was due in {} organizations", operator.apply_due().await?);
    /// operator.deliver(&mailer).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`]; what was not reached waits for the next call.
    pub async fn apply_due(&self) -> Result<u32, Error> {
        let now = self.now();
        let mut fault = None;
        let mut applied: u32 = 0;
        // A row that does not verify keeps no other organization waiting.
        for org in self.organization_ids().await? {
            let is_due = self.organization_record(org).await;
            let is_due = is_due.map(|record| crate::admin::remind::is_due(&record, now));
            let done = match is_due {
                Ok(true) => self.apply_due_in(org).await,
                other => other,
            };
            match done {
                Ok(done) => applied = applied.saturating_add(u32::from(done)),
                Err(why) => fault = fault.or(Some(why)),
            }
        }
        fault.map_or(Ok(applied), Err)
    }

    /// In the name of the first administrator: there is one wherever anything can be due.
    async fn apply_due_in(&self, org: OrgId) -> Result<bool, Error> {
        let mut facts = Facts::default();
        self.load(self.mfa(), &[RowKey::Roster(org)], Actor::None, &mut facts)
            .await?;
        let administrators = facts.roster.map(|roster| roster.administrators);
        let Some(first) = administrators.and_then(|all| all.first().copied()) else {
            return Ok(false);
        };
        let apply = crate::admin::organization::ApplyDue {
            account: first.account,
        };
        match self.run(apply, Attempt::default()).await {
            Ok(()) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Forgets devices that were not used for [`RETENTION`](crate::devices::RETENTION), and everything about devices
    /// where the organization stopped remembering them, also in accounts that are not used. Call it once a day. Returns
    /// the number of accounts in which something was forgotten.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn forget_old_devices(&self, org: OrgId) -> Result<usize, Error> {
        let since = self.organization_record(org).await?.devices;
        let now = self.now();
        let mut overdue = Vec::new();
        self.each_person(org, |record| {
            if record.devices.is_overdue(since, now) {
                overdue.push(record.facts.id);
            }
        })
        .await?;
        let mut fault = None;
        for account in &overdue {
            let forget = crate::devices::operations::ForgetOldDevices { account: *account };
            match self.run(forget, Attempt::default()).await {
                Ok(()) | Err(Error::Refused(_)) => {}
                // One account's fault keeps no other waiting.
                Err(other) => fault = fault.or(Some(other)),
            }
        }
        fault.map_or(Ok(overdue.len()), Err)
    }

    /// Forgets some of the attempts that are more than a day old. Call it until it returns `false`: then none are left,
    /// and the counts of rejections are stored.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// while operator.forget_old_attempts().await? {}
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub async fn forget_old_attempts(&self) -> Result<bool, Error> {
        const SOME: u32 = 1000;
        let before = UnixTime(self.now().0.saturating_sub(loquet_policy::limits::DAY));
        let forgotten = self.store().forget_attempts(before, SOME).await?;
        if forgotten == SOME {
            return Ok(true);
        }
        // At the end: the fault of one account must not let attempts pile up.
        self.store_rejections().await?;
        Ok(false)
    }
}
