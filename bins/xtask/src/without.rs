//! The rules with one thing taken out at a time: a statement, a condition, an arm, a guard, a whole function.
//!
//! All of it is compiled once, each thing behind a switch that an environment variable throws, so that a thousand runs
//! of the tests take minutes. What a run does not miss is a line that no promise needs, or a promise without a test.

mod engines;
mod switches;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Done, cargo, root};
use engines::{ENGINES, Engine};
use switches::{Switch, instrument};

/// A test that takes longer does not end.
const PATIENCE: Duration = Duration::from_secs(120);
const ENDLESS: &str = "does not end";

/// The switch: which is thrown is asked of the environment once.
const SWITCHES: &str = r#"
extern crate std;

static THROWN: std::sync::OnceLock<u32> = std::sync::OnceLock::new();

#[doc(hidden)]
pub fn without(switch: u32) -> bool {
    *THROWN.get_or_init(|| {
        let thrown = std::env::var("LOQUET_WITHOUT").ok();
        thrown.and_then(|number| number.parse().ok()).unwrap_or(0)
    }) == switch
}

#[doc(hidden)]
pub fn decided(yes: u32, no: u32, condition: bool) -> bool {
    without(yes) || (!without(no) && condition)
}
"#;

/// What came of one switch: the test that missed it, if one did.
type Missed = Option<String>;

/// Of one engine or all, in the files whose names begin so.
pub(crate) fn without(name: Option<&str>, files: &[String]) -> Done {
    let chosen: Vec<&Engine> = ENGINES
        .iter()
        .filter(|engine| name.is_none_or(|name| engine.name == name))
        .collect();
    if chosen.is_empty() {
        let known = ENGINES.map(|engine| engine.name);
        return Err(format!(
            "nothing is taken out of {:?}; there are: {}",
            name.unwrap_or_default(),
            known.join(", ")
        ));
    }
    chosen
        .into_iter()
        .try_for_each(|engine| take_apart(engine, files))
}

fn take_apart(engine: &Engine, files: &[String]) -> Done {
    all_is_accounted_for(engine)?;
    let folder = root().join("target/without").join(engine.name);
    let package = folder.join("crates").join(engine.package);
    let switches =
        lay(engine, files, &folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    println!("{}: {} things to take out", engine.name, switches.len());
    let tests = build(engine, &folder, &package)?;
    if let Some(test) = run_tests(&tests, &package, 0, &folder.join("whole.txt"))? {
        return Err(format!("with nothing taken out, a test fails: {test}"));
    }
    let missed = take_out(&switches, &tests, &package, &folder)?;
    let mut report = String::new();
    let mut unexplained = 0_usize;
    let endless = missed.iter().flatten();
    let endless = endless.filter(|test| test.ends_with(ENDLESS)).count();
    if endless > 0 {
        println!("{endless} of them are missed by a test that did not end in {PATIENCE:?}");
    }
    for (switch, missed) in switches.iter().zip(&missed) {
        let Switch { file, line, what } = switch;
        let explained = engine
            .explained
            .iter()
            .find(|(known, thing, _)| known == file && thing == what);
        let verdict = match (missed, explained) {
            (Some(test), _) => test.clone(),
            (None, Some((_, _, why))) => format!("nobody misses it: {why}"),
            (None, None) => {
                unexplained = unexplained.saturating_add(1);
                println!("{file}:{line}: nobody misses: {what}");
                "nobody misses it".to_owned()
            }
        };
        report.push_str(&format!("{file}:{line}\t{what}\t{verdict}\n"));
    }
    for (file, thing, _) in engine.explained {
        let stands = switches.iter().zip(&missed).any(|(switch, missed)| {
            switch.file == *file && switch.what == *thing && missed.is_none()
        });
        if files.is_empty() && !stands {
            unexplained = unexplained.saturating_add(1);
            println!("{file}: explained, and missed or gone: {thing}");
        }
    }
    let path = folder.join("report.txt");
    fs::write(&path, report).map_err(|why| format!("{}: {why}", path.display()))?;
    println!("what misses each: {}", path.display());
    match unexplained {
        0 => Ok(()),
        left => Err(format!(
            "{left} things that no test misses, or explained in vain"
        )),
    }
}

/// Every file of the crate is taken apart or left out on purpose: a new one is not forgotten.
fn all_is_accounted_for(engine: &Engine) -> Done {
    let source = root().join("crates").join(engine.package).join("src");
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|why| why.to_string())?.path();
            let name = path.strip_prefix(&source).unwrap_or(&path);
            let is_known = engine.files.iter().any(|file| name == Path::new(file))
                || engine.left.iter().any(|left| name.starts_with(left))
                || engine
                    .left
                    .iter()
                    .any(|left| name == Path::new(left).with_extension("rs"));
            if path.is_dir() {
                folders.push(path);
            } else if name.extension().is_some_and(|it| it == "rs")
                && !name.ends_with("tests.rs")
                && !is_known
            {
                return Err(format!(
                    "{} is neither taken apart nor left out",
                    path.display()
                ));
            }
        }
    }
    Ok(())
}

/// A copy of the crate with its switches, in a workspace of its own, beside what it is built with.
fn lay(engine: &Engine, files: &[String], folder: &Path) -> io::Result<Vec<Switch>> {
    for place in engine.beside.iter().chain([&engine.package]) {
        let to = folder.join("crates").join(place);
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        copy(&root().join("crates").join(place), &to)?;
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml"))?;
    let members = ["members", "default-members", "exclude"];
    let kept = workspace
        .lines()
        .filter(|line| !members.iter().any(|key| line.starts_with(key)));
    let mut workspace: String = kept.flat_map(|line| [line, "\n"]).collect();
    let member = format!("[workspace]\nmembers = [\"crates/{}\"]", engine.package);
    workspace = workspace.replacen("[workspace]", &member, 1);
    fs::write(folder.join("Cargo.toml"), workspace)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let source = folder.join("crates").join(engine.package).join("src");
    let mut switches = Vec::new();
    let asked = |file: &&&str| {
        files.is_empty() || files.iter().any(|asked| file.starts_with(asked.as_str()))
    };
    for file in engine.files.iter().filter(asked) {
        let path = source.join(file);
        let text = instrument(file, &fs::read_to_string(&path)?, &mut switches);
        fs::write(&path, text.map_err(io::Error::other)?)?;
    }
    let lib = source.join("lib.rs");
    let text = fs::read_to_string(&lib)?.replace("#![cfg_attr(not(test), no_std)]", "");
    fs::write(&lib, text + SWITCHES)?;
    Ok(switches)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Builds the tests, and says where cargo put them.
fn build(
    engine: &Engine,
    folder: &Path,
    package: &Path,
) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let mut command = cargo(["test", "--no-run", "--all-features", "--lib"]);
    for test in engine.tests.iter().filter(|test| **test != "unit") {
        command.args(["--test", test]);
    }
    let built = command
        .current_dir(package)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stdout(Stdio::null())
        .output()
        .map_err(|why| format!("cargo did not start: {why}"))?;
    let said = String::from_utf8_lossy(&built.stderr);
    if !built.status.success() {
        return Err(format!("the crate with switches does not build:\n{said}"));
    }
    let place = |test: &str| {
        let source = match test {
            "unit" => "unittests src/lib.rs".to_owned(),
            test => format!("tests/{test}"),
        };
        let line = said.lines().find(|line| line.contains(&source))?;
        let (_, path) = line.rsplit_once('(')?;
        let path = Path::new(path.trim_end_matches(')'));
        Some(package.join(path))
    };
    engine
        .tests
        .iter()
        .map(|test| match place(test) {
            Some(path) => Ok((*test, path)),
            None => Err(format!("cargo does not say where {test} is")),
        })
        .collect()
}

/// Throws each switch in turn, on every processor.
fn take_out(
    switches: &[Switch],
    tests: &[(&str, PathBuf)],
    package: &Path,
    folder: &Path,
) -> Result<Vec<Missed>, String> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Missed)>> = Mutex::default();
    let work = |worker: usize| -> Done {
        let said = folder.join(format!("said-{worker}.txt"));
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= switches.len() {
                return Ok(());
            }
            if at > 0 && at.is_multiple_of(100) {
                println!("{at} of {}", switches.len());
            }
            let missed = run_tests(tests, package, at.saturating_add(1), &said)?;
            let mut found = found.lock().map_err(|_| "a worker fell over")?;
            found.push((at, missed));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let working: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || work(worker)))
            .collect();
        working
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| "a worker fell over")?)
    })?;
    let mut found = found.into_inner().map_err(|_| "a worker fell over")?;
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, missed)| missed).collect())
}

/// Runs the tests without the thing of this number; the first that fails is named.
fn run_tests(
    tests: &[(&str, PathBuf)],
    package: &Path,
    number: usize,
    said: &Path,
) -> Result<Missed, String> {
    for (name, test) in tests {
        let out = fs::File::create(said).map_err(|why| format!("{}: {why}", said.display()))?;
        let mut child = Command::new(test)
            .current_dir(package)
            .env("LOQUET_WITHOUT", number.to_string())
            // That something is missed is enough; the smallest case of it is for people.
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .stdout(out)
            .stderr(Stdio::null())
            .spawn()
            .map_err(|why| format!("{}: {why}", test.display()))?;
        let begun = Instant::now();
        let passed = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status.success(),
                Ok(None) if begun.elapsed() > PATIENCE => {
                    // Whoever cannot be killed has ended by itself.
                    _ = child.kill().and_then(|()| child.wait());
                    return Ok(Some(format!("{name}: {ENDLESS}")));
                }
                Ok(None) => thread::sleep(Duration::from_millis(5)),
                Err(why) => return Err(format!("{name}: {why}")),
            }
        };
        if !passed {
            let said = fs::read_to_string(said).unwrap_or_default();
            let failed = said
                .lines()
                .find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
            return Ok(Some(format!("{name}: {}", failed.unwrap_or("falls over"))));
        }
    }
    Ok(None)
}
