//! Ceremonies: log-in, enrollment, reset and all the rest as values.
//!
//! Here, and only here, the one-time-password engine, the rules about people and the rules about places meet. A ceremony
//! says which rows it `needs`; whoever runs it loads them; `decide` turns them and the request into an opaque
//! [`Decided`]. Nothing here reads a clock, a generator or a file, and the same input decides the same way for ever.

use std::fmt;
use std::net::IpAddr;

use loquet_ipfilter::Geo;
use loquet_otp::{Secret, TypedCode};
use loquet_policy::{
    AccountId, Audience, Command, Decision, Event, Fresh, Grant, Notice, Refusal, Roster, Snapshot,
    UnixTime,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::accept::Decided;
use crate::audit::Record;
use crate::device::{self, DeviceId};
use crate::disk::FirstOutcome;
use crate::edge::Entropy;
use crate::records::{AccountRecord, OrganisationRecord};
use crate::stamp::Stamp;
use crate::store::{AttemptId, RowKey, Version};
use hearers::{once_each, recipients};

/// A ceremony of a session: its name in the audit log, what it grants, who hands that over, what it asks of the rules.
macro_rules! in_session {
    ($name:ident $(about $subject:ident)?, $what:literal, $grant:ty, $hand:path, |$this:ident, $case:ident| $command:expr) => {
        impl crate::flow::sealed::Step for $name {
            type Grant = $grant;
            const WHAT: &'static str = $what;

            fn actor(&self) -> loquet_policy::AccountId {
                self.stamp.account()
            }

            fn stamp(&self) -> Option<&crate::Stamp> {
                Some(&self.stamp)
            }

            $(fn subject(&self) -> Option<loquet_policy::AccountId> {
                Some(self.$subject)
            })?

            fn command(
                &self,
                $case: &crate::flow::Case<'_>,
            ) -> Result<loquet_policy::Command, crate::flow::Refused> {
                let $this = self;
                Ok($command)
            }

            fn grant(
                &self,
                granted: &loquet_policy::Grant,
                case: &crate::flow::Case<'_>,
                after: &crate::flow::After<'_>,
            ) -> Result<$grant, crate::flow::Refused> {
                $hand(granted, case, after)
            }
        }
    };
}

mod access;
mod book;
mod devices;
mod enrollment;
mod evidence;
mod hearers;
mod host;
mod log_in;
mod options;
mod organisation;
mod people;
mod reason;
mod recovery;
mod remind;
mod typed;

pub use access::{RollBackRules, SuspendRules, UNDO, UndoRules};
pub(crate) use book::repudiation_link;
pub use book::{ChangeAddress, Repudiate, SetAddress};
pub use devices::{Forget, ForgetDevice, ForgetDevices, ForgetOldDevices, SwitchDevices};
pub(crate) use enrollment::offer;
pub use enrollment::{
    AbandonEnrollment, BeginEnrollment, BeginReplacement, ConfirmEnrollment, NoOffer, Offer,
    ReportLost, SwitchOff, SwitchOn,
};
pub(crate) use evidence::{Door, proposed_seal, tags};
pub use host::{CollectTicket, HostLeave, OpenBreakGlass};
pub use log_in::{
    Entered, GiveCode, LogIn, LogOut, LogOutEverywhere, PassPhraseChanged, Resynchronise,
};
pub use options::{Choice, Choose, Harden};
pub use organisation::{
    Announce, BadRules, CancelChange, CancelMandate, EnableMfa, Enabled, Imposed, MAX_RULES,
    MoveMandate, RenewSeal, RulesChange, SetAccessRules, Settle,
};
pub use people::{AddRole, Leave, Rehire, RemoveRole, Reset, TicketFor};
pub(crate) use recovery::shown_codes;
pub use recovery::{Recovering, UseRecoveryCode};
pub(crate) use remind::is_due;
pub use typed::Typed;

/// Longer texts are no code, and refused unread.
pub const MAX_TYPED: usize = TypedCode::MAX_LEN;

/// One request of a person: the form it came from, and where from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// From the form's hidden field: a repeated submission repeats it.
    pub attempt: AttemptId,
    /// The client's address as the host established it. `None` is unknown, which never allows where places are
    /// restricted.
    pub address: Option<IpAddr>,
    /// The cookie of a device that the account had remembered, if the browser sent one.
    pub device: Option<DeviceId>,
    /// Whether the person asked, in the form of a code, that this device be remembered. Before anybody can ask, say what
    /// will be kept: see [`crate::device`].
    pub remember: bool,
}

/// Why a ceremony was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The rules about people say no.
    Rule(Refusal),
    /// The new access rules would lock out whoever writes them, from where they write.
    WouldLockOut,
    /// The address was changed so often that those it replaced, which still hear, leave no room.
    TooManyAddresses,
}

impl Refused {
    /// The reason's stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rule(refusal) => refusal.code(),
            Self::WouldLockOut => "WOULD_LOCK_OUT",
            Self::TooManyAddresses => "TOO_MANY_ADDRESSES",
        }
    }
}

impl fmt::Display for Refused {
    /// The stable name, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// So that `?` passes it on. A refusal is still a value with its reasons: match on it where a person reads the answer.
impl std::error::Error for Refused {}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal)
    }
}

/// A ceremony that a [`Service`](crate::Service) can run. The types of this module are all there are.
pub trait Ceremony: sealed::Step {}

impl<T: sealed::Step> Ceremony for T {}

pub(crate) mod sealed {
    use super::*;

    pub trait Step: Send + Sync {
        /// What is handed over when it is granted.
        type Grant: Send;
        /// Its name in the audit log.
        const WHAT: &'static str;

        fn actor(&self) -> AccountId;

        fn stamp(&self) -> Option<&Stamp> {
            None
        }

        fn subject(&self) -> Option<AccountId> {
            None
        }

        /// What to ask of the rules, with the evidence.
        fn command(&self, case: &Case<'_>) -> Result<Command, Refused>;

        /// What is written beside what the rules decide, once they have granted it.
        fn beside(&self, _: &Case<'_>, _: &mut Beside<'_>) {}

        /// Texts of access rules that the command names by hash.
        fn rules(&self) -> Option<&crate::records::Rules> {
            None
        }

        /// What to hand over.
        fn grant(
            &self,
            granted: &Grant,
            case: &Case<'_>,
            after: &After<'_>,
        ) -> Result<Self::Grant, Refused>;
    }
}

/// Everything that one decision reads, opened.
#[derive(Debug, Default)]
pub struct Facts {
    pub(crate) organisation: Option<OrganisationRecord>,
    pub(crate) roster: Option<Roster>,
    pub(crate) actor: Option<AccountRecord>,
    pub(crate) subject: Option<AccountRecord>,
    pub(crate) door: Door,
    pub(crate) repeated: Option<FirstOutcome>,
    /// What the host's databases say of addresses.
    pub(crate) geo: Geo,
    /// Every row that was looked for, at the version found.
    pub(crate) read: Vec<(RowKey, Version)>,
}

/// What a ceremony computes its evidence from.
#[derive(Debug)]
pub struct Case<'a> {
    pub(crate) request: &'a Request,
    pub(crate) now: UnixTime,
    pub(crate) entropy: &'a Entropy,
    pub(crate) keys: &'a Keys,
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organisation: Option<&'a OrganisationRecord>,
    pub(crate) stamp: Option<&'a Stamp>,
    pub(crate) door: &'a Door,
    pub(crate) geo: &'a Geo,
}

/// What a granted ceremony may change that the rules know nothing of.
#[derive(Debug)]
pub struct Beside<'a> {
    pub(crate) actor: &'a mut AccountRecord,
    organisation: &'a mut Option<OrganisationRecord>,
    pub(crate) notices: &'a mut Vec<Notice>,
}

impl Beside<'_> {
    /// The organisation as the rules leave it, to be written too.
    pub(crate) fn organisation(&mut self, case: &Case<'_>) -> Option<&mut OrganisationRecord> {
        if self.organisation.is_none() {
            *self.organisation = case.organisation.cloned();
        }
        self.organisation.as_mut()
    }

    pub(crate) fn tell(&mut self, to: Audience, event: Event) {
        self.notices.push(Notice { to, event });
    }
}

/// What became of the actor, for a grant that shows something of it.
#[derive(Debug)]
pub struct After<'a> {
    pub(crate) actor: &'a AccountRecord,
    pub(crate) organisation: Option<&'a OrganisationRecord>,
}

/// Keys of flow's own, derived from the root key; none opens a secret.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys {
    pub(crate) break_glass: [u8; 32],
    pub(crate) link: [u8; 32],
    pub(crate) place: [u8; 32],
    pub(crate) recovery: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// All that one decision writes, still opened.
#[derive(Debug)]
pub struct Change {
    pub(crate) attempt: AttemptId,
    pub(crate) mark: [u8; 16],
    pub(crate) outcome: FirstOutcome,
    pub(crate) read: Vec<(RowKey, Version)>,
    pub(crate) organisation: Option<OrganisationRecord>,
    pub(crate) roster: Option<Roster>,
    pub(crate) actor: AccountRecord,
    pub(crate) subject: Option<AccountRecord>,
    pub(crate) record: Record,
    pub(crate) notices: Vec<(AccountId, Notice)>,
}

impl Change {
    /// The epoch from which the link in this notice is derived: an enrollment's letter to its owner has one.
    pub(crate) fn epoch_of_link(&self, notice: &Notice) -> Option<u32> {
        let owner = matches!(notice.to, Audience::Owner { .. });
        (owner && matches!(notice.event, Event::Bound { .. })).then_some(self.actor.facts.epoch)
    }
}

/// The rows that a ceremony still needs, given what is known. Empty: enough to decide.
pub(crate) fn needs<C: Ceremony>(ceremony: &C, request: &Request, facts: &Facts) -> Vec<RowKey> {
    if facts.read.is_empty() {
        let mut keys = vec![
            RowKey::Attempt(request.attempt),
            RowKey::Account(ceremony.actor()),
        ];
        keys.extend(
            ceremony
                .subject()
                .filter(|subject| *subject != ceremony.actor())
                .map(RowKey::Account),
        );
        return keys;
    }
    home(facts)
}

/// What is still to be read of the actor's organisation.
pub(crate) fn home(facts: &Facts) -> Vec<RowKey> {
    let org = facts.actor.as_ref().map(|actor| actor.facts.org);
    org.into_iter()
        .flat_map(home_of)
        .filter(|key| !facts.read.iter().any(|(read, _)| read == key))
        .collect()
}

pub(crate) fn home_of(org: loquet_policy::OrgId) -> [RowKey; 2] {
    [RowKey::Organisation(org), RowKey::Roster(org)]
}

/// Decides. Total and pure.
pub(crate) fn decide<C: Ceremony>(
    ceremony: &C,
    request: &Request,
    facts: &Facts,
    now: UnixTime,
    entropy: &Entropy,
    keys: &Keys,
) -> Decided<C::Grant> {
    let refuse = |refusal: Refusal| Decided::refuse(Refused::Rule(refusal), None);
    match &facts.repeated {
        // Whoever repeats a finished attempt learns how it ended and gets nothing: the browser that holds what was
        // granted goes on with it.
        Some(FirstOutcome::Granted) => return refuse(Refusal::AlreadyCompleted),
        Some(FirstOutcome::Refused(refusal)) => return refuse(*refusal),
        None => {}
    }
    let Some(actor) = &facts.actor else {
        return refuse(Refusal::UnknownAccount);
    };
    let subject = match ceremony.subject() {
        None => None,
        Some(same) if same == actor.facts.id => Some(actor),
        // Of another organisation is as good as not there: nothing is written that would tell the two apart.
        Some(_) => match &facts.subject {
            Some(subject) if subject.facts.org == actor.facts.org => Some(subject),
            _ => return refuse(Refusal::UnknownAccount),
        },
    };
    let case = Case {
        request,
        now,
        entropy,
        keys,
        actor,
        organisation: facts.organisation.as_ref(),
        stamp: ceremony.stamp(),
        door: &facts.door,
        geo: &facts.geo,
    };
    if case.stamp.is_some_and(|stamp| actor.is_over(stamp, now)) {
        return refuse(Refusal::StaleLogIn);
    }
    let command = match ceremony.command(&case) {
        Ok(command) => command,
        Err(refused) => return Decided::refuse(refused, None),
    };
    let snapshot = Snapshot {
        organisation: facts
            .organisation
            .as_ref()
            .map(|organisation| &organisation.facts),
        roster: facts.roster.as_ref(),
        actor: &actor.facts,
        session: case.stamp.map(Stamp::session),
        subject: subject.map(|subject| &subject.facts),
    };
    let fresh = Fresh {
        session: device::session_on(case.device_number(C::WHAT), entropy.session),
    };
    let decision = loquet_policy::decide(&snapshot, &command, now, fresh);
    write(ceremony, &case, facts, decision)
}

/// Turns the rules' decision into rows and a grant.
fn write<C: Ceremony>(
    ceremony: &C,
    case: &Case<'_>,
    facts: &Facts,
    decision: Decision,
) -> Decided<C::Grant> {
    let rule = case.rule(&decision);
    let Decision {
        answer,
        changes,
        notices,
    } = decision;
    let mut actor = case.actor.clone();
    // Each of these could be provoked without end by whoever has one pass phrase.
    let mut last = false;
    if let Err(refusal) = answer
        && changes.is_empty()
    {
        if unrecorded(refusal) {
            return Decided::refuse(refusal.into(), None);
        }
        match actor.refusals.count(case.now) {
            None => return Decided::refuse(refusal.into(), None),
            Some(left) => last = left == 0,
        }
    }
    let fresh = Secret::from(case.entropy.secret);
    let bound = match answer {
        Ok(Grant::Bound { .. }) => case.stamp.map(|stamp| stamp.session().id),
        _ => None,
    };
    if let Some(new) = changes.actor {
        actor.secrets.follow(&actor.facts, &new, bound, &fresh);
        actor.facts = new;
    }
    // What cannot be read forgets nothing.
    let offered = facts
        .organisation
        .as_ref()
        .is_none_or(|organisation| organisation.devices);
    actor
        .devices
        .follow(&case.actor.facts, &actor.facts, offered, case.now);
    let subject = changes
        .subject
        .zip(facts.subject.clone())
        .map(|(new, mut subject)| {
            subject.secrets.follow(&subject.facts, &new, None, &fresh);
            subject
                .devices
                .follow(&subject.facts, &new, offered, case.now);
            subject.facts = new;
            subject
        });
    let mut organisation =
        changes
            .organisation
            .zip(facts.organisation.clone())
            .map(|(new, mut organisation)| {
                organisation.follow(new, ceremony.rules(), case.now);
                organisation
            });
    let mut notices = notices;
    if let Ok(granted) = &answer {
        case.entered(C::WHAT, granted, &mut actor, &mut notices);
        let mut beside = Beside {
            actor: &mut actor,
            organisation: &mut organisation,
            notices: &mut notices,
        };
        ceremony.beside(case, &mut beside);
    }
    let roster = changes.roster.or_else(|| facts.roster.clone());
    let notices = once_each(notices, organisation.as_ref().or(case.organisation))
        .into_iter()
        .flat_map(|notice| {
            recipients(&notice, roster.as_ref())
                .into_iter()
                .map(move |to| (to, notice))
        })
        .collect();
    let after = After {
        actor: &actor,
        organisation: organisation.as_ref().or(case.organisation),
    };
    let outcome = match answer {
        Ok(granted) => ceremony.grant(&granted, case, &after),
        Err(refusal) => Err(refusal.into()),
    };
    let record = Record {
        v: Record::FORMAT,
        at: case.now,
        actor: case.actor.facts.id,
        subject: ceremony.subject(),
        what: C::WHAT.to_owned(),
        verdict: outcome
            .as_ref()
            .map_or_else(|refused| refused.code(), |_| "GRANTED")
            .to_owned(),
        rule: Some(rule),
        address: case.request.address,
        policy: organisation_version(facts),
        last,
    };
    let change = Change {
        attempt: case.request.attempt,
        mark: case.entropy.mark,
        outcome: match &outcome {
            Err(Refused::Rule(refusal)) => FirstOutcome::Refused(*refusal),
            _ => FirstOutcome::Granted,
        },
        read: facts.read.clone(),
        organisation,
        roster: changes_roster(facts, roster),
        actor,
        subject,
        record,
        notices,
    };
    match outcome {
        Ok(granted) => Decided::grant(granted, change),
        // A grant that cannot be handed over is not made: nothing of it is written.
        Err(refused) if answer.is_ok() => Decided::refuse(refused, None),
        Err(refused) => Decided::refuse(refused, Some(change)),
    }
}

/// Refusals that change nothing and say nothing of intent are not worth a record at all. Of the others an hour's first
/// [`REFUSALS`](crate::audit::REFUSALS) of one account are recorded.
const fn unrecorded(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Throttled { .. }
            | Refusal::Malformed
            | Refusal::AlreadyUsed { .. }
            | Refusal::LogInRefused
            | Refusal::LogInRequired
            | Refusal::StaleLogIn
            | Refusal::LogInExpired
    )
}

fn organisation_version(facts: &Facts) -> u64 {
    facts
        .read
        .iter()
        .find(|(key, _)| matches!(key, RowKey::Organisation(_)))
        .map_or(0, |(_, version)| version.0)
}

fn changes_roster(facts: &Facts, roster: Option<Roster>) -> Option<Roster> {
    roster.filter(|roster| facts.roster.as_ref() != Some(roster))
}

/// Nothing to hand over: it is done.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of the functions that hand over what is granted"
)]
fn done(_: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<(), Refused> {
    Ok(())
}

#[cfg(test)]
mod tests;
