//! The administrators of an organization as one row.

use crate::{Account, AccountId, MandateKind, OrgId, RoleId};
use alloc::vec::Vec;

/// The active administrators of an organization. Decisions that count administrators read and write this row,
/// so that concurrent decisions conflict.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Roster {
    /// The organization.
    pub org: OrgId,
    /// The last mark that was assigned. It only grows.
    pub marks: u32,
    /// Every active account with the role [`RoleId::ADMINISTRATOR`], sorted by account.
    pub administrators: Vec<Administrator>,
}

/// One administrator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Administrator {
    /// The administrator's account.
    pub account: AccountId,
    /// Whether the account [is enrolled](crate::Account::is_enrolled).
    pub enrolled: bool,
    /// Whether the authenticator is [suspended](crate::Suspension). Its owner, or another administrator,
    /// may undo that.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub suspended: bool,
    /// Whether the account has a passkey that is active, which counts where a mandate demands one of administrators.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub passkey: bool,
    /// A number that changes when the account is promoted or reset. A reset code carries the mark of its
    /// author and is void when the mark differs, even if the author became administrator again.
    pub mark: u32,
}

impl Administrator {
    pub(crate) fn of(account: &Account, mark: u32) -> Self {
        Self {
            account: account.id,
            enrolled: account.is_enrolled(),
            suspended: account.is_enrolled_but_suspended(),
            passkey: account.has_active_passkey(),
            mark,
        }
    }

    /// Returns whether the account has what log-in demands.
    #[must_use]
    pub(crate) const fn meets(&self, demands: MandateKind) -> bool {
        match demands {
            MandateKind::SecondFactor => self.enrolled,
            MandateKind::Passkey => self.enrolled && self.passkey,
        }
    }
}

impl Roster {
    /// Returns the roster of an organization without administrators.
    #[must_use]
    pub const fn new(org: OrgId) -> Self {
        Self {
            org,
            marks: 0,
            administrators: Vec::new(),
        }
    }

    /// Adds an account that is created as an administrator, such as the founder. Other accounts are ignored.
    /// Promotions go through [`decide`](crate::decide()).
    pub fn admit(&mut self, account: &Account) {
        if !account.is_active()
            || !account.roles.contains(RoleId::ADMINISTRATOR)
            || account.org != self.org
        {
            return;
        }
        self.marks = self.marks.saturating_add(1);
        let entry = Administrator::of(account, self.marks);
        self.remove(account.id);
        let at = self
            .administrators
            .partition_point(|known| known.account < entry.account);
        self.administrators.insert(at, entry);
    }

    pub(crate) fn remove(&mut self, account: AccountId) {
        self.administrators.retain(|entry| entry.account != account);
    }

    /// Returns the entry of `account`, if it is an active administrator.
    #[must_use]
    pub fn administrator(&self, account: AccountId) -> Option<&Administrator> {
        self.administrators
            .iter()
            .find(|entry| entry.account == account)
    }

    /// Returns whether an administrator other than `account` has all that log-in `demands`.
    #[must_use]
    pub(crate) fn others_meet(&self, account: AccountId, demands: MandateKind) -> bool {
        let mut others = self.administrators.iter();
        others.any(|entry| entry.account != account && entry.meets(demands))
    }

    /// Returns whether an administrator other than `account` is enrolled or suspended. Suspended ones count, because the
    /// password alone can suspend them; so do those without the passkey that is demanded, which may be suspended too.
    #[must_use]
    pub(crate) fn others_could_act(&self, account: AccountId) -> bool {
        let mut others = self.administrators.iter();
        others.any(|entry| entry.account != account && (entry.enrolled || entry.suspended))
    }

    /// Returns the number of enrolled administrators.
    #[must_use]
    pub fn enrolled(&self) -> usize {
        self.administrators
            .iter()
            .filter(|entry| entry.enrolled)
            .count()
    }
}
