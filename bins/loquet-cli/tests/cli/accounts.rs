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

use loquet::flow::{BeginEnrollment, ConfirmEnrollment, LogIn, OpenBreakGlass, SetAccessRules};
use loquet::{AccountId, Clock, KeyRing, Request, RoleId, Service, UnixTime};
use loquet_policy::Access;
use loquet_sqlite::SqliteStore;
use serde_json::{Value, json};

const KEY: [u8; 32] = [7; 32];

/// The clock as it was.
struct Ago(u64);

impl Clock for Ago {
    fn now(&self) -> UnixTime {
        UnixTime(now() - self.0)
    }
}

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
        self.service_ago(0)
    }

    /// The service as it was some seconds ago.
    fn service_ago(&self, ago: u64) -> Service {
        let store = SqliteStore::open(self.db()).unwrap();
        Service::with_clock(store, KeyRing::single(1, KEY), Ago(ago)).unwrap()
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
        self.enroll_ago(account, 0)
    }

    /// The same some seconds ago, so that no code of now is used up.
    fn enroll_ago(&self, account: u64, ago: u64) -> Phone {
        let service = self.service_ago(ago);
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
                ticket: "".into(),
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
                typed: if ago == 0 {
                    phone.fresh().into()
                } else {
                    phone.at((now() - ago) / 30).into()
                },
                seal_typed_back: "".into(),
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

#[test]
fn the_operator_suspends_rules_that_lock_everybody_out_and_rolls_back() {
    let centre = Centre::new();
    let nothing = centre.json(&["ip", "suspend"], "", 1).remove(0);
    assert_eq!(nothing["refused"], "UNCHANGED");
    let from_elsewhere = || {
        let service = centre.service();
        wait(async {
            let address = Some("198.51.100.9".parse().unwrap());
            service.may_try(1_u64.into(), address).await.unwrap() == Access::Allowed
        })
    };
    let service = centre.service();
    wait(async {
        let request = || Request::new(Some("203.0.113.7".parse().unwrap())).unwrap();
        let account = AccountId::from(1_u64);
        let entered = service.run(LogIn { account }, &request()).await.unwrap();
        let stamp = entered.granted().unwrap().stamp;
        let rules = SetAccessRules::new(stamp, "allow 203.0.113.0/24", "").unwrap();
        assert!(
            service
                .run(rules, &request())
                .await
                .unwrap()
                .granted()
                .is_ok()
        );
    });
    drop(service);
    // The command line is on this machine, which these rules do not let in: `mfa` is shut, `ip suspend` is not.
    assert_eq!(
        centre.json(&["mfa", "enable", "--as", "helene"], "", 1)[0]["refused"],
        "ACCESS_DENIED"
    );
    assert!(!from_elsewhere());
    assert_eq!(
        centre.json(&["ip", "suspend"], "", 0),
        [json!({ "suspended": true })]
    );
    assert!(from_elsewhere());
    let told = centre.loquet(&["ip", "rollback", "--as", "marc"], "");
    assert!(
        text(&told).contains("hold again") && text(&told).contains("all administrators are told")
    );
    assert!(!from_elsewhere());
    let parent = centre
        .json(&["ip", "suspend", "--as", "julie"], "", 1)
        .remove(0);
    assert_eq!(parent["refused"], "NOT_ADMIN");
}

const HOUR: u64 = 3600;

#[test]
fn what_weakens_waits_and_is_stopped_by_an_administrator() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let set = ["mfa", "set", "--recovery-codes", "on", "--as", "helene"];
    let lines = format!("{}\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&set, &lines, 0).remove(0);
    assert_eq!(told["in_force"], false);
    let waits = told["due"].as_u64().unwrap() - now();
    assert!((72 * HOUR - 60..=72 * HOUR).contains(&waits), "{told}");
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"][0]["setting"]["offered"], true);
    assert_eq!(status["options"]["recovery_codes"], false);
    assert_eq!(
        centre.json(&["mfa", "tick"], "", 0),
        [json!({ "settled": 0 })]
    );

    let stop = ["mfa", "stop", "recovery-codes", "--as", "helene"];
    let told = centre.json(&stop, &phone.fresh(), 0);
    assert_eq!(told, [json!({ "stopped": true })]);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["waiting"], json!([]));
}

#[test]
fn the_latch_is_strict_for_ever_and_the_seal_renewed_with_a_fresh_code() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let strict = ["mfa", "strict-latch", "--as", "helene"];
    assert_eq!(
        centre.json(&strict, &phone.fresh(), 0),
        [json!({ "preset": "strict_latch" })]
    );
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["preset"], "strict_latch");
    let renew = ["mfa", "renew-seal", "--as", "helene"];
    let lines = format!("{}\nWRONG\n{}\n", phone.fresh(), phone.fresh());
    let told = centre.json(&renew, &lines, 1);
    assert_eq!(told[1]["refused"], "SEAL_NOT_CONFIRMED");
}

#[test]
fn an_announced_date_is_moved_and_cancelled() {
    let centre = Centre::new();
    enable(&centre, last_group);
    let mut phone = centre.enroll_ago(1, HOUR);
    let date = (now() + 30 * 24 * HOUR).to_string();
    let announce = ["mfa", "announce", "--at", &date, "--as", "helene"];
    centre.json(&announce, &phone.fresh(), 0);
    let later = (now() + 40 * 24 * HOUR).to_string();
    let shift = ["mfa", "move", "--at", &later, "--as", "helene"];
    let moved = centre.json(&shift, &phone.fresh(), 0).remove(0);
    assert_eq!(moved["from"].to_string(), later);
    let cancel = ["mfa", "cancel", "--as", "helene"];
    centre.json(&cancel, &phone.fresh(), 0);
    let status = centre.json(&["mfa", "status"], "", 0).remove(0);
    assert_eq!(status["mandates"], json!([]));
}

#[test]
fn the_envelope_lets_one_administrator_in_after_a_day() {
    let centre = Centre::new();
    let mut seal = String::new();
    enable(&centre, |shown| {
        shown.clone_into(&mut seal);
        last_group(shown)
    });
    centre.enroll_ago(1, 26 * HOUR);
    let open = ["break-glass", "open", "helene"];
    let collect = ["break-glass", "collect", "helene"];
    let refused = |words: &[&str], lines: &str| {
        let told = centre.json(words, lines, 1).remove(0);
        told["refused"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(&open, "AAAAA-AAAAA\n"), "WRONG_SEAL");
    assert_eq!(
        refused(&["break-glass", "open", "sofia"], &seal),
        "NOT_ADMIN"
    );
    assert_eq!(refused(&collect, &seal), "NOT_SEALED");

    let service = centre.service_ago(25 * HOUR);
    wait(async {
        let begun = OpenBreakGlass {
            account: 1_u64.into(),
            typed: seal.clone().into(),
        };
        let request = Request::new(None).unwrap();
        service
            .run(begun, &request)
            .await
            .unwrap()
            .granted()
            .unwrap();
    });
    assert_eq!(refused(&open, &seal), "ALREADY_OPEN");
    assert_eq!(
        refused(&["break-glass", "collect", "marc"], &seal),
        "ALREADY_OPEN"
    );
    let handed = centre.json(&collect, &seal, 0).remove(0);
    let lives = handed["expires"].as_u64().unwrap() - now();
    assert!((590..=600).contains(&lives), "{handed}");
    assert_eq!(refused(&collect, &seal), "ALREADY_OPEN", "one use");
    let shown = centre.json(&["account", "show", "helene"], "", 0);
    assert_eq!(shown[0]["authenticator"], "reset-due");
}

#[test]
fn the_wait_of_the_envelope_is_a_day() {
    let centre = Centre::new();
    let mut seal = String::new();
    enable(&centre, |shown| {
        shown.clone_into(&mut seal);
        last_group(shown)
    });
    let opened = centre
        .json(&["break-glass", "open", "marc"], &seal, 0)
        .remove(0);
    let waits = opened["ready"].as_u64().unwrap() - now();
    assert!((24 * HOUR - 60..=24 * HOUR).contains(&waits), "{opened}");
    let early = centre
        .json(&["break-glass", "collect", "marc"], &seal, 1)
        .remove(0);
    assert_eq!(early["refused"], "TOO_EARLY");
    let output = centre.loquet(&["break-glass", "open", "nobody"], &seal);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
