//! An organization with four people, in which tests give commands.

use crate::aim::{NEWEST, aimed};
use loquet_policy::*;

#[derive(Clone)]
pub struct Fixture {
    pub organization: Organization,
    pub roster: Roster,
    pub accounts: Vec<Account>,
    pub now: UnixTime,
    pub notices: Vec<Notice>,
    /// The newest decision, and the fixture before it.
    pub last: Option<(Box<Fixture>, Decision)>,
    next: u64,
    pub step: u64,
}

pub const ANNE: usize = 0;
pub const BRUNO: usize = 1;
pub const CLAIRE: usize = 2;
pub const DAVID: usize = 3;

pub const PARENT: RoleId = RoleId::MEMBER;
pub const EMPLOYEE: RoleId = RoleId::STAFF;
pub const ADMINISTRATOR: RoleId = RoleId::ADMINISTRATOR;

pub const BREAK_GLASS: u8 = 1;
pub const RESET_CODE: u8 = 2;
pub const LINK: u8 = 3;
/// The link in the notice of a reported loss.
pub const UNDO: u8 = 4;
/// The code that is sent to a new address.
pub const ADDRESS: u8 = 5;
/// The first recovery code that an enrollment shows.
pub const CODES: u8 = 10;
pub const NEW_CODES: u8 = 30;

pub const ACCESS: Access = Access::Allowed;
pub const ABSENT: Submitted = known(CodeCheck::Absent);
pub const WRONG: Submitted = known(CodeCheck::Wrong { behind: None });

pub const fn known(check: CodeCheck) -> Submitted {
    let (by, source) = (NEWEST, CodeSource::KnownDevice);
    Submitted { check, by, source }
}

pub fn digest(what: u8) -> Digest {
    Digest::from_bytes([what; 32])
}

pub fn recovery_codes() -> RecoverySet {
    RecoverySet::new((CODES..CODES + 10).map(digest)).unwrap()
}

/// Returns whether a decision may read the roster. The others are made without it, because a log-in must not
/// depend on it.
pub const fn reads_roster(command: &Command) -> bool {
    !matches!(
        command,
        Command::LogIn { .. }
            | Command::LogOut
            | Command::LogOutEverywhere
            | Command::PasswordChanged { .. }
            | Command::CancelEnrollment
            | Command::Enable { .. }
    )
}

/// Commands.
impl Fixture {
    pub fn decide(
        &mut self,
        who: usize,
        session: Option<Session>,
        whom: Option<usize>,
        command: Command,
    ) -> Result<Grant, Refusal> {
        let command = aimed(&command, &self.accounts[who]);
        let mut before = self.clone();
        before.last = None;
        let snapshot = Snapshot {
            organization: Some(&self.organization),
            roster: reads_roster(&command).then_some(&self.roster),
            actor: &self.accounts[who],
            session: session.as_ref(),
            subject: whom.map(|whom| &self.accounts[whom]),
        };
        self.next += 1;
        let session = SessionId(self.next);
        let decision = decide(&snapshot, &command, self.now, Fresh { session });
        let changes = decision.changes.clone();
        for account in changes.store(&mut self.organization, &mut self.roster) {
            let id = account.id;
            let own = self.accounts.iter_mut().find(|known| known.id == id);
            *own.unwrap() = account;
        }
        self.notices.extend(decision.notices.clone());
        let answer = decision.answer;
        self.last = Some((Box::new(before), decision));
        answer
    }

    pub fn ask(
        &mut self,
        who: usize,
        session: Session,
        command: Command,
    ) -> Result<Grant, Refusal> {
        self.decide(who, Some(session), None, command)
    }

    /// The host acts on an account, without a session.
    pub fn host(&mut self, who: usize, command: Command) -> Result<Grant, Refusal> {
        self.decide(who, None, None, command)
    }

    /// The host imports an authenticator, of which the codes until now count as used.
    pub fn import(
        &mut self,
        who: usize,
        key: ImportedKey,
        weak: bool,
        tell: bool,
    ) -> Result<Grant, Refusal> {
        let (step, toggle) = (self.step, true);
        self.host(
            who,
            Command::ImportAuthenticator {
                key,
                weak,
                step,
                toggle,
                tell,
            },
        )
    }

    pub fn about(
        &mut self,
        who: usize,
        session: Session,
        whom: usize,
        command: Command,
    ) -> Result<Grant, Refusal> {
        self.decide(who, Some(session), Some(whom), command)
    }

    pub fn snapshot<'a>(&'a self, who: usize, session: &'a Session) -> Snapshot<'a> {
        Snapshot {
            organization: Some(&self.organization),
            roster: None,
            actor: &self.accounts[who],
            session: Some(session),
            subject: None,
        }
    }

    pub fn current_level(&self, who: usize, session: Session) -> Result<Level, Refusal> {
        current_level(&self.snapshot(who, &session), self.now)
    }

    pub fn notified(&self, event: Event) -> bool {
        self.notices.iter().any(|notice| notice.event == event)
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
    }

    pub fn in_days(&self, days: u64) -> UnixTime {
        self.now.plus(days * limits::DAY)
    }

    pub fn ago(&self, seconds: u64) -> UnixTime {
        UnixTime(self.now.0 - seconds)
    }
}

/// Starting states.
impl Fixture {
    /// Anne and Bruno are administrators, Claire is an employee and David is a parent. No account has an
    /// authenticator, and all are a year old.
    pub fn new() -> Self {
        let organization = Organization::new(OrgId::from(1u64));
        let administrator = RoleSet::new([EMPLOYEE, ADMINISTRATOR]).unwrap();
        let roles = [
            administrator,
            administrator,
            RoleSet::of(EMPLOYEE),
            RoleSet::of(PARENT),
        ];
        let mut roster = Roster::new(organization.id);
        let mut accounts = Vec::new();
        for (number, roles) in (1u64..).zip(roles) {
            let id = AccountId::from(number);
            let account = Account::new(id, organization.id, roles, UnixTime(0));
            roster.admit(&account);
            accounts.push(account);
        }
        Self {
            organization,
            roster,
            accounts,
            now: UnixTime(365 * limits::DAY),
            notices: Vec::new(),
            last: None,
            next: 1,
            step: 1,
        }
    }

    /// Enabled, with both administrators enrolled.
    pub fn enabled() -> Self {
        Self::new().enable()
    }

    /// Enabled, with the employees' mandate in force.
    pub fn mandated() -> Self {
        Self::enabled().mandate_employees()
    }

    /// Enabled, with recovery codes for each enrollment.
    pub fn with_codes() -> Self {
        let mut fixture = Self::new();
        fixture.organization.options.recovery_codes = true;
        fixture.enable()
    }

    fn enable(mut self) -> Self {
        let anne = self.log_in(ANNE);
        let (break_glass, typed_back) = (digest(BREAK_GLASS), true);
        self.ask(
            ANNE,
            anne,
            Command::Enable {
                break_glass,
                typed_back,
            },
        )
        .unwrap();
        self.enroll(ANNE);
        self.enroll(BRUNO);
        self
    }

    fn mandate_employees(mut self) -> Self {
        let anne = self.enter(ANNE);
        self.mandate_now(anne).unwrap();
        self
    }

    /// Returns the cause of the employees' mandate.
    pub fn mandate(&self) -> Cause {
        Cause::from(
            self.organization
                .mandate(EMPLOYEE, MandateKind::SecondFactor)
                .unwrap(),
        )
    }
}

pub fn session_of(grant: Grant) -> Session {
    let session = grant.session();
    session.unwrap_or_else(|| panic!("no session: {grant:?}"))
}
