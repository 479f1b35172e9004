//! The flags.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use sqlx::postgres::PgConnectOptions;

use crate::failure::Failure;

pub(crate) const DEFAULT_DATABASE: &str = "target/loquet-demo.db";

/// "À petits pas": a childcare service with multi-factor log-in, to click through.
///
/// Exit codes: 0 done, 2 bad input, 3 the database or its key file cannot be used, 4 the address cannot be listened on.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// Address and port to listen on; port 0 takes a free one. Browsers open an IP address or localhost; other host names are
    /// refused.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// The SQLite file, whose key file lies beside it with `.key` added to its name; or a PostgreSQL database,
    /// `postgres://USER@HOST/DATABASE`, which any number of demos share.
    #[arg(long, value_name = "DATABASE", default_value = DEFAULT_DATABASE)]
    db: PathBuf,

    /// The key file of a PostgreSQL database, the same for each demo on it. The first one creates it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Start over: delete the demo's own SQLite file first. The key file stays, and files of anything else are left alone.
    #[arg(long)]
    fresh: bool,

    /// A MaxMind database of countries (GeoLite2-Country, DB-IP Country Lite). Without it four networks stand for Canada,
    /// France and the United States.
    #[arg(long, value_name = "FILE")]
    pub(crate) countries: Option<PathBuf>,

    /// Print the address, the accounts and what to try as one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where the data are.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    Sqlite { file: &'a Path, fresh: bool },
    Postgres(Box<PgConnectOptions>, &'a Path),
}

impl Cli {
    pub(crate) fn source(&self) -> Result<Source<'_>, Failure> {
        let schemes = ["postgres://", "postgresql://"];
        let url = self.db.to_str();
        let url = url.filter(|url| schemes.iter().any(|scheme| url.starts_with(scheme)));
        let refuse = |why: &str| Err(Failure::BadInput(why.to_owned()));
        match (url, &self.key) {
            (None, None) => Ok(Source::Sqlite {
                file: &self.db,
                fresh: self.fresh,
            }),
            (None, Some(_)) => refuse(
                "--key is for a PostgreSQL database: the key file of a SQLite file lies beside it. Leave --key out.",
            ),
            (Some(_), _) if self.fresh => refuse(
                "--fresh deletes no PostgreSQL database, which others may use: make a new one with createdb, and name it with --db.",
            ),
            (Some(_), None) => refuse(
                "a PostgreSQL database needs --key FILE, the same file for each demo on it. The first one creates it.",
            ),
            (Some(url), Some(key)) => match url.parse() {
                Ok(options) => Ok(Source::Postgres(Box::new(options), key)),
                // The address is not repeated: it may hold a password.
                Err(fault) => refuse(&format!(
                    "--db: {fault}. Write it as postgres://USER@HOST/DATABASE."
                )),
            },
        }
    }
}
