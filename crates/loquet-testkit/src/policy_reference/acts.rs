//! What the longer acts take, and what they write down.

use super::{Account, Bound, DAY, Fact, Level, MINUTE, Rank, Reference, Said, Session, Typed};

impl Reference {
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
            self.note(Fact::Sealed);
        }
    }

    /// When the pending of this session was begun.
    pub(super) fn pending(&self, who: Account, session: Session) -> Option<u64> {
        let begun = self.last(|at, fact| match fact {
            Fact::Begun(whom, id) if *whom == who && *id == session => Some(Some(at)),
            Fact::Closed(whom, id) if *whom == who && *id == session => Some(None),
            Fact::Over(whom) | Fact::Gone(whom) | Fact::Disabled(whom) if *whom == who => {
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

    /// Whether the author of a ticket has been administrator ever since, and never reset.
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

    pub(super) fn begin(&mut self, who: Account, session: Session, ticket: bool) -> Said {
        match self.worth(who, session)? {
            Level::Enroll => {}
            _ => drop(self.rights(who, session)?),
        }
        self.enabled()?;
        let bound = self.bound(who);
        match bound {
            Bound::Active => return Err("ALREADY_BOUND"),
            Bound::Disabled => return Err("RECOVER_FIRST"),
            _ => {}
        }
        if self.pending(who, session).is_some() {
            return Ok("done");
        }
        if self.pendings(who) >= 3 {
            return Err("TOO_MANY_PENDINGS");
        }
        match bound {
            Bound::Void if ticket => return Err("WRONG_TICKET"),
            Bound::Void | Bound::Due(..) if !ticket => return Err("TICKET_REQUIRED"),
            Bound::Due(by, until) => {
                if !self.author_stands(who, by) {
                    self.note(Fact::Void(who));
                    return Err("WRONG_TICKET");
                }
                if self.now >= until {
                    return Err("TICKET_EXPIRED");
                }
            }
            _ if self.required(who) && !self.window_open() => return Err("TICKET_REQUIRED"),
            _ => {}
        }
        self.note(Fact::Begun(who, session));
        Ok("done")
    }

    pub(super) fn confirm(
        &mut self,
        who: Account,
        session: Session,
        code: Typed,
        new: Session,
    ) -> Said {
        match self.worth(who, session)? {
            Level::Enroll => {}
            _ => drop(self.rights(who, session)?),
        }
        self.enabled()?;
        let Some(begun) = self.pending(who, session) else {
            return Err(if self.pendings(who) > 0 {
                "NOT_YOURS"
            } else {
                "NOTHING_PENDING"
            });
        };
        let bound = self.bound(who);
        match bound {
            Bound::Void => return Err("WRONG_TICKET"),
            Bound::Due(by, _) if !self.author_stands(who, by) => {
                self.note(Fact::Closed(who, session));
                self.note(Fact::Void(who));
                return Err("WRONG_TICKET");
            }
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
                }
                Err("WRONG_CODE")
            }
            Typed::Good(step) => {
                if matches!(bound, Bound::Due(None, _)) {
                    self.note(Fact::Sealed);
                }
                self.note(Fact::Over(who));
                self.note(Fact::Bound(who));
                self.note(Fact::Accepted(who, step, true));
                self.note(Fact::Session(who, new, Level::Two));
                self.came_in(who);
                Ok(Level::Two.name())
            }
        }
    }

    pub(super) fn announce(
        &mut self,
        who: Account,
        session: Session,
        date: u64,
        soon: bool,
    ) -> Said {
        self.administrator(who, session)?;
        self.enabled()?;
        match self.mandate() {
            Some(date) if date > self.now => return Err("ALREADY_ANNOUNCED"),
            Some(_) => return Err("LATCHED"),
            None => {}
        }
        self.recent(who, session)?;
        if !matches!(self.glass(), Some(None)) {
            return Err("WOULD_STRAND_ADMIN");
        }
        if soon {
            return Err("TOO_SOON");
        }
        self.note(Fact::Announced(date));
        Ok("done")
    }

    pub(super) fn is_listed(&self, who: Account) -> bool {
        self.active(who) && self.rank(who) == Rank::Administrator
    }

    pub(super) fn others_enrolled(&self, who: Account) -> bool {
        (0..self.people).any(|other| {
            other != who && self.is_listed(other) && self.bound(other) == Bound::Active
        })
    }

    pub(super) fn dispensable(&self, whom: Account) -> Result<(), &'static str> {
        if !self.is_enabled() || !self.is_listed(whom) {
            return Ok(());
        }
        let last = !(0..self.people).any(|other| other != whom && self.is_listed(other));
        if last || self.bound(whom) == Bound::Active && !self.others_enrolled(whom) {
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
            Some(at) if self.now < at + 3 * DAY && self.others_enrolled(who) => Err("TOO_NEW"),
            _ => Ok(()),
        }
    }

    /// Not too new, and not the sixth in a day that began with the first.
    pub(super) fn may_act(&self, who: Account) -> Result<(), &'static str> {
        self.too_new(who)?;
        let mut day = (0, 0);
        for (at, fact) in &self.log {
            if *fact == Fact::MadeReset(who) {
                day = if day.1 == 0 || *at >= day.0 + DAY {
                    (*at, 1)
                } else {
                    (day.0, day.1 + 1)
                };
            }
        }
        if day.1 >= 5 && self.now < day.0 + DAY {
            Err("TOO_MANY_RESETS")
        } else {
            Ok(())
        }
    }

    pub(super) fn give_ticket(&mut self, whom: Account, by: Option<Account>, until: u64) {
        self.note(Fact::Over(whom));
        self.note(Fact::Due(whom, by, until));
    }

    pub(super) fn named(&self, who: Account) -> Result<(), &'static str> {
        if !self.active(who) {
            return Err("HAS_LEFT");
        }
        if self.rank(who) == Rank::Administrator {
            Ok(())
        } else {
            Err("NOT_ADMIN")
        }
    }

    /// `None`: never sealed. `Some(None)`: sealed. Otherwise for whom, since when, and whether the
    /// ticket was given out.
    pub(super) fn glass(&self) -> Option<Option<(Account, u64, bool)>> {
        if !self.is_enabled() {
            return None;
        }
        let opened = self.last(|at, fact| match fact {
            Fact::Glass(whom) => Some(Some((*whom, at, false))),
            Fact::Given(whom) => Some(Some((*whom, at, true))),
            Fact::Sealed => Some(None),
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
            self.note(Fact::Sealed);
        }
    }
}
