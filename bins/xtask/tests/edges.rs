//! The house as it is drawn, against the house as cargo builds it.
//!
//! [`HOUSE`] is the drawing: the README's picture is printed from it, and a dependency that is not in
//! it (or an arrow that nothing follows any more) fails here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate of ours.
struct Room {
    name: &'static str,
    does: &'static str,
    /// What its library or program is built on, of ours.
    on: &'static [&'static str],
}

/// The floors, from the street down to the foundation. Arrows point down only.
const HOUSE: &[(&str, &[Room])] = &[
    (
        "the edge: clock, randomness, network, environment",
        &[
            Room {
                name: "loquet-cli",
                does: "the command-line tool",
                on: &[
                    "loquet",
                    "loquet-enrollment",
                    "loquet-ipfilter",
                    "loquet-otp",
                    "loquet-policy",
                    "loquet-sqlite",
                ],
            },
            Room {
                name: "loquet-demo",
                does: "a service to click through",
                on: &[
                    "loquet",
                    "loquet-ipfilter",
                    "loquet-policy",
                    "loquet-sqlite",
                    "loquet-web",
                ],
            },
        ],
    ),
    (
        "pages",
        &[Room {
            name: "loquet-web",
            does: "axum pages, French and English",
            on: &["loquet", "loquet-ipfilter", "loquet-policy"],
        }],
    ),
    (
        "the shell: load, commit, refuse before a handler runs",
        &[
            Room {
                name: "loquet-tower",
                does: "layers: IP filter, MFA required",
                on: &["loquet", "loquet-ipfilter"],
            },
            Room {
                name: "loquet-mail",
                does: "notices by mail",
                on: &["loquet"],
            },
            Room {
                name: "loquet-sqlite",
                does: "the embedded store",
                on: &["loquet", "loquet-policy"],
            },
        ],
    ),
    (
        "what services embed",
        &[Room {
            name: "loquet",
            does: "ceremonies as values, the mint, the store port",
            on: &[
                "loquet-enrollment",
                "loquet-ipfilter",
                "loquet-otp",
                "loquet-policy",
            ],
        }],
    ),
    (
        "engines: no I/O, no clock, no randomness, no async, no unsafe",
        &[
            Room {
                name: "loquet-enrollment",
                does: "key URI, QR code, manual key",
                on: &["loquet-otp"],
            },
            Room {
                name: "loquet-policy",
                does: "who must, who may, who may not, and why",
                on: &[],
            },
            Room {
                name: "loquet-ipfilter",
                does: "where a log-in may come from",
                on: &[],
            },
        ],
    ),
    (
        "the foundation",
        &[Room {
            name: "loquet-otp",
            does: "one-time passwords",
            on: &[],
        }],
    ),
];

/// Not part of what anybody embeds: they may use every room.
const SCAFFOLDING: [&str; 3] = ["loquet-examples", "loquet-testkit", "xtask"];

/// How many crates a library may pull in, with default features (direct and transitive, proc macros counted).
const BUDGETS: [(&str, usize); 2] = [("loquet-otp", 12), ("loquet-policy", 6)];

#[test]
fn every_dependency_is_an_arrow_of_the_picture_and_every_arrow_a_dependency() {
    let real = edges(|kind| kind != Some("dev"));
    let mut wrong = Vec::new();
    for room in rooms() {
        let drawn: BTreeSet<&str> = room.on.iter().copied().collect();
        let built: BTreeSet<&str> = real[room.name].iter().map(String::as_str).collect();
        for missing in built.difference(&drawn) {
            wrong.push(format!(
                "{} uses {missing}, which HOUSE does not draw",
                room.name
            ));
        }
        for idle in drawn.difference(&built) {
            wrong.push(format!(
                "HOUSE draws {} on {idle}, which it does not use",
                room.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for name in real.keys() {
        assert!(
            rooms().any(|room| room.name == name) || SCAFFOLDING.contains(&name.as_str()),
            "{name} has no room in HOUSE"
        );
    }
}

#[test]
fn arrows_point_down_only() {
    for (floor, (_, rooms)) in HOUSE.iter().enumerate() {
        for room in *rooms {
            for below in room.on {
                assert!(
                    floor_of(below) > floor,
                    "{} stands on {below}, which is not below it",
                    room.name
                );
            }
        }
    }
}

#[test]
fn tests_reach_no_higher_than_the_floor_they_stand_on() {
    for (name, reached) in edges(|kind| kind == Some("dev")) {
        if SCAFFOLDING.contains(&name.as_str()) {
            continue;
        }
        for below in reached {
            assert!(
                below == "loquet-testkit" || below == name || floor_of(&below) >= floor_of(&name),
                "the tests of {name} use {below}, which is above it"
            );
        }
    }
}

#[test]
fn engines_know_nothing_of_each_other_except_enrollment_of_codes() {
    for (engine, knows) in [
        ("loquet-otp", &[][..]),
        ("loquet-enrollment", &["loquet-otp"]),
        ("loquet-policy", &[]),
        ("loquet-ipfilter", &[]),
    ] {
        let room = rooms().find(|room| room.name == engine).unwrap();
        assert_eq!(room.on, knows, "{engine}");
    }
}

#[test]
fn libraries_stay_within_their_budgets_of_crates() {
    for (_, floor) in HOUSE {
        for room in *floor {
            println!("{:<18} {:>4} crates", room.name, pulled_in(room.name));
        }
    }
    for (name, budget) in BUDGETS {
        let count = pulled_in(name);
        assert!(
            count <= budget,
            "{name} pulls in {count} crates, and {budget} are allowed"
        );
    }
}

#[test]
fn the_readme_shows_this_picture() {
    let picture = picture();
    // The README is written last; until it is there, nothing shows a wrong picture.
    let Ok(readme) = std::fs::read_to_string(root().join("README.md")) else {
        println!("no README.md yet; its picture will be\n{picture}");
        return;
    };
    assert!(
        readme.contains(&picture),
        "README.md must contain this picture, between ```text fences:\n{picture}"
    );
}

/// The house in text, one floor under the other.
fn picture() -> String {
    let mut lines = Vec::new();
    for (floor, rooms) in HOUSE {
        lines.push(format!("── {floor} ──"));
        for room in *rooms {
            let on = room.on.join(", ");
            lines.push(format!("  {:<18} {}", room.name, room.does));
            if !on.is_empty() {
                lines.push(format!("  {:<18} ↳ {on}", ""));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn rooms() -> impl Iterator<Item = &'static Room> {
    HOUSE.iter().flat_map(|(_, rooms)| rooms.iter())
}

fn floor_of(name: &str) -> usize {
    HOUSE
        .iter()
        .position(|(_, rooms)| rooms.iter().any(|room| room.name == name))
        .unwrap_or_else(|| panic!("{name} has no room in HOUSE"))
}

/// Each member's dependencies on other members, of the kinds that are asked for.
fn edges(wanted: impl Fn(Option<&str>) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value = serde_json::from_str(&cargo(&[
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
    ]))
    .unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let on = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| {
                    dependency["path"].is_string() && wanted(dependency["kind"].as_str())
                })
                .map(|dependency| text(&dependency["name"]))
                .collect();
            (text(&package["name"]), on)
        })
        .collect()
}

/// How many crates a library pulls in besides itself, with default features, on this machine's target.
fn pulled_in(name: &str) -> usize {
    let tree = cargo(&[
        "tree",
        "--package",
        name,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--offline",
    ]);
    let crates: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.strip_suffix(" (*)").or(Some(line)))
        .filter(|line| !line.is_empty())
        .collect();
    crates.len().saturating_sub(1)
}

fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}
