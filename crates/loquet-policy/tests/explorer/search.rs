//! Searches breadth first over all reachable states, and backward from the states in which an account has
//! rights.

use crate::actions::*;
use crate::pack::VIEW;
use crate::promises;
use crate::steps;
use crate::world::*;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

/// A hash for integers that are packed densely.
#[derive(Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only integers are hashed");
    }

    fn write_u128(&mut self, bits: u128) {
        let folded = (bits as u64) ^ ((bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (folded ^ (folded >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        self.0 = mixed ^ (mixed >> 32);
    }
}

pub struct Explored {
    pub space: Space,
    states: Vec<u128>,
    /// The first way to each state.
    from: Vec<(u32, Action)>,
    /// Edges by others than the thief, for the recovery search.
    honest: Vec<(u32, u32)>,
    pub edges: usize,
    pub time: Duration,
}

/// A broken promise, with the shortest way to it.
#[derive(Debug)]
pub struct Broken {
    pub ensure: String,
    pub story: Vec<Action>,
}

impl Explored {
    pub fn len(&self) -> usize {
        self.states.len()
    }

    fn story(&self, mut at: u32) -> Vec<Action> {
        let mut story = Vec::new();
        while at != 0 {
            let (before, action) = self.from[at as usize];
            story.push(action);
            at = before;
        }
        story.reverse();
        story
    }

    fn broken(&self, at: u32, last: Option<Action>, ensure: String) -> Broken {
        let mut story = self.story(at);
        story.extend(last);
        Broken { ensure, story }
    }
}

/// What an action does to a state.
#[derive(Clone, Copy)]
enum Effect {
    Impossible,
    Nothing,
    /// It changes the bits of one account to these, and nothing else.
    Account(u128),
    /// It leads to this state.
    State(u128),
}

impl Effect {
    /// Applies an action, and checks the promises about the step.
    fn of(action: Action, world: &World, engine: &dyn Engine) -> Result<Self, String> {
        let Some(outcome) = action.apply(world, engine) else {
            return Ok(Self::Impossible);
        };
        steps::check_step(world, action, &outcome)?;
        let Some(after) = outcome.world else {
            return Ok(Self::Nothing);
        };
        let bits = after.pack(outcome.now);
        let marks = |world: &World| {
            let entries = world.roster.administrators.iter();
            entries.map(|it| (it.account, it.mark)).collect::<Vec<_>>()
        };
        Ok(match action.about_one() {
            // With the marks, the reset codes stay that this account has issued to others.
            Some(k)
                if world.organization == after.organization && marks(world) == marks(&after) =>
            {
                let (start, width) = world.place(k);
                Self::Account((bits >> start) & ((1 << width) - 1))
            }
            _ => Self::State(bits),
        })
    }
}

/// What was found out about one account with a [view](World::view): decisions are functions of what they
/// read, so that it holds in every state in which the account has the same view.
#[derive(Default)]
struct Known {
    /// The views of which the promises were checked.
    views: HashSet<u128, BuildHasherDefault<Mix>>,
    /// What actions do, by view and number of the action.
    effects: HashMap<u128, Effect, BuildHasherDefault<Mix>>,
}

impl Known {
    fn check(&mut self, world: &World, views: &[u128], engine: &dyn Engine) -> promises::Promise {
        promises::check_organization(world)?;
        for (k, view) in views.iter().enumerate() {
            if self.views.insert(*view) {
                promises::check_account(world, k, engine)?;
            }
        }
        Ok(())
    }

    fn effect(
        &mut self,
        (number, action): (usize, Action),
        world: &World,
        views: &[u128],
        engine: &dyn Engine,
    ) -> Result<Effect, String> {
        let Some(k) = action.about_one().filter(|_| views.len() > 1) else {
            // No other state has the same.
            return Effect::of(action, world, engine);
        };
        let key = views[k] | (number as u128) << VIEW;
        if let Some(effect) = self.effects.get(&key) {
            return Ok(*effect);
        }
        let effect = Effect::of(action, world, engine)?;
        if !matches!(effect, Effect::State(_)) {
            self.effects.insert(key, effect);
        }
        Ok(effect)
    }
}

/// Visits every state that `space` can reach, and checks the promises in each state and on each step, except
/// S7 (see [`check_recovery`]) and S11 (kept by the `loquet` crate).
pub fn explore(space: Space, engine: &dyn Engine) -> Result<Explored, Box<Broken>> {
    let started = std::time::Instant::now();
    let start = World::new(space).pack(NOW);
    let mut explored = Explored {
        space,
        states: vec![start],
        from: vec![(0, Action::Wait(0))],
        honest: Vec::new(),
        edges: 0,
        time: Duration::ZERO,
    };
    let mut states: HashMap<u128, u32, BuildHasherDefault<Mix>> = HashMap::default();
    states.insert(start, 0);
    let mut known = Known::default();
    let actions = Action::all(&space);
    let empty = World::new(space);
    let places: Vec<_> = (0..space.accounts).map(|k| empty.place(k)).collect();
    let mut at = 0;
    while at < explored.states.len() {
        let bits = explored.states[at];
        let here = at as u32;
        let world = World::unpack(space, bits);
        assert_eq!(world.pack(NOW), bits, "packing loses something: {world:#?}");
        let views: Vec<u128> = (0..space.accounts).map(|k| world.view(k)).collect();
        if let Err(ensure) = known.check(&world, &views, engine) {
            return Err(Box::new(explored.broken(here, None, ensure)));
        }
        for (number, action) in actions.iter().enumerate() {
            let effect = known.effect((number, *action), &world, &views, engine);
            let effect =
                effect.map_err(|ensure| Box::new(explored.broken(here, Some(*action), ensure)))?;
            if matches!(effect, Effect::Impossible) {
                continue;
            }
            explored.edges += 1;
            let bits = match (effect, action.about_one()) {
                (Effect::State(bits), _) => bits,
                (Effect::Account(account), Some(k)) => {
                    let (start, width) = places[k];
                    bits & !(((1 << width) - 1) << start) | account << start
                }
                _ => continue,
            };
            let next = explored.states.len() as u32;
            let there = *states.entry(bits).or_insert(next);
            if there == next {
                explored.states.push(bits);
                explored.from.push((here, *action));
            }
            if action.by(&world) != Who::Thief && there != here {
                explored.honest.push((there, here));
            }
        }
        at += 1;
    }
    explored.time = started.elapsed();
    Ok(explored)
}

/// S7: from every reachable state each active account can get back in, by actions of its owner, another
/// administrator or the host, and time.
pub fn check_recovery(explored: &mut Explored, engine: &dyn Engine) -> Result<(), Box<Broken>> {
    check_recovery_for(explored, engine, |_| true)
}

/// Checks S7 for the states that `concerns` selects.
pub fn check_recovery_for(
    explored: &mut Explored,
    engine: &dyn Engine,
    concerns: impl Fn(&World) -> bool,
) -> Result<(), Box<Broken>> {
    let states = explored.states.len();
    explored.honest.sort_unstable();
    let mut first = vec![0usize; states + 1];
    for (there, _) in &explored.honest {
        first[*there as usize + 1] += 1;
    }
    for at in 0..states {
        first[at + 1] += first[at];
    }
    for k in 0..explored.space.accounts {
        let mut can = vec![false; states];
        let mut open: Vec<u32> = Vec::new();
        for (at, bits) in explored.states.iter().enumerate() {
            let world = World::unpack(explored.space, *bits);
            if !world.people[k].account.is_active() || promises::has_rights(&world, k, engine) {
                can[at] = true;
                open.push(at as u32);
            }
        }
        while let Some(there) = open.pop() {
            for (_, here) in &explored.honest[first[there as usize]..first[there as usize + 1]] {
                if !can[*here as usize] {
                    can[*here as usize] = true;
                    open.push(*here);
                }
            }
        }
        let stranded = can.iter().enumerate().position(|(at, can)| {
            !can && concerns(&World::unpack(explored.space, explored.states[at]))
        });
        if let Some(stranded) = stranded {
            let ensure = format!("S7 account {k} cannot get back in");
            return Err(Box::new(explored.broken(stranded as u32, None, ensure)));
        }
    }
    Ok(())
}
