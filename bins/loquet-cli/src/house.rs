//! A service over a database, and acting in it as an administrator.
//!
//! The command line is no way round the rules: what an administrator does here goes through the same ceremonies as in
//! the browser, with the same codes, limits and audit log. The machine's own user, who can read database and key
//! file, takes the place of the password.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use clap::Args;
use loquet::flow::{self, Ceremony, Typed};
use loquet::{AccountId, OrgId, Refused, Request, Service, ServiceError};
use loquet_policy::Organization;
use loquet_sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::input::Stdin;
use crate::output;
use crate::ring::Keys;

/// The longest name of an account that is looked up, in bytes.
const MAX_NAME: usize = 256;

/// A database and its keys.
#[derive(Args)]
pub(crate) struct Place {
    /// The SQLite file
    #[arg(long, value_name = "FILE", env = "LOQUET_DB")]
    db: PathBuf,

    /// The file of its keys. Left out, the variable LOQUET_KEYS holds them where it is set; else they are beside the
    /// database, with `.key` added to its name
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,

    /// The organization, by name or id; needed where there are several
    #[arg(long, value_name = "ORGANIZATION")]
    org: Option<String>,

    /// A line of JSON for each thing told
    #[arg(long)]
    pub(crate) json: bool,
}

/// An open database, and the organization that is meant.
pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) organization: Organization,
    pub(crate) name: String,
    pub(crate) json: bool,
}

/// Runs a future to its end: the store has threads of its own, so nothing else is needed.
pub(crate) fn wait<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|why| Failure::of("runtime", why))?
        .block_on(future)
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::of("database", error)
    }
}

impl Place {
    pub(crate) fn db(&self) -> &Path {
        &self.db
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::of(self.key.as_deref(), &self.db)
    }

    pub(crate) async fn open(&self) -> Result<Service, Failure> {
        // The store would make a new file, in which nobody is.
        if !self.db.is_file() {
            return Err(Failure::of(
                "--db",
                format_args!("{}: no such file", self.db.display()),
            ));
        }
        let ring = self.keys().ring()?;
        let store = SqliteStore::open(&self.db).map_err(|why| Failure::of("--db", why))?;
        Ok(Service::open(store, ring).await?)
    }
}

impl Arguments {
    pub(crate) async fn open(&self) -> Result<House, Failure> {
        let service = self.place.open().await?;
        let mut all = service.organizations().await?;
        if let Some(wanted) = &self.org {
            all.retain(|(organization, name)| {
                name == wanted || organization.id.to_string() == *wanted
            });
        }
        let several = all.len() > 1;
        match all.pop() {
            Some((organization, name)) if !several => Ok(House {
                service,
                organization,
                name,
                json: self.json,
            }),
            Some(_) => Err(Failure::of(
                "--org",
                "several organizations: name one, by its id if names are equal",
            )),
            None => Err(Failure::of(
                "--org",
                "no such organization in this database",
            )),
        }
    }
}

impl House {
    pub(crate) fn org(&self) -> OrgId {
        self.organization.id
    }

    /// The account that is called so: the host's name for it, or its id.
    pub(crate) async fn account(&self, what: &str, name: &str) -> Result<AccountId, Failure> {
        if name.len() > MAX_NAME {
            return Err(Failure::of(
                what,
                format_args!("longer than {MAX_NAME} bytes"),
            ));
        }
        if let Some(found) = self.service.find(self.org(), name).await? {
            return Ok(found);
        }
        let by_id = name.parse().ok();
        let people = self.service.everybody(self.org()).await?;
        people
            .iter()
            .map(|person| person.account.id)
            .find(|id| Some(*id) == by_id)
            .ok_or_else(|| Failure::of(what, "no such account in this organization"))
    }

    /// Runs a ceremony that may be refused without an end of the command.
    pub(crate) async fn ask<C: Ceremony>(
        &self,
        ceremony: C,
    ) -> Result<Result<C::Grant, Refused>, Failure> {
        let request = Request::new(ADDRESS).map_err(|why| Failure::of("randomness", why))?;
        Ok(self.service.run(ceremony, &request).await?.granted())
    }

    pub(crate) async fn run<C: Ceremony>(&self, ceremony: C) -> Result<C::Grant, Failure> {
        let answer = self.ask(ceremony).await?;
        answer.map_err(|refused| self.refused(&refused))
    }

    /// Tells what was done: an object, or the lines that say it to a person.
    pub(crate) fn tell(&self, object: &Value, text: &str) -> Result<Outcome, Failure> {
        output::line(&self.wording(object, text))?;
        Ok(Outcome::Done)
    }

    fn wording(&self, object: &Value, text: &str) -> String {
        if self.json {
            object.to_string()
        } else {
            text.to_owned()
        }
    }

    /// A refusal as it is told: its stable name, and what belongs to it.
    pub(crate) fn refused(&self, refused: &Refused) -> Failure {
        let mut object = match refused {
            Refused::Rule(refusal) => serde_json::to_value(refusal).unwrap_or_default(),
            Refused::WouldLockOut | Refused::TooManyAddresses => json!({}),
        };
        let mut details = String::new();
        if let Some(fields) = object.as_object_mut() {
            fields.remove("kind");
            for (name, value) in fields.iter() {
                details.push_str(&format!(" {name}={value}"));
            }
            fields.insert("refused".to_owned(), refused.code().into());
        }
        let text = format!("refused: {}{details}", refused.code());
        Failure::Refused(self.wording(&object, &text))
    }
}

/// Where the command line is: on this very machine. Access rules that leave no room for it hold here too.
pub(crate) const ADDRESS: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));

/// One code, typed or piped.
pub(crate) fn code(stdin: &mut Stdin, what: &str) -> Result<Typed, Failure> {
    Ok(stdin.ask(what, flow::MAX_TYPED)?.trim().into())
}
