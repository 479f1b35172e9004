//! Starting other programs, from the project's root, with a sentence when one fails.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a chore comes to: nothing, or a sentence that says what to do.
pub(crate) type Done = Result<(), String>;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// `cargo LINE` in the project's root; the line is split at its spaces.
pub(crate) fn cargo(line: &str) -> Command {
    program("cargo", line.split_whitespace())
}

/// `PROGRAM ARGUMENTS` in the project's root.
pub(crate) fn program(
    name: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).args(arguments);
    // `cargo run` tells this program about its own package and toolchain. A cargo below must not
    // inherit that: `+nightly` would be mixed with it, and build scripts would see another package.
    for (key, _) in std::env::vars_os() {
        let inherited = key.to_str().is_some_and(|key| {
            key == "CARGO" || key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_")
        });
        if inherited {
            command.env_remove(key);
        }
    }
    command
}

/// Runs a command in the open; its failure is named by the command line.
pub(crate) fn run(command: &mut Command) -> Done {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", shown(command))),
        Err(why) => Err(format!("`{}` did not start: {why}", shown(command))),
    }
}

/// What a command prints, or nothing when it cannot be run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
