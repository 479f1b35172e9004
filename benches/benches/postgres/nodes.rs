//! Several node processes on one database.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use loquet::testing::{Phone, TestClock};
use loquet::{AccountId, Error, Keyring, Mfa, MfaSession, NewAccount, Refusal, RoleId, UnixTime};
use loquet_benches::users::START;
use loquet_postgres::PostgresStore;
use loquet_testkit::fixture::Fixture;
use loquet_testkit::postgres::Server;
use tokio::runtime::Runtime;

use crate::{database, pool, store};

/// Connections a node.
const CONNECTIONS: usize = 16;

/// A node, which is told on standard input what to do.
struct Node {
    process: Child,
    told: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Node {
    fn start(url: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["node", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = process.stdin.take().unwrap();
        let says = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            told,
            says,
        }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.told, "{line}").unwrap();
    }

    fn end(mut self) {
        drop(self.told);
        self.process.wait().unwrap();
    }

    fn hear(&mut self) -> Vec<u64> {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect()
    }
}

/// The work of a node: lines `ACCOUNT URI FROM TO TIMES` from standard input, all at once. It submits each code that the phone
/// shows between the two times, so many times at once in one session; the answer to a line is how many were accepted, how many were refused as used, and the memory of this
/// process in KiB.
pub(crate) async fn node(url: &str) {
    let store = Arc::new(store(&pool(url, CONNECTIONS).await).await);
    let mut lines = Vec::new();
    for line in std::io::stdin().lines() {
        lines.push(tokio::spawn(submit_all(Arc::clone(&store), line.unwrap())));
    }
    for line in lines {
        line.await.unwrap();
    }
}

async fn submit_all(store: Arc<PostgresStore>, line: String) {
    let words: Vec<&str> = line.split(' ').collect();
    let [account, uri, from, to, times] = words[..] else {
        panic!("{line}")
    };
    let clock = TestClock::at(0);
    let mfa = Mfa::builder(store)
        .keyring(Keyring::single(1, [7; 32]))
        .clock(clock.clone());
    let mfa = mfa.open().await.unwrap().organization(9_u64.into());
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let phone = Phone::from_uri(uri).unwrap();
    let account: AccountId = account.parse().unwrap();
    let times: u64 = times.parse().unwrap();
    let (mut accepted, mut used) = (0_u64, 0_u64);
    for now in (from..to).step_by(30) {
        clock.set(now);
        let session = log_in(&mfa, account).await;
        let code = phone.code(UnixTime(now));
        let submit = |_| tokio::spawn(submit(mfa.clone(), session, code.clone()));
        for submitted in (0..times).map(submit).collect::<Vec<_>>() {
            if submitted.await.unwrap() {
                accepted += 1;
            } else {
                used += 1;
            }
        }
    }
    println!("{accepted} {used} {}", memory());
}

async fn log_in(mfa: &Mfa, account: AccountId) -> MfaSession {
    loop {
        match mfa.log_in(account, Fixture::client()).await {
            Ok(login) => return login.session,
            Err(Error::Busy) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// Submits a code; whether it was accepted.
async fn submit(mfa: Mfa, session: MfaSession, code: String) -> bool {
    loop {
        match mfa
            .verify_code(&session, code.as_str(), Fixture::client())
            .await
        {
            Ok(_) => return true,
            Err(Error::Busy) => {}
            Err(Error::Refused(Refusal::AlreadyUsed { .. } | Refusal::StaleLogIn)) => return false,
            Err(other) => panic!("{other}"),
        }
    }
}

/// The resident memory of this process in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.unwrap_or_default()
}

/// A database with users, and their key URIs.
async fn enrolled(server: &Server, name: &str, count: u64) -> Vec<(AccountId, String)> {
    let pool = database(server, name, 4).await;
    let fixture = Fixture::at(store(&pool).await, TestClock::at(START)).await;
    fixture.enabled().await;
    let mut users = Vec::new();
    for number in 0..count {
        let id = AccountId::from(number + 100);
        let name = format!("{number}@example.org");
        let new = NewAccount::new(id, &name).role(RoleId::MEMBER);
        fixture.mfa.provision().ensure_account(new).await.unwrap();
        let session = fixture
            .mfa
            .log_in(id, Fixture::client())
            .await
            .unwrap()
            .session;
        let offer = fixture.begin(&session).await;
        fixture.confirm(&session, &offer).await;
        users.push((id, offer.uri.expose().to_string()));
    }
    users
}

/// Later than every enrollment.
const LATER: u64 = START + 100_000;

/// Log-ins of different users at one, two and four nodes, one at a time at each.
pub(crate) fn spread(runtime: &Runtime, server: &Server) {
    const LOG_INS: u64 = 400;
    println!("\n## Nodes side by side, each one log-in at a time, all on this machine\n");
    println!("| nodes | log-ins/s in all | of one node | memory a node | connections a node |");
    println!("|------:|-----------------:|------------:|--------------:|-------------------:|");
    let mut base = None;
    for count in [1, 2, 4] {
        let name = format!("spread_{count}");
        let users = runtime.block_on(enrolled(server, &name, count));
        let mut nodes: Vec<Node> = users
            .iter()
            .map(|_| Node::start(&server.url(&name)))
            .collect();
        let begun = Instant::now();
        for (node, (id, uri)) in nodes.iter_mut().zip(&users) {
            node.tell(&format!("{id} {uri} {LATER} {} 1", LATER + 30 * LOG_INS));
        }
        let heard: Vec<_> = nodes.iter_mut().map(Node::hear).collect();
        let rate = (count * LOG_INS) as f64 / begun.elapsed().as_secs_f64();
        let ratio = rate / *base.get_or_insert(rate);
        assert!(heard.iter().all(|said| said[0] == LOG_INS), "{heard:?}");
        let memory = heard.iter().map(|said| said[2]).max().unwrap_or_default() / 1024;
        println!("| {count} | {rate:.0} | {ratio:.2} | {memory} MiB | 1 of {CONNECTIONS} |");
        nodes.into_iter().for_each(Node::end);
    }
}

/// Four nodes submit the same codes of the same users at the same time: each is accepted once.
pub(crate) fn contested(runtime: &Runtime, server: &Server, submissions: u64) {
    const NODES: u64 = 4;
    const USERS: u64 = 4;
    const AT_ONCE: u64 = 8;
    let steps = submissions.div_ceil(NODES * USERS * AT_ONCE);
    let submissions = steps * NODES * USERS * AT_ONCE;
    let users = runtime.block_on(enrolled(server, "contested", USERS));
    let mut nodes: Vec<Node> = (0..NODES)
        .map(|_| Node::start(&server.url("contested")))
        .collect();
    let begun = Instant::now();
    let (mut accepted, mut used) = (0, 0);
    for node in &mut nodes {
        for (id, uri) in &users {
            let until = LATER + 30 * steps;
            node.tell(&format!("{id} {uri} {LATER} {until} {AT_ONCE}"));
        }
    }
    for node in &mut nodes {
        for _ in &users {
            let said = node.hear();
            accepted += said[0];
            used += said[1];
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let rate = submissions as f64 / seconds;
    println!("\n## {submissions} contested submissions over {NODES} nodes\n");
    println!("{accepted} accepted, {used} refused as used, in {seconds:.0} s ({rate:.0} a second)");
    println!(
        "target each of {} codes once, all counted: {}",
        steps * USERS,
        if accepted == steps * USERS && accepted + used == submissions {
            "met"
        } else {
            "MISSED"
        }
    );
    nodes.into_iter().for_each(Node::end);
}
