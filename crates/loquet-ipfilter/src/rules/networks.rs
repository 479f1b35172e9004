//! The words that stand for networks in rules: networks, names, wildcards and ranges.

use core::net::IpAddr;

use crate::address::prefix::{parse_address, split_once};
use crate::address::ranges::{RangeFault, prefixes_between};
use crate::rules::text_error::{Fault, TextFault};
use crate::rules::tokens::Word;
use crate::{Prefix, PrefixError};

/// The names and their networks. `docs/rules.md` gives the sources.
const NAMES: [(&str, &[Prefix]); 6] = [
    ("any", &[Prefix::ANY_V4, Prefix::ANY_V6]),
    ("any-v4", &[Prefix::ANY_V4]),
    ("any-v6", &[Prefix::ANY_V6]),
    (
        "private",
        &[
            v4([10, 0, 0, 0], 8),
            v4([172, 16, 0, 0], 12),
            v4([192, 168, 0, 0], 16),
            Prefix::from_v6_bits(0xfc << 120, 7),
        ],
    ),
    (
        "loopback",
        &[v4([127, 0, 0, 0], 8), Prefix::from_v6_bits(1, 128)],
    ),
    (
        "link-local",
        &[
            v4([169, 254, 0, 0], 16),
            Prefix::from_v6_bits(0xfe80 << 112, 10),
        ],
    ),
];

const fn v4(octets: [u8; 4], len: u8) -> Prefix {
    Prefix::from_v4_bits(u32::from_be_bytes(octets), len)
}

/// Returns whether the word is the name of some networks.
pub(crate) fn is_named_network(word: &str) -> bool {
    NAMES.iter().any(|(name, _)| *name == word)
}

/// Gives `add` each network that the word stands for.
pub(crate) fn each_network(word: Word<'_>, mut add: impl FnMut(Prefix)) -> Result<(), Fault> {
    if let Some((_, networks)) = NAMES.iter().find(|(name, _)| *name == word.text) {
        networks.iter().copied().for_each(add);
    } else if let Some(octets) = word.text.strip_suffix('*') {
        add(wildcard(word, octets)?);
    } else if let Some((first, last)) = split_once(word.text, b'-') {
        let last_at = first.len().saturating_add(1);
        let [first, last] = [(first, 0), (last, last_at)].map(|(text, at)| {
            parse_address(text).map_err(|error| Fault {
                at: word.at.saturating_add(at).saturating_add(error.offset()),
                fault: TextFault::Prefix(error),
            })
        });
        let networks = prefixes_between(first?, last?).map_err(|fault| {
            word.fault(match fault {
                RangeFault::Order => TextFault::Range,
                RangeFault::Everything => TextFault::Prefix(PrefixError::Everything),
            })
        })?;
        networks.into_iter().for_each(add);
    } else {
        add(prefix(word)?);
    }
    Ok(())
}

fn prefix(word: Word<'_>) -> Result<Prefix, Fault> {
    word.text.parse::<Prefix>().map_err(|error| Fault {
        at: word.at.saturating_add(error.offset()),
        fault: TextFault::Prefix(error),
    })
}

/// Parses `10.*`: one to three parts of an IPv4 address before the asterisk.
fn wildcard(word: Word<'_>, octets: &str) -> Result<Prefix, Fault> {
    let parts = octets.bytes().filter(|byte| *byte == b'.').count();
    let (missing, len) = match (parts, octets.ends_with('.')) {
        (1, true) => ("0.0.0", 8),
        (2, true) => ("0.0", 16),
        (3, true) => ("0", 24),
        _ => return Err(word.fault(TextFault::Wildcard)),
    };
    // The parts are as strict as those of an address: no leading zeros, none above 255.
    let address = parse_address(&format!("{octets}{missing}")).map_err(|error| Fault {
        at: word.at.saturating_add(error.offset()),
        fault: match error {
            PrefixError::LeadingZero { .. } => TextFault::Prefix(error),
            _ => TextFault::Wildcard,
        },
    })?;
    match address {
        IpAddr::V4(v4) => Ok(Prefix::from_v4_bits(v4.to_bits(), len)),
        // `::ffff:10.*`
        IpAddr::V6(_) => Err(word.fault(TextFault::Wildcard)),
    }
}
