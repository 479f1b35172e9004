//! `loquet audit`: the log of every decision about a person, checked, exported, signed and forgotten.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use loquet::{AccountId, Checkpoint, Service, UnixTime};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::house::{Place, wait};
use crate::output;
use crate::when;

/// No checkpoint is longer, in bytes: some five million accounts.
const MAX_CHECKPOINT: u64 = 1 << 30;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Follows every account's chain: altered, removed and reordered records are found, and with a checkpoint that was
    /// kept elsewhere also what was cut off since it
    Verify(Verify),
    /// Every record as a line of JSON, account by account: who, when, from where, what, the verdict, the rule
    Export(Export),
    /// Signs where all chains stand, after checking them, and prints it: keep it where nobody who can write the database
    /// can write. What follows the last one that is kept so can be cut off unseen
    Checkpoint(Verify),
    /// Forgets old records, as far as a checkpoint vouches for them
    Forget(Forget),
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    place: Place,

    /// A checkpoint that was kept elsewhere
    #[arg(long, value_name = "CHECKPOINT")]
    against: Option<PathBuf>,

    /// A line of JSON for each thing told
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    place: Place,

    /// One account alone, by the host's name for it or by id
    #[arg(long)]
    account: Option<String>,
}

#[derive(Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    place: Place,

    /// The checkpoint that vouches for what is forgotten; keep it
    #[arg(long, value_name = "CHECKPOINT")]
    against: PathBuf,

    /// Records from before this date, such as 2026-12-01 (UTC), or seconds since the epoch
    #[arg(long, value_name = "DATE", value_parser = when::parse)]
    before: UnixTime,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Verify(arguments) => verify(arguments).await,
                Self::Export(arguments) => export(arguments).await,
                Self::Checkpoint(arguments) => checkpoint(arguments).await,
                Self::Forget(arguments) => forget(arguments).await,
            }
        })
    }
}

/// Reads a checkpoint that was kept.
pub(crate) fn kept(path: &Path) -> Result<Checkpoint, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::of("--against", format_args!("{}: {why}", path.display()))
    };
    let length = fs::metadata(path).map_err(|why| wrong(&why))?.len();
    if length > MAX_CHECKPOINT {
        return Err(wrong(&"too long for a checkpoint"));
    }
    let text = fs::read_to_string(path).map_err(|why| wrong(&why))?;
    text.parse().map_err(|why| wrong(&why))
}

/// What was found of the chains.
struct Found {
    accounts: u64,
    records: u64,
    broken: Vec<(String, String)>,
}

async fn follow(service: &Service, against: Option<&Path>) -> Result<Found, Failure> {
    let against = against.map(kept).transpose()?;
    let mut found = Found {
        accounts: 0,
        records: 0,
        broken: Vec::new(),
    };
    service
        .verify_audits(against.as_ref(), |account| {
            found.accounts = found.accounts.saturating_add(1);
            match account.chain {
                Ok(records) => found.records = found.records.saturating_add(records),
                Err(broken) => {
                    let name = match account.external_id.is_empty() {
                        true => account.account.to_string(),
                        false => account.external_id.escape_debug().to_string(),
                    };
                    found.broken.push((name, broken.to_string()));
                }
            }
        })
        .await?;
    Ok(found)
}

fn tell(found: &Found, json: bool) -> Result<(), Failure> {
    for (account, why) in &found.broken {
        output::line(&if json {
            json!({ "account": account, "broken": why }).to_string()
        } else {
            format!("broken: {account}: {why}")
        })?;
    }
    Ok(())
}

async fn verify(arguments: &Verify) -> Result<Outcome, Failure> {
    let service = arguments.place.open().await?;
    let found = follow(&service, arguments.against.as_deref()).await?;
    tell(&found, arguments.json)?;
    let mut denied = service.denied_to_nobody().await?;
    for (organization, _) in service.organizations().await? {
        denied = denied.saturating_add(service.denied(organization.id).await?);
    }
    let Found {
        accounts, records, ..
    } = found;
    let broken = found.broken.len();
    output::line(&if arguments.json {
        json!({ "accounts": accounts, "records": records, "broken": broken, "denied_unknown": denied })
            .to_string()
    } else {
        format!(
            "{accounts} accounts, {records} records, {broken} broken chains; turned away unknown: {denied}"
        )
    })?;
    Ok(outcome(&found))
}

const fn outcome(found: &Found) -> Outcome {
    if found.broken.is_empty() {
        Outcome::Done
    } else {
        Outcome::Refused
    }
}

async fn export(arguments: &Export) -> Result<Outcome, Failure> {
    let service = arguments.place.open().await?;
    let mut people: Vec<(AccountId, String)> = Vec::new();
    for (organization, _) in service.organizations().await? {
        let everybody = service.everybody(organization.id).await?;
        people.extend(
            everybody
                .into_iter()
                .map(|person| (person.account.id, person.external_id)),
        );
    }
    let names: BTreeMap<String, String> = people
        .iter()
        .map(|(id, name)| (id.to_string(), name.clone()))
        .collect();
    if let Some(wanted) = &arguments.account {
        people.retain(|(id, name)| name == wanted || id.to_string() == *wanted);
        if people.is_empty() {
            return Err(Failure::of("--account", "no such account in this database"));
        }
    }
    for (id, _) in people {
        let mut told = Ok(());
        service
            .audit(id, |seq, record| {
                if told.is_ok() {
                    told = line(seq, &record, &names);
                }
                Ok(())
            })
            .await?;
        told?;
    }
    Ok(Outcome::Done)
}

/// A record with its number and the host's names beside the ids.
fn line(
    seq: u64,
    record: &loquet::audit::Record,
    names: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut object = serde_json::to_value(record).unwrap_or_default();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("seq".to_owned(), seq.into());
        for role in ["actor", "subject"] {
            let name = fields
                .get(role)
                .and_then(Value::as_str)
                .and_then(|id| names.get(id));
            if let Some(name) = name.cloned() {
                fields.insert(format!("{role}_name"), name.into());
            }
        }
    }
    output::line(&object.to_string())
}

async fn checkpoint(arguments: &Verify) -> Result<Outcome, Failure> {
    let service = arguments.place.open().await?;
    let found = follow(&service, arguments.against.as_deref()).await?;
    if !found.broken.is_empty() {
        // A signature now would bless what is missing.
        tell(&found, arguments.json)?;
        return Ok(Outcome::Refused);
    }
    output::raw(service.checkpoint().await?.to_string().as_bytes())?;
    Ok(Outcome::Done)
}

async fn forget(arguments: &Forget) -> Result<Outcome, Failure> {
    let service = arguments.place.open().await?;
    let signed = kept(&arguments.against)?;
    let forgotten = service.forget_audit(&signed, arguments.before).await?;
    output::line(&format!("{forgotten} records forgotten"))?;
    Ok(Outcome::Done)
}
