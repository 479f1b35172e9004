//! An organisation's rules told as a TOML file, so that whoever embeds the engine tests *their*
//! roles and presets, and an administrator can read the test.
//!
//! ```
//! use loquet_policy::scenario::Scenario;
//! let scenario = Scenario::parse(r#"
//!     title = "Parents choose, employees do not"
//!     people = [
//!         { name = "Anne", roles = ["employee", "administrator"] },
//!         { name = "David", roles = ["parent"] },
//!     ]
//!     [[step]]
//!     who = "Anne"
//!     does = "log in"
//!     [[step]]
//!     who = "Anne"
//!     does = "enable"
//!     [[step]]
//!     who = "Anne"
//!     does = "begin enrollment"
//!     [[step]]
//!     who = "Anne"
//!     does = "confirm enrollment"
//!     expect = "LEVEL_2"
//!     [[step]]
//!     who = "Anne"
//!     does = "mandate now"
//!     role = "employee"
//!     [[step]]
//!     who = "David"
//!     does = "log in"
//!     expect = "LEVEL_1"
//! "#)?;
//! scenario.run()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each step names who `does` what, and `expect`s the first code that
//! [`explain`] gives: a level, `GRANTED`, or a refusal's name. Without `expect`
//! anything but a refusal will do. A step with `wait_seconds` or `wait_days` lets time pass.
//! People act in their newest session; a good code is always of an unused step.

use crate::{
    Access, Account, AccountId, Changes, CodeCheck, Command, Digest, Fresh, Grant, OrgId,
    Organisation, Preset, RecoverySet, RoleDefinition, RoleId, RoleSet, Roster, Session, SessionId,
    Snapshot, Start, Submitted, UnixTime, Vantage, decide, explain, limits,
};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::Deserialize;

/// A story with what is expected of each step.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows.
    pub title: String,
    /// The organisation's preset.
    #[serde(default = "standard")]
    pub preset: Preset,
    /// Roles beside parent, employee and administrator.
    #[serde(default)]
    pub roles: Vec<NamedRole>,
    /// Who is there. Their accounts are a year old.
    pub people: Vec<Person>,
    /// What happens.
    #[serde(rename = "step", default)]
    pub steps: Vec<Step>,
}

const fn standard() -> Preset {
    Preset::Standard
}

/// A role of the embedder's own.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedRole {
    /// What the file calls it.
    pub name: String,
    /// Its number.
    pub id: u16,
    /// Its rank.
    pub rank: u8,
    /// The role whose mandate covers it too.
    pub implies: Option<String>,
}

/// Somebody.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What the file calls them.
    pub name: String,
    /// What they are.
    pub roles: Vec<String>,
}

/// One thing that happens.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Who acts.
    pub who: Option<String>,
    /// What they do: `log in`, `log out`, `log out everywhere`, `give code`, `give wrong code`,
    /// `begin enrollment`, `begin enrollment without ticket`, `confirm enrollment`,
    /// `begin replacement`, `remove authenticator`, `switch on`, `switch off`, `report lost`,
    /// `enable`, `disable`, `strict latch`, `announce`, `mandate now`, `cancel mandate`,
    /// `lift mandate`, `reset`, `add role`, `remove role`, `let go`, `re-hire`, `break glass`,
    /// `collect ticket`.
    pub does: Option<String>,
    /// To whom.
    pub whom: Option<String>,
    /// About which role.
    pub role: Option<String>,
    /// In how many days an announced mandate begins.
    pub in_days: Option<u64>,
    /// Time that passes first.
    pub wait_seconds: u64,
    /// Time that passes first.
    pub wait_days: u64,
    /// The expected code.
    pub expect: Option<String>,
}

/// Why a scenario is not one, or does not come true.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Not TOML of this form; the text says where.
    Form(String),
    /// A step (counted from 1; 0 is the cast) names something that the file does not.
    Unknown {
        /// Which step.
        step: usize,
        /// What it names.
        name: String,
    },
    /// A step lacks something.
    Missing {
        /// Which step.
        step: usize,
        /// What.
        field: &'static str,
    },
    /// A person has more roles than an account holds.
    TooManyRoles {
        /// Who.
        name: String,
    },
    /// A step came out otherwise.
    Otherwise {
        /// Which step.
        step: usize,
        /// What was expected, `None` for anything but a refusal.
        expected: Option<String>,
        /// What the engine said.
        found: &'static str,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => f.write_str(text),
            Self::Unknown { step, name } => write!(f, "step {step}: nothing is called {name:?}"),
            Self::Missing { step, field } => write!(f, "step {step}: `{field}` is missing"),
            Self::TooManyRoles { name } => write!(f, "{name} has too many roles"),
            Self::Otherwise {
                step,
                expected,
                found,
            } => {
                let expected = expected.as_deref().unwrap_or("no refusal");
                write!(
                    f,
                    "step {step}: expected {expected}, and the rules say {found}"
                )
            }
        }
    }
}

impl core::error::Error for ScenarioError {}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// [`ScenarioError::Form`] with line and column. Names are looked up when it is run.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|error| ScenarioError::Form(error.to_string()))
    }

    /// Plays it, and returns the code of each step that asked for something.
    ///
    /// # Errors
    /// The first step that names something unknown or comes out otherwise than expected.
    pub fn run(&self) -> Result<Vec<&'static str>, ScenarioError> {
        let mut stage = Stage::set(self)?;
        let mut codes = Vec::new();
        for (number, step) in (1..).zip(&self.steps) {
            let waited = step
                .wait_days
                .saturating_mul(limits::DAY)
                .saturating_add(step.wait_seconds);
            stage.now = stage.now.plus(waited);
            if let Some(does) = &step.does {
                codes.push(stage.play(number, step, does)?);
            }
        }
        Ok(codes)
    }
}

struct Stage {
    roles: BTreeMap<String, RoleId>,
    organisation: Organisation,
    roster: Roster,
    people: BTreeMap<String, (Account, Option<Session>)>,
    now: UnixTime,
    codes: u64,
}

const SEAL: Digest = Digest::from_bytes([1; 32]);
const TICKET: Digest = Digest::from_bytes([2; 32]);

impl Stage {
    fn set(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let article = [
            ("parent", RoleId::PARENT),
            ("employee", RoleId::EMPLOYEE),
            ("administrator", RoleId::ADMINISTRATOR),
        ];
        let mut roles: BTreeMap<String, RoleId> = article
            .into_iter()
            .map(|(name, id)| (name.to_string(), id))
            .collect();
        roles.extend(
            scenario
                .roles
                .iter()
                .map(|role| (role.name.clone(), RoleId(role.id))),
        );
        let find = |name: &String| {
            roles
                .get(name)
                .copied()
                .ok_or_else(|| ScenarioError::Unknown {
                    step: 0,
                    name: name.clone(),
                })
        };
        let mut definitions = Vec::new();
        for role in &scenario.roles {
            let implies = role.implies.as_ref().map(find).transpose()?;
            definitions.push(RoleDefinition {
                id: RoleId(role.id),
                rank: role.rank,
                implies,
            });
        }
        let mut organisation = Organisation::new(OrgId::from(1u64)).with_roles(definitions);
        organisation.preset = scenario.preset;
        let mut roster = Roster::new(organisation.id);
        let mut people = BTreeMap::new();
        for (number, person) in (1u64..).zip(&scenario.people) {
            let held = person
                .roles
                .iter()
                .map(find)
                .collect::<Result<Vec<_>, _>>()?;
            let held = RoleSet::new(held).map_err(|_| ScenarioError::TooManyRoles {
                name: person.name.clone(),
            })?;
            let account = Account::new(AccountId::from(number), organisation.id, held, UnixTime(0));
            roster.admit(&account);
            people.insert(person.name.clone(), (account, None));
        }
        let now = UnixTime(365 * limits::DAY);
        Ok(Self {
            roles,
            organisation,
            roster,
            people,
            now,
            codes: 0,
        })
    }

    fn play(
        &mut self,
        number: usize,
        step: &Step,
        does: &str,
    ) -> Result<&'static str, ScenarioError> {
        let unknown = |name: &str| ScenarioError::Unknown {
            step: number,
            name: name.to_string(),
        };
        let missing = |field| ScenarioError::Missing {
            step: number,
            field,
        };
        self.codes = self.codes.saturating_add(1);
        let command = self.command(step, does, &unknown, &missing)?;
        let who = step.who.as_ref().ok_or_else(|| missing("who"))?;
        let (actor, session) = self.people.get(who).ok_or_else(|| unknown(who))?;
        let subject = match &step.whom {
            None => None,
            Some(whom) => Some(&self.people.get(whom).ok_or_else(|| unknown(whom))?.0),
        };
        let snapshot = Snapshot {
            organisation: Some(&self.organisation),
            roster: Some(&self.roster),
            actor,
            session: session.as_ref(),
            subject,
        };
        let decision = decide(
            &snapshot,
            &command,
            self.now,
            Fresh {
                session: SessionId(self.codes),
            },
        );
        let found = explain(&decision).next().map_or("", |reason| reason.code);
        let as_expected = match &step.expect {
            Some(expected) => expected == found,
            None => decision.answer.is_ok(),
        };
        if !as_expected {
            let expected = step.expect.clone();
            return Err(ScenarioError::Otherwise {
                step: number,
                expected,
                found,
            });
        }
        let Changes {
            organisation,
            roster,
            actor,
            subject,
        } = decision.changes;
        if let Some(organisation) = organisation {
            self.organisation = organisation;
        }
        if let Some(roster) = roster {
            self.roster = roster;
        }
        if let (Some(subject), Some(whom)) = (subject, &step.whom)
            && let Some((account, _)) = self.people.get_mut(whom)
        {
            *account = subject;
        }
        if let Some((account, session)) = self.people.get_mut(who) {
            if let Some(actor) = actor {
                *account = actor;
            }
            match decision.answer {
                Ok(
                    Grant::Session { session: new, .. }
                    | Grant::Bound { session: new, .. }
                    | Grant::Recovering { session: new, .. },
                ) => *session = Some(new),
                Ok(Grant::LoggedOut) => *session = None,
                _ => {}
            }
        }
        Ok(found)
    }

    fn command(
        &self,
        step: &Step,
        does: &str,
        unknown: &dyn Fn(&str) -> ScenarioError,
        missing: &dyn Fn(&'static str) -> ScenarioError,
    ) -> Result<Command, ScenarioError> {
        let check = CodeCheck::Good {
            step: self.codes,
            offset: 0,
        };
        let code = Submitted {
            check,
            vantage: Vantage::KnownDevice,
        };
        let wrong = Submitted {
            check: CodeCheck::Wrong { behind: None },
            ..code
        };
        let access = Access::Allowed;
        let recovery = RecoverySet::EMPTY;
        let role = || {
            let name = step.role.as_ref().ok_or_else(|| missing("role"))?;
            self.roles.get(name).copied().ok_or_else(|| unknown(name))
        };
        Ok(match does {
            "log in" => Command::LogIn { access },
            "log out" => Command::LogOut,
            "log out everywhere" => Command::LogOutEverywhere,
            "give code" => Command::GiveCode { code, access },
            "give wrong code" => Command::GiveCode {
                code: wrong,
                access,
            },
            "begin enrollment" => Command::BeginEnrollment {
                ticket: Some(TICKET),
                recovery,
                access,
            },
            "begin enrollment without ticket" => Command::BeginEnrollment {
                ticket: None,
                recovery,
                access,
            },
            "confirm enrollment" => Command::ConfirmEnrollment {
                check,
                link: Digest::from_bytes([3; 32]),
                seal: Some(SEAL),
                access,
            },
            "begin replacement" => Command::BeginReplacement { code, recovery },
            "remove authenticator" => Command::RemoveAuthenticator,
            "switch on" => Command::SwitchOn { code },
            "switch off" => Command::SwitchOff { code },
            "report lost" => Command::ReportLost,
            "enable" => Command::Enable {
                seal: SEAL,
                typed_back: true,
            },
            "disable" => Command::Disable,
            "strict latch" => Command::SetPreset {
                preset: Preset::StrictLatch,
            },
            "announce" => {
                let days = step.in_days.ok_or_else(|| missing("in_days"))?;
                let start = Start::At(self.now.plus(days.saturating_mul(limits::DAY)));
                Command::Announce {
                    role: role()?,
                    start,
                }
            }
            "mandate now" => Command::Announce {
                role: role()?,
                start: Start::Now { confirmed: true },
            },
            "cancel mandate" => Command::CancelMandate { role: role()? },
            "lift mandate" => Command::LiftMandate { role: role()? },
            "reset" => Command::Reset {
                ticket: TICKET,
                aloud: false,
                code,
            },
            "add role" => Command::AddRole {
                role: role()?,
                code,
            },
            "remove role" => Command::RemoveRole { role: role()? },
            "let go" => Command::Leave,
            "re-hire" => Command::Rehire {
                roles: RoleSet::of(role()?),
                ticket: TICKET,
                code,
            },
            "break glass" => Command::BreakGlass { seal: SEAL },
            "collect ticket" => Command::CollectTicket {
                seal: SEAL,
                ticket: TICKET,
            },
            other => return Err(unknown(other)),
        })
    }
}
