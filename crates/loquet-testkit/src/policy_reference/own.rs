//! What people do for themselves, and what it takes.

use super::{
    Account, Ask, Bound, DAY, Fact, Known, Level, MINUTE, Rank, Reference, Said, Session, Typed,
};

impl Reference {
    pub(super) fn log_in(&mut self, ask: Ask) -> Said {
        let Ask { who, new, .. } = ask;
        if !self.active(who) {
            return Err("LOGIN_REFUSED");
        }
        let level = self.entrance(who)?;
        self.note(Fact::Session(who, new, level));
        Ok(level.name())
    }

    pub(super) fn verify_code(&mut self, ask: Ask) -> Said {
        let Ask {
            who,
            session,
            code,
            known,
            new,
            ..
        } = ask;
        match self.worth(who, session)? {
            Level::Recovery if self.bound(who) == Bound::Suspended => return Err("SUSPENDED"),
            Level::Recovery => return Err("DISABLED"),
            Level::Enroll => return Err("ENROLL_ONLY"),
            Level::Half | Level::One | Level::Two => {}
        }
        if code == Typed::Nothing {
            return Err("CODE_REQUIRED");
        }
        self.spend(who, code, known, "NO_AUTHENTICATOR")?;
        self.raise(who, session, new)
    }

    pub(super) fn raise(&mut self, who: Account, session: Session, new: Session) -> Said {
        let same = matches!(self.granted(session), Some((_, Level::Two)));
        self.note(Fact::Session(
            who,
            if same { session } else { new },
            Level::Two,
        ));
        self.came_in(who);
        Ok(Level::Two.name())
    }

    /// An administrator is at Level2: break-glass that is under way ends.
    pub(super) fn came_in(&mut self, who: Account) {
        if self.rank(who) == Rank::Administrator
            && matches!(self.glass(), Some(Some((_, _, false))))
        {
            self.note(Fact::BreakGlassSet);
        }
    }

    /// When the pending of this session was begun.
    pub(super) fn pending(&self, who: Account, session: Session) -> Option<u64> {
        let begun = self.last(|at, fact| match fact {
            Fact::Begun(whom, id) if *whom == who && *id == session => Some(Some(at)),
            Fact::Closed(whom, id) if *whom == who && *id == session => Some(None),
            Fact::Over(whom)
            | Fact::Gone(whom)
            | Fact::Disabled(whom)
            | Fact::Assigned(whom)
            | Fact::Unassigned(whom)
                if *whom == who =>
            {
                Some(None)
            }
            _ => None,
        });
        begun.flatten().filter(|at| self.now < at + 10 * MINUTE)
    }

    pub(super) fn pendings(&self, who: Account) -> usize {
        let mut sessions: Vec<Session> = self
            .log
            .iter()
            .filter_map(|(_, fact)| match fact {
                Fact::Begun(whom, id) if *whom == who => Some(*id),
                _ => None,
            })
            .collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
            .iter()
            .filter(|session| self.pending(who, **session).is_some())
            .count()
    }

    /// Whether the author of a reset code has been administrator ever since, and never reset.
    pub(super) fn author_stands(&self, who: Account, by: Option<Account>) -> bool {
        let Some(by) = by else { return true };
        let given = self
            .log
            .iter()
            .rposition(|(_, fact)| matches!(fact, Fact::Due(whom, ..) if *whom == who));
        !self
            .log
            .iter()
            .skip(given.unwrap_or(0))
            .any(|(_, fact)| match fact {
                Fact::Due(whom, ..) | Fact::Gone(whom) => *whom == by,
                Fact::Is(whom, rank) => *whom == by && *rank != Rank::Administrator,
                _ => false,
            })
    }

    fn may_enroll(&self, who: Account, session: Session) -> Result<(), &'static str> {
        if self.worth(who, session)? != Level::Enroll {
            self.rights(who, session)?;
        }
        self.enabled()
    }

    pub(super) fn begin(&mut self, who: Account, session: Session, reset_code: bool) -> Said {
        self.may_enroll(who, session)?;
        let bound = self.bound(who);
        match bound {
            Bound::Active => return Err("ALREADY_BOUND"),
            Bound::Suspended => return Err("SUSPENDED"),
            Bound::Disabled => return Err("RECOVER_FIRST"),
            _ => {}
        }
        if self.pending(who, session).is_some() {
            return Ok("done");
        }
        if self.pendings(who) >= 3 {
            return Err("TOO_MANY_PENDINGS");
        }
        let begun = |fact: &Fact| matches!(fact, Fact::Begun(whom, _) if *whom == who);
        if self.is_day_full(self.since_reset(who), 30, begun) {
            return Err("TOO_MANY_ENROLLMENTS");
        }
        match bound {
            Bound::Void if reset_code => return Err("WRONG_RESET_CODE"),
            Bound::Void | Bound::Due(..) if !reset_code => return Err("RESET_CODE_REQUIRED"),
            Bound::Due(by, until) => {
                if !self.author_stands(who, by) {
                    self.note(Fact::Void(who));
                    return Err("WRONG_RESET_CODE");
                }
                if self.now >= until {
                    return Err("RESET_CODE_EXPIRED");
                }
            }
            _ if self.was_bound(who) || self.required(who) && !self.window_open() => {
                return Err("RESET_CODE_REQUIRED");
            }
            _ if self.knew_password(session) => {}
            _ => return Err("PASSWORD_REQUIRED"),
        }
        self.note(Fact::Begun(who, session));
        Ok("done")
    }

    pub(super) fn confirm(&mut self, ask: Ask, is_token: bool) -> Said {
        let Ask {
            who,
            session,
            code,
            new,
            ..
        } = ask;
        self.may_enroll(who, session)?;
        let Some(begun) = self.pending(who, session) else {
            return Err(if self.pendings(who) > 0 {
                "NOT_YOURS"
            } else {
                "NOTHING_PENDING"
            });
        };
        let bound = self.bound(who);
        match bound {
            Bound::Void => return Err("WRONG_RESET_CODE"),
            Bound::Due(by, _) if !self.author_stands(who, by) => {
                self.note(Fact::Closed(who, session));
                self.note(Fact::Void(who));
                return Err("WRONG_RESET_CODE");
            }
            _ => {}
        }
        match (self.awaits_token(who), is_token) {
            (true, false) => return Err("TWO_CODES_REQUIRED"),
            (false, true) => return Err("NO_TOKEN_ASSIGNED"),
            _ => {}
        }
        match code {
            Typed::Nothing => Err("MALFORMED"),
            Typed::Wrong => {
                self.note(Fact::Tried(who, session));
                let tries = self.log.iter().filter(|(at, fact)| {
                    *at >= begun
                        && matches!(fact, Fact::Tried(whom, id) if *whom == who && *id == session)
                });
                if tries.count() >= 10 {
                    self.note(Fact::Closed(who, session));
                    return Err("ENROLLMENT_ENDED");
                }
                Err("WRONG_CODE")
            }
            Typed::Good(step) => {
                if matches!(bound, Bound::Due(None, _)) {
                    self.note(Fact::BreakGlassSet);
                }
                self.note(Fact::Over(who));
                self.note(Fact::Bound(who));
                self.note(Fact::Unassigned(who));
                self.note(Fact::Accepted(who, step, true));
                self.note(Fact::Session(who, new, Level::Two));
                self.came_in(who);
                Ok(Level::Two.name())
            }
        }
    }

    pub(super) fn import(&mut self, who: Account, key: Known, toggle: bool) -> Said {
        if !self.active(who) {
            return Err("IS_DEACTIVATED");
        }
        match key {
            Known::OfAnother => return Err("KEY_OF_ANOTHER"),
            Known::Present => return Err("ALREADY_THERE"),
            Known::Former => return Err("RETIRED_KEY"),
            Known::Nothing if self.was_bound(who) || self.bound(who) != Bound::Nothing => {
                return Err("DIFFERENT_KEY");
            }
            Known::Nothing => {}
        }
        self.note(Fact::Over(who));
        self.note(Fact::Bound(who));
        self.note(Fact::Accepted(who, self.now / 30 + 1, true));
        self.note(Fact::Imported(who));
        self.note(Fact::Toggled(who, toggle));
        Ok("done")
    }

    fn awaits_token(&self, who: Account) -> bool {
        let awaits = self.last(|_, fact| match fact {
            Fact::Assigned(whom) if *whom == who => Some(true),
            Fact::Unassigned(whom) | Fact::Gone(whom) if *whom == who => Some(false),
            _ => None,
        });
        awaits == Some(true)
    }

    pub(super) fn assign_token(&mut self, who: Account, key: Known) -> Said {
        if !self.active(who) {
            return Err("IS_DEACTIVATED");
        }
        match key {
            Known::OfAnother => Err("KEY_OF_ANOTHER"),
            Known::Present => Err("ALREADY_THERE"),
            Known::Former => Err("RETIRED_KEY"),
            Known::Nothing if self.awaits_token(who) => Err("TOKEN_ASSIGNED"),
            Known::Nothing => {
                self.note(Fact::Assigned(who));
                Ok("done")
            }
        }
    }

    pub(super) fn withdraw_token(&mut self, who: Account) -> Said {
        if !self.active(who) {
            return Err("IS_DEACTIVATED");
        }
        if !self.awaits_token(who) {
            return Err("NO_TOKEN_ASSIGNED");
        }
        self.note(Fact::Unassigned(who));
        Ok("done")
    }

    pub(super) fn switch_on(&mut self, ask: Ask) -> Said {
        let Ask {
            who,
            session,
            code,
            new,
            ..
        } = ask;
        let level = self.rights(who, session)?;
        self.enabled()?;
        if self.toggle(who) {
            return Err("UNCHANGED");
        }
        self.fresh(who, session, code)?;
        self.note(Fact::Toggled(who, true));
        if level == Level::One {
            self.raise(who, session, new)
        } else {
            Ok("done")
        }
    }

    pub(super) fn switch_off(&mut self, ask: Ask) -> Said {
        let Ask {
            who, session, code, ..
        } = ask;
        self.rights(who, session)?;
        self.enabled()?;
        if self.employed(who) && self.mandate().is_some() {
            return Err("MANDATED");
        }
        if !self.toggle(who) {
            return Err("UNCHANGED");
        }
        self.has_code(who, "ENROLL_FIRST")?;
        if code == Typed::Nothing {
            return Err("STEP_UP");
        }
        self.fresh(who, session, code)?;
        self.note(Fact::Toggled(who, false));
        Ok("done")
    }

    pub(super) fn report_lost(&mut self, who: Account) -> Said {
        if !self.active(who) {
            return Err("LOGIN_REFUSED");
        }
        if self.bound(who) == Bound::Disabled {
            return Err("DISABLED");
        }
        self.has_code(who, "NO_AUTHENTICATOR")?;
        let last = self.last(|at, fact| match fact {
            Fact::Suspended(whom) | Fact::Reinstated(whom) if *whom == who => Some(at),
            _ => None,
        });
        if last.is_some_and(|at| self.now < at + 30 * DAY) {
            return Err("REPORTS_REFUSED");
        }
        self.note(Fact::Suspended(who));
        self.note(Fact::Over(who));
        Ok("done")
    }

    pub(super) fn undo_report(&mut self, ask: Ask, right: bool) -> Said {
        let Ask {
            who,
            session,
            code,
            new,
            ..
        } = ask;
        self.worth(who, session)?;
        if self.bound(who) != Bound::Suspended {
            self.has_code(who, "NO_AUTHENTICATOR")?;
            return Err("UNCHANGED");
        }
        let mut wrong = (0, 0);
        for (at, fact) in &self.log {
            match fact {
                Fact::WrongLink(whom, id) if *whom == who && *id == session => {
                    wrong = (wrong.0 + 1, *at);
                }
                Fact::Over(whom) if *whom == who => wrong = (0, 0),
                _ => {}
            }
        }
        if wrong.0 > 0 && self.now < wrong.1 + 2u64.pow(wrong.0.min(6) - 1).min(30) {
            return Err("THROTTLED");
        }
        if !right {
            let waited = |fact: &Fact| matches!(fact, Fact::WrongLink(whom, _) if *whom == who);
            if !self.is_day_full(&self.log, 60, waited) {
                self.note(Fact::WrongLink(who, session));
            }
            return Err("WRONG_LINK");
        }
        // The link proves more than the password: the failures of strangers cost no wait here.
        self.typed(who, code, true)?;
        self.note(Fact::Over(who));
        self.note(Fact::Reinstated(who));
        self.note(Fact::Session(who, new, Level::Two));
        self.came_in(who);
        Ok(Level::Two.name())
    }
}
