//! Compares the engine with a reference that keeps only a log, and with its own forecasts, on random traces.
//! More traces:
//! `cargo test -p loquet-policy --release --test rules -- --ignored reference`.

// Included by path, because the test kit depends on crates that depend on this one.
#[path = "../../../loquet-testkit/src/policy_reference/mod.rs"]
pub mod policy_reference;

use std::collections::BTreeMap;

use crate::aim::aimed;
use crate::fixture::{ADMINISTRATOR, digest, known};
use crate::trace::{Dice, PEOPLE, Trace};
use loquet_policy::*;
use policy_reference::{Act, Ask, Reference};

/// The engine and the reference on the same trace.
struct Comparison {
    trace: Trace,
    reference: Reference,
    story: Vec<(String, &'static str)>,
}

impl Comparison {
    fn new(seed: u64) -> Self {
        let trace = Trace::new(seed);
        let reference = Reference::new(&PEOPLE, trace.now);
        let story = Vec::new();
        Self {
            trace,
            reference,
            story,
        }
    }

    fn compare(&mut self, ask: Ask) {
        let now = self.trace.now;
        let said = self.reference.ask(ask, now);
        let decided = self.trace.decide(ask);
        let (Ok(answer) | Err(answer)) = decided;
        self.story
            .push((format!("{now} {ask:?} -> {decided:?}"), answer));
        if said != decided {
            let tail = self.story.len().saturating_sub(40);
            let lines = self.story[tail..]
                .iter()
                .map(|(line, _)| format!("{line}\n"));
            panic!("{}the reference says {said:?}", lines.collect::<String>());
        }
    }

    /// Begins most traces with multi-factor log-in enabled and two accounts enrolled.
    fn enroll_first_accounts(&mut self) {
        if self.trace.dice.roll(8) == 0 {
            return;
        }
        for who in 0..2 {
            let enables = (who == 0).then_some(Act::Enable);
            let acts = [Act::LogIn].into_iter().chain(enables);
            for act in acts.chain([Act::Begin(false), Act::Confirm]) {
                self.compare(self.trace.ask(who, act));
            }
            if who == 0 && self.trace.dice.roll(3) == 0 {
                self.compare(self.trace.ask(who, Act::AnnounceNow));
            }
        }
        // The parent may begin one more enrollment on the first day.
        self.reference.note_old_enrollments(3, 29);
        self.trace.accounts[3].enrollments = DailyQuota {
            since: UnixTime(self.trace.now - 2 * limits::HOUR),
            used: 29,
        };
        if self.trace.mostly_wrong {
            self.reference.note_old_failures(0, 98);
            self.trace.accounts[0].attempts = Attempts {
                total: 98,
                known: Throttle {
                    row: 98,
                    until: UnixTime(0),
                },
                ..Attempts::default()
            };
        }
    }
}

/// Runs traces; returns the count of each answer and the number of changed log-ins that were forecast.
fn run_traces(lives: u64, steps: u64) -> (BTreeMap<&'static str, u64>, usize) {
    let mut seen: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut foreseen = 0;
    for seed in 1..=lives {
        let mut comparison = Comparison::new(seed);
        comparison.enroll_first_accounts();
        for step in 0..steps {
            comparison.trace.pass_time();
            let ask = comparison.trace.draw();
            comparison.compare(ask);
            if step.is_multiple_of(10) {
                foreseen += forecast(&mut comparison.trace);
            }
        }
        for (_, answer) in comparison.story {
            *seen.entry(answer).or_insert(0) += 1;
        }
    }
    (seen, foreseen)
}

const AUTHOR: u64 = 99;

/// Returns an administrator who may change any rule, with a recent code once codes exist.
fn author(organization: &Organization, now: UnixTime) -> (Account, Session) {
    let roles = RoleSet::of(ADMINISTRATOR);
    let mut author = Account::new(AUTHOR.into(), organization.id, roles, UnixTime(0));
    let enabled = organization.is_enabled();
    let level = if enabled {
        Level::Level2
    } else {
        Level::Level1
    };
    if enabled {
        let origin = AuthenticatorOrigin::Passkey {
            counter: 1,
            backed_up: false,
        };
        let bound = Authenticator {
            origin,
            ..Authenticator::new(AuthenticatorId(1), UnixTime(0), 1)
        };
        author.second_factor = SecondFactor::of(bound);
    }
    let session = Session {
        passkey: enabled,
        account: author.id,
        id: SessionId(0),
        epoch: 0,
        level,
        at: now,
    };
    (author, session)
}

fn written(organization: &Organization, command: &Command, now: UnixTime) -> Option<Organization> {
    // The author exists from before the change was due.
    let (author, session) = author(organization, now);
    let mut roster = Roster::new(organization.id);
    roster.admit(&author);
    let snapshot = Snapshot {
        organization: Some(organization),
        roster: Some(&roster),
        actor: &author,
        session: Some(&session),
        subject: None,
    };
    let session = SessionId(0);
    let command = aimed(command, &author);
    let decision = decide(&snapshot, &command, now, Fresh { session });
    let changed = decision.changes.organization;
    decision.answer.ok()?;
    Some(changed.unwrap_or_else(|| organization.clone()))
}

/// Returns a change of the rules, and the command that makes it.
fn change(organization: &Organization, now: UnixTime, dice: &mut Dice) -> (PolicyChange, Command) {
    let role = RoleId(dice.roll(3) as u16);
    let kind = match dice.roll(2) {
        0 => MandateKind::SecondFactor,
        _ => MandateKind::Passkey,
    };
    let date = now.plus((7 + dice.roll(9)) * limits::DAY);
    let mandate = PolicyChange::Mandate { kind, role, date };
    match dice.roll(7) {
        0 | 1 if organization.mandate(role, kind).is_some() => {
            (mandate, Command::MoveMandate { kind, role, date })
        }
        0 => {
            let start = Start::At(date);
            (mandate, Command::ScheduleMandate { kind, role, start })
        }
        1 => {
            let start = Start::Now { confirmed: true };
            let mandate = PolicyChange::Mandate {
                kind,
                role,
                date: now,
            };
            (mandate, Command::ScheduleMandate { kind, role, start })
        }
        2 => {
            let none = PolicyChange::NoMandate { kind, role };
            (none, Command::CancelMandate { kind, role })
        }
        3 => {
            let (break_glass, typed_back) = (digest(1), true);
            (
                PolicyChange::Enable,
                Command::Enable {
                    break_glass,
                    typed_back,
                },
            )
        }
        kind => {
            let seconds = [1, 7, 20, 90][dice.roll(4) as usize] * limits::DAY;
            let setting = match kind {
                4 => Setting::RecoveryCodes { offered: true },
                _ => Setting::EnrollmentWindow { seconds },
            };
            let code = known(CodeCheck::Good { step: 2, offset: 0 });
            let change = PolicyChange::Setting(setting);
            (change, Command::ChangeSetting { setting, code })
        }
    }
}

/// Compares a forecast with the effect of the command, and returns the number of changed log-ins.
fn forecast(trace: &mut Trace) -> usize {
    let (now, dice) = (UnixTime(trace.now), &mut trace.dice);
    let (mut before, mut accounts) = (trace.organization.clone(), trace.accounts.clone());
    // Usually an earlier change precedes it, and sometimes an account has an undefined role.
    let (_, earlier) = change(&before, now, dice);
    before = written(&before, &earlier, now).unwrap_or(before);
    if dice.roll(4) == 0 {
        accounts[3].roles = RoleSet::of(RoleId(77));
    }
    let (change, command) = change(&before, now, dice);
    let days = [0, 3, 7, 15, 40][dice.roll(5) as usize];
    let Some(after) = written(&before, &command, now) else {
        return 0;
    };
    // A weakening change is forecast as if its wait were over.
    let waits = matches!(command, Command::ChangeSetting { .. }) && !after.scheduled.is_empty();
    let at = now.plus(days * limits::DAY + if waits { limits::WEAKENING } else { 0 });
    let [was, is] = [&before, &after].map(|it| written(it, &Command::ApplyDue, at).unwrap());
    let difference = |account: &Account| {
        let [before, after] = [&was, &is].map(|it| next_log_in(it, account, at));
        let account = account.id;
        (before != after).then_some(Difference {
            account,
            before,
            after,
        })
    };
    let found: Vec<Difference> = accounts.iter().filter_map(difference).collect();
    let by = AUTHOR.into();
    let said: Vec<Difference> = what_if(&before, Plan { change, by, now }, &accounts, at).collect();
    assert_eq!(said, found, "{change:?} in {days} days");
    found.len()
}

#[test]
fn engine_matches_reference() {
    let (seen, foreseen) = run_traces(400, 150);
    println!("{seen:?} {foreseen}");
    // The traces must reach interesting states.
    assert!(foreseen > 1_000, "{foreseen}");
    for answer in [
        "Level2",
        "EnrollOnly",
        "done",
        "HalfLogin",
        "MANDATED",
        "ALREADY_USED",
        "RESET_CODE_REQUIRED",
        "STALE_LOGIN",
        "LOGIN_EXPIRED",
        "THROTTLED",
        "NOT_FRESH",
        "PASSWORD_REQUIRED",
        "SELF_RESET",
        "LATCHED",
        "IS_DEACTIVATED",
        "WRONG_CODE",
        "RECOVER_FIRST",
        "TOO_MANY_ENROLLMENTS",
        "DIFFERENT_KEY",
        "ALREADY_THERE",
    ] {
        assert!(seen.contains_key(answer), "{answer} never occurs: {seen:?}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn engine_matches_reference_over_million_steps() {
    println!("{:?}", run_traces(5_000, 200));
}
