//! The rules again, as naively as they can be said: nothing is stored but what happened, and each
//! question is answered by reading the log from its end. Slow, and with no line in common with
//! the engine that it is compared with.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "the reference is to be read, and a test may fail loudly"
)]

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
#[allow(missing_docs, reason = "the names are the commands' own")]
pub enum Ask {
    LogIn {
        who: Account,
        new: Session,
    },
    GiveCode {
        who: Account,
        session: Session,
        code: Typed,
        known: bool,
        new: Session,
    },
    LogOut {
        who: Account,
        session: Session,
    },
    LogOutEverywhere {
        who: Account,
        session: Session,
    },
    Begin {
        who: Account,
        session: Session,
        ticket: bool,
    },
    Confirm {
        who: Account,
        session: Session,
        code: Typed,
        new: Session,
    },
    SwitchOn {
        who: Account,
        session: Session,
        code: Typed,
        new: Session,
    },
    SwitchOff {
        who: Account,
        session: Session,
        code: Typed,
    },
    ReportLost {
        who: Account,
    },
    Enable {
        who: Account,
        session: Session,
    },
    Announce {
        who: Account,
        session: Session,
        days: u64,
    },
    AnnounceNow {
        who: Account,
        session: Session,
    },
    Cancel {
        who: Account,
        session: Session,
    },
    Reset {
        who: Account,
        session: Session,
        whom: Account,
        code: Typed,
    },
    Promote {
        who: Account,
        session: Session,
        whom: Account,
        code: Typed,
    },
    Demote {
        who: Account,
        session: Session,
        whom: Account,
    },
    Leave {
        who: Account,
        session: Session,
        whom: Account,
    },
    Rehire {
        who: Account,
        session: Session,
        whom: Account,
        code: Typed,
    },
    BreakGlass {
        who: Account,
    },
    Collect {
        who: Account,
    },
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
    Disabled(Account),
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
    Sealed,
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
    /// An organisation of these people, whose accounts are older than every window.
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

    /// What the rules say at `now`: the granted level or `done`, or the refusal's name.
    ///
    /// # Errors
    /// The refusal's name.
    pub fn ask(&mut self, ask: Ask, now: u64) -> Said {
        self.now = now;
        match ask {
            Ask::LogIn { who, new } => {
                if !self.active(who) {
                    return Err("LOGIN_REFUSED");
                }
                let level = self.entrance(who)?;
                self.note(Fact::Session(who, new, level));
                Ok(level.name())
            }
            Ask::GiveCode {
                who,
                session,
                code,
                known,
                new,
            } => {
                match self.worth(who, session)? {
                    Level::Recovery => return Err("DISABLED"),
                    Level::Enroll => return Err("ENROL_ONLY"),
                    Level::Half | Level::One | Level::Two => {}
                }
                if code == Typed::Nothing {
                    return Err("CODE_REQUIRED");
                }
                self.spend(who, code, known, "NO_AUTHENTICATOR")?;
                self.raise(who, session, new)
            }
            Ask::LogOut { who, session } => {
                if self.alive(who, session) {
                    self.note(Fact::Closed(who, session));
                }
                Ok("done")
            }
            Ask::LogOutEverywhere { who, session } => {
                self.rights(who, session)?;
                self.note(Fact::Over(who));
                Ok("done")
            }
            Ask::Begin {
                who,
                session,
                ticket,
            } => self.begin(who, session, ticket),
            Ask::Confirm {
                who,
                session,
                code,
                new,
            } => self.confirm(who, session, code, new),
            Ask::SwitchOn {
                who,
                session,
                code,
                new,
            } => {
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
            Ask::SwitchOff { who, session, code } => {
                self.rights(who, session)?;
                self.enabled()?;
                if self.employed(who) && self.mandate().is_some() {
                    return Err("MANDATED");
                }
                if !self.toggle(who) {
                    return Err("UNCHANGED");
                }
                self.has_code(who)?;
                if code == Typed::Nothing {
                    return Err("STEP_UP");
                }
                self.fresh(who, session, code)?;
                self.note(Fact::Toggled(who, false));
                Ok("done")
            }
            Ask::ReportLost { who } => {
                if !self.active(who) {
                    return Err("LOGIN_REFUSED");
                }
                match self.bound(who) {
                    Bound::Active => {}
                    Bound::Nothing => return Err("NO_AUTHENTICATOR"),
                    Bound::Disabled => return Err("DISABLED"),
                    Bound::Due(..) | Bound::Void => return Err("TICKET_REQUIRED"),
                }
                self.note(Fact::Disabled(who));
                self.note(Fact::Over(who));
                Ok("done")
            }
            Ask::Enable { who, session } => {
                self.administrator(who, session)?;
                if self.is_enabled() {
                    return Err("ALREADY_ENABLED");
                }
                self.note(Fact::Enabled);
                Ok("done")
            }
            Ask::Announce { who, session, days } => {
                let date = now + days * DAY;
                self.announce(who, session, date, days < 7)
            }
            Ask::AnnounceNow { who, session } => self.announce(who, session, now, false),
            Ask::Cancel { who, session } => {
                self.administrator(who, session)?;
                self.enabled()?;
                match self.mandate() {
                    None => return Err("NOTHING_ANNOUNCED"),
                    Some(date) if date <= now => return Err("LATCHED"),
                    Some(_) => {}
                }
                self.recent(who, session)?;
                self.note(Fact::Cancelled);
                Ok("done")
            }
            Ask::Reset {
                who,
                session,
                whom,
                code,
            } => {
                self.rights(who, session)?;
                if who == whom {
                    return Err("SELF_RESET");
                }
                self.administrator(who, session)?;
                self.enabled()?;
                if !self.active(whom) {
                    return Err("HAS_LEFT");
                }
                self.may_act(who)?;
                self.fresh(who, session, code)?;
                self.note(Fact::MadeReset(who));
                self.give_ticket(whom, Some(who), now + DAY);
                Ok("done")
            }
            Ask::Promote {
                who,
                session,
                whom,
                code,
            } => {
                self.rights(who, session)?;
                if who == whom {
                    return Err("SELF_PROMOTION");
                }
                self.administrator(who, session)?;
                if !self.active(whom) {
                    return Err("HAS_LEFT");
                }
                if self.rank(whom) == Rank::Administrator {
                    return Err("UNCHANGED");
                }
                if self.is_enabled() && self.bound(whom) != Bound::Active {
                    return Err("ENROL_FIRST");
                }
                self.too_new(who)?;
                if self.is_enabled() {
                    self.fresh(who, session, code)?;
                }
                self.note(Fact::Is(whom, Rank::Administrator));
                self.note(Fact::PromotedBy(whom));
                Ok("done")
            }
            Ask::Demote { who, session, whom } => {
                self.rights(who, session)?;
                if who == whom {
                    return Err("SELF_DEMOTION");
                }
                self.administrator(who, session)?;
                if !self.active(whom) {
                    return Err("HAS_LEFT");
                }
                if self.rank(whom) != Rank::Administrator {
                    return Err("NO_SUCH_ROLE");
                }
                self.dispensable(whom)?;
                self.too_new(who)?;
                self.recent(who, session)?;
                let before = self.last(|_, fact| match fact {
                    Fact::Is(person, rank) if *person == whom && *rank != Rank::Administrator => {
                        Some(*rank)
                    }
                    _ => None,
                });
                self.note(Fact::Is(whom, before.unwrap_or(Rank::Employee)));
                self.close_glass_for(whom);
                Ok("done")
            }
            Ask::Leave { who, session, whom } => {
                self.rights(who, session)?;
                if who == whom {
                    return Err("SELF_OFFBOARD");
                }
                self.administrator(who, session)?;
                if !self.active(whom) {
                    return Err("HAS_LEFT");
                }
                self.dispensable(whom)?;
                self.too_new(who)?;
                self.recent(who, session)?;
                self.note(Fact::Gone(whom));
                self.close_glass_for(whom);
                Ok("done")
            }
            Ask::Rehire {
                who,
                session,
                whom,
                code,
            } => {
                self.rights(who, session)?;
                if who == whom {
                    return Err("NOT_LEFT");
                }
                self.administrator(who, session)?;
                if self.active(whom) {
                    return Err("NOT_LEFT");
                }
                self.may_act(who)?;
                if self.is_enabled() {
                    self.fresh(who, session, code)?;
                }
                self.note(Fact::MadeReset(who));
                self.note(Fact::Is(whom, Rank::Employee));
                self.note(Fact::Back(whom));
                self.give_ticket(whom, Some(who), now + DAY);
                Ok("done")
            }
            Ask::BreakGlass { who } => {
                self.named(who)?;
                match self.glass() {
                    None => return Err("NOT_SEALED"),
                    Some(Some(_)) => return Err("ALREADY_OPEN"),
                    Some(None) => {}
                }
                self.note(Fact::Glass(who));
                Ok("done")
            }
            Ask::Collect { who } => {
                self.named(who)?;
                match self.glass() {
                    None | Some(None) => return Err("NOT_SEALED"),
                    Some(Some((named, since, false))) if named == who => {
                        if now < since + DAY {
                            return Err("TOO_EARLY");
                        }
                    }
                    Some(Some(_)) => return Err("ALREADY_OPEN"),
                }
                self.note(Fact::Given(who));
                self.give_ticket(who, None, now + 10 * MINUTE);
                Ok("done")
            }
        }
    }

    fn note(&mut self, fact: Fact) {
        self.log.push((self.now, fact));
    }

    /// The newest thing in the log of which `what` has something to say.
    fn last<T>(&self, what: impl Fn(u64, &Fact) -> Option<T>) -> Option<T> {
        self.log.iter().rev().find_map(|(at, fact)| what(*at, fact))
    }

    fn rank(&self, who: Account) -> Rank {
        self.last(|_, fact| match fact {
            Fact::Is(whom, rank) if *whom == who => Some(*rank),
            _ => None,
        })
        .unwrap_or(Rank::Parent)
    }

    fn employed(&self, who: Account) -> bool {
        self.rank(who) != Rank::Parent
    }

    fn active(&self, who: Account) -> bool {
        self.last(|_, fact| match fact {
            Fact::Gone(whom) if *whom == who => Some(false),
            Fact::Back(whom) if *whom == who => Some(true),
            _ => None,
        })
        .unwrap_or(true)
    }

    fn enabled_at(&self) -> Option<u64> {
        self.last(|at, fact| (*fact == Fact::Enabled).then_some(at))
    }

    fn is_enabled(&self) -> bool {
        self.enabled_at().is_some()
    }

    fn enabled(&self) -> Result<(), &'static str> {
        if self.is_enabled() {
            Ok(())
        } else {
            Err("NOT_ENABLED")
        }
    }

    /// The date of the employees' mandate.
    fn mandate(&self) -> Option<u64> {
        self.last(|_, fact| match fact {
            Fact::Announced(date) => Some(Some(*date)),
            Fact::Cancelled => Some(None),
            _ => None,
        })
        .flatten()
    }

    fn toggle(&self, who: Account) -> bool {
        self.last(|_, fact| match fact {
            Fact::Toggled(whom, on) if *whom == who => Some(*on),
            Fact::Bound(whom) if *whom == who => Some(true),
            _ => None,
        })
        .unwrap_or(false)
    }

    fn required(&self, who: Account) -> bool {
        self.toggle(who)
            || self.employed(who) && self.mandate().is_some_and(|date| date <= self.now)
    }

    fn bound(&self, who: Account) -> Bound {
        self.last(|_, fact| match fact {
            Fact::Bound(whom) if *whom == who => Some(Bound::Active),
            Fact::Disabled(whom) if *whom == who => Some(Bound::Disabled),
            Fact::Due(whom, by, until) if *whom == who => Some(Bound::Due(*by, *until)),
            Fact::Void(whom) if *whom == who => Some(Bound::Void),
            Fact::Gone(whom) if *whom == who => Some(Bound::Nothing),
            _ => None,
        })
        .unwrap_or(Bound::Nothing)
    }

    fn entrance(&self, who: Account) -> Result<Level, &'static str> {
        if !self.required(who) {
            return Ok(Level::One);
        }
        match self.bound(who) {
            Bound::Active => Ok(Level::Half),
            Bound::Disabled => Ok(Level::Recovery),
            Bound::Due(..) | Bound::Void => Ok(Level::Enroll),
            Bound::Nothing if self.window_open() => Ok(Level::Enroll),
            Bound::Nothing => Err("TICKET_REQUIRED"),
        }
    }

    fn window_open(&self) -> bool {
        let start = self
            .mandate()
            .unwrap_or(0)
            .max(self.enabled_at().unwrap_or(0));
        self.now < start + 14 * DAY
    }

    fn alive(&self, who: Account, session: Session) -> bool {
        self.last(|_, fact| match fact {
            Fact::Session(whom, id, _) if *whom == who && *id == session => Some(true),
            Fact::Over(whom) | Fact::Gone(whom) if *whom == who => Some(false),
            _ => None,
        })
        .unwrap_or(false)
    }

    fn granted(&self, session: Session) -> Option<(u64, Level)> {
        self.last(|at, fact| match fact {
            Fact::Session(_, id, level) if *id == session => Some((at, *level)),
            _ => None,
        })
    }

    fn worth(&self, who: Account, session: Session) -> Result<Level, &'static str> {
        let (at, level) = self.granted(session).ok_or("LOGIN_REQUIRED")?;
        if !self.active(who) {
            return Err("LOGIN_REFUSED");
        }
        if !self.alive(who, session) {
            return Err("STALE_LOGIN");
        }
        if matches!(level, Level::Half | Level::Recovery) && self.now >= at + 10 * MINUTE {
            return Err("LOGIN_EXPIRED");
        }
        match (level, self.bound(who)) {
            (Level::Half, Bound::Active) => Ok(Level::Half),
            (Level::Two, Bound::Active) => Ok(Level::Two),
            (Level::Half | Level::Recovery | Level::Enroll | Level::Two, Bound::Disabled) => {
                Ok(Level::Recovery)
            }
            (Level::Enroll, Bound::Nothing | Bound::Due(..) | Bound::Void) => Ok(Level::Enroll),
            (Level::One, _) => self.entrance(who),
            (level, bound) => panic!("a session at {level:?} with {bound:?} outlived its epoch"),
        }
    }

    fn rights(&self, who: Account, session: Session) -> Result<Level, &'static str> {
        match self.worth(who, session)? {
            Level::Half => Err("CODE_REQUIRED"),
            Level::Recovery => Err("RECOVER_FIRST"),
            Level::Enroll => Err("ENROL_ONLY"),
            level => Ok(level),
        }
    }

    fn administrator(&self, who: Account, session: Session) -> Result<(), &'static str> {
        self.rights(who, session)?;
        if self.rank(who) == Rank::Administrator {
            Ok(())
        } else {
            Err("NOT_ADMIN")
        }
    }

    fn is_recent(&self, session: Session) -> bool {
        matches!(self.granted(session), Some((at, Level::Two)) if self.now <= at + 5 * MINUTE)
    }

    fn has_code(&self, who: Account) -> Result<(), &'static str> {
        match self.bound(who) {
            Bound::Active => Ok(()),
            Bound::Nothing => Err("ENROL_FIRST"),
            Bound::Disabled => Err("RECOVER_FIRST"),
            Bound::Due(..) | Bound::Void => Err("TICKET_REQUIRED"),
        }
    }

    fn recent(&self, who: Account, session: Session) -> Result<(), &'static str> {
        if !self.is_enabled() || self.is_recent(session) {
            return Ok(());
        }
        self.has_code(who)?;
        Err("NOT_FRESH")
    }

    fn fresh(&mut self, who: Account, session: Session, code: Typed) -> Result<(), &'static str> {
        self.has_code(who)?;
        if code == Typed::Nothing {
            return Err(if self.is_recent(session) {
                "STEP_UP"
            } else {
                "NOT_FRESH"
            });
        }
        self.spend(who, code, true, "ENROL_FIRST")
    }

    /// The part of the log since the present secret was bound.
    fn of_this_secret(&self, who: Account) -> &[(u64, Fact)] {
        let start = self.log.iter().rposition(|(_, fact)| {
            matches!(fact, Fact::Bound(whom) | Fact::Due(whom, ..) | Fact::Gone(whom) if *whom == who)
        });
        self.log.get(start.unwrap_or(0)..).unwrap_or(&[])
    }

    /// Failures of one kind of visitor in a row, and the moment of the last.
    fn row(&self, who: Account, known: bool) -> (u64, u64) {
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

    fn failures(&self, who: Account) -> usize {
        let failed = |fact: &Fact| matches!(fact, Fact::Failed(whom, _) if *whom == who);
        self.of_this_secret(who)
            .iter()
            .filter(|(_, fact)| failed(fact))
            .count()
    }

    fn spend(
        &mut self,
        who: Account,
        code: Typed,
        known: bool,
        nothing: &'static str,
    ) -> Result<(), &'static str> {
        match self.bound(who) {
            Bound::Active => {}
            Bound::Nothing => return Err(nothing),
            Bound::Disabled => return Err("RECOVER_FIRST"),
            Bound::Due(..) | Bound::Void => return Err("TICKET_REQUIRED"),
        }
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

    fn raise(&mut self, who: Account, session: Session, new: Session) -> Said {
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
    fn came_in(&mut self, who: Account) {
        if self.rank(who) == Rank::Administrator
            && matches!(self.glass(), Some(Some((_, _, false))))
        {
            self.note(Fact::Sealed);
        }
    }

    /// When the pending of this session was begun.
    fn pending(&self, who: Account, session: Session) -> Option<u64> {
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

    fn pendings(&self, who: Account) -> usize {
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
    fn author_stands(&self, who: Account, by: Option<Account>) -> bool {
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

    fn begin(&mut self, who: Account, session: Session, ticket: bool) -> Said {
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

    fn confirm(&mut self, who: Account, session: Session, code: Typed, new: Session) -> Said {
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

    fn announce(&mut self, who: Account, session: Session, date: u64, soon: bool) -> Said {
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

    fn is_listed(&self, who: Account) -> bool {
        self.active(who) && self.rank(who) == Rank::Administrator
    }

    fn others_enrolled(&self, who: Account) -> bool {
        (0..self.people).any(|other| {
            other != who && self.is_listed(other) && self.bound(other) == Bound::Active
        })
    }

    fn dispensable(&self, whom: Account) -> Result<(), &'static str> {
        if !self.is_enabled() || !self.is_listed(whom) {
            return Ok(());
        }
        let last = !(0..self.people).any(|other| other != whom && self.is_listed(other));
        if last || self.bound(whom) == Bound::Active && !self.others_enrolled(whom) {
            return Err("LAST_ENROLLED_ADMIN");
        }
        Ok(())
    }

    fn too_new(&self, who: Account) -> Result<(), &'static str> {
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
    fn may_act(&self, who: Account) -> Result<(), &'static str> {
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

    fn give_ticket(&mut self, whom: Account, by: Option<Account>, until: u64) {
        self.note(Fact::Over(whom));
        self.note(Fact::Due(whom, by, until));
    }

    fn named(&self, who: Account) -> Result<(), &'static str> {
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
    fn glass(&self) -> Option<Option<(Account, u64, bool)>> {
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

    fn close_glass_for(&mut self, whom: Account) {
        if matches!(self.glass(), Some(Some((named, ..))) if named == whom) {
            self.note(Fact::Sealed);
        }
    }
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Half => "HalfLogin",
            Self::Recovery => "RecoveryOnly",
            Self::Enroll => "EnrolOnly",
            Self::One => "Level1",
            Self::Two => "Level2",
        }
    }
}
