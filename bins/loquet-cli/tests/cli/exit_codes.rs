//! Each exit code of the program: 0 done, 1 refused, 2 bad input, 3 I/O or a locked database.

use std::process::Stdio;

use super::centre::Centre;
use super::shop::Shop;
use super::{loquet, said};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn code(words: &[&str]) -> Option<i32> {
    let output = loquet(words).stdin(Stdio::null()).output().unwrap();
    output.status.code()
}

#[test]
fn done_is_exit_code_zero() {
    assert_eq!(code(&["code", "--secret", SECRET]), Some(0));
    assert_eq!(code(&["--help"]), Some(0));
    let centre = Centre::new();
    assert_eq!(
        centre.loquet(&["account", "list"], "").status.code(),
        Some(0)
    );
}

#[test]
fn refusal_is_exit_code_one() {
    let wrong = ["verify", "--secret", SECRET, "287083", "--at", "59"];
    assert_eq!(code(&wrong), Some(1));
    let centre = Centre::new();
    let own = centre.loquet(&["mfa", "reset", "helene", "--as", "helene"], "");
    assert_eq!(said(&own), (Some(1), "refused: SELF_RESET\n"));
}

#[test]
fn bad_input_is_exit_code_two() {
    for words in [
        &["code", "--secret", "?"][..],
        &["code", "--no-such-flag"],
        &["no-such-command"],
        // No line on standard input.
        &["code", "--secret", "-"],
        // No database is named.
        &["account", "list"],
    ] {
        assert_eq!(code(words), Some(2), "{words:?}");
    }
    let centre = Centre::new();
    let unknown = centre.loquet(&["account", "show", "paul"], "");
    let told = "error: ACCOUNT: no account has the name or id `paul` in this organization; `loquet account list` lists them\n";
    assert_eq!(said(&unknown), (Some(2), told));
}

#[test]
fn io_is_exit_code_three() {
    for words in [
        &["ip", "lint", "--rules", "no-such.rules"][..],
        &["enrollment", "read", "no-such.txt"],
        &["policy", "test", "no-such.toml"],
        &["account", "list", "--db", "no-such.db"],
        &["keys", "add", "--db", "no-such.db"],
        &[
            "qr",
            "--uri",
            "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=b",
            "--out",
            "no-such/file",
        ],
    ] {
        assert_eq!(code(words), Some(3), "{words:?}");
    }
}

#[test]
fn locked_database_is_exit_code_three() {
    let centre = Centre::new();
    let other = rusqlite::Connection::open(centre.db()).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version;")
        .unwrap();
    let output = centre.loquet(&["account", "list"], "");
    let (code, told) = said(&output);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("locked"), "{told}");
}

#[test]
fn help_lists_the_exit_codes() {
    let output = loquet(&["--help"]).output().unwrap();
    let help = said(&output).1;
    for line in ["0  done", "1  refused", "2  bad input", "3  I/O"] {
        assert!(help.contains(line), "{help}");
    }
}

/// Another program's database gets no tables of ours.
#[test]
fn foreign_database_is_left_alone() {
    let shop = Shop::new();
    let path = shop.file("app.db", "");
    let foreign = rusqlite::Connection::open(&path).unwrap();
    let table = "CREATE TABLE auth_user (id INTEGER)";
    foreign.execute_batch(table).unwrap();
    drop(foreign);
    let before = std::fs::read(&path).unwrap();
    let users = shop.file("users.csv", "account,secret\n");
    let accounts = vec!["account", "list"];
    let rehearsal = vec!["import", &users, "--format", "csv", "--dry-run"];
    for words in [accounts, rehearsal] {
        let mut command = loquet(&words);
        let output = command.args(["--db", &path, "--key"]).arg(shop.key());
        let output = output.output().unwrap();
        let (code, told) = said(&output);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("no tables of Loquet are in it"), "{told}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
