//! After the service's clock was ahead.

use loquet_policy::{Account, AccountId, Command, PresentSteps, Refusal, UnixTime};

use crate::account::notice_addresses::Addresses;
use crate::decide::done;
use crate::devices::Devices;
use crate::error::Error;
use crate::operator::Operator;
use crate::records::{AccountRecord, OrganizationRecord, PersonRecord, present_steps};
use crate::session::attempt::Attempt;
use crate::session::live::Sessions;

impl Operator {
    /// Call it once the clock of the service is right again, after it was ahead. What was written meanwhile lies ahead: it
    /// counts as neither recent nor young, but waits and quotas that began then would last until then, and codes that were
    /// accepted have used up every step until then.
    ///
    /// In every account this cuts each time that lies ahead to now. Waits end, quotas are counted from now on, each last
    /// step becomes that of the next code, and sessions that began ahead are over. In an account whose facts have such a
    /// time all sessions end. Where the last step lay ahead, the owner is told to replace the authenticator, because codes
    /// that were accepted meanwhile are good a second time. Returns the number of accounts.
    ///
    /// ```
    /// # async fn f(operator: loquet::Operator) -> Result<(), loquet::Error> {
    /// println!("{} accounts can log in again", operator.clock_corrected().await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error`]; what was not reached waits for the next call.
    pub async fn clock_corrected(&self) -> Result<usize, Error> {
        let now = self.now();
        let mut corrected: usize = 0;
        for org in self.organization_ids().await? {
            let (mut first, mut ahead) = (None, Vec::new());
            self.each_person(org, |person| {
                let id = person.facts.id;
                first.get_or_insert(id);
                if person.is_ahead(now) {
                    ahead.push(id);
                }
            })
            .await?;
            for account in &ahead {
                let done = self.correct_clock(*account).await?;
                corrected = corrected.saturating_add(usize::from(done));
            }
            // Its row is written with an account's.
            let is_ahead = self.organization_record(org).await?.is_ahead(now);
            if let Some(account) = first.filter(|_| is_ahead) {
                self.correct_clock(account).await?;
            }
        }
        Ok(corrected)
    }

    async fn correct_clock(&self, account: AccountId) -> Result<bool, Error> {
        let correct = ClockCorrected { account };
        match self.run(correct, Attempt::default()).await {
            Ok(()) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

/// The clock was ahead when something of this account, or of its organization, was written.
#[derive(Debug, Clone, Copy, Hash)]
struct ClockCorrected {
    account: AccountId,
}

of_host!(
    ClockCorrected;
    "clock_corrected",
    (),
    done,
    |_this, case| {
        let now = case.now;
        let present = present_steps(case.actor.secrets.details(), now);
        let facts = is_ahead(&case.actor.facts, &present, now);
        let home = |it: &OrganizationRecord| it.facts.without_times_ahead(now) != it.facts;
        if facts || case.organization.is_some_and(home) {
            Command::ClockCorrected { present }
        } else if case.actor.is_ahead(now) || case.organization.is_some_and(|it| it.is_ahead(now)) {
            // The rules know nothing of it.
            Command::ApplyDue
        } else {
            return Err(Refusal::Unchanged);
        }
    },
    |_this, case, effects| {
        let actor = &mut *effects.actor;
        cut(&mut actor.sessions, &mut actor.devices, &mut actor.addresses, case.now);
        if case.organization.is_some_and(|it| it.is_ahead(case.now))
            && let Some(organization) = effects.organization(case)
        {
            organization.cut(case.now);
        }
    }
);

fn is_ahead(facts: &Account, present: &PresentSteps, now: UnixTime) -> bool {
    facts.without_times_ahead(present, now) != *facts
}

fn cut(sessions: &mut Sessions, devices: &mut Devices, addresses: &mut Addresses, now: UnixTime) {
    sessions.cut(now);
    devices.cut_times(now);
    addresses.cut(now);
}

impl PersonRecord {
    fn is_ahead(&self, now: UnixTime) -> bool {
        let present = present_steps(self.authenticators.iter(), now);
        let mut person = self.clone();
        cut(
            &mut person.sessions,
            &mut person.devices,
            &mut person.addresses,
            now,
        );
        let is_same = person.sessions == self.sessions
            && person.devices == self.devices
            && person.addresses == self.addresses;
        !is_same || is_ahead(&self.facts, &present, now)
    }
}

impl AccountRecord {
    /// Whether something that the rules know nothing of lies ahead.
    fn is_ahead(&self, now: UnixTime) -> bool {
        let mut record = self.clone();
        cut(
            &mut record.sessions,
            &mut record.devices,
            &mut record.addresses,
            now,
        );
        !record.is_same(self)
    }
}

impl OrganizationRecord {
    fn is_ahead(&self, now: UnixTime) -> bool {
        let mut times = self
            .devices
            .into_iter()
            .chain(self.past.iter().map(|it| it.until));
        times.any(|time| time.age(now).is_none())
            || self.facts.without_times_ahead(now) != self.facts
    }

    /// Cuts what the rules know nothing of.
    fn cut(&mut self, now: UnixTime) {
        let past = self.past.iter_mut().map(|it| &mut it.until);
        for time in self.devices.iter_mut().chain(past) {
            *time = at_most(*time, now);
        }
    }
}

/// A time that does not lie ahead.
pub(crate) fn at_most(time: UnixTime, now: UnixTime) -> UnixTime {
    if time.age(now).is_some() { time } else { now }
}
