//! Lists of networks that others publish, read whole or not at all.

use crate::Prefix;
use crate::import::list_reader::{ImportError, ImportFault, List};

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
