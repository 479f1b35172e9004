//! The rules again, as naively as they can be said: nothing is stored but what happened, and each
//! question is answered by reading the log from its end. Slow, and with no line in common with
//! the engine that it is compared with.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "the reference is to be read, and a test may fail loudly"
)]

mod acts;
mod readings;

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
