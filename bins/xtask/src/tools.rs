//! The programs that the tests need, and how they come onto the machine.

use std::io::{self, IsTerminal as _, Write as _};

use crate::command::{Done, cargo, output, program, run};

/// A program, or what else a test looks for on the machine.
#[derive(Debug)]
struct Tool {
    /// As its source names it.
    name: &'static str,
    source: Source,
    /// The program, or the file, by which one sees that it is there.
    sign: &'static str,
    /// What is left out without it.
    without: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Debian,
    CratesIo,
    Rustup,
}

const fn tool(
    source: Source,
    name: &'static str,
    sign: &'static str,
    without: &'static str,
) -> Tool {
    Tool {
        name,
        source,
        sign,
        without,
    }
}

/// The server's own programs are not in `PATH`; this comes with them.
const POSTGRES: &str = "/usr/bin/pg_createcluster";
const PGBOUNCER: &str = "/usr/sbin/pgbouncer";
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

#[rustfmt::skip]
const TOOLS: [Tool; 12] = [
    tool(Source::Debian, "chromium", "chromium", "the browser test"),
    tool(Source::Debian, "chromium-driver", "chromedriver", "the browser test"),
    tool(Source::Debian, "fonts-dejavu-core", FONT, "letters in the browser test's pictures"),
    tool(Source::Debian, "python3", "python3", "comparing networks with Python's ipaddress"),
    tool(Source::Debian, "zbar-tools", "zbarimg", "reading QR codes with zbar"),
    tool(Source::Debian, "oathtool", "oathtool", "comparing imported authenticators with oathtool"),
    tool(Source::Debian, "postgresql", POSTGRES, "the store in PostgreSQL"),
    tool(Source::Debian, "pgbouncer", PGBOUNCER, "the store in PostgreSQL behind PgBouncer"),
    tool(Source::CratesIo, "cargo-nextest", "cargo-nextest", "all tests but those in the documentation"),
    tool(Source::CratesIo, "cargo-fuzz", "cargo-fuzz", "fuzzing"),
    tool(Source::CratesIo, "cargo-hack", "cargo-hack", "each crate with each of its features alone"),
    tool(Source::Rustup, "nightly", "", "fuzzing"),
];

impl Tool {
    fn is_installed(&self) -> bool {
        match self.source {
            Source::Rustup => nightly().is_ok(),
            Source::Debian | Source::CratesIo => on_path(self.sign),
        }
    }
}

/// What is done about missing tools of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Install,
    /// Ask the person at the terminal first.
    Ask,
    LeaveOut,
}

/// A person is asked before the system changes. Continuous integration has no terminal and no one to
/// ask, and installs.
const fn plan(source: Source, no_install: bool, on_terminal: bool) -> Plan {
    match source {
        _ if no_install => Plan::LeaveOut,
        Source::Debian if on_terminal => Plan::Ask,
        Source::Debian | Source::CratesIo | Source::Rustup => Plan::Install,
    }
}

/// Installs the tools that are missing, unless `no_install` or the person at the terminal says no.
/// What is then still missing is added to `missing`, after a line that says what is left out.
pub(crate) fn set_up(no_install: bool, missing: &mut Vec<&'static str>) -> Done {
    let mut failures = Vec::new();
    for source in [Source::Debian, Source::CratesIo, Source::Rustup] {
        let wanted: Vec<&Tool> = TOOLS
            .iter()
            .filter(|tool| tool.source == source && !tool.is_installed())
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let names: Vec<&str> = wanted.iter().map(|tool| tool.name).collect();
        let install = match plan(source, no_install, io::stdin().is_terminal()) {
            Plan::Install => true,
            Plan::Ask => ask(&names)?,
            Plan::LeaveOut => false,
        };
        if install {
            failures.extend(install_from(source, &names).err());
        } else {
            for tool in &wanted {
                println!(
                    "{} is not installed, which leaves out {}",
                    tool.name, tool.without
                );
            }
            missing.extend(names);
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("; "))
    }
}

fn ask(packages: &[&str]) -> Result<bool, String> {
    print!(
        "Install the Debian packages {}? [Y/n] ",
        packages.join(", ")
    );
    let mut answer = String::new();
    let read = io::stdout()
        .flush()
        .and_then(|()| io::stdin().read_line(&mut answer));
    read.map_err(|why| format!("the terminal: {why}"))?;
    Ok(means_yes(&answer))
}

/// An empty line takes the default, which is yes. The end of the input answers nothing.
fn means_yes(answer: &str) -> bool {
    answer.ends_with('\n') && ["", "y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

fn install_from(source: Source, names: &[&str]) -> Done {
    match source {
        Source::Debian => install_packages(names),
        Source::CratesIo => names.iter().try_for_each(|name| subcommand(name)),
        Source::Rustup => names.iter().try_for_each(|toolchain| {
            let arguments = ["toolchain", "install", "--profile", "minimal", toolchain];
            run(&mut program("rustup", arguments))
        }),
    }
}

fn install_packages(names: &[&str]) -> Done {
    let names = names.join(" ");
    let by_hand = format!("run `sudo apt-get install {names}`");
    if !on_path("apt-get") {
        return Err(format!(
            "this is not a Debian machine: install what {names} stand for"
        ));
    }
    let is_root = output(&mut program("id", ["-u"])).is_some_and(|id| id.trim() == "0");
    let prefix = if is_root {
        ""
    } else if output(&mut program("sudo", ["-n", "true"])).is_some() {
        "sudo -n "
    } else {
        return Err(format!("this account may not install packages: {by_hand}"));
    };
    let apt = |arguments: &str| {
        let line = format!("{prefix}env DEBIAN_FRONTEND=noninteractive apt-get -qq {arguments}");
        let mut words = line.split(' ');
        run(&mut program(words.next().unwrap_or_default(), words))
    };
    // An old index may name packages that are gone; where it cannot be renewed, it may still do.
    if let Err(why) = apt("update") {
        println!("note: {why}; the old index is used");
    }
    apt(&format!("install --yes --no-install-recommends {names}"))
        .map_err(|why| format!("{why}; {by_hand}"))
}

/// Installs a subcommand of cargo when it is missing.
pub(crate) fn subcommand(name: &str) -> Done {
    if on_path(name) {
        return Ok(());
    }
    println!("{name} is not installed: building it");
    run(&mut cargo(&format!("install --locked --quiet {name}")))
}

/// The nightly toolchain's name as rustup has it; libFuzzer's flags and Miri exist only there.
pub(crate) fn nightly() -> Result<String, String> {
    let listed = output(&mut program("rustup", ["toolchain", "list"])).unwrap_or_default();
    listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|name| name.starts_with("nightly"))
        .map(str::to_owned)
        .ok_or_else(|| {
            "fuzzing and Miri need a nightly toolchain: \
             run `rustup toolchain install nightly --profile minimal`"
                .to_owned()
        })
}

/// Whether a folder of `PATH` has this program. An absolute path is looked for where it says.
fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_system_packages_are_asked_about() {
        assert_eq!(plan(Source::Debian, false, true), Plan::Ask);
        assert_eq!(plan(Source::Debian, false, false), Plan::Install);
        assert_eq!(plan(Source::CratesIo, false, true), Plan::Install);
        assert_eq!(plan(Source::Rustup, false, true), Plan::Install);
    }

    #[test]
    fn no_install_installs_nothing_and_asks_nothing() {
        for source in [Source::Debian, Source::CratesIo, Source::Rustup] {
            for on_terminal in [false, true] {
                assert_eq!(plan(source, true, on_terminal), Plan::LeaveOut);
            }
        }
    }

    #[test]
    fn end_of_input_is_no_consent() {
        for yes in ["\n", "y\n", "Yes\r\n"] {
            assert!(means_yes(yes), "{yes:?}");
        }
        for no in ["", "y", "n\n", "no\n", "later\n"] {
            assert!(!means_yes(no), "{no:?}");
        }
    }
}
