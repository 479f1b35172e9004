//! The scenario files, and what the runner says of bad ones.
#![cfg(feature = "scenario")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use loquet_policy::scenario::{Run, Scenario, ScenarioError};

#[test]
fn the_scenarios_come_true() {
    for (name, text) in [
        ("article", include_str!("scenarios/article.toml")),
        ("way-back", include_str!("scenarios/way-back.toml")),
        ("strict", include_str!("scenarios/strict.toml")),
    ] {
        let scenario = Scenario::parse(text).unwrap();
        let run = scenario.run().unwrap();
        if let Some(failed) = run.failed {
            panic!("{name}: {failed}");
        }
        assert!(run.played.len() > 30, "{name}");
    }
}

/// No line of a scenario is idle: with any other expectation it would not come true.
#[test]
fn every_expectation_is_looked_at() {
    let text = include_str!("scenarios/way-back.toml");
    let scenario = Scenario::parse(text).unwrap();
    for (at, told) in scenario.steps.iter().enumerate() {
        if told.what.does.is_none() {
            continue;
        }
        let mut other = scenario.clone();
        let step = &mut other.steps[at].what;
        step.expect = Some("BUSY".into());
        let failed = other.run().unwrap().failed.unwrap();
        let place = format!("line {}, step {}: ", told.line, at + 1);
        assert!(failed.to_string().starts_with(&place), "{failed}");
        let line = text.lines().nth(told.line - 1).unwrap();
        assert!(line.contains(told.what.does.as_ref().unwrap()), "{line}");
    }
}

const CAST: &str = "title = ''\npeople = [{ name = 'Anne', roles = ['administrator'] }]\n";

fn run(step: &str) -> Result<Run, ScenarioError> {
    let text = format!("{CAST}step = [\n{{ who = 'Anne', does = 'log in' }},\n{step}\n]");
    Scenario::parse(&text)?.run()
}

#[test]
fn a_step_that_comes_out_otherwise_fails_with_line_and_step() {
    for (step, expected) in [
        (
            "{ who = 'Anne', does = 'disable', expect = 'LATCHED' }",
            "line 5, step 2: expected LATCHED, and the rules say NOT_ENABLED",
        ),
        (
            "{ who = 'Anne', does = 'disable' }",
            "line 5, step 2: expected no refusal, and the rules say NOT_ENABLED",
        ),
        (
            "{ who = 'Anne', does = 'enable', expect = 'NOT_ENABLED' }",
            "line 5, step 2: expected NOT_ENABLED, and the rules say GRANTED",
        ),
        (
            "{ who = 'Anne', does = 'act', because = ['MANDATE'] }",
            "line 5, step 2: expected LEVEL_1 because of MANDATE, and the rules say LEVEL_1",
        ),
    ] {
        let failed = run(step).unwrap().failed.unwrap();
        assert_eq!(failed.to_string(), expected);
    }
}

#[test]
fn unknown_names_and_forms_are_refused_with_their_place() {
    for (step, expected) in [
        (
            "{ who = 'Zoe', does = 'log in' }",
            "there is no person \"Zoe\"",
        ),
        ("{ who = 'Anne', does = 'fly' }", "there is no deed \"fly\""),
        (
            "{ who = 'Anne', does = 'reset', whom = 'Zoe' }",
            "there is no person \"Zoe\"",
        ),
        (
            "{ who = 'Anne', does = 'mandate now', role = 'king' }",
            "there is no role \"king\"",
        ),
        (
            "{ who = 'Anne', does = 'act', session = 'other' }",
            "there is no session \"other\"",
        ),
        (
            "{ who = 'Anne', does = 'give code', code = 'lucky' }",
            "there is no code \"lucky\"",
        ),
        (
            "{ who = 'Anne', does = 'give code', from = 'Mars' }",
            "there is no from \"Mars\"",
        ),
        (
            "{ who = 'Anne', does = 'log in', place = 'Mars' }",
            "there is no place \"Mars\"",
        ),
        (
            "{ who = 'Anne', does = 'act', expect = 'LEVEL_9' }",
            "there is no answer \"LEVEL_9\"",
        ),
        (
            "{ who = 'Anne', does = 'act', because = ['MANDAT'] }",
            "there is no answer \"MANDAT\"",
        ),
        ("{ does = 'log in' }", "`who` is missing"),
        ("{ who = 'Anne', does = 'let go' }", "`whom` is missing"),
        (
            "{ who = 'Anne', does = 'announce', role = 'employee' }",
            "`in_days` is missing",
        ),
        (
            "{ who = 'Anne', does = 'set ticket life' }",
            "`hours` is missing",
        ),
        (
            "{ who = 'Anne', does = 'set enrollment window' }",
            "`days` is missing",
        ),
    ] {
        let error = run(step).unwrap_err();
        assert_eq!(error.to_string(), format!("line 5: {expected}"));
    }
    let error = run("{ who = 'Anne', do = 'log in' }").unwrap_err();
    assert!(
        matches!(&error, ScenarioError::Form(text) if text.contains("line 5")),
        "{error}"
    );
}

#[test]
fn a_cast_that_cannot_be_is_refused_with_its_line() {
    let cast = |roles: &str, people: &str| {
        let text = format!("title = ''\nroles = [{roles}]\npeople = [{people}]\n");
        Scenario::parse(&text)
            .unwrap()
            .run()
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        cast("", "{ name = 'Anne', roles = ['king'] }"),
        "line 3: there is no role \"king\""
    );
    assert_eq!(
        cast(
            "",
            "{ name = 'Anne', roles = [] },\n{ name = 'Anne', roles = [] }"
        ),
        "line 4: there is a \"Anne\" already"
    );
    assert_eq!(
        cast("{ name = 'parent', id = 7, rank = 0 }", ""),
        "line 2: there is a \"parent\" already"
    );
    assert_eq!(
        cast(
            "{ name = 'knight', id = 7, rank = 0, implies = 'king' }",
            ""
        ),
        "line 2: there is no role \"king\""
    );
    let roles: Vec<String> = (10..20)
        .map(|id| format!("{{ name = 'r{id}', id = {id}, rank = 0 }}"))
        .collect();
    let held: Vec<String> = (10..20).map(|id| format!("'r{id}'")).collect();
    let person = format!("{{ name = 'Anne', roles = [{}] }}", held.join(", "));
    assert_eq!(
        cast(&roles.join(", "), &person),
        "line 3: an account holds at most 8 roles"
    );
}
