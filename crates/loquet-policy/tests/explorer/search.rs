//! Breadth first over every reachable state, and backwards from every state that lets one in.

use crate::actions::*;
use crate::promises;
use crate::steps;
use crate::world::*;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

/// A hash for integers that are packed well already.
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
    /// How each state was first reached.
    from: Vec<(u32, Action)>,
    /// Edges that are not a thief's, for the way back.
    honest: Vec<(u32, u32)>,
    pub edges: usize,
    pub time: Duration,
}

/// A promise that does not hold, with the shortest way there.
#[derive(Debug)]
pub struct Broken {
    pub promise: String,
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

    fn broken(&self, at: u32, last: Option<Action>, promise: String) -> Broken {
        let mut story = self.story(at);
        story.extend(last);
        Broken { promise, story }
    }
}

/// Visits every state that `space` can reach, and checks S1 to S12 (S7 aside, S11 is not the
/// engine's) in each and on each step.
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
    let mut known: HashMap<u128, u32, BuildHasherDefault<Mix>> = HashMap::default();
    known.insert(start, 0);
    let actions = Action::all(&space);
    let mut at = 0;
    while at < explored.states.len() {
        let bits = explored.states[at];
        let here = at as u32;
        let world = World::unpack(space, bits);
        assert_eq!(world.pack(NOW), bits, "packing loses something: {world:#?}");
        if let Err(promise) = promises::of_state(&world, engine) {
            return Err(Box::new(explored.broken(here, None, promise)));
        }
        for action in &actions {
            let Some(outcome) = action.happen(&world, engine) else {
                continue;
            };
            explored.edges += 1;
            if let Err(promise) = steps::of_step(&world, *action, &outcome) {
                return Err(Box::new(explored.broken(here, Some(*action), promise)));
            }
            let Some(after) = outcome.world else {
                continue;
            };
            let bits = after.pack(outcome.now);
            let next = explored.states.len() as u32;
            let there = *known.entry(bits).or_insert(next);
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

/// S7: from every reachable state every active account can get back in, by what its owner,
/// another administrator or the host do, and time.
pub fn way_back(explored: &mut Explored, engine: &dyn Engine) -> Result<(), Box<Broken>> {
    way_back_for(explored, engine, |_| true)
}

/// The same, of the states that `concerns` picks.
pub fn way_back_for(
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
            if !world.people[k].account.is_active() || promises::is_in(&world, k, engine) {
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
            let promise = format!("S7 account {k} never gets in again");
            return Err(Box::new(explored.broken(stranded as u32, None, promise)));
        }
    }
    Ok(())
}
