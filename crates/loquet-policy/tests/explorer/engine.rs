//! The engine that is explored, and what an action came to.

use crate::world::World;
use loquet_policy::*;

/// The engine, or the engine with one guard removed.
pub trait Engine {
    fn decide(
        &self,
        snapshot: &Snapshot<'_>,
        command: &Command,
        now: UnixTime,
        fresh: Fresh,
    ) -> Decision {
        decide(snapshot, command, now, fresh)
    }

    fn current_level(&self, snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
        current_level(snapshot, now)
    }
}

pub struct Production;

impl Engine for Production {}

/// The result of an action: the changed world, if any, and the answer, if a command was given.
pub struct Outcome {
    pub world: Option<World>,
    pub now: UnixTime,
    pub answer: Option<Result<Grant, Refusal>>,
}
