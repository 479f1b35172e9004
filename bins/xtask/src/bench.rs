//! Running benchmarks, and writing what they print into the documentation of the crate they measure.

use std::fmt::Display;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::command::{Done, cargo, output, program, root, run};

/// The benchmarks that documentation shows, and the crates in whose `docs/measured.md` they stand.
const DOCUMENTS: [(&str, &str); 4] = [
    ("otp", "loquet-otp"),
    ("ipfilter", "loquet-ipfilter"),
    ("store", "loquet-sqlite"),
    ("postgres", "loquet-postgres"),
];

/// The lines of `measured.md` between which a benchmark's figures stand.
const BEGIN: &str = "<!-- figures: begin -->\n";
const END: &str = "<!-- figures: end -->\n";

/// A benchmark that prints more than the documentation shows puts that part behind this line.
const ONLY: &str = "\n# For docs/measured.md\n";

/// Runs one benchmark or all; with `write`, puts what they print into the documentation.
pub(crate) fn bench(name: Option<&str>, write: bool) -> Done {
    match name {
        Some(name) if write => write_figures(name),
        None if write => DOCUMENTS
            .iter()
            .try_for_each(|(name, _)| write_figures(name)),
        Some(name) => run(&mut one(name)),
        None => run(cargo("bench --all-features --benches").current_dir(folder())),
    }
}

/// Each benchmark has a feature of its name, which brings its peers and no others.
fn one(name: &str) -> Command {
    let mut command = cargo(&format!("bench --features {name} --bench {name}"));
    command.current_dir(folder());
    command
}

fn folder() -> PathBuf {
    root().join("benches")
}

fn write_figures(name: &str) -> Done {
    let (_, crate_name) = DOCUMENTS
        .iter()
        .find(|(bench, _)| *bench == name)
        .ok_or_else(|| {
            format!("no crate's documentation has a place for the benchmark {name:?}")
        })?;
    let path = root()
        .join("crates")
        .join(crate_name)
        .join("docs")
        .join("measured.md");
    let said = |why: &dyn Display| format!("{}: {why}", path.display());
    let page = fs::read_to_string(&path).map_err(|why| said(&why))?;
    // Before the benchmark runs, which takes minutes.
    replaced(&page, "")
        .ok_or_else(|| said(&"the lines between which figures stand are missing"))?;
    let printed = shown_and_kept(&mut one(name))?;
    let shown = printed.split_once(ONLY).map_or(&*printed, |(_, only)| only);
    let figures = format!("{}\n\n{}\n", machine(), shown.trim());
    let page = replaced(&page, &figures).unwrap_or(page);
    fs::write(&path, page).map_err(|why| said(&why))
}

/// The page with other figures, or `None` where it has no place for them.
fn replaced(page: &str, figures: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{figures}{END}{after}"))
}

/// Runs a command in the open, and keeps what it prints.
fn shown_and_kept(command: &mut Command) -> Result<String, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("cargo did not start: {why}"))?;
    let mut kept = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("{line}");
            kept.push_str(&line);
            kept.push('\n');
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(kept),
        Ok(status) => Err(format!("the benchmark ended with {status}")),
        Err(why) => Err(format!("the benchmark: {why}")),
    }
}

/// What the figures were measured with and on.
fn machine() -> String {
    let compiler = output(&mut program("rustc", ["--version"])).unwrap_or_default();
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("Measured on {threads} × {model}, {}.", compiler.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_replaced_and_text_around_them_stays() {
        let page = format!("above\n{BEGIN}old\n{END}below\n");
        let new = format!("above\n{BEGIN}new\n{END}below\n");
        assert_eq!(replaced(&page, "new\n"), Some(new));
        assert_eq!(replaced("no place\n", "new\n"), None);
    }
}
