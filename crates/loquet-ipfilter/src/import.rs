//! Lists of networks that others publish, read whole or not at all.

use core::net::IpAddr;

use thiserror::Error;

use crate::prefix::parse_address;
use crate::spans::{Word, cover};
use crate::{Prefix, PrefixError};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListFormat {
    /// A network, an address or a range `first-last` a line; `#` and `;` start a comment.
    Lines,
    /// A JSON array of strings, each as in a line.
    #[cfg(feature = "json")]
    JsonArray,
    /// `ip-ranges.json` of Amazon Web Services: `ip_prefix` and `ipv6_prefix` of every entry.
    #[cfg(feature = "json")]
    AwsIpRanges,
    /// Spamhaus DROP as JSON lines: `cidr` of every line; the closing metadata line must count the entries rightly.
    #[cfg(feature = "json")]
    SpamhausDrop,
}

/// What a list may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// Bytes of text.
    pub bytes: usize,
    /// Networks, after ranges are spelled out as prefixes.
    pub networks: usize,
    /// How many networks the list had last time. A list that grows beyond the double of it (and by more than 100) is
    /// refused, because a publisher's mistake should not lock a country out overnight.
    pub previous: Option<usize>,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            networks: 1_000_000,
            previous: None,
        }
    }
}

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

fn whole(fault: ImportFault) -> ImportError {
    ImportError { line: 0, fault }
}

/// Reads a list of networks: sorted, each once.
///
/// ```
/// use loquet_ipfilter::{ImportLimits, ListFormat, import};
///
/// let text = "# day-care centres\n203.0.113.0/28 ; Laval\n198.51.100.4-198.51.100.7\n";
/// let networks = import(text, ListFormat::Lines, &ImportLimits::default())?;
/// assert_eq!(networks.iter().map(|n| n.to_string()).collect::<Vec<_>>(), ["198.51.100.4/30", "203.0.113.0/28"]);
/// # Ok::<(), loquet_ipfilter::ImportError>(())
/// ```
///
/// # Errors
/// The first fault, with its line. Nothing is skipped: a list with one line that cannot be read is no list.
pub fn import(
    text: &str,
    format: ListFormat,
    limits: &ImportLimits,
) -> Result<Vec<Prefix>, ImportError> {
    if text.len() > limits.bytes {
        return Err(whole(ImportFault::TooMuch(limits.bytes, "bytes")));
    }
    let mut list = List {
        networks: Vec::new(),
        limit: limits.networks,
    };
    match format {
        ListFormat::Lines => {
            for (line, number) in text.split('\n').zip(1_u32..) {
                let entry = line
                    .split(['#', ';'])
                    .next()
                    .unwrap_or_default()
                    .trim_matches([' ', '\t', '\r']);
                if !entry.is_empty() {
                    list.add(entry).map_err(|fault| ImportError {
                        line: number,
                        fault,
                    })?;
                }
            }
        }
        #[cfg(feature = "json")]
        ListFormat::JsonArray | ListFormat::AwsIpRanges | ListFormat::SpamhausDrop => {
            crate::import_json::read(text, format, &mut list)?;
        }
    }
    let mut networks = list.networks;
    networks.sort_unstable();
    networks.dedup();
    if networks.is_empty() {
        return Err(whole(ImportFault::Empty));
    }
    if let Some(before) = limits.previous
        && networks.len() > before.saturating_mul(2).max(before.saturating_add(100))
    {
        return Err(whole(ImportFault::Growth {
            before,
            after: networks.len(),
        }));
    }
    Ok(networks)
}

pub(crate) struct List {
    networks: Vec<Prefix>,
    limit: usize,
}

impl List {
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
