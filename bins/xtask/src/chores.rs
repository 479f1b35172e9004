//! The chores that people run by name; some are also steps of `cargo xtask test`.

use std::fs;

use crate::command::{Done, cargo, output, root, run};
use crate::suite::ENGINES;
use crate::tools;

/// The packages with long tests, marked `#[ignore]` so that nobody waits for them by accident.
const LONG: [&str; 5] = [
    "loquet-ipfilter",
    "loquet",
    "loquet-enrollment",
    "loquet-sqlite",
    "loquet-policy",
];

/// Runs one benchmark or all.
pub(crate) fn bench(name: Option<&str>) -> Done {
    let chosen = match name {
        // Each benchmark has a feature of its name, which brings its peers and no others.
        Some(name) => vec!["--features", name, "--bench", name],
        None => vec!["--all-features", "--benches"],
    };
    run(cargo(["bench"].into_iter().chain(chosen)).current_dir(root().join("benches")))
}

/// Fuzzes one target or all, for whole minutes each.
pub(crate) fn fuzz(target: Option<&str>, minutes: u32) -> Done {
    tools::subcommand("cargo-fuzz")?;
    fuzz_seconds(target, u64::from(minutes).saturating_mul(60))
}

/// Fuzzes one target or all, for `seconds` each. What is found goes into folders that git ignores;
/// the committed corpus is only read.
pub(crate) fn fuzz_seconds(target: Option<&str>, seconds: u64) -> Done {
    let toolchain = format!("+{}", tools::nightly()?);
    let listed = output(&mut cargo([toolchain.as_str(), "fuzz", "list"]))
        .ok_or("`cargo fuzz list` failed: is fuzz/Cargo.toml sound?")?;
    let known: Vec<&str> = listed.split_whitespace().collect();
    let targets = match target {
        Some(name) if known.contains(&name) => vec![name],
        Some(name) => {
            return Err(format!(
                "no fuzz target {name:?}; there are: {}",
                known.join(", ")
            ));
        }
        None if known.is_empty() => return Err("fuzz/Cargo.toml names no target".to_owned()),
        None => known,
    };
    // All targets are built at once, and without a sanitizer: the code has no unsafe for one to
    // watch, and it would halve the speed of the search. Debug assertions and overflow checks are on.
    run(&mut cargo([
        toolchain.as_str(),
        "fuzz",
        "build",
        "--sanitizer",
        "none",
    ]))?;
    let fuzz = root().join("fuzz");
    let time = format!("-max_total_time={seconds}");
    for target in targets {
        println!("--- {target}, {seconds} s");
        let found = fuzz.join("corpus-found").join(target);
        let seeds = fuzz.join("corpus").join(target);
        fs::create_dir_all(&found).map_err(|why| format!("{}: {why}", found.display()))?;
        let mut command = cargo([
            toolchain.as_str(),
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            target,
        ]);
        // libFuzzer writes into the first folder and reads all.
        command.arg(&found);
        if seeds.is_dir() {
            command.arg(&seeds);
        }
        // A crash prints its input; the running commentary is for people who fuzz by the hour.
        run(command.args([
            "--",
            &time,
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            "-verbosity=0",
        ]))?;
    }
    Ok(())
}

/// Soaks the store, optimised, for some minutes; the table is its last words.
pub(crate) fn soak(minutes: u32) -> Done {
    run(cargo([
        "test",
        "--quiet",
        "--release",
        "--package",
        "loquet-sqlite",
        "--all-features",
        "--test",
        "sqlite",
        "--",
        "--ignored",
        "--exact",
        "soak::soak",
        "--nocapture",
    ])
    .env("LOQUET_SOAK_MINUTES", minutes.to_string()))
}

/// Runs the ignored tests, optimised, but for the soak and those that write what others compare with.
pub(crate) fn long() -> Done {
    tools::subcommand("cargo-nextest")?;
    let packages = LONG.iter().flat_map(|package| ["--package", *package]);
    run(&mut cargo(
        [
            "nextest",
            "run",
            "--release",
            "--all-features",
            "--run-ignored",
            "only",
            "--no-capture",
            "-E",
            "not test(=soak::soak) and not test(write_the_)",
        ]
        .into_iter()
        .chain(packages),
    ))
}

/// Runs cargo-mutants on one engine or on all four.
pub(crate) fn mutants(package: Option<&str>) -> Done {
    let chosen = match package {
        Some(name) if ENGINES.contains(&name) => vec![name],
        Some(name) => {
            return Err(format!(
                "{name:?} is not an engine; those are: {}",
                ENGINES.join(", ")
            ));
        }
        None => ENGINES.to_vec(),
    };
    tools::subcommand("cargo-mutants")?;
    let packages = chosen.into_iter().flat_map(|name| ["--package", name]);
    run(&mut cargo(
        ["mutants", "--all-features", "--test-tool", "nextest"]
            .into_iter()
            .chain(packages),
    ))
}

/// Builds the documentation; a warning is an error.
pub(crate) fn doc() -> Done {
    run(cargo([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--all-features",
    ])
    .env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// Runs the test of time, optimised; its t-values want a quiet machine.
pub(crate) fn timing() -> Done {
    run(&mut cargo([
        "test",
        "--quiet",
        "--release",
        "--package",
        "loquet-otp",
        "--test",
        "timing",
        "--",
        "--ignored",
        "--nocapture",
    ]))
}

/// Runs tests of `loquet-otp` in Miri, which sees what the hash functions below it do with memory: those that reach all of
/// its code with few codes, because a code takes a hundred thousand times longer there.
pub(crate) fn miri() -> Done {
    let nightly = tools::nightly()?;
    tools::component("miri", &nightly)?;
    tools::component("rust-src", &nightly)?;
    let toolchain = format!("+{nightly}");
    run(&mut cargo([
        toolchain.as_str(),
        "miri",
        "test",
        "--package",
        "loquet-otp",
        "--all-features",
        "--test",
        "otp",
        "--",
        "vectors::",
        "codes::",
        "printing::",
        "serde::",
        "moved::",
    ]))
}
