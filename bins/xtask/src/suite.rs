//! `cargo xtask test`: everything a change must pass.
//!
//! All workspaces and probes share `target/` (see `.cargo/config.toml`), so that a dependency is
//! built once for all that use the same version with the same features.

use std::process::ExitCode;

use crate::chores;
use crate::command::{self, Done, cargo};
use crate::probes;
use crate::report::Report;
use crate::tools;

/// The workspaces beside the main one, each with a lock file of its own.
const OTHER_WORKSPACES: [&str; 3] = ["fuzz", "benches", "examples/own-store"];

const NEXTEST: &str = "nextest run --cargo-quiet --workspace --all-features";

/// The tests that need programs of their own; each is a step.
const BROWSER: &str = "binary_id(loquet-demo::browser)";
const POSTGRES: &str = "binary_id(loquet-postgres::postgres) or test(/^postgres::/)";
const OATHTOOL: &str = "binary_id(loquet-cli::cli) and test(/^import_oracles::/)";

/// One part of the suite.
struct Step {
    name: &'static str,
    what: &'static str,
    /// The tools without which the step cannot run.
    needs: &'static [&'static str],
    run: fn() -> Done,
}

const STEPS: [Step; 14] = [
    Step {
        name: "format",
        what: "rustfmt, in all four workspaces",
        needs: &[],
        run: format,
    },
    Step {
        name: "clippy",
        what: "the workspace's lint table, each warning an error",
        needs: &[],
        run: || run("clippy --quiet --workspace --all-targets --all-features -- -D warnings"),
    },
    Step {
        name: "features",
        what: "each published crate with none of its features and with each alone",
        needs: &["cargo-hack"],
        run: || {
            run(
                "hack clippy --quiet --each-feature --exclude-all-features --workspace --ignore-private -- -D warnings",
            )
        },
    },
    Step {
        name: "docs",
        what: "documentation without a warning",
        needs: &[],
        run: chores::doc,
    },
    Step {
        name: "tests",
        what: "every test but those of the steps postgres, oathtool and browser, all features",
        needs: &["cargo-nextest"],
        run: tests,
    },
    Step {
        name: "postgres",
        what: "the store in PostgreSQL, on servers of the tests' own",
        needs: &["cargo-nextest", "postgresql", "pgbouncer"],
        run: || selected(POSTGRES),
    },
    Step {
        name: "oathtool",
        what: "imported authenticators, by the codes of another implementation",
        needs: &["cargo-nextest", "oathtool"],
        run: || selected(OATHTOOL),
    },
    Step {
        name: "doctests",
        what: "the examples in the documentation",
        needs: &[],
        run: || run("test --quiet --doc --workspace --all-features"),
    },
    Step {
        name: "no_std",
        what: "loquet-otp without std and without an allocator",
        needs: &[],
        run: probes::no_std,
    },
    Step {
        name: "rusqlite",
        what: "the store over the lowest rusqlite that it allows",
        needs: &["cargo-nextest"],
        run: probes::lowest_rusqlite,
    },
    Step {
        name: "own store",
        what: "an embedder's store over sqlx passes the contract",
        needs: &[],
        run: || in_workspace("examples/own-store", "test --quiet"),
    },
    Step {
        name: "browser",
        what: "the whole path in headless Chromium",
        needs: &["cargo-nextest", "chromium", "chromium-driver"],
        run: browser,
    },
    Step {
        name: "benches",
        what: "the benchmarks compile without a warning",
        needs: &[],
        run: || {
            in_workspace(
                "benches",
                "clippy --quiet --benches --all-features -- -D warnings",
            )
        },
    },
    Step {
        name: "fuzz",
        what: "each fuzz target for five seconds on nightly",
        needs: &["cargo-fuzz", "nightly"],
        run: || chores::fuzz_seconds(None, 5),
    },
];

/// Runs all steps and reports.
pub(crate) fn test(no_install: bool) -> ExitCode {
    let mut report = Report::default();
    let mut missing = Vec::new();
    report.step("tools", "the programs that the tests use", || {
        tools::set_up(no_install, &mut missing)
    });
    for step in &STEPS {
        match step.needs.iter().find(|tool| missing.contains(tool)) {
            Some(tool) => report.leave_out(step.name, tool),
            None => report.step(step.name, step.what, step.run),
        }
    }
    report.close()
}

fn run(line: &str) -> Done {
    command::run(&mut cargo(line))
}

fn in_workspace(folder: &str, line: &str) -> Done {
    command::run(cargo(line).current_dir(command::root().join(folder)))
}

fn format() -> Done {
    run("fmt --all --check")?;
    OTHER_WORKSPACES
        .into_iter()
        .try_for_each(|folder| in_workspace(folder, "fmt --check"))
}

fn tests() -> Done {
    selected(&format!(
        "not ({BROWSER}) and not ({OATHTOOL}) and not ({POSTGRES})"
    ))
}

/// Runs the tests that a filter of nextest selects. The packages and features are the same each time, so that all is built
/// once.
fn selected(filter: &str) -> Done {
    let quiet = "--no-fail-fast --status-level slow --final-status-level fail";
    command::run(cargo(NEXTEST).args(quiet.split(' ')).args(["-E", filter]))
}

/// A step of its own, because it wants the machine to itself.
fn browser() -> Done {
    command::run(cargo(NEXTEST).args(["--no-capture", "-E", BROWSER]))
}
