//! A list of networks that is being read, and why it is refused.

use core::net::IpAddr;

use thiserror::Error;

use crate::address::number::Word;
use crate::address::prefix::parse_address;
use crate::address::ranges::cover;
use crate::{Prefix, PrefixError};

/// Why a list is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct ImportError {
    /// Line, from 1; 0 when the list as a whole is at fault.
    pub line: u32,
    /// What is wrong.
    pub fault: ImportFault,
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// Not a network, an address or a range.
    #[error("{0}")]
    Prefix(PrefixError),
    /// A range that runs backwards or from one family into the other.
    #[error("the range does not run from a lower to a higher address of one family")]
    Range,
    /// The range is the whole address space.
    #[error("the range is every address")]
    Everything,
    /// Not the JSON that the format asks for.
    #[error("not the expected JSON: {0}")]
    Json(Box<str>),
    /// No network at all: an empty answer of a publisher must not replace a list.
    #[error("the list is empty")]
    Empty,
    /// More than the limit.
    #[error("more than {0} {1}")]
    TooMuch(usize, &'static str),
    /// The list was cut off: its own count says more or less.
    #[error("the list counts {counted} entries and has {found}")]
    Count {
        /// What the list says.
        counted: u64,
        /// What it has.
        found: u64,
    },
    /// The list has grown suddenly.
    #[error("the list has grown from {before} to {after} networks")]
    Growth {
        /// Networks last time.
        before: usize,
        /// Networks now.
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
        for (start, len) in cover(first, last) {
            self.networks
                .push(Prefix::new(start.address(), len).map_err(ImportFault::Prefix)?);
        }
        Ok(())
    }
}
