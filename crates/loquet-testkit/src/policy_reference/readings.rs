//! What the log says, read from its end.

use super::{Account, Bound, DAY, Fact, Level, MINUTE, Rank, Reference, Session, Typed};

impl Reference {
    pub(super) fn note(&mut self, fact: Fact) {
        self.log.push((self.now, fact));
    }

    /// The newest thing in the log of which `what` has something to say.
    pub(super) fn last<T>(&self, what: impl Fn(u64, &Fact) -> Option<T>) -> Option<T> {
        self.log.iter().rev().find_map(|(at, fact)| what(*at, fact))
    }

    pub(super) fn rank(&self, who: Account) -> Rank {
        self.last(|_, fact| match fact {
            Fact::Is(whom, rank) if *whom == who => Some(*rank),
            _ => None,
        })
        .unwrap_or(Rank::Parent)
    }

    pub(super) fn employed(&self, who: Account) -> bool {
        self.rank(who) != Rank::Parent
    }

    pub(super) fn active(&self, who: Account) -> bool {
        self.last(|_, fact| match fact {
            Fact::Gone(whom) if *whom == who => Some(false),
            Fact::Back(whom) if *whom == who => Some(true),
            _ => None,
        })
        .unwrap_or(true)
    }

    pub(super) fn enabled_at(&self) -> Option<u64> {
        self.last(|at, fact| (*fact == Fact::Enabled).then_some(at))
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled_at().is_some()
    }

    pub(super) fn enabled(&self) -> Result<(), &'static str> {
        if self.is_enabled() {
            Ok(())
        } else {
            Err("NOT_ENABLED")
        }
    }

    /// The date of the employees' mandate.
    pub(super) fn mandate(&self) -> Option<u64> {
        self.last(|_, fact| match fact {
            Fact::Announced(date) => Some(Some(*date)),
            Fact::Cancelled => Some(None),
            _ => None,
        })
        .flatten()
    }

    pub(super) fn toggle(&self, who: Account) -> bool {
        self.last(|_, fact| match fact {
            Fact::Toggled(whom, on) if *whom == who => Some(*on),
            Fact::Bound(whom) if *whom == who => Some(true),
            _ => None,
        })
        .unwrap_or(false)
    }

    pub(super) fn required(&self, who: Account) -> bool {
        self.is_enabled() && self.toggle(who)
            || self.employed(who) && self.mandate().is_some_and(|date| date <= self.now)
    }

    pub(super) fn bound(&self, who: Account) -> Bound {
        self.last(|_, fact| match fact {
            Fact::Bound(whom) if *whom == who => Some(Bound::Active),
            Fact::Disabled(whom) if *whom == who => Some(Bound::Disabled),
            Fact::Suspended(whom) if *whom == who => Some(Bound::Suspended),
            Fact::Reinstated(whom) if *whom == who => Some(Bound::Active),
            Fact::Due(whom, by, until) if *whom == who => Some(Bound::Due(*by, *until)),
            Fact::Void(whom) if *whom == who => Some(Bound::Void),
            Fact::Gone(whom) if *whom == who => Some(Bound::Nothing),
            _ => None,
        })
        .unwrap_or(Bound::Nothing)
    }

    /// Whether an authenticator is bound that the owner enrolled, or of which a code was accepted since the import.
    pub(super) fn is_enrolled(&self, who: Account) -> bool {
        self.bound(who) == Bound::Active && self.is_proved(who)
    }

    pub(super) fn is_proved(&self, who: Account) -> bool {
        let proved = self.last(|_, fact| match fact {
            Fact::Imported(whom) if *whom == who => Some(false),
            Fact::Accepted(whom, ..) if *whom == who => Some(true),
            _ => None,
        });
        proved.unwrap_or(false)
    }

    pub(super) fn entrance(&self, who: Account) -> Result<Level, &'static str> {
        if !self.required(who) {
            return Ok(Level::One);
        }
        match self.bound(who) {
            Bound::Active => Ok(Level::Half),
            Bound::Suspended | Bound::Disabled => Ok(Level::Recovery),
            Bound::Due(..) | Bound::Void => Ok(Level::Enroll),
            Bound::Nothing if self.window_open() && !self.was_bound(who) => Ok(Level::Enroll),
            Bound::Nothing => Err("RESET_CODE_REQUIRED"),
        }
    }

    pub(super) fn was_bound(&self, who: Account) -> bool {
        self.log.iter().any(|(_, fact)| *fact == Fact::Bound(who))
    }

    pub(super) fn window_open(&self) -> bool {
        let start = self
            .mandate()
            .unwrap_or(0)
            .max(self.enabled_at().unwrap_or(0));
        self.now < start + 14 * DAY
    }

    pub(super) fn alive(&self, who: Account, session: Session) -> bool {
        self.last(|_, fact| match fact {
            Fact::Session(whom, id, _) if *whom == who && *id == session => Some(true),
            Fact::Over(whom) | Fact::Gone(whom) if *whom == who => Some(false),
            _ => None,
        })
        .unwrap_or(false)
    }

    pub(super) fn granted(&self, session: Session) -> Option<(u64, Level)> {
        self.last(|at, fact| match fact {
            Fact::Session(_, id, level) if *id == session => Some((at, *level)),
            _ => None,
        })
    }

    pub(super) fn worth(&self, who: Account, session: Session) -> Result<Level, &'static str> {
        let (at, level) = self.granted(session).ok_or("LOGIN_REQUIRED")?;
        if !self.active(who) {
            return Err("LOGIN_REFUSED");
        }
        if !self.alive(who, session) {
            return Err("STALE_LOGIN");
        }
        if matches!(level, Level::Half | Level::Recovery) && !self.is_young(at, 10 * MINUTE - 1) {
            return Err("LOGIN_EXPIRED");
        }
        match (level, self.bound(who)) {
            (Level::Half, Bound::Active) => Ok(Level::Half),
            (Level::Two, Bound::Active) => Ok(Level::Two),
            (
                Level::Half | Level::Recovery | Level::Enroll | Level::Two,
                Bound::Suspended | Bound::Disabled,
            ) => Ok(Level::Recovery),
            (Level::Enroll, Bound::Nothing | Bound::Due(..) | Bound::Void) => Ok(Level::Enroll),
            (Level::One, _) => self.entrance(who),
            (level, bound) => panic!("a session at {level:?} with {bound:?} outlived its epoch"),
        }
    }

    pub(super) fn rights(&self, who: Account, session: Session) -> Result<Level, &'static str> {
        match self.worth(who, session)? {
            Level::Half => Err("CODE_REQUIRED"),
            Level::Recovery if self.bound(who) == Bound::Suspended => Err("SUSPENDED"),
            Level::Recovery => Err("RECOVER_FIRST"),
            Level::Enroll => Err("ENROLL_ONLY"),
            level => Ok(level),
        }
    }

    pub(super) fn administrator(&self, who: Account, session: Session) -> Result<(), &'static str> {
        self.rights(who, session)?;
        if self.rank(who) == Rank::Administrator {
            Ok(())
        } else {
            Err("NOT_ADMIN")
        }
    }

    pub(super) fn is_recent(&self, session: Session) -> bool {
        matches!(self.granted(session), Some((at, Level::Two)) if self.is_young(at, 5 * MINUTE))
    }

    /// Whether the log-in with the password alone is at most five minutes old.
    pub(super) fn knew_password(&self, session: Session) -> bool {
        let granted = self.granted(session);
        matches!(granted, Some((at, Level::One | Level::Enroll)) if self.is_young(at, 5 * MINUTE))
    }

    /// Whether it was at most so long ago. What a clock that was wrong put more than a minute ahead was not.
    fn is_young(&self, at: u64, most: u64) -> bool {
        at <= self.now + MINUTE && self.now <= at + most
    }

    /// Whether codes count. `nothing` is the refusal where no authenticator is bound.
    pub(super) fn has_code(&self, who: Account, nothing: &'static str) -> Result<(), &'static str> {
        match self.bound(who) {
            Bound::Active => Ok(()),
            Bound::Nothing => Err(nothing),
            Bound::Suspended => Err("SUSPENDED"),
            Bound::Disabled => Err("RECOVER_FIRST"),
            Bound::Due(..) | Bound::Void => Err("RESET_CODE_REQUIRED"),
        }
    }

    pub(super) fn recent(&self, who: Account, session: Session) -> Result<(), &'static str> {
        if !self.is_enabled() || self.is_recent(session) {
            return Ok(());
        }
        self.has_code(who, "ENROLL_FIRST")?;
        Err("NOT_FRESH")
    }

    pub(super) fn fresh(
        &mut self,
        who: Account,
        session: Session,
        code: Typed,
    ) -> Result<(), &'static str> {
        self.has_code(who, "ENROLL_FIRST")?;
        if code == Typed::Nothing {
            return Err(if self.is_recent(session) {
                "STEP_UP"
            } else {
                "NOT_FRESH"
            });
        }
        self.spend(who, code, true, "ENROLL_FIRST")
    }

    /// The part of the log since the account was reset or left.
    pub(super) fn since_reset(&self, who: Account) -> &[(u64, Fact)] {
        let start = self.log.iter().rposition(
            |(_, fact)| matches!(fact, Fact::Due(whom, ..) | Fact::Gone(whom) if *whom == who),
        );
        self.log.get(start.unwrap_or(0)..).unwrap_or(&[])
    }

    /// Whether so many of these facts are in a day that began with the first of them and is not over.
    pub(super) fn is_day_full(
        &self,
        log: &[(u64, Fact)],
        most: u64,
        counted: impl Fn(&Fact) -> bool,
    ) -> bool {
        let (mut first, mut count) = (0, 0);
        for (at, _) in log.iter().filter(|(_, fact)| counted(fact)) {
            if count == 0 || *at >= first + DAY {
                (first, count) = (*at, 0);
            }
            count += 1;
        }
        count >= most && self.now < first + DAY
    }

    /// The part of the log since the present secret was bound.
    pub(super) fn of_this_secret(&self, who: Account) -> &[(u64, Fact)] {
        let start = self.log.iter().rposition(|(_, fact)| {
            matches!(fact, Fact::Bound(whom) | Fact::Due(whom, ..) | Fact::Gone(whom) if *whom == who)
        });
        self.log.get(start.unwrap_or(0)..).unwrap_or(&[])
    }

    /// Failures of one kind of visitor in a row, and the moment of the last.
    pub(super) fn row(&self, who: Account, known: bool) -> (u64, u64) {
        let mut row = (0, 0);
        for (at, fact) in self.of_this_secret(who) {
            match fact {
                Fact::Failed(whom, lane) if *whom == who && *lane == known => {
                    row = (row.0 + 1, *at)
                }
                Fact::Accepted(whom, _, lane) if *whom == who && *lane == known => row = (0, 0),
                _ => {}
            }
        }
        row
    }

    pub(super) fn failures(&self, who: Account) -> usize {
        let failed = |fact: &Fact| matches!(fact, Fact::Failed(whom, _) if *whom == who);
        self.of_this_secret(who)
            .iter()
            .filter(|(_, fact)| failed(fact))
            .count()
    }

    pub(super) fn spend(
        &mut self,
        who: Account,
        code: Typed,
        known: bool,
        nothing: &'static str,
    ) -> Result<(), &'static str> {
        self.has_code(who, nothing)?;
        self.typed(who, code, known)
    }

    /// A code of the authenticator that is bound, whether active or suspended.
    pub(super) fn typed(
        &mut self,
        who: Account,
        code: Typed,
        known: bool,
    ) -> Result<(), &'static str> {
        let (row, at) = self.row(who, known);
        if row >= 6 && self.now < at + (30 * 2u64.pow(row.min(20) as u32 - 6)).min(3600) {
            return Err("THROTTLED");
        }
        if !known && self.failures(who) >= 80 {
            return Err("KNOWN_DEVICE_ONLY");
        }
        match code {
            Typed::Nothing => Err("MALFORMED"),
            Typed::Wrong => {
                self.note(Fact::Failed(who, known));
                if self.failures(who) >= 100 {
                    self.note(Fact::Disabled(who));
                }
                Err("WRONG_CODE")
            }
            Typed::Good(step) => {
                let used = self.last(|_, fact| match fact {
                    Fact::Accepted(whom, step, _) if *whom == who => Some(*step),
                    Fact::Due(whom, ..) | Fact::Gone(whom) if *whom == who => Some(0),
                    _ => None,
                });
                if step <= used.unwrap_or(0) {
                    return Err("ALREADY_USED");
                }
                self.note(Fact::Accepted(who, step, known));
                Ok(())
            }
        }
    }
}
