//! Errors of compiling rules.

use thiserror::Error;

use crate::RuleRef;

/// The reason why rules cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Two rules have the same conditions, or the same network and users, and opposite decisions.
    #[error(
        "{first} and {second} have opposite decisions for the same addresses and users; remove one"
    )]
    Contradiction {
        /// The earlier rule.
        first: RuleRef,
        /// The later rule.
        second: RuleRef,
    },
    /// Rules, places and databases together exceed the limits of memory.
    #[error("the rules exceed the memory limit after their places and databases are applied")]
    TooLarge,
}
