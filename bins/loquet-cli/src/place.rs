//! Where the tables are: a SQLite file, or a PostgreSQL database.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use loquet::{Keyring, Mfa, Operator};
use loquet_postgres::{OpenError, PostgresStore, pool_options};
use loquet_sqlite::SqliteStore;
use rusqlite::{Connection, OpenFlags};
use sqlx::postgres::{PgConnectOptions, PgPool, PgSslMode};

use crate::failure::Failure;

/// Connections that one command needs.
const CONNECTIONS: u32 = 4;

/// As `--db` gives it.
#[derive(Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_postgres = ["postgres://", "postgresql://"];
        if !is_postgres.iter().any(|scheme| text.starts_with(scheme)) {
            let path = text.strip_prefix("sqlite:").unwrap_or(text);
            return Ok(Self::Sqlite(path.into()));
        }
        let options = text.parse::<PgConnectOptions>();
        options
            .map(|options| Self::Postgres(Box::new(options)))
            .map_err(|why| format!("expected postgres://USER@HOST/DATABASE: {why}"))
    }
}

impl PartialEq for Place {
    /// Whether both name the same database in the same way.
    fn eq(&self, other: &Self) -> bool {
        let exact = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => exact(one) == exact(other),
            (Self::Postgres(one), Self::Postgres(other)) => {
                (one.get_host(), one.get_port(), one.get_database())
                    == (other.get_host(), other.get_port(), other.get_database())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Place {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(options) => {
                let database = options.get_database().unwrap_or(options.get_username());
                write!(f, "postgres://{}/{database}", options.get_host())
            }
        }
    }
}

impl Place {
    /// The file, for what only SQLite has.
    pub(crate) fn file(&self, what: &str, otherwise: &str) -> Result<&Path, Failure> {
        match self {
            Self::Sqlite(path) => Ok(path),
            Self::Postgres(_) => Err(Failure::of(
                "--db",
                format_args!("{what} is for SQLite; {otherwise}"),
            )),
        }
    }

    /// Opens the tables, which are there already. `what` is the option that names the place.
    pub(crate) async fn open(&self, what: &str, ring: Keyring) -> Result<Operator, Failure> {
        let builder = match self {
            Self::Sqlite(path) => {
                check(what, path)?;
                Mfa::builder(self.sqlite(what, path)?)
            }
            Self::Postgres(options) => Mfa::builder(self.postgres(what, options).await?),
        };
        Ok(builder.keyring(ring).open_operator().await?)
    }

    pub(crate) fn sqlite(&self, what: &str, path: &Path) -> Result<SqliteStore, Failure> {
        SqliteStore::open(path).map_err(|why| Failure::opening(what, &why))
    }

    pub(crate) async fn postgres(
        &self,
        what: &str,
        options: &PgConnectOptions,
    ) -> Result<PostgresStore, Failure> {
        let store = PostgresStore::open(connect(what, options).await?).await;
        store.map_err(|why| self.not_open(what, &why))
    }

    pub(crate) fn not_open(&self, what: &str, why: &OpenError) -> Failure {
        match why {
            OpenError::NoTables => Failure::of(
                what,
                format_args!(
                    "{self}: no tables of Loquet are in it; name the database of the service, or correct the search_path"
                ),
            ),
            OpenError::Sqlx(why) => Failure::io(what, format_args!("{self}: {why}")),
            other => Failure::of(what, format_args!("{self}: {other}")),
        }
    }
}

/// Connects to PostgreSQL.
pub(crate) async fn connect(what: &str, options: &PgConnectOptions) -> Result<PgPool, Failure> {
    let pool = pool_options().max_connections(CONNECTIONS);
    let place = Place::Postgres(Box::new(options.clone()));
    pool.connect_with(proving(options))
        .await
        .map_err(|why| Failure::io(what, format_args!("{place}: {why}")))
}

/// The options with which a server on another machine proves who it is, unless the URL names an `sslmode`.
fn proving(options: &PgConnectOptions) -> PgConnectOptions {
    let host = options.get_host();
    let is_here = host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let options = options.clone();
    // `prefer` is the mode of a URL that names none, and takes any server's word.
    match options.get_ssl_mode() {
        PgSslMode::Prefer if !is_here => options.ssl_mode(PgSslMode::VerifyFull),
        _ => options,
    }
}

/// Whether the service has made this file.
pub(crate) fn check(what: &str, db: &Path) -> Result<(), Failure> {
    // The store would make a new file, without accounts.
    let path = db.display();
    let exists = db.try_exists();
    if !exists.map_err(|why| Failure::io(what, format_args!("{path}: {why}")))? {
        let why = "no such file; name the SQLite file that the service uses";
        return Err(Failure::io(what, format_args!("{path}: {why}")));
    }
    // The store would make its tables in the database of another program.
    if has_tables(db) == Ok(false) {
        let why = "no tables of Loquet are in it; name the SQLite file that the service made";
        return Err(Failure::of(what, format_args!("{path}: {why}")));
    }
    Ok(())
}

/// Whether the database has Loquet's tables.
fn has_tables(path: &Path) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'loquet_schema')";
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?.query_row(
        sql,
        [],
        |row| row.get(0),
    )
}
