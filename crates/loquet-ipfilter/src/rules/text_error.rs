//! Errors in the text form of rules.

use thiserror::Error;

use crate::{PrefixError, RuleFault};

/// The reason why a text cannot be parsed as rules, and its position.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct RulesError {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1. A byte-order mark at the start of the text does not count.
    pub column: u32,
    /// The error.
    pub fault: TextFault,
}

/// An error in one line of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextFault {
    /// A network that cannot be parsed.
    #[error("{0}")]
    Prefix(PrefixError),
    /// A rule or place that cannot be added.
    #[error("{0}")]
    Rule(RuleFault),
    /// A word other than what is expected here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A range whose first address is higher than its last, or of the other family.
    #[error("the first address of the range is higher than the last, or of the other family")]
    Range,
    /// An asterisk elsewhere than in place of the last parts of an IPv4 address.
    #[error("`*` stands for the last parts of an IPv4 address, as in `10.*` or `192.168.2.*`")]
    Wildcard,
    /// A byte-order mark elsewhere than at the start of the text, as where files were joined.
    #[error("a byte-order mark (U+FEFF) in the middle of the text: remove it")]
    ByteOrderMark,
    /// A character that changes the direction of writing, or ends a line or paragraph: the line would be shown otherwise
    /// than it is read.
    #[error("a character that changes the direction of writing, or ends a line: remove it")]
    Direction,
    /// A name without a closing quotation mark.
    #[error("the quotation mark is not closed")]
    OpenQuote,
    /// A second `precedence`, `default` or `embedded` line.
    #[error("already set above")]
    Twice,
}

/// An error at a byte of a line. It becomes a [`RulesError`] where the line number is known.
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
