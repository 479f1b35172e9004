//! Access rules taken back: by the administrator who has just made a mistake, by the operator on the host.

use loquet_ipfilter::{Filter, Rules as AccessRules};
use loquet_policy::{
    Access, AccountId, Audience, CodeCheck, Command, Event, Grant, Refusal, RoleId, Setting,
    Submitted, limits,
};

use super::organization::{RulesChange, rules_change};
use super::sealed::Step;
use super::{After, Case, Door, Refused, done, tags};
use crate::records::{OrganizationRecord, Rules};
use crate::stamp::Stamp;

/// How long a change of the access rules can be undone at once, in seconds: until the next morning, when the first
/// person who cannot log in has called.
pub const UNDO: u64 = limits::DAY;

/// The access rules of before the last change hold again, at once.
///
/// Opening rules waits for 72 hours, so that nobody who takes over an administrator's session lets others in. What
/// was open until less than [`UNDO`] ago needs no such wait: nothing is opened that was not open the day before.
#[derive(Debug, Clone)]
pub struct UndoRules {
    stamp: Stamp,
    /// Stands for "no rules": that everybody may log in from everywhere is then a rule as well, and no weakening.
    everywhere: Rules,
}

impl UndoRules {
    /// Undoes the last change of the access rules. `stamp` is an administrator's session with a recent code.
    #[must_use]
    pub fn new(stamp: Stamp) -> Self {
        Self {
            stamp,
            everywhere: Rules::new(AccessRules::unrestricted().to_string()),
        }
    }
}

impl Step for UndoRules {
    type Grant = RulesChange;
    const WHAT: &'static str = "undo_access_rules";

    fn actor(&self) -> AccountId {
        self.stamp.account()
    }

    fn stamp(&self) -> Option<&Stamp> {
        Some(&self.stamp)
    }

    fn rules(&self) -> Option<&Rules> {
        Some(&self.everywhere)
    }

    fn command(&self, case: &Case<'_>) -> Result<Command, Refused> {
        let organization = case.organization.ok_or(Refusal::PolicyUnavailable)?;
        let past = organization
            .past
            .last()
            .filter(|past| case.now.since(past.until) < UNDO)
            .ok_or(Refusal::Unchanged)?;
        let text = organization
            .text_of(past.rules)
            .ok_or(Refusal::PolicyUnavailable)?;
        let door = match past.rules {
            None => Door::Open,
            Some(_) => AccessRules::parse_text(text)
                .ok()
                .and_then(|rules| Filter::compile(&rules, Some(case.geo)).ok())
                .map_or(Door::Unreadable, |filter| Door::Guarded(filter.into())),
        };
        if door.access(case.request.address, &tags(&case.actor.facts), case.tier())
            != Access::Allowed
        {
            return Err(Refused::WouldLockOut);
        }
        Ok(Command::ChangeSetting {
            setting: Setting::AccessRules {
                rules: Some(past.rules.unwrap_or(self.everywhere.digest)),
                opens: false,
            },
            code: Submitted {
                check: CodeCheck::Absent,
                vantage: case.vantage(),
            },
        })
    }

    fn grant(
        &self,
        granted: &Grant,
        case: &Case<'_>,
        after: &After<'_>,
    ) -> Result<RulesChange, Refused> {
        rules_change(granted, case, after)
    }
}

/// On the host: no access rules hold until an administrator sets some, or somebody on the host rolls back. An internet
/// provider that changes a day-care's address locks nobody out for ever.
///
/// All administrators are told; the record stands in the named administrator's chain.
#[derive(Debug, Clone, Copy)]
pub struct SuspendRules {
    /// An administrator, in whose name the host acts.
    pub account: AccountId,
}

/// On the host: the access rules of before the last change hold again. Once more puts the others back.
///
/// All administrators are told; the record stands in the named administrator's chain.
#[derive(Debug, Clone, Copy)]
pub struct RollBackRules {
    /// An administrator, in whose name the host acts.
    pub account: AccountId,
}

/// Lets the host change the access rules in an administrator's name, where `changes` says that there is something to
/// change.
fn changed_on_host(
    case: &Case<'_>,
    changes: impl FnOnce(&OrganizationRecord) -> bool,
) -> Result<Command, Refused> {
    if !case.actor.facts.roles.contains(RoleId::ADMINISTRATOR) {
        return Err(Refusal::NotAdmin.into());
    }
    let organization = case.organization.ok_or(Refusal::PolicyUnavailable)?;
    if !changes(organization) {
        return Err(Refusal::Unchanged.into());
    }
    Ok(Command::ApplyDue)
}

of_host!(
    SuspendRules,
    "suspend_access_rules",
    (),
    done,
    |_this, case| changed_on_host(case, |organization| {
        organization.rules_digest(case.now).is_some()
    })?,
    |_this, case, beside| {
        if let Some(organization) = beside.organization(case) {
            organization.put_in_force(None, case.now);
        }
        beside.tell(Audience::Administrators, Event::AccessRulesSuspended);
    }
);

of_host!(
    RollBackRules,
    "roll_back_access_rules",
    (),
    done,
    |_this, case| changed_on_host(case, |organization| !organization.past.is_empty())?,
    |_this, case, beside| {
        if let Some(organization) = beside.organization(case)
            && let Some(past) = organization.past.pop()
        {
            organization.put_in_force(past.rules, case.now);
        }
        beside.tell(Audience::Administrators, Event::AccessRulesRolledBack);
    }
);
