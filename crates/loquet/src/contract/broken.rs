//! A broken rule, and what finds it.

use std::future::Future;
use std::pin::Pin;

use crate::store::Fault;

/// Ends a rule with what was found unless `$holds`.
macro_rules! hold {
    ($holds:expr, $($found:tt)+) => {
        if !$holds {
            return Err(Broken::new(format!($($found)+)));
        }
    };
}

/// A rule that a store breaks.
#[derive(Debug, thiserror::Error)]
#[error("{rule}: {found}")]
pub struct Broken {
    pub(super) rule: &'static str,
    pub(super) found: String,
}

impl Broken {
    pub(super) const fn new(found: String) -> Self {
        Self {
            rule: "the contract of a store",
            found,
        }
    }

    pub(super) fn of(self, rule: &'static str) -> Self {
        Self { rule, ..self }
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::new(format!("the store has a fault where it must not: {fault}"))
    }
}

/// A part of the suite, on its way.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<(), Broken>> + Send + 'a>>;

/// Runs a future to its end on the present thread; called on several threads at once.
pub type Driver<'d> = dyn Fn(Work<'_>) -> Result<(), Broken> + Sync + 'd;
