//! The fixture: a daycare without enrolled users, an administrator at the command line, and the users' phones.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use loquet::{AccountId, Client, Clock, Keyring, Mfa, NewAccount, Operator, RoleId, UnixTime};
use loquet_sqlite::SqliteStore;
use serde_json::Value;

use super::{json_lines, wait};

pub(crate) const HOUR: u64 = 3600;
pub(crate) const KEY: [u8; 32] = [7; 32];

/// The clock as it was.
pub(crate) struct Ago(pub(crate) u64);

impl Clock for Ago {
    fn now(&self) -> UnixTime {
        UnixTime(now() - self.0)
    }
}

/// A daycare without enrolled users.
pub(crate) struct Centre {
    pub(crate) folder: tempfile::TempDir,
}

impl Centre {
    pub(crate) fn new() -> Self {
        let centre = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let key = centre.db().with_extension("db.key");
        super::write_key(&key, &Keyring::line(1, &KEY));
        let mfa = centre.operator();
        wait(async {
            for (number, name, role) in [
                (1_u64, "helene", RoleId::ADMINISTRATOR),
                (2, "marc", RoleId::ADMINISTRATOR),
                (3, "sofia", RoleId::STAFF),
                (4, "julie", RoleId::MEMBER),
            ] {
                let new = NewAccount::new(number, name).role(role);
                mfa.provision().ensure_account(new).await.unwrap();
            }
        });
        centre
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder.path().join("centre.db")
    }

    pub(crate) fn operator(&self) -> Operator {
        self.operator_ago(0)
    }

    /// The service as it was some seconds ago.
    pub(crate) fn operator_ago(&self, ago: u64) -> Operator {
        let builder = Mfa::builder(SqliteStore::open(self.db()).unwrap())
            .keyring(Keyring::single(1, KEY))
            .issuer("À petits pas")
            .clock(Ago(ago));
        wait(builder.open_operator()).unwrap()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = super::loquet(words);
        command.arg("--db").arg(self.db());
        command
    }

    /// Runs the tool with these lines on its standard input.
    pub(crate) fn loquet(&self, words: &[&str], lines: &str) -> Output {
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
    pub(crate) fn json(&self, words: &[&str], lines: &str, code: i32) -> Vec<Value> {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.loquet(&words, lines);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        json_lines(&output.stdout)
    }

    /// Enrolls in the browser, as it were, and returns the phone.
    pub(crate) fn enroll(&self, account: u64) -> Phone {
        self.enroll_ago(account, 0)
    }

    /// The same some seconds ago, so that no code of now is used up.
    pub(crate) fn enroll_ago(&self, account: u64, ago: u64) -> Phone {
        let mfa = self.operator_ago(ago);
        let client = Client::default();
        wait(async {
            let login = mfa.log_in(AccountId::from(account), client).await.unwrap();
            let offer = mfa.begin_enrollment(&login.session, "", client);
            let mut phone = Phone::new(&offer.await.unwrap().key_ungrouped);
            let code = match ago {
                0 => phone.fresh(),
                ago => phone.at((now() - ago) / 30),
            };
            let confirmed = mfa.confirm_enrollment(&login.session, code, client);
            confirmed.await.unwrap();
            phone
        })
    }
}

/// Multi-factor log-in is enabled, and helene has enrolled an hour ago.
pub(crate) fn enabled() -> (Centre, Phone) {
    let centre = Centre::new();
    enable(&centre, last_group);
    let phone = centre.enroll_ago(1, HOUR);
    (centre, phone)
}

pub(crate) fn shown(centre: &Centre, account: &str) -> Value {
    centre.json(&["account", "show", account], "", 0).remove(0)
}

/// A user's phone, which is `loquet code`.
pub(crate) struct Phone {
    key: String,
    used: u64,
}

impl Phone {
    pub(crate) fn new(key: &str) -> Self {
        let key = key.to_owned();
        Self { key, used: 0 }
    }

    /// A code that was not used and that the service accepts: of the step before, of this one, or of the next. Where all
    /// three are used up, it waits as its owner would; so it does where the step is about to end, and the one before could
    /// lapse on the way.
    pub(crate) fn fresh(&mut self) -> String {
        while now() / 30 < self.used || now() % 30 >= 26 {
            std::thread::sleep(Duration::from_millis(200));
        }
        let step = now() / 30;
        self.used = (self.used + 1).max(step - 1);
        self.at(self.used)
    }

    pub(crate) fn at(&self, step: u64) -> String {
        let at = (step * 30).to_string();
        let words = ["code", "--secret", &self.key, "--at", &at];
        let output = super::loquet(&words).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Six digits that are right in no step around now.
    pub(crate) fn wrong(&self) -> String {
        let right: Vec<String> = (now() / 30 - 3..now() / 30 + 4)
            .map(|step| self.at(step))
            .collect();
        (0..)
            .map(|n| format!("{n:06}"))
            .find(|code| !right.contains(code))
            .unwrap()
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// Enables, with the last group of the break-glass code read from the screen and typed back.
pub(crate) fn enable(
    centre: &Centre,
    typed_back: impl FnOnce(&str) -> String,
) -> (Vec<Value>, Option<i32>) {
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

pub(crate) fn last_group(code: &str) -> String {
    code.rsplit(['-', ' ']).next().unwrap().to_owned()
}
