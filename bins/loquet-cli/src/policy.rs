//! `loquet policy`: rules about people, told as a story and tested.

use clap::{Args, Subcommand};
use loquet_policy::Reason;
use loquet_policy::scenario::{Played, Run, Scenario, ScenarioError, Step};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;

/// The longest scenario, in bytes: longer than one writes by hand.
const MAX_SCENARIO: usize = 1024 * 1024;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Test scenarios against the rules
    ///
    /// A scenario is a TOML file: an organization with its preset, options, roles and people, and steps, each with the
    /// outcome that is expected. The documentation of `loquet_policy::scenario` has every key. Exit code 1 when a step comes
    /// out otherwise, 2 when a file is no scenario.
    #[command(after_help = "Example:\n  loquet policy test school.toml --explain")]
    Test(TestArguments),
}

impl Command {
    pub(crate) fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        match self {
            Self::Test(arguments) => arguments.run(stdin),
        }
    }
}

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Scenarios; `-` reads one from standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,

    /// Shows each step with the rule that decided
    #[arg(long)]
    explain: bool,

    /// An object a file: `file`, `title`, `passed`, `steps` (each with `line`, `step`, `who`, `does`, `reasons`),
    /// `failed` (null, or `line`, `step`, `expected`, `reasons`)
    #[arg(long)]
    json: bool,
}

impl TestArguments {
    fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::Done;
        for file in &self.files {
            let name = file.escape_debug();
            let bad = |error: ScenarioError| Failure::of("FILE", format_args!("{name}: {error}"));
            let text = stdin.file("FILE", file, MAX_SCENARIO)?;
            let scenario = Scenario::parse(&text).map_err(bad)?;
            let run = scenario.run().map_err(bad)?;
            if self.json {
                output::line(&object(file, &scenario, &run).to_string())?;
            } else {
                if self.explain {
                    for step in &run.played {
                        output::line(&told(&scenario, step))?;
                    }
                }
                let title = shown(&scenario.title);
                match &run.failed {
                    None => output::line(&format!(
                        "{name}: {title}: {} steps came true",
                        run.played.len()
                    ))?,
                    Some(failed) => output::line(&format!("{name}: {title}: {failed}"))?,
                }
            }
            if run.failed.is_some() {
                outcome = Outcome::Refused;
            }
        }
        Ok(outcome)
    }
}

/// A text of the file, which must not steer the terminal.
fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// The deed of a step that was played.
fn deed<'a>(scenario: &'a Scenario, step: usize) -> (&'a str, &'a str) {
    let step: Option<&Step> = step
        .checked_sub(1)
        .and_then(|at| scenario.steps.get(at))
        .map(|told| &told.what);
    let text = |field: Option<&'a String>| field.map_or("", String::as_str);
    (
        text(step.and_then(|step| step.who.as_ref())),
        text(step.and_then(|step| step.does.as_ref())),
    )
}

/// A step with its reasons: `line 7: Anne: disable: LATCHED (latch)`.
fn told(scenario: &Scenario, step: &Played) -> String {
    let (who, does) = deed(scenario, step.step);
    let reasons: Vec<String> = step.reasons.iter().map(reason).collect();
    let (who, reasons) = (shown(who), reasons.join(", "));
    format!("line {}: {who}: {does}: {reasons}", step.line)
}

fn reason(reason: &Reason) -> String {
    let rule = json!(reason.rule);
    let rule = rule.as_str().unwrap_or_default().replace('_', " ");
    format!("{} ({rule})", reason.code)
}

fn object(file: &str, scenario: &Scenario, run: &Run) -> Value {
    let step = |step: &Played| {
        let (who, does) = deed(scenario, step.step);
        json!({ "line": step.line, "step": step.step, "who": who, "does": does, "reasons": step.reasons })
    };
    json!({
        "file": file,
        "title": scenario.title,
        "passed": run.failed.is_none(),
        "steps": run.played.iter().map(step).collect::<Vec<_>>(),
        "failed": run.failed.as_ref().map(|failed| json!({
            "line": failed.line,
            "step": failed.step,
            "expected": failed.expected,
            "reasons": failed.found,
        })),
    })
}
