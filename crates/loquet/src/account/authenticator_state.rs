//! What is bound to an account, in a host's words.

use loquet_policy::{Account, FactorState, Origin, UnixTime};

/// What is bound to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthenticatorState {
    /// Nothing was ever bound.
    None,
    /// An authenticator is bound.
    Active {
        /// Since when the newest is.
        since: UnixTime,
    },
    /// It was reported lost with the password alone, and the report can be undone.
    Suspended {
        /// Since when.
        since: UnixTime,
    },
    /// Too many wrong codes were given.
    Disabled {
        /// Since when.
        since: UnixTime,
    },
    /// It was reset: the next enrollment needs the administrator's reset code.
    ResetCodeDue,
    /// A recovery code was used: the next enrollment needs no reset code.
    Recovering,
    /// Break-glass let an administrator in.
    BreakGlass,
}

impl AuthenticatorState {
    pub(crate) fn of(account: &Account, now: UnixTime) -> Self {
        match account.factor_at(now) {
            FactorState::None => Self::None,
            FactorState::Active => {
                let bound = account.second_factor.active().map(|it| it.since);
                let since = bound.max().unwrap_or_default();
                Self::Active { since }
            }
            FactorState::Suspended { since } => Self::Suspended { since },
            FactorState::Disabled { since, .. } => Self::Disabled { since },
            FactorState::ResetDue { reset_code } => match reset_code.map(|code| code.origin) {
                Some(Origin::Recovery { .. }) => Self::Recovering,
                Some(Origin::BreakGlass { .. }) => Self::BreakGlass,
                _ => Self::ResetCodeDue,
            },
        }
    }
}
