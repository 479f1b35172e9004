//! What an operator sees while it runs, without a secret in it.
//!
//! Feature `tracing`: every operation is a span `loquet.operation` (debug) with the fields `name` (as in the audit log) and
//! `account`; its end is an event with the `verdict`: debug for a grant, info for a refusal, error for a fault. Notices that
//! stay undelivered are a warning, and letters that are given up. Errors are recorded as strings, which a subscriber quotes:
//! the reply of a mail server can be of several lines, and begins none in the log.
//!
//! Feature `metrics`:
//!
//! | name | kind | labels | counts |
//! |---|---|---|---|
//! | `loquet_operations_total` | counter | `name`, `verdict` | operations that ended: `GRANTED`, or the refusal |
//! | `loquet_operation_seconds` | histogram | `name` | seconds from the request to the answer |
//! | `loquet_faults_total` | counter | `name` | operations that ended in an error |
//! | `loquet_conflicts_total` | counter | | decisions made again because another process was faster |
//! | `loquet_letters_total` | counter | | letters delivered |
//! | `loquet_letters_failed_total` | counter | | letters given up |
//! | `loquet_notices_waiting` | gauge | | notices left in the outbox by the last round |
//!
//! No label comes from outside: their values are names in this crate.

use std::fmt::Display;
use std::future::Future;

use loquet_policy::AccountId;

use crate::error::Error;
use crate::operator::letter::Delivered;

/// Watches an operation.
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(crate) async fn operation<G>(
    name: &'static str,
    account: AccountId,
    run: impl Future<Output = Result<G, Error>>,
) -> Result<G, Error> {
    #[cfg(feature = "metrics")]
    let watch = crate::edge::Watch::start();
    #[cfg(feature = "tracing")]
    let span = tracing::debug_span!("loquet.operation", name, %account);
    #[cfg(feature = "tracing")]
    let run = tracing::Instrument::instrument(run, span.clone());
    #[cfg(not(feature = "tracing"))]
    let _: AccountId = account;

    let outcome = run.await;
    let verdict = match &outcome {
        Ok(_) => Some("GRANTED"),
        Err(Error::Refused(refusal)) => Some(refusal.code()),
        Err(_) => None,
    };
    #[cfg(feature = "tracing")]
    span.in_scope(|| match (&outcome, verdict) {
        (Err(_), Some(verdict)) => tracing::info!(verdict, "refused"),
        (_, Some(verdict)) => tracing::debug!(verdict, "granted"),
        (Err(error), None) => tracing::error!(error = &*error.to_string(), "an operation failed"),
        (Ok(_), None) => {}
    });
    #[cfg(feature = "metrics")]
    {
        metrics::histogram!("loquet_operation_seconds", "name" => name).record(watch.seconds());
        match verdict {
            Some(verdict) => {
                metrics::counter!("loquet_operations_total", "name" => name, "verdict" => verdict)
                    .increment(1);
            }
            None => metrics::counter!("loquet_faults_total", "name" => name).increment(1),
        }
    }
    outcome
}

/// Without features, watches nothing.
#[cfg(not(any(feature = "tracing", feature = "metrics")))]
pub(crate) fn operation<G>(
    _: &'static str,
    _: AccountId,
    run: impl Future<Output = Result<G, Error>>,
) -> impl Future<Output = Result<G, Error>> {
    run
}

/// A decision is made again.
pub(crate) fn conflict() {
    #[cfg(feature = "tracing")]
    tracing::debug!("another process was faster: decided again");
    #[cfg(feature = "metrics")]
    metrics::counter!("loquet_conflicts_total").increment(1);
}

/// A letter is given up.
pub(crate) fn undeliverable(account: AccountId, why: &impl Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(%account, error = &*why.to_string(), "a letter is given up");
    let _ = (account, why);
}

/// A round of deliveries is over.
pub(crate) fn delivered(round: &Delivered) {
    #[cfg(feature = "tracing")]
    if let Some(error) = &round.fault {
        let error = &*error.to_string();
        tracing::warn!(error, waiting = round.waiting, "notices wait");
    }
    #[cfg(feature = "metrics")]
    {
        metrics::counter!("loquet_letters_total").increment(round.letters.into());
        metrics::counter!("loquet_letters_failed_total").increment(round.failed.into());
        metrics::gauge!("loquet_notices_waiting").set(f64::from(round.waiting));
    }
    let _ = round;
}
