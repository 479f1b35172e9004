//! The model: the reference, the sessions that it knows of, and the time.

use std::collections::BTreeSet;

use loquet_testkit::policy_reference::{Act, Ask, Rank, Reference, Typed};
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
    act: Act,
    who: usize,
    whom: usize,
    /// In the newest session, or in one of those before.
    back: usize,
    code: Code,
}

#[derive(Clone, Debug)]
pub struct Model {
    reference: Reference,
    pub now: u64,
    /// The sessions of each account, oldest first, with their levels.
    sessions: Vec<Vec<(u64, &'static str)>>,
    next: u64,
    /// Sessions that were logged out or replaced. The rules know nothing of it: an account keeps its live sessions.
    ended: BTreeSet<u64>,
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
        let act = turn.act;
        let mut ask = Ask {
            who,
            session: 0,
            whom: turn.whom,
            code,
            known: false,
            new,
            act,
        };
        if matches!(
            act,
            Act::LogIn | Act::ReportLost | Act::BreakGlass | Act::Collect
        ) {
            return Some(ask);
        }
        ask.session = self.session(turn)?;
        let level = self.sessions[who]
            .iter()
            .find(|known| known.0 == ask.session)?
            .1;
        // A session at Level2 has its own waits.
        ask.known = level == "Level2";
        Some(ask)
    }
}

/// What comes next in such a session.
fn onwards(level: Option<&str>) -> &'static [Act] {
    match level {
        None => &[Act::LogIn],
        Some("HalfLogin") => &[Act::VerifyCode],
        Some("EnrollOnly") => &[Act::Begin(false), Act::Confirm],
        Some("RecoveryOnly") => &[Act::LogIn],
        Some("Level1") => &[Act::Begin(false), Act::Confirm, Act::Enable],
        Some(_) => &[
            Act::LogIn,
            Act::VerifyCode,
            Act::TurnOff,
            Act::ScheduleMandate(7),
            Act::AnnounceNow,
            Act::Reset,
            Act::UndoReportOf,
            Act::Promote,
            Act::Demote,
            Act::Deactivate,
            Act::Reactivate,
        ],
    }
}

const fn turn(who: usize, act: Act) -> Turn {
    Turn {
        wait: 30,
        act,
        who,
        whom: who,
        back: 0,
        code: Code::Good(0),
    }
}

/// The administrators are enrolled, and sometimes the employees must.
fn childhood(enabled: bool, imposed: bool) -> Vec<Turn> {
    let mut turns = Vec::new();
    if enabled {
        turns.extend(
            [Act::LogIn, Act::Enable, Act::Begin(false), Act::Confirm].map(|it| turn(0, it)),
        );
        turns.extend([Act::LogIn, Act::Begin(false), Act::Confirm].map(|it| turn(1, it)));
    }
    if enabled && imposed {
        turns.push(turn(0, Act::AnnounceNow));
    }
    turns
}

/// What may be tried at any time, some of it more often.
fn anything() -> Vec<Act> {
    use Act::*;
    vec![
        LogIn,
        VerifyCode,
        VerifyCode,
        Begin(false),
        Confirm,
        LogOut,
        LogOutEverywhere,
        TurnOn,
        TurnOff,
        ReportLost,
        Enable,
        ScheduleMandate(7),
        AnnounceNow,
        Cancel,
        Reset,
        Reset,
        UndoReportOf,
        Promote,
        Demote,
        Deactivate,
        Reactivate,
        BreakGlass,
        Collect,
    ]
}

pub struct Lives;

impl Lives {
    /// An organization in which nothing has happened.
    pub fn born() -> Model {
        Model {
            reference: Reference::new(&PEOPLE, START),
            now: START,
            sessions: vec![Vec::new(); PEOPLE.len()],
            next: 1,
            ended: BTreeSet::new(),
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
        let act = (0..PEOPLE.len()).prop_flat_map(move |who| {
            let onwards = select(onwards(newest[who]));
            prop_oneof![3 => onwards, 2 => select(anything())].prop_map(move |act| (who, act))
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
        let reset_code = prop_oneof![4 => Just(true), 1 => Just(false)];
        (act, wait, 0..PEOPLE.len(), back, code, reset_code, 6u64..10)
            .prop_map(
                |((who, act), wait, whom, back, code, reset_code, days)| Turn {
                    wait,
                    act: match act {
                        Act::Begin(_) => Act::Begin(reset_code),
                        Act::ScheduleMandate(_) => Act::ScheduleMandate(days),
                        other => other,
                    },
                    who,
                    whom,
                    back,
                    code,
                },
            )
            .boxed()
    }

    fn preconditions(model: &Model, turn: &Turn) -> bool {
        model.ask(turn).is_some()
    }

    fn apply(mut model: Model, turn: &Turn) -> Model {
        let ask = model.ask(turn).unwrap();
        model.now += turn.wait;
        let mut after = model.reference.clone();
        let said = after.ask(ask, model.now);
        let mut number = model.next;
        model.next += 1;
        let is_ended = model.ended.contains(&ask.session) && ask.act != Act::LogOut;
        if is_ended && said != Err("LOGIN_REFUSED") {
            model.last = Some((ask, Err("STALE_LOGIN"), number));
            return model;
        }
        model.reference = after;
        let own = &mut model.sessions[turn.who];
        match (said, ask.act) {
            // A step-up of a session that is at Level2 already only moves its time.
            (Ok(_), Act::VerifyCode) if own.contains(&(ask.session, "Level2")) => {
                number = ask.session;
            }
            (Ok("done"), Act::LogOut) => {
                model.ended.insert(ask.session);
            }
            (Ok(level), Act::VerifyCode | Act::TurnOn) if level != "done" => {
                model.ended.insert(ask.session);
                own.push((number, level));
            }
            (Ok(level), Act::LogIn | Act::Confirm) => own.push((number, level)),
            _ => {}
        }
        model.last = Some((ask, said, number));
        model
    }
}
