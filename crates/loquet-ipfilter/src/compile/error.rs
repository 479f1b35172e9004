//! Errors of compiling rules.

use core::fmt;

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
    /// Rules, places and databases together exceed one of the [`CompileLimits`](crate::CompileLimits).
    #[error("{}{limit}", .rule.map_or_else(String::new, |rule| format!("{rule}: ")))]
    TooLarge {
        /// The limit.
        limit: Limit,
        /// The rule at which it was reached, where one can be named.
        rule: Option<RuleRef>,
    },
}

/// A limit that rules exceed, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`CompileLimits::networks`](crate::CompileLimits::networks).
    Networks(usize),
    /// [`CompileLimits::located`](crate::CompileLimits::located).
    Located(usize),
    /// [`CompileLimits::bytes`](crate::CompileLimits::bytes).
    Bytes(usize),
    /// Distinct combinations of rules for users and devices.
    Combinations(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Networks(most) => write!(
                f,
                "the rules up to here name more than {most} networks, counted for each rule after ranges are split; write fewer rules, or ranges that are whole networks"
            ),
            Self::Located(most) => write!(
                f,
                "the databases give the rules up to here more than {most} networks; name fewer countries, network operators or classes"
            ),
            Self::Bytes(most) => write!(
                f,
                "the rules take more than {most} bytes of memory; write fewer rules for single tags or devices"
            ),
            Self::Combinations(most) => write!(
                f,
                "the rules make more than {most} combinations of tags and devices; write fewer rules for single tags or devices"
            ),
        }
    }
}
