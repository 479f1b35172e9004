//! The people of the demonstration.

use loquet_policy::{AccountId, RoleId};

/// The organization's name, which the authenticator app shows too.
pub(crate) const ORGANIZATION: &str = "À petits pas";

/// A person to log in as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    number: u64,
    /// What is typed at log-in.
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: RoleId,
    /// Printed at every start: these guard nothing but a demonstration.
    pub(crate) password: &'static str,
}

/// Two administrators, because an administrator cannot reset their own account; two employees; two parents.
#[rustfmt::skip]
pub(crate) const PEOPLE: [Person; 6] = [
    Person { number: 1, login: "helene", name: "Hélène Tremblay", role: RoleId::ADMINISTRATOR, password: "quatre canards au soleil" },
    Person { number: 2, login: "marc", name: "Marc Gagnon", role: RoleId::ADMINISTRATOR, password: "une moufle sous la neige" },
    Person { number: 3, login: "sofia", name: "Sofia Bouchard", role: RoleId::EMPLOYEE, password: "la sieste des hérissons" },
    Person { number: 4, login: "karim", name: "Karim Haddad", role: RoleId::EMPLOYEE, password: "peinture sur les doigts" },
    Person { number: 5, login: "julie", name: "Julie Lavoie", role: RoleId::PARENT, password: "bottes jaunes et flaques" },
    Person { number: 6, login: "thomas", name: "Thomas Roy", role: RoleId::PARENT, password: "compote de pommes tiède" },
];

impl Person {
    pub(crate) fn account(&self) -> AccountId {
        AccountId::from(self.number)
    }

    pub(crate) const fn role_word(&self) -> &'static str {
        match self.role {
            RoleId::ADMINISTRATOR => "administrator",
            RoleId::EMPLOYEE => "employee",
            _ => "parent",
        }
    }
}
