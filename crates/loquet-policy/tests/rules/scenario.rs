//! The scenario files, and the errors of invalid ones.

use loquet_policy::scenario::{Run, Scenario, ScenarioError};

#[test]
fn scenarios_pass() {
    for (name, text) in [
        ("daycare", include_str!("scenarios/daycare.toml")),
        ("recovery", include_str!("scenarios/recovery.toml")),
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

/// Each expectation is checked: any other one fails.
#[test]
fn every_scenario_expectation_is_checked() {
    let text = include_str!("scenarios/recovery.toml");
    let scenario = Scenario::parse(text).unwrap();
    for (at, located) in scenario.steps.iter().enumerate() {
        if located.value.does.is_none() {
            continue;
        }
        let mut other = scenario.clone();
        let step = &mut other.steps[at].value;
        step.expect = Some("ALREADY_COMPLETED".into());
        let failed = other.run().unwrap().failed.unwrap();
        let place = format!("line {}, step {}: ", located.line, at + 1);
        assert!(failed.to_string().starts_with(&place), "{failed}");
        let line = text.lines().nth(located.line - 1).unwrap();
        assert!(
            line.contains(located.value.does.as_ref().unwrap()),
            "{line}"
        );
    }
}

const CAST: &str = "title = ''\npeople = [{ name = 'Anne', roles = ['administrator'] }]\n";

fn run(step: &str) -> Result<Run, ScenarioError> {
    let text = format!("{CAST}step = [\n{{ who = 'Anne', does = 'log in' }},\n{step}\n]");
    Scenario::parse(&text)?.run()
}

/// Each action in the documentation exists.
#[test]
fn documented_actions_are_known() {
    let documentation = include_str!("../../src/scenario.rs");
    let (_, table) = documentation.split_once("| actions |").unwrap();
    let rows = table.lines().take_while(|line| line.contains('|')).skip(2);
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let actions: Vec<&str> = cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(actions.len() > 40, "{actions:?}");
    for action in actions {
        let step = format!("{{ who = 'Anne', does = '{action}', whom = 'Anne' }}");
        match run(&step) {
            Ok(_) | Err(ScenarioError::Missing { .. }) => {}
            Err(error) => panic!("{action}: {error}"),
        }
    }
}

#[test]
fn unexpected_answer_fails_with_line_and_step() {
    for (step, expected) in [
        (
            "{ who = 'Anne', does = 'renew break-glass code', expect = 'LATCHED' }",
            "line 5, step 2: expected LATCHED, found NOT_ENABLED",
        ),
        (
            "{ who = 'Anne', does = 'renew break-glass code' }",
            "line 5, step 2: expected no refusal, found NOT_ENABLED",
        ),
        (
            "{ who = 'Anne', does = 'enable', expect = 'NOT_ENABLED' }",
            "line 5, step 2: expected NOT_ENABLED, found GRANTED",
        ),
        (
            "{ who = 'Anne', does = 'act', because = ['MANDATE'] }",
            "line 5, step 2: expected LEVEL_1 because of MANDATE, found LEVEL_1",
        ),
    ] {
        let failed = run(step).unwrap().failed.unwrap();
        assert_eq!(failed.to_string(), expected);
    }
}

#[test]
fn unknown_scenario_names_are_refused_with_line() {
    let missing = |field| format!("`{field}` is missing");
    for (step, expected) in [
        ("who = 'Zoe', does = 'log in'", "person \"Zoe\""),
        ("does = 'fly'", "action \"fly\""),
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
            true => format!("unknown {expected}"),
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
fn invalid_cast_is_refused_with_line() {
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
        "line 3: unknown role \"king\""
    );
    assert_eq!(
        cast(
            "",
            "{ name = 'Anne', roles = [] },\n{ name = 'Anne', roles = [] }"
        ),
        "line 4: the name \"Anne\" is used twice"
    );
    assert_eq!(
        cast("{ name = 'parent', id = 7, rank = 0 }", ""),
        "line 2: the name \"parent\" is used twice"
    );
    assert_eq!(
        cast(
            "{ name = 'knight', id = 7, rank = 0, implies = 'king' }",
            ""
        ),
        "line 2: unknown role \"king\""
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
