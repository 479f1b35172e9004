//! The scenario files, and what the runner says of bad ones.

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
        step.expect = Some("ALREADY_COMPLETED".into());
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
            "{ who = 'Anne', does = 'renew break-glass code', expect = 'LATCHED' }",
            "line 5, step 2: expected LATCHED, and the rules say NOT_ENABLED",
        ),
        (
            "{ who = 'Anne', does = 'renew break-glass code' }",
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
    let missing = |field| format!("`{field}` is missing");
    for (step, expected) in [
        ("who = 'Zoe', does = 'log in'", "person \"Zoe\""),
        ("does = 'fly'", "deed \"fly\""),
        ("does = 'reset', whom = 'Zoe'", "person \"Zoe\""),
        ("does = 'mandate now', role = 'king'", "role \"king\""),
        ("does = 'act', session = 'other'", "session \"other\""),
        ("does = 'give code', code = 'lucky'", "code \"lucky\""),
        ("does = 'give code', from = 'Mars'", "from \"Mars\""),
        ("does = 'log in', place = 'Mars'", "place \"Mars\""),
        ("does = 'act', expect = 'LEVEL_9'", "answer \"LEVEL_9\""),
        ("does = 'act', because = ['MANDAT']", "answer \"MANDAT\""),
        ("does = 'deactivate'", "whom"),
        ("does = 'schedule mandate', role = 'employee'", "in_days"),
        ("does = 'set reset code life'", "hours"),
        ("does = 'set enrollment window'", "days"),
    ] {
        let who = if step.starts_with("who") {
            ""
        } else {
            "who = 'Anne', "
        };
        let error = run(&format!("{{ {who}{step} }}")).unwrap_err();
        let said = match expected.contains('"') {
            true => format!("there is no {expected}"),
            false => missing(expected),
        };
        assert_eq!(error.to_string(), format!("line 5: {said}"));
    }
    let error = run("{ does = 'log in' }").unwrap_err();
    assert_eq!(error.to_string(), format!("line 5: {}", missing("who")));
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
