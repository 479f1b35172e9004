//! The host's roles.

use loquet_policy::{RoleDefinition, RoleId};

use crate::mfa::Mfa;

/// A role of the host's, for [`MfaBuilder::roles`](crate::MfaBuilder::roles).
///
/// Accounts, mandates and the audit log name it by its number, so that a number must never change its meaning. One role is
/// the rules' own: [`RoleId::ADMINISTRATOR`], so that it is known who resets others even where an organization's row
/// cannot be read.
///
/// ```
/// use loquet::{Role, RoleId};
/// const TEACHER: RoleId = RoleId(10);
/// let roles = [
///     Role::new(RoleId(20), "guardian"),
///     Role::new(TEACHER, "teacher").rank(1),
///     Role::administrator("director").rank(2).implies(TEACHER),
/// ];
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Role {
    pub(crate) definition: RoleDefinition,
    pub(crate) name: String,
}

impl Role {
    /// A role with this number and name, of rank 0.
    pub fn new(id: RoleId, name: impl Into<String>) -> Self {
        Self {
            definition: RoleDefinition {
                id,
                rank: 0,
                implies: None,
            },
            name: name.into(),
        }
    }

    /// The administrator's role under the host's name, of rank 1.
    pub fn administrator(name: impl Into<String>) -> Self {
        Self::new(RoleId::ADMINISTRATOR, name).rank(1)
    }

    /// Sets the rank. An administrator acts only on accounts of at most their own rank.
    pub const fn rank(mut self, rank: u8) -> Self {
        self.definition.rank = rank;
        self
    }

    /// Sets the role whose mandate covers this one too.
    pub const fn implies(mut self, role: RoleId) -> Self {
        self.definition.implies = Some(role);
        self
    }
}

/// The host's names of roles.
impl Mfa {
    /// Returns the id of the role with this name; see [`MfaBuilder::roles`](crate::MfaBuilder::roles).
    #[must_use]
    pub fn role(&self, name: &str) -> Option<RoleId> {
        let mut roles = self.inner.roles.iter();
        roles
            .find(|role| role.name == name)
            .map(|role| role.definition.id)
    }

    /// Returns the host's name of a role.
    #[must_use]
    pub fn role_name(&self, role: RoleId) -> Option<&str> {
        let mut roles = self.inner.roles.iter();
        roles
            .find(|it| it.definition.id == role)
            .map(|it| it.name.as_str())
    }
}
