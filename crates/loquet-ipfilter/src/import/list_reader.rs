//! The networks of a list while it is parsed, and the reasons why a list is refused.

use thiserror::Error;

use crate::address::prefix::parse_address;
use crate::address::ranges::{RangeFault, prefixes_between};
use crate::{BYTE_ORDER_MARK, Prefix, PrefixError};

/// The reason why a list is refused, and the line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct ImportError {
    /// The line, from 1; 0 for an error of the whole list.
    pub line: u32,
    /// The error.
    pub fault: ImportFault,
}

/// An error in a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// Not a network, an address or a range.
    #[error("{0}")]
    Prefix(PrefixError),
    /// A range whose first address is higher than its last, or of the other family.
    #[error("the first address of the range is higher than the last, or of the other family")]
    Range,
    /// The range is the whole address space.
    #[error("the range covers every address")]
    Everything,
    /// Not the JSON of this format.
    #[error("not the expected JSON: {0}")]
    Json(Box<str>),
    /// A byte-order mark elsewhere than at the start of the text, as where files were joined.
    #[error("a byte-order mark (U+FEFF) in the middle of the text: remove it")]
    ByteOrderMark,
    /// The list is empty. An empty reply of a publisher must not replace a list.
    #[error("the list is empty")]
    Empty,
    /// More than the limit.
    #[error("more than {0} {1}")]
    TooMuch(usize, &'static str),
    /// The number of entries differs from the number that the list states: it was truncated.
    #[error("the list states {counted} entries but has {found}")]
    Count {
        /// The number that the list states.
        counted: u64,
        /// The number of entries found.
        found: u64,
    },
    /// The list has grown beyond the limit of [`ImportLimits::previous`](crate::ImportLimits::previous).
    #[error("the list has grown from {before} to {after} networks")]
    Growth {
        /// The number of networks before.
        before: usize,
        /// The number of networks now.
        after: usize,
    },
}

impl ImportError {
    pub(crate) const fn at(line: u32, fault: ImportFault) -> Self {
        Self { line, fault }
    }

    pub(crate) const fn whole(fault: ImportFault) -> Self {
        Self::at(0, fault)
    }
}

pub(crate) struct List {
    networks: Vec<Prefix>,
    limit: usize,
}

impl List {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            networks: Vec::new(),
            limit,
        }
    }

    pub(crate) fn into_networks(self) -> Vec<Prefix> {
        self.networks
    }

    pub(crate) fn add(&mut self, entry: &str) -> Result<(), ImportFault> {
        if entry.contains(BYTE_ORDER_MARK) {
            return Err(ImportFault::ByteOrderMark);
        }
        match entry.split_once('-') {
            None => self
                .networks
                .push(entry.parse().map_err(ImportFault::Prefix)?),
            Some((first, last)) => {
                let first =
                    parse_address(first.trim_end_matches(' ')).map_err(ImportFault::Prefix)?;
                let last =
                    parse_address(last.trim_start_matches(' ')).map_err(ImportFault::Prefix)?;
                let networks = prefixes_between(first, last).map_err(|fault| match fault {
                    RangeFault::Order => ImportFault::Range,
                    RangeFault::Everything => ImportFault::Everything,
                })?;
                self.networks.extend(networks);
            }
        }
        if self.networks.len() > self.limit {
            return Err(ImportFault::TooMuch(self.limit, "networks"));
        }
        Ok(())
    }
}
