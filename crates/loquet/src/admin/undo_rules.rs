//! Access rules taken back: by the administrator who has just made a mistake, by the operator on the host.

use std::hash::{Hash, Hasher};

use loquet_ipfilter::{CompileLimits, Filter, Rules as AccessRules};
use loquet_policy::{
    Access, AccountId, Audience, Command, Event, Grant, Refusal, limits, may_lend_name,
};

use crate::admin::organization::{RulesChange, rules_change};
use crate::decide::{AccessCheck, After, Case, Effects, Operation, done, tags};
use crate::records::{OrganizationRecord, Rules};
use loquet_policy::Session;

/// How long a change of the access rules can be undone at once, in seconds: until the next morning, when the first
/// person who cannot log in has called.
pub const UNDO: u64 = limits::DAY;

/// The access rules of before the last change hold again, at once.
///
/// Opening rules waits for 72 hours, so that a stolen administrator's session lets no one in. What
/// was open until less than [`UNDO`] ago needs no such wait: nothing is opened that was not open the day before.
#[derive(Debug, Clone)]
pub(crate) struct UndoRules {
    session: Session,
    /// Stands for "no rules": that every client may log in is then a rule as well, and no weakening.
    everywhere: Rules,
    limits: CompileLimits,
}

impl Hash for UndoRules {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.session.hash(state);
    }
}

impl UndoRules {
    /// Undoes the last change of the access rules. `session` is an administrator's session with a recent code.
    #[must_use]
    pub(crate) fn new(session: Session, limits: CompileLimits) -> Self {
        Self {
            session,
            everywhere: Rules::new(AccessRules::unrestricted().to_string()),
            limits: limits.doubled(),
        }
    }
}

impl Operation for UndoRules {
    type Grant = RulesChange;
    const NAME: &'static str = "undo_access_rules";

    fn actor(&self) -> AccountId {
        self.session.account
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.session)
    }

    fn rules(&self) -> Option<&Rules> {
        Some(&self.everywhere)
    }

    fn command(&self, case: &Case<'_>) -> Result<Command, Refusal> {
        let organization = case.organization.ok_or(Refusal::PolicyUnavailable)?;
        let past = organization
            .undoable_rules(case.now)
            .ok_or(Refusal::Unchanged)?;
        let text = organization
            .text_of(past.rules)
            .ok_or(Refusal::PolicyUnavailable)?;
        let access = match past.rules {
            None => AccessCheck::Open,
            Some(_) => AccessRules::parse_text(text)
                .ok()
                .and_then(|rules| Filter::compile_within(&rules, Some(case.geo), &self.limits).ok())
                .map_or(AccessCheck::Unreadable, |filter| {
                    AccessCheck::Guarded(filter.into())
                }),
        };
        if access.access(
            case.attempt.client.address,
            &tags(&case.actor.facts),
            case.tier(),
        ) != Access::Allowed
        {
            return Err(Refusal::WouldLockOut);
        }
        let rules = past.rules.unwrap_or(self.everywhere.digest);
        Ok(Command::UndoAccessRules { rules })
    }

    /// What was undone can be put back as long as the change itself could be undone, and no longer: to and fro must not
    /// keep the rules of yesterday within reach for ever.
    fn effects(&self, case: &Case<'_>, effects: &mut Effects<'_>) {
        let before = case.organization.and_then(|it| it.past.last());
        if let (Some(before), Some(organization)) = (before, effects.organization.as_mut())
            && let Some(undone) = organization.past.last_mut()
        {
            undone.until = before.until;
        }
    }

    fn grant(
        &self,
        granted: &Grant,
        case: &Case<'_>,
        after: &After<'_>,
    ) -> Result<RulesChange, Refusal> {
        rules_change(granted, case, after)
    }
}

/// On the host: no access rules hold until an administrator sets some, or the operator rolls back: for the day on which
/// an internet provider changes the organization's address.
///
/// All administrators are told; the record stands in the named administrator's chain.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct SuspendRules {
    /// An administrator, in whose name the host acts.
    pub(crate) account: AccountId,
}

/// On the host: the access rules of before the last change hold again. Once more puts the others back.
///
/// All administrators are told; the record stands in the named administrator's chain.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct RollBackRules {
    /// An administrator, in whose name the host acts.
    pub(crate) account: AccountId,
}

/// Lets the host change the access rules in an administrator's name, where `changes` says that there is something to
/// change.
fn changed_on_host(
    case: &Case<'_>,
    changes: impl FnOnce(&OrganizationRecord) -> bool,
) -> Result<Command, Refusal> {
    may_lend_name(&case.actor.facts)?;
    let organization = case.organization.ok_or(Refusal::PolicyUnavailable)?;
    if !changes(organization) {
        return Err(Refusal::Unchanged);
    }
    Ok(Command::ApplyDue)
}

of_host!(
    SuspendRules;
    "suspend_access_rules",
    (),
    done,
    |_this, case| changed_on_host(case, |organization| {
        organization.rules_digest(case.now).is_some()
    })?,
    |_this, case, effects| {
        if let Some(organization) = effects.organization(case) {
            organization.put_in_force(None, case.now);
        }
        effects.tell(Audience::Administrators, Event::AccessRulesSuspended);
    }
);

of_host!(
    RollBackRules;
    "roll_back_access_rules",
    (),
    done,
    |_this, case| changed_on_host(case, |organization| !organization.past.is_empty())?,
    |_this, case, effects| {
        if let Some(organization) = effects.organization(case)
            && let Some(past) = organization.past.pop()
        {
            organization.put_in_force(past.rules, case.now);
        }
        effects.tell(Audience::Administrators, Event::AccessRulesRolledBack);
    }
);
