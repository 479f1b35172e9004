//! Parsers for the JSON formats of network lists.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::BYTE_ORDER_MARK;
use crate::import::list_reader::{ImportError, ImportFault, List};

/// A publisher's document, as far as it lists networks.
pub(crate) trait Document: DeserializeOwned {
    /// Returns the networks as written.
    fn networks(self) -> Vec<String>;
}

/// A document that is only networks.
impl Document for Vec<String> {
    fn networks(self) -> Vec<String> {
        self
    }
}

#[derive(Deserialize)]
pub(crate) struct Aws {
    prefixes: Vec<AwsV4>,
    ipv6_prefixes: Vec<AwsV6>,
}

#[derive(Deserialize)]
struct AwsV4 {
    ip_prefix: String,
}

#[derive(Deserialize)]
struct AwsV6 {
    ipv6_prefix: String,
}

impl Document for Aws {
    fn networks(self) -> Vec<String> {
        let v4 = self.prefixes.into_iter().map(|entry| entry.ip_prefix);
        let v6 = self.ipv6_prefixes.into_iter();
        v4.chain(v6.map(|entry| entry.ipv6_prefix)).collect()
    }
}

#[derive(Deserialize)]
pub(crate) struct Google {
    prefixes: Vec<GooglePrefix>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "an entry has neither `ipv4Prefix` nor `ipv6Prefix`"
)]
enum GooglePrefix {
    V4 {
        #[serde(rename = "ipv4Prefix")]
        prefix: String,
    },
    V6 {
        #[serde(rename = "ipv6Prefix")]
        prefix: String,
    },
}

impl Document for Google {
    fn networks(self) -> Vec<String> {
        let prefixes = self.prefixes.into_iter();
        prefixes
            .map(|(GooglePrefix::V4 { prefix } | GooglePrefix::V6 { prefix })| prefix)
            .collect()
    }
}

#[derive(Deserialize)]
pub(crate) struct Azure {
    values: Vec<AzureTag>,
}

#[derive(Deserialize)]
struct AzureTag {
    properties: AzureProperties,
}

#[derive(Deserialize)]
struct AzureProperties {
    #[serde(rename = "addressPrefixes")]
    address_prefixes: Vec<String>,
}

impl Document for Azure {
    fn networks(self) -> Vec<String> {
        let tags = self.values.into_iter();
        tags.flat_map(|tag| tag.properties.address_prefixes)
            .collect()
    }
}

#[derive(Deserialize)]
pub(crate) struct Cloudflare {
    result: CloudflareResult,
}

#[derive(Deserialize)]
struct CloudflareResult {
    ipv4_cidrs: Vec<String>,
    ipv6_cidrs: Vec<String>,
}

impl Document for Cloudflare {
    fn networks(self) -> Vec<String> {
        [self.result.ipv4_cidrs, self.result.ipv6_cidrs].concat()
    }
}

#[derive(Deserialize)]
pub(crate) struct Fastly {
    addresses: Vec<String>,
    ipv6_addresses: Vec<String>,
}

impl Document for Fastly {
    fn networks(self) -> Vec<String> {
        [self.addresses, self.ipv6_addresses].concat()
    }
}

/// GitHub adds lists from time to time; a list of something other than networks is then refused, not skipped.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Github(BTreeMap<String, GithubPart>);

#[derive(Deserialize)]
#[serde(untagged)]
enum GithubPart {
    List(Vec<String>),
    Other(IgnoredAny),
}

impl Document for Github {
    fn networks(self) -> Vec<String> {
        let parts = self.0.into_iter().filter(|(name, _)| name != "ssh_keys");
        parts
            .flat_map(|(_, part)| match part {
                GithubPart::List(networks) => networks,
                GithubPart::Other(_) => Vec::new(),
            })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "neither an entry with `cidr` nor the metadata with `type` and `records`"
)]
enum Drop {
    Entry { cidr: String },
    Metadata { r#type: String, records: u64 },
}

/// Reads the networks of a document.
pub(crate) fn read<D: Document>(text: &str, list: &mut List) -> Result<(), ImportError> {
    let document: D = serde_json::from_str(text).map_err(|error| broken(&error, text, 1))?;
    let mut entries = document.networks().into_iter();
    entries.try_for_each(|entry| list.add(&entry).map_err(|fault| at(text, &entry, fault)))
}

pub(crate) fn read_spamhaus(text: &str, list: &mut List) -> Result<(), ImportError> {
    let mut entries = 0_u64;
    let mut counted = None;
    for (line, number) in text.lines().zip(1_u32..) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line).map_err(|error| broken(&error, line, number))? {
            Drop::Entry { cidr } if counted.is_none() => {
                list.add(&cidr)
                    .map_err(|fault| ImportError::at(number, fault))?;
                entries = entries.saturating_add(1);
            }
            Drop::Metadata { r#type, records } if r#type == "metadata" && counted.is_none() => {
                counted = Some(records);
            }
            Drop::Entry { .. } | Drop::Metadata { .. } => {
                let fault =
                    ImportFault::Json("a line after the metadata, or other metadata".into());
                return Err(ImportError::at(number, fault));
            }
        }
    }
    let found = entries;
    match counted {
        Some(counted) if counted == found => Ok(()),
        Some(counted) => Err(ImportError::whole(ImportFault::Count { counted, found })),
        // A list without its last line may be truncated.
        None => Err(ImportError::whole(ImportFault::Json(
            "no metadata line at the end".into(),
        ))),
    }
}

/// Returns the error for a text that is not JSON. Its first line has the number `first`.
fn broken(error: &serde_json::Error, text: &str, first: u32) -> ImportError {
    let (before, fault) = match text.split_once(BYTE_ORDER_MARK) {
        Some((before, _)) => (before.matches('\n').count(), ImportFault::ByteOrderMark),
        None => (
            error.line().saturating_sub(1),
            ImportFault::Json(error.to_string().into()),
        ),
    };
    ImportError::at(
        first.saturating_add(u32::try_from(before).unwrap_or(0)),
        fault,
    )
}

/// Finds the entry's line by its text, because the JSON parser keeps no positions.
fn at(text: &str, entry: &str, fault: ImportFault) -> ImportError {
    let before = text
        .find(&format!("\"{entry}\""))
        .and_then(|at| text.get(..at));
    let line = before.map_or(0, |before| before.matches('\n').count().saturating_add(1));
    ImportError {
        line: u32::try_from(line).unwrap_or(0),
        fault,
    }
}
