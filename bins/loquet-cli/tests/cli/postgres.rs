//! The commands over PostgreSQL, on a server of the test's own.

use std::process::{Command, Output};

use loquet_testkit::postgres::Server;
use serde_json::Value;

use crate::centre::{Centre, enable, last_group};
use crate::json_lines;

/// A service over SQLite, and a server with an empty database.
struct Moved {
    centre: Centre,
    server: Server,
}

impl Moved {
    fn new() -> Self {
        let centre = Centre::new();
        enable(&centre, last_group);
        centre.enroll(1);
        Self {
            centre,
            server: Server::start(&["fsync = off"]),
        }
    }

    fn url(&self) -> String {
        self.server.url("postgres")
    }

    /// A command on the database in PostgreSQL, with the keys of the service.
    fn on_postgres(&self, words: &[&str]) -> Command {
        self.on(&self.url(), words)
    }

    fn on(&self, url: &str, words: &[&str]) -> Command {
        let mut command = crate::loquet(words);
        command.args(["--db", url, "--key"]);
        command.arg(self.centre.db().with_extension("db.key"));
        command
    }

    fn json(&self, words: &[&str]) -> Vec<Value> {
        let output = self.on_postgres(words).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        json_lines(&output.stdout)
    }

    fn copy(&self, from: &str, to: &str) -> Output {
        let words = ["store", "copy", "--from", from, "--to", to];
        crate::loquet(&words).output().unwrap()
    }

    fn file(&self, name: &str) -> String {
        let path = self.centre.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }
}

fn told(output: &Output) -> (Option<i32>, String) {
    let told = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

#[test]
fn store_is_copied_there_and_back() {
    let moved = Moved::new();
    let (db, url) = (moved.file("centre.db"), moved.url());
    let (code, said) = told(&moved.copy(&db, &url));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("they are the same"), "{said}");
    for words in [["account", "list"], ["audit", "verify"], ["mfa", "status"]] {
        assert_eq!(
            moved.json(&words),
            moved.centre.json(&words, "", 0),
            "{words:?}"
        );
    }
    let (code, said) = told(&moved.copy(&db, &url));
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains(
            "--to: postgres://127.0.0.1/postgres: the database has rows of Loquet already"
        ),
        "{said}"
    );

    // The copy is in use: an account more, and a new file that has it too.
    let sync = moved.file("users.csv");
    std::fs::write(&sync, "external_id,id\nlea,9\n").unwrap();
    moved.json(&["account", "sync", &sync]);
    let back = moved.file("back.db");
    let (code, said) = told(&moved.copy(&url, &back));
    assert_eq!(code, Some(0), "{said}");
    let key = moved.file("centre.db.key");
    let listed = crate::loquet(&["account", "list", "--json", "--db", &back, "--key", &key]);
    let listed = { listed }.output().unwrap();
    assert_eq!(json_lines(&listed.stdout), moved.json(&["account", "list"]));
    assert_eq!(json_lines(&listed.stdout).len(), 5);
    let (code, said) = told(&moved.copy(&url, &back));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("name a new file"), "{said}");
}

/// Killed again and again, the copy goes on where it was, and no store opens it before its end.
#[test]
fn interrupted_copy_goes_on() {
    let moved = Moved::new();
    let users: String = (10..400).map(|id| format!("user {id},{id}\n")).collect();
    let sync = moved.file("users.csv");
    std::fs::write(&sync, format!("external_id,id\n{users}")).unwrap();
    moved.centre.json(&["account", "sync", &sync], "", 0);
    let (db, url) = (moved.file("centre.db"), moved.url());
    let mut was_interrupted = false;
    for wait in (20..).step_by(40) {
        let words = ["store", "copy", "--from", &db, "--to", &url];
        let mut copying = crate::loquet(&words).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        copying.kill().unwrap();
        copying.wait().unwrap();
        let (code, said) = told(&moved.on_postgres(&["account", "list"]).output().unwrap());
        if code == Some(0) {
            break;
        }
        assert_eq!(code, Some(2), "{said}");
        was_interrupted |= said.contains("can be begun again");
    }
    assert!(was_interrupted);
    let listed = moved.json(&["account", "list"]);
    assert_eq!(listed, moved.centre.json(&["account", "list"], "", 0));
}

/// A dump of an earlier time, restored by PostgreSQL's tools into a database of its own.
#[test]
fn restored_dump_is_made_safe() {
    let moved = Moved::new();
    let url = moved.url();
    assert_eq!(told(&moved.copy(&moved.file("centre.db"), &url)).0, Some(0));
    let dump = moved.file("dump");
    let tool = |name: &str, words: &[&str]| {
        let output = moved.server.tool(name).args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    tool("pg_dump", &["--format=custom", "--file", &dump, &url]);

    // Something is decided after the dump was taken.
    moved.json(&["account", "set-address", "sofia", "sofia@example.org"]);
    let kept = moved.file("kept");
    let checkpoint = moved.on_postgres(&["audit", "checkpoint"]).output();
    std::fs::write(&kept, checkpoint.unwrap().stdout).unwrap();

    let earlier = moved.server.url("earlier");
    let postgres = format!("--maintenance-db={url}");
    tool("createdb", &[&postgres, "earlier"]);
    tool("pg_restore", &["--dbname", &earlier, &dump]);
    let silent = told(&moved.on(&earlier, &["restored"]).output().unwrap());
    assert_eq!(silent.0, Some(2), "{}", silent.1);
    assert!(
        silent.1.contains("type `--was-enabled ORG`"),
        "{}",
        silent.1
    );

    let same = told(
        &moved
            .on(&earlier, &["restored", "--replaced", &earlier])
            .output()
            .unwrap(),
    );
    assert_eq!(same.0, Some(2), "{}", same.1);
    assert!(
        same.1.contains("the database that was put back"),
        "{}",
        same.1
    );

    let words = ["restored", "--replaced", &url, "--against", &kept, "--json"];
    let output = moved.on(&earlier, &words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let restored = &json_lines(&output.stdout)[0];
    assert_eq!(restored["accounts"], 4, "{restored}");
    assert_eq!(restored["lost"][0]["account"], "sofia", "{restored}");
    assert_eq!(restored["aside"], Value::Null);
    let verified = moved.on(&earlier, &["audit", "verify", "--json"]).output();
    assert_eq!(json_lines(&verified.unwrap().stdout)[0]["broken"], 0);

    // Without the replaced database: the new code's last group is typed back.
    let organizations = crate::wait(moved.centre.operator().organizations());
    let org = organizations.unwrap()[0].id().to_string();
    let words = ["restored", "--was-enabled", &org];
    let mut command = moved.on(&earlier, &words);
    command.stdin(std::process::Stdio::null());
    let (code, said) = told(&command.output().unwrap());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("new break-glass code of"), "{said}");
}

#[test]
fn import_and_its_dry_run_say_the_same() {
    let moved = Moved::new();
    let (db, url) = (moved.file("centre.db"), moved.url());
    assert_eq!(told(&moved.copy(&db, &url)).0, Some(0));
    let secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let file = moved.file("keys.csv");
    std::fs::write(
        &file,
        format!(
            "account,secret\nmarc,{secret}\nsofia,ABCDEFGHABCDEFGHABCDEFGHABCDEFGH\npaul,{secret}\n"
        ),
    )
    .unwrap();
    let import = |more: &[&str]| {
        let words = [&["import", &file, "--format", "csv", "--json"], more].concat();
        told(&moved.on_postgres(&words).output().unwrap())
    };
    let before = moved.json(&["account", "list"]);
    let would = import(&["--dry-run"]);
    assert_eq!(moved.json(&["account", "list"]), before);
    let done = import(&[]);
    assert_eq!(would, done);
    assert_eq!(done.0, Some(1), "{}", done.1);
    assert_eq!(done.1.matches("\"imported\"").count(), 2, "{}", done.1);
    let again = import(&[]);
    assert_eq!(
        again.1.matches("\"already_there\"").count(),
        2,
        "{}",
        again.1
    );
}

#[test]
fn what_is_missing_is_said() {
    let moved = Moved::new();
    let url = moved.url();
    let run = |words: &[&str]| {
        told(
            &crate::loquet(words)
                .env_remove("LOQUET_KEYS")
                .output()
                .unwrap(),
        )
    };
    let (code, said) = told(&moved.on_postgres(&["account", "list"]).output().unwrap());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no tables of Loquet are in it"), "{said}");
    let (code, said) = run(&["account", "list", "--db", &url]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("with PostgreSQL, name the key file, or set LOQUET_KEYS"),
        "{said}"
    );
    let (code, said) = run(&["account", "list", "--db", "postgres://127.0.0.1:port"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("expected postgres://USER@HOST/DATABASE"),
        "{said}"
    );
    let (code, said) = run(&[
        "store",
        "migrate",
        "--db",
        "postgres://a:secret@127.0.0.1:1/b",
    ]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("postgres://127.0.0.1/b") && !said.contains("secret"),
        "{said}"
    );
    let (code, said) = told(&moved.on_postgres(&["backup", "copy.db"]).output().unwrap());
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("back PostgreSQL up with pg_dump"), "{said}");
    let (code, said) = run(&["store", "migrate", "--db", &url]);
    assert_eq!(
        (code, said.as_str()),
        (
            Some(0),
            "postgres://127.0.0.1/postgres has Loquet's tables\n"
        )
    );
}
