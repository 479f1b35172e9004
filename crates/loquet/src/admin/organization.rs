//! What administrators decide for the organization.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use loquet_ipfilter::{Filter, Rules as AccessRules, opens};
use loquet_policy::{
    Access, AccountId, Command, Grant, MandateKind, OrgId, Refusal, RoleId, Setting, SettingKind,
    Start, UnixTime,
};

use crate::admin::remind::{is_due, remind};
use crate::decide::{AccessCheck, After, Case, Operation, Typed, done, tags};
use crate::error::Config;
use crate::mfa::Mfa;
use crate::records::Rules;
use loquet_policy::Session;

/// Multi-factor log-in for the organization, once and for ever.
///
/// First show the break-glass code of [`AdminHandle::propose_break_glass`](crate::AdminHandle::propose_break_glass) and ask for its last group.
#[derive(Debug, Clone, Hash)]
pub(crate) struct EnableMfa {
    /// An administrator's session.
    pub(crate) session: Session,
    /// The last group of the break-glass code, as typed back.
    pub(crate) typed_back: Typed,
}

/// Multi-factor log-in is enabled: its author enrolls next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Enabled {
    /// The role for which to schedule a mandate next.
    pub propose: RoleId,
    /// The earliest date for it.
    pub from: UnixTime,
}

fn enabled(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<Enabled, Refusal> {
    match *granted {
        Grant::Enabled { propose, from } => Ok(Enabled { propose, from }),
        _ => Err(Refusal::PolicyUnavailable),
    }
}

in_session!(EnableMfa; "enable_mfa", Enabled, enabled, |this, case| {
    let break_glass = case
        .proposed_break_glass()
        .ok_or(Refusal::PolicyUnavailable)?;
    Command::Enable {
        break_glass: break_glass.digest(),
        typed_back: break_glass.ends_with(this.typed_back.expose()),
    }
});

/// A new break-glass code in place of the old, shown and typed back as for [`EnableMfa`].
#[derive(Debug, Clone, Hash)]
pub(crate) struct RenewBreakGlassCode {
    /// An administrator's session.
    pub(crate) session: Session,
    /// The last group of the new code, as typed back.
    pub(crate) typed_back: Typed,
    /// A fresh code, as typed.
    pub(crate) typed: Typed,
}

in_session!(
    RenewBreakGlassCode;
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

/// A mandate: every account with this role must use multi-factor log-in.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct ScheduleMandate {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// Whom it covers. Administrators are covered as employees.
    pub(crate) role: RoleId,
    /// What it demands.
    pub(crate) kind: MandateKind,
    /// From when on.
    pub(crate) start: Start,
}

/// A mandate's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imposed {
    /// Whom it covers.
    pub role: RoleId,
    /// What it demands.
    pub kind: MandateKind,
    /// From when on.
    pub date: UnixTime,
}

fn imposed(granted: &Grant, _: &Case<'_>, _: &After<'_>) -> Result<Imposed, Refusal> {
    match *granted {
        Grant::Mandate { role, kind, date } => Ok(Imposed { role, kind, date }),
        _ => Err(Refusal::PolicyUnavailable),
    }
}

in_session!(
    ScheduleMandate;
    "schedule_mandate",
    Imposed,
    imposed,
    |this, _case| {
        Command::ScheduleMandate {
            role: this.role,
            kind: this.kind,
            start: this.start,
        }
    }
);

/// Another date for an announced mandate.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct MoveMandate {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// Whose mandate.
    pub(crate) role: RoleId,
    /// What it demands.
    pub(crate) kind: MandateKind,
    /// The new date.
    pub(crate) date: UnixTime,
}

in_session!(
    MoveMandate;
    "move_mandate",
    Imposed,
    imposed,
    |this, _case| Command::MoveMandate {
        role: this.role,
        kind: this.kind,
        date: this.date,
    }
);

/// No mandate after all; only before its date.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct CancelMandate {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// Whose mandate.
    pub(crate) role: RoleId,
    /// What it demands.
    pub(crate) kind: MandateKind,
}

in_session!(CancelMandate; "cancel_mandate", (), done, |this, _case| {
    Command::CancelMandate {
        role: this.role,
        kind: this.kind,
    }
});

/// Stops a change that waits because it weakens.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct CancelChange {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// Which.
    pub(crate) kind: SettingKind,
}

in_session!(CancelChange; "cancel_change", (), done, |this, _case| {
    Command::CancelChange { kind: this.kind }
});

/// Writes down what time has brought: mandates whose date is reached, changes that have waited long enough, reminders of a
/// date that comes. [`Operator::apply_due`](crate::Operator::apply_due) runs it where something is due.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct ApplyDue {
    /// An account of the organization.
    pub(crate) account: AccountId,
}

of_host!(
    ApplyDue;
    "apply_due",
    (),
    done,
    |_this, _case| Command::ApplyDue,
    |_this, case, effects| {
        if case
            .organization
            .is_some_and(|organization| is_due(organization, case.now))
            && let Some(organization) = effects.organization(case)
        {
            let said = remind(organization, case.now);
            effects.notices.extend(said);
        }
    }
);

/// Other access rules: from where the people of the organization may log in.
#[derive(Debug, Clone)]
pub(crate) struct SetAccessRules {
    session: Session,
    typed: Typed,
    rules: Option<Rules>,
    filter: Arc<Filter>,
    /// Those that the rules were compiled with.
    databases: u64,
}

/// Whether a change is in force or scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesChange {
    /// It is in force.
    InForce,
    /// It weakens (lets more in than before), and is in force from then on unless an administrator cancels it.
    Due(UnixTime),
}

/// The longest text of access rules, in bytes, unless the host sets another limit: about 700 rules. The text is part of the
/// organization's row, which every decision reads.
pub(crate) const RULES_LIMIT: usize = 16 * 1024;

impl Hash for SetAccessRules {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.session.hash(state);
        self.typed.hash(state);
        self.rules
            .as_ref()
            .map(|rules| rules.digest.to_bytes())
            .hash(state);
    }
}

impl SetAccessRules {
    /// Reads the rules; an empty text lets every client in. `typed` is the fresh code that rules need which let more in.
    pub(crate) fn new(
        mfa: &Mfa,
        session: Session,
        text: &str,
        typed: Typed,
    ) -> Result<Self, Config> {
        let (bytes, limit) = (text.len(), mfa.rules_limit());
        if bytes > limit {
            return Err(Config::RulesTooLong { bytes, limit });
        }
        let none = text.trim().is_empty();
        let parsed = if none {
            AccessRules::unrestricted()
        } else {
            AccessRules::parse_text(text)?
        };
        let filters = &mfa.inner.filters;
        let databases = filters.databases();
        let filter = Filter::compile_within(&parsed, Some(&mfa.geo()), &filters.limits)?;
        Ok(Self {
            session,
            typed,
            rules: (!none).then(|| Rules::new(text.to_owned())),
            filter: filter.into(),
            databases,
        })
    }
}

pub(crate) fn rules_change(
    granted: &Grant,
    _: &Case<'_>,
    _: &After<'_>,
) -> Result<RulesChange, Refusal> {
    Ok(match *granted {
        Grant::Scheduled { due } => RulesChange::Due(due),
        _ => RulesChange::InForce,
    })
}

impl SetAccessRules {
    /// The rules, compiled.
    pub(crate) fn filter(&self) -> Arc<Filter> {
        Arc::clone(&self.filter)
    }

    /// Returns what keeps the compiled rules for the organization once they are in force.
    pub(crate) fn keeper(&self) -> impl FnOnce(&Mfa, OrgId) + use<> {
        let (filter, databases) = (self.filter(), self.databases);
        let digest = self.rules.as_ref().map(|rules| rules.digest);
        move |mfa, org| {
            if let Some(digest) = digest {
                mfa.inner.filters.keep(org, digest, filter, databases);
            }
        }
    }
}

impl Operation for SetAccessRules {
    type Grant = RulesChange;
    const NAME: &'static str = "set_access_rules";

    fn actor(&self) -> AccountId {
        self.session.account
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.session)
    }

    fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    fn command(&self, case: &Case<'_>) -> Result<Command, Refusal> {
        let new = AccessCheck::Guarded(self.filter());
        if new.access(
            case.attempt.client.address,
            &tags(&case.actor.facts),
            case.tier(),
        ) != Access::Allowed
        {
            return Err(Refusal::WouldLockOut);
        }
        // Rules hold at once if it is proved that they let in no client that was kept out.
        let opens = match case.access {
            AccessCheck::Open => false,
            AccessCheck::Unreadable => true,
            AccessCheck::Guarded(old) => opens(old, &self.filter),
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
    ) -> Result<RulesChange, Refusal> {
        rules_change(granted, case, after)
    }
}
