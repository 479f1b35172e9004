//! The state of an organization.

use crate::attempts::DailyQuota;
use crate::{
    AccountId, Cause, Digest, Options, OrgId, RoleDefinition, RoleId, Scheduled, UnixTime, limits,
};
use alloc::vec::Vec;

/// The rules of an organization: who must use a second factor, since when, and how a lock-out ends.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Organization {
    /// The organization's id.
    pub id: OrgId,
    /// The preset.
    pub preset: Preset,
    /// When the preset was made strict, and by whom. `None` if it is not strict or was so from the start.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub hardened: Option<Hardened>,
    /// Whether multi-factor log-in is enabled.
    pub latch: Latch,
    /// The role definitions, sorted by role.
    pub roles: Vec<RoleDefinition>,
    /// The mandates, announced or in force, sorted by role and kind.
    pub mandates: Vec<Mandate>,
    /// The break-glass code and its state.
    pub break_glass: BreakGlass,
    /// The settings that the administrators have chosen.
    pub options: Options,
    /// The scheduled weakening changes, at most one of each kind, sorted by kind.
    pub scheduled: Vec<Scheduled>,
    /// Until when the host may issue reset codes, after a restore in which what was bound could not be read.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub resets_by_host_until: Option<UnixTime>,
    /// The announcements of mandates, of at most [`ANNOUNCEMENTS_A_DAY`](crate::limits::ANNOUNCEMENTS_A_DAY): each is a letter
    /// to all whom it covers.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "DailyQuota::is_unused")
    )]
    pub announcements: DailyQuota,
}

impl Organization {
    /// Returns a new organization with the default roles, in which multi-factor log-in is not enabled.
    #[must_use]
    pub fn new(id: OrgId) -> Self {
        Self {
            id,
            preset: Preset::Standard,
            hardened: None,
            latch: Latch::Never,
            roles: RoleDefinition::defaults().to_vec(),
            mandates: Vec::new(),
            break_glass: BreakGlass::Unset,
            options: Options::default(),
            scheduled: Vec::new(),
            resets_by_host_until: None,
            announcements: DailyQuota::default(),
        }
    }

    /// Returns the organization with the given roles added. A definition with a known id replaces the
    /// previous one.
    #[must_use]
    pub fn with_roles(mut self, roles: impl IntoIterator<Item = RoleDefinition>) -> Self {
        for role in roles {
            match self.roles.binary_search_by_key(&role.id, |known| known.id) {
                Ok(at) => {
                    if let Some(known) = self.roles.get_mut(at) {
                        *known = role;
                    }
                }
                Err(at) => self.roles.insert(at, role),
            }
        }
        self
    }

    /// Returns whether multi-factor log-in is enabled.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        matches!(self.latch, Latch::Enabled { .. })
    }

    /// Returns who chose the strict preset, and when.
    #[must_use]
    pub fn hardened_by(&self) -> Cause {
        self.hardened
            .map(|it| Cause::of(it.by, it.since))
            .unwrap_or_default()
    }

    /// Adds the definitions of roles that have none yet, and returns whether there were any. A definition stays as
    /// it is: mandates may depend on it.
    pub fn define(&mut self, roles: impl IntoIterator<Item = RoleDefinition>) -> bool {
        let before = self.roles.len();
        for role in roles {
            if let Err(at) = self.roles.binary_search_by_key(&role.id, |it| it.id) {
                self.roles.insert(at, role);
            }
        }
        self.roles.len() > before
    }

    /// Returns the role for which a mandate is proposed: [`RoleId::STAFF`], or else the highest one below the
    /// administrators', or else theirs.
    #[must_use]
    pub fn proposed_role(&self) -> RoleId {
        let others = || {
            let roles = self.roles.iter();
            roles.filter(|role| role.id != RoleId::ADMINISTRATOR)
        };
        let highest = || others().max_by_key(|role| role.rank);
        let staff = others().find(|role| role.id == RoleId::STAFF);
        staff
            .or_else(highest)
            .map_or(RoleId::ADMINISTRATOR, |role| role.id)
    }

    /// Returns the definition of `role`, if there is one.
    #[must_use]
    pub fn role(&self, role: RoleId) -> Option<&RoleDefinition> {
        self.roles.iter().find(|known| known.id == role)
    }

    /// Puts a mandate in its place, and in that of the one of its role and kind.
    pub(crate) fn put_mandate(&mut self, mandate: Mandate) {
        let Mandate { role, kind, .. } = mandate;
        self.mandates.retain(|known| !known.is_of(role, kind));
        let at = self
            .mandates
            .partition_point(|known| (known.role, known.kind) < (role, kind));
        self.mandates.insert(at, mandate);
    }

    /// Returns the mandate of one kind for `role` itself, announced or in force.
    #[must_use]
    pub fn mandate(&self, role: RoleId, kind: MandateKind) -> Option<&Mandate> {
        let mut mandates = self.mandates.iter();
        mandates.find(|mandate| mandate.is_of(role, kind))
    }
}

/// Whether voluntary accounts may turn the second factor off again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Preset {
    /// The owner of a voluntary account may turn the second factor off.
    Standard,
    /// The second factor cannot be turned off, even by a voluntary account.
    StrictLatch,
}

/// When [`Preset::StrictLatch`] was chosen, and by whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Hardened {
    /// When it was chosen.
    pub since: UnixTime,
    /// The administrator who chose it.
    pub by: AccountId,
}

/// Whether multi-factor log-in is enabled in an organization. It changes once, and never back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Latch {
    /// It is not enabled.
    Never,
    /// It is enabled, permanently.
    Enabled {
        /// When it was enabled.
        since: UnixTime,
        /// The administrator who enabled it.
        by: AccountId,
    },
}

/// The obligation to use a second factor, or a passkey, for the holders of a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Mandate {
    /// The role. Roles that imply it are covered too.
    pub role: RoleId,
    /// What it demands.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "MandateKind::is_second_factor")
    )]
    pub kind: MandateKind,
    /// The administrator who imposed it.
    pub by: AccountId,
    /// Whether it is announced or in force.
    pub state: MandateState,
}

impl Mandate {
    /// Returns whether it is the one of this kind for this role.
    #[must_use]
    pub fn is_of(&self, role: RoleId, kind: MandateKind) -> bool {
        (self.role, self.kind) == (role, kind)
    }

    /// Returns when the mandate began or will begin.
    #[must_use]
    pub const fn start(&self) -> UnixTime {
        match self.state {
            MandateState::InForce { since } => since,
            MandateState::Announced { date, .. } => date,
        }
    }
}

impl From<&Mandate> for Cause {
    /// Returns the mandate's role, its author and its start.
    fn from(mandate: &Mandate) -> Self {
        Self {
            role: Some(mandate.role),
            ..Self::of(mandate.by, mandate.start())
        }
    }
}

/// What a mandate demands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum MandateKind {
    /// Any second factor.
    #[default]
    SecondFactor,
    /// A passkey: a user cannot be tricked into handing it over (NIST SP 800-63B-4 §3.2.5). Once an account has one, no
    /// six-digit code logs it in.
    Passkey,
}

impl MandateKind {
    /// Returns whether any second factor will do.
    #[must_use]
    pub const fn is_second_factor(&self) -> bool {
        matches!(self, Self::SecondFactor)
    }
}

/// Whether a mandate is announced or in force. A mandate in force never returns to announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum MandateState {
    /// The mandate begins on a future date. The first decision at or after that date puts it in force.
    Announced {
        /// When it was announced.
        since: UnixTime,
        /// When it begins.
        date: UnixTime,
        /// How often the date was postponed.
        postponements: u8,
    },
    /// The mandate is in force.
    InForce {
        /// When it came into force.
        since: UnixTime,
    },
}

/// The break-glass code, which readmits one administrator when no administrator can log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum BreakGlass {
    /// No code was made: multi-factor log-in is not enabled.
    Unset,
    /// The code can be used.
    Ready {
        /// Hash of the code.
        break_glass: Digest,
        /// Since when it can be used.
        since: UnixTime,
        /// Wrong codes presented since then.
        wrong: u8,
    },
    /// The code is void after too many wrong ones, until it is renewed or the time passes.
    Void {
        /// Hash of the code.
        break_glass: Digest,
        /// When it becomes valid again.
        until: UnixTime,
    },
    /// The code was presented on the host, and the wait is running.
    Opening {
        /// Hash of the code.
        break_glass: Digest,
        /// The administrator that it will readmit.
        account: AccountId,
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// The reset code was collected. The enrollment that follows renews the break-glass code.
    Open {
        /// Hash of the code, which becomes valid again if the reset code expires.
        break_glass: Digest,
        /// The administrator who holds the reset code.
        account: AccountId,
        /// When the reset code expires.
        expires: UnixTime,
    },
}

impl BreakGlass {
    /// Returns the state at `now`: after a deadline the code is ready again.
    #[must_use]
    pub const fn at(self, now: UnixTime) -> Self {
        match self {
            Self::Void { break_glass, until } if now.0 >= until.0 => Self::Ready {
                break_glass,
                since: until,
                wrong: 0,
            },
            Self::Open {
                break_glass,
                expires,
                ..
            } if now.0 >= expires.0 => Self::Ready {
                break_glass,
                since: expires,
                wrong: 0,
            },
            Self::Opening {
                break_glass, ready, ..
            } if now.0 >= ready.plus(limits::BREAK_GLASS_COLLECT).0 => Self::Ready {
                break_glass,
                since: ready,
                wrong: 0,
            },
            other => other,
        }
    }

    /// Returns the administrator for whom break-glass is opening or open.
    pub(crate) const fn opened_for(&self) -> Option<AccountId> {
        match self {
            Self::Opening { account, .. } | Self::Open { account, .. } => Some(*account),
            Self::Unset | Self::Ready { .. } | Self::Void { .. } => None,
        }
    }

    /// Returns the state after opening was cancelled: the code is ready again.
    pub(crate) const fn back_to_ready(self, now: UnixTime) -> Self {
        match self {
            Self::Opening { break_glass, .. } | Self::Open { break_glass, .. } => Self::Ready {
                break_glass,
                since: now,
                wrong: 0,
            },
            other => other,
        }
    }
}
