//! Why rules cannot be compiled.

use thiserror::Error;

use crate::RuleRef;

/// Why rules cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Two rules say opposite things about exactly the same.
    #[error("{first} and {second} say opposite things about the same")]
    Contradiction {
        /// The earlier rule.
        first: RuleRef,
        /// The later rule.
        second: RuleRef,
    },
    /// Rules, places and databases multiply beyond what fits in memory.
    #[error("the rules are too large once their places are spelled out")]
    TooLarge,
}
