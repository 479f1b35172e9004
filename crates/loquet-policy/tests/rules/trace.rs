//! Random traces of a small organization, for the engine and the reference.

use std::collections::BTreeMap;

use crate::aim::{NEWEST, aimed};
use crate::differential::policy_reference::{Act, Ask, Known, Rank, Typed};
use crate::fixture::{ACCESS, ADMINISTRATOR, EMPLOYEE, PARENT, digest, reads_roster};
use loquet_policy::*;

/// A small generator whose seeds give the same trace forever.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.roll(2);
        dice
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

pub const PEOPLE: [Rank; 4] = [
    Rank::Administrator,
    Rank::Administrator,
    Rank::Employee,
    Rank::Parent,
];

pub struct Trace {
    pub organization: Organization,
    pub accounts: Vec<Account>,
    pub now: u64,
    pub dice: Dice,
    roster: Roster,
    sessions: BTreeMap<u64, Session>,
    /// The sessions of each account, the newest last.
    of: Vec<Vec<u64>>,
    next: u64,
    /// Whether nearly every code is wrong.
    pub mostly_wrong: bool,
}

impl Trace {
    pub fn new(seed: u64) -> Self {
        let organization = Organization::new(OrgId::from(1u64));
        let mut roster = Roster::new(organization.id);
        let account = |(number, rank): (u64, &Rank)| {
            let roles = match rank {
                Rank::Parent => RoleSet::of(PARENT),
                Rank::Employee => RoleSet::of(EMPLOYEE),
                Rank::Administrator => RoleSet::new([EMPLOYEE, ADMINISTRATOR]).unwrap(),
            };
            Account::new(AccountId::from(number), organization.id, roles, UnixTime(0))
        };
        let accounts: Vec<Account> = (1..).zip(&PEOPLE).map(account).collect();
        for account in &accounts {
            roster.admit(account);
        }
        Self {
            organization,
            accounts,
            now: 2_000_000_000,
            dice: Dice::new(seed),
            roster,
            sessions: BTreeMap::new(),
            of: vec![Vec::new(); PEOPLE.len()],
            next: 1,
            mostly_wrong: seed.is_multiple_of(4),
        }
    }

    /// Returns a request in the newest session, with the present code, on a known device.
    pub fn ask(&self, who: usize, act: Act) -> Ask {
        Ask {
            who,
            session: self.of[who].last().copied().unwrap_or(0),
            whom: who,
            code: Typed::Good(self.now / 30),
            known: true,
            new: self.next,
            act,
        }
    }

    pub fn pass_time(&mut self) {
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
    }

    pub fn draw(&mut self) -> Ask {
        let mostly_wrong = self.mostly_wrong && self.dice.roll(3) > 0;
        let who = self.dice.roll(PEOPLE.len() as u64) as usize;
        let who = if mostly_wrong { 0 } else { who };
        let mut ask = self.ask(who, Act::LogIn);
        // Usually the newest session of the account.
        if self.dice.roll(6) == 0 {
            let back = 1 + self.dice.roll(3) as usize;
            let mut own = self.of[who].iter().rev();
            ask.session = own.nth(back - 1).copied().unwrap_or(0);
        }
        ask.whom = self.dice.roll(PEOPLE.len() as u64) as usize;
        ask.known = self.dice.roll(if self.mostly_wrong { 8 } else { 2 }) == 0;
        // Half of the requests follow the expected order, to reach later states.
        if self.dice.roll(2) == 0 {
            self.expected_step(ask)
        } else {
            self.random_step(ask)
        }
    }

    fn expected_step(&mut self, mut ask: Ask) -> Ask {
        if self.mostly_wrong && self.dice.roll(8) > 0 {
            ask.code = Typed::Wrong;
        }
        let level = self.sessions.get(&ask.session).map(|session| session.level);
        ask.act = match (level, self.dice.roll(5)) {
            (None, _) | (_, 0) => Act::LogIn,
            (Some(Level::HalfLogin), _) => Act::VerifyCode,
            (_, 1) => Act::Begin(true),
            (_, 2) if self.accounts[ask.who].awaits_token => Act::ConfirmToken,
            (_, 2) => Act::Confirm,
            (_, wrong) => {
                if wrong == 3 {
                    ask.code = Typed::Wrong;
                }
                Act::VerifyCode
            }
        };
        ask
    }

    fn random_step(&mut self, mut ask: Ask) -> Ask {
        ask.code = match self.dice.roll(8) {
            0 => Typed::Nothing,
            1 => Typed::Wrong,
            // The previous step, which may be used.
            2 => Typed::Good(self.now / 30 - 1),
            _ => Typed::Good(self.now / 30),
        };
        ask.act = match self.dice.roll(51) {
            0..9 => Act::LogIn,
            9..17 => Act::VerifyCode,
            17..20 => Act::Begin(self.dice.roll(4) > 0),
            20..24 => Act::Confirm,
            24 => Act::LogOut,
            25 => Act::LogOutEverywhere,
            26 => Act::TurnOn,
            27 => Act::TurnOff,
            28 => Act::ReportLost,
            29 => Act::Enable,
            30 => Act::ScheduleMandate(6 + self.dice.roll(4)),
            31 => Act::AnnounceNow,
            32 => Act::Cancel,
            33 | 34 => Act::Reset,
            35 => Act::Promote,
            36 => Act::Demote,
            37 => Act::Deactivate,
            38 => Act::Reactivate,
            39 => Act::BreakGlass,
            40..43 => Act::UndoReport(self.dice.roll(4) > 0),
            43 => Act::UndoReportOf,
            44 | 45 => Act::Import(self.key(), self.dice.roll(4) > 0),
            46 => Act::AssignToken(self.key()),
            47 => Act::WithdrawToken,
            48 | 49 => Act::ConfirmToken,
            _ => Act::Collect,
        };
        ask
    }

    fn key(&mut self) -> Known {
        let known = [Known::Present, Known::Former, Known::OfAnother];
        let key = known.get(self.dice.roll(12) as usize);
        *key.unwrap_or(&Known::Nothing)
    }

    #[expect(clippy::too_many_lines, reason = "one command for each act")]
    fn command(&self, ask: Ask) -> Command {
        let code = submitted(ask);
        let check = code.check;
        let (access, recovery) = (ACCESS, RecoverySet::EMPTY);
        let (break_glass, reset_code, link) = (digest(1), digest(2), digest(3));
        let (role, typed_back) = (EMPLOYEE, true);
        let schedule_mandate = |start| Command::ScheduleMandate {
            kind: MandateKind::SecondFactor,
            role,
            start,
        };
        match ask.act {
            Act::LogIn => Command::LogIn { access },
            Act::VerifyCode => Command::VerifyCode { code, access },
            Act::LogOut => Command::LogOut,
            Act::LogOutEverywhere => Command::LogOutEverywhere,
            Act::Begin(shown) => Command::BeginEnrollment {
                reset_code: shown.then_some(reset_code),
                recovery,
                access,
            },
            Act::Confirm => Command::ConfirmEnrollment {
                check,
                link,
                break_glass: Some(break_glass),
                access,
            },
            Act::TurnOn => Command::TurnOn { code },
            Act::TurnOff => Command::TurnOff { code },
            Act::ReportLost => Command::ReportLost {
                authenticator: NEWEST,
                link,
            },
            Act::UndoReport(right) => Command::UndoReport {
                evidence: Evidence::Link(if right { link } else { digest(9) }),
                code,
                access,
            },
            Act::UndoReportOf => Command::UndoReportOf { code },
            Act::Enable => Command::Enable {
                break_glass,
                typed_back,
            },
            Act::ScheduleMandate(days) => {
                schedule_mandate(Start::At(UnixTime(self.now + days * limits::DAY)))
            }
            Act::AnnounceNow => schedule_mandate(Start::Now { confirmed: true }),
            Act::Cancel => Command::CancelMandate {
                kind: MandateKind::SecondFactor,
                role,
            },
            Act::Reset => Command::Reset {
                reset_code,
                aloud: false,
                code,
            },
            Act::Promote => Command::AddRole {
                role: ADMINISTRATOR,
                code,
            },
            Act::Demote => Command::RemoveRole {
                role: ADMINISTRATOR,
            },
            Act::Deactivate => Command::Deactivate,
            Act::Reactivate => Command::Reactivate {
                roles: RoleSet::of(role),
                reset_code,
                code,
            },
            Act::BreakGlass => Command::OpenBreakGlass { break_glass },
            Act::Collect => Command::CollectResetCode {
                break_glass,
                reset_code,
            },
            Act::AssignToken(key) => Command::AssignToken { key: known_as(key) },
            Act::WithdrawToken => Command::WithdrawToken,
            Act::ConfirmToken => Command::ConfirmToken {
                pair: match ask.code {
                    Typed::Good(step) => PairCheck::Good { step, drift: 0 },
                    Typed::Wrong => PairCheck::Wrong,
                    Typed::Nothing => PairCheck::Malformed,
                },
                link,
                break_glass: Some(break_glass),
                access,
            },
            Act::Import(key, toggle) => Command::ImportAuthenticator {
                key: known_as(key),
                weak: false,
                step: self.now / 30 + 1,
                toggle,
                tell: true,
            },
        }
    }

    /// Returns the engine's answer in the reference's terms.
    pub fn decide(&mut self, ask: Ask) -> Result<&'static str, &'static str> {
        let command = aimed(&self.command(ask), &self.accounts[ask.who]);
        let host = matches!(
            ask.act,
            Act::LogIn
                | Act::ReportLost
                | Act::BreakGlass
                | Act::Collect
                | Act::Import(..)
                | Act::AssignToken(_)
                | Act::WithdrawToken
        );
        let session = self.sessions.get(&ask.session).filter(|_| !host);
        let about = command.reads_subject();
        let snapshot = Snapshot {
            organization: Some(&self.organization),
            roster: reads_roster(&command).then_some(&self.roster),
            actor: &self.accounts[ask.who],
            session,
            subject: about.then(|| &self.accounts[ask.whom]),
        };
        let session = SessionId(ask.new);
        let decision = decide(&snapshot, &command, UnixTime(self.now), Fresh { session });
        let changes = decision.changes;
        for account in changes.store(&mut self.organization, &mut self.roster) {
            let id = account.id;
            let own = self.accounts.iter_mut().find(|known| known.id == id);
            *own.unwrap() = account;
        }
        let grant = decision.answer.map_err(|refusal| refusal.code())?;
        let Some(session) = grant.session() else {
            return Ok("done");
        };
        self.sessions.insert(session.id.0, session);
        if session.id.0 == self.next {
            self.of[ask.who].push(self.next);
            self.next += 1;
        }
        Ok(match session.level {
            Level::HalfLogin => "HalfLogin",
            Level::RecoveryOnly => "RecoveryOnly",
            Level::EnrollOnly => "EnrollOnly",
            Level::Level1 => "Level1",
            Level::Level2 => "Level2",
        })
    }
}

fn known_as(key: Known) -> ImportedKey {
    match key {
        Known::Nothing => ImportedKey::Unused,
        Known::Present => ImportedKey::Present,
        Known::Former => ImportedKey::Former,
        Known::OfAnother => ImportedKey::OfAnother,
    }
}

fn submitted(ask: Ask) -> Submitted {
    let check = match ask.code {
        Typed::Good(step) => CodeCheck::Good { step, offset: 0 },
        Typed::Wrong => CodeCheck::Wrong { behind: None },
        Typed::Nothing => CodeCheck::Absent,
    };
    let source = match (ask.act, ask.known) {
        (Act::VerifyCode | Act::UndoReport(_), false) => CodeSource::Stranger,
        _ => CodeSource::KnownDevice,
    };
    Submitted {
        check,
        by: NEWEST,
        source,
    }
}
