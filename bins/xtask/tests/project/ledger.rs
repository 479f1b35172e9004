//! The ledger `crates/loquet/docs/conformance.md`: each requirement has a row, each row a test that exists or a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::{root, rust_files_below};

const LEDGER: &str = "crates/loquet/docs/conformance.md";

/// The requirements that have no number of their own. The others are counted through.
const NAMED: &str = "N 3.1.4.1-a, N 3.1.4.1-b, N 3.1.4.1-c, N 3.1.4.2-a, N 3.1.4.2-b, N 3.1.4.2-c, \
    N 3.1.4.2-d, N 3.1.4.2-e, N 3.1.4.2-f, N 3.2.2-a, N 3.2.2-b, N 3.2.2-c, N 3.2.2-d, \
    N 3.2.2-e, N 3.1.3.2, N 2.2.2, N 3.2.5.2, N 3.1.6.2, N B.3, N 2.2.3, N 3.2.1, N 4.1-a, N 4.1.2.1-a, N 4.1.2.1-b, N 4.1.2.2, N 4.2.1.1, \
    N 4.2.1.2, N 4.2.2.2, N 4.2.3, N 4.3, N 4.4, N 4.5, N 4.6, A 6.1.1, A 6.1.3, A 6.3.1, \
    A 6.3.3, A 6.3.4, A 6.3.5, A 6.3.7, A 6.3.8, A 6.4.1, A 6.4.3, A 6.4.4, A 6.4.6, \
    A 6.5.1, A 6.5.2, A 6.5.3, A 6.5.4, A 6.5.5, A 6.5.6, A 6.5.8, A 6.6.2, A 6.6.3, A 6.7.1, A 6.7.2, \
    A 7.1.1, A 7.1.2, A 7.3.1, A 7.4.2, A 7.4.3, A 7.5.1, A 7.5.2, A 7.5.3, A 11.1.1, A 11.1.2, \
    A 11.1.3, A 11.1.4, A 11.2.2, A 11.2.4, A 11.3.2, A 11.3.3, A 11.3.4, A 11.7.2, A 16.1.1, \
    A 16.2.1, A 16.3.1, A 16.3.2, A 16.3.3, A 16.4.1, A 16.4.2, A 16.4.3, A 16.5.3, O handling, \
    O reset, O change, W 7.1-a, W 7.1-b, W 7.1-c, W 7.1-d, W 7.1-e, W 7.1-f, W 7.1-g, W 7.1-h, W 7.1-i, \
    W 7.2-a, W 7.2-b, W 7.2-c, W 7.2-d, W 7.2-e, W 7.2-f, W 7.2-g, W 13.4.3";

/// What introduces a reason, which is at least three words.
const REASONS: [&str; 6] = [
    "*declined:* ",
    "*declined in part:* ",
    "*not applicable:* ",
    "*the host's:* ",
    "*the library's alone:* ",
    CHORE,
];

/// What introduces a test that the suite leaves out.
const CHORE: &str = "*a chore:* ";

struct Row {
    id: String,
    held_by: String,
}

#[test]
fn every_requirement_has_one_row() {
    let numbered = (1..=34).map(|number| number.to_string());
    let emission = (1..=9).map(|number| format!("P{number}"));
    let advisories = (1..=105).map(|number| format!("T{number}"));
    let named = NAMED.split(", ").map(str::to_owned);
    let expected: BTreeSet<String> = numbered
        .chain(emission)
        .chain(advisories)
        .chain(named)
        .collect();
    let rows = rows();
    let found: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty(), "{LEDGER} has no row for {missing:?}");
    assert!(
        unknown.is_empty(),
        "no standard asks for {unknown:?}: add them to this test"
    );
    assert_eq!(rows.len(), found.len(), "an id stands twice in {LEDGER}");
}

#[test]
fn every_row_names_existing_tests_or_a_reason() {
    let tests = tests();
    let mut wrong = Vec::new();
    for Row { id, held_by } in rows() {
        // What begins in upper case is a type that a reason speaks of.
        let names: Vec<&str> = held_by
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.starts_with(char::is_lowercase))
            .collect();
        let reason = REASONS.iter().any(|mark| {
            held_by
                .split_once(mark)
                .is_some_and(|(_, reason)| reason.split_whitespace().count() >= 3)
        });
        if names.is_empty() && !reason {
            wrong.push(format!("{id} names no test and gives no reason"));
        }
        for name in names {
            let exists = if name.contains('/') {
                fs::read_to_string(root().join(name))
                    .is_ok_and(|text| text.contains("```compile_fail"))
            } else {
                tests.contains_key(name)
            };
            if !exists {
                wrong.push(format!("{id} names {name:?}, which is no test"));
            }
            if tests.get(name) == Some(&Run::AsAChore) && !held_by.contains(CHORE) {
                wrong.push(format!(
                    "{id} names {name:?}, which the suite leaves out: say that it is a chore"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What stands in the tables of the ledger, but for their heads.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join(LEDGER)).unwrap();
    text.lines()
        .filter(|line| {
            line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| id ")
        })
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [id, _, held_by] = cells[..] else {
                panic!("not three cells: {line}")
            };
            Row {
                id: id.to_owned(),
                held_by: held_by.to_owned(),
            }
        })
        .collect()
}

/// When a test runs.
#[derive(PartialEq)]
enum Run {
    InTheSuite,
    AsAChore,
}

/// The names of all functions that run as tests: marked so, or a step of a suite that every store runs.
fn tests() -> BTreeMap<String, Run> {
    let mut names = BTreeMap::new();
    let read = |file: &PathBuf| fs::read_to_string(file).unwrap();
    let testkit: String = rust_files_below("crates/loquet-testkit")
        .iter()
        .map(read)
        .collect();
    for file in [rust_files_below("crates"), rust_files_below("bins")].concat() {
        let text = read(&file);
        let suite = file.starts_with(root().join("crates").join("loquet-testkit"));
        let (mut marked, mut ignored) = (false, false);
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if line.starts_with("#[ignore") {
                ignored = true;
            } else if let Some(name) = function(line) {
                if marked || (suite && testkit.matches(name).count() > 1) {
                    let run = if ignored {
                        Run::AsAChore
                    } else {
                        Run::InTheSuite
                    };
                    names.insert(name.to_owned(), run);
                }
                (marked, ignored) = (false, false);
            }
        }
    }
    assert!(names.len() > 400, "the tests were not found");
    names
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let visibilities = ["pub(super) ", "pub "];
    let line = visibilities
        .iter()
        .find_map(|it| line.strip_prefix(it))
        .unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (name, _) = line.strip_prefix("fn ")?.split_once(['(', '<'])?;
    Some(name)
}
