//! The real service, with what its users hold in their hands.

use std::collections::BTreeMap;

use super::model::{DAY, PEOPLE, START, Said};
use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{
    AccountId, Assurance, Authorized, BreakGlass, Clock, Error, IssuedResetCode, Keyring, LoggedIn,
    MandateKind, Mfa, MfaSession, NewAccount, NextStep, Operator, RoleId, SessionLimits, Start,
    UnixTime, Wait,
};
use loquet_testkit::fixture::Fixture;
use loquet_testkit::policy_reference::{Act, Ask, Rank, Typed};

/// The service, with what its users hold in their hands.
pub struct Real {
    mfa: Mfa,
    operator: Operator,
    clock: TestClock,
    sessions: BTreeMap<u64, MfaSession>,
    phones: BTreeMap<usize, Phone>,
    /// Phones that scanned and were not confirmed yet, by session.
    scanned: BTreeMap<u64, Phone>,
    reset_codes: BTreeMap<usize, String>,
    break_glass: String,
}

/// The reference knows no age of sessions.
const ENDLESS: SessionLimits = SessionLimits {
    aal1: u64::MAX,
    aal2: u64::MAX,
    administrator: u64::MAX,
    inactivity: u64::MAX,
    total: u64::MAX,
};

fn account(who: usize) -> AccountId {
    AccountId::from(who as u64 + 1)
}

/// The answer, or the refusal's code.
fn told<T>(answer: Result<T, Error>) -> Result<T, &'static str> {
    answer.map_err(|error| match error {
        Error::Refused(refusal) => refusal.code(),
        other => panic!("{other}"),
    })
}

impl Real {
    pub fn new() -> Self {
        let clock = TestClock::at(START);
        let operator = Mfa::builder(MemoryStore::new())
            .keyring(Keyring::single(1, [7; 32]))
            .clock(clock.clone())
            .session_limits(ENDLESS)
            .issuer("À petits pas")
            .open_operator()
            .wait()
            .unwrap();
        for (who, rank) in PEOPLE.iter().enumerate() {
            let roles: &[RoleId] = match rank {
                Rank::Parent => &[RoleId::MEMBER],
                Rank::Employee => &[RoleId::STAFF],
                Rank::Administrator => &[RoleId::STAFF, RoleId::ADMINISTRATOR],
            };
            let name = format!("person{who}");
            let new = NewAccount::new(account(who), &name).roles(roles.iter().copied());
            operator.provision().ensure_account(new).wait().unwrap();
        }
        Self {
            mfa: operator.mfa().clone(),
            operator,
            clock,
            sessions: BTreeMap::new(),
            phones: BTreeMap::new(),
            scanned: BTreeMap::new(),
            reset_codes: BTreeMap::new(),
            break_glass: String::new(),
        }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(seconds);
    }

    pub fn verify_audit(&self) {
        for who in 0..PEOPLE.len() {
            self.operator.verify_audit(account(who)).wait().unwrap();
        }
    }

    fn type_code(&self, phone: Option<&Phone>, code: Typed) -> String {
        match (code, phone) {
            (Typed::Nothing, _) => String::new(),
            (Typed::Good(step), Some(phone)) => phone.code(UnixTime(step * 30)),
            (Typed::Wrong, Some(phone)) => {
                let step = self.clock.now().0 / 30;
                let near: Vec<String> = (step - 2..=step + 2)
                    .map(|step| phone.code(UnixTime(step * 30)))
                    .collect();
                let all = (0..1_000_000).map(|number| format!("{number:06}"));
                all.into_iter().find(|code| !near.contains(code)).unwrap()
            }
            (Typed::Good(_) | Typed::Wrong, None) => "123456".into(),
        }
    }

    /// The code of an account's bound phone.
    fn code(&self, who: usize, code: Typed) -> String {
        self.type_code(self.phones.get(&who), code)
    }

    /// The break-glass code that a session is shown, if it is shown one.
    fn shown_break_glass(&self, session: &MfaSession) -> Option<String> {
        let shown = self
            .mfa
            .proposed_break_glass_code(session, &Fixture::client())
            .wait();
        shown.ok().map(|code| code.expose().to_string())
    }

    fn break_glass_of(&self, session: &MfaSession) -> Option<BreakGlass> {
        let progress = self.mfa.login_progress(session, &Fixture::client()).wait();
        let progress = progress.ok()?;
        Some(progress.overview().organization().break_glass())
    }

    fn authorize(&self, session: &MfaSession) -> Result<Authorized, &'static str> {
        told(self.mfa.authorize(session, &Fixture::client()).wait())
    }

    /// Keeps the session, and says its level.
    fn keep(&mut self, number: u64, login: LoggedIn) -> &'static str {
        self.sessions.insert(number, login.session);
        match login.next {
            NextStep::SecondFactor => "HalfLogin",
            NextStep::Recover => "RecoveryOnly",
            NextStep::Enroll => "EnrollOnly",
            _ => match self.authorize(&login.session).unwrap().assurance() {
                Assurance::Aal1 => "Level1",
                Assurance::Aal2 => "Level2",
            },
        }
    }

    fn hand_over(&mut self, whom: usize, issued: &IssuedResetCode) -> &'static str {
        let code = issued.reset_code.expose().to_string();
        self.reset_codes.insert(whom, code);
        "done"
    }

    /// Does it, and says what Loquet said.
    pub fn ask(&mut self, ask: Ask, number: u64) -> Said {
        let (account, client) = (account(ask.who), Fixture::client());
        match ask.act {
            Act::LogIn => {
                let login = told(self.mfa.log_in(account, client).wait())?;
                return Ok(self.keep(number, login));
            }
            Act::ReportLost => {
                let lost = self.mfa.report_lost(account, client).wait();
                return told(lost).map(|()| "done");
            }
            Act::BreakGlass | Act::Collect => return self.break_glass(ask),
            _ => {}
        }
        let session = self.sessions[&ask.session];
        match ask.act {
            Act::VerifyCode => {
                let typed = self.code(ask.who, ask.code);
                let login = self.mfa.verify_code(&session, typed, client).wait();
                let login = told(login)?;
                Ok(self.keep(number, login))
            }
            Act::LogOut => told(self.mfa.log_out(&session).wait()).map(|()| "done"),
            Act::LogOutEverywhere => {
                let out = self.mfa.log_out_everywhere(&session, client).wait();
                told(out).map(|()| "done")
            }
            Act::Begin(reset_code) => self.begin(ask.who, ask.session, reset_code),
            Act::Confirm => self.confirm(ask, number),
            Act::TurnOn | Act::TurnOff => self.turn(ask, number, &session),
            _ => self.administer(ask, &session),
        }
    }

    fn turn(&mut self, ask: Ask, number: u64, session: &MfaSession) -> Said {
        let user = self.authorize(session)?;
        let typed = self.code(ask.who, ask.code);
        let account = self.mfa.account(&user);
        if ask.act == Act::TurnOff {
            return told(account.turn_off(typed).wait()).map(|()| "done");
        }
        match told(account.turn_on(typed).wait())? {
            Some(login) => Ok(self.keep(number, login)),
            None => Ok("done"),
        }
    }

    fn begin(&mut self, who: usize, session: u64, reset_code: bool) -> Said {
        // A user who was never given one shows something else.
        let known = self.reset_codes.get(&who).cloned();
        let typed = match reset_code {
            true => known.unwrap_or_else(|| "no reset code".into()),
            false => String::new(),
        };
        let client = Fixture::client();
        let begun = self
            .mfa
            .begin_enrollment(&self.sessions[&session], typed, client);
        let offer = told(begun.wait())?;
        self.scanned.insert(session, Phone::scan(&offer).unwrap());
        Ok("done")
    }

    fn confirm(&mut self, ask: Ask, number: u64) -> Said {
        let Ask {
            who, session, code, ..
        } = ask;
        let typed = self.type_code(self.scanned.get(&session), code);
        let with = self.sessions[&session];
        let break_glass = self.shown_break_glass(&with);
        let before = self.break_glass_of(&with);
        let last_group = break_glass
            .as_ref()
            .and_then(|code| code.rsplit('-').next());
        let last_group = last_group.unwrap_or_default();
        let client = Fixture::client();
        let confirmed = self
            .mfa
            .confirm_enrollment_after_break_glass(&with, typed, last_group, client)
            .wait();
        let login = told(confirmed)?;
        let phone = self.scanned.remove(&session).unwrap();
        self.phones.insert(who, phone);
        let code_in = |glass| match glass {
            Some(BreakGlass::Ready { break_glass, .. }) => Some(break_glass),
            Some(BreakGlass::Open { break_glass, .. }) => Some(break_glass),
            Some(BreakGlass::Opening { break_glass, .. }) => Some(break_glass),
            _ => None,
        };
        if code_in(before) != code_in(self.break_glass_of(&login.session)) {
            self.break_glass = break_glass.unwrap();
        }
        Ok(self.keep(number, login))
    }

    /// What administrators do for everyone.
    fn administer(&mut self, ask: Ask, session: &MfaSession) -> Said {
        let user = self.authorize(session)?;
        let role = RoleId::STAFF;
        let admin = self.mfa.admin(&user);
        match ask.act {
            Act::Enable => {
                let break_glass = self.shown_break_glass(session).unwrap_or_default();
                let last_group = break_glass.rsplit('-').next().unwrap_or_default();
                told(admin.enable(last_group).wait())?;
                self.break_glass = break_glass;
                Ok("done")
            }
            Act::ScheduleMandate(days) => {
                let start = Start::At(self.clock.now().plus(days * DAY));
                told(
                    admin
                        .schedule_mandate(role, MandateKind::SecondFactor, start)
                        .wait(),
                )
                .map(|_| "done")
            }
            Act::AnnounceNow => {
                let start = Start::Now { confirmed: true };
                told(
                    admin
                        .schedule_mandate(role, MandateKind::SecondFactor, start)
                        .wait(),
                )
                .map(|_| "done")
            }
            Act::Cancel => {
                told(admin.cancel_mandate(role, MandateKind::SecondFactor).wait()).map(|()| "done")
            }
            _ => self.help(ask, &user),
        }
    }

    /// What administrators do for one user.
    fn help(&mut self, ask: Ask, user: &Authorized) -> Said {
        let subject = account(ask.whom);
        let role = RoleId::ADMINISTRATOR;
        let typed = self.code(ask.who, ask.code);
        let admin = self.mfa.admin(user);
        let issued = match ask.act {
            Act::Reset => admin.reset(subject, false, typed).wait(),
            Act::Reactivate => admin.reactivate(subject, &[RoleId::STAFF], typed).wait(),
            Act::Promote => {
                return told(admin.add_role(subject, role, typed).wait()).map(|()| "done");
            }
            Act::Demote => return told(admin.remove_role(subject, role).wait()).map(|()| "done"),
            Act::UndoReportOf => {
                return told(admin.undo_report(subject, typed).wait()).map(|()| "done");
            }
            Act::Deactivate => return told(admin.deactivate(subject).wait()).map(|()| "done"),
            other => panic!("{other:?} is never asked"),
        };
        let issued = told(issued)?;
        Ok(self.hand_over(ask.whom, &issued))
    }

    /// The way back in without another administrator.
    fn break_glass(&mut self, ask: Ask) -> Said {
        let (account, typed) = (account(ask.who), self.break_glass.clone());
        if ask.act == Act::BreakGlass {
            let opened = self.operator.open_break_glass(account, typed).wait();
            return told(opened).map(|_| "done");
        }
        let issued = self.operator.collect_reset_code(account, typed).wait();
        let issued = told(issued)?;
        Ok(self.hand_over(ask.who, &issued))
    }
}
