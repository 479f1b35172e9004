//! The demonstration, started on a free port with a database of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpSocket;

/// A running demonstration; it ends when this is dropped.
pub(crate) struct Demo {
    pub(crate) address: String,
    /// The same by the name that passkeys are for.
    pub(crate) open: String,
    accounts: Vec<Value>,
    process: Child,
    /// What it says on standard error, line by line: among it the notices that people would get.
    notices: Receiver<String>,
    folder: tempfile::TempDir,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_loquet-demo"))
            .args(["--listen", "127.0.0.1:0", "--json", "--fresh", "--db"])
            .arg(folder.path().join("demo.db"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, notices) = channel();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                eprintln!("{line}");
                // The test that listened may be over.
                _ = say.send(line);
            }
        });
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).expect("the demonstration says where it is");
        Self {
            address: said["address"].as_str().unwrap().to_owned(),
            open: said["open"].as_str().unwrap().to_owned(),
            accounts: said["accounts"].as_array().unwrap().clone(),
            process,
            notices,
            folder,
        }
    }

    fn field(&self, login: &str, field: &str) -> String {
        let account = self
            .accounts
            .iter()
            .find(|account| account["login"] == login);
        account.unwrap()[field].as_str().unwrap().to_owned()
    }

    pub(crate) fn password(&self, login: &str) -> String {
        self.field(login, "password")
    }

    pub(crate) fn name(&self, login: &str) -> String {
        self.field(login, "name")
    }

    pub(crate) fn account(&self, login: &str) -> String {
        self.field(login, "account")
    }

    /// Waits until this notice was sent. Those before it count as read.
    pub(crate) fn tells(&self, login: &str, event: &str) {
        let end = Instant::now() + Duration::from_secs(20);
        // To whichever address.
        let (to, wanted) = (format!("notice to {login} at "), format!(": {event}"));
        while let Ok(line) = self
            .notices
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if line.starts_with(&to) && line.contains(&wanted) {
                return;
            }
        }
        panic!("{to}…{wanted} was not sent");
    }

    /// Waits for a letter about `event` and returns the path of its link.
    pub(crate) fn link(&self, login: &str, event: &str) -> String {
        self.tells(login, event);
        let line = self.notices.recv_timeout(Duration::from_secs(20)).unwrap();
        line.split_once("me: ").unwrap().1.to_owned()
    }

    /// Every byte of the database, its log included.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for file in ["demo.db", "demo.db-wal"] {
            all.extend(std::fs::read(self.folder.path().join(file)).unwrap_or_default());
        }
        all
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Sends the log-in form from another address of the loopback network, which a browser cannot choose. Returns the answer.
pub(crate) async fn log_in_from(address: &str, demo: &Demo, login: &str) -> String {
    let page = exchange(address, demo, "GET /connexion HTTP/1.1", "").await;
    let attempt = page.split_once("name=\"attempt\" value=\"").unwrap().1;
    let attempt = attempt.split('"').next().unwrap();
    let password = demo.password(login).replace(' ', "+");
    let form = format!(
        "attempt={attempt}&login={login}&password={}",
        encoded(&password)
    );
    exchange(address, demo, "POST /connexion HTTP/1.1", &form).await
}

/// Percent-encodes what is not ASCII.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

async fn exchange(from: &str, demo: &Demo, request: &str, body: &str) -> String {
    let host = demo.address.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let stream = socket.connect(host.parse().unwrap()).await.unwrap();
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let text = format!(
        "{request}\r\nHost: {host}\r\nOrigin: {}\r\nConnection: close\r\nAccept-Language: fr\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        demo.address,
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
