//! The networks of a list while it is parsed, and the reasons why a list is refused.

use core::net::IpAddr;

use thiserror::Error;

use crate::address::number::Word;
use crate::address::prefix::parse_address;
use crate::address::ranges::to_prefixes;
use crate::{Prefix, PrefixError};

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
        match entry.split_once('-') {
            None => self
                .networks
                .push(entry.parse().map_err(ImportFault::Prefix)?),
            Some((first, last)) => {
                let first =
                    parse_address(first.trim_end_matches(' ')).map_err(ImportFault::Prefix)?;
                let last =
                    parse_address(last.trim_start_matches(' ')).map_err(ImportFault::Prefix)?;
                match (first.to_canonical(), last.to_canonical()) {
                    (IpAddr::V4(first), IpAddr::V4(last)) => {
                        self.range(first.to_bits(), last.to_bits())?
                    }
                    (IpAddr::V6(first), IpAddr::V6(last)) => {
                        self.range(first.to_bits(), last.to_bits())?
                    }
                    (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                        return Err(ImportFault::Range);
                    }
                }
            }
        }
        if self.networks.len() > self.limit {
            return Err(ImportFault::TooMuch(self.limit, "networks"));
        }
        Ok(())
    }

    fn range<K: Word>(&mut self, first: K, last: K) -> Result<(), ImportFault> {
        if first > last {
            return Err(ImportFault::Range);
        }
        if (first, last) == (K::ZERO, K::LAST) {
            return Err(ImportFault::Everything);
        }
        for (start, len) in to_prefixes(first, last) {
            self.networks
                .push(Prefix::new(start.address(), len).map_err(ImportFault::Prefix)?);
        }
        Ok(())
    }
}
