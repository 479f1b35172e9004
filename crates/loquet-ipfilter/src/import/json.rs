//! Parsers for the JSON formats of network lists.

use serde::Deserialize;

use crate::import::list_reader::{ImportError, ImportFault, List};

#[derive(Deserialize)]
struct Aws {
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

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "neither an entry with `cidr` nor the metadata with `type` and `records`"
)]
enum Drop {
    Entry { cidr: String },
    Metadata { r#type: String, records: u64 },
}

pub(crate) fn read_array(text: &str, list: &mut List) -> Result<(), ImportError> {
    let entries: Vec<String> = serde_json::from_str(text).map_err(|error| broken(&error, 0))?;
    entries
        .iter()
        .try_for_each(|entry| list.add(entry).map_err(|fault| at(text, entry, fault)))
}

pub(crate) fn read_aws(text: &str, list: &mut List) -> Result<(), ImportError> {
    let file: Aws = serde_json::from_str(text).map_err(|error| broken(&error, 0))?;
    let v4 = file.prefixes.iter().map(|entry| &entry.ip_prefix);
    v4.chain(file.ipv6_prefixes.iter().map(|entry| &entry.ipv6_prefix))
        .try_for_each(|entry| list.add(entry).map_err(|fault| at(text, entry, fault)))
}

pub(crate) fn read_spamhaus(text: &str, list: &mut List) -> Result<(), ImportError> {
    let mut entries = 0_u64;
    let mut counted = None;
    for (line, number) in text.lines().zip(1_u32..) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line).map_err(|error| broken(&error, number))? {
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

fn broken(error: &serde_json::Error, line: u32) -> ImportError {
    let line = if line == 0 {
        u32::try_from(error.line()).unwrap_or(0)
    } else {
        line
    };
    ImportError {
        line,
        fault: ImportFault::Json(error.to_string().into()),
    }
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
