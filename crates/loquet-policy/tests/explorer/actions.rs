//! Everything that can happen in a world, and what it does.

use crate::world::*;
use loquet_policy::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    Nothing,
    Right,
    Wrong,
}

/// One thing that happens. The first number is the account, the second its session (0 is the
/// owner's; 1 is the thief's if a thief knows the pass phrase), a third the account that it is
/// about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    LogIn(usize, usize),
    /// Log in, with a code if one is asked for.
    Enter(usize),
    /// Log in, begin an enrollment with whatever ticket there is, and confirm it.
    Enroll(usize),
    LogOut(usize, usize),
    LogOutEverywhere(usize, usize),
    PassPhraseChanged(usize),
    GiveCode(usize, usize),
    /// With the count at the start of its class, or at its end.
    WrongCode(usize, usize, bool),
    Begin(usize, usize, Shown),
    BeginReplacement(usize, usize),
    Confirm(usize, usize),
    WrongConfirm(usize, usize, bool),
    SwitchOn(usize, usize),
    SwitchOff(usize, usize),
    UseRecoveryCode(usize, usize),
    WrongRecoveryCode(usize, usize, bool),
    ReportLost(usize),
    Repudiate(usize),
    Enable(usize, usize),
    Announce(usize, usize),
    AnnounceNow(usize, usize),
    Cancel(usize, usize),
    RenewSeal(usize, usize),
    Reset(usize, usize, usize),
    Employ(usize, usize, usize),
    Promote(usize, usize, usize),
    Demote(usize, usize, usize),
    Leave(usize, usize, usize),
    Rehire(usize, usize, usize),
    HostLeave(usize),
    BreakGlass(usize),
    WrongSeal(usize, bool),
    CollectTicket(usize),
    /// The phone falls into the river.
    LosePhone(usize),
    Wait(u64),
}

impl std::fmt::Display for Action {
    /// A sentence of a story. The accounts are named in the order of the alphabet.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [&str; 3] = ["Anne", "Bruno", "Claire"];
        let who = |k: usize, s: usize| {
            if s == 0 {
                NAMES[k].to_string()
            } else {
                format!("The other session of {}", NAMES[k])
            }
        };
        match *self {
            Self::LogIn(k, s) => write!(f, "{} logs in with the pass phrase.", who(k, s)),
            Self::Enter(k) => write!(f, "{} logs in.", who(k, 0)),
            Self::Enroll(k) => write!(f, "{} logs in and enrolls.", who(k, 0)),
            Self::LogOut(k, s) => write!(f, "{} logs out.", who(k, s)),
            Self::LogOutEverywhere(k, s) => write!(f, "{} logs out everywhere.", who(k, s)),
            Self::PassPhraseChanged(k) => write!(f, "{}'s pass phrase is changed.", NAMES[k]),
            Self::GiveCode(k, s) => write!(f, "{} gives a good code.", who(k, s)),
            Self::WrongCode(k, s, late) => {
                let many = if late {
                    "many wrong codes"
                } else {
                    "a wrong code"
                };
                write!(f, "{} gives {many}.", who(k, s))
            }
            Self::Begin(k, s, shown) => {
                let with = match shown {
                    Shown::Nothing => "",
                    Shown::Right => " with the ticket, if one is due",
                    Shown::Wrong => " with a wrong ticket",
                };
                write!(f, "{} begins an enrollment{with}.", who(k, s))
            }
            Self::BeginReplacement(k, s) => write!(f, "{} begins a replacement.", who(k, s)),
            Self::Confirm(k, s) => write!(f, "{} confirms an enrollment.", who(k, s)),
            Self::WrongConfirm(k, s, _) => write!(f, "{} confirms with a wrong code.", who(k, s)),
            Self::SwitchOn(k, s) => write!(f, "{} switches the question on.", who(k, s)),
            Self::SwitchOff(k, s) => write!(f, "{} switches the question off.", who(k, s)),
            Self::UseRecoveryCode(k, s) => write!(f, "{} uses a recovery code.", who(k, s)),
            Self::WrongRecoveryCode(k, s, _) => {
                write!(f, "{} gives a wrong recovery code.", who(k, s))
            }
            Self::ReportLost(k) => write!(f, "{}'s phone is reported lost.", NAMES[k]),
            Self::Repudiate(k) => write!(f, "{} repudiates the enrollment.", NAMES[k]),
            Self::Enable(k, s) => write!(f, "{} enables multi-factor log-in.", who(k, s)),
            Self::Announce(k, s) => write!(f, "{} announces the employees' mandate.", who(k, s)),
            Self::AnnounceNow(k, s) => write!(f, "{} mandates the employees now.", who(k, s)),
            Self::Cancel(k, s) => write!(f, "{} cancels the mandate.", who(k, s)),
            Self::RenewSeal(k, s) => write!(f, "{} renews the seal.", who(k, s)),
            Self::Reset(k, s, j) => write!(f, "{} resets {}.", who(k, s), NAMES[j]),
            Self::Employ(k, s, j) => write!(f, "{} makes {} an employee.", who(k, s), NAMES[j]),
            Self::Promote(k, s, j) => {
                write!(f, "{} makes {} an administrator.", who(k, s), NAMES[j])
            }
            Self::Demote(k, s, j) => write!(f, "{} demotes {}.", who(k, s), NAMES[j]),
            Self::Leave(k, s, j) => write!(f, "{} lets {} go.", who(k, s), NAMES[j]),
            Self::Rehire(k, s, j) => write!(f, "{} re-hires {}.", who(k, s), NAMES[j]),
            Self::HostLeave(k) => write!(f, "The host deletes {}.", NAMES[k]),
            Self::BreakGlass(k) => write!(f, "The host breaks the glass for {}.", NAMES[k]),
            Self::WrongSeal(k, _) => write!(f, "The host tries a wrong seal for {}.", NAMES[k]),
            Self::CollectTicket(k) => write!(f, "The host collects the ticket for {}.", NAMES[k]),
            Self::LosePhone(k) => write!(f, "{} loses the phone.", NAMES[k]),
            Self::Wait(seconds) => match seconds {
                0..3600 => write!(f, "{} minutes pass.", seconds / 60),
                _ => write!(f, "{} days pass.", seconds / limits::DAY),
            },
        }
    }
}

/// Long enough for a code to be old; for a half log-in; for a ticket and break-glass; for
/// everything that waits for days; for the enrollment window.
pub const WAITS: [u64; 5] = [
    limits::RECENT + 1,
    limits::HALF_LOGIN,
    limits::DAY,
    limits::NOTICE,
    limits::ENROLLMENT_WINDOW,
];

/// The engine, or the engine with one guard taken out.
pub trait Engine {
    fn decide(
        &self,
        snapshot: &Snapshot<'_>,
        command: &Command,
        now: UnixTime,
        fresh: Fresh,
    ) -> Decision {
        decide(snapshot, command, now, fresh)
    }

    fn standing(&self, snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
        standing(snapshot, now)
    }
}

pub struct Production;

impl Engine for Production {}

/// What came of an action: the world after it, if it is another, and the answer if anybody was
/// asked.
pub struct Outcome {
    pub world: Option<World>,
    pub now: UnixTime,
    pub answer: Option<Result<Grant, Refusal>>,
}

impl Action {
    /// Who does it: a thief's deeds are no way back for anybody.
    pub fn by(self, world: &World) -> Who {
        match self {
            Self::LogIn(k, s)
            | Self::LogOut(k, s)
            | Self::LogOutEverywhere(k, s)
            | Self::GiveCode(k, s)
            | Self::WrongCode(k, s, _)
            | Self::Begin(k, s, _)
            | Self::BeginReplacement(k, s)
            | Self::Confirm(k, s)
            | Self::WrongConfirm(k, s, _)
            | Self::SwitchOn(k, s)
            | Self::SwitchOff(k, s)
            | Self::UseRecoveryCode(k, s)
            | Self::WrongRecoveryCode(k, s, _)
            | Self::Enable(k, s)
            | Self::Announce(k, s)
            | Self::AnnounceNow(k, s)
            | Self::Cancel(k, s)
            | Self::RenewSeal(k, s)
            | Self::Reset(k, s, _)
            | Self::Employ(k, s, _)
            | Self::Promote(k, s, _)
            | Self::Demote(k, s, _)
            | Self::Leave(k, s, _)
            | Self::Rehire(k, s, _) => world.holder(k, s),
            _ => Who::Owner,
        }
    }

    /// Everything that could be tried in a space.
    pub fn all(space: &Space) -> Vec<Self> {
        if space.core {
            return Self::core(space);
        }
        let mut all: Vec<Self> = WAITS.map(Self::Wait).to_vec();
        for k in 0..space.accounts {
            all.extend([Self::PassPhraseChanged(k), Self::ReportLost(k)]);
            if space.links {
                all.push(Self::Repudiate(k));
            }
            all.extend([Self::BreakGlass(k), Self::CollectTicket(k)]);
            if space.counters {
                all.extend([Self::WrongSeal(k, false), Self::WrongSeal(k, true)]);
            }
            if space.losses {
                all.push(Self::LosePhone(k));
            }
            if space.people {
                all.push(Self::HostLeave(k));
            }
            for s in 0..space.sessions {
                all.extend([
                    Self::LogIn(k, s),
                    Self::LogOut(k, s),
                    Self::LogOutEverywhere(k, s),
                ]);
                all.extend([
                    Self::GiveCode(k, s),
                    Self::SwitchOn(k, s),
                    Self::SwitchOff(k, s),
                ]);
                all.extend([Shown::Nothing, Shown::Right].map(|shown| Self::Begin(k, s, shown)));
                all.extend([Self::BeginReplacement(k, s), Self::Confirm(k, s)]);
                all.extend([
                    Self::Enable(k, s),
                    Self::Announce(k, s),
                    Self::AnnounceNow(k, s),
                ]);
                all.extend([Self::Cancel(k, s), Self::RenewSeal(k, s)]);
                if space.counters {
                    all.push(Self::Begin(k, s, Shown::Wrong));
                    for late in [false, true] {
                        all.extend([Self::WrongCode(k, s, late), Self::WrongConfirm(k, s, late)]);
                    }
                }
                if space.recovery_codes {
                    all.push(Self::UseRecoveryCode(k, s));
                    if space.counters {
                        all.extend([false, true].map(|late| Self::WrongRecoveryCode(k, s, late)));
                    }
                }
                // Oneself included: that it is refused is the point.
                for j in 0..space.accounts {
                    all.push(Self::Reset(k, s, j));
                    if space.people {
                        all.extend([
                            Self::Employ(k, s, j),
                            Self::Promote(k, s, j),
                            Self::Demote(k, s, j),
                        ]);
                        all.extend([Self::Leave(k, s, j), Self::Rehire(k, s, j)]);
                    }
                }
            }
        }
        all
    }

    fn core(space: &Space) -> Vec<Self> {
        let mut all = vec![
            Self::Wait(limits::DAY),
            Self::Wait(limits::ENROLLMENT_WINDOW),
        ];
        for k in 0..space.accounts {
            all.extend([
                Self::Enter(k),
                Self::Enroll(k),
                Self::LogOut(k, 0),
                Self::ReportLost(k),
            ]);
            all.extend([
                Self::BreakGlass(k),
                Self::CollectTicket(k),
                Self::HostLeave(k),
            ]);
            all.extend([Self::Enable(k, 0), Self::AnnounceNow(k, 0)]);
            if space.losses {
                all.push(Self::LosePhone(k));
            }
            for j in (0..space.accounts).filter(|j| *j != k) {
                all.extend([
                    Self::Reset(k, 0, j),
                    Self::Demote(k, 0, j),
                    Self::Leave(k, 0, j),
                ]);
            }
        }
        all
    }

    /// What comes of it; `None` when the world does not let it happen (no phone, no paper).
    pub fn happen(self, world: &World, engine: &dyn Engine) -> Option<Outcome> {
        let mut step = Step {
            before: world,
            after: None,
            engine,
            answer: None,
            now: NOW,
        };
        step.happen(self)?;
        Some(Outcome {
            world: step.after,
            now: step.now,
            answer: step.answer,
        })
    }
}

struct Step<'a> {
    before: &'a World,
    /// Copied when something changes: most of what is tried is refused.
    after: Option<World>,
    engine: &'a dyn Engine,
    answer: Option<Result<Grant, Refusal>>,
    now: UnixTime,
}

/// The first count of a class, or the last of the class before the next threshold.
fn late_counts(account: &mut Account) {
    let attempts = &mut account.attempts;
    attempts.total = match attempts.total {
        0 => 79,
        80 => 98,
        total => total,
    };
    for lane in [&mut attempts.stranger, &mut attempts.known] {
        lane.row = lane.row.max(limits::FIRST_WAIT - 1);
    }
}

const GOOD: CodeCheck = CodeCheck::Good {
    step: STEP + 1,
    offset: 0,
};
const WRONG: CodeCheck = CodeCheck::Wrong { behind: None };
const ACCESS: Access = Access::Allowed;

impl Step<'_> {
    fn world(&self) -> &World {
        self.after.as_ref().unwrap_or(self.before)
    }

    fn world_mut(&mut self) -> &mut World {
        self.after.get_or_insert_with(|| self.before.clone())
    }

    fn happen(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Wait(seconds) => {
                self.now = NOW.plus(seconds);
                self.world_mut();
                for k in 0..self.world().people.len() {
                    self.command(k, None, None, Command::Settle);
                }
                self.answer = None;
            }
            Action::LosePhone(k) => {
                let person = &mut self.world_mut().people[k];
                let has = matches!(person.account.authenticator, Authenticator::Active { .. })
                    && person.phone == Who::Owner;
                if !has {
                    return None;
                }
                person.phone = Who::Nobody;
            }
            Action::LogIn(k, s) => {
                self.command(k, Some(s), None, Command::LogOut);
                self.world_mut().people[k].sessions[s] = None;
                self.in_session(k, s, Command::LogIn { access: ACCESS });
            }
            Action::Enter(k) => {
                self.happen(Action::LogIn(k, 0))?;
                if self.world().people[k].sessions[0].is_some_and(|it| it.level == Level::HalfLogin)
                {
                    self.happen(Action::GiveCode(k, 0))?;
                }
            }
            Action::Enroll(k) => {
                self.happen(Action::LogIn(k, 0))?;
                self.happen(Action::Begin(k, 0, Shown::Right))?;
                self.happen(Action::Confirm(k, 0))?;
            }
            Action::LogOut(k, s) => {
                self.world().people[k].sessions[s]?;
                self.in_session(k, s, Command::LogOut);
                self.world_mut().people[k].sessions[s] = None;
            }
            Action::LogOutEverywhere(k, s) => self.existing(k, s, Command::LogOutEverywhere)?,
            Action::PassPhraseChanged(k) => {
                self.command(k, None, None, Command::PassPhraseChanged { by_owner: true });
            }
            Action::GiveCode(k, s) => {
                let code = self.good(k, s)?;
                self.existing(
                    k,
                    s,
                    Command::GiveCode {
                        code,
                        access: ACCESS,
                    },
                )?;
            }
            Action::WrongCode(k, s, late) => {
                if late {
                    late_counts(&mut self.world_mut().people[k].account);
                }
                let code = Submitted {
                    check: WRONG,
                    vantage: self.vantage(k, s),
                };
                self.existing(
                    k,
                    s,
                    Command::GiveCode {
                        code,
                        access: ACCESS,
                    },
                )?;
            }
            Action::Begin(k, s, shown) => {
                let person = &self.world().people[k];
                let presented = match shown {
                    Shown::Nothing => None,
                    Shown::Right if person.ticket == self.world().holder(k, s) => Some(ticket(k)),
                    Shown::Right => return None,
                    Shown::Wrong => {
                        self.late_ticket(k);
                        Some(digest(9, k, 0))
                    }
                };
                let recovery = codes(k, 2);
                let command = Command::BeginEnrollment {
                    ticket: presented,
                    recovery,
                    access: ACCESS,
                };
                self.existing(k, s, command)?;
            }
            Action::BeginReplacement(k, s) => {
                let code = self.good(k, s)?;
                self.existing(
                    k,
                    s,
                    Command::BeginReplacement {
                        code,
                        recovery: codes(k, 2),
                    },
                )?;
            }
            Action::Confirm(k, s) => {
                let command = confirm(k, GOOD);
                self.existing(k, s, command)?;
                if matches!(self.answer, Some(Ok(Grant::Bound { .. }))) {
                    let holder = self.world().holder(k, s);
                    let person = &mut self.world_mut().people[k];
                    (person.phone, person.paper, person.ticket) = (holder, holder, Who::Owner);
                }
            }
            Action::WrongConfirm(k, s, late) => {
                if late {
                    for pending in self.world_mut().people[k]
                        .account
                        .pendings
                        .iter_mut()
                        .flatten()
                    {
                        pending.wrong = pending.wrong.max(limits::PENDING_TRIES - 2);
                    }
                }
                let command = confirm(k, WRONG);
                self.existing(k, s, command)?;
                self.round_pendings(k);
            }
            Action::SwitchOn(k, s) => {
                let code = self.good(k, s)?;
                self.existing(k, s, Command::SwitchOn { code })?;
            }
            Action::SwitchOff(k, s) => {
                let code = self.good(k, s)?;
                self.existing(k, s, Command::SwitchOff { code })?;
            }
            Action::UseRecoveryCode(k, s) => {
                let left = self.world().people[k].account.recovery.len();
                if left == 0 || self.world().people[k].paper != self.world().holder(k, s) {
                    return None;
                }
                let code = Some(digest(4, k, left as u8 - 1));
                let command = Command::UseRecoveryCode {
                    code,
                    vantage: self.vantage(k, s),
                    access: ACCESS,
                };
                self.existing(k, s, command)?;
            }
            Action::WrongRecoveryCode(k, s, late) => {
                if late {
                    late_counts(&mut self.world_mut().people[k].account);
                }
                let code = Some(digest(9, k, 1));
                let command = Command::UseRecoveryCode {
                    code,
                    vantage: self.vantage(k, s),
                    access: ACCESS,
                };
                self.existing(k, s, command)?;
            }
            Action::ReportLost(k) => self.command(k, None, None, Command::ReportLost),
            Action::Repudiate(k) => {
                self.command(k, None, None, Command::Repudiate { link: link(k) });
            }
            Action::Enable(k, s) => {
                self.existing(
                    k,
                    s,
                    Command::Enable {
                        seal: seal(),
                        typed_back: true,
                    },
                )?;
            }
            Action::Announce(k, s) => {
                let start = Start::At(NOW.plus(limits::NOTICE));
                self.existing(
                    k,
                    s,
                    Command::Announce {
                        role: RoleId::EMPLOYEE,
                        start,
                    },
                )?;
            }
            Action::AnnounceNow(k, s) => {
                let start = Start::Now { confirmed: true };
                self.existing(
                    k,
                    s,
                    Command::Announce {
                        role: RoleId::EMPLOYEE,
                        start,
                    },
                )?;
            }
            Action::Cancel(k, s) => {
                self.existing(
                    k,
                    s,
                    Command::CancelMandate {
                        role: RoleId::EMPLOYEE,
                    },
                )?;
            }
            Action::RenewSeal(k, s) => {
                let code = self.good(k, s)?;
                self.existing(
                    k,
                    s,
                    Command::RenewSeal {
                        seal: seal(),
                        typed_back: true,
                        code,
                    },
                )?;
            }
            Action::Reset(k, s, j) => {
                let code = self.good(k, s)?;
                self.about(
                    k,
                    s,
                    j,
                    Command::Reset {
                        ticket: ticket(j),
                        aloud: false,
                        code,
                    },
                )?;
                self.hand_ticket(k, s, j);
            }
            Action::Rehire(k, s, j) => {
                let code = self.good(k, s)?;
                let roles = Role::Employee.set();
                self.about(
                    k,
                    s,
                    j,
                    Command::Rehire {
                        roles,
                        ticket: ticket(j),
                        code,
                    },
                )?;
                self.hand_ticket(k, s, j);
            }
            Action::Employ(k, s, j) => {
                let code = Submitted {
                    check: CodeCheck::Absent,
                    vantage: Vantage::Stranger,
                };
                self.about(
                    k,
                    s,
                    j,
                    Command::AddRole {
                        role: RoleId::EMPLOYEE,
                        code,
                    },
                )?;
            }
            Action::Promote(k, s, j) => {
                let code = self.good(k, s)?;
                self.about(
                    k,
                    s,
                    j,
                    Command::AddRole {
                        role: RoleId::ADMINISTRATOR,
                        code,
                    },
                )?;
            }
            Action::Demote(k, s, j) => {
                self.about(
                    k,
                    s,
                    j,
                    Command::RemoveRole {
                        role: RoleId::ADMINISTRATOR,
                    },
                )?;
            }
            Action::Leave(k, s, j) => self.about(k, s, j, Command::Leave)?,
            Action::HostLeave(k) => self.command(k, None, None, Command::HostLeave),
            Action::BreakGlass(k) => {
                self.command(k, None, None, Command::BreakGlass { seal: seal() })
            }
            Action::WrongSeal(k, late) => {
                if let (true, BreakGlass::Sealed { wrong, .. }) =
                    (late, &mut self.world_mut().organisation.break_glass)
                {
                    *wrong = (*wrong).max(limits::SEAL_TRIES - 2);
                }
                self.command(
                    k,
                    None,
                    None,
                    Command::BreakGlass {
                        seal: digest(9, k, 2),
                    },
                );
                if let BreakGlass::Sealed { wrong, .. } =
                    &mut self.world_mut().organisation.break_glass
                {
                    *wrong = if *wrong == limits::SEAL_TRIES - 1 {
                        *wrong
                    } else {
                        0
                    };
                }
            }
            Action::CollectTicket(k) => {
                let command = Command::CollectTicket {
                    seal: seal(),
                    ticket: ticket(k),
                };
                self.command(k, None, None, command);
                if matches!(self.answer, Some(Ok(_))) {
                    self.world_mut().people[k].ticket = Who::Owner;
                }
            }
        }
        Some(())
    }

    fn vantage(&self, k: usize, s: usize) -> Vantage {
        match self.world().holder(k, s) {
            Who::Owner if s == 0 => Vantage::KnownDevice,
            _ => Vantage::Stranger,
        }
    }

    /// A good code of the active authenticator, if the one who holds this session has the phone.
    fn good(&self, k: usize, s: usize) -> Option<Submitted> {
        let person = &self.world().people[k];
        let active = matches!(person.account.authenticator, Authenticator::Active { .. });
        (active && person.phone == self.world().holder(k, s)).then(|| Submitted {
            check: GOOD,
            vantage: self.vantage(k, s),
        })
    }

    fn hand_ticket(&mut self, k: usize, s: usize, j: usize) {
        if matches!(self.answer, Some(Ok(_))) {
            let holder = self.world().holder(k, s);
            self.world_mut().people[j].ticket = holder;
        }
    }

    fn late_ticket(&mut self, k: usize) {
        if let Authenticator::ResetDue {
            ticket: Some(ticket),
        } = &mut self.world_mut().people[k].account.authenticator
        {
            ticket.wrong = limits::TICKET_TRIES - 1;
        }
    }

    fn round_pendings(&mut self, k: usize) {
        for pending in self.world_mut().people[k]
            .account
            .pendings
            .iter_mut()
            .flatten()
        {
            if pending.wrong < limits::PENDING_TRIES - 1 {
                pending.wrong = 0;
            }
        }
    }

    fn existing(&mut self, k: usize, s: usize, command: Command) -> Option<()> {
        self.world().people[k].sessions[s]?;
        self.in_session(k, s, command);
        Some(())
    }

    fn in_session(&mut self, k: usize, s: usize, command: Command) {
        self.command(k, Some(s), None, command);
    }

    fn about(&mut self, k: usize, s: usize, j: usize, command: Command) -> Option<()> {
        self.world().people[k].sessions[s]?;
        self.command(k, Some(s), Some(j), command);
        Some(())
    }

    fn command(&mut self, k: usize, s: Option<usize>, j: Option<usize>, command: Command) {
        let snapshot = self.world().snapshot(k, s, j);
        let decision = self
            .engine
            .decide(&snapshot, &command, self.now, Fresh { session: NEW });
        let granted = match (s, decision.answer) {
            (
                Some(s),
                Ok(
                    Grant::Session { session, .. }
                    | Grant::Bound { session, .. }
                    | Grant::Recovering { session, .. },
                ),
            ) => Some((s, session)),
            _ => None,
        };
        self.answer = Some(decision.answer);
        if decision.changes.is_empty() && granted.is_none() {
            return;
        }
        let Changes {
            organisation,
            roster,
            actor,
            subject,
        } = decision.changes;
        let world = self.world_mut();
        if let Some(organisation) = organisation {
            world.organisation = organisation;
        }
        if let Some(roster) = roster {
            world.roster = roster;
        }
        if let Some(actor) = actor {
            world.people[k].account = actor;
        }
        if let (Some(subject), Some(j)) = (subject, j) {
            assert_ne!(k, j, "one row, written twice");
            world.people[j].account = subject;
        }
        if let Some((s, session)) = granted {
            world.people[k].sessions[s] = Some(session);
        }
    }
}

pub fn confirm(k: usize, check: CodeCheck) -> Command {
    Command::ConfirmEnrollment {
        check,
        link: link(k),
        seal: Some(seal()),
        access: ACCESS,
    }
}
