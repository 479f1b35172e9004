//! An organization's rules told as a TOML file, so that whoever embeds the engine tests *their* roles and presets, and
//! an administrator can read the test. The command-line tool runs such files: `loquet policy test FILE`.
//!
//! ```
//! use loquet_policy::scenario::Scenario;
//! let scenario = Scenario::parse(r#"
//!     title = "Parents choose, directors do not"
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
//! | key | means |
//! |---|---|
//! | `title` | what it shows |
//! | `preset` | `"standard"` (left out) or `"strict_latch"` |
//! | `options` | `{ recovery_codes = true, reset_code_life_hours = 24, enrollment_window_days = 14 }`, each with its default |
//! | `roles` | beside parent, employee and administrator: `name`, `id`, `rank`, `implies` (whose mandate covers it too) |
//! | `people` | `name`, `roles`; their accounts are a year old, and nobody has anything yet |
//! | `step` | what happens, in order |
//!
//! A step says `who` `does` what; what else it can say:
//!
//! | key | means |
//! |---|---|
//! | `expect` | the first code that [`explain`](crate::explain) gives: a level, `GRANTED`, or a refusal's name. Without it anything but a refusal will do |
//! | `because` | further codes of the explanation, such as `MANDATE` or `TOGGLE` |
//! | `whom`, `role`, `roles`, `in_days`, `hours`, `days` | what the deed needs, see below |
//! | `session` | a name for one of several sessions of a person; they act in their newest otherwise |
//! | `from` | `"known device"` (left out), `"elsewhere"` or `"live session"`: whose waits and budget a code meets |
//! | `place` | what the access rules say: `"allowed"` (left out), `"denied"` or `"unknown"` |
//! | `code` | `"good"` (left out; always of an unused step), `"wrong"`, `"used"`, `"malformed"`, `"none"` |
//! | `wait_seconds`, `wait_days` | time that passes first; a step of nothing else lets time pass |
//! | `times` | does it so often; each time must come out alike |
//!
//! | deeds | need |
//! |---|---|
//! | `log in`, `log out`, `log out everywhere`, `change password`, `act` (what is the session worth?) | |
//! | `give code`, `resynchronize`, `use recovery code`, `report lost`, `repudiate` | |
//! | `begin enrollment`, `begin enrollment without ticket`, `confirm enrollment`, `confirm enrollment without break-glass code`, `abandon enrollment`, `begin replacement` | |
//! | `switch on`, `switch off` | |
//! | `enable`, `strict latch`, `renew break-glass code` | |
//! | `announce`, `move mandate` | `role`, `in_days` |
//! | `mandate now`, `cancel mandate` | `role` |
//! | `offer recovery codes`, `stop recovery codes`, `cancel recovery codes` | |
//! | `set reset code life`, `cancel reset code life` | `hours` for the first |
//! | `set enrollment window`, `cancel enrollment window` | `days` for the first |
//! | `reset`, `reset aloud`, `let go` | `whom` |
//! | `add role`, `remove role` | `whom`, `role` |
//! | `re-hire` | `whom`, `roles` |
//! | `be deleted by the host`, `break glass`, `break glass with a wrong break-glass code`, `collect ticket` | `who` is the account it is about |

mod deed;
mod stage;

use crate::{Preset, Reason};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use serde::Deserialize;
use toml::Spanned;

/// A story with what is expected of each step.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// What it shows.
    pub title: String,
    /// The organization's preset.
    pub preset: Preset,
    /// Its options at the start.
    pub options: StartingOptions,
    /// Roles beside parent, employee and administrator.
    pub roles: Vec<Told<NamedRole>>,
    /// Who is there.
    pub people: Vec<Told<Person>>,
    /// What happens.
    pub steps: Vec<Told<Step>>,
}

/// Something that a file tells, and in which line it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told<T> {
    /// The line, counted from 1.
    pub line: usize,
    /// What it tells.
    pub what: T,
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

/// The options of [`Options`](crate::Options) that a scenario can begin with.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StartingOptions {
    /// Whether people get recovery codes when they enroll.
    pub recovery_codes: bool,
    /// Life of a reset reset code.
    pub reset_code_life_hours: Option<u64>,
    /// Time to enroll with the password alone.
    pub enrollment_window_days: Option<u64>,
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

/// One thing that happens; the [module](self) says what each field is for.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    missing_docs,
    reason = "a table in the module's documentation has them all"
)]
pub struct Step {
    pub who: Option<String>,
    pub does: Option<String>,
    pub whom: Option<String>,
    pub role: Option<String>,
    pub roles: Vec<String>,
    pub in_days: Option<u64>,
    pub hours: Option<u64>,
    pub days: Option<u64>,
    pub session: Option<String>,
    pub from: Option<String>,
    pub place: Option<String>,
    pub code: Option<String>,
    pub wait_seconds: u64,
    pub wait_days: u64,
    pub times: Option<u16>,
    pub expect: Option<String>,
    pub because: Vec<String>,
}

/// A step that came true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// Which, counted from 1.
    pub step: usize,
    /// The line in which it begins.
    pub line: usize,
    /// What the engine said: the answer first, then what requires it.
    pub reasons: Vec<Reason>,
}

/// What came of a scenario.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[must_use = "a scenario that did not come true is no error"]
pub struct Run {
    /// The steps that came true and asked for something, in order.
    pub played: Vec<Played>,
    /// The first that came out otherwise; none after it was played.
    pub failed: Option<Failed>,
}

/// A step that came out otherwise than expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// Which, counted from 1.
    pub step: usize,
    /// The line in which it begins.
    pub line: usize,
    /// What was expected, `None` for anything but a refusal.
    pub expected: Option<String>,
    /// What the engine said: the answer first, then what requires it.
    pub found: Vec<Reason>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.expected.as_deref().unwrap_or("no refusal");
        write!(
            f,
            "line {}, step {}: expected {expected}, and the rules say",
            self.line, self.step
        )?;
        for (number, reason) in self.found.iter().enumerate() {
            let sign = if number == 0 { " " } else { ", " };
            write!(f, "{sign}{}", reason.code)?;
        }
        Ok(())
    }
}

/// Why a scenario is not one.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ScenarioError {
    /// Not TOML of this form; the text says where.
    Form(String),
    /// A name that the file does not give to anything, or a word that is none of those possible.
    Unknown {
        /// In which line the person, role or step begins.
        line: usize,
        /// What should have been named: `person`, `role`, `deed`, `session`, `code`, `from`, `place`, `answer`.
        what: &'static str,
        /// What is named instead.
        name: String,
    },
    /// The same name or number twice.
    Twice {
        /// In which line the second begins.
        line: usize,
        /// The name.
        name: String,
    },
    /// A step lacks something that its deed needs.
    Missing {
        /// In which line it begins.
        line: usize,
        /// What.
        field: &'static str,
    },
    /// More roles than an account holds.
    TooManyRoles {
        /// In which line.
        line: usize,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => f.write_str(text.trim_end()),
            Self::Unknown { line, what, name } => {
                write!(f, "line {line}: there is no {what} {name:?}")
            }
            Self::Twice { line, name } => write!(f, "line {line}: there is a {name:?} already"),
            Self::Missing { line, field } => write!(f, "line {line}: `{field}` is missing"),
            Self::TooManyRoles { line } => {
                let most = crate::limits::ROLES;
                write!(f, "line {line}: an account holds at most {most} roles")
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
        let written: Written =
            toml::from_str(text).map_err(|error| ScenarioError::Form(error.to_string()))?;
        Ok(Self {
            title: written.title,
            preset: written.preset,
            options: written.options,
            roles: told(text, written.roles),
            people: told(text, written.people),
            steps: told(text, written.step),
        })
    }

    /// Plays it until a step comes out otherwise than expected.
    ///
    /// # Errors
    /// The first person, role or step that names something unknown or lacks something.
    pub fn run(&self) -> Result<Run, ScenarioError> {
        stage::play(self)
    }
}

fn told<T>(text: &str, written: Vec<Spanned<T>>) -> Vec<Told<T>> {
    let line = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        before
            .filter(|byte| **byte == b'\n')
            .count()
            .saturating_add(1)
    };
    written
        .into_iter()
        .map(|spanned| Told {
            line: line(spanned.span().start),
            what: spanned.into_inner(),
        })
        .collect()
}
