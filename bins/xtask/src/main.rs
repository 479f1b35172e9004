//! Loquet's chores: `cargo xtask test` is what a change must pass, the others are for people.
#![expect(
    clippy::print_stdout,
    reason = "a chore talks to the person who runs it"
)]

mod bench;
mod chores;
mod command;
mod probes;
mod report;
mod sources;
mod suite;
mod tools;

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
    /// Run everything that a change must pass; installs the programs that are missing
    Test {
        /// Install nothing, and leave out what needs a missing program
        #[arg(long)]
        no_install: bool,
    },
    /// Run the benchmarks
    Bench {
        /// One benchmark; all when left out
        name: Option<String>,
        /// Write the figures into docs/measured.md of the crate
        #[arg(long)]
        write: bool,
    },
    /// Search for input that breaks a parser, on the nightly toolchain
    Fuzz {
        /// One target; all, one after another, when left out
        target: Option<String>,
        /// Minutes for each target
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        minutes: u32,
    },
    /// Kill the store, cut its power and fill its disk; print a table
    Soak {
        /// Minutes for each store; the last round is finished
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        minutes: u32,
    },
    /// Run the long tests, which are marked ignored
    Long,
    /// Change the code one operator at a time; list what no test notices
    Mutants {
        /// One crate, such as loquet-otp; the engines and loquet when left out
        package: Option<String>,
        /// Only this part of all changes, counted from 0, such as 0/8
        #[arg(long, value_name = "K/N")]
        shard: Option<String>,
    },
    /// Build the documentation as docs.rs would
    Doc,
    /// Check that no foreign type is public but those that each crate's Cargo.toml lists
    Signatures,
    /// Measure the demo's memory while a crowd of strangers logs in
    Memory,
    /// Measure whether codes take a time that depends on secrets
    Timing,
    /// Run tests of loquet-otp in Miri, on the nightly toolchain
    Miri,
    /// Make the tables of other software anew that `loquet import` is tested with; installs it from PyPI
    Sources,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Test { no_install } => return suite::test(no_install),
        Chore::Bench { name, write } => bench::bench(name.as_deref(), write),
        Chore::Fuzz { target, minutes } => chores::fuzz(target.as_deref(), minutes),
        Chore::Soak { minutes } => chores::soak(minutes),
        Chore::Long => chores::long(),
        Chore::Mutants { package, shard } => chores::mutants(package.as_deref(), shard.as_deref()),
        Chore::Doc => chores::doc(),
        Chore::Signatures => chores::signatures(),
        Chore::Memory => chores::memory(),
        Chore::Timing => chores::timing(),
        Chore::Miri => chores::miri(),
        Chore::Sources => sources::sources(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
