//! `loquet audit`: the log of every decision about an account: verified, exported, signed and forgotten.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use loquet::store::RowKey;
use loquet::{AccountId, Checkpoint, Operator, UnixTime, Verified};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::installation::{Database, tell_reading, wait};
use crate::output;
use crate::when;

/// No checkpoint is longer, in bytes: some five million accounts.
const MAX_CHECKPOINT: u64 = 1 << 30;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify every row, and the audit log of every account
    ///
    /// Finds rows that were altered, moved, made up or put back without the keys, and altered, removed and reordered records.
    /// An earlier state that was put back whole, rows and records, is found only with a checkpoint that was kept elsewhere.
    /// Exit code 1 when something is found.
    #[command(after_help = "Example:\n  loquet audit verify --db app.db --against kept.checkpoint")]
    Verify(Verify),
    /// Export the audit records as JSON Lines, account by account
    ///
    /// Each line says who, when, from where, what, the verdict and the rule.
    #[command(
        after_help = "Example:\n  loquet audit export --db app.db --account sofia > sofia.jsonl"
    )]
    Export(Export),
    /// Verify the audit log and print a signed checkpoint
    ///
    /// Keep it out of reach of those who can write the database. Records after the last checkpoint that is kept so can be
    /// cut off unseen.
    #[command(after_help = "Example:\n  loquet audit checkpoint --db app.db > kept.checkpoint")]
    Checkpoint(Verify),
    /// Forget old records that a checkpoint vouches for
    #[command(after_help = "\
Example:
  loquet audit forget --db app.db --against kept.checkpoint --before 2026-12-01")]
    Forget(Forget),
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    database: Database,

    /// A checkpoint that was kept elsewhere
    #[arg(long, value_name = "CHECKPOINT")]
    against: Option<PathBuf>,

    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    database: Database,

    /// One account alone, by id or by the host's name for it
    #[arg(long)]
    account: Option<String>,
}

#[derive(Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    database: Database,

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
    let unread =
        |why: io::Error| Failure::io("--against", format_args!("{}: {why}", path.display()));
    let wrong =
        |why: &dyn Display| Failure::of("--against", format_args!("{}: {why}", path.display()));
    let length = fs::metadata(path).map_err(unread)?.len();
    if length > MAX_CHECKPOINT {
        return Err(wrong(&"too long for a checkpoint"));
    }
    let bytes = fs::read(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|why| wrong(&why))?;
    text.parse().map_err(|why| wrong(&why))
}

/// The host's name for the account, or which row it is.
pub(crate) fn name(verified: &Verified) -> String {
    if verified.external_id.is_empty() {
        verified.row.to_string()
    } else {
        verified.external_id.clone()
    }
}

/// What was found of the rows and the chains.
struct Found {
    accounts: u64,
    records: u64,
    broken: Vec<Broken>,
}

/// A row that is not authentic, or whose chain is broken.
struct Broken {
    row: String,
    /// The host's name for the account, or the row's own where there is none.
    name: String,
    why: String,
}

async fn verify_chains(operator: &Operator, against: Option<&Path>) -> Result<Found, Failure> {
    let against = against.map(kept).transpose()?;
    let mut found = Found {
        accounts: 0,
        records: 0,
        broken: Vec::new(),
    };
    operator
        .verify_audits(against.as_ref(), |account| {
            if matches!(account.row, RowKey::Account(_)) {
                found.accounts = found.accounts.saturating_add(1);
            }
            match &account.chain {
                Ok(records) => found.records = found.records.saturating_add(*records),
                Err(broken) => found.broken.push(Broken {
                    row: account.row.to_string(),
                    name: name(&account).escape_debug().to_string(),
                    why: broken.to_string(),
                }),
            }
        })
        .await?;
    Ok(found)
}

fn tell(found: &Found, json: bool) -> Result<(), Failure> {
    for Broken { row, name, why } in &found.broken {
        output::line(&if json {
            json!({ "row": row, "account": name, "broken": why }).to_string()
        } else {
            format!("broken: {name}: {why}")
        })?;
    }
    Ok(())
}

async fn verify(arguments: &Verify) -> Result<Outcome, Failure> {
    let operator = arguments.database.open().await?;
    let found = verify_chains(&operator, arguments.against.as_deref()).await?;
    tell(&found, arguments.json)?;
    let mut rejections = operator.rejections_of_unknown_accounts().await?;
    for organization in operator.organizations().await? {
        rejections = rejections.saturating_add(operator.rejections(organization.id()).await?);
    }
    let Found {
        accounts, records, ..
    } = found;
    let broken = found.broken.len();
    output::line(&if arguments.json {
        json!({ "accounts": accounts, "records": records, "broken": broken, "rejections": rejections })
            .to_string()
    } else {
        format!(
            "{accounts} accounts, {records} records, {broken} broken; requests rejected before their user was known: {rejections}"
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
    let operator = arguments.database.open().await?;
    let mut accounts: Vec<(AccountId, String)> = Vec::new();
    for organization in operator.organizations().await? {
        let users = operator.users(organization.id()).await?;
        let named = users.iter();
        accounts.extend(named.map(|user| (user.account_id(), user.external_id().to_owned())));
    }
    let names: BTreeMap<String, String> = accounts
        .iter()
        .map(|(id, name)| (id.to_string(), name.clone()))
        .collect();
    if let Some(wanted) = &arguments.account {
        let id: Option<AccountId> = wanted.parse().ok();
        let has_id = accounts.iter().any(|(it, _)| Some(*it) == id);
        let of_name = accounts.iter().filter(|(it, _)| Some(*it) != id);
        let other_has_name = of_name.map(|(_, name)| name).any(|name| name == wanted);
        tell_reading(wanted, has_id, other_has_name);
        accounts.retain(|(it, name)| {
            if has_id {
                Some(*it) == id
            } else {
                name == wanted
            }
        });
        if accounts.is_empty() {
            return Err(Failure::of(
                "--account",
                format_args!(
                    "no account has the name or id `{}` in this database; `loquet account list` lists them",
                    wanted.escape_debug()
                ),
            ));
        }
    }
    for (id, _) in accounts {
        let mut told = Ok(());
        operator
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
    let operator = arguments.database.open().await?;
    let found = verify_chains(&operator, arguments.against.as_deref()).await?;
    if !found.broken.is_empty() {
        // A signature now would vouch for what is missing.
        tell(&found, arguments.json)?;
        return Ok(Outcome::Refused);
    }
    output::raw(operator.checkpoint().await?.to_string().as_bytes())?;
    Ok(Outcome::Done)
}

async fn forget(arguments: &Forget) -> Result<Outcome, Failure> {
    let operator = arguments.database.open().await?;
    let signed = kept(&arguments.against)?;
    let forgotten = operator.forget_audit(&signed, arguments.before).await?;
    output::line(&format!("{forgotten} records forgotten"))?;
    Ok(Outcome::Done)
}
