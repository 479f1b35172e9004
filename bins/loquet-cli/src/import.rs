//! `loquet import`: the authenticators that people already have, from another service's tables.

mod rows;
mod source;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};
use loquet::{AccountId, Error, Mfa};
use loquet_sqlite::HostTransaction;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::installation;
use crate::output;
use source::{Opener, Source};

/// The longest file, in bytes: some half a million users.
const MAX_FILE: usize = 64 << 20;
/// Authenticators that are bound in one transaction.
const BATCH: usize = 500;
/// The warning about a weak key.
const WEAK: &str = "its key has fewer than 128 bits; the owner is advised to replace it";
/// How long a locked database is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct Import {
    #[command(flatten)]
    at: installation::Arguments,

    /// The authenticators; `-` reads them from standard input
    file: String,

    /// How the file is written
    #[arg(long, value_enum)]
    format: Format,

    /// The software that keeps the secrets under a key of its own
    #[arg(long, value_enum, requires = "source_key")]
    source: Option<Source>,

    /// The file of that key; `-` reads it from standard input
    #[arg(long, value_name = "FILE", requires = "source")]
    source_key: Option<String>,

    /// Say what would be done, on a copy of the database that is removed afterwards
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A key URI a line; the account in its label is the user's name at the host
    Uris,
    /// A header line, then an authenticator a line
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// What became of a line.
enum Done {
    Imported,
    /// With a key of less than 128 bits.
    Weak,
    AlreadyThere,
    Refused(String),
}

/// A line of the file, and the user that it names, if it can be read so far.
struct Line {
    number: u64,
    account: String,
    done: Done,
}

#[derive(Default)]
struct Sum {
    imported: u64,
    already_there: u64,
    refused: u64,
}

impl Import {
    pub(crate) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let rows = self.read(stdin)?;
        if !self.dry_run {
            return self.bind_all(&self.at, rows).await;
        }
        let folder = tempfile::tempdir().map_err(|why| Failure::io("--dry-run", why))?;
        let copy = folder.path().join("copy.db");
        loquet_sqlite::backup(self.at.path(), &copy)
            .map_err(|why| Failure::backup("--dry-run", &why))?;
        self.bind_all(&self.at.with_copy(&copy), rows).await
    }

    fn read(&self, stdin: &mut Stdin) -> Result<Vec<rows::Read>, Failure> {
        let opener = self.opener(stdin)?;
        let text = stdin.file("FILE", &self.file, MAX_FILE)?;
        let rows = rows::read(self.format, &text, opener.as_ref()).map_err(|why| {
            let file = self.file.escape_debug();
            Failure::of("FILE", format_args!("{file}: {why}; nothing was imported"))
        })?;
        match opener.and_then(|opener| opener.misfit()) {
            Some(count) => Err(Failure::of(
                "--source-key",
                format_args!(
                    "this key opens none of {count} secrets: name the key file of the service that wrote them; nothing was imported"
                ),
            )),
            None => Ok(rows),
        }
    }

    fn opener(&self, stdin: &mut Stdin) -> Result<Option<Opener>, Failure> {
        let (Some(source), Some(path)) = (self.source, &self.source_key) else {
            return Ok(None);
        };
        let why = match self.format {
            Format::Csv | Format::Jsonl if self.file != "-" || path != "-" => {
                return Opener::read(source, path, stdin).map(Some);
            }
            Format::Csv | Format::Jsonl => "FILE and the key cannot both come from standard input",
            Format::Uris => "only the formats csv and jsonl have encrypted secrets",
        };
        Err(Failure::of("--source-key", why))
    }

    async fn bind_all(
        &self,
        at: &installation::Arguments,
        rows: Vec<rows::Read>,
    ) -> Result<Outcome, Failure> {
        let installation = at.open().await?;
        let accounts = installation.users().await?;
        let accounts: BTreeMap<_, _> = accounts
            .iter()
            .map(|user| (user.external_id().to_owned(), user.account_id()))
            .collect();
        let mut connection = connect(at.path())?;
        let (mut sum, all) = (Sum::default(), rows.len());
        let shows_progress = std::io::stderr().is_terminal();
        let mut rows = rows.into_iter();
        loop {
            let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            // What a line says is true once it is printed.
            for line in bind_batch(installation.mfa(), &mut connection, &accounts, batch).await? {
                self.tell(&line, at.json())?;
                sum.count(&line.done);
            }
            if shows_progress {
                let left = u64::try_from(rows.len()).unwrap_or(0);
                let all = u64::try_from(all).unwrap_or(0);
                output::progress(all.saturating_sub(left), all);
            }
        }
        if shows_progress {
            output::progressed();
        }
        self.conclude(&sum, at.json())
    }

    fn tell(&self, line: &Line, json: bool) -> Result<(), Failure> {
        let Line {
            number,
            account,
            done,
        } = line;
        let (outcome, reason) = match done {
            Done::Imported => ("imported", None),
            Done::Weak => ("imported", Some(WEAK)),
            Done::AlreadyThere => ("already_there", None),
            Done::Refused(why) => ("refused", Some(why.as_str())),
        };
        if json {
            let object =
                json!({ "line": number, "account": account, "outcome": outcome, "reason": reason });
            return output::line(&object.to_string());
        }
        match reason {
            Some(why) => {
                let account = account.escape_debug();
                output::line(&format!("line {number}: {account}: {outcome}: {why}"))
            }
            None => Ok(()),
        }
    }

    fn conclude(&self, sum: &Sum, json: bool) -> Result<Outcome, Failure> {
        let Sum {
            imported,
            already_there,
            refused,
        } = sum;
        if !json {
            let would = if self.dry_run { "would be " } else { "" };
            output::line(&format!(
                "{imported} {would}imported, {already_there} there already, {refused} refused"
            ))?;
        }
        Ok(if *refused == 0 {
            Outcome::Done
        } else {
            Outcome::Refused
        })
    }
}

impl Sum {
    fn count(&mut self, done: &Done) {
        let count = match done {
            Done::Imported | Done::Weak => &mut self.imported,
            Done::AlreadyThere => &mut self.already_there,
            Done::Refused(_) => &mut self.refused,
        };
        *count = count.saturating_add(1);
    }
}

fn connect(path: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open(path).map_err(|why| Failure::io("--db", why))?;
    let patient = connection.busy_timeout(PATIENCE);
    patient
        .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
        .map_err(|why| Failure::io("--db", why))?;
    Ok(connection)
}

/// Binds the authenticators of some lines in one transaction.
async fn bind_batch(
    mfa: &Mfa,
    connection: &mut Connection,
    accounts: &BTreeMap<String, AccountId>,
    rows: Vec<rows::Read>,
) -> Result<Vec<Line>, Failure> {
    let locked = |why| Failure::io("--db", why);
    let behavior = TransactionBehavior::Immediate;
    let transaction = connection
        .transaction_with_behavior(behavior)
        .map_err(locked)?;
    let mut transaction = HostTransaction::from(transaction);
    let mut lines = Vec::new();
    for row in rows {
        let known = accounts.get(&row.account).copied();
        let done = match (row.authenticator, known) {
            (Err(why), _) => Done::Refused(why),
            (Ok(_), None) => Done::Refused(
                "no account has this name; `loquet account sync` makes accounts".to_owned(),
            ),
            (Ok((authenticator, weak)), Some(account)) => {
                let mut provision = mfa.provision_in(&mut transaction);
                match provision.import_authenticator(account, authenticator).await {
                    Ok(true) if weak => Done::Weak,
                    Ok(true) => Done::Imported,
                    Ok(false) => Done::AlreadyThere,
                    Err(Error::Refused(refusal)) => Done::Refused(refusal.code().to_owned()),
                    Err(Error::Config(why)) => Done::Refused(why.to_string()),
                    Err(other) => return Err(other.into()),
                }
            }
        };
        lines.push(Line {
            number: row.line,
            account: row.account,
            done,
        });
    }
    transaction.into_inner().commit().map_err(locked)?;
    Ok(lines)
}
