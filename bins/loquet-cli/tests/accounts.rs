//! An administrator at the command line, on a database that a service made: the same rules as in the browser.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use loquet::flow::{BeginEnrollment, ConfirmEnrollment, LogIn};
use loquet::{AccountId, KeyRing, Request, RoleId, Service};
use loquet_sqlite::SqliteStore;
use serde_json::{Value, json};

const KEY: [u8; 32] = [7; 32];

/// A day-care centre with nobody enrolled.
struct Centre {
    folder: tempfile::TempDir,
}

impl Centre {
    fn new() -> Self {
        let centre = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(
            centre.db().with_extension("db.key"),
            KeyRing::line(1, &KEY).as_str(),
        )
        .unwrap();
        let service = centre.service();
        wait(async {
            let org = service
                .ensure_organisation(1_u64.into(), "À petits pas")
                .await
                .unwrap();
            for (number, name, role) in [
                (1_u64, "helene", RoleId::ADMINISTRATOR),
                (2, "marc", RoleId::ADMINISTRATOR),
                (3, "sofia", RoleId::EMPLOYEE),
                (4, "julie", RoleId::PARENT),
            ] {
                service
                    .ensure_account(org, number.into(), name, name, [role])
                    .await
                    .unwrap();
            }
        });
        centre
    }

    fn db(&self) -> PathBuf {
        self.folder.path().join("centre.db")
    }

    fn service(&self) -> Service {
        let store = SqliteStore::open(self.db()).unwrap();
        Service::new(store, KeyRing::single(1, KEY)).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loquet"));
        command.args(words).arg("--db").arg(self.db());
        command
    }

    /// Runs the tool with these lines on its standard input.
    fn loquet(&self, words: &[&str], lines: &str) -> Output {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A tool that refuses before it reads closes its end; that is no failure of the test.
        _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// The JSON lines of a run that ended with this exit code.
    fn json(&self, words: &[&str], lines: &str, code: i32) -> Vec<Value> {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.loquet(&words, lines);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        json_lines(&output.stdout)
    }

    /// Enrolls in the browser, as it were, and returns the phone.
    fn enroll(&self, account: u64) -> Phone {
        let service = self.service();
        wait(async {
            let account = AccountId::from(account);
            let request = || Request::new(None).unwrap();
            let entered = service
                .run(LogIn { account }, &request())
                .await
                .unwrap()
                .granted()
                .unwrap();
            let begin = BeginEnrollment {
                stamp: entered.stamp,
                ticket: String::new(),
            };
            let offer = service
                .run(begin, &request())
                .await
                .unwrap()
                .granted()
                .unwrap();
            let mut phone = Phone {
                key: offer.key_ungrouped.to_string(),
                used: 0,
            };
            let confirm = ConfirmEnrollment {
                stamp: entered.stamp,
                typed: phone.fresh(),
                seal_typed_back: String::new(),
            };
            service
                .run(confirm, &request())
                .await
                .unwrap()
                .granted()
                .unwrap();
            phone
        })
    }
}

/// The person's phone, which is `loquet code`.
struct Phone {
    key: String,
    used: u64,
}

impl Phone {
    /// A code that was not used and that the service accepts: of the step before, of this one, or of the next. Where all
    /// three are used up, it waits as the person would.
    fn fresh(&mut self) -> String {
        let mut step = now() / 30;
        while step < self.used {
            std::thread::sleep(Duration::from_millis(200));
            step = now() / 30;
        }
        self.used = (self.used + 1).max(step - 1);
        self.at(self.used)
    }

    fn at(&self, step: u64) -> String {
        let at = (step * 30).to_string();
        let output = Command::new(env!("CARGO_BIN_EXE_loquet"))
            .args(["code", "--secret", &self.key, "--at", &at])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Six digits that are right in no step around now.
    fn wrong(&self) -> String {
        let right: Vec<String> = (now() / 30 - 3..now() / 30 + 4)
            .map(|step| self.at(step))
            .collect();
        (0..)
            .map(|n| format!("{n:06}"))
            .find(|code| !right.contains(code))
            .unwrap()
    }
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Enables, with the last group of the break-glass code read from the screen and typed back.
fn enable(centre: &Centre, typed_back: impl FnOnce(&str) -> String) -> (Vec<Value>, Option<i32>) {
    let mut child = centre
        .command(&["mfa", "enable", "--as", "helene", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let shown: Value = serde_json::from_str(&first).unwrap();
    let typed = typed_back(shown["break_glass"].as_str().unwrap());
    writeln!(child.stdin.take().unwrap(), "{typed}").unwrap();
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).unwrap();
    (json_lines(&rest), child.wait().unwrap().code())
}

fn last_group(code: &str) -> String {
    code.rsplit(['-', ' ']).next().unwrap().to_owned()
}

#[test]
fn before_anything_is_enabled_everybody_is_listed_and_nothing_required() {
    let centre = Centre::new();
    let people = centre.json(&["account", "list"], "", 0);
    let names: Vec<&str> = people
        .iter()
        .map(|person| person["account"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["helene", "marc", "sofia", "julie"]);
    assert!(
        people
            .iter()
            .all(|person| person["required"] == false && person["enrolled"] == false)
    );

    let sofia = centre.json(&["account", "show", "sofia"], "", 0);
    assert_eq!(sofia, [people[2].clone()]);
    assert_eq!(
        centre.json(
            &["account", "show", sofia[0]["id"].as_str().unwrap()],
            "",
            0
        ),
        sofia
    );
    let shown = centre.loquet(&["account", "show", "sofia"], "");
    assert!(
        text(&shown).contains("employee") && text(&shown).contains("not enrolled"),
        "{shown:?}"
    );

    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(
        (
            &status["enabled"],
            &status["accounts"],
            &status["break_glass"]
        ),
        (&json!(false), &json!(4), &json!("unset"))
    );
}

#[test]
fn whoever_may_not_is_refused_by_name_and_with_exit_code_one() {
    let centre = Centre::new();
    for (words, refused) in [
        (["mfa", "reset", "helene", "--as", "helene"], "SELF_RESET"),
        (["mfa", "reset", "sofia", "--as", "julie"], "NOT_ADMIN"),
        (["mfa", "reset", "sofia", "--as", "marc"], "NOT_ENABLED"),
    ] {
        assert_eq!(
            centre.json(&words, "", 1),
            [json!({ "refused": refused })],
            "{words:?}"
        );
    }
    let output = centre.loquet(&["mfa", "announce", "--now", "--as", "marc"], "");
    assert_eq!(
        (output.status.code(), text(&output)),
        (Some(1), "refused: NOT_ENABLED\n")
    );
}

#[test]
fn names_that_nobody_has_are_bad_input() {
    let centre = Centre::new();
    let long = "x".repeat(300);
    for words in [
        vec!["account", "show", "nobody"],
        vec!["account", "show", &long],
        vec!["account", "show", "00000000000000000000000000000009"],
        vec!["mfa", "reset", "sofia", "--as", "nobody"],
        vec!["mfa", "reset", "nobody", "--as", "helene"],
        vec!["mfa", "status", "--org", "Another"],
    ] {
        let output = centre.loquet(&words, "");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}

#[test]
fn files_that_are_no_database_or_no_key_are_named_and_left_alone() {
    let centre = Centre::new();
    let refuse = |db: &Path, key: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_loquet"))
            .args(["account", "list", "--db"])
            .arg(db)
            .arg("--key")
            .arg(key)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
    };
    let key = centre.db().with_extension("db.key");
    let other = centre.folder.path().join("other");
    std::fs::write(&other, "not a database, nor a key").unwrap();
    refuse(&other, &key);
    refuse(&centre.db(), &other);
    assert_eq!(std::fs::read(&other).unwrap(), b"not a database, nor a key");
    std::fs::write(&other, "").unwrap();
    refuse(&centre.db(), &other);
}

#[test]
fn an_administrator_enables_imposes_and_resets_with_codes_that_work_once() {
    let centre = Centre::new();

    let (told, code) = enable(&centre, |_| "WRONG".to_owned());
    assert_eq!(
        (told, code),
        (vec![json!({ "refused": "SEAL_NOT_CONFIRMED" })], Some(1))
    );
    let (told, code) = enable(&centre, last_group);
    assert_eq!((told[0]["enabled"].clone(), code), (json!(true), Some(0)));
    let again = centre.json(&["mfa", "enable", "--as", "helene"], "X\n", 1);
    assert_eq!(again.last().unwrap()["refused"], "ALREADY_ENABLED");

    // Nobody imposes what they do not use themselves.
    let announce = ["mfa", "announce", "--now", "--as", "helene"];
    assert_eq!(
        centre.json(&announce, "", 1),
        [json!({ "refused": "ENROL_FIRST" })]
    );
    let mut phone = centre.enroll(1);

    let wrong = centre.json(&announce, &phone.wrong(), 1);
    assert_eq!(wrong[0]["refused"], "WRONG_CODE");
    assert_eq!(
        centre.loquet(&announce, "").status.code(),
        Some(2),
        "no code on standard input"
    );
    let given = phone.fresh();
    let imposed = centre.json(&announce, &given, 0);
    assert_eq!(imposed[0]["role"], "employee");
    let replayed = centre.json(&announce, &given, 1);
    assert_eq!(replayed[0]["refused"], "ALREADY_USED");

    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["mandates"][0]["role"], "employee");
    // Two administrators and an employee; the parent is free.
    assert_eq!(
        (&status["required"], &status["enrolled"]),
        (&json!(3), &json!(1))
    );

    // The first code logs in, the second is the fresh one that a reset consumes.
    let reset = ["mfa", "reset", "sofia", "--as", "helene"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let ticket = centre.json(&reset, &lines, 0);
    assert_eq!(
        ticket[0]["ticket"]
            .as_str()
            .unwrap()
            .replace(['-', ' '], "")
            .len(),
        26
    );
    let sofia = centre.json(&["account", "show", "sofia"], "", 0);
    assert_eq!(sofia[0]["authenticator"], "reset-due");
}
