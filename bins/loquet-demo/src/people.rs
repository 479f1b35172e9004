//! The users of the demonstration, and their roles.

use loquet::{AccountId, Address, NewAccount, Role, RoleId};
use loquet_web::Language;

/// The organization's name, which the authenticator app shows too.
pub(crate) const ORGANIZATION: &str = "À petits pas";

const PARENT: RoleId = RoleId(0);
/// The role that the administration's pages can require multi-factor log-in of.
const EMPLOYEE: RoleId = RoleId::STAFF;
const ADMINISTRATOR: RoleId = RoleId::ADMINISTRATOR;

/// Administrators are covered by what is required of employees.
pub(crate) fn roles() -> [Role; 3] {
    [
        Role::new(PARENT, "parent"),
        Role::new(EMPLOYEE, "employee").rank(1),
        Role::administrator("administrator")
            .rank(2)
            .implies(EMPLOYEE),
    ]
}

/// What pages call the users who have a role.
pub(crate) fn plural(role: RoleId, language: Language) -> Option<&'static str> {
    Some(match role {
        PARENT => language.say("les parents", "parents"),
        EMPLOYEE => language.say("les employés", "employees"),
        ADMINISTRATOR => language.say("les administrateurs", "administrators"),
        _ => return None,
    })
}

/// A user to log in as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    number: u64,
    /// What is typed at log-in.
    pub(crate) login: &'static str,
    pub(crate) name: &'static str,
    role: RoleId,
    /// Printed at every start: these guard nothing but a demonstration.
    pub(crate) password: &'static str,
}

/// Two administrators, because an administrator cannot reset their own account; two employees; two parents.
#[rustfmt::skip]
pub(crate) const PEOPLE: [Person; 6] = [
    Person { number: 1, login: "helene", name: "Hélène Tremblay", role: ADMINISTRATOR, password: "quatre canards au soleil" },
    Person { number: 2, login: "marc", name: "Marc Gagnon", role: ADMINISTRATOR, password: "une moufle sous la neige" },
    Person { number: 3, login: "sofia", name: "Sofia Bouchard", role: EMPLOYEE, password: "la sieste des hérissons" },
    Person { number: 4, login: "karim", name: "Karim Haddad", role: EMPLOYEE, password: "peinture sur les doigts" },
    Person { number: 5, login: "julie", name: "Julie Lavoie", role: PARENT, password: "bottes jaunes et flaques" },
    Person { number: 6, login: "thomas", name: "Thomas Roy", role: PARENT, password: "compote de pommes tiède" },
];

impl Person {
    pub(crate) fn account(&self) -> AccountId {
        AccountId::from(self.number)
    }

    /// Where their mail goes, which is also what the authenticator app calls them.
    pub(crate) fn mail(&self) -> String {
        format!("{}@petits-pas.example", self.login)
    }

    pub(crate) fn new_account<'a>(&self, mail: &'a str) -> NewAccount<'a> {
        NewAccount::new(self.number, self.login)
            .label(mail)
            .role(self.role)
            .address(mail.parse::<Address>().ok())
    }

    pub(crate) const fn role_word(&self) -> &'static str {
        match self.role {
            ADMINISTRATOR => "administrator",
            EMPLOYEE => "employee",
            _ => "parent",
        }
    }
}
