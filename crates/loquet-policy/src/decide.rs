//! The engine.

use crate::{Changes, Command, Decision, Fresh, Refusal, Snapshot, UnixTime};
use alloc::vec::Vec;

/// Decides.
pub fn decide(snapshot: &Snapshot<'_>, command: &Command, now: UnixTime, fresh: Fresh) -> Decision {
    let _ = (snapshot, command, now, fresh);
    Decision {
        answer: Err(Refusal::PolicyUnavailable),
        changes: Changes::default(),
        notices: Vec::new(),
    }
}
