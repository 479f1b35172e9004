//! Applies an action to a world.

use crate::actions::*;
use crate::request::{ACCESS, Request, request};
use crate::world::*;
use loquet_policy::*;

impl Action {
    /// Returns the account, where the action concerns no other: a decision reads its rows and the roster.
    pub fn about_one(self) -> Option<usize> {
        match self {
            Self::Wait(_)
            | Self::UndoReportOf(..)
            | Self::Reset(..)
            | Self::Employ(..)
            | Self::Promote(..)
            | Self::Demote(..)
            | Self::Deactivate(..)
            | Self::Reactivate(..) => None,
            Self::LogIn(k, _)
            | Self::Enter(k)
            | Self::Enroll(k)
            | Self::EnrollPasskey(k)
            | Self::LogOut(k, _)
            | Self::LogOutEverywhere(k, _)
            | Self::PasswordChanged(k)
            | Self::VerifyCode(k, _)
            | Self::WrongCode(k, ..)
            | Self::Begin(k, ..)
            | Self::BeginLast(k, _)
            | Self::BeginReplacement(k, _)
            | Self::BeginAddition(k, _)
            | Self::Remove(k, ..)
            | Self::Confirm(k, _)
            | Self::WrongConfirm(k, ..)
            | Self::ConfirmPasskey(k, _)
            | Self::AnswerByCopy(k, _)
            | Self::ConfirmToken(k, _)
            | Self::TurnOn(k, _)
            | Self::TurnOff(k, _)
            | Self::UseRecoveryCode(k, _)
            | Self::WrongRecoveryCode(k, _)
            | Self::RenewRecoveryCodes(k, _)
            | Self::ReportLost(k, ..)
            | Self::UndoReport(k, ..)
            | Self::UndoReportByCode(k, _)
            | Self::ReportUnrecognized(k, _)
            | Self::Enable(k, _)
            | Self::ScheduleMandate(k, _)
            | Self::MandateNow(k, _)
            | Self::CancelMandate(k, _)
            | Self::RenewBreakGlassCode(k, _)
            | Self::HostDeactivate(k)
            | Self::BreakGlass(k)
            | Self::WrongBreakGlassCode(k, _)
            | Self::CollectResetCode(k)
            | Self::Import(k)
            | Self::AssignToken(k)
            | Self::WithdrawToken(k)
            | Self::LosePhone(k) => Some(k),
        }
    }

    /// Returns the result; `None` if the world does not allow the action (no phone, no recovery codes).
    pub fn apply(self, world: &World, engine: &dyn Engine) -> Option<Outcome> {
        let mut step = Step {
            before: world,
            after: None,
            engine,
            answer: None,
            now: NOW,
        };
        step.apply(self)?;
        Some(Outcome {
            world: step.after,
            now: step.now,
            answer: step.answer,
        })
    }
}

struct Step<'a> {
    before: &'a World,
    /// Copied on the first change, because most commands are refused.
    after: Option<World>,
    engine: &'a dyn Engine,
    answer: Option<Result<Grant, Refusal>>,
    now: UnixTime,
}

/// Moves the counts to the last value before the next threshold.
fn late_counts(account: &mut Account) {
    let attempts = &mut account.attempts;
    attempts.total = match attempts.total {
        0 => 79,
        80 => 98,
        total => total,
    };
    for throttle in [&mut attempts.stranger, &mut attempts.known] {
        throttle.row = throttle.row.max(limits::FIRST_WAIT - 1);
    }
}

impl Step<'_> {
    fn world(&self) -> &World {
        self.after.as_ref().unwrap_or(self.before)
    }

    fn world_mut(&mut self) -> &mut World {
        self.after.get_or_insert_with(|| self.before.clone())
    }

    fn apply(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Wait(seconds) => {
                self.now = NOW.plus(seconds);
                self.world_mut();
                for k in 0..self.world().people.len() {
                    self.command((k, None, None, Command::ApplyDue));
                }
                self.answer = None;
            }
            Action::LosePhone(k) => self.lose_phone(k)?,
            Action::LogIn(k, s) => {
                self.command((k, Some(s), None, Command::LogOut));
                self.world_mut().people[k].sessions[s] = None;
                let access = ACCESS;
                self.command((k, Some(s), None, Command::LogIn { access }));
            }
            Action::Enter(k) => {
                self.apply(Action::LogIn(k, 0))?;
                if self.world().people[k].sessions[0].is_some_and(|it| it.level == Level::HalfLogin)
                {
                    self.apply(Action::VerifyCode(k, 0))?;
                }
            }
            Action::Enroll(k) => self.enroll(k, Action::Confirm(k, 0))?,
            Action::EnrollPasskey(k) => self.enroll(k, Action::ConfirmPasskey(k, 0))?,
            Action::LogOut(k, s) => {
                self.world().people[k].sessions[s]?;
                self.command((k, Some(s), None, Command::LogOut));
                self.world_mut().people[k].sessions[s] = None;
            }
            _ => {
                self.prepare(action);
                let request = request(self.world(), action)?;
                if let (k, Some(s), ..) = request {
                    self.world().people[k].sessions[s]?;
                }
                self.command(request);
                self.move_possessions(action);
            }
        }
        Some(())
    }

    fn enroll(&mut self, k: usize, confirm: Action) -> Option<()> {
        self.apply(Action::LogIn(k, 0))?;
        self.apply(Action::Begin(k, 0, Shown::Right))?;
        self.apply(confirm)
    }

    /// One phone has both authenticators, that of the account and the one that waits elsewhere for its import.
    fn lose_phone(&mut self, k: usize) -> Option<()> {
        let space = self.before.space;
        let person = &self.world().people[k];
        let waits = space.imports && !person.moved;
        let has_secret = has_secret(&person.account);
        let held = match has_secret {
            true => person.has_phone(Who::Owner),
            false => waits && person.elsewhere == Who::Owner,
        };
        held.then_some(())?;
        let stolen = space.steals && space.victim == Some(k);
        let finder = if stolen { Who::Thief } else { Who::Lost };
        let person = &mut self.world_mut().people[k];
        // The older one of two.
        let lost = person.held(Who::Owner, |_| true).map(|it| it.id);
        if let Some(AuthenticatorId(lost)) = lost {
            person.phones[usize::from(lost)] = finder;
        }
        if waits {
            person.elsewhere = finder;
        }
        Some(())
    }

    /// Moves the counts to the end of their class where the action should reach a threshold.
    fn prepare(&mut self, action: Action) {
        match action {
            Action::WrongCode(k, _, true) => {
                late_counts(&mut self.world_mut().people[k].account);
            }
            Action::BeginLast(k, _) => {
                let quota = &mut self.world_mut().people[k].account.enrollments;
                quota.since = NOW;
                quota.used = quota.used.max(limits::ENROLLMENTS_A_DAY - 1);
            }
            Action::WrongConfirm(k, _, true) => {
                let account = &mut self.world_mut().people[k].account;
                for pending in account.pendings.iter_mut().flatten() {
                    pending.wrong = pending.wrong.max(limits::PENDING_TRIES - 2);
                }
            }
            Action::WrongBreakGlassCode(_, true) => {
                if let BreakGlass::Ready { wrong, .. } =
                    &mut self.world_mut().organization.break_glass
                {
                    *wrong = (*wrong).max(limits::BREAK_GLASS_TRIES - 2);
                }
            }
            _ => {}
        }
    }

    /// Updates who holds the phone and the codes, and moves counts back to the start of their class.
    fn move_possessions(&mut self, action: Action) {
        let granted = matches!(self.answer, Some(Ok(_)));
        match action {
            Action::Confirm(k, s) | Action::ConfirmPasskey(k, s) | Action::ConfirmToken(k, s)
                if matches!(self.answer, Some(Ok(Grant::Bound { .. }))) =>
            {
                let holder = self.world().holder(k, s);
                let person = &mut self.world_mut().people[k];
                let AuthenticatorId(new) = person.account.last_authenticator;
                person.phones[usize::from(new)] = holder;
                person.reset_code = Who::Owner;
                let purpose = self.answer;
                if !matches!(
                    purpose,
                    Some(Ok(Grant::Bound {
                        purpose: Purpose::Add,
                        ..
                    }))
                ) {
                    self.world_mut().people[k].printed_codes = holder;
                }
            }
            Action::RenewRecoveryCodes(k, s) if granted => {
                let holder = self.world().holder(k, s);
                self.world_mut().people[k].printed_codes = holder;
            }
            Action::WrongConfirm(k, ..) => self.round_pendings(k),
            Action::Reset(k, s, j) | Action::Reactivate(k, s, j) if granted => {
                let holder = self.world().holder(k, s);
                self.world_mut().people[j].reset_code = holder;
            }
            Action::WrongBreakGlassCode(..) => {
                if let BreakGlass::Ready { wrong, .. } =
                    &mut self.world_mut().organization.break_glass
                    && *wrong != limits::BREAK_GLASS_TRIES - 1
                {
                    *wrong = 0;
                }
            }
            Action::Import(k) if granted => {
                let person = &mut self.world_mut().people[k];
                let AuthenticatorId(new) = person.account.last_authenticator;
                person.phones[usize::from(new)] = person.elsewhere;
                person.moved = true;
            }
            Action::CollectResetCode(k) if granted => {
                self.world_mut().people[k].reset_code = Who::Owner;
            }
            _ => {}
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

    fn command(&mut self, (k, s, j, command): Request) {
        let snapshot = self.world().snapshot(k, s, j);
        let decision = self
            .engine
            .decide(&snapshot, &command, self.now, Fresh { session: NEW });
        self.answer = Some(decision.answer);
        let granted = decision.answer.ok().and_then(|grant| grant.session());
        let granted = s.zip(granted);
        let changes = decision.changes;
        if changes.is_empty() && granted.is_none() {
            return;
        }
        assert!(
            changes.subject.is_none() || j != Some(k),
            "one row, written twice"
        );
        let World {
            organization,
            roster,
            people,
            ..
        } = self.world_mut();
        for account in changes.store(organization, roster) {
            let id = account.id;
            let own = people.iter_mut().find(|person| person.account.id == id);
            own.unwrap().account = account;
        }
        if let Some((s, session)) = granted {
            people[k].sessions[s] = Some(session);
        }
    }
}
