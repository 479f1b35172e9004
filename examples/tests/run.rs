//! The examples that ask themselves questions: what they print is what they promise.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::PathBuf;
use std::process::Command;

#[cfg(feature = "postgres")]
mod postgres;
mod quick_start;

fn output(name: &str) -> String {
    output_with(name, &[])
}

/// Runs an example, which cargo builds beside this test, and returns what it prints.
fn output_with(name: &str, arguments: &[&str]) -> String {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", name]);
    let run = Command::new(&path).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {errors}", path.display());
    String::from_utf8(run.stdout).unwrap()
}

/// The answers to the same four questions in either framework.
const ANSWERS: [&str; 4] = [
    r#"127.0.0.1:1 forwarding Some("203.0.113.2"): 200 OK welcome, 203.0.113.2: line 4 let you in"#,
    r#"127.0.0.1:1 forwarding Some("203.0.113.13"): 403 Forbidden"#,
    r#"198.51.100.9:1 forwarding Some("203.0.113.2"): 403 Forbidden"#,
    "127.0.0.1:1 forwarding None: 403 Forbidden",
];

fn answers(name: &str) {
    let output = output(name);
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    assert_eq!(lines, ANSWERS, "{name}");
}

#[test]
fn axum_filters_by_address() {
    answers("ip_filter");
}

#[cfg(feature = "actix")]
#[test]
fn actix_filters_by_address() {
    answers("actix");
}

#[test]
fn notices_are_delivered_once() {
    let output = output("notices");
    assert!(output.contains("to marc <marc@example.org>, from À petits pas"));
    assert!(output.ends_with("nothing more happened:\n  0 letters; 0 notices wait\n"));
}

#[test]
fn people_keep_their_authenticators() {
    let output = output("import");
    assert_eq!(
        output.lines().collect::<Vec<_>>(),
        [
            "ada is imported: true, false",
            "imported again: false",
            "the code of before: refused: ALREADY_USED",
            "the one that she types: accepted",
            "and once more: refused: ALREADY_USED",
            "bob is imported: true",
            "the code that he types: refused: ALREADY_USED",
            "a minute later: accepted",
        ]
    );
}

#[test]
fn host_rows_and_grants_commit_together() {
    let output = output("host_transaction");
    assert!(output.contains("Is there an account for her? false."));
    assert!(output.contains("UNIQUE constraint failed: visit.page."));
    assert!(output.contains("The audit log had 1 records before that and has 1."));
    assert!(output.contains("A deactivated user: refused: LOGIN_REFUSED."));
    assert!(
        output.ends_with("user: 1\nvisit: 1\nsession: 1\n"),
        "{output}"
    );
}

#[test]
fn existing_users_are_synchronized() {
    let output = output("existing_users");
    let expected = "3 created, 0 unchanged, rejected: [], deleted meanwhile: []
his desk: logged in
his phone: logged out
his desk after a reset: logged out
eve: refused: LOGIN_REFUSED
0 created, 1 unchanged, rejected: [], deleted meanwhile: [\"bob@example.org\"]
";
    assert_eq!(output, expected);
}
