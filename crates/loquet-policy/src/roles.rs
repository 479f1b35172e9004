//! Role definitions, and the set of roles that an account holds.

use crate::{RoleId, limits};
use core::fmt;

/// The meaning of a role for the rules.
///
/// An organization begins with [`RoleDefinition::defaults`], and a host adds its own. An undefined role
/// counts as mandated and gives no rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct RoleDefinition {
    /// The role.
    pub id: RoleId,
    /// The rank. An actor needs at least the rank of the account it acts on. An account that outranks all
    /// administrators cannot be reset, so give such an account the administrator role too.
    pub rank: u8,
    /// The role whose mandate covers this one too. An administrator is covered as an employee.
    pub implies: Option<RoleId>,
}

impl RoleDefinition {
    /// Returns the default roles: parent, employee and administrator.
    #[must_use]
    pub const fn defaults() -> [Self; 3] {
        [
            Self {
                id: RoleId::MEMBER,
                rank: 0,
                implies: None,
            },
            Self {
                id: RoleId::STAFF,
                rank: 1,
                implies: None,
            },
            Self {
                id: RoleId::ADMINISTRATOR,
                rank: 2,
                implies: Some(RoleId::STAFF),
            },
        ]
    }
}

/// The roles of one account: at most [`limits::ROLES`], distinct and sorted. Copying it allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoleSet {
    // INVARIANT: the first `len` are sorted and distinct, the rest are zero.
    ids: [u16; limits::ROLES],
    len: u8,
}

impl RoleSet {
    /// The empty set.
    pub const EMPTY: Self = Self {
        ids: [0; limits::ROLES],
        len: 0,
    };

    /// Returns the set of these roles.
    ///
    /// # Errors
    /// [`TooManyRoles`] for more than [`limits::ROLES`] distinct roles.
    pub fn new(roles: impl IntoIterator<Item = RoleId>) -> Result<Self, TooManyRoles> {
        roles.into_iter().try_fold(Self::EMPTY, Self::with)
    }

    /// Returns the set of one role.
    #[must_use]
    pub const fn of(role: RoleId) -> Self {
        let mut ids = [0; limits::ROLES];
        let [first, ..] = &mut ids;
        *first = role.0;
        Self { ids, len: 1 }
    }

    /// Returns this set with `role`.
    ///
    /// # Errors
    /// [`TooManyRoles`] when the set is full.
    pub fn with(self, role: RoleId) -> Result<Self, TooManyRoles> {
        if self.contains(role) {
            return Ok(self);
        }
        let mut more = self;
        let free = more
            .ids
            .get_mut(usize::from(self.len))
            .ok_or(TooManyRoles)?;
        *free = role.0;
        more.len = self.len.saturating_add(1);
        if let Some(used) = more.ids.get_mut(..usize::from(more.len)) {
            used.sort_unstable();
        }
        Ok(more)
    }

    /// Returns this set without `role`.
    #[must_use]
    pub fn without(self, role: RoleId) -> Self {
        let mut less = Self::EMPTY;
        for (slot, kept) in less
            .ids
            .iter_mut()
            .zip(self.iter().filter(|kept| *kept != role))
        {
            *slot = kept.0;
            less.len = less.len.saturating_add(1);
        }
        less
    }

    /// Returns whether `role` is in the set.
    #[must_use]
    pub fn contains(&self, role: RoleId) -> bool {
        self.iter().any(|held| held == role)
    }

    /// Returns the roles in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = RoleId> + '_ {
        self.ids
            .iter()
            .take(usize::from(self.len))
            .map(|id| RoleId(*id))
    }

    /// Returns the number of roles.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for RoleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|role| role.0))
            .finish()
    }
}

/// The error for more than [`limits::ROLES`] roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyRoles;

impl fmt::Display for TooManyRoles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an account holds at most {} roles", limits::ROLES)
    }
}

impl core::error::Error for TooManyRoles {}

#[cfg(feature = "serde")]
impl serde::Serialize for RoleSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for RoleSet {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let roles = alloc::vec::Vec::<RoleId>::deserialize(from)?;
        Self::new(roles).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_set_is_sorted_distinct_and_bounded() {
        let set = RoleSet::new([5, 1, 5, 3].map(RoleId)).unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), [1, 3, 5].map(RoleId));
        assert_eq!(
            set.without(RoleId(3)),
            RoleSet::new([1, 5].map(RoleId)).unwrap()
        );
        assert_eq!(set.without(RoleId(9)), set);
        assert!(RoleSet::new((0..8).map(RoleId)).is_ok());
        assert_eq!(RoleSet::new((0..9).map(RoleId)), Err(TooManyRoles));
        assert_eq!(RoleSet::of(RoleId::MEMBER).len(), 1);
    }
}
