//! What an action does to a world.

use crate::actions::*;
use crate::world::*;
use loquet_policy::*;

impl Action {
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
