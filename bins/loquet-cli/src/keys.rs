//! `loquet keys`: the key ring, and putting a new key in an old one's place while the service runs.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use clap::{Args, Subcommand};
use loquet::{Keyring, Sealed};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::house::{Place, wait};
use crate::output;
use crate::ring::id;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Which keys there are, and how much is sealed under each
    Status(Arguments),
    /// Adds a new key that waits: it opens, and seals only after `keys rotate`. First restart every service that uses
    /// the database, so that all know it
    Add(Arguments),
    /// Seals everything anew under the newest key, while the service runs. Cut off, it goes on where it was
    Rotate(Arguments),
    /// Takes a key out that nothing is sealed under any more. Backups from before need it: keep it with them
    Retire(Retire),
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,

    /// A line of JSON for each thing told
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    place: Place,

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
    let ring = arguments.place.keys().ring()?;
    let sealed = arguments.place.open().await?.sealed().await?;
    let mut keys: BTreeMap<u32, u64> = ring.ids().map(|id| (id, 0)).collect();
    keys.extend(&sealed.under);
    for (id, accounts) in keys {
        let does = match id.cmp(&ring.current()) {
            std::cmp::Ordering::Less => "opens",
            std::cmp::Ordering::Equal => "seals",
            std::cmp::Ordering::Greater => "waits",
        };
        let needed = sealed.needs(id);
        if arguments.json {
            let line = json!({ "key": id, "does": does, "accounts": accounts, "needed": needed });
            output::line(&line.to_string())?;
        } else {
            let needed = if needed { "" } else { ", can go" };
            let needed = if does == "opens" { needed } else { "" };
            output::line(&format!("key {id} {does}: {accounts} accounts{needed}"))?;
        }
    }
    Ok(Outcome::Done)
}

fn add(arguments: &Arguments) -> Result<Outcome, Failure> {
    let keys = arguments.place.keys();
    let newest = keys.ring()?.ids().max().unwrap_or(0);
    let id = newest
        .checked_add(1)
        .ok_or_else(|| Failure::of("--key", "its numbers are used up"))?;
    let key =
        zeroize::Zeroizing::new(loquet::random().map_err(|why| Failure::of("randomness", why))?);
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
    let keys = arguments.place.keys();
    let ring = keys.ring()?;
    if ring.ids().max() != Some(ring.current()) {
        keys.rewrite(|line| Some(line.replace(" waiting", "")), "")?;
    }
    let service = arguments.place.open().await?;
    let before = service.sealed().await?;
    let bar = std::io::stderr().is_terminal() && !arguments.json;
    let done = service
        .reseal(|done| {
            if bar {
                output::progress(done.seen, before.accounts);
            }
        })
        .await?;
    if bar {
        output::progressed();
    }
    let after = service.sealed().await?;
    let current = keys.ring()?.current();
    if arguments.json {
        let line = json!({ "key": current, "accounts": after.accounts, "anew": done.anew, "left": after.outdated });
        output::line(&line.to_string())?;
    } else {
        output::line(&format!(
            "key {current} seals: {} of {} accounts sealed anew",
            done.anew, after.accounts
        ))?;
    }
    if after.outdated > 0 {
        output::note(&format!(
            "{} accounts fell back under an older key meanwhile: restart the services that still seal with it, and run this again",
            after.outdated
        ));
    }
    Ok(Outcome::Done)
}

async fn retire(arguments: &Retire) -> Result<Outcome, Failure> {
    let keys = arguments.place.keys();
    let ring = keys.ring()?;
    let key = arguments.id;
    if !ring.ids().any(|id| id == key) {
        return Err(Failure::of("ID", format_args!("there is no key {key}")));
    }
    let sealed: Sealed = arguments.place.open().await?.sealed().await?;
    if key == ring.current() || sealed.needs(key) {
        let accounts = sealed.under.get(&key).copied().unwrap_or(0);
        output::line(&format!(
            "refused: key {key} is in use ({accounts} accounts); `loquet keys add` and `loquet keys rotate` come first"
        ))?;
        return Ok(Outcome::Refused);
    }
    keys.rewrite(|line| (id(line) != Some(key)).then(|| line.to_owned()), "")?;
    output::line(&format!(
        "key {key} is gone: restart the services. Backups from before need it"
    ))?;
    Ok(Outcome::Done)
}
