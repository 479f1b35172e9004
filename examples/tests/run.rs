//! The examples that ask themselves questions: what they print is what they promise.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::PathBuf;
use std::process::Command;

/// What an example prints; cargo builds it beside this test.
fn told(name: &str) -> String {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", name]);
    let run = Command::new(&path).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {said}", path.display());
    String::from_utf8(run.stdout).unwrap()
}

/// What becomes of the same four questions in either framework.
const ANSWERS: [&str; 4] = [
    r#"127.0.0.1:1 forwarding Some("203.0.113.2"): 200 OK welcome, 203.0.113.2: line 4 let you in"#,
    r#"127.0.0.1:1 forwarding Some("203.0.113.13"): 403 Forbidden"#,
    r#"198.51.100.9:1 forwarding Some("203.0.113.2"): 403 Forbidden"#,
    "127.0.0.1:1 forwarding None: 403 Forbidden",
];

fn answers(name: &str) {
    let told = told(name);
    let lines: Vec<&str> = told.lines().map(str::trim_end).collect();
    assert_eq!(lines, ANSWERS, "{name}");
}

#[test]
fn axum_lets_in_whom_the_rules_allow() {
    answers("axum");
}

#[cfg(feature = "actix")]
#[test]
fn actix_lets_in_the_same() {
    answers("actix");
}

#[test]
fn letters_go_out_once() {
    let told = told("notices");
    assert!(told.contains("to marc <marc@example.org>, from À petits pas"));
    assert!(told.ends_with("nothing more happened:\n  0 letters; 0 notices wait\n"));
}

#[test]
fn the_hosts_row_and_the_grant_stand_or_fall_together() {
    let told = told("host_transaction");
    assert!(told.contains("UNIQUE constraint failed: session.cookie."));
    assert!(told.contains("The audit log had 1 records before that and has 1."));
    assert!(told.ends_with("There is 1 session.\n"), "{told}");
}
