//! `cargo xtask test`: everything a change must pass.
//!
//! Clippy, the docs and the tests share `target/`, so that dependencies are checked once and built
//! once. The fuzz and bench workspaces have target folders of their own, because other flags and
//! other peers would throw the first one away.

use std::process::ExitCode;

use crate::chores;
use crate::command::{self, Done, cargo};
use crate::lowest;
use crate::no_std;
use crate::report::Report;
use crate::tools;

/// The crates that work with every feature off.
pub(crate) const ENGINES: [&str; 4] = [
    "loquet-otp",
    "loquet-enrollment",
    "loquet-policy",
    "loquet-ipfilter",
];

/// The browser test runs as a step of its own: it wants the machine to itself.
const NOT_THE_BROWSER: &str = "not binary_id(loquet-demo::browser)";

/// Runs all steps and reports.
pub(crate) fn run() -> ExitCode {
    let mut report = Report::default();
    report.step(
        "packages",
        "Debian packages that the tests use",
        tools::packages,
    );
    report.step("tools", "cargo-nextest and cargo-fuzz", || {
        tools::subcommand("cargo-nextest")?;
        tools::subcommand("cargo-fuzz")
    });
    report.step("format", "rustfmt, in all four workspaces", format);
    report.step(
        "clippy",
        "the workspace's lint table, each warning an error",
        || {
            command::run(&mut cargo([
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-D",
                "warnings",
            ]))
        },
    );
    report.step("docs", "documentation without a warning", chores::doc);
    report.step(
        "tests",
        "every test but the browser's, all features",
        || {
            command::run(&mut cargo([
                "nextest",
                "run",
                "--cargo-quiet",
                "--workspace",
                "--all-features",
                "--no-fail-fast",
                "--status-level",
                "slow",
                "--final-status-level",
                "fail",
                "-E",
                NOT_THE_BROWSER,
            ]))
        },
    );
    report.step("doctests", "the examples in the documentation", || {
        command::run(&mut cargo([
            "test",
            "--quiet",
            "--doc",
            "--workspace",
            "--all-features",
        ]))
    });
    report.step(
        "bare engines",
        "the engines with every feature off",
        bare_engines,
    );
    report.step(
        "no_std",
        "loquet-otp without std and without an allocator",
        no_std::prove,
    );
    report.step(
        "rusqlite",
        "the store over the lowest rusqlite that it allows",
        lowest::prove,
    );
    report.step(
        "own store",
        "an embedder's store over sqlx passes the contract",
        own_store,
    );
    report.step("browser", "the whole path in headless Chromium", || {
        command::run(&mut cargo([
            "nextest",
            "run",
            "--cargo-quiet",
            "--package",
            "loquet-demo",
            "--all-features",
            "--test",
            "browser",
            "--no-capture",
        ]))
    });
    report.step("benches", "the benchmarks compile", || {
        command::run(
            cargo(["check", "--quiet", "--benches", "--all-features"])
                .current_dir(command::root().join("benches")),
        )
    });
    report.step(
        "fuzz",
        "each fuzz target for five seconds on nightly",
        || chores::fuzz_seconds(None, 5),
    );
    report.close()
}

fn own_store() -> Done {
    let folder = command::root().join("examples").join("own-store");
    command::run(cargo(["test", "--quiet"]).current_dir(folder))
}

fn format() -> Done {
    command::run(&mut cargo(["fmt", "--all", "--check"]))?;
    ["fuzz", "benches", "examples/own-store"]
        .into_iter()
        .try_for_each(|folder| {
            let manifest = format!("{folder}/Cargo.toml");
            command::run(&mut cargo(["fmt", "--check", "--manifest-path", &manifest]))
        })
}

fn bare_engines() -> Done {
    let packages = ENGINES.iter().flat_map(|engine| ["--package", *engine]);
    command::run(&mut cargo(
        [
            "nextest",
            "run",
            "--cargo-quiet",
            "--no-default-features",
            "--no-fail-fast",
            "--status-level",
            "slow",
            "--final-status-level",
            "fail",
        ]
        .into_iter()
        .chain(packages),
    ))
}
