//! `loquet account sync`: accounts for the host's users, who are listed in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::{Args, ValueEnum};
use loquet::{AccountId, Address, NewAccount, RoleId, SyncReport, UserEntry};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::csv_file;
use crate::failure::{Failure, Outcome};
use crate::input::{self, Stdin};
use crate::installation::{self, Installation};
use crate::output;
use crate::role::role_id;

/// The longest file, in bytes: some half a million users.
const MAX_FILE: usize = 64 << 20;

#[derive(Args)]
pub(crate) struct Sync {
    #[command(flatten)]
    at: installation::Arguments,

    /// The users; `-` reads them from standard input
    file: String,

    /// How the file is written. Left out, its name says: .csv, .jsonl or .ndjson
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A header line, then a user a line
    Csv,
    /// A JSON object a line
    Jsonl,
}

/// A row of a CSV file: every field is text, so that no id is taken for a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    external_id: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    roles: Option<String>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    awaiting_import: Option<bool>,
}

/// A user as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    external_id: String,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    roles: Option<Roles>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    awaiting_import: Option<bool>,
}

/// `"staff 10"`, or `["staff", 10]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Roles {
    Text(String),
    List(Vec<Value>),
}

/// A user with an account id, known or new.
struct User {
    external_id: String,
    id: AccountId,
    label: Option<String>,
    roles: Vec<RoleId>,
    address: Option<Address>,
    awaiting_import: bool,
}

/// What is wrong, and in which line.
type Fault = (u64, String);

impl Sync {
    pub(super) async fn run(&self, stdin: &mut Stdin) -> Result<Outcome, Failure> {
        let format = self.format()?;
        let text = stdin.file("FILE", &self.file, MAX_FILE)?;
        let at = self.at.open().await?;
        let mut reader = Reader::new(&at.users().await?);
        // All of it is read before anything is written.
        let users = marked(&text).and_then(|()| match format {
            Format::Csv => reader.csv(&text),
            Format::Jsonl => reader.json_lines(&text),
        });
        let users = users.map_err(|(line, why)| {
            let file = self.file.escape_debug();
            Failure::of(
                "FILE",
                format_args!("{file}: line {line}: {why}; no account was created"),
            )
        })?;
        let accounts = users.iter().map(|user| {
            let label = user.label.as_ref().unwrap_or(&user.external_id);
            let new = NewAccount::new(user.id, &user.external_id)
                .label(label)
                .roles(user.roles.iter().copied())
                .address(user.address.clone());
            match user.awaiting_import {
                true => new.awaiting_import(),
                false => new,
            }
        });
        let report = at.mfa().provision().sync_accounts(accounts).await?;
        tell(&at, &report)
    }

    fn format(&self) -> Result<Format, Failure> {
        let ending = Path::new(&self.file).extension();
        let ending = ending.map(|ending| ending.to_ascii_lowercase());
        match (
            self.format,
            ending.as_ref().and_then(|ending| ending.to_str()),
        ) {
            (Some(format), _) => Ok(format),
            (None, Some("csv")) => Ok(Format::Csv),
            (None, Some("jsonl" | "ndjson")) => Ok(Format::Jsonl),
            _ => Err(Failure::of(
                "FILE",
                format_args!(
                    "{}: expected a name that ends in .csv, .jsonl or .ndjson; name the format with --format",
                    self.file.escape_debug()
                ),
            )),
        }
    }
}

/// Refuses a line with a byte-order mark: it would become part of a name.
fn marked(text: &str) -> Result<(), Fault> {
    (1..).zip(text.lines()).try_for_each(|(number, line)| {
        input::without_mark(line).map_err(|why| (number, why.to_owned()))
    })
}

/// Reads users, and finds the ids of those who have an account.
struct Reader {
    ids: BTreeMap<String, AccountId>,
    names: BTreeMap<AccountId, String>,
    listed: BTreeSet<String>,
}

impl Reader {
    fn new(users: &[UserEntry]) -> Self {
        let of = |user: &UserEntry| (user.external_id().to_owned(), user.account_id());
        Self {
            ids: users.iter().map(of).collect(),
            names: users.iter().map(of).map(|(name, id)| (id, name)).collect(),
            listed: BTreeSet::new(),
        }
    }

    fn csv(&mut self, text: &str) -> Result<Vec<User>, Fault> {
        let (_, rows) =
            csv_file::rows::<Row>(text, str::to_owned, "external_id").map_err(|why| (1, why))?;
        rows.map(|(line, row)| {
            let user = row.and_then(|row| self.user(row.into()));
            user.map_err(|why| (line, why))
        })
        .collect()
    }

    fn json_lines(&mut self, text: &str) -> Result<Vec<User>, Fault> {
        let mut users = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            if text.trim().is_empty() {
                continue;
            }
            // An array of the same values would be taken for one, by their order.
            if !text.trim_start().starts_with('{') {
                return Err((line, "expected a JSON object".to_owned()));
            }
            let listed: Listed = serde_json::from_str(text).map_err(|why| {
                let (column, told) = (why.column(), why.to_string());
                let place = format!(" at line {} column {column}", why.line());
                let told = told.strip_suffix(place.as_str()).unwrap_or(&told);
                (line, format!("column {column}: {told}"))
            })?;
            users.push(self.user(listed).map_err(|why| (line, why))?);
        }
        Ok(users)
    }

    fn user(&mut self, listed: Listed) -> Result<User, String> {
        let Listed {
            external_id,
            id,
            label,
            roles,
            address,
            awaiting_import,
        } = listed;
        let shown = external_id.escape_debug();
        if !self.listed.insert(external_id.clone()) {
            return Err(format!("`{shown}` is listed a second time"));
        }
        let id = id.as_ref().map(account_id).transpose()?;
        let known = self.ids.get(&external_id).copied();
        let id = match (id, known) {
            (Some(id), Some(known)) if id != known => {
                return Err(format!(
                    "`{shown}` has the account {known} already, and the file says {id}; correct or leave out the id"
                ));
            }
            (Some(id), _) => id,
            (None, Some(known)) => known,
            (None, None) => fresh_id()?,
        };
        match self.names.insert(id, external_id.clone()) {
            Some(other) if other != external_id => {
                let other = other.escape_debug();
                return Err(format!(
                    "the id {id} is that of `{other}`; each user needs one"
                ));
            }
            _ => {}
        }
        Ok(User {
            id,
            label,
            roles: roles.map_or_else(|| Ok(Vec::new()), |roles| roles.read())?,
            address: address
                .map(|address| address.parse::<Address>())
                .transpose()
                .map_err(|why| format!("address: {why}"))?,
            awaiting_import: awaiting_import.unwrap_or(false),
            external_id,
        })
    }
}

impl From<Row> for Listed {
    fn from(row: Row) -> Self {
        Self {
            external_id: row.external_id,
            id: row.id.map(Value::String),
            label: row.label,
            roles: row.roles.map(Roles::Text),
            address: row.address,
            awaiting_import: row.awaiting_import,
        }
    }
}

impl Roles {
    fn read(&self) -> Result<Vec<RoleId>, String> {
        let of = |name: &str| {
            role_id(name).map_err(|why| format!("roles: {why}, found `{}`", name.escape_debug()))
        };
        match self {
            Self::Text(names) => names.split_whitespace().map(of).collect(),
            Self::List(names) => names.iter().map(|name| of(&plain(name))).collect(),
        }
    }
}

/// A number or a text, as text.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn account_id(value: &Value) -> Result<AccountId, String> {
    let text = plain(value);
    let number = || text.parse::<u64>().map(AccountId::from).ok();
    text.parse().ok().or_else(number).ok_or_else(|| {
        format!(
            "id: expected a number or 32 hexadecimal digits, found `{}`",
            text.escape_debug()
        )
    })
}

fn fresh_id() -> Result<AccountId, String> {
    let bytes: [u8; 16] = loquet::random().map_err(|why| why.to_string())?;
    format!("{:032x}", u128::from_be_bytes(bytes))
        .parse()
        .map_err(|_| "no id could be made".to_owned())
}

fn tell(at: &Installation, report: &SyncReport) -> Result<Outcome, Failure> {
    let outcome = if report.rejected.is_empty() {
        Outcome::Done
    } else {
        Outcome::Refused
    };
    let SyncReport {
        created,
        unchanged,
        addresses,
        rejected,
        unlisted,
        ..
    } = report;
    if at.json {
        let rejected = rejected.iter();
        let rejected = rejected.map(|(account, why)| json!({ "account": account, "why": why }));
        let object = json!({
            "created": created,
            "unchanged": unchanged,
            "addresses": addresses,
            "rejected": rejected.collect::<Vec<_>>(),
            "unlisted": unlisted,
        });
        output::line(&object.to_string())?;
        return Ok(outcome);
    }
    output::line(&format!(
        "{created} created, {unchanged} there already, {addresses} with a first address, {} rejected",
        rejected.len()
    ))?;
    for (account, why) in rejected {
        output::line(&format!("rejected: {}: {why}", account.escape_debug()))?;
    }
    for account in unlisted {
        output::line(&format!("not listed: {}", account.escape_debug()))?;
    }
    Ok(outcome)
}
