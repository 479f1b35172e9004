//! Why a text is not a set of rules.

use thiserror::Error;

use crate::{PrefixError, RuleFault};

/// Why a text is not a set of rules, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct RulesError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong there.
    pub fault: TextFault,
}

/// What is wrong with one line of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextFault {
    /// A network that cannot be read.
    #[error("{0}")]
    Prefix(PrefixError),
    /// A rule or place that cannot be added.
    #[error("{0}")]
    Rule(RuleFault),
    /// A word that does not belong here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A name without its second quotation mark.
    #[error("the quotation mark is never closed")]
    OpenQuote,
    /// `precedence`, `default` or `embedded` for the second time.
    #[error("already set above")]
    Twice,
}

/// A fault at a byte of a line, which becomes an error where the number of the line is known.
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) fault: TextFault,
}

impl Fault {
    pub(crate) fn at(self, line: u32, text: &str) -> RulesError {
        let before = text
            .char_indices()
            .take_while(|(at, _)| *at < self.at)
            .count();
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        RulesError {
            line,
            column,
            fault: self.fault,
        }
    }
}
