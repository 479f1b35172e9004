//! The tool as its users run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::unreachable,
    reason = "a test may fail loudly"
)]

mod accounts;
mod audit;
mod backup;
mod backups;
mod centre;
mod databases;
mod decisions;
mod edge;
mod exit_codes;
mod import;
mod import_dry_run;
mod import_faults;
mod import_large;
mod import_oracles;
mod import_race;
mod keys;
mod manual;
mod moving;
mod operations;
mod owners;
mod passkeys;
mod postgres;
mod qr;
mod reports;
mod shop;
mod sources;
mod sync;
mod tokens;

use std::path::Path;
use std::process::{Command, Output};

use loquet::wait;
use serde_json::Value;

/// The tool with these words.
fn loquet(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loquet"));
    command.args(words);
    command.env_remove("LOQUET_KEYS");
    command
}

/// Writes a key file as the service does: for its owner alone.
fn write_key(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// The exit code and what was printed: standard error where standard output is empty.
fn said(output: &Output) -> (Option<i32>, &str) {
    let out = std::str::from_utf8(&output.stdout).unwrap();
    let error = std::str::from_utf8(&output.stderr).unwrap();
    (
        output.status.code(),
        if out.is_empty() { error } else { out },
    )
}
