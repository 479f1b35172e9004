//! What a session is worth now.

use crate::{Level, Refusal, Snapshot, UnixTime};

/// What the session of a snapshot is worth at `now`: recomputed at every request, never more
/// than it was granted at.
///
/// # Errors
/// A [`Refusal`] when the session is over.
pub fn standing(snapshot: &Snapshot<'_>, now: UnixTime) -> Result<Level, Refusal> {
    let _ = (snapshot, now);
    Err(Refusal::PolicyUnavailable)
}
