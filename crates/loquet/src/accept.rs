//! The mint: the only place where a decision becomes a door that opens.
//!
//! [`Decided`] is opaque. Nobody can read from it whether a code was right before the store has confirmed that what it
//! changes is durable (S11); `settle` alone opens it, after the commit. An [`Accepted`] cannot be made, copied or
//! deserialized elsewhere:
//!
//! ```compile_fail,E0423
//! let forged = loquet::accept::Accepted(()); // its field is private
//! ```
//! ```compile_fail,E0382
//! fn twice(accepted: loquet::accept::Accepted<u8>) -> (u8, u8) {
//!     (accepted.take(), accepted.take()) // taken by value, once
//! }
//! ```
//! ```compile_fail,E0599
//! fn copied<G>(accepted: loquet::accept::Accepted<G>) -> loquet::accept::Accepted<G> {
//!     accepted.clone() // no `Clone`
//! }
//! ```
//! ```compile_fail,E0277
//! let read: loquet::accept::Accepted<u8> = serde_json::from_str("1").unwrap(); // no `Deserialize`
//! ```
//!
//! Nobody opens a decision, or makes one, before its commit:
//!
//! ```compile_fail,E0616
//! fn peek<G>(decided: &loquet::accept::Decided<G>) -> bool {
//!     decided.outcome.is_ok() // its field is private
//! }
//! ```
//! ```compile_fail,E0624
//! fn open<G>(decided: loquet::accept::Decided<G>) -> loquet::accept::Settled<G> {
//!     decided.open() // private to this file
//! }
//! ```
//!
//! And a session cannot be granted without one: a [`Stamp`](crate::Stamp) is made by a grant alone, and a ceremony is one
//! of those in [`flow`](crate::flow).
//!
//! ```compile_fail,E0624
//! fn forged(session: loquet_policy::Session) -> loquet::Stamp {
//!     loquet::Stamp::new(session) // private to the crate
//! }
//! ```
//! ```compile_fail,E0277
//! struct Mine;
//! fn runs<C: loquet::flow::Ceremony>(_: C) {}
//! runs(Mine); // sealed
//! ```
//!
//! Nobody overlooks the answer, and nobody keeps a password while the code is awaited: no ceremony and no session has
//! a place for one.
//!
//! ```compile_fail
//! #![deny(unused_must_use)]
//! fn forgets(settled: fn() -> loquet::accept::Settled<u8>) {
//!     settled();
//! }
//! ```
//! ```
//! #![deny(unused_must_use)]
//! fn hears(settled: fn() -> loquet::accept::Settled<u8>) -> bool {
//!     settled().granted().is_ok()
//! }
//! ```
//! ```compile_fail,E0560
//! fn keeps(account: loquet::AccountId, password: String) -> loquet::flow::LogIn {
//!     loquet::flow::LogIn { account, password } // no such field
//! }
//! ```
//! ```compile_fail,E0308
//! fn goes_on(settled: loquet::accept::Settled<u8>) {
//!     if settled {} // no `bool`
//! }
//! ```

use std::fmt;

use crate::disk;
use crate::flow::change::Change;
use crate::flow::refused::Refused;
use crate::host_tx::{Committed, Granted};
use crate::store::erased::Erased;
use crate::store::{Commit, Fault, Row, RowKey, Writes};

/// A decision that nobody may look into yet.
pub struct Decided<G> {
    outcome: Result<G, Refused>,
    change: Option<Change>,
}

impl<G> fmt::Debug for Decided<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decided(..)")
    }
}

/// What was granted, after it was made durable. Take it by value and use it once.
#[derive(Debug)]
#[must_use = "what was granted and is not taken is lost"]
pub struct Accepted<G>(G);

impl<G> Accepted<G> {
    /// What was granted.
    #[must_use]
    pub fn take(self) -> G {
        self.0
    }
}

/// How a ceremony ended.
#[derive(Debug)]
#[must_use = "a refusal must be honoured"]
pub enum Settled<G> {
    /// Granted, and durable.
    Accepted(Accepted<G>),
    /// Refused, for a reason. Not an error: refusing is what the rules are for.
    Refused(Refused),
}

impl<G> Settled<G> {
    /// What was granted, or why not.
    ///
    /// # Errors
    /// The refusal.
    pub fn granted(self) -> Result<G, Refused> {
        match self {
            Self::Accepted(accepted) => Ok(accepted.take()),
            Self::Refused(refused) => Err(refused),
        }
    }
}

impl<G> Decided<G> {
    /// A grant, with what must be durable before anybody learns of it.
    pub(crate) const fn grant(granted: G, change: Change) -> Self {
        Self {
            outcome: Ok(granted),
            change: Some(change),
        }
    }

    /// A refusal, with what it changes, if anything (a wrong code counts).
    pub(crate) const fn refuse(refused: Refused, change: Option<Change>) -> Self {
        Self {
            outcome: Err(refused),
            change,
        }
    }

    /// What must be made durable.
    pub(crate) const fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    fn open(self) -> Settled<G> {
        match self.outcome {
            Ok(granted) => Settled::Accepted(Accepted(granted)),
            Err(refused) => Settled::Refused(refused),
        }
    }
}

/// How a try to settle ended.
pub(crate) enum Tried<G> {
    Settled(Settled<G>),
    /// Something that the decision read has changed since: load and decide again.
    Stale,
}

/// Commits what a decision changes, then opens it. A grant is committed by `host`, if there is one: in its transaction.
///
/// When the store's answer is lost, the attempt's row tells: it bears this decision's mark if and only if the commit went
/// through.
pub(crate) async fn settle<G, H>(
    store: &dyn Erased,
    decided: Decided<G>,
    writes: Option<Writes>,
    host: Option<&mut H>,
) -> Result<Tried<G>, Fault>
where
    H: for<'a> FnMut(Granted<'a>) -> Result<Committed<'a>, Fault>,
{
    let Some(writes) = writes else {
        return Ok(Tried::Settled(decided.open()));
    };
    let Some(change) = &decided.change else {
        return Ok(Tried::Stale);
    };
    let (attempt, mark) = (change.attempt, change.mark);
    let committed = match host {
        // A refusal is made durable by itself, whatever the host does with its transaction: a wrong code that is rolled
        // back with the host's work would not count.
        Some(commit_in) if decided.outcome.is_ok() => {
            commit_in(Granted::new(&writes)).map(Committed::ended)
        }
        _ => store.commit(writes).await,
    };
    match committed {
        Ok(Commit::Done) => Ok(Tried::Settled(decided.open())),
        Ok(Commit::Stale) => Ok(Tried::Stale),
        Err(Fault::Unknown(_)) => {
            let found = store.load(&[RowKey::Attempt(attempt)]).await?;
            let ours = found.iter().any(|found| {
                matches!(&found.row, Row::Attempt(row) if disk::attempt_mark(&row.body) == Some(mark))
            });
            // Absent is not "never": the commit may still be on its way. Deciding again under the same attempt id is
            // safe, since only one of the two can win.
            Ok(if ours {
                Tried::Settled(decided.open())
            } else {
                Tried::Stale
            })
        }
        Err(fault) => Err(fault),
    }
}
