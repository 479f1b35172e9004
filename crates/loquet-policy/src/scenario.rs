//! Scenarios: the rules of an organization as a TOML file that is a test.
//!
//! A host uses them to test its own roles and presets, and an administrator can read them. The command-line
//! tool runs such files: `loquet policy test FILE`.
//!
//! ```
//! use loquet_policy::scenario::Scenario;
//! let scenario = Scenario::parse(r#"
//!     title = "Parents choose, directors must"
//!     roles = [{ name = "director", id = 9, rank = 3, implies = "employee" }]
//!     people = [
//!         { name = "Anne", roles = ["employee", "administrator"] },
//!         { name = "David", roles = ["parent"] },
//!         { name = "Zoe", roles = ["director"] },
//!     ]
//!     step = [
//!         { who = "Anne", does = "log in" },
//!         { who = "Anne", does = "enable" },
//!         { who = "Anne", does = "begin enrollment" },
//!         { who = "Anne", does = "confirm enrollment", expect = "LEVEL_2" },
//!         { who = "Anne", does = "mandate now", role = "employee" },
//!         { who = "David", does = "log in", expect = "LEVEL_1" },
//!         { who = "Zoe", does = "log in", expect = "ENROLL_ONLY", because = ["MANDATE"] },
//!     ]
//! "#)?;
//! let run = scenario.run()?;
//! assert_eq!((run.played.len(), run.failed), (7, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The file
//! | key | meaning |
//! |---|---|
//! | `title` | what the scenario shows |
//! | `preset` | `"standard"` (the default) or `"strict_latch"` |
//! | `options` | `{ recovery_codes = false, reset_code_life_hours = 24, enrollment_window_days = 14 }`, shown with the defaults |
//! | `roles` | roles besides parent, employee and administrator: `name`, `id`, `rank`, `implies` (the role whose mandate covers it too) |
//! | `people` | `name` and `roles`; the accounts are a year old and have no authenticator |
//! | `step` | the steps in order |
//!
//! In each step, `who` names a person and `does` names an action. Further keys:
//!
//! | key | meaning |
//! |---|---|
//! | `expect` | the first code that [`explain`](crate::explain()) gives: a level, `GRANTED`, or the name of a refusal. Without it, any grant passes |
//! | `because` | further codes of the explanation, such as `MANDATE` or `TOGGLE` |
//! | `whom`, `role`, `roles`, `in_days`, `hours`, `days` | arguments of the action, see below |
//! | `demands` | what a mandate demands: `"second factor"` (the default) or `"passkey"` |
//! | `session` | the name of one of a person's sessions; the default is the newest |
//! | `from` | the source of the code: `"known device"` (the default), `"elsewhere"` or `"live session"` |
//! | `place` | the result of the access rules: `"allowed"` (the default), `"denied"` or `"unknown"` |
//! | `code` | `"good"` (the default, always an unused step), `"wrong"`, `"used"`, `"malformed"` or `"none"`; `"passkey"` (answers in a later second than its last one, or is the new one that is enrolled), `"wrong passkey"` or `"copied passkey"` |
//! | `with`, `authenticator` | which of a person's authenticators the code is of, and which one the action is about, by the order in which they were bound, from 1; the default is the newest |
//! | `wait_seconds`, `wait_days` | time that passes before the step; a step without an action only waits |
//! | `times` | the number of repetitions, each with the same expectation |
//!
//! | actions | arguments |
//! |---|---|
//! | `log in`, `log out`, `log out everywhere`, `change password`, `act` (returns the session's level) | |
//! | `give code`, `resynchronize`, `use recovery code`, `report lost`, `undo report`, `undo report with a wrong link`, `undo report with a recovery code`, `report unrecognized` | |
//! | `begin enrollment`, `begin enrollment without reset code`, `confirm enrollment`, `confirm enrollment without break-glass code`, `confirm token`, `cancel enrollment`, `begin replacement`, `begin addition`, `remove authenticator` | |
//! | `turn on`, `turn off`, `renew recovery codes` | |
//! | `enable`, `strict latch`, `renew break-glass code` | |
//! | `schedule mandate`, `move mandate` | `role`, `in_days`, `demands` |
//! | `mandate now`, `cancel mandate` | `role`, `demands` |
//! | `offer recovery codes`, `stop recovery codes`, `cancel recovery codes` | |
//! | `set reset code life`, `cancel reset code life` | `hours` for the first |
//! | `set enrollment window`, `cancel enrollment window` | `days` for the first |
//! | `reset`, `reset aloud`, `undo report of`, `deactivate` | `whom` |
//! | `add role`, `remove role` | `whom`, `role` |
//! | `reactivate` | `whom`, `roles` |
//! | `have an authenticator imported`, `have it imported again`, `have a former authenticator imported`, `be assigned a token`, `have the token taken back`, `be deleted by the host`, `be appointed by the host`, `open break-glass`, `open break-glass with a wrong code`, `collect reset code` | `who` is the account that the host acts on |

mod action;
mod runner;

use crate::{Preset, Reason};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::Deserialize;
use toml::Spanned;

/// A scenario: people, steps and the expected answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// What the scenario shows.
    pub title: String,
    /// The organization's preset.
    pub preset: Preset,
    /// The organization's settings at the start.
    pub options: StartingOptions,
    /// Roles besides parent, employee and administrator.
    pub roles: Vec<Located<NamedRole>>,
    /// The people.
    pub people: Vec<Located<Person>>,
    /// The steps, in order.
    pub steps: Vec<Located<Step>>,
}

/// A value of a file, with the line on which it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// The line, counted from 1.
    pub line: usize,
    /// The value.
    pub value: T,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    #[serde(default = "standard")]
    preset: Preset,
    #[serde(default)]
    options: StartingOptions,
    #[serde(default)]
    roles: Vec<Spanned<NamedRole>>,
    people: Vec<Spanned<Person>>,
    #[serde(default)]
    step: Vec<Spanned<Step>>,
}

const fn standard() -> Preset {
    Preset::Standard
}

/// The settings that a scenario can begin with, see [`Options`](crate::Options).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartingOptions {
    /// Whether users get recovery codes when they enroll.
    pub recovery_codes: bool,
    /// Life of a reset code, in hours.
    pub reset_code_life_hours: Option<u64>,
    /// Time to enroll with the password alone, in days.
    pub enrollment_window_days: Option<u64>,
}

/// A role of the host's own.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedRole {
    /// The name in the file.
    pub name: String,
    /// The role's number.
    pub id: u16,
    /// The role's rank.
    pub rank: u8,
    /// The role whose mandate covers it too.
    pub implies: Option<String>,
}

/// A person with an account.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name in the file.
    pub name: String,
    /// The names of their roles.
    pub roles: Vec<String>,
}

/// One step. The [module](self) describes the fields.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    missing_docs,
    reason = "a table in the module documentation describes them"
)]
pub struct Step {
    pub who: Option<String>,
    pub does: Option<String>,
    pub whom: Option<String>,
    pub role: Option<String>,
    pub roles: Vec<String>,
    pub in_days: Option<u64>,
    pub demands: Option<String>,
    pub hours: Option<u64>,
    pub days: Option<u64>,
    pub session: Option<String>,
    pub from: Option<String>,
    pub place: Option<String>,
    pub code: Option<String>,
    pub with: Option<u16>,
    pub authenticator: Option<u16>,
    pub wait_seconds: u64,
    pub wait_days: u64,
    pub times: Option<u16>,
    pub expect: Option<String>,
    pub because: Vec<String>,
}

/// A step that passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// The number of the step, from 1.
    pub step: usize,
    /// The line on which it begins.
    pub line: usize,
    /// The answer, then what requires a second factor.
    pub reasons: Vec<Reason>,
}

/// The result of running a scenario.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[must_use = "a scenario that fails is not an `Err`"]
pub struct Run {
    /// The steps that passed and had an action, in order.
    pub played: Vec<Played>,
    /// The first step that failed. The run stops there.
    pub failed: Option<Failed>,
}

/// A step with another answer than expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// The number of the step, from 1.
    pub step: usize,
    /// The line on which it begins.
    pub line: usize,
    /// The expected answer; `None` for any grant.
    pub expected: Option<String>,
    /// The answer, then what requires a second factor.
    pub found: Vec<Reason>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.expected.as_deref().unwrap_or("no refusal");
        write!(
            f,
            "line {}, step {}: expected {expected}, found",
            self.line, self.step
        )?;
        for (number, reason) in self.found.iter().enumerate() {
            let sign = if number == 0 { " " } else { ", " };
            write!(f, "{sign}{}", reason.code)?;
        }
        Ok(())
    }
}

/// Why a scenario cannot be read or run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The text is not TOML of this form. The message says where.
    Form(String),
    /// A name or a keyword is unknown.
    Unknown {
        /// The line on which the person, role or step begins.
        line: usize,
        /// What was expected: `person`, `role`, `action`, `session`, `code`, `from`, `place` or `answer`.
        what: &'static str,
        /// The name that was found.
        name: String,
    },
    /// A name is used twice.
    Twice {
        /// The line on which the second begins.
        line: usize,
        /// The name.
        name: String,
    },
    /// A step lacks an argument of its action.
    Missing {
        /// The line on which the step begins.
        line: usize,
        /// The missing key.
        field: &'static str,
    },
    /// An account has more than [`limits::ROLES`](crate::limits::ROLES) roles.
    TooManyRoles {
        /// The line of the account.
        line: usize,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => f.write_str(text.trim_end()),
            Self::Unknown { line, what, name } => {
                write!(f, "line {line}: unknown {what} {name:?}")
            }
            Self::Twice { line, name } => write!(f, "line {line}: the name {name:?} is used twice"),
            Self::Missing { line, field } => write!(f, "line {line}: `{field}` is missing"),
            Self::TooManyRoles { line } => {
                let most = crate::limits::ROLES;
                write!(f, "line {line}: an account holds at most {most} roles")
            }
        }
    }
}

impl core::error::Error for ScenarioError {}

/// Editors of some systems put it before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Scenario {
    /// Reads a scenario. A byte-order mark at the start of the text is ignored.
    ///
    /// # Errors
    /// [`ScenarioError::Form`] with line and column. Names are checked when the scenario runs.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        if let Some((before, _)) = text.split_once(BYTE_ORDER_MARK) {
            let line = before.matches('\n').count().saturating_add(1);
            return Err(ScenarioError::Form(format!(
                "line {line}: a byte-order mark (U+FEFF) in the middle of the text: remove it"
            )));
        }
        let written: Written =
            toml::from_str(text).map_err(|error| ScenarioError::Form(error.to_string()))?;
        Ok(Self {
            title: written.title,
            preset: written.preset,
            options: written.options,
            roles: locate(text, written.roles),
            people: locate(text, written.people),
            steps: locate(text, written.step),
        })
    }

    /// Runs the steps until one has another answer than expected.
    ///
    /// # Errors
    /// The first person, role or step with an unknown name or a missing argument.
    pub fn run(&self) -> Result<Run, ScenarioError> {
        runner::run(self)
    }
}

fn locate<T>(text: &str, written: Vec<Spanned<T>>) -> Vec<Located<T>> {
    let line = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        before
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1)
    };
    written
        .into_iter()
        .map(|spanned| Located {
            line: line(spanned.span().start),
            value: spanned.into_inner(),
        })
        .collect()
}
