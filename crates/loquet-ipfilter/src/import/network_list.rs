//! Published lists of networks.

use crate::Prefix;
use crate::import::list_reader::{ImportError, ImportFault, List};

/// The format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListFormat {
    /// One network, address or range `first-last` a line; `#` and `;` start a comment.
    Lines,
    /// A JSON array of strings, each like a line of [`Lines`](Self::Lines).
    #[cfg(feature = "json")]
    JsonArray,
    /// `ip-ranges.json` of Amazon Web Services: `ip_prefix` and `ipv6_prefix` of every entry.
    #[cfg(feature = "json")]
    AwsIpRanges,
    /// Spamhaus DROP as JSON lines: `cidr` of every line. The last line is metadata and must state the number of
    /// entries.
    #[cfg(feature = "json")]
    SpamhausDrop,
}

/// The limits of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportLimits {
    /// The greatest number of bytes.
    pub bytes: usize,
    /// The greatest number of networks, after ranges are split into prefixes.
    pub networks: usize,
    /// The number of networks at the last import. A list that more than doubles (and grows by more than 100) is
    /// refused, because a publisher's mistake should not block a country overnight.
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

/// Parses a list of networks and returns them sorted, without duplicates.
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
/// [`ImportError`] with the first error and its line. No line is skipped: a list with one bad line is refused.
pub fn import(
    text: &str,
    format: ListFormat,
    limits: &ImportLimits,
) -> Result<Vec<Prefix>, ImportError> {
    if text.len() > limits.bytes {
        return Err(ImportError::whole(ImportFault::TooMuch(
            limits.bytes,
            "bytes",
        )));
    }
    let mut list = List::new(limits.networks);
    match format {
        ListFormat::Lines => {
            for (line, number) in text.split('\n').zip(1_u32..) {
                let before_comment = line.split(['#', ';']).next().unwrap_or_default();
                let entry = before_comment.trim_matches([' ', '\t', '\r']);
                if !entry.is_empty() {
                    list.add(entry)
                        .map_err(|fault| ImportError::at(number, fault))?;
                }
            }
        }
        #[cfg(feature = "json")]
        ListFormat::JsonArray => crate::import::json::read_array(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::AwsIpRanges => crate::import::json::read_aws(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::SpamhausDrop => crate::import::json::read_spamhaus(text, &mut list)?,
    }
    let mut networks = list.into_networks();
    networks.sort_unstable();
    networks.dedup();
    if networks.is_empty() {
        return Err(ImportError::whole(ImportFault::Empty));
    }
    if let Some(before) = limits.previous
        && networks.len() > before.saturating_mul(2).max(before.saturating_add(100))
    {
        return Err(ImportError::whole(ImportFault::Growth {
            before,
            after: networks.len(),
        }));
    }
    Ok(networks)
}
