//! The administrators of an organization together.

use crate::{Account, AccountId, Authenticator, OrgId, RoleId};
use alloc::vec::Vec;

/// The active administrators of an organization: what is true of several accounts at once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Roster {
    /// Whose administrators.
    pub org: OrgId,
    /// The last mark given out. It only grows.
    pub marks: u32,
    /// Every active account that holds [`RoleId::ADMINISTRATOR`], sorted by account.
    pub administrators: Vec<Administrator>,
}

/// One administrator as the others' decisions see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Administrator {
    /// Whose account.
    pub account: AccountId,
    /// Whether the authenticator is [`Active`](crate::Authenticator::Active).
    pub enrolled: bool,
    /// Changes when the account is promoted or reset. A reset code carries its author's mark, so
    /// that an author who is reset, demoted or gone takes the reset codes along, even if the same
    /// person is administrator again a second later.
    pub mark: u32,
}

impl Roster {
    /// The roster of an organization without administrators.
    #[must_use]
    pub const fn new(org: OrgId) -> Self {
        Self {
            org,
            marks: 0,
            administrators: Vec::new(),
        }
    }

    /// Takes in an administrator who is made together with the account (a founder, or somebody
    /// whom the host brings along). Promotions go through [`decide`](crate::decide).
    pub fn admit(&mut self, account: &Account) {
        if !account.is_active()
            || !account.roles.contains(RoleId::ADMINISTRATOR)
            || account.org != self.org
        {
            return;
        }
        self.marks = self.marks.saturating_add(1);
        let entry = Administrator {
            account: account.id,
            enrolled: matches!(account.authenticator, Authenticator::Active { .. }),
            mark: self.marks,
        };
        self.dismiss(account.id);
        let at = self
            .administrators
            .partition_point(|known| known.account < entry.account);
        self.administrators.insert(at, entry);
    }

    pub(crate) fn dismiss(&mut self, account: AccountId) {
        self.administrators.retain(|entry| entry.account != account);
    }

    /// The entry of `account`, if it is an active administrator.
    #[must_use]
    pub fn administrator(&self, account: AccountId) -> Option<&Administrator> {
        self.administrators
            .iter()
            .find(|entry| entry.account == account)
    }

    /// How many administrators other than `account` are enrolled.
    #[must_use]
    pub(crate) fn enrolled_besides(&self, account: AccountId) -> usize {
        self.administrators
            .iter()
            .filter(|entry| entry.enrolled && entry.account != account)
            .count()
    }

    /// How many administrators are enrolled.
    #[must_use]
    pub fn enrolled(&self) -> usize {
        self.administrators
            .iter()
            .filter(|entry| entry.enrolled)
            .count()
    }
}
