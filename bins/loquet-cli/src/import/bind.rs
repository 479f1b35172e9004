//! Binding what a file gives, and saying line by line what became of it.

use std::fmt::Display;
use std::io::IsTerminal;
use std::time::Duration;

use loquet::{Config, Error, HostTx, Mfa};
use loquet_sqlite::HostTransaction;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;
use sqlx::postgres::PgPool;

use super::rows::{Given, Read};
use crate::failure::{Failure, Outcome};
use crate::installation;
use crate::output;
use crate::place::{self, Place};

/// Lines that are bound in one transaction.
const BATCH: usize = 500;
/// The warning about a weak key.
const WEAK: &str = "its key has fewer than 128 bits; the owner is advised to replace it";
/// How long a locked database is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a line.
enum Done {
    Imported,
    /// With a key of less than 128 bits.
    Weak,
    AlreadyThere,
    Refused(String),
}

/// A line of the file, and the account or the token that it names, where there is one: in a file whose columns are swapped
/// the name is a secret.
struct Line {
    number: u64,
    name: String,
    done: Done,
}

#[derive(Default)]
struct Sum {
    imported: u64,
    already_there: u64,
    refused: u64,
}

/// How the outcome is told.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// What names a line in JSON: `account` or `serial`.
    pub(super) name: &'static str,
    /// Whether nothing is kept of it.
    pub(super) would: bool,
}

pub(super) async fn all(
    at: &installation::Arguments,
    rows: Vec<Read>,
    told: Told,
) -> Result<Outcome, Failure> {
    let installation = at.open().await?;
    let mut connection = Connected::to(at.place()).await?;
    let (mut sum, all) = (Sum::default(), rows.len());
    let shows_progress = std::io::stderr().is_terminal();
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        // What a line says is true once it is printed.
        for line in connection.bind(installation.mfa(), batch).await? {
            told.tell(&line, at.json())?;
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
    told.conclude(&sum, at.json())
}

impl Told {
    fn tell(self, line: &Line, json: bool) -> Result<(), Failure> {
        let Line { number, name, done } = line;
        let (outcome, reason) = match done {
            Done::Imported => ("imported", None),
            Done::Weak => ("imported", Some(WEAK)),
            Done::AlreadyThere => ("already_there", None),
            Done::Refused(why) => ("refused", Some(why.as_str())),
        };
        if json {
            let object =
                json!({ "line": number, self.name: name, "outcome": outcome, "reason": reason });
            return output::line(&object.to_string());
        }
        let Some(why) = reason else {
            return Ok(());
        };
        let name = match name.as_str() {
            "" => String::new(),
            name => format!("{}: ", name.escape_debug()),
        };
        output::line(&format!("line {number}: {name}{outcome}: {why}"))
    }

    fn conclude(self, sum: &Sum, json: bool) -> Result<Outcome, Failure> {
        let Sum {
            imported,
            already_there,
            refused,
        } = sum;
        if !json {
            let would = if self.would { "would be " } else { "" };
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

/// A connection of the command's own, whose transactions bind what the lines give.
enum Connected {
    Sqlite(Connection),
    Postgres(PgPool),
}

impl Connected {
    async fn to(place: &Place) -> Result<Self, Failure> {
        Ok(match place {
            Place::Sqlite(path) => {
                let connection = Connection::open(path).map_err(locked)?;
                connection.busy_timeout(PATIENCE).map_err(locked)?;
                let durable = connection.pragma_update(None, "synchronous", "FULL");
                durable.map_err(locked)?;
                Self::Sqlite(connection)
            }
            Place::Postgres(options) => Self::Postgres(place::connect("--db", options).await?),
        })
    }

    /// Binds what some lines give in one transaction.
    async fn bind(&mut self, mfa: &Mfa, rows: Vec<Read>) -> Result<Vec<Line>, Failure> {
        match self {
            Self::Sqlite(connection) => {
                let behavior = TransactionBehavior::Immediate;
                let transaction = connection.transaction_with_behavior(behavior);
                let mut transaction = HostTransaction::from(transaction.map_err(locked)?);
                let lines = bind_all(mfa, &mut transaction, rows).await?;
                transaction.into_inner().commit().map_err(locked)?;
                Ok(lines)
            }
            Self::Postgres(pool) => {
                let transaction = pool.begin().await.map_err(locked)?;
                let mut transaction = loquet_postgres::HostTransaction::from(transaction);
                let lines = bind_all(mfa, &mut transaction, rows).await?;
                transaction.into_inner().commit().await.map_err(locked)?;
                Ok(lines)
            }
        }
    }
}

fn locked(why: impl Display) -> Failure {
    Failure::io("--db", why)
}

async fn bind_all(
    mfa: &Mfa,
    transaction: &mut impl HostTx,
    rows: Vec<Read>,
) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    for row in rows {
        lines.push(bind(mfa, transaction, row).await?);
    }
    Ok(lines)
}

async fn bind(mfa: &Mfa, transaction: &mut impl HostTx, row: Read) -> Result<Line, Failure> {
    // One after the other: a list of all accounts takes kilobytes for each.
    let known = match &row.given {
        Ok(Given::Token(_)) => None,
        _ => mfa.provision().find(&row.name).await?,
    };
    let mut provision = mfa.provision_in(transaction);
    let line = |name, done| Line {
        number: row.line,
        name,
        done,
    };
    let (bound, imported) = match (row.given, known) {
        (Err(why), None) => return Ok(line(String::new(), Done::Refused(why))),
        (Err(why), Some(_)) => return Ok(line(row.name, Done::Refused(why))),
        (Ok(Given::Token(token)), _) => (provision.add_token(token).await, Done::Imported),
        (Ok(Given::Authenticator(authenticator, weak)), Some(account)) => {
            let imported = if weak { Done::Weak } else { Done::Imported };
            let bound = provision.import_authenticator(account, authenticator);
            (bound.await, imported)
        }
        (Ok(Given::Authenticator(..)), None) => {
            let why = "no account has the name on this line; `loquet account sync` makes accounts";
            return Ok(line(String::new(), Done::Refused(why.to_owned())));
        }
    };
    let done = match bound {
        Ok(true) => imported,
        Ok(false) => Done::AlreadyThere,
        Err(Error::Refused(refusal)) => Done::Refused(refusal.code().to_owned()),
        // Keys that do not open are no fault of this line.
        Err(Error::Config(why)) if !matches!(why, Config::Keys(_)) => {
            Done::Refused(why.to_string())
        }
        Err(other) => return Err(other.into()),
    };
    Ok(line(row.name, done))
}
