//! `loquet store`: the tables themselves.

use std::io::IsTerminal;

use clap::{Args, Subcommand};
use loquet::store::{self, Receive, Store};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::installation::wait;
use crate::output;
use crate::place::{self, Place};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create the tables in a PostgreSQL database, if they are not there
    ///
    /// Run it as a role that may create tables. The role of the service needs fewer rights: see
    /// crates/loquet-postgres/schema/roles.sql.
    #[command(after_help = "Example:\n  loquet store migrate --db postgres://owner@localhost/app")]
    Migrate(Migrate),
    /// Copy all rows into a new database, from SQLite to PostgreSQL or back
    ///
    /// Stop the services first. Nothing is decrypted: the keys stay the same, and move along. Interrupted, it begins again and
    /// leaves out what is there. At the end the two databases are compared row by row; no service opens the new one before that.
    #[command(
        after_help = "Example:\n  loquet store copy --from app.db --to postgres://owner@localhost/app"
    )]
    Copy(Copy),
}

#[derive(Args)]
pub(crate) struct Migrate {
    /// postgres://USER@HOST/DATABASE
    #[arg(
        long,
        value_name = "DATABASE",
        env = "LOQUET_DB",
        hide_env_values = true
    )]
    db: Place,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// The SQLite file, or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "DATABASE")]
    from: Place,

    /// A new SQLite file, or a PostgreSQL database without rows of Loquet
    #[arg(long, value_name = "DATABASE")]
    to: Place,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        wait(async {
            match self {
                Self::Migrate(arguments) => arguments.run().await,
                Self::Copy(arguments) => arguments.run().await,
            }
        })
    }
}

impl Migrate {
    async fn run(&self) -> Result<Outcome, Failure> {
        let Place::Postgres(options) = &self.db else {
            let why = "the service creates its SQLite file itself; name a PostgreSQL database";
            return Err(Failure::of("--db", why));
        };
        let pool = place::connect("--db", options).await?;
        let migrated = loquet_postgres::migrate(&pool).await;
        migrated.map_err(|why| self.db.not_open("--db", &why))?;
        output::line(&format!("{} has Loquet's tables", self.db))?;
        Ok(Outcome::Done)
    }
}

impl Copy {
    async fn run(&self) -> Result<Outcome, Failure> {
        let count = copy(&self.from, &self.to, std::io::stderr().is_terminal()).await?;
        if self.json {
            output::line(&json!({ "copied": count }).to_string())?;
        } else {
            output::line(&format!(
                "{count} rows, audit records and notices copied, and both databases compared: they are the same. Use the same keys with {}",
                self.to
            ))?;
        }
        Ok(Outcome::Done)
    }
}

/// Copies a database into a new one, and returns how many rows there are.
pub(crate) async fn copy(from: &Place, to: &Place, bar: bool) -> Result<u64, Failure> {
    match from {
        Place::Sqlite(path) => {
            place::check("--from", path)?;
            copy_from(&from.sqlite("--from", path)?, to, bar).await
        }
        Place::Postgres(options) => {
            copy_from(&from.postgres("--from", options).await?, to, bar).await
        }
    }
}

async fn copy_from(from: &impl Store, to: &Place, bar: bool) -> Result<u64, Failure> {
    match to {
        Place::Sqlite(path) => {
            let receiver = loquet_sqlite::Receiver::create(path);
            fill(
                from,
                receiver.map_err(|why| Failure::opening("--to", &why))?,
                bar,
            )
            .await
        }
        Place::Postgres(options) => {
            let pool = place::connect("--to", options).await?;
            let receiver = loquet_postgres::Receiver::create(pool).await;
            fill(
                from,
                receiver.map_err(|why| to.not_open("--to", &why))?,
                bar,
            )
            .await
        }
    }
}

async fn fill(from: &impl Store, to: impl Receive, bar: bool) -> Result<u64, Failure> {
    let copied = store::copy(from, to, |count| {
        if bar {
            output::counted(count);
        }
    });
    let copied = copied.await;
    if bar {
        output::progressed();
    }
    copied.map_err(|why| Failure::io("store copy", why))
}
