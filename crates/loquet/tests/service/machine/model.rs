//! The model: the reference, the sessions that it knows of, and the time.

use loquet_testkit::policy_reference::{Ask, Rank, Reference, Typed};
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;

pub const START: u64 = 1_790_000_000;
pub const DAY: u64 = 86_400;
pub const PEOPLE: [Rank; 4] = [
    Rank::Administrator,
    Rank::Administrator,
    Rank::Employee,
    Rank::Parent,
];

pub type Said = Result<&'static str, &'static str>;

/// What somebody does, before it is known in which session and at which time.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    LogIn,
    GiveCode,
    LogOut,
    LogOutEverywhere,
    Begin,
    Confirm,
    SwitchOn,
    SwitchOff,
    ReportLost,
    Enable,
    Announce,
    AnnounceNow,
    Cancel,
    Reset,
    Promote,
    Demote,
    Leave,
    Rehire,
    BreakGlass,
    Collect,
}

#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// Of this step, or of the one before.
    Good(u64),
    Wrong,
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Turn {
    pub wait: u64,
    deed: Deed,
    who: usize,
    whom: usize,
    /// In the newest session, or in one of those before.
    back: usize,
    code: Code,
    ticket: bool,
    days: u64,
}

#[derive(Clone, Debug)]
pub struct Model {
    reference: Reference,
    pub now: u64,
    /// The sessions of each account, oldest first, with their levels.
    sessions: Vec<Vec<(u64, &'static str)>>,
    next: u64,
    /// What was asked last, what the reference said, and which session number that gave.
    pub last: Option<(Ask, Said, u64)>,
    /// How it came to be what it was at the start.
    pub childhood: Vec<Turn>,
}

impl Model {
    fn session(&self, turn: &Turn) -> Option<u64> {
        let own = &self.sessions[turn.who];
        let at = own.len().checked_sub(1 + turn.back)?;
        Some(own[at].0)
    }

    fn ask(&self, turn: &Turn) -> Option<Ask> {
        let who = turn.who;
        let new = self.next;
        let now = self.now + turn.wait;
        let code = match turn.code {
            Code::Good(back) => Typed::Good(now / 30 - back),
            Code::Wrong => Typed::Wrong,
            Code::Nothing => Typed::Nothing,
        };
        match turn.deed {
            Deed::LogIn => return Some(Ask::LogIn { who, new }),
            Deed::ReportLost => return Some(Ask::ReportLost { who }),
            Deed::BreakGlass => return Some(Ask::BreakGlass { who }),
            Deed::Collect => return Some(Ask::Collect { who }),
            _ => {}
        }
        let session = self.session(turn)?;
        let level = self.sessions[who]
            .iter()
            .find(|known| known.0 == session)?
            .1;
        // A session at Level2 has its own waits.
        let known = level == "Level2";
        let ticket = turn.ticket;
        Some(match turn.deed {
            Deed::GiveCode => Ask::GiveCode {
                who,
                session,
                code,
                known,
                new,
            },
            Deed::LogOut => Ask::LogOut { who, session },
            Deed::LogOutEverywhere => Ask::LogOutEverywhere { who, session },
            Deed::Begin => Ask::Begin {
                who,
                session,
                ticket,
            },
            Deed::Confirm => Ask::Confirm {
                who,
                session,
                code,
                new,
            },
            Deed::SwitchOn => Ask::SwitchOn {
                who,
                session,
                code,
                new,
            },
            Deed::SwitchOff => Ask::SwitchOff { who, session, code },
            _ => return Self::ask_of_staff(turn, session, code),
        })
    }

    /// What administrators do.
    fn ask_of_staff(turn: &Turn, session: u64, code: Typed) -> Option<Ask> {
        let Turn {
            who, whom, days, ..
        } = *turn;
        Some(match turn.deed {
            Deed::Enable => Ask::Enable { who, session },
            Deed::Announce => Ask::Announce { who, session, days },
            Deed::AnnounceNow => Ask::AnnounceNow { who, session },
            Deed::Cancel => Ask::Cancel { who, session },
            Deed::Reset => Ask::Reset {
                who,
                session,
                whom,
                code,
            },
            Deed::Promote => Ask::Promote {
                who,
                session,
                whom,
                code,
            },
            Deed::Demote => Ask::Demote { who, session, whom },
            Deed::Leave => Ask::Leave { who, session, whom },
            Deed::Rehire => Ask::Rehire {
                who,
                session,
                whom,
                code,
            },
            _ => return None,
        })
    }
}

/// What comes next for whoever has such a session.
fn onwards(level: Option<&str>) -> &'static [Deed] {
    match level {
        None => &[Deed::LogIn],
        Some("HalfLogin") => &[Deed::GiveCode],
        Some("EnrolOnly") => &[Deed::Begin, Deed::Confirm],
        Some("RecoveryOnly") => &[Deed::LogIn],
        Some("Level1") => &[Deed::Begin, Deed::Confirm, Deed::Enable],
        Some(_) => &[
            Deed::LogIn,
            Deed::GiveCode,
            Deed::SwitchOff,
            Deed::Announce,
            Deed::AnnounceNow,
            Deed::Reset,
            Deed::Promote,
            Deed::Demote,
            Deed::Leave,
            Deed::Rehire,
        ],
    }
}

const fn turn(who: usize, deed: Deed) -> Turn {
    Turn {
        wait: 30,
        deed,
        who,
        whom: who,
        back: 0,
        code: Code::Good(0),
        ticket: false,
        days: 7,
    }
}

/// The administrators are enrolled, and sometimes the employees must.
fn childhood(enabled: bool, imposed: bool) -> Vec<Turn> {
    let mut turns = Vec::new();
    if enabled {
        turns.extend([Deed::LogIn, Deed::Enable, Deed::Begin, Deed::Confirm].map(|it| turn(0, it)));
        turns.extend([Deed::LogIn, Deed::Begin, Deed::Confirm].map(|it| turn(1, it)));
    }
    if enabled && imposed {
        turns.push(turn(0, Deed::AnnounceNow));
    }
    turns
}

/// What anybody may try at any time, some of it more often.
fn anything() -> Vec<Deed> {
    use Deed::*;
    vec![
        LogIn,
        GiveCode,
        GiveCode,
        Begin,
        Confirm,
        LogOut,
        LogOutEverywhere,
        SwitchOn,
        SwitchOff,
        ReportLost,
        Enable,
        Announce,
        AnnounceNow,
        Cancel,
        Reset,
        Reset,
        Promote,
        Demote,
        Leave,
        Rehire,
        BreakGlass,
        Collect,
    ]
}

pub struct Lives;

impl Lives {
    /// A house in which nothing has happened.
    pub fn born() -> Model {
        Model {
            reference: Reference::new(&PEOPLE, START),
            now: START,
            sessions: vec![Vec::new(); PEOPLE.len()],
            next: 1,
            last: None,
            childhood: Vec::new(),
        }
    }
}

impl ReferenceStateMachine for Lives {
    type State = Model;
    type Transition = Turn;

    fn init_state() -> BoxedStrategy<Model> {
        (prop::bool::weighted(0.8), any::<bool>())
            .prop_map(|(enabled, imposed)| {
                let childhood = childhood(enabled, imposed);
                let born = Self::born();
                let mut model = childhood.iter().fold(born, Self::apply);
                model.childhood = childhood;
                model
            })
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Turn> {
        let newest: Vec<Option<&str>> = model
            .sessions
            .iter()
            .map(|own| own.last().map(|(_, level)| *level))
            .collect();
        let deed = (0..PEOPLE.len()).prop_flat_map(move |who| {
            let onwards = select(onwards(newest[who]));
            prop_oneof![3 => onwards, 2 => select(anything())].prop_map(move |deed| (who, deed))
        });
        let wait = prop_oneof![
            20 => Just(30u64),
            6 => Just(1),
            1 => Just(301),
            1 => Just(601),
            1 => Just(3_600),
            1 => Just(DAY),
            1 => Just(7 * DAY),
        ];
        let code = prop_oneof![
            8 => Just(Code::Good(0)),
            2 => Just(Code::Good(1)),
            2 => Just(Code::Wrong),
            1 => Just(Code::Nothing),
        ];
        let back = prop_oneof![6 => Just(0usize), 1 => 1usize..3];
        let ticket = prop_oneof![4 => Just(true), 1 => Just(false)];
        (deed, wait, 0..PEOPLE.len(), back, code, ticket, 6u64..10)
            .prop_map(|((who, deed), wait, whom, back, code, ticket, days)| Turn {
                wait,
                deed,
                who,
                whom,
                back,
                code,
                ticket,
                days,
            })
            .boxed()
    }

    fn preconditions(model: &Model, turn: &Turn) -> bool {
        model.ask(turn).is_some()
    }

    fn apply(mut model: Model, turn: &Turn) -> Model {
        let ask = model.ask(turn).unwrap();
        model.now += turn.wait;
        let said = model.reference.ask(ask, model.now);
        let mut number = model.next;
        if let (Ok(level), Ask::GiveCode { session, .. }) = (said, ask) {
            let own = &mut model.sessions[turn.who];
            // A step-up of a session that is at Level2 already only moves its time.
            if own.contains(&(session, "Level2")) {
                number = session;
            } else {
                own.push((number, level));
            }
        } else if let (Ok(level), Ask::LogIn { .. } | Ask::Confirm { .. } | Ask::SwitchOn { .. }) =
            (said, ask)
            && level != "done"
        {
            model.sessions[turn.who].push((number, level));
        }
        model.next += 1;
        model.last = Some((ask, said, number));
        model
    }
}
