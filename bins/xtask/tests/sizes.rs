//! The house rules that a reviewer would otherwise have to count by hand.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Beyond this nobody holds a file in their head; the aim is half of it.
const LONGEST_FILE: usize = 600;
/// `lib.rs` is a map: what is longer hides the way.
const LONGEST_MAP: usize = 120;
/// `a/b.rs` is as deep as a path may be.
const DEEPEST: usize = 2;

#[test]
fn no_source_file_is_longer_than_six_hundred_lines() {
    let mut long = Vec::new();
    for file in sources() {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > LONGEST_FILE {
            long.push(format!("{} has {lines} lines", file.display()));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_lib_rs_is_a_map() {
    for file in rust_files(&root().join("crates"))
        .into_iter()
        .filter(|file| file.ends_with("src/lib.rs"))
    {
        let lines = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.starts_with("//!") && !line.starts_with("///"))
            .count();
        assert!(
            lines <= LONGEST_MAP,
            "{} has {lines} lines that are not documentation",
            file.display()
        );
    }
}

#[test]
fn modules_are_at_most_two_deep() {
    let mut deep = Vec::new();
    for folder in packages() {
        let source = folder.join("src");
        for file in rust_files(&source) {
            let inside = file.strip_prefix(&source).unwrap();
            let root = inside.file_name().is_some_and(|name| name == "mod.rs");
            let depth = inside.components().count() - usize::from(root);
            if depth > DEEPEST {
                deep.push(format!("{} is {depth} deep", file.display()));
            }
        }
    }
    assert!(deep.is_empty(), "{deep:#?}");
}

/// A second file would silently replace the first for everything below it, and with it the bans.
#[test]
fn the_bans_of_the_core_are_in_one_file_that_nothing_replaces() {
    let crates = root().join("crates");
    let mut found = Vec::new();
    walk(&crates, &mut |file| {
        if file
            .file_name()
            .is_some_and(|name| name == "clippy.toml" || name == ".clippy.toml")
        {
            found.push(file.to_path_buf());
        }
    });
    assert_eq!(found, [crates.join("clippy.toml")]);
}

#[test]
fn every_package_is_named_like_its_folder_and_takes_the_lint_table() {
    for folder in packages() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let prefix = if folder.ends_with("examples") {
            "loquet-"
        } else {
            ""
        };
        assert!(
            manifest.contains(&format!("name = \"{prefix}{name}\"")),
            "{} is not named like its folder",
            folder.display()
        );
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} does not take the workspace's lint table",
            folder.display()
        );
    }
}

fn sources() -> Vec<PathBuf> {
    ["crates", "bins", "examples", "fuzz", "benches"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .collect()
}

/// The folders of all members.
fn packages() -> Vec<PathBuf> {
    let root = root();
    let mut folders = vec![root.join("examples")];
    for group in ["crates", "bins"] {
        for entry in fs::read_dir(root.join(group)).unwrap() {
            let folder = entry.unwrap().path();
            if folder.join("Cargo.toml").exists() {
                folders.push(folder);
            }
        }
    }
    folders
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(folder, &mut |file| {
        if file.extension().is_some_and(|extension| extension == "rs") {
            files.push(file.to_path_buf());
        }
    });
    files
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            visit(&path);
        } else if !path.ends_with("target") {
            walk(&path, visit);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}
