//! Compares the table of `explain` with every cell of the grid and every scene.

use std::collections::{BTreeMap, BTreeSet};

use loquet_policy::{Decision, Reason, Refusal, Rule, explain};

use super::{commands, lines};
use crate::scenes::scenes;

const TABLE: &str = include_str!("../../../src/reasons.md");

/// The content of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Carries {
    Never,
    Where,
    Always,
}

/// A row: the code, whether it is a refusal, its rules and its columns.
struct Row {
    code: String,
    refused: bool,
    rules: Vec<String>,
    carries: [Carries; 4],
}

fn table() -> Vec<Row> {
    let mut refused = false;
    let mut rows = Vec::new();
    for line in TABLE.lines().skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [code, rule, columns @ ..] = &cells[..] else {
            panic!("{line}");
        };
        if *code == "**refused**" {
            refused = true;
            continue;
        }
        let carries = |cell: &&str| match *cell {
            "–" => Carries::Never,
            text if text.ends_with('?') => Carries::Where,
            _ => Carries::Always,
        };
        let columns: Vec<Carries> = columns.iter().map(carries).collect();
        rows.push(Row {
            code: code.trim_matches('`').to_owned(),
            refused,
            rules: rule.split(", ").map(str::to_owned).collect(),
            carries: columns.try_into().unwrap_or_else(|_| panic!("{line}")),
        });
    }
    rows
}

const COLUMNS: [&str; 4] = ["role", "date", "who", "seconds"];

fn carried(reason: &Reason) -> [bool; 4] {
    [
        reason.role.is_some(),
        reason.date.is_some(),
        reason.by.is_some(),
        reason.wait.is_some(),
    ]
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Requirement => "requirement",
        Rule::Latch => "latch",
        Rule::Authority => "authority",
        Rule::Code => "code",
        Rule::Enrollment => "enrollment",
        Rule::WayBack => "way_back",
        Rule::Notice => "notice",
        Rule::FailClosed => "fail_closed",
        Rule::Request => "request",
    }
}

/// Refusals that only the caller gives.
const SHELL: [Refusal; 4] = [
    Refusal::AlreadyCompleted,
    Refusal::WouldLockOut,
    Refusal::DevicesInRules,
    Refusal::TooManyAddresses,
];

/// Returns every decision of the grid and of the scenes.
fn decisions() -> Vec<Decision> {
    let mut all = Vec::new();
    for command in commands() {
        for (_, scenes) in lines(&command) {
            all.extend(scenes.iter().map(|scene| scene.decide(&command)));
        }
    }
    all.extend(
        scenes()
            .into_iter()
            .filter_map(|(_, run)| run().last)
            .map(|(_, it)| it),
    );
    all
}

/// The number of occurrences of a code, in all and with each column, and its rules.
#[derive(Default)]
struct Seen {
    times: usize,
    columns: [usize; 4],
    rules: BTreeSet<&'static str>,
}

#[test]
fn reasons_match_documented_table() {
    // By code, and whether it is a refusal.
    let mut seen: BTreeMap<(String, bool), Seen> = BTreeMap::new();
    let mut see = |reason: &Reason, refused: bool| {
        let seen = seen.entry((reason.code.to_owned(), refused)).or_default();
        seen.times += 1;
        for (column, carried) in seen.columns.iter_mut().zip(carried(reason)) {
            *column += usize::from(carried);
        }
        seen.rules.insert(rule(reason.rule));
    };
    for decision in decisions() {
        for (at, reason) in explain(&decision).enumerate() {
            see(&reason, at == 0 && decision.answer.is_err());
        }
    }
    for refusal in SHELL {
        // The operator's log shows the code.
        assert_eq!(refusal.to_string(), refusal.code());
        see(&refusal.reason(), true);
    }
    let rows = table();
    let written: BTreeSet<_> = rows
        .iter()
        .map(|row| (row.code.clone(), row.refused))
        .collect();
    assert_eq!(written.len(), rows.len(), "a code stands in two rows");
    assert_eq!(written, seen.keys().cloned().collect());
    for row in rows {
        let Seen {
            times,
            columns,
            rules,
        } = &seen[&(row.code.clone(), row.refused)];
        assert_eq!(
            *rules,
            row.rules.iter().map(String::as_str).collect(),
            "{}",
            row.code
        );
        for ((column, says), with) in COLUMNS.iter().zip(row.carries).zip(columns) {
            let found = match *with {
                0 => Carries::Never,
                all if all == *times => Carries::Always,
                _ => Carries::Where,
            };
            assert_eq!(
                found, says,
                "{} carries its {column} {with} times of {times}",
                row.code
            );
        }
    }
}
