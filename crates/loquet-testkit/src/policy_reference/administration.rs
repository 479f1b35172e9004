//! What administrators and the host do, and what it takes.

use super::{Account, Ask, Bound, DAY, Fact, MINUTE, Rank, Reference, Said, Session};

impl Reference {
    pub(super) fn enable(&mut self, who: Account, session: Session) -> Said {
        self.administrator(who, session)?;
        if self.is_enabled() {
            return Err("ALREADY_ENABLED");
        }
        let secret = [Bound::Active, Bound::Suspended, Bound::Disabled].contains(&self.bound(who));
        if secret && !self.is_recent(session) {
            self.has_code(who, "ENROLL_FIRST")?;
            return Err("NOT_FRESH");
        }
        self.note(Fact::Enabled);
        Ok("done")
    }

    pub(super) fn announce(&mut self, who: Account, session: Session, date: u64) -> Said {
        self.administrator(who, session)?;
        self.enabled()?;
        match self.mandate() {
            Some(date) if date > self.now => return Err("ALREADY_ANNOUNCED"),
            Some(_) => return Err("LATCHED"),
            None => {}
        }
        self.recent(who, session)?;
        let announced = |fact: &Fact| matches!(fact, Fact::Announced(_));
        if self.is_day_full(&self.log, 10, announced) {
            return Err("TOO_MANY_ANNOUNCEMENTS");
        }
        if !matches!(self.glass(), Some(None)) {
            return Err("WOULD_STRAND_ADMIN");
        }
        if date > self.now && date < self.now + 7 * DAY {
            return Err("TOO_SOON");
        }
        self.note(Fact::Announced(date));
        Ok("done")
    }

    pub(super) fn cancel(&mut self, who: Account, session: Session) -> Said {
        self.administrator(who, session)?;
        self.enabled()?;
        match self.mandate() {
            None => return Err("NOTHING_ANNOUNCED"),
            Some(date) if date <= self.now => return Err("LATCHED"),
            Some(_) => {}
        }
        self.recent(who, session)?;
        self.note(Fact::Cancelled);
        Ok("done")
    }

    /// Whether an administrator asks about another account. `own` is the refusal where it is their own.
    fn acts_on_other(&self, ask: Ask, own: &'static str) -> Result<(), &'static str> {
        self.rights(ask.who, ask.session)?;
        if ask.who == ask.whom {
            return Err(own);
        }
        self.administrator(ask.who, ask.session)
    }

    fn require_active(&self, whom: Account) -> Result<(), &'static str> {
        if self.active(whom) {
            Ok(())
        } else {
            Err("IS_DEACTIVATED")
        }
    }

    pub(super) fn reset(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "SELF_RESET")?;
        let Ask { who, whom, .. } = ask;
        self.enabled()?;
        self.require_active(whom)?;
        self.may_act(who)?;
        self.fresh(who, ask.session, ask.code)?;
        self.note(Fact::MadeReset(who));
        self.give_reset_code(whom, Some(who), self.now + DAY);
        Ok("done")
    }

    pub(super) fn promote(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "SELF_PROMOTION")?;
        let Ask { who, whom, .. } = ask;
        self.require_active(whom)?;
        if self.rank(whom) == Rank::Administrator {
            return Err("UNCHANGED");
        }
        if self.is_enabled() && !self.is_enrolled(whom) {
            return Err("ENROLL_FIRST");
        }
        self.too_new(who)?;
        if self.is_enabled() {
            self.fresh(who, ask.session, ask.code)?;
        }
        self.note(Fact::Is(whom, Rank::Administrator));
        self.note(Fact::PromotedBy(whom));
        self.note(Fact::Over(whom));
        Ok("done")
    }

    pub(super) fn demote(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "SELF_DEMOTION")?;
        let Ask { who, whom, .. } = ask;
        self.require_active(whom)?;
        if self.rank(whom) != Rank::Administrator {
            return Err("NO_SUCH_ROLE");
        }
        self.dispensable(whom)?;
        self.too_new(who)?;
        self.recent(who, ask.session)?;
        let before = self.last(|_, fact| match fact {
            Fact::Is(person, rank) if *person == whom && *rank != Rank::Administrator => {
                Some(*rank)
            }
            _ => None,
        });
        self.note(Fact::Is(whom, before.unwrap_or(Rank::Employee)));
        self.note(Fact::Over(whom));
        self.close_glass_for(whom);
        Ok("done")
    }

    pub(super) fn undo_report_of(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "SELF_RESET")?;
        let Ask { who, whom, .. } = ask;
        self.require_active(whom)?;
        if self.bound(whom) != Bound::Suspended {
            return Err("UNCHANGED");
        }
        self.too_new(who)?;
        self.fresh(who, ask.session, ask.code)?;
        self.note(Fact::Over(whom));
        self.note(Fact::Reinstated(whom));
        Ok("done")
    }

    pub(super) fn leave(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "SELF_DEACTIVATION")?;
        let Ask { who, whom, .. } = ask;
        self.require_active(whom)?;
        self.dispensable(whom)?;
        self.too_new(who)?;
        self.recent(who, ask.session)?;
        self.note(Fact::Gone(whom));
        self.close_glass_for(whom);
        Ok("done")
    }

    pub(super) fn rehire(&mut self, ask: Ask) -> Said {
        self.acts_on_other(ask, "NOT_DEACTIVATED")?;
        let Ask { who, whom, .. } = ask;
        if self.active(whom) {
            return Err("NOT_DEACTIVATED");
        }
        self.may_act(who)?;
        if self.is_enabled() {
            self.fresh(who, ask.session, ask.code)?;
        }
        self.note(Fact::MadeReset(who));
        self.note(Fact::Is(whom, Rank::Employee));
        self.note(Fact::Back(whom));
        self.give_reset_code(whom, Some(who), self.now + DAY);
        Ok("done")
    }

    pub(super) fn break_glass(&mut self, who: Account) -> Said {
        self.named(who)?;
        match self.glass() {
            None => return Err("NO_BREAK_GLASS_CODE"),
            Some(Some(_)) => return Err("ALREADY_OPEN"),
            Some(None) => {}
        }
        self.note(Fact::Glass(who));
        Ok("done")
    }

    pub(super) fn collect(&mut self, who: Account) -> Said {
        self.named(who)?;
        match self.glass() {
            None | Some(None) => return Err("NO_BREAK_GLASS_CODE"),
            Some(Some((named, since, false))) if named == who => {
                if self.now < since + DAY {
                    return Err("TOO_EARLY");
                }
            }
            Some(Some(_)) => return Err("ALREADY_OPEN"),
        }
        self.note(Fact::Given(who));
        self.give_reset_code(who, None, self.now + 10 * MINUTE);
        Ok("done")
    }

    pub(super) fn is_listed(&self, who: Account) -> bool {
        self.active(who) && self.rank(who) == Rank::Administrator
    }

    pub(super) fn others_enrolled(&self, who: Account) -> bool {
        (0..self.people)
            .any(|other| other != who && self.is_listed(other) && self.is_enrolled(other))
    }

    /// Enrolled, or suspended by no more than a password.
    fn others_could_act(&self, who: Account) -> bool {
        (0..self.people).any(|other| {
            other != who
                && self.is_listed(other)
                && self.is_proved(other)
                && matches!(self.bound(other), Bound::Active | Bound::Suspended)
        })
    }

    pub(super) fn dispensable(&self, whom: Account) -> Result<(), &'static str> {
        if !self.is_enabled() || !self.is_listed(whom) {
            return Ok(());
        }
        let last = !(0..self.people).any(|other| other != whom && self.is_listed(other));
        if last || self.is_enrolled(whom) && !self.others_enrolled(whom) {
            return Err("LAST_ENROLLED_ADMIN");
        }
        Ok(())
    }

    pub(super) fn too_new(&self, who: Account) -> Result<(), &'static str> {
        let promoted = self.last(|at, fact| match fact {
            Fact::PromotedBy(whom) if *whom == who => Some(at),
            _ => None,
        });
        match promoted {
            Some(at) if self.now < at + 3 * DAY && self.others_could_act(who) => Err("TOO_NEW"),
            _ => Ok(()),
        }
    }

    /// Not too new, and not the sixth in a day that began with the first.
    pub(super) fn may_act(&self, who: Account) -> Result<(), &'static str> {
        self.too_new(who)?;
        if self.is_day_full(&self.log, 5, |fact| *fact == Fact::MadeReset(who)) {
            Err("TOO_MANY_RESETS")
        } else {
            Ok(())
        }
    }

    pub(super) fn give_reset_code(&mut self, whom: Account, by: Option<Account>, until: u64) {
        self.note(Fact::Over(whom));
        self.note(Fact::Due(whom, by, until));
    }

    pub(super) fn named(&self, who: Account) -> Result<(), &'static str> {
        self.require_active(who)?;
        if self.rank(who) == Rank::Administrator {
            Ok(())
        } else {
            Err("NOT_ADMIN")
        }
    }

    /// `None`: no break-glass code was set. `Some(None)`: it is set. Otherwise for whom, since when, and whether the
    /// reset code was given out.
    pub(super) fn glass(&self) -> Option<Option<(Account, u64, bool)>> {
        if !self.is_enabled() {
            return None;
        }
        let opened = self.last(|at, fact| match fact {
            Fact::Glass(whom) => Some(Some((*whom, at, false))),
            Fact::Given(whom) => Some(Some((*whom, at, true))),
            Fact::BreakGlassSet => Some(None),
            _ => None,
        });
        let lapsed =
            |given: bool, at: u64| self.now >= at + if given { 10 * MINUTE } else { 2 * DAY };
        Some(
            opened
                .flatten()
                .filter(|(_, at, given)| !lapsed(*given, *at)),
        )
    }

    pub(super) fn close_glass_for(&mut self, whom: Account) {
        if matches!(self.glass(), Some(Some((named, ..))) if named == whom) {
            self.note(Fact::BreakGlassSet);
        }
    }
}
