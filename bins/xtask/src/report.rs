//! Steps: each is announced before it runs and timed, and the list of all closes the report.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::command::Done;

/// The steps that have run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
    left_out: Vec<String>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    outcome: Done,
}

impl Report {
    /// Says what a step does, runs it and notes how it went. A failure does not stop the steps
    /// behind it: one run should show everything that is wrong.
    pub(crate) fn step(&mut self, name: &str, what: &str, action: impl FnOnce() -> Done) {
        println!("\n==> {name}: {what}");
        let start = Instant::now();
        let outcome = action();
        let took = start.elapsed();
        if let Err(why) = &outcome {
            println!("error: {why}");
        }
        self.steps.push(Step {
            name: name.to_owned(),
            took,
            outcome,
        });
    }

    /// Says that a step is left out for want of a tool. It counts neither as passed nor as failed.
    pub(crate) fn leave_out(&mut self, name: &str, tool: &str) {
        println!("\n==> {name}: left out, because {tool} is not installed");
        self.left_out.push(name.to_owned());
    }

    /// Prints every step with its time; the last line counts them.
    pub(crate) fn close(&self) -> ExitCode {
        println!("\n==> summary");
        for step in &self.steps {
            let mark = if step.outcome.is_ok() { "ok" } else { "FAILED" };
            println!(
                "{mark:>8} {:>8.1} s  {}",
                step.took.as_secs_f64(),
                step.name
            );
        }
        for name in &self.left_out {
            println!("{:>8} {:>8}    {name}", "left out", "");
        }
        for step in &self.steps {
            if let Err(why) = &step.outcome {
                println!("\n{} failed: {why}", step.name);
            }
        }
        let total: Duration = self.steps.iter().map(|step| step.took).sum();
        let passed = self
            .steps
            .iter()
            .filter(|step| step.outcome.is_ok())
            .count();
        let failed = self.steps.len().saturating_sub(passed);
        println!("\n{:.1} minutes in all", total.as_secs_f64() / 60.0);
        println!("{passed} passed, {failed} failed");
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
