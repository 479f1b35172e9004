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
    Copy(Pair),
    /// Compare two databases row by row, where a copy was interrupted in that
    #[command(
        after_help = "Example:\n  loquet store compare --from app.db --to postgres://owner@localhost/app"
    )]
    Compare(Pair),
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
pub(crate) struct Pair {
    /// The SQLite file, or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "DATABASE")]
    from: Place,

    /// The other: for a copy a new SQLite file, or a PostgreSQL database without rows of Loquet
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
                Self::Copy(pair) => pair.copy().await,
                Self::Compare(pair) => pair.compare().await,
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

impl Pair {
    async fn copy(&self) -> Result<Outcome, Failure> {
        let bar = std::io::stderr().is_terminal();
        copy(&self.from, &self.to, bar).await?;
        self.compare().await
    }

    async fn compare(&self) -> Result<Outcome, Failure> {
        let count = compare(&self.from, &self.to).await?;
        if self.json {
            output::line(&json!({ "same": count }).to_string())?;
        } else {
            output::line(&format!(
                "the two databases are the same: {count} rows, audit records and notices. Use the same keys with {}",
                self.to
            ))?;
        }
        Ok(Outcome::Done)
    }
}

/// Copies a database into a new one.
pub(crate) async fn copy(from: &Place, to: &Place, bar: bool) -> Result<(), Failure> {
    match from {
        Place::Sqlite(path) => {
            place::check("--from", path)?;
            copy_into(&from.sqlite("--from", path)?, to, bar).await
        }
        Place::Postgres(options) => {
            copy_into(&from.postgres("--from", options).await?, to, bar).await
        }
    }
}

async fn copy_into(from: &impl Store, to: &Place, bar: bool) -> Result<(), Failure> {
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

async fn fill(from: &impl Store, mut to: impl Receive, bar: bool) -> Result<(), Failure> {
    let copied = store::copy(from, &mut to, |count| {
        if bar {
            output::counted(count);
        }
    });
    let copied = copied.await;
    if bar {
        output::progressed();
    }
    let finished = async {
        copied?;
        to.finish().await
    };
    finished.await.map_err(|why| {
        Failure::io(
            "store copy",
            format_args!("{why}; run it again, and it goes on"),
        )
    })
}

/// Compares two databases, and returns how many rows they have.
async fn compare(from: &Place, to: &Place) -> Result<u64, Failure> {
    match from {
        Place::Sqlite(path) => {
            place::check("--from", path)?;
            compare_with(&from.sqlite("--from", path)?, to).await
        }
        Place::Postgres(options) => {
            compare_with(&from.postgres("--from", options).await?, to).await
        }
    }
}

async fn compare_with(from: &impl Store, to: &Place) -> Result<u64, Failure> {
    let compared = match to {
        Place::Sqlite(path) => {
            place::check("--to", path)?;
            store::compare(from, &to.sqlite("--to", path)?).await
        }
        Place::Postgres(options) => {
            store::compare(from, &to.postgres("--to", options).await?).await
        }
    };
    compared.map_err(|why| Failure::io("store compare", why))
}
