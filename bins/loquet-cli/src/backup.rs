//! `loquet backup` and `loquet restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use loquet::{Mfa, Restored};
use loquet_sqlite::{Restore, SqliteStore};
use serde_json::{Value, json};

use crate::audit::kept;
use crate::failure::{Failure, Outcome};
use crate::installation::{Database, wait};
use crate::output;
use crate::when;

#[derive(Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    database: Database,

    /// The new file
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,

    /// The backup
    file: PathBuf,

    /// Replace the database that is there; it is kept beside the new one. First stop every program that uses it
    #[arg(long)]
    replace: bool,

    /// A checkpoint of the audit log from after the backup, to list what is missing since
    #[arg(long, value_name = "CHECKPOINT")]
    against: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let wrong = |why| Failure::backup("backup", &why);
        // The keyring is needed on purpose: a backup that no key decrypts is worthless.
        wait(async { Ok(self.database.open().await?.mark_backup().await?) })?;
        loquet_sqlite::backup(self.database.path(), &self.file).map_err(wrong)?;
        output::line(&format!(
            "{} is a copy of this moment; keep a copy of the keys elsewhere",
            self.file.display()
        ))?;
        Ok(Outcome::Done)
    }
}

impl Arguments {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let wrong = |why| Failure::backup("restore", &why);
        let kept = self.against.as_deref().map(kept).transpose()?;
        let ring = self.database.keys().ring()?;
        let restore =
            Restore::begin(&self.file, self.database.path(), self.replace).map_err(wrong)?;
        let store =
            SqliteStore::open(restore.path()).map_err(|why| Failure::opening("restore", &why))?;
        let done = wait(async {
            let operator = Mfa::builder(store).keyring(ring).open_operator().await?;
            Ok(operator.restored(kept.as_ref()).await?)
        })?;
        let aside = restore.finish().map_err(wrong)?;
        if self.json {
            output::line(&object(&done, aside.as_deref()).to_string())?;
        } else {
            for line in lines(&done, aside.as_deref()) {
                output::line(&line)?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// The accounts that are not as the checkpoint has them, and why.
fn lost(done: &Restored) -> impl Iterator<Item = (String, String)> {
    done.lost.iter().map(|account| {
        let why = account.chain.as_ref().err().map(ToString::to_string);
        (crate::audit::name(account), why.unwrap_or_default())
    })
}

fn object(done: &Restored, aside: Option<&Path>) -> Value {
    let lost = lost(done).map(|(account, why)| json!({ "account": account, "why": why }));
    json!({
        "accounts": done.accounts,
        "taken": done.taken.map(|at| at.0),
        "now": done.now.0,
        "reset_codes_void": done.reset_codes,
        "recovery_void": done.recovery,
        "lost": lost.collect::<Vec<_>>(),
        "aside": aside,
    })
}

fn lines(done: &Restored, aside: Option<&Path>) -> Vec<String> {
    let taken = done.taken.map(when::text);
    let taken = taken.as_deref().unwrap_or("an unknown time");
    let now = when::text(done.now);
    let mut lines = vec![
        format!(
            "{} accounts as of {taken}; every session is over",
            done.accounts
        ),
        format!(
            "lost: all decisions between {taken} and {now}. Compare the notices that went out: enrollments and resets, \
             roles, deactivations, mandates, access rules"
        ),
    ];
    for (account, why) in lost(done) {
        lines.push(format!("lost of {}: {why}", account.escape_debug()));
    }
    for account in &done.reset_codes {
        let account = account.escape_debug();
        lines.push(format!(
            "{account}: the reset code is void, another reset is needed"
        ));
    }
    for account in &done.recovery {
        let account = account.escape_debug();
        lines.push(format!("{account}: the recovery codes are void"));
    }
    if let Some(aside) = aside {
        let aside = aside.display();
        lines.push(format!("the database that was there is {aside} now"));
    }
    lines
}
