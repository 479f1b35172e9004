//! An organisation in which people do things.

use loquet_policy::*;

#[derive(Clone)]
pub struct House {
    pub organisation: Organisation,
    pub roster: Roster,
    pub accounts: Vec<Account>,
    pub now: UnixTime,
    pub notices: Vec<Notice>,
    next: u64,
    step: u64,
}

pub const ANNE: usize = 0;
pub const BRUNO: usize = 1;
pub const CLAIRE: usize = 2;
pub const DAVID: usize = 3;

pub fn digest(what: u8) -> Digest {
    Digest::from_bytes([what; 32])
}

pub const SEAL: u8 = 1;
pub const TICKET: u8 = 2;
pub const LINK: u8 = 3;
pub const ABSENT: Submitted = Submitted {
    check: CodeCheck::Absent,
    vantage: Vantage::KnownDevice,
};

impl House {
    /// Anne and Bruno are administrators, Claire is an employee, David a parent. Nobody has
    /// anything, and the accounts are a year old.
    pub fn new() -> Self {
        let organisation = Organisation::new(OrgId::from(1u64));
        let administrator = RoleSet::new([RoleId::EMPLOYEE, RoleId::ADMINISTRATOR]).unwrap();
        let roles = [
            administrator,
            administrator,
            RoleSet::of(RoleId::EMPLOYEE),
            RoleSet::of(RoleId::PARENT),
        ];
        let mut roster = Roster::new(organisation.id);
        let mut accounts = Vec::new();
        for (number, roles) in (1u64..).zip(roles) {
            let account =
                Account::new(AccountId::from(number), organisation.id, roles, UnixTime(0));
            roster.admit(&account);
            accounts.push(account);
        }
        let now = UnixTime(365 * limits::DAY);
        Self {
            organisation,
            roster,
            accounts,
            now,
            notices: Vec::new(),
            next: 1,
            step: 1,
        }
    }

    /// The same, enabled, with both administrators enrolled.
    pub fn enabled() -> Self {
        let mut house = Self::new();
        let anne = house.log_in(ANNE);
        house
            .ask(
                ANNE,
                Some(anne),
                Command::Enable {
                    seal: digest(SEAL),
                    typed_back: true,
                },
            )
            .unwrap();
        house.enroll(ANNE);
        house.enroll(BRUNO);
        house
    }

    /// The same, with the employees' mandate in force.
    pub fn mandated() -> Self {
        let mut house = Self::enabled();
        let anne = house.enter(ANNE);
        let start = Start::Now { confirmed: true };
        house
            .ask(
                ANNE,
                Some(anne),
                Command::Announce {
                    role: RoleId::EMPLOYEE,
                    start,
                },
            )
            .unwrap();
        house
    }

    /// Who imposed the employees' mandate, and when.
    pub fn mandate(&self) -> Cause {
        Cause::from(self.organisation.mandate(RoleId::EMPLOYEE).unwrap())
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
    }

    pub fn ask(
        &mut self,
        who: usize,
        session: Option<Session>,
        command: Command,
    ) -> Result<Grant, Refusal> {
        self.tell(who, session, None, command)
    }

    pub fn about(
        &mut self,
        who: usize,
        session: Session,
        whom: usize,
        command: Command,
    ) -> Result<Grant, Refusal> {
        self.tell(who, Some(session), Some(whom), command)
    }

    fn tell(
        &mut self,
        who: usize,
        session: Option<Session>,
        whom: Option<usize>,
        command: Command,
    ) -> Result<Grant, Refusal> {
        let snapshot = Snapshot {
            organisation: Some(&self.organisation),
            roster: command.reads_roster().then_some(&self.roster),
            actor: &self.accounts[who],
            session: session.as_ref(),
            subject: whom.map(|whom| &self.accounts[whom]),
        };
        self.next += 1;
        let decision = decide(
            &snapshot,
            &command,
            self.now,
            Fresh {
                session: SessionId(self.next),
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
        self.notices.extend(decision.notices);
        decision.answer
    }

    pub fn standing(&self, who: usize, session: Session) -> Result<Level, Refusal> {
        let snapshot = Snapshot {
            organisation: Some(&self.organisation),
            roster: None,
            actor: &self.accounts[who],
            session: Some(&session),
            subject: None,
        };
        standing(&snapshot, self.now)
    }

    /// The next code of whichever phone is right.
    pub fn good(&mut self) -> Submitted {
        self.step += 1;
        Submitted {
            check: CodeCheck::Good {
                step: self.step,
                offset: 0,
            },
            vantage: Vantage::KnownDevice,
        }
    }

    pub fn wrong(
        &mut self,
        who: usize,
        session: Session,
        vantage: Vantage,
    ) -> Result<Grant, Refusal> {
        let code = Submitted {
            check: CodeCheck::Wrong { behind: None },
            vantage,
        };
        self.ask(
            who,
            Some(session),
            Command::GiveCode {
                code,
                access: Access::Allowed,
            },
        )
    }

    pub fn try_log_in(&mut self, who: usize) -> Result<Session, Refusal> {
        self.ask(
            who,
            None,
            Command::LogIn {
                access: Access::Allowed,
            },
        )
        .map(session_of)
    }

    pub fn log_in(&mut self, who: usize) -> Session {
        self.try_log_in(who).unwrap()
    }

    pub fn give_code(&mut self, who: usize, session: Session) -> Result<Session, Refusal> {
        let code = self.good();
        self.ask(
            who,
            Some(session),
            Command::GiveCode {
                code,
                access: Access::Allowed,
            },
        )
        .map(session_of)
    }

    /// Log in and give the code that is asked for.
    pub fn enter(&mut self, who: usize) -> Session {
        let session = self.log_in(who);
        self.give_code(who, session).unwrap()
    }

    pub fn begin(
        &mut self,
        who: usize,
        session: Session,
        ticket: Option<u8>,
    ) -> Result<Grant, Refusal> {
        let ticket = ticket.map(digest);
        let recovery = RecoverySet::new((10..20).map(digest)).unwrap();
        let command = Command::BeginEnrollment {
            ticket,
            recovery,
            access: Access::Allowed,
        };
        self.ask(who, Some(session), command)
    }

    pub fn confirm(&mut self, who: usize, session: Session) -> Result<Session, Refusal> {
        let check = self.good().check;
        let seal = Some(digest(SEAL));
        let command = Command::ConfirmEnrollment {
            check,
            link: digest(LINK),
            seal,
            access: Access::Allowed,
        };
        self.ask(who, Some(session), command).map(session_of)
    }

    pub fn enroll(&mut self, who: usize) -> Session {
        let session = self.log_in(who);
        self.begin(who, session, None).unwrap();
        self.confirm(who, session).unwrap()
    }

    pub fn reset(&mut self, who: usize, session: Session, whom: usize) -> Result<Grant, Refusal> {
        let code = self.good();
        self.about(
            who,
            session,
            whom,
            Command::Reset {
                ticket: digest(TICKET),
                aloud: false,
                code,
            },
        )
    }

    pub fn told(&self, event: Event) -> bool {
        self.notices.iter().any(|notice| notice.event == event)
    }
}

pub fn session_of(grant: Grant) -> Session {
    match grant {
        Grant::Session { session, .. }
        | Grant::Bound { session, .. }
        | Grant::Recovering { session, .. } => session,
        other => panic!("no session: {other:?}"),
    }
}
