//! A database with its keys, opened for the operator.
//!
//! The command line is no way round the rules: what an administrator does here is decided as in the browser, with the same
//! codes, limits and audit log. The user of this machine, who can read database and key file, takes the place of the
//! password.

use std::future::Future;
use std::path::{Path, PathBuf};

use clap::Args;
use loquet::{AccountId, Mfa, Operator, OrgId, OrganizationOverview, UserEntry};
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::place::{Place, check};
use crate::ring::Keys;
use crate::store;

/// The longest name of an account that is looked up, in bytes.
const MAX_NAME: usize = 256;

/// A database and its keys.
#[derive(Args, Clone)]
pub(crate) struct Database {
    /// The SQLite file, or postgres://USER@HOST/DATABASE
    #[arg(
        long,
        value_name = "DATABASE",
        env = "LOQUET_DB",
        hide_env_values = true
    )]
    db: Place,

    /// The file of its keys. Left out, the variable LOQUET_KEYS holds them where it is set; else they are beside the
    /// SQLite file, with `.key` added to its name
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// A database and the organization that is meant.
#[derive(Args, Clone)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,

    /// The organization, by name or id; needed where there are several
    #[arg(long, value_name = "ORGANIZATION")]
    org: Option<String>,

    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

/// An open database, and one organization in it.
pub(crate) struct Installation {
    pub(crate) operator: Operator,
    pub(crate) organization: OrganizationOverview,
    pub(crate) json: bool,
}

/// Runs a future to its end, where PostgreSQL can be awaited.
pub(crate) fn wait<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .map_err(|why| Failure::io("the runtime", why))?
        .block_on(future)
}

/// Tells which account was taken where a name reads like an id: the one with the id, or else the one with the name.
pub(crate) fn tell_reading(name: &str, has_id: bool, other_has_name: bool) {
    let shown = name.escape_debug();
    if has_id && other_has_name {
        output::note(&format!(
            "`{shown}` is the id of one account and the name of another: the one with the id was taken"
        ));
    } else if other_has_name && name.parse::<AccountId>().is_ok() {
        output::note(&format!(
            "no account has the id `{shown}`: the one of this name was taken"
        ));
    }
}

impl Database {
    pub(crate) const fn place(&self) -> &Place {
        &self.db
    }

    pub(crate) fn keys(&self) -> Result<Keys, Failure> {
        let file = match &self.db {
            Place::Sqlite(path) => Some(path.as_path()),
            Place::Postgres(_) => None,
        };
        Keys::of(self.key.as_deref(), file)
    }

    pub(crate) async fn open(&self) -> Result<Operator, Failure> {
        self.db.open("--db", self.keys()?.ring()?).await
    }
}

impl Arguments {
    pub(crate) const fn place(&self) -> &Place {
        self.database.place()
    }

    pub(crate) const fn json(&self) -> bool {
        self.json
    }

    /// Copies the database to a new SQLite file, and returns the same arguments for the copy, which has the same keys.
    pub(crate) async fn copied(&self, what: &str, copy: &Path) -> Result<Self, Failure> {
        match self.place() {
            Place::Sqlite(path) => {
                check(what, path)?;
                loquet_sqlite::backup(path, copy).map_err(|why| Failure::backup(what, &why))?;
            }
            Place::Postgres(_) => {
                let copy = Place::Sqlite(copy.to_owned());
                store::copy(self.place(), &copy, false).await?;
            }
        }
        let mut other = self.clone();
        if let Keys::File(path) = self.database.keys()? {
            other.database.key = Some(path);
        }
        other.database.db = Place::Sqlite(copy.to_owned());
        Ok(other)
    }

    pub(crate) async fn open(&self) -> Result<Installation, Failure> {
        let operator = self.database.open().await?;
        let all = operator.organizations().await?;
        let organization = self.chosen(&all)?.clone();
        Ok(Installation {
            operator: operator.of_organization(organization.id()),
            organization,
            json: self.json,
        })
    }

    fn chosen<'a>(
        &self,
        all: &'a [OrganizationOverview],
    ) -> Result<&'a OrganizationOverview, Failure> {
        let mut named = all.iter().filter(|it| {
            let wanted = self.org.as_deref();
            wanted.is_none_or(|wanted| it.name() == wanted || it.id().to_string() == wanted)
        });
        match (named.next(), named.next()) {
            (Some(only), None) => Ok(only),
            (None, _) if all.is_empty() => Err(Failure::of(
                "--db",
                "this database has no organization; the service creates it",
            )),
            (found, _) => {
                let found = found.map_or("none", |_| "several");
                let known: Vec<String> = all
                    .iter()
                    .map(|it| format!("{} ({})", it.name().escape_debug(), it.id()))
                    .collect();
                Err(Failure::of(
                    "--org",
                    format_args!(
                        "expected one organization, found {found}; name one of these, or its id: {}",
                        known.join(", ")
                    ),
                ))
            }
        }
    }
}

impl Installation {
    pub(crate) const fn org(&self) -> OrgId {
        self.organization.id()
    }

    pub(crate) const fn mfa(&self) -> &Mfa {
        self.operator.mfa()
    }

    pub(crate) async fn users(&self) -> Result<Vec<UserEntry>, Failure> {
        Ok(self.operator.users(self.org()).await?)
    }

    /// Returns the account of this id or name; see [`user`](Self::user).
    pub(crate) async fn account(&self, what: &str, name: &str) -> Result<AccountId, Failure> {
        if name.len() > MAX_NAME {
            return Err(Failure::of(
                what,
                format_args!("longer than {MAX_NAME} bytes"),
            ));
        }
        // A text that is not an id can only be a name, which is found without the list of all users.
        if name.parse::<AccountId>().is_err()
            && let Some(found) = self.mfa().provision().find(name).await?
        {
            return Ok(found);
        }
        Ok(self.user(what, name).await?.account_id())
    }

    /// Returns the user of this id, or else of this name: the host's name for the account. Where a name reads like an id, it
    /// is told which of the two was taken.
    pub(crate) async fn user(&self, what: &str, name: &str) -> Result<UserEntry, Failure> {
        let users = self.users().await?;
        let id: Option<AccountId> = name.parse().ok();
        let by_id = users.iter().find(|user| Some(user.account_id()) == id);
        let by_name = users.iter().find(|user| user.external_id() == name);
        let is_other = by_id.map(UserEntry::account_id) != by_name.map(UserEntry::account_id);
        tell_reading(name, by_id.is_some(), by_name.is_some() && is_other);
        let shown = name.escape_debug();
        by_id.or(by_name).cloned().ok_or_else(|| {
            Failure::of(
                what,
                format_args!(
                    "no account has the name or id `{shown}` in this organization; `loquet account list` lists them"
                ),
            )
        })
    }

    /// Tells what was done: an object, or the lines that say it in words.
    pub(crate) fn tell(&self, object: &Value, text: &str) -> Result<Outcome, Failure> {
        if self.json {
            output::line(&object.to_string())?;
        } else {
            output::line(text)?;
        }
        Ok(Outcome::Done)
    }
}
