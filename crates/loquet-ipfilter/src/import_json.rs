//! The JSON lists.

use serde::Deserialize;

use crate::import::{ImportError, ImportFault, List, ListFormat};

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

pub(crate) fn read(text: &str, format: ListFormat, list: &mut List) -> Result<(), ImportError> {
    match format {
        ListFormat::AwsIpRanges => {
            let file: Aws = serde_json::from_str(text).map_err(|error| broken(&error, 0))?;
            let v4 = file.prefixes.into_iter().map(|entry| entry.ip_prefix);
            for entry in v4.chain(
                file.ipv6_prefixes
                    .into_iter()
                    .map(|entry| entry.ipv6_prefix),
            ) {
                list.add(&entry).map_err(|fault| at(text, &entry, fault))?;
            }
        }
        ListFormat::SpamhausDrop => {
            let mut entries = 0_u64;
            let mut counted = None;
            for (line, number) in text
                .lines()
                .zip(1_u32..)
                .filter(|(line, _)| !line.trim().is_empty())
            {
                match serde_json::from_str(line).map_err(|error| broken(&error, number))? {
                    Drop::Entry { cidr } if counted.is_none() => {
                        list.add(&cidr).map_err(|fault| ImportError {
                            line: number,
                            fault,
                        })?;
                        entries = entries.saturating_add(1);
                    }
                    Drop::Metadata { r#type, records }
                        if r#type == "metadata" && counted.is_none() =>
                    {
                        counted = Some(records);
                    }
                    Drop::Entry { .. } | Drop::Metadata { .. } => {
                        let fault = ImportFault::Json("a line after or beside the metadata".into());
                        return Err(ImportError {
                            line: number,
                            fault,
                        });
                    }
                }
            }
            // Without its last line the list may have been cut off anywhere.
            let Some(counted) = counted else {
                return Err(ImportError {
                    line: 0,
                    fault: ImportFault::Json("no metadata line at the end".into()),
                });
            };
            if counted != entries {
                return Err(ImportError {
                    line: 0,
                    fault: ImportFault::Count {
                        counted,
                        found: entries,
                    },
                });
            }
        }
        _ => {
            let entries: Vec<String> =
                serde_json::from_str(text).map_err(|error| broken(&error, 0))?;
            for entry in entries {
                list.add(&entry).map_err(|fault| at(text, &entry, fault))?;
            }
        }
    }
    Ok(())
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

/// The parser keeps no positions, so the entry's own text is looked for.
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
