//! The shared secret lies in no memory of the service once an answer is given, found by reading all of it.
//!
//! The service runs in a child process, so that what looks for the secret is not what is found: this process holds the phone,
//! and reads `/proc/PID/mem` while the child waits for its next line. What a host's own buffers keep (the page with the QR code
//! as it is written to a connection, a template's output, TLS records) is the host's: the child hands the key over by a write
//! that has no buffer.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test may fail loudly and read files"
)]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use loquet::store::MemoryStore;
use loquet::{MfaSession, UnixTime, wait};
use loquet_testkit::fixture::{ANNE, Fixture};

const ROLE: &str = "LOQUET_TEST_MEMORY_OF_CHILD";
/// When the service begins.
const NOW: u64 = 1_790_000_000;

#[test]
fn t39_memory_holds_no_shared_secret() {
    if std::env::var_os(ROLE).is_some() {
        return wait(service());
    }
    let mut child = Service::start();
    let key = child.said("key");
    let phone = Phone::new(&key);
    assert!(
        child.copies(&phone) > 0,
        "the offer is on show: its key is found"
    );
    child.go_on("");
    for step in [
        "offered",
        "shown again",
        "confirmed",
        "entered",
        "authorized",
    ] {
        assert_eq!(child.said("done"), step);
        assert_eq!(child.copies(&phone), 0, "{step}");
        child.go_on(&phone.code(NOW + 30 * child.steps));
    }
    assert_eq!(child.said("done"), "over");
    assert!(child.process.wait().unwrap().success());
}

/// The service, which tells what it has done and waits.
async fn service() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let session = fixture.log_in(ANNE).await.session;
    fixture.enable(&fixture.user(&session).await).await;
    offer(&fixture, &session).await;
    drop(tell("done offered"));
    let shown = mfa.pending_enrollment(&session, &client).await;
    drop(shown.unwrap().unwrap());
    let typed = tell("done shown again");
    fixture.clock.advance(60);
    let confirmed = mfa.confirm_enrollment(&session, typed, client).await;
    assert!(confirmed.is_ok());
    let typed = tell("done confirmed");
    fixture.clock.advance(30);
    let session = fixture.log_in(ANNE).await.session;
    let entered = fixture.verify(&session, &typed).await.unwrap();
    drop(tell("done entered"));
    fixture.user(&entered.session).await;
    drop(tell("done authorized"));
    say("done over\n");
}

/// Shows a new key for a while.
async fn offer(fixture: &Fixture, session: &MfaSession) {
    let offer = fixture.begin(session).await;
    drop(offer.svg("QR code").unwrap());
    say("key ");
    say(&offer.key_ungrouped);
    drop(tell(""));
}

/// Writes without a buffer, which would keep a copy.
fn say(text: &str) {
    let mut out = OpenOptions::new()
        .write(true)
        .open("/proc/self/fd/1")
        .unwrap();
    out.write_all(text.as_bytes()).unwrap();
}

/// Says what is done, and waits for the next line.
fn tell(done: &str) -> String {
    say(done);
    say("\n");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// The child process.
struct Service {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    steps: u64,
}

impl Service {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "t39_memory_holds_no_shared_secret",
                "--exact",
                "--nocapture",
            ])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
            steps: 0,
        }
    }

    /// The rest of the next line that begins so; the test harness says things of its own.
    fn said(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "the service has ended");
            // The harness ends no line before a test that captures nothing.
            if let Some((_, said)) = line.split_once(&format!("{word} ")) {
                return said.trim_end().to_owned();
            }
        }
    }

    fn go_on(&mut self, line: &str) {
        self.steps += 1;
        writeln!(self.input, "{line}").unwrap();
    }

    /// How often the secret stands in the writable memory of the service, in whatever form.
    fn copies(&self, phone: &Phone) -> usize {
        let of = |file: &str| format!("/proc/{}/{file}", self.process.id());
        let memory = File::open(of("mem")).unwrap();
        let maps = std::fs::read_to_string(of("maps")).unwrap();
        let mut copies = 0;
        for map in maps.lines() {
            let mut words = map.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            if !rights.starts_with("rw") {
                continue;
            }
            let (from, to) = range.split_once('-').unwrap();
            let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            if memory.read_exact_at(&mut bytes, from).is_ok() {
                copies += phone.copies_in(&bytes);
            }
        }
        copies
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It waits for a line that does not come if this process found something.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What the user holds, and how it would look in memory.
struct Phone {
    phone: loquet::testing::Phone,
    forms: [Vec<u8>; 4],
}

impl Phone {
    fn new(key: &str) -> Self {
        let bytes = loquet_enrollment::base32::decode(key).unwrap();
        let grouped: Vec<&str> = (0..6).map(|at| &key[4 * at..4 * at + 4]).collect();
        // Most of it is as good as all of it.
        let forms = [
            bytes.expose()[..16].to_vec(),
            key[..24].into(),
            key[..24].to_lowercase().into(),
            grouped.join(" ").into(),
        ];
        let uri = format!("otpauth://totp/Shop:lea?secret={key}&issuer=Shop");
        let phone = loquet::testing::Phone::from_uri(&uri).unwrap();
        Self { phone, forms }
    }

    fn code(&self, at: u64) -> String {
        self.phone.code(UnixTime(at))
    }

    fn copies_in(&self, bytes: &[u8]) -> usize {
        let starts_here = |at: usize| {
            let here = &bytes[at..];
            self.forms.iter().any(|form| here.starts_with(form))
        };
        // One pass: there is much memory, and few places begin like one of them.
        let first = self.forms.each_ref().map(|form| form[0]);
        let begins = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| first.contains(byte));
        begins.filter(|(at, _)| starts_here(*at)).count()
    }
}
