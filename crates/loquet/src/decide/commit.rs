//! Commit: the only place where a decision is opened.
//!
//! A [`Decided`] is opaque. Nothing can read from it whether a code was right before the store has confirmed that what it
//! changes is durable (S11: nothing is told before its commit); [`commit`] and [`commit_in`] alone open it, afterwards; [`prepare`] opens what grants nothing.
//! From outside there is no decision at all, only answers:
//!
//! ```compile_fail,E0603
//! fn peek<G>(decided: loquet::decide::commit::Decided<G>) {} // the module is private
//! ```
//! ```compile_fail,E0603
//! fn run(verify: loquet::session::operations::VerifyCode) {} // so are the operations
//! ```
//!
//! An answer cannot be overlooked, nor taken for a yes:
//!
//! ```compile_fail
//! #![deny(unused_must_use)]
//! async fn forgets(mfa: loquet::Mfa, session: loquet::MfaSession) {
//!     mfa.verify_code(&session, "123456", loquet::Client::default()).await;
//! }
//! ```
//! ```
//! #![deny(unused_must_use)]
//! async fn awaits(mfa: loquet::Mfa, session: loquet::MfaSession) -> bool {
//!     mfa.verify_code(&session, "123456", loquet::Client::default()).await.is_ok()
//! }
//! ```
//! ```compile_fail,E0308
//! async fn goes_on(mfa: loquet::Mfa, session: loquet::MfaSession) {
//!     if mfa.verify_code(&session, "123456", loquet::Client::default()).await {} // no `bool`
//! }
//! ```
//!
//! No password waits for the code: no operation and no session has a place for one.
//!
//! ```compile_fail,E0061
//! async fn keeps(mfa: loquet::Mfa, account: loquet::AccountId, password: String) {
//!     let _ = mfa.log_in(account, loquet::Client::default(), password).await; // no such argument
//! }
//! ```
//! ```compile_fail,E0609
//! fn remembers(session: &loquet::MfaSession) -> &str {
//!     &session.password // no such field
//! }
//! ```

use loquet_policy::Refusal;

use crate::decide::change::Change;
use crate::provision::host_tx::HostTx;
use crate::store::erased::Erased;
use crate::store::{AttemptRow, Commit, Fault, Row, RowKey, Writes};

/// A decision that is not durable yet.
pub(crate) struct Decided<G> {
    outcome: Result<G, Refusal>,
    change: Option<Change>,
}

impl<G> std::fmt::Debug for Decided<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decided(..)")
    }
}

impl<G> Decided<G> {
    /// A grant, with what must be durable before it is told.
    pub(crate) const fn grant(granted: G, change: Change) -> Self {
        Self {
            outcome: Ok(granted),
            change: Some(change),
        }
    }

    /// A grant that changes nothing.
    pub(crate) const fn unchanged(granted: G) -> Self {
        Self {
            outcome: Ok(granted),
            change: None,
        }
    }

    /// A refusal, with what it changes, if anything (a wrong code counts).
    pub(crate) const fn refuse(refusal: Refusal, change: Option<Change>) -> Self {
        Self {
            outcome: Err(refusal),
            change,
        }
    }

    /// What must be made durable.
    pub(crate) const fn change(&self) -> Option<&Change> {
        self.change.as_ref()
    }

    /// How many refusals its record tells that were not recorded before; `None` where it makes no record.
    pub(crate) fn recorded(&self) -> Option<u32> {
        self.change.as_ref().map(|change| change.record.unrecorded)
    }

    fn open(self) -> Committed<G> {
        Some(self.outcome)
    }
}

/// The outcome, once durable. `None`: something that the decision read has changed since; load and decide again.
pub(crate) type Committed<G> = Option<Result<G, Refusal>>;

/// Makes durable what a decision changes, then opens it.
pub(crate) async fn commit<G>(
    store: &(dyn Erased + 'static),
    decided: Decided<G>,
    writes: Option<Writes>,
) -> Result<Committed<G>, Fault> {
    match writes {
        None => Ok(decided.open()),
        Some(writes) => {
            let attempt = attempt(&writes).cloned();
            let ended = store.commit(writes).await;
            after(store, decided, ended, attempt.as_ref()).await
        }
    }
}

/// Writes a decision into the host's transaction, which the host commits or rolls back. It may be opened before that: it
/// grants nothing, and says only whether the transaction holds it. A refusal is not recorded, because the host asked and no
/// client.
pub(crate) async fn prepare<T: HostTx>(
    transaction: &mut T,
    decided: Decided<()>,
    writes: Option<Writes>,
) -> Result<Committed<()>, Fault> {
    let (Ok(()), Some(writes)) = (decided.outcome, writes) else {
        return Ok(decided.open());
    };
    let applied = transaction.apply(&writes).await?;
    Ok((applied == Commit::Done).then_some(Ok(())))
}

/// How a decision in the host's transaction ended.
pub(crate) enum InHost<G> {
    /// It is durable.
    Ended(Result<G, Refusal>),
    /// It was a grant, and something that it read has changed since. Nothing was written.
    StaleGrant,
    /// It was a refusal, and something that it read has changed since. It is not written yet.
    StaleRefusal,
}

/// Makes a decision durable in the host's transaction, then opens it. A refusal is made durable apart, after the host's
/// transaction is rolled back: a wrong code that is rolled back with the host's work would not count.
pub(crate) async fn commit_in<G, T: HostTx>(
    mut transaction: T,
    store: &(dyn Erased + 'static),
    decided: Decided<G>,
    writes: Option<Writes>,
) -> Result<InHost<G>, Fault> {
    if decided.outcome.is_err() {
        let Some(writes) = writes else {
            transaction.rollback().await?;
            return Ok(decided.open().map_or(InHost::StaleRefusal, InHost::Ended));
        };
        return match transaction.refuse(&writes).await {
            Ok(Commit::Done) => Ok(decided.open().map_or(InHost::StaleRefusal, InHost::Ended)),
            Ok(Commit::Stale) => Ok(InHost::StaleRefusal),
            // The refusal counts whether or not the host's work could be rolled back. Where it counts already, its attempt
            // is there, and this writes nothing.
            Err(fault) => {
                commit_refusal(store, decided, Some(writes)).await?;
                Err(fault)
            }
        };
    }
    let attempt = writes.as_ref().and_then(attempt);
    let mut ended = match &writes {
        Some(writes) => transaction.apply(writes).await,
        None => Ok(Commit::Done),
    };
    match ended {
        Ok(Commit::Done) => ended = transaction.commit().await.map(|()| Commit::Done),
        // What went wrong first is told; a rollback that fails as well ends with its connection.
        _ => drop(transaction.rollback().await),
    }
    match ended {
        // The host's work may be done or not: neither "granted" nor "begin anew" would be true.
        Err(Fault::Unknown(lost)) if !is_written(store, attempt).await? => {
            Err(Fault::Unknown(lost))
        }
        ended => Ok(after(store, decided, ended, attempt)
            .await?
            .map_or(InHost::StaleGrant, InHost::Ended)),
    }
}

/// Makes a refusal durable. A grant is put away unopened.
pub(crate) async fn commit_refusal<G>(
    store: &(dyn Erased + 'static),
    decided: Decided<G>,
    writes: Option<Writes>,
) -> Result<InHost<G>, Fault> {
    if decided.outcome.is_ok() {
        return Ok(InHost::StaleGrant);
    }
    let ended = commit(store, decided, writes).await?;
    Ok(ended.map_or(InHost::StaleRefusal, InHost::Ended))
}

/// When the store's answer is lost, the attempt's row tells: it is the one that this decision writes, mark and all, if and
/// only if the commit went through.
async fn after<G>(
    store: &(dyn Erased + 'static),
    decided: Decided<G>,
    ended: Result<Commit, Fault>,
    attempt: Option<&AttemptRow>,
) -> Result<Committed<G>, Fault> {
    match ended {
        Ok(Commit::Done) => Ok(decided.open()),
        Ok(Commit::Stale) => Ok(None),
        Err(Fault::Unknown(_)) if attempt.is_some() => {
            // Absent is not "never": the commit may still be on its way. Deciding again under the same attempt id is
            // safe, since only one of the two can win.
            let ours = is_written(store, attempt).await?;
            Ok(if ours { decided.open() } else { None })
        }
        Err(fault) => Err(fault),
    }
}

/// The attempt's row among what is written.
fn attempt(writes: &Writes) -> Option<&AttemptRow> {
    writes.put.iter().find_map(|row| match row {
        Row::Attempt(row) => Some(row),
        _ => None,
    })
}

/// Whether the store holds this very row, which cannot be made up: it is authenticated.
async fn is_written(
    store: &(dyn Erased + 'static),
    attempt: Option<&AttemptRow>,
) -> Result<bool, Fault> {
    let Some(attempt) = attempt else {
        return Ok(false);
    };
    let found = store.load(&[RowKey::Attempt(attempt.id)]).await?;
    let is_ours = |row: &Row| matches!(row, Row::Attempt(row) if row == attempt);
    Ok(found.iter().any(|found| is_ours(&found.row)))
}
