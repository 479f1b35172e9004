//! The rules again, as naively as they can be said: nothing is stored but what happened, and each
//! question is answered by reading the log from its end. Slow, and with no line in common with
//! the engine that it is compared with.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "the reference is to be read, and a test may fail loudly"
)]

mod administration;
mod own;
mod readings;

/// Who is who in the reference: accounts by number, sessions by number.
type Account = usize;
type Session = u64;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// What a person is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rank {
    /// Voluntary.
    Parent,
    /// Covered by the mandate.
    Employee,
    /// Covered by the mandate, and looks after the others.
    Administrator,
}

/// What a typed code is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The code of this step.
    Good(u64),
    /// A code of no step.
    Wrong,
    /// Nothing.
    Nothing,
}

/// One question to the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Who asks, or in whose name the host asks.
    pub who: Account,
    /// In which session. The host has none, and a log-in needs none.
    pub session: Session,
    /// Whom it is about.
    pub whom: Account,
    /// What is typed.
    pub code: Typed,
    /// Whether it is typed on a known device.
    pub known: bool,
    /// The number of the next session.
    pub new: Session,
    /// What is asked for.
    pub act: Act,
}

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the commands' own")]
pub enum Act {
    LogIn,
    VerifyCode,
    LogOut,
    LogOutEverywhere,
    /// With the reset code that is due, or without one.
    Begin(bool),
    Confirm,
    TurnOn,
    TurnOff,
    ReportLost,
    /// With the link in the notice, or with a wrong one.
    UndoReport(bool),
    UndoReportOf,
    Enable,
    /// In so many days.
    ScheduleMandate(u64),
    AnnounceNow,
    Cancel,
    Reset,
    Promote,
    Demote,
    Deactivate,
    Reactivate,
    BreakGlass,
    Collect,
    /// Of this key, with the owner's toggle on or off.
    Import(Known, bool),
    /// A token with this key.
    AssignToken(Known),
    WithdrawToken,
    ConfirmToken,
}

/// What is known of a key that is imported or assigned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// The account has it.
    Present,
    /// The account had it.
    Former,
    /// Another account has it, or had it.
    OfAnother,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fact {
    Is(Account, Rank),
    PromotedBy(Account),
    Enabled,
    Announced(u64),
    Cancelled,
    Session(Account, Session, Level),
    Over(Account),
    Closed(Account, Session),
    Begun(Account, Session),
    Bound(Account),
    Imported(Account),
    Assigned(Account),
    Unassigned(Account),
    Disabled(Account),
    Suspended(Account),
    Reinstated(Account),
    WrongLink(Account, Session),
    Due(Account, Option<Account>, u64),
    Void(Account),
    Accepted(Account, u64, bool),
    Failed(Account, bool),
    Tried(Account, Session),
    Toggled(Account, bool),
    Gone(Account),
    Back(Account),
    MadeReset(Account),
    Glass(Account),
    Given(Account),
    BreakGlassSet,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Level {
    Half,
    Recovery,
    Enroll,
    One,
    Two,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bound {
    Nothing,
    Active,
    Suspended,
    Disabled,
    Due(Option<Account>, u64),
    Void,
}

/// Everything that happened, in order.
#[derive(Clone, Debug)]
pub struct Reference {
    log: Vec<(u64, Fact)>,
    people: usize,
    now: u64,
}

type Said = Result<&'static str, &'static str>;

impl Reference {
    /// An organization of these people, whose accounts are older than every window.
    #[must_use]
    pub fn new(people: &[Rank], now: u64) -> Self {
        let log = people
            .iter()
            .enumerate()
            .map(|(who, rank)| (0, Fact::Is(who, *rank)))
            .collect();
        Self {
            log,
            people: people.len(),
            now,
        }
    }

    /// So many wrong codes of a known device were typed two hours ago.
    pub fn note_old_failures(&mut self, who: Account, times: u8) {
        let at = self.now - 120 * MINUTE;
        let failures = (0..times).map(|_| (at, Fact::Failed(who, true)));
        self.log.extend(failures);
    }

    /// So many enrollments were begun two hours ago, in a session that is over.
    pub fn note_old_enrollments(&mut self, who: Account, times: u8) {
        let at = self.now - 120 * MINUTE;
        let begun = (0..times).map(|_| (at, Fact::Begun(who, 0)));
        self.log.extend(begun);
    }

    /// What the rules say at `now`: the granted level or `done`, or the refusal's name.
    ///
    /// # Errors
    /// The refusal's name.
    pub fn ask(&mut self, ask: Ask, now: u64) -> Said {
        self.now = now;
        let Ask { who, session, .. } = ask;
        match ask.act {
            Act::LogIn => self.log_in(ask),
            Act::VerifyCode => self.verify_code(ask),
            Act::LogOut => {
                if self.alive(who, session) {
                    self.note(Fact::Closed(who, session));
                }
                Ok("done")
            }
            Act::LogOutEverywhere => {
                let level = self.rights(who, session)?;
                if level == Level::One && self.is_enabled() {
                    match self.bound(who) {
                        Bound::Active => return Err("STEP_UP"),
                        Bound::Suspended => return Err("SUSPENDED"),
                        _ => {}
                    }
                }
                self.note(Fact::Over(who));
                Ok("done")
            }
            Act::Begin(reset_code) => self.begin(who, session, reset_code),
            Act::Confirm => self.confirm(ask, false),
            Act::ConfirmToken => self.confirm(ask, true),
            Act::TurnOn => self.switch_on(ask),
            Act::TurnOff => self.switch_off(ask),
            Act::ReportLost => self.report_lost(who),
            Act::UndoReport(right) => self.undo_report(ask, right),
            Act::UndoReportOf => self.undo_report_of(ask),
            Act::Enable => self.enable(who, session),
            Act::ScheduleMandate(days) => self.announce(who, session, now + days * DAY),
            Act::AnnounceNow => self.announce(who, session, now),
            Act::Cancel => self.cancel(who, session),
            Act::Reset => self.reset(ask),
            Act::Promote => self.promote(ask),
            Act::Demote => self.demote(ask),
            Act::Deactivate => self.leave(ask),
            Act::Reactivate => self.rehire(ask),
            Act::BreakGlass => self.break_glass(who),
            Act::Collect => self.collect(who),
            Act::Import(key, toggle) => self.import(who, key, toggle),
            Act::AssignToken(key) => self.assign_token(who, key),
            Act::WithdrawToken => self.withdraw_token(who),
        }
    }
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Half => "HalfLogin",
            Self::Recovery => "RecoveryOnly",
            Self::Enroll => "EnrollOnly",
            Self::One => "Level1",
            Self::Two => "Level2",
        }
    }
}
