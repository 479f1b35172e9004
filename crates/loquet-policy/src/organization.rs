//! What is true of an organization.

use crate::{
    AccountId, Cause, Digest, Options, OrgId, RoleDefinition, RoleId, Scheduled, UnixTime, limits,
};
use alloc::vec::Vec;

/// An organization's rules: who must, since when, and what brings a locked-out one back.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Organization {
    /// Which organization.
    pub id: OrgId,
    /// How strict the latch is.
    pub preset: Preset,
    /// Who made it stricter, and when. `None` in an organization that began strict, or is not.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub hardened: Option<Hardened>,
    /// Whether multi-factor log-in exists here yet.
    pub latch: Latch,
    /// What the roles mean, sorted by role.
    pub roles: Vec<RoleDefinition>,
    /// The mandates that are announced or in force, sorted by role. A role without one is off.
    pub mandates: Vec<Mandate>,
    /// The way back in when no administrator is left.
    pub break_glass: BreakGlass,
    /// What the administrators chose.
    pub options: Options,
    /// Changes that weaken and still wait, at most one of a kind, sorted by kind.
    pub scheduled: Vec<Scheduled>,
}

impl Organization {
    /// A new organization in which nobody has multi-factor log-in yet, with the article's roles.
    #[must_use]
    pub fn new(id: OrgId) -> Self {
        Self {
            id,
            preset: Preset::Standard,
            hardened: None,
            latch: Latch::Never,
            roles: RoleDefinition::article().to_vec(),
            mandates: Vec::new(),
            break_glass: BreakGlass::Unset,
            options: Options::default(),
            scheduled: Vec::new(),
        }
    }

    /// The same with the embedder's own roles in addition. A role that is defined already is
    /// replaced, so that the article's ranks can be moved before anybody holds them.
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

    /// Whether multi-factor log-in has been enabled.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        matches!(self.latch, Latch::Enabled { .. })
    }

    /// Who chose the strict latch, and when.
    #[must_use]
    pub fn hardened_by(&self) -> Cause {
        self.hardened
            .map(|it| Cause::of(it.by, it.since))
            .unwrap_or_default()
    }

    /// What `role` means, if somebody defined it.
    #[must_use]
    pub fn role(&self, role: RoleId) -> Option<&RoleDefinition> {
        self.roles.iter().find(|known| known.id == role)
    }

    /// The mandate for `role` itself, announced or in force.
    #[must_use]
    pub fn mandate(&self, role: RoleId) -> Option<&Mandate> {
        self.mandates.iter().find(|mandate| mandate.role == role)
    }
}

/// How strict the latch is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Preset {
    /// The owner of a voluntary account may switch off the question at log-in.
    Standard,
    /// Nobody switches off anything: "no way back" to the letter.
    StrictLatch,
}

/// Who chose [`Preset::StrictLatch`], and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Hardened {
    /// When.
    pub since: UnixTime,
    /// Which administrator.
    pub by: AccountId,
}

/// Whether multi-factor log-in exists in an organization. It moves once, forward.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Latch {
    /// Not yet.
    Never,
    /// For ever.
    Enabled {
        /// Since when.
        since: UnixTime,
        /// Which administrator enabled it.
        by: AccountId,
    },
}

/// The obligation of a role to use multi-factor log-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Mandate {
    /// Whom it covers, with every role that implies this one.
    pub role: RoleId,
    /// The administrator who imposed it.
    pub by: AccountId,
    /// Announced or in force.
    pub state: MandateState,
}

impl Mandate {
    /// When it began, or will begin.
    #[must_use]
    pub const fn start(&self) -> UnixTime {
        match self.state {
            MandateState::InForce { since } => since,
            MandateState::Announced { date, .. } => date,
        }
    }
}

impl From<&Mandate> for Cause {
    /// The mandate's role, its author, and when it began or will.
    fn from(mandate: &Mandate) -> Self {
        Self {
            role: Some(mandate.role),
            ..Self::of(mandate.by, mandate.start())
        }
    }
}

/// Announced or in force. There is no way from the second back to the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum MandateState {
    /// People have been told. The first decision at or after the date puts it in force.
    Announced {
        /// When it was announced.
        since: UnixTime,
        /// When it begins.
        date: UnixTime,
        /// How often the date was put off.
        postponements: u8,
    },
    /// It binds.
    InForce {
        /// Since when.
        since: UnixTime,
    },
}

/// The break-glass code that brings back an organization whose administrators are all locked out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum BreakGlass {
    /// None was ever made: multi-factor log-in is not enabled.
    Unset,
    /// The code lies in its envelope.
    Ready {
        /// Hash of the code.
        break_glass: Digest,
        /// Since when.
        since: UnixTime,
        /// Wrong codes presented since.
        wrong: u8,
    },
    /// Too many wrong codes. An administrator renews it, or it is sealed again with time.
    Void {
        /// Hash of the code.
        break_glass: Digest,
        /// Until when nobody can use it.
        until: UnixTime,
    },
    /// Somebody on the host presented the code; the wait runs.
    Opening {
        /// Hash of the code.
        break_glass: Digest,
        /// The administrator it will let in.
        account: AccountId,
        /// When the reset code can be collected.
        ready: UnixTime,
    },
    /// The reset code is out. The enrollment that follows renews the break-glass code.
    Open {
        /// Hash of the code, which counts again if the reset code lapses.
        break_glass: Digest,
        /// The administrator who holds the reset code.
        account: AccountId,
        /// When the reset code lapses.
        expires: UnixTime,
    },
}

impl BreakGlass {
    /// What it is at `now`: deadlines are data, a lapsed reset code or a served wait is sealed again.
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

    /// The account for which it is being opened, or is open.
    pub(crate) const fn beneficiary(&self) -> Option<AccountId> {
        match self {
            Self::Opening { account, .. } | Self::Open { account, .. } => Some(*account),
            Self::Unset | Self::Ready { .. } | Self::Void { .. } => None,
        }
    }

    /// The code goes back into its envelope.
    pub(crate) const fn closed(self, now: UnixTime) -> Self {
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
