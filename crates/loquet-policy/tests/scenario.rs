//! The scenario files, and what the runner says of bad ones.
#![cfg(feature = "scenario")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use loquet_policy::scenario::{Scenario, ScenarioError};

#[test]
fn the_articles_rules_come_true() {
    let scenario = Scenario::parse(include_str!("scenarios/article.toml")).unwrap();
    let codes = scenario
        .run()
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.title));
    assert_eq!(codes.len(), scenario.steps.len());
}

const CAST: &str = "title = ''\npeople = [{ name = 'Anne', roles = ['administrator'] }]\n";

fn run(step: &str) -> ScenarioError {
    let text = format!("{CAST}step = [{{ who = 'Anne', does = 'log in' }}, {step}]");
    Scenario::parse(&text)
        .and_then(|scenario| scenario.run())
        .unwrap_err()
}

#[test]
fn a_step_that_comes_out_otherwise_fails() {
    let expected = Some("LATCHED".to_string());
    assert_eq!(
        run("{ who = 'Anne', does = 'disable', expect = 'LATCHED' }"),
        ScenarioError::Otherwise {
            step: 2,
            expected,
            found: "NOT_ENABLED"
        }
    );
    assert_eq!(
        run("{ who = 'Anne', does = 'disable' }"),
        ScenarioError::Otherwise {
            step: 2,
            expected: None,
            found: "NOT_ENABLED"
        }
    );
    let expected = Some("NOT_ENABLED".to_string());
    assert_eq!(
        run("{ who = 'Anne', does = 'enable', expect = 'NOT_ENABLED' }"),
        ScenarioError::Otherwise {
            step: 2,
            expected,
            found: "GRANTED"
        }
    );
}

#[test]
fn unknown_names_and_forms_are_refused_with_their_place() {
    for (step, name) in [
        ("{ who = 'Zoe', does = 'log in' }", "Zoe"),
        ("{ who = 'Anne', does = 'fly' }", "fly"),
        ("{ who = 'Anne', does = 'reset', whom = 'Zoe' }", "Zoe"),
        (
            "{ who = 'Anne', does = 'mandate now', role = 'king' }",
            "king",
        ),
    ] {
        assert_eq!(
            run(step),
            ScenarioError::Unknown {
                step: 2,
                name: name.to_string()
            }
        );
    }
    assert_eq!(
        run("{ does = 'log in' }"),
        ScenarioError::Missing {
            step: 2,
            field: "who"
        }
    );
    assert_eq!(
        run("{ who = 'Anne', does = 'announce', role = 'employee' }"),
        ScenarioError::Missing {
            step: 2,
            field: "in_days"
        }
    );
    assert!(matches!(
        run("{ who = 'Anne', do = 'log in' }"),
        ScenarioError::Form(_)
    ));
}

#[test]
fn an_embedders_role_is_covered_as_it_says() {
    let text = r#"
        title = "A director is an employee"
        roles = [{ name = "director", id = 9, rank = 3, implies = "employee" }]
        people = [
            { name = "Anne", roles = ["administrator"] },
            { name = "Zoe", roles = ["director"] },
        ]
        step = [
            { who = "Anne", does = "log in" },
            { who = "Anne", does = "enable" },
            { who = "Anne", does = "begin enrollment" },
            { who = "Anne", does = "confirm enrollment" },
            { who = "Anne", does = "mandate now", role = "employee" },
            { who = "Zoe", does = "log in", expect = "ENROL_ONLY" },
            { who = "Anne", does = "reset", whom = "Zoe", expect = "RANK" },
        ]
    "#;
    Scenario::parse(text).unwrap().run().unwrap();
}
