//! Published lists of networks.

#[cfg(feature = "json")]
use crate::import::json;
use crate::import::list_reader::{ImportError, ImportFault, List};
use crate::{Prefix, without_byte_order_mark};

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
    /// A geofeed (RFC 8805), such as `egress-ip-ranges.csv` of Apple's private relay: the network before the first comma
    /// of each line; `#` starts a comment.
    Geofeed,
    /// `cloud.json` or `goog.json` of Google: `ipv4Prefix` or `ipv6Prefix` of every entry.
    #[cfg(feature = "json")]
    Google,
    /// `ServiceTags_*.json` of Microsoft Azure: the `addressPrefixes` of every tag.
    #[cfg(feature = "json")]
    AzureServiceTags,
    /// The answer of `api.cloudflare.com/client/v4/ips`: `ipv4_cidrs` and `ipv6_cidrs`.
    #[cfg(feature = "json")]
    Cloudflare,
    /// The answer of `api.fastly.com/public-ip-list`: `addresses` and `ipv6_addresses`.
    #[cfg(feature = "json")]
    Fastly,
    /// The answer of `api.github.com/meta`: every list of the document except `ssh_keys`.
    #[cfg(feature = "json")]
    GithubMeta,
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

/// Reads the entry before the first of these characters in each line.
fn read_lines(text: &str, ends: &[char], list: &mut List) -> Result<(), ImportError> {
    for (line, number) in text.split('\n').zip(1_u32..) {
        let entry = line.split(ends).next().unwrap_or_default();
        let entry = entry.trim_matches([' ', '\t', '\r']);
        if !entry.is_empty() {
            list.add(entry)
                .map_err(|fault| ImportError::at(number, fault))?;
        }
    }
    Ok(())
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
/// Lines may end in CR LF, and a byte-order mark at the start of the text is ignored.
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
    let text = without_byte_order_mark(text);
    match format {
        ListFormat::Lines => read_lines(text, &['#', ';'], &mut list)?,
        ListFormat::Geofeed => read_lines(text, &['#', ','], &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::JsonArray => json::read::<Vec<String>>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::AwsIpRanges => json::read::<json::Aws>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::Google => json::read::<json::Google>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::AzureServiceTags => json::read::<json::Azure>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::Cloudflare => json::read::<json::Cloudflare>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::Fastly => json::read::<json::Fastly>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::GithubMeta => json::read::<json::Github>(text, &mut list)?,
        #[cfg(feature = "json")]
        ListFormat::SpamhausDrop => json::read_spamhaus(text, &mut list)?,
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
