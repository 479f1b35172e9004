//! Loquet's chores: `cargo xtask test` is what a change must pass, the others are for people.
#![expect(
    clippy::print_stdout,
    reason = "a chore talks to the person who runs it"
)]

mod chores;
mod command;
mod lowest;
mod no_std;
mod report;
mod suite;
mod tools;
mod without;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Loquet's chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Everything a change must pass; installs what is missing
    Test,
    /// Runs the benchmarks of the `benches` workspace
    Bench {
        /// One benchmark; all when left out
        name: Option<String>,
    },
    /// Searches for input that breaks a parser, on the installed nightly toolchain
    Fuzz {
        /// One target; all, one after another, when left out
        target: Option<String>,
        /// Minutes for each target
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        minutes: u32,
    },
    /// Kills, cuts power, fills disks and contends for codes for a while, and prints a table
    Soak {
        /// Minutes in all; the last round is finished
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        minutes: u32,
    },
    /// Runs the long tests of the stores and the policy explorer, which are marked ignored
    Long,
    /// Changes the engines one operator at a time and looks for changes that no test notices
    Mutants {
        /// One engine, such as `loquet-otp`; all four when left out
        package: Option<String>,
    },
    /// Takes each line, condition and arm out of the rules in turn, and looks for what no test misses
    Without {
        /// `policy` or `loquet`; both when left out
        engine: Option<String>,
        /// Only in files whose names begin so, such as `flow/`; all when left out
        files: Vec<String>,
    },
    /// Builds the documentation as docs.rs would
    Doc,
    /// Measures whether generating and verifying take a time that depends on secrets
    Timing,
    /// Runs the tests of the one-time-password engine in Miri, on the installed nightly toolchain
    Miri,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Test => return suite::run(),
        Chore::Bench { name } => chores::bench(name.as_deref()),
        Chore::Fuzz { target, minutes } => chores::fuzz(target.as_deref(), minutes),
        Chore::Soak { minutes } => chores::soak(minutes),
        Chore::Long => chores::long(),
        Chore::Mutants { package } => chores::mutants(package.as_deref()),
        Chore::Without { engine, files } => without::without(engine.as_deref(), &files),
        Chore::Doc => chores::doc(),
        Chore::Timing => chores::timing(),
        Chore::Miri => chores::miri(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
