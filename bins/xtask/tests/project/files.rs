//! What no lint checks: the length of files, and that nothing replaces the lints.

use std::fs;

use crate::{files_below, root, rust_files_below};

const LONGEST_FILE: usize = 400;

#[test]
fn no_source_file_is_too_long() {
    for folder in ["crates", "bins", "examples", "fuzz", "benches"] {
        for file in rust_files_below(folder) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            let name = file.display();
            assert!(lines <= LONGEST_FILE, "{name} has {lines} lines");
        }
    }
}

/// Clippy reads the nearest file alone: a second one would silently lift the bans for all below it.
#[test]
fn one_clippy_file_bans_calls_in_crates() {
    let mut found = files_below(&root().join("crates"));
    found.retain(|file| file.ends_with("clippy.toml") || file.ends_with(".clippy.toml"));
    assert_eq!(found, [root().join("crates/clippy.toml")]);
}

#[test]
fn every_package_takes_the_lint_table() {
    for folder in ["crates", "bins", "examples"] {
        let mut manifests = files_below(&root().join(folder));
        // A workspace of its own, as embedders have.
        manifests
            .retain(|file| file.ends_with("Cargo.toml") && !file.ends_with("own-store/Cargo.toml"));
        assert!(!manifests.is_empty(), "{folder}");
        for manifest in manifests {
            let text = fs::read_to_string(&manifest).unwrap();
            let takes = text.contains("[lints]\nworkspace = true");
            assert!(takes, "{}", manifest.display());
        }
    }
}
