//! The engine beside a reference that keeps nothing but a log, on random lives of small
//! organisations. More of them: `cargo test -p loquet-policy --release --test differential -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

// By path: the test kit as a whole stands on crates that stand on this one.
#[path = "../../loquet-testkit/src/policy_reference/mod.rs"]
mod policy_reference;

use loquet_policy::*;
use policy_reference::{Ask, Rank, Reference, Typed};
use std::collections::BTreeMap;

/// A small generator of its own, so that a seed means the same life for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

fn digest(what: u8) -> Digest {
    Digest::from_bytes([what; 32])
}

fn id(who: usize) -> AccountId {
    AccountId::from(who as u64 + 1)
}

struct Life {
    organisation: Organisation,
    roster: Roster,
    accounts: Vec<Account>,
    sessions: BTreeMap<u64, Session>,
    of: Vec<Vec<u64>>,
    next: u64,
    reference: Reference,
    now: u64,
    dice: Dice,
    story: Vec<String>,
    /// A life in which nearly every code is wrong.
    clumsy: bool,
}

const PEOPLE: [Rank; 4] = [
    Rank::Administrator,
    Rank::Administrator,
    Rank::Employee,
    Rank::Parent,
];

impl Life {
    fn new(seed: u64) -> Self {
        let now = 2_000_000_000;
        let organisation = Organisation::new(OrgId::from(1u64));
        let mut roster = Roster::new(organisation.id);
        let accounts: Vec<Account> = PEOPLE
            .iter()
            .enumerate()
            .map(|(who, rank)| {
                let roles: &[RoleId] = match rank {
                    Rank::Parent => &[RoleId::PARENT],
                    Rank::Employee => &[RoleId::EMPLOYEE],
                    Rank::Administrator => &[RoleId::EMPLOYEE, RoleId::ADMINISTRATOR],
                };
                let roles = RoleSet::new(roles.iter().copied()).unwrap();
                Account::new(id(who), organisation.id, roles, UnixTime(0))
            })
            .collect();
        for account in &accounts {
            roster.admit(account);
        }
        let reference = Reference::new(&PEOPLE, now);
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.roll(2);
        let of = vec![Vec::new(); PEOPLE.len()];
        let sessions = BTreeMap::new();
        Self {
            organisation,
            roster,
            accounts,
            sessions,
            of,
            next: 1,
            reference,
            now,
            dice,
            story: Vec::new(),
            clumsy: seed.is_multiple_of(4),
        }
    }

    fn code(&mut self) -> Typed {
        match self.dice.roll(8) {
            0 => Typed::Nothing,
            1 => Typed::Wrong,
            // Sometimes the step before, or one that was used.
            2 => Typed::Good(self.now / 30 - 1),
            _ => Typed::Good(self.now / 30),
        }
    }

    fn draw(&mut self) -> Ask {
        let who = self.dice.roll(PEOPLE.len() as u64) as usize;
        let who = if self.clumsy && self.dice.roll(3) > 0 {
            0
        } else {
            who
        };
        // Mostly the newest session of the account.
        let own = &self.of[who];
        let back = if self.dice.roll(6) == 0 {
            self.dice.roll(3) as usize
        } else {
            0
        };
        let session = own.len().checked_sub(1 + back).map_or(0, |at| own[at]);
        let whom = self.dice.roll(PEOPLE.len() as u64) as usize;
        let new = self.next;
        let code = self.code();
        let known = self.dice.roll(if self.clumsy { 8 } else { 2 }) == 0;
        // Half of the time people do what comes next, or nobody ever gets anywhere.
        let level = self.sessions.get(&session).map(|session| session.level);
        let (next, mut good) = (self.dice.roll(5), Typed::Good(self.now / 30));
        if self.clumsy && self.dice.roll(8) > 0 {
            good = Typed::Wrong;
        }
        if self.dice.roll(2) == 0 {
            return match (level, next) {
                (None, _) | (_, 0) => Ask::LogIn { who, new },
                (Some(Level::HalfLogin), _) => Ask::GiveCode {
                    who,
                    session,
                    code: good,
                    known,
                    new,
                },
                (_, 1) => Ask::Begin {
                    who,
                    session,
                    ticket: true,
                },
                (_, 2) => Ask::Confirm {
                    who,
                    session,
                    code: good,
                    new,
                },
                (_, 3) => Ask::GiveCode {
                    who,
                    session,
                    code: Typed::Wrong,
                    known,
                    new,
                },
                _ => Ask::GiveCode {
                    who,
                    session,
                    code: good,
                    known,
                    new,
                },
            };
        }
        match self.dice.roll(40) {
            0..9 => Ask::LogIn { who, new },
            9..17 => Ask::GiveCode {
                who,
                session,
                code,
                known,
                new,
            },
            17..20 => Ask::Begin {
                who,
                session,
                ticket: self.dice.roll(4) > 0,
            },
            20..24 => Ask::Confirm {
                who,
                session,
                code,
                new,
            },
            24 => Ask::LogOut { who, session },
            25 => Ask::LogOutEverywhere { who, session },
            26 => Ask::SwitchOn {
                who,
                session,
                code,
                new,
            },
            27 => Ask::SwitchOff { who, session, code },
            28 => Ask::ReportLost { who },
            29 => Ask::Enable { who, session },
            30 => Ask::Announce {
                who,
                session,
                days: 6 + self.dice.roll(4),
            },
            31 => Ask::AnnounceNow { who, session },
            32 => Ask::Cancel { who, session },
            33 | 34 => Ask::Reset {
                who,
                session,
                whom,
                code,
            },
            35 => Ask::Promote {
                who,
                session,
                whom,
                code,
            },
            36 => Ask::Demote { who, session, whom },
            37 => Ask::Leave { who, session, whom },
            38 => Ask::Rehire {
                who,
                session,
                whom,
                code,
            },
            _ if self.dice.roll(2) == 0 => Ask::BreakGlass { who },
            _ => Ask::Collect { who },
        }
    }

    /// Most lives begin where multi-factor log-in is enabled and somebody has it.
    fn childhood(&mut self) -> Result<(), String> {
        if self.dice.roll(8) == 0 {
            return Ok(());
        }
        for who in 0..2 {
            let session = self.next;
            self.compare(Ask::LogIn { who, new: session })?;
            if who == 0 {
                self.compare(Ask::Enable { who, session })?;
            }
            self.compare(Ask::Begin {
                who,
                session,
                ticket: false,
            })?;
            let code = Typed::Good(self.now / 30);
            self.compare(Ask::Confirm {
                who,
                session,
                code,
                new: self.next,
            })?;
            if who == 0 && self.dice.roll(3) == 0 {
                let session = *self.of[0].last().unwrap();
                self.compare(Ask::AnnounceNow { who, session })?;
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        self.now += match self.dice.roll(24) {
            0..16 => 30,
            16..19 => 1,
            19 => 200,
            20 => 400,
            21 => 3_600,
            22 if self.dice.roll(2) == 0 => 86_400,
            22 if self.dice.roll(3) == 0 => 7 * 86_400,
            _ => 0,
        };
        let ask = self.draw();
        self.compare(ask)
    }

    fn compare(&mut self, ask: Ask) -> Result<(), String> {
        let said = self.reference.ask(ask, self.now);
        let decided = self.decide(ask);
        self.story
            .push(format!("{} {ask:?} -> {decided:?}", self.now));
        let decided = decided.as_ref().map(|grant| *grant).map_err(|code| *code);
        if said == decided {
            Ok(())
        } else {
            Err(format!("the reference says {said:?}"))
        }
    }

    fn decide(&mut self, ask: Ask) -> Result<&'static str, &'static str> {
        let submitted = |code: Typed, known: bool| Submitted {
            check: match code {
                Typed::Good(step) => CodeCheck::Good { step, offset: 0 },
                Typed::Wrong => CodeCheck::Wrong { behind: None },
                Typed::Nothing => CodeCheck::Absent,
            },
            vantage: if known {
                Vantage::KnownDevice
            } else {
                Vantage::Stranger
            },
        };
        let fresh = |code| submitted(code, true);
        let access = Access::Allowed;
        let role = RoleId::EMPLOYEE;
        let now = UnixTime(self.now);
        let seal = digest(1);
        let ticket = digest(2);
        let recovery = RecoverySet::EMPTY;
        let (who, session, whom, command) = match ask {
            Ask::LogIn { who, .. } => (who, None, None, Command::LogIn { access }),
            Ask::GiveCode {
                who,
                session,
                code,
                known,
                ..
            } => (
                who,
                Some(session),
                None,
                Command::GiveCode {
                    code: submitted(code, known),
                    access,
                },
            ),
            Ask::LogOut { who, session } => (who, Some(session), None, Command::LogOut),
            Ask::LogOutEverywhere { who, session } => {
                (who, Some(session), None, Command::LogOutEverywhere)
            }
            Ask::Begin {
                who,
                session,
                ticket: shown,
            } => {
                let ticket = shown.then_some(ticket);
                (
                    who,
                    Some(session),
                    None,
                    Command::BeginEnrollment {
                        ticket,
                        recovery,
                        access,
                    },
                )
            }
            Ask::Confirm {
                who, session, code, ..
            } => {
                let check = fresh(code).check;
                let command = Command::ConfirmEnrollment {
                    check,
                    link: digest(3),
                    seal: Some(seal),
                    access,
                };
                (who, Some(session), None, command)
            }
            Ask::SwitchOn {
                who, session, code, ..
            } => (
                who,
                Some(session),
                None,
                Command::SwitchOn { code: fresh(code) },
            ),
            Ask::SwitchOff { who, session, code } => (
                who,
                Some(session),
                None,
                Command::SwitchOff { code: fresh(code) },
            ),
            Ask::ReportLost { who } => (who, None, None, Command::ReportLost),
            Ask::Enable { who, session } => (
                who,
                Some(session),
                None,
                Command::Enable {
                    seal,
                    typed_back: true,
                },
            ),
            Ask::Announce { who, session, days } => {
                let start = Start::At(now.plus(days * limits::DAY));
                (who, Some(session), None, Command::Announce { role, start })
            }
            Ask::AnnounceNow { who, session } => {
                let start = Start::Now { confirmed: true };
                (who, Some(session), None, Command::Announce { role, start })
            }
            Ask::Cancel { who, session } => {
                (who, Some(session), None, Command::CancelMandate { role })
            }
            Ask::Reset {
                who,
                session,
                whom,
                code,
            } => {
                let command = Command::Reset {
                    ticket,
                    aloud: false,
                    code: fresh(code),
                };
                (who, Some(session), Some(whom), command)
            }
            Ask::Promote {
                who,
                session,
                whom,
                code,
            } => {
                let command = Command::AddRole {
                    role: RoleId::ADMINISTRATOR,
                    code: fresh(code),
                };
                (who, Some(session), Some(whom), command)
            }
            Ask::Demote { who, session, whom } => (
                who,
                Some(session),
                Some(whom),
                Command::RemoveRole {
                    role: RoleId::ADMINISTRATOR,
                },
            ),
            Ask::Leave { who, session, whom } => (who, Some(session), Some(whom), Command::Leave),
            Ask::Rehire {
                who,
                session,
                whom,
                code,
            } => {
                let command = Command::Rehire {
                    roles: RoleSet::of(role),
                    ticket,
                    code: fresh(code),
                };
                (who, Some(session), Some(whom), command)
            }
            Ask::BreakGlass { who } => (who, None, None, Command::BreakGlass { seal }),
            Ask::Collect { who } => (who, None, None, Command::CollectTicket { seal, ticket }),
        };
        let snapshot = Snapshot {
            organisation: Some(&self.organisation),
            roster: command.reads_roster().then_some(&self.roster),
            actor: &self.accounts[who],
            session: session.and_then(|session| self.sessions.get(&session)),
            subject: whom.map(|whom| &self.accounts[whom]),
        };
        let new = self.next;
        let decision = decide(
            &snapshot,
            &command,
            now,
            Fresh {
                session: SessionId(new),
            },
        );
        let Changes {
            organisation,
            roster,
            actor,
            subject,
        } = decision.changes;
        self.organisation = organisation.unwrap_or_else(|| self.organisation.clone());
        self.roster = roster.unwrap_or_else(|| self.roster.clone());
        if let Some(actor) = actor {
            self.accounts[who] = actor;
        }
        if let (Some(subject), Some(whom)) = (subject, whom) {
            self.accounts[whom] = subject;
        }
        match decision.answer {
            Err(refusal) => Err(refusal.code()),
            Ok(Grant::Session { session, .. } | Grant::Bound { session, .. }) => {
                self.sessions.insert(session.id.0, session);
                if session.id.0 == new {
                    self.of[who].push(new);
                    self.next += 1;
                }
                Ok(match session.level {
                    Level::HalfLogin => "HalfLogin",
                    Level::RecoveryOnly => "RecoveryOnly",
                    Level::EnrolOnly => "EnrolOnly",
                    Level::Level1 => "Level1",
                    Level::Level2 => "Level2",
                })
            }
            Ok(_) => Ok("done"),
        }
    }
}

fn live(lives: u64, steps: u64) -> BTreeMap<&'static str, u64> {
    let mut seen: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 1..=lives {
        let mut life = Life::new(seed);
        for step in 0..=steps {
            let lived = if step == 0 {
                life.childhood()
            } else {
                life.step()
            };
            if let Err(difference) = lived {
                let tail = life.story.len().saturating_sub(40);
                panic!(
                    "life {seed}: {difference}\n{}",
                    life.story[tail..].join("\n")
                );
            }
        }
        for line in &life.story {
            let answer = line.rsplit('"').nth(1).unwrap();
            let known = seen.keys().find(|known| **known == answer).copied();
            let answer = known.unwrap_or_else(|| &*String::leak(answer.to_string()));
            *seen.entry(answer).or_insert(0) += 1;
        }
    }
    seen
}

#[test]
fn the_engine_agrees_with_the_log_reader() {
    let seen = live(400, 150);
    println!("{seen:?}");
    // A comparison that never gets anywhere compares nothing.
    for answer in [
        "Level2",
        "EnrolOnly",
        "done",
        "HalfLogin",
        "MANDATED",
        "ALREADY_USED",
        "TICKET_REQUIRED",
        "STALE_LOGIN",
        "LOGIN_EXPIRED",
        "THROTTLED",
        "NOT_FRESH",
        "SELF_RESET",
        "LATCHED",
        "HAS_LEFT",
        "WRONG_CODE",
        "RECOVER_FIRST",
    ] {
        assert!(seen.contains_key(answer), "{answer} never occurs: {seen:?}");
    }
}

#[test]
#[ignore = "a chore"]
fn the_engine_agrees_with_the_log_reader_for_a_million_steps() {
    println!("{:?}", live(5_000, 200));
}
