//! The people of the demonstration.

use loquet_policy::{AccountId, RoleId};

/// The organization's name, which the authenticator app shows too.
pub(crate) const ORGANIZATION: &str = "À petits pas";

/// Somebody to log in as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    number: u64,
    /// What is typed at log-in.
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: RoleId,
    /// Printed at every start: these guard nothing but a demonstration.
    pub(crate) phrase: &'static str,
}

/// Two administrators, because nobody resets themself; two employees; two parents.
#[rustfmt::skip]
pub(crate) const PEOPLE: [Person; 6] = [
    person(1, "helene", "Hélène Tremblay", RoleId::ADMINISTRATOR, "quatre canards au soleil"),
    person(2, "marc", "Marc Gagnon", RoleId::ADMINISTRATOR, "une moufle sous la neige"),
    person(3, "sofia", "Sofia Bouchard", RoleId::EMPLOYEE, "la sieste des hérissons"),
    person(4, "karim", "Karim Haddad", RoleId::EMPLOYEE, "peinture sur les doigts"),
    person(5, "julie", "Julie Lavoie", RoleId::PARENT, "bottes jaunes et flaques"),
    person(6, "thomas", "Thomas Roy", RoleId::PARENT, "compote de pommes tiède"),
];

const fn person(
    number: u64,
    login: &'static str,
    name: &'static str,
    role: RoleId,
    phrase: &'static str,
) -> Person {
    Person {
        number,
        login,
        name,
        role,
        phrase,
    }
}

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
