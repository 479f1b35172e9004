//! The chores that people run by name; some are also steps of `cargo xtask test`.

use std::fs;

use crate::command::{Done, cargo, output, program, root, run};
use crate::tools;

/// The crates whose rules cargo-mutants changes: the four engines, and what runs them.
const MUTATED: [&str; 5] = [
    "loquet-otp",
    "loquet-enrollment",
    "loquet-policy",
    "loquet-ipfilter",
    "loquet",
];

/// Fuzzes one target or all, for whole minutes each.
pub(crate) fn fuzz(target: Option<&str>, minutes: u32) -> Done {
    tools::subcommand("cargo-fuzz")?;
    fuzz_seconds(target, u64::from(minutes).saturating_mul(60))
}

/// Fuzzes one target or all, for `seconds` each. What is found goes into folders that git ignores;
/// the committed corpus is only read.
pub(crate) fn fuzz_seconds(target: Option<&str>, seconds: u64) -> Done {
    let toolchain = tools::nightly()?;
    let listed = output(&mut cargo(&format!("+{toolchain} fuzz list")))
        .ok_or("`cargo fuzz list` failed: is fuzz/Cargo.toml sound?")?;
    let known: Vec<&str> = listed.split_whitespace().collect();
    let targets = match target {
        Some(name) if known.contains(&name) => vec![name],
        Some(name) => {
            let known = known.join(", ");
            return Err(format!("no fuzz target {name:?}; there are: {known}"));
        }
        None if known.is_empty() => return Err("fuzz/Cargo.toml names no target".to_owned()),
        None => known,
    };
    // All targets are built at once, and without a sanitizer: the code has no unsafe for one to
    // watch, and it would halve the speed of the search. Debug assertions and overflow checks are on.
    run(&mut cargo(&format!(
        "+{toolchain} fuzz build --sanitizer none"
    )))?;
    for target in targets {
        println!("--- {target}, {seconds} s");
        let found = root().join("fuzz").join("corpus-found").join(target);
        let seeds = root().join("fuzz").join("corpus").join(target);
        fs::create_dir_all(&found).map_err(|why| format!("{}: {why}", found.display()))?;
        let mut command = cargo(&format!("+{toolchain} fuzz run --sanitizer none {target}"));
        // libFuzzer writes into the first folder and reads all.
        command.arg(&found);
        if seeds.is_dir() {
            command.arg(&seeds);
        }
        // A crash prints its input; the running commentary is for people who fuzz by the hour.
        let options = format!(
            "-- -max_total_time={seconds} -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0"
        );
        run(command.args(options.split(' ')))?;
    }
    Ok(())
}

/// Soaks both stores, optimised, for some minutes each; a table is the last words of each.
pub(crate) fn soak(minutes: u32) -> Done {
    ["sqlite", "postgres"].into_iter().try_for_each(|store| {
        run(cargo(&format!(
            "test --quiet --release --package loquet-{store} --all-features --test {store} \
             -- --ignored --exact soak::soak --nocapture"
        ))
        .env("LOQUET_SOAK_MINUTES", minutes.to_string()))
    })
}

/// Runs the ignored tests, optimised, but for the soak and those that write what others compare with.
pub(crate) fn long() -> Done {
    tools::subcommand("cargo-nextest")?;
    run(cargo(
        "nextest run --release --all-features --run-ignored only --no-capture \
         --package loquet --package loquet-enrollment --package loquet-ipfilter \
         --package loquet-policy --package loquet-sqlite --package loquet-postgres --package loquet-cli -E",
    )
    .arg("not test(=soak::soak) and not test(write_the_)"))
}

/// Changes one operator or body at a time and looks for changes that no test notices. The settings
/// are in `.cargo/mutants.toml`.
pub(crate) fn mutants(package: Option<&str>, shard: Option<&str>) -> Done {
    let chosen = match package {
        Some(name) if MUTATED.contains(&name) => vec![name],
        Some(name) => {
            let known = MUTATED.join(", ");
            return Err(format!("{name:?} is not among {known}"));
        }
        None => MUTATED.to_vec(),
    };
    tools::subcommand("cargo-nextest")?;
    tools::subcommand("cargo-mutants")?;
    let mut command = cargo("mutants");
    // That a property fails is enough; its smallest case is for people.
    command.env("PROPTEST_MAX_SHRINK_ITERS", "0");
    for name in chosen {
        command.args(["--package", name]);
    }
    if let Some(shard) = shard {
        command.args(["--shard", shard]);
    }
    run(&mut command)
}

/// Builds the documentation; a warning is an error.
pub(crate) fn doc() -> Done {
    run(cargo("doc --quiet --workspace --no-deps --all-features").env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// Checks the published crates' signatures. Rustdoc's JSON is unstable: a compiler that is much newer than the tool writes
/// what it cannot read, which is why no test waits for it.
pub(crate) fn signatures() -> Done {
    tools::subcommand("cargo-check-external-types")?;
    let mut crates = MUTATED.to_vec();
    crates.extend(["loquet-sqlite", "loquet-mail", "loquet-webauthn"]);
    crates.extend(["loquet-tower", "loquet-web"]);
    crates.into_iter().try_for_each(|name| {
        let manifest = format!("--manifest-path crates/{name}/Cargo.toml");
        let mut check = cargo(&format!("check-external-types --all-features {manifest}"));
        run(check.env("RUSTC_BOOTSTRAP", "1"))
    })
}

/// Measures the demo's memory, optimised, while a crowd of strangers logs in.
pub(crate) fn memory() -> Done {
    run(&mut cargo(
        "test --quiet --release --package loquet-demo --test starts \
         -- --ignored --exact crowds::crowd_is_served_in_120_mib --nocapture",
    ))
}

/// Runs the test of time, optimised; its t-values want a quiet machine.
pub(crate) fn timing() -> Done {
    run(&mut cargo(
        "test --quiet --release --package loquet-otp --test timing -- --ignored --nocapture",
    ))
}

/// Runs tests of `loquet-otp` in Miri, which sees what the hash functions below it do with memory: those that reach all of
/// its code with few codes, because a code takes a hundred thousand times longer there.
pub(crate) fn miri() -> Done {
    let nightly = tools::nightly()?;
    for component in ["miri", "rust-src"] {
        let add = ["component", "add", "--toolchain", &nightly, component];
        run(&mut program("rustup", add))?;
    }
    run(&mut cargo(&format!(
        "+{nightly} miri test --package loquet-otp --all-features \
         --test otp -- vectors:: codes:: printing:: serde:: interop::"
    )))
}
