//! What administrators decide for everybody.

use loquet_ipfilter::{Decision, Filter, Rules as AccessRules, RulesError, diff};
use loquet_policy::{
    Access, AccountId, Command, Grant, Refusal, RoleId, Setting, SettingKind, Start, UnixTime,
};

use super::remind::{is_due, remind};
use super::sealed::Step;
use super::{After, Case, Door, Refused, Typed, done, tags};
use crate::records::Rules;
use crate::stamp::Stamp;

/// Multi-factor log-in for the organization, once and for ever.
///
/// First show the break-glass code of [`Service::propose_break_glass`](crate::Service::propose_break_glass) and ask for its last group.
#[derive(Debug, Clone)]
pub struct EnableMfa {
    /// An administrator's session.
    pub stamp: Stamp,
    /// The last group of the break-glass code, as typed back.
    pub typed_back: Typed,
}

/// Multi-factor log-in is enabled: its author enrolls next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enabled {
    /// The role whose mandate the article recommends.
    pub propose: RoleId,
    /// The earliest date for it.
    pub from: UnixTime,
}

fn enabled(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<Enabled, Refused> {
    match *granted {
        Grant::Enabled { propose, from } => Ok(Enabled { propose, from }),
        _ => Err(Refusal::PolicyUnavailable.into()),
    }
}

in_session!(EnableMfa, "enable_mfa", Enabled, enabled, |this, case| {
    let break_glass = case
        .proposed_break_glass()
        .ok_or(Refusal::PolicyUnavailable)?;
    Command::Enable {
        break_glass: break_glass.digest(),
        typed_back: break_glass.ends_with(this.typed_back.expose()),
    }
});

/// A new break-glass code in place of the old, shown and typed back as for [`EnableMfa`].
#[derive(Debug, Clone)]
pub struct RenewBreakGlassCode {
    /// An administrator's session.
    pub stamp: Stamp,
    /// The last group of the new code, as typed back.
    pub typed_back: Typed,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(
    RenewBreakGlassCode,
    "renew_break_glass_code",
    (),
    done,
    |this, case| {
        let break_glass = case
            .proposed_break_glass()
            .ok_or(Refusal::PolicyUnavailable)?;
        Command::RenewBreakGlassCode {
            break_glass: break_glass.digest(),
            typed_back: break_glass.ends_with(this.typed_back.expose()),
            code: case.submitted(&this.typed),
        }
    }
);

/// A mandate: everybody with this role must use multi-factor log-in.
#[derive(Debug, Clone, Copy)]
pub struct ScheduleMandate {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// Whom it covers. Administrators are covered as employees.
    pub role: RoleId,
    /// From when on.
    pub start: Start,
}

/// A mandate's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imposed {
    /// Whom it covers.
    pub role: RoleId,
    /// From when on.
    pub date: UnixTime,
}

fn imposed(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<Imposed, Refused> {
    match *granted {
        Grant::Mandate { role, date } => Ok(Imposed { role, date }),
        _ => Err(Refusal::PolicyUnavailable.into()),
    }
}

in_session!(
    ScheduleMandate,
    "schedule_mandate",
    Imposed,
    imposed,
    |this, _case| {
        Command::ScheduleMandate {
            role: this.role,
            start: this.start,
        }
    }
);

/// Another date for an announced mandate.
#[derive(Debug, Clone, Copy)]
pub struct MoveMandate {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// Whose mandate.
    pub role: RoleId,
    /// The new date.
    pub date: UnixTime,
}

in_session!(
    MoveMandate,
    "move_mandate",
    Imposed,
    imposed,
    |this, _case| Command::MoveMandate {
        role: this.role,
        date: this.date,
    }
);

/// No mandate after all; only before its date.
#[derive(Debug, Clone, Copy)]
pub struct CancelMandate {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// Whose mandate.
    pub role: RoleId,
}

in_session!(CancelMandate, "cancel_mandate", (), done, |this, _case| {
    Command::CancelMandate { role: this.role }
});

/// Stops a change that waits because it weakens.
#[derive(Debug, Clone, Copy)]
pub struct CancelChange {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// Which.
    pub kind: SettingKind,
}

in_session!(CancelChange, "cancel_change", (), done, |this, _case| {
    Command::CancelChange { kind: this.kind }
});

/// Writes down what time has brought: mandates whose date is reached, changes that have waited long enough, reminders of a
/// date that comes. [`Service::tick`](crate::Service::tick) runs it where something is due.
#[derive(Debug, Clone, Copy)]
pub struct ApplyDue {
    /// Anybody of the organization.
    pub account: AccountId,
}

of_host!(
    ApplyDue,
    "apply_due",
    (),
    done,
    |_this, _case| Command::ApplyDue,
    |_this, case, beside| {
        if case
            .organization
            .is_some_and(|organization| is_due(organization, case.now))
            && let Some(organization) = beside.organization(case)
        {
            let said = remind(organization, case.now);
            beside.notices.extend(said);
        }
    }
);

/// Other access rules: from where the people of the organization may log in. Made by
/// [`Service::read_rules`](crate::Service::read_rules), which keeps to the host's limit.
#[derive(Debug, Clone)]
pub struct SetAccessRules {
    stamp: Stamp,
    typed: Typed,
    rules: Option<Rules>,
    filter: Filter,
}

/// What became of other rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesChange {
    /// They hold.
    InForce,
    /// They weaken (let more in than before): they hold from then on, unless an administrator stops them.
    Due(UnixTime),
}

/// Access rules that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRules {
    /// They cannot be read; the error says where.
    #[error(transparent)]
    Text(#[from] RulesError),
    /// They contradict each other.
    #[error(transparent)]
    Compile(#[from] loquet_ipfilter::CompileError),
    /// Too long.
    #[error("the rules have {bytes} bytes; at most {limit} are possible")]
    TooLong {
        /// How long they are.
        bytes: usize,
        /// What is possible.
        limit: usize,
    },
}

/// The longest text of access rules, in bytes, unless the host sets another limit
/// ([`Service::set_rules_limit`](crate::Service::set_rules_limit)): about 700 rules. The text stands in the organization's
/// row, which every decision reads, decrypts and, after a change, compiles.
pub const RULES_LIMIT: usize = 16 * 1024;

impl SetAccessRules {
    /// Reads rules of at most `limit` bytes, the host's.
    pub(crate) fn within(
        limit: usize,
        stamp: Stamp,
        text: &str,
        typed: &str,
    ) -> Result<Self, BadRules> {
        let bytes = text.len();
        if bytes > limit {
            return Err(BadRules::TooLong { bytes, limit });
        }
        let none = text.trim().is_empty();
        let parsed = if none {
            AccessRules::unrestricted()
        } else {
            AccessRules::parse_text(text)?
        };
        Ok(Self {
            stamp,
            typed: typed.into(),
            rules: (!none).then(|| Rules::new(text.to_owned())),
            filter: Filter::compile(&parsed, None)?,
        })
    }
}

pub(super) fn rules_change(
    granted: &Grant,
    _: &Case<'_>,
    _: &After<'_>,
) -> Result<RulesChange, Refused> {
    Ok(match *granted {
        Grant::Scheduled { due } => RulesChange::Due(due),
        _ => RulesChange::InForce,
    })
}

impl SetAccessRules {
    /// What was read.
    pub(crate) const fn parsed(&self) -> &AccessRules {
        self.filter.rules()
    }
}

impl Step for SetAccessRules {
    type Grant = RulesChange;
    const WHAT: &'static str = "set_access_rules";

    fn actor(&self) -> AccountId {
        self.stamp.account()
    }

    fn stamp(&self) -> Option<&Stamp> {
        Some(&self.stamp)
    }

    fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    fn command(&self, case: &Case<'_>) -> Result<Command, Refused> {
        // Countries and network operators mean what the host's databases say; the rules were read without them.
        let filter = Filter::compile(self.filter.rules(), Some(case.geo))
            .map_err(|_| Refused::WouldLockOut)?;
        let new = Door::Guarded(filter.clone().into());
        if new.access(case.request.address, &tags(&case.actor.facts), case.tier())
            != Access::Allowed
        {
            return Err(Refused::WouldLockOut);
        }
        // Exact, over the whole address space: what lets nobody in who was kept out holds at once.
        let opens = match case.door {
            Door::Open => false,
            Door::Unreadable => true,
            Door::Guarded(old) => diff(old, &filter).iter().any(|difference| {
                difference.gained > 0 || difference.unknown_address == Some(Decision::Allow)
            }),
        };
        Ok(Command::ChangeSetting {
            setting: Setting::AccessRules {
                rules: self.rules.as_ref().map(|rules| rules.digest),
                opens,
            },
            code: case.submitted(&self.typed),
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
