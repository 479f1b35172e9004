//! `loquet keys`: the keyring, and its rotation while the service runs.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use clap::{Args, Subcommand};
use loquet::Keyring;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::installation::{Database, wait};
use crate::output;
use crate::ring::id;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show the keys, and how many rows need each
    #[command(after_help = "Example:\n  loquet keys status --db app.db")]
    Status(Arguments),
    /// Add a new key that waits: it decrypts, and does not encrypt yet
    ///
    /// Then restart every service that uses the database, so that all know it, and run `loquet keys rotate`.
    #[command(after_help = "Example:\n  loquet keys add --db app.db")]
    Add(Arguments),
    /// Write everything anew under the newest key, while services run
    ///
    /// Interrupted, it goes on where it was.
    #[command(after_help = "Example:\n  loquet keys rotate --db app.db")]
    Rotate(Arguments),
    /// Remove a key that nothing needs any more
    ///
    /// The sessions that it signed are over. Backups from before need it: keep it with them.
    #[command(after_help = "Example:\n  loquet keys retire 1 --db app.db")]
    Retire(Retire),
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,

    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    database: Database,

    /// The number of the key
    id: u32,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        match self {
            Self::Status(arguments) => wait(status(arguments)),
            Self::Add(arguments) => add(arguments),
            Self::Rotate(arguments) => wait(rotate(arguments)),
            Self::Retire(arguments) => wait(retire(arguments)),
        }
    }
}

async fn status(arguments: &Arguments) -> Result<Outcome, Failure> {
    let ring = arguments.database.keys()?.ring()?;
    let usage = arguments.database.open().await?.key_use().await?;
    let known = ring.ids().chain(usage.notices.keys().copied());
    let mut keys: BTreeMap<u32, u64> = known.map(|id| (id, 0)).collect();
    keys.extend(&usage.under);
    for (id, rows) in keys {
        let notices = usage.notices.get(&id).copied().unwrap_or(0);
        let does = match id.cmp(&ring.current()) {
            std::cmp::Ordering::Less => "decrypts",
            std::cmp::Ordering::Equal => "encrypts",
            std::cmp::Ordering::Greater => "waits",
        };
        let needed = usage.needs(id);
        if arguments.json {
            let line = json!({ "key": id, "does": does, "rows": rows, "notices": notices, "needed": needed });
            output::line(&line.to_string())?;
        } else {
            let needed = if needed { "" } else { ", can be retired" };
            let needed = if does == "decrypts" { needed } else { "" };
            output::line(&format!(
                "key {id} {does}: {rows} rows, {notices} notices{needed}"
            ))?;
        }
    }
    Ok(Outcome::Done)
}

fn add(arguments: &Arguments) -> Result<Outcome, Failure> {
    let keys = arguments.database.keys()?;
    let newest = keys.ring()?.ids().max().unwrap_or(0);
    let id = newest
        .checked_add(1)
        .ok_or_else(|| Failure::of("--key", "its numbers are used up"))?;
    let key =
        zeroize::Zeroizing::new(loquet::random().map_err(|why| Failure::io("randomness", why))?);
    let line = Keyring::line(id, &key);
    let line = zeroize::Zeroizing::new([line.trim_end(), " waiting\n"].concat());
    keys.rewrite(|line| Some(line.to_owned()), &line)?;
    if arguments.json {
        output::line(&json!({ "key": id, "does": "waits" }).to_string())?;
    } else {
        output::line(&format!(
            "key {id} waits: restart every service that uses this database, then `loquet keys rotate`"
        ))?;
    }
    Ok(Outcome::Done)
}

async fn rotate(arguments: &Arguments) -> Result<Outcome, Failure> {
    let keys = arguments.database.keys()?;
    let ring = keys.ring()?;
    if ring.ids().max() != Some(ring.current()) {
        keys.rewrite(|line| Some(line.replace(" waiting", "")), "")?;
    }
    let operator = arguments.database.open().await?;
    let before = operator.key_use().await?;
    let bar = std::io::stderr().is_terminal() && !arguments.json;
    let done = operator
        .rotate_keys(|done| {
            if bar {
                output::progress(done.seen, before.rows);
            }
        })
        .await?;
    if bar {
        output::progressed();
    }
    let after = operator.key_use().await?;
    let current = keys.ring()?.current();
    if arguments.json {
        let line = json!({ "key": current, "rows": after.rows, "anew": done.anew, "left": after.outdated });
        output::line(&line.to_string())?;
    } else {
        output::line(&format!(
            "key {current} encrypts: {} of {} rows written anew",
            done.anew, after.rows
        ))?;
    }
    if after.outdated > 0 {
        output::note(&format!(
            "{} rows were written under an older key meanwhile: restart the services that still use it, and run this again",
            after.outdated
        ));
    }
    Ok(Outcome::Done)
}

async fn retire(arguments: &Retire) -> Result<Outcome, Failure> {
    let keys = arguments.database.keys()?;
    let ring = keys.ring()?;
    let key = arguments.id;
    if !ring.ids().any(|id| id == key) {
        return Err(Failure::of(
            "ID",
            format_args!("there is no key {key}; `loquet keys status` lists them"),
        ));
    }
    let usage = arguments.database.open().await?.key_use().await?;
    if key == ring.current() || usage.needs(key) {
        let count = |keys: &BTreeMap<u32, u64>| keys.get(&key).copied().unwrap_or(0);
        let (rows, notices) = (count(&usage.under), count(&usage.notices));
        output::line(&format!(
            "refused: key {key} is in use ({rows} rows, {notices} notices); `loquet keys add` and `loquet keys rotate` come first, and what waits must be delivered"
        ))?;
        return Ok(Outcome::Refused);
    }
    keys.rewrite(|line| (id(line) != Some(key)).then(|| line.to_owned()), "")?;
    output::line(&format!(
        "key {key} is removed: restart the services. Sessions that it signed are over, and backups from before need it"
    ))?;
    Ok(Outcome::Done)
}
