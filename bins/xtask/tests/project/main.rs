//! What the README, the conformance ledger and the contributors' rules say of the project, against
//! the project.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod files;
mod inventory;
mod ledger;
mod picture;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the workspace's `Cargo.toml`.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_path_buf()
}

/// All files below a folder, but for what cargo builds.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            files.push(path);
        } else if !path.ends_with("target") {
            files.extend(files_below(&path));
        }
    }
    files
}

fn rust_files_below(folder: &str) -> Vec<PathBuf> {
    let mut files = files_below(&root().join(folder));
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
}
