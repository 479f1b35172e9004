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

mod crowds;
mod files;
mod postgres;
mod routes;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

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

/// A demo that runs.
struct Running {
    child: Child,
    said: Value,
    _out: BufReader<ChildStdout>,
}

fn start(db: &Path, flags: &[&str]) -> Running {
    running(demo(db, flags))
}

fn running(mut command: Command) -> Running {
    let mut child = command
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    Running {
        child,
        said: serde_json::from_str(&line).expect(&line),
        _out: out,
    }
}

impl Running {
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> i32 {
        self.signal("-INT");
        self.child.wait().unwrap().code().unwrap()
    }

    fn address(&self) -> SocketAddr {
        let address = self.said["address"].as_str().unwrap();
        address.strip_prefix("http://").unwrap().parse().unwrap()
    }

    fn send(&self, request: &str) -> TcpStream {
        let address = self.address();
        let mut stream = TcpStream::connect(address).unwrap();
        let request = request.replace("HOST", &address.to_string());
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// The same from another address of the loopback network.
    fn send_from(&self, from: [u8; 4], request: &str) -> TcpStream {
        let to = self.address();
        let request = request.replace("HOST", &to.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        let stream = runtime.unwrap().block_on(connect(from, to)).into_std();
        let mut stream = stream.unwrap();
        stream.set_nonblocking(false).unwrap();
        // The demo may close it at once.
        drop(stream.write_all(request.as_bytes()));
        stream
    }

    fn ask(&self, request: &str) -> String {
        answer(self.send(request))
    }

    /// The log-in form's request, head and body.
    fn form(&self, login: &str, password: &str) -> (String, String) {
        let page = self.ask("GET /connexion HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
        let attempt = &page.split("name=\"attempt\" value=\"").nth(1).unwrap()[..32];
        let body = format!("attempt={attempt}&login={login}&password={password}");
        let head = format!(
            "POST /connexion HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        (head, body)
    }

    /// The status line of a log-in.
    fn log_in(&self, login: &str, password: &str) -> String {
        let (head, body) = self.form(login, password);
        self.ask(&(head + &body)).lines().next().unwrap().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone after `end`.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Connects from an address of the loopback network.
async fn connect(from: [u8; 4], to: SocketAddr) -> tokio::net::TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The first line that a start says on standard error.
fn warning(mut command: Command) -> String {
    let mut child = command
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
    line
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

const ADMITTED: &str = "HTTP/1.1 303 See Other";
const WRONG: &str = "HTTP/1.1 422 Unprocessable Entity";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable";
const TOO_MANY: &str = "HTTP/1.1 429 Too Many Requests";

#[test]
fn first_start_creates_private_files_that_last() {
    let (_folder, db) = folder();
    let first = start(&db, &[]);
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
    let second = start(&db, &[]);
    assert_eq!(second.said["new"], false);
    assert_eq!(fs::read(key_of(&db)).unwrap(), key);
    assert_eq!(second.end(), 0);
    let third = start(&db, &["--fresh"]);
    assert_eq!(third.said["new"], true);
    assert_eq!(fs::read(key_of(&db)).unwrap(), key);
}

#[test]
fn interrupted_first_start_is_continued() {
    let (_folder, db) = folder();
    start(&db, &[]).end();
    let key = fs::read(key_of(&db)).unwrap();
    // Before the database exists, and before anything is committed to it.
    for content in [None, Some(b"")] {
        fs::remove_file(&db).unwrap();
        if let Some(content) = content {
            fs::write(&db, content).unwrap();
        }
        let again = start(&db, &[]);
        assert_eq!(again.said["new"], true);
        assert_eq!(fs::read(key_of(&db)).unwrap(), key);
        assert_eq!(again.end(), 0);
    }
}

#[test]
fn unknown_name_and_wrong_password_get_one_answer() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let log_in = |login: &str| {
        let (head, body) = demo.form(login, "wrong");
        let answer = demo.ask(&(head + &body));
        let status = answer.lines().next().unwrap().to_owned();
        let error = answer
            .split("data-testid=\"error\">")
            .nth(1)
            .map(|rest| rest.split("</div>").next().unwrap().to_owned());
        (status, error)
    };
    let wrong = log_in("helene");
    assert_eq!(wrong.0, WRONG);
    let text = wrong.1.as_ref().unwrap();
    assert!(text.contains("La connexion n’a pas abouti"), "{text}");
    assert_eq!(log_in("unknown"), wrong);
    // Argon2 takes nearly all of the time: without it an answer would come many times as fast.
    let fastest = |login: &str| {
        let times = (0..4).map(|_| {
            let begun = Instant::now();
            assert_eq!(log_in(login), wrong);
            begun.elapsed()
        });
        times.min().unwrap()
    };
    let (known, unknown) = (fastest("helene"), fastest("unknown"));
    assert!(unknown * 3 > known, "{unknown:?} and {known:?}");
}

#[test]
fn flood_of_wrong_passwords_is_refused() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    // A name gets 20 tries at once, whether or not an account has it.
    for name in ["helene", "unknown"] {
        for _ in 0..20 {
            assert_eq!(demo.log_in(name, "wrong"), WRONG);
        }
        let (head, body) = demo.form(name, "quatre+canards+au+soleil");
        let answer = demo.ask(&(head + &body)).to_lowercase();
        assert!(answer.starts_with("http/1.1 429"), "{answer}");
        let (_, wait) = answer.split_once("retry-after: ").unwrap();
        let wait: u64 = wait.split("\r\n").next().unwrap().parse().unwrap();
        assert!((1..=15).contains(&wait), "{wait}");
    }
}

#[test]
fn right_log_in_works_beside_a_flood() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let statuses: Vec<String> = (0..25).map(|_| demo.log_in("helene", "wrong")).collect();
    assert!(statuses.iter().any(|status| status == TOO_MANY));
    let status = demo.log_in("Marc", "une+moufle+sous+la+neige");
    assert_eq!(status, ADMITTED);
}

#[test]
fn slow_forms_block_no_log_in() {
    let (_folder, db) = folder();
    let demo = start(&db, &[]);
    let (head, body) = demo.form("helene", "wrong");
    let half = head + &body[..20];
    let mut slow: Vec<_> = (0..100)
        .map(|number| demo.send_from([127, 0, 0, 2 + number % 4], &half))
        .collect();
    let status = demo.log_in("helene", "quatre+canards+au+soleil");
    assert_eq!(status, ADMITTED);
    let answer = answer(slow.pop().unwrap());
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[test]
fn request_under_way_is_answered_before_exit() {
    for (signal, is_finished) in [("-INT", true), ("-TERM", true), ("-TERM", false)] {
        let (_folder, db) = folder();
        let mut demo = start(&db, &[]);
        let (head, body) = demo.form("helene", "quatre+canards+au+soleil");
        let (half, rest) = body.split_at(20);
        let mut stream = demo.send(&(head + half));
        // Taken on, because later requests are answered.
        demo.form("helene", "wrong");
        demo.signal(signal);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(demo.child.try_wait().unwrap(), None);
        let asked = Instant::now();
        if is_finished {
            stream.write_all(rest.as_bytes()).unwrap();
            assert!(answer(stream).starts_with(ADMITTED));
        }
        assert_eq!(demo.child.wait().unwrap().code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(7));
    }
}
