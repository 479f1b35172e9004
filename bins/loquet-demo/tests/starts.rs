//! The program from outside: what it makes, what it refuses, and that it loses nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn demo(db: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loquet-demo"));
    command.arg("--db").arg(db).args(flags);
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command
}

/// A demonstration that stands.
struct Standing {
    child: Child,
    said: Value,
    _out: BufReader<ChildStdout>,
}

fn stand(db: &Path, flags: &[&str]) -> Standing {
    let mut child = demo(db, flags)
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    Standing {
        child,
        said: serde_json::from_str(&line).expect(&line),
        _out: out,
    }
}

impl Standing {
    fn end(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code().unwrap()
    }

    fn ask(&self, request: &str) -> String {
        let address = self.said["address"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(request.replace("HOST", address).as_bytes())
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        // Already gone after `end`.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn refused(db: &Path, flags: &[&str]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = demo(db, flags).output().unwrap();
    assert!(stdout.is_empty());
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("demo.db");
    (folder, db)
}

fn key_of(db: &Path) -> PathBuf {
    PathBuf::from(format!("{}.key", db.display()))
}

#[test]
fn a_first_start_makes_private_files_and_the_next_keeps_them() {
    let (_folder, db) = folder();
    let first = stand(&db, &[]);
    assert_eq!(first.said["new"], true);
    assert_eq!(first.said["accounts"].as_array().unwrap().len(), 6);
    for file in [&db, &key_of(&db)] {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    let (code, why) = refused(&db, &[]);
    assert_eq!(code, 3);
    assert!(why.contains("in use by another loquet-demo"), "{why}");
    // `loquet keys` puts a new file in the key file's place; the lock is not on that one.
    let beside = db.with_extension("new-key");
    fs::copy(key_of(&db), &beside).unwrap();
    fs::rename(&beside, key_of(&db)).unwrap();
    let (code, why) = refused(&db, &["--fresh"]);
    assert!(code == 3 && why.contains("in use by another"), "{why}");
    let page = first.ask("GET /connexion HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("Mot de passe"),
        "{page}"
    );
    assert_eq!(first.end(), 0);
    let key = fs::read(key_of(&db)).unwrap();
    let second = stand(&db, &[]);
    assert_eq!(second.said["new"], false);
    assert_eq!(fs::read(key_of(&db)).unwrap(), key);
    assert_eq!(second.end(), 0);
    let third = stand(&db, &["--fresh"]);
    assert_eq!(third.said["new"], true);
    assert_ne!(fs::read(key_of(&db)).unwrap(), key);
}

#[test]
fn interrupted_first_start_is_continued() {
    let (_folder, db) = folder();
    stand(&db, &[]).end();
    let key = fs::read(key_of(&db)).unwrap();
    // Before the database exists, and before anything is committed to it.
    for content in [None, Some(b"")] {
        fs::remove_file(&db).unwrap();
        if let Some(content) = content {
            fs::write(&db, content).unwrap();
        }
        let again = stand(&db, &[]);
        assert_eq!(again.said["new"], true);
        assert_eq!(fs::read(key_of(&db)).unwrap(), key);
        assert_eq!(again.end(), 0);
    }
}

#[test]
fn an_unknown_name_and_a_wrong_phrase_get_the_same_answer() {
    let (_folder, db) = folder();
    let demo = stand(&db, &[]);
    let log_in = |login: &str, phrase: &str| {
        let form = demo.ask("GET /connexion HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
        let attempt = &form.split("name=\"attempt\" value=\"").nth(1).unwrap()[..32];
        let body = format!("attempt={attempt}&login={login}&phrase={phrase}");
        let answer = demo.ask(&format!(
            "POST /connexion HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let status = answer.lines().next().unwrap().to_owned();
        let error = answer
            .split("data-testid=\"error\">")
            .nth(1)
            .map(|rest| rest.split("</div>").next().unwrap().to_owned());
        (status, error)
    };
    let wrong = log_in("helene", "wrong");
    assert_eq!(wrong.0, "HTTP/1.1 422 Unprocessable Entity");
    assert!(
        wrong
            .1
            .as_ref()
            .unwrap()
            .contains("La connexion n'a pas abouti"),
        "{wrong:?}"
    );
    assert_eq!(log_in("nobody", "wrong"), wrong);
    assert_eq!(
        log_in("Helene", "quatre+canards+au+soleil"),
        ("HTTP/1.1 303 See Other".to_owned(), None)
    );
    // The ninth wrong phrase waits, whether or not the name is somebody's.
    for name in ["nobody2", "marc"] {
        for _ in 0..8 {
            assert_eq!(log_in(name, "wrong"), wrong);
        }
        assert_eq!(
            log_in(name, "une+moufle+sous+la+neige").0,
            "HTTP/1.1 429 Too Many Requests",
            "{name}"
        );
    }
}

#[test]
fn an_address_that_cannot_be_had_touches_no_file() {
    let (folder, db) = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, why) = refused(&db, &["--listen", &address]);
    assert_eq!(code, 4);
    assert!(
        why.contains(&address) && why.contains("another program listens there"),
        "{why}"
    );
    let (code, _) = refused(&db, &["--listen", "192.0.2.1:8080"]);
    assert_eq!(code, 4);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let (code, _) = refused(&db, &["--listen", "nowhere"]);
    assert_eq!(code, 2);
}

#[test]
fn files_of_others_are_left_alone() {
    let (folder, db) = folder();
    for content in [
        &b"Dear diary"[..],
        &[b"SQLite format 3\0".as_slice(), &[0; 200]].concat(),
    ] {
        fs::write(&db, content).unwrap();
        for flags in [&[][..], &["--fresh"]] {
            let (code, why) = refused(&db, flags);
            assert_eq!(code, 2, "{why}");
            assert_eq!(fs::read(&db).unwrap(), content);
        }
    }
    assert!(!key_of(&db).exists());
    assert_eq!(refused(folder.path(), &[]).0, 2);
    let (code, why) = refused(&folder.path().join("none/demo.db"), &[]);
    assert_eq!(code, 3);
    assert!(why.contains("cannot find the folder"), "{why}");
}

#[test]
fn unusable_files_are_named_and_kept() {
    let (_folder, db) = folder();
    stand(&db, &[]).end();
    let key = key_of(&db);
    let (good_db, good_key) = (fs::read(&db).unwrap(), fs::read(&key).unwrap());
    let mut scribbled = good_db.clone();
    let quarter = scribbled.len() / 4;
    scribbled[quarter..].fill(0xA5);
    let text = String::from_utf8(good_key.clone()).unwrap();
    let other = text.replace(|c: char| c.is_ascii_digit(), "7");
    let half = &good_db[..good_db.len() / 2];
    for (name, db_bytes, key_bytes, expected) in [
        ("truncated", half, Some(&good_key[..]), "is damaged"),
        ("scribbled", &scribbled, Some(&good_key), "is damaged"),
        ("no key", &good_db, None, "key file"),
        ("wrong key", &good_db, Some(other.as_bytes()), "key file"),
        ("bad key", &good_db, Some(b"# nothing\n"), "key file"),
    ] {
        fs::write(&db, db_bytes).unwrap();
        for log in ["-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{log}", db.display())));
        }
        match key_bytes {
            Some(bytes) => fs::write(&key, bytes).unwrap(),
            None => fs::remove_file(&key).unwrap(),
        }
        let (code, why) = refused(&db, &[]);
        assert_eq!(code, 3, "{name}: {why}");
        assert!(why.contains(expected), "{name}: {why}");
        let shown = why.contains(&text[text.len() - 20..]);
        assert!(!shown, "{name} shows the key: {why}");
        assert_eq!(fs::read(&db).unwrap(), db_bytes, "{name}");
        assert_eq!(fs::read(&key).ok().as_deref(), key_bytes, "{name}");
    }
    fs::write(&db, &good_db).unwrap();
    fs::write(&key, &good_key).unwrap();
    assert_eq!(stand(&db, &[]).said["new"], false);
}

#[test]
fn a_table_of_countries_is_read_and_what_is_none_is_named_before_anything_is_made() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("demo.db");
    let bad = folder.path().join("bad.mmdb");
    fs::write(&bad, b"not a database").unwrap();
    for file in [bad.clone(), folder.path().join("absent.mmdb")] {
        let output = demo(&db, &["--countries", file.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(file.to_str().unwrap()), "{said}");
        assert!(!db.exists());
    }
    let good = folder.path().join("countries.mmdb");
    let mut tree = maxminddb_writer::Database::default();
    tree.metadata.database_type = "Test-Country".to_owned();
    tree.metadata.ip_version = maxminddb_writer::metadata::IpVersion::V6;
    let record = std::collections::BTreeMap::from([(
        "country",
        std::collections::BTreeMap::from([("iso_code", "CA")]),
    )]);
    let value = tree.insert_value(&record).unwrap();
    let network = maxminddb_writer::paths::IpAddrWithMask::new([24, 48, 0, 0].into(), 16);
    tree.insert_node(network, value);
    tree.metadata.binary_format_major_version = 2;
    fs::write(&good, tree.write_to(Vec::new()).unwrap()).unwrap();
    let mut child = demo(&db, &["--countries", good.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // Built in 1970, as far as the writer says.
    assert!(line.contains("table of countries is older"), "{line}");
}
