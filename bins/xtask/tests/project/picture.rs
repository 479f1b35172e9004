//! The README's picture of the crates and its table of their sizes, against what cargo builds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::root;

/// No service embeds these, so that they may use every crate.
const SCAFFOLDING: [&str; 3] = ["loquet-examples", "loquet-testkit", "xtask"];

/// A crate as the README draws it.
struct Drawn {
    name: String,
    /// Counted from the top.
    floor: usize,
    /// Where its arrows point.
    on: BTreeSet<String>,
}

/// The crates of the picture: `── floor ──`, then for each crate `name  what it does` and `↳ a, b`.
fn picture() -> Vec<Drawn> {
    let readme = readme();
    let (_, rest) = readme.split_once("```text\n").unwrap();
    let (picture, _) = rest.split_once("```").unwrap();
    let mut crates: Vec<Drawn> = Vec::new();
    let mut floor = 0;
    for line in picture.lines() {
        if line.starts_with("──") {
            floor += 1;
        } else if let Some(on) = line.trim().strip_prefix("↳ ") {
            let on = on.split(", ").map(str::to_owned).collect();
            crates.last_mut().unwrap().on = on;
        } else {
            let name = line.split_whitespace().next().unwrap().to_owned();
            let on = BTreeSet::new();
            crates.push(Drawn { name, floor, on });
        }
    }
    crates
}

fn floors() -> BTreeMap<String, usize> {
    let floor = |drawn: Drawn| (drawn.name, drawn.floor);
    picture().into_iter().map(floor).collect()
}

#[test]
fn picture_shows_the_dependencies_that_cargo_builds() {
    let real: BTreeMap<_, _> = dependencies(|kind| kind != Some("dev"))
        .into_iter()
        .filter(|(name, _)| !SCAFFOLDING.contains(&name.as_str()))
        .collect();
    let drawn = |drawn: Drawn| (drawn.name, drawn.on);
    let drawn: BTreeMap<_, _> = picture().into_iter().map(drawn).collect();
    assert_eq!(drawn, real, "the README's picture, and what cargo builds");
}

#[test]
fn arrows_point_down_only() {
    let floors = floors();
    for Drawn { name, floor, on } in picture() {
        for below in on {
            assert!(floors[&below] > floor, "{name} points at {below}");
        }
    }
}

#[test]
fn rules_about_people_and_addresses_stand_alone() {
    for Drawn { name, on, .. } in picture() {
        let alone = ["loquet-policy", "loquet-ipfilter"].contains(&name.as_str());
        assert!(!alone || on.is_empty(), "{name} is built on {on:?}");
    }
}

#[test]
fn tests_reach_no_higher_than_their_crate() {
    let floors = floors();
    for (name, reached) in dependencies(|kind| kind == Some("dev")) {
        if SCAFFOLDING.contains(&name.as_str()) {
            continue;
        }
        for below in reached {
            let allowed = below == "loquet-testkit" || floors[&below] >= floors[&name];
            assert!(
                allowed,
                "the tests of {name} use {below}, which is above it"
            );
        }
    }
}

#[test]
fn readme_counts_each_librarys_crates() {
    let readme = readme();
    let mut rows = 0;
    for line in readme.lines().filter(|line| line.starts_with("| [`loquet")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[1].split('`').nth(1).unwrap();
        assert_eq!(
            cells[3],
            pulled_in(name).to_string(),
            "{name} in the README"
        );
        rows += 1;
    }
    assert_eq!(rows, 11, "the README's table was not found");
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// Each member's dependencies on other members, of the kinds that are wanted.
fn dependencies(wanted: impl Fn(Option<&str>) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo("metadata --no-deps --format-version 1 --offline");
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dependencies = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        all.iter()
            .filter(|on| on["path"].is_string() && wanted(on["kind"].as_str()))
            .map(|on| text(&on["name"]))
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| (text(&package["name"]), dependencies(package)))
        .collect()
}

/// How many crates a library pulls in besides itself, with default features, on this machine's target.
fn pulled_in(name: &str) -> usize {
    let tree = cargo(&format!(
        "tree --package {name} --edges normal --prefix none --format {{p}} --offline"
    ));
    let crates: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    crates.len() - 1
}

fn cargo(line: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(line.split(' '))
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {line}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
