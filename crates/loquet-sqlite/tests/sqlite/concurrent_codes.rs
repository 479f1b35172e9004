//! Real codes in several processes at once: submitted together by all, or given one after the other until a kill.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use loquet::store::{Cursor, Item, Query, Store as _};
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Attempt, Clock as _, Error, MfaSession, NewAccount, Refusal, RoleId, wait,
};
use loquet_sqlite::{Options, SqliteStore};
use loquet_testkit::fixture::{ANNE, Fixture};

use crate::child::child;
use crate::processes::say;

const START: u64 = 1_790_000_000;
const THREADS: usize = 8;
const PERSONS: u64 = 8;
/// A half log-in lives ten minutes.
const FRESH: u64 = 500;

fn fixture(path: &Path) -> Fixture {
    let store = Options::default()
        .busy(Duration::from_secs(30))
        .open(path)
        .unwrap();
    wait(Fixture::at(store, TestClock::at(START)))
}

/// Answers until it is known: "busy" reveals nothing, and the same attempt is sent again.
fn give(fixture: &Fixture, session: &MfaSession, typed: &str) -> Result<(), Refusal> {
    let attempt = Attempt::new(Fixture::client()).idempotency_key("form");
    loop {
        match wait(fixture.mfa.verify_code(session, typed, attempt)) {
            Ok(_) => return Ok(()),
            Err(Error::Refused(refusal)) => return Err(refusal),
            Err(Error::Busy) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn enter(fixture: &Fixture, account: u64) -> MfaSession {
    loop {
        match wait(fixture.mfa.log_in(account, Fixture::client())) {
            Ok(login) => return login.session,
            Err(Error::Busy) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// One of the processes: for each time and code on its input, all threads submit the code at once.
pub(crate) fn contest(path: &Path) {
    let fixture = fixture(path);
    let mut sessions: Vec<MfaSession> = Vec::new();
    let mut since = 0;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (now, typed) = line.split_once(' ').unwrap();
        let now: u64 = now.parse().unwrap();
        fixture.clock.set(now);
        if now - since > FRESH {
            since = now;
            sessions = (0..THREADS).map(|_| enter(&fixture, ANNE)).collect();
        }
        let answers: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = sessions
                .iter()
                .map(|session| scope.spawn(|| give(&fixture, session, typed)))
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        // The session that was let in was replaced.
        for (session, answer) in sessions.iter_mut().zip(&answers) {
            if answer.is_ok() {
                *session = enter(&fixture, ANNE);
            }
        }
        let count = |which: fn(&Result<(), Refusal>) -> bool| {
            answers.iter().filter(|answer| which(answer)).count()
        };
        say(&format!(
            "{} {} {} {}",
            count(|answer| answer.is_ok()),
            count(|answer| matches!(answer, Err(Refusal::AlreadyUsed { .. }))),
            count(|answer| matches!(answer, Err(Refusal::WrongCode { .. }))),
            count(|answer| matches!(answer, Err(Refusal::Throttled { .. }))),
        ));
    }
}

/// A process that submits what it is told.
struct Contestant {
    running: std::process::Child,
    tell: ChildStdin,
    hear: Lines<BufReader<ChildStdout>>,
}

impl Contestant {
    fn start(path: &Path) -> Self {
        let mut command = child("contest", path).command;
        let mut running = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let tell = running.stdin.take().unwrap();
        let hear = BufReader::new(running.stdout.take().unwrap()).lines();
        Self {
            running,
            tell,
            hear,
        }
    }

    fn answers(&mut self) -> [u32; 4] {
        let said = self.hear.by_ref().map(Result::unwrap);
        let mut said = said.filter_map(|line| line.strip_prefix("> ").map(str::to_owned));
        let counts = said.next().expect("a contestant died");
        let counts: Vec<u32> = counts
            .split(' ')
            .map(|count| count.parse().unwrap())
            .collect();
        counts.try_into().unwrap()
    }
}

/// Lets all of them submit a code at once: how many answers were accepted, used, wrong, to wait.
fn submit(contestants: &mut [Contestant], now: u64, typed: &str) -> [u32; 4] {
    for contestant in &mut *contestants {
        writeln!(contestant.tell, "{now} {typed}").unwrap();
    }
    let mut all = [0; 4];
    for contestant in contestants {
        for (sum, one) in all.iter_mut().zip(contestant.answers()) {
            *sum += one;
        }
    }
    all
}

/// Lets `processes` of eight threads each submit the same code at the same time, `rounds` times, and now and then the same
/// wrong one. Says how many codes were submitted; every deviation is a panic.
pub(crate) fn contend_for_codes(processes: usize, rounds: u64) -> u64 {
    // Each wrong round costs six of the eighty wrong codes that a stranger has.
    const WRONG_ROUNDS: u64 = 12;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let fixture = fixture(&path);
    let (phone, _) = wait(fixture.enabled());
    let wrong = fixture.wrong_code(&phone);
    let mut contestants: Vec<_> = (0..processes).map(|_| Contestant::start(&path)).collect();
    let all = u32::try_from(processes * THREADS).unwrap();
    let mut submit = |typed: &str| submit(&mut contestants, fixture.clock.now().0, typed);
    let mut submitted = 0;
    let mut counted = 0;
    for round in 0..rounds {
        let typed = fixture.code(&phone);
        assert_eq!(
            submit(&typed),
            [1, all - 1, 0, 0],
            "round {round}: accepted, used, wrong, waits"
        );
        submitted += u64::from(all);
        if round % (rounds / WRONG_ROUNDS).max(1) == 0 && counted < 70 {
            let [accepted, used, evaluated, waits] = submit(&wrong);
            assert_eq!(
                (accepted, used, evaluated + waits),
                (0, 0, all),
                "round {round}, wrong code"
            );
            counted += u8::try_from(evaluated).unwrap();
            let failures = wait(fixture.failures(ANNE));
            assert_eq!(
                failures, counted,
                "round {round}: wrong codes evaluated, and counted"
            );
            submitted += u64::from(all);
            // Longer than any wait.
            fixture.clock.advance(3_700);
        }
    }
    for mut contestant in contestants {
        drop(contestant.tell);
        assert!(contestant.running.wait().unwrap().success());
    }
    wait(fixture.operator.verify_audit(ANNE.into())).unwrap();
    drop(fixture);
    let granted = granted_codes(&path, ANNE.into());
    assert_eq!(
        granted, rounds,
        "codes accepted, and codes in the audit log"
    );
    submitted
}

/// How many codes an account's audit log has as accepted.
fn granted_codes(path: &Path, account: AccountId) -> u64 {
    let store = SqliteStore::open(path).unwrap();
    let mut granted = 0;
    let mut at = Some(Cursor::default());
    while let Some(cursor) = at {
        let page = wait(store.scan(&Query::Audit(account), &cursor)).unwrap();
        granted += page
            .items
            .iter()
            .filter(|item| matches!(item, Item::Audit(row) if row.body.contains("\"verify_code\"") && row.body.contains("\"GRANTED\"")))
            .count() as u64;
        at = page.next;
    }
    granted
}

#[test]
fn same_code_is_accepted_once_across_processes() {
    assert!(contend_for_codes(3, 20) > 480);
}

/// Gives codes of eight persons from eight threads, as its input lists them by time, and says which were accepted.
pub(crate) fn log_in_until_killed(path: &Path) {
    let store = Arc::new(SqliteStore::open(path).unwrap());
    let plan: Vec<String> = std::io::stdin().lines().map(Result::unwrap).collect();
    thread::scope(|scope| {
        for person in 1..=PERSONS {
            let (store, plan) = (Arc::clone(&store), &plan);
            scope.spawn(move || {
                let fixture = wait(Fixture::at(store, TestClock::at(START)));
                for line in plan {
                    let mut words = line.split(' ');
                    let now = words.next().unwrap().parse().unwrap();
                    let typed = words.nth(person as usize - 1).unwrap();
                    fixture.clock.set(now);
                    give(&fixture, &enter(&fixture, 100 + person), typed).unwrap();
                    say(&format!("{person} {now}"));
                }
            });
        }
    });
}

/// Kills a process in which people log in, `times`, at random moments. Every accepted code must be used, once and for all,
/// and every chain whole. Says how many log-ins were acknowledged.
pub(crate) fn kill_log_ins(times: u64) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let first = fixture(&path);
    wait(first.enabled());
    let phones: Vec<Phone> = (1..=PERSONS)
        .map(|person| add_user(&first, 100 + person))
        .collect();
    let mut now = first.clock.now().0;
    drop(first);
    let mut accepted = 0;
    for round in 0..times {
        let (last, heard) = until_killed(&path, &plan(now, &phones), round);
        accepted += heard;
        assert_codes_stay_used(&fixture(&path), &phones, &last);
        // The next code after all that the plan knew, so that it differs from a code that was lost unacknowledged.
        now += 30 * 401;
    }
    accepted
}

/// The codes of all for the steps to come, a line each.
fn plan(now: u64, phones: &[Phone]) -> String {
    (0..400)
        .map(|step| {
            let now = now + 30 * (step + 1);
            let codes = phones
                .iter()
                .map(|phone| format!(" {}", phone.code(loquet::UnixTime(now))));
            format!("{now}{}\n", codes.collect::<String>())
        })
        .collect()
}

/// Runs a process in which people log in, and kills it: each person's last code that was accepted, and how many were.
fn until_killed(path: &Path, plan: &str, round: u64) -> (BTreeMap<u64, u64>, usize) {
    let mut command = child("enter", path).command;
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    running
        .stdin
        .take()
        .unwrap()
        .write_all(plan.as_bytes())
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut last = BTreeMap::new();
    let mut accepted = 0;
    let mut note = |line: String| -> bool {
        let words = line
            .strip_prefix("> ")
            .and_then(|line| line.split_once(' '));
        let Some((person, at)) = words else {
            return false;
        };
        let at: u64 = at.parse().unwrap();
        last.insert(person.parse::<u64>().unwrap(), at);
        accepted += 1;
        true
    };
    while !note(lines.next().expect("no log-in succeeded")) {}
    thread::sleep(Duration::from_micros(round.wrapping_mul(7919) % 90_000));
    running.kill().unwrap();
    for line in lines {
        note(line);
    }
    running.wait().unwrap();
    (last, accepted)
}

fn assert_codes_stay_used(fixture: &Fixture, phones: &[Phone], last: &BTreeMap<u64, u64>) {
    for person in 1..=PERSONS {
        let phone = &phones[person as usize - 1];
        wait(fixture.operator.verify_audit((100 + person).into())).unwrap();
        let Some(at) = last.get(&person) else {
            continue;
        };
        fixture.clock.set(*at);
        let again = give(
            fixture,
            &enter(fixture, 100 + person),
            &phone.code(loquet::UnixTime(*at)),
        );
        assert!(
            matches!(again, Err(Refusal::AlreadyUsed { .. })),
            "person {person}: {again:?}"
        );
    }
}

fn add_user(fixture: &Fixture, person: u64) -> Phone {
    let name = format!("person {person}");
    let label = format!("{person}@example.org");
    let new = NewAccount::new(person, &name)
        .label(&label)
        .role(RoleId::MEMBER);
    wait(fixture.mfa.provision().ensure_account(new)).unwrap();
    wait(fixture.enroll(&enter(fixture, person))).0
}

#[test]
fn accepted_code_stays_used_after_kill() {
    assert!(kill_log_ins(4) >= 4);
}

/// The owner's right code among 200 guesses with the stolen password, from as many threads: how long its answer took.
pub(crate) fn owner_among_guesses() -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let fixture = fixture(&folder.path().join("loquet.db"));
    let (phone, live) = wait(fixture.enabled());
    let wrong = fixture.wrong_code(&phone);
    let thief = enter(&fixture, ANNE);
    let right = fixture.code(&phone);
    thread::scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| give(&fixture, &thief, &wrong).expect_err("a guess"));
        }
        let begun = Instant::now();
        give(&fixture, &live, &right).unwrap();
        begun.elapsed()
    })
}

#[test]
fn owner_is_answered_among_two_hundred_guesses() {
    println!("the owner's answer took {:?}", owner_among_guesses());
}
