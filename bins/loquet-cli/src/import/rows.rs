//! The files: a line for each authenticator.

use loquet::{ImportedAuthenticator, Secret, Totp};
use loquet_enrollment::Import;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Format;
use super::source::Opener;
use crate::fields::{self, filled};
use crate::{csv_file, input};

const COLUMNS: [&str; 8] = [
    "account",
    "secret",
    "encoding",
    "algorithm",
    "digits",
    "period",
    "last_step",
    "name",
];

/// A line as it was read.
pub(super) struct Read {
    pub(super) line: u64,
    /// The user's name at the host; empty where the line cannot be read so far.
    pub(super) account: String,
    /// With whether its key is weak; or what is wrong, and in which column.
    pub(super) authenticator: Result<(ImportedAuthenticator, bool), String>,
}

/// The columns. In a CSV file each is text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns<T> {
    account: String,
    #[serde(default)]
    secret: Zeroizing<String>,
    encoding: Option<String>,
    algorithm: Option<String>,
    digits: Option<T>,
    period: Option<T>,
    last_step: Option<T>,
    /// Read and not kept: an account has one authenticator, which needs no name.
    #[serde(default, rename = "name")]
    _name: Option<String>,
}

/// Reads all lines. What is wrong with one line is told of that line; the error is for the whole file.
pub(super) fn read(
    format: Format,
    text: &str,
    opener: Option<&Opener>,
) -> Result<Vec<Read>, String> {
    match format {
        Format::Uris => Ok(lines(text).map(|(line, text)| uri(line, text)).collect()),
        Format::Jsonl => {
            let read = lines(text).map(|(line, text)| object(line, text, opener));
            Ok(read.collect())
        }
        Format::Csv => csv(text, opener),
    }
}

/// The lines that are not blank, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..)
        .zip(text.lines().map(str::trim))
        .filter(|(_, text)| !text.is_empty())
}

fn uri(line: u64, text: &str) -> Read {
    let read = input::without_mark(text)
        .map_err(str::to_owned)
        .and_then(|()| {
            Import::parse(text).map_err(|why| format!("at byte {}: {}", why.position, why.fault))
        });
    let (account, authenticator) = match read {
        Err(why) => (String::new(), Err(why)),
        Ok(import) => {
            let totp = import.parameters.totp();
            let totp = totp.ok_or_else(|| fields::COUNTER_BASED.to_owned());
            let authenticator = totp.map(|totp| authenticator(import.secret, totp, None));
            (import.account, authenticator)
        }
    };
    Read {
        line,
        account,
        authenticator,
    }
}

fn object(line: u64, text: &str, opener: Option<&Opener>) -> Read {
    let columns = input::without_mark(text)
        .map_err(str::to_owned)
        .and_then(|()| {
            serde_json::from_str::<Columns<u64>>(text)
                .map_err(|why| format!("column {}: {}", why.column(), sentence(&why)))
        });
    Read::of(line, columns, opener, |_, number| Ok(number))
}

/// What is wrong with an object. The library's own message would quote what stands there, which may be a secret.
fn sentence(why: &serde_json::Error) -> &'static str {
    if why.is_data() {
        "expected an object with account and secret, and at most encoding, algorithm, name (texts), digits, period and \
         last_step (whole numbers)"
    } else {
        "this is no JSON object"
    }
}

fn csv(text: &str, opener: Option<&Opener>) -> Result<Vec<Read>, String> {
    let (headers, rows) = csv_file::rows::<Columns<String>>(text, str::to_owned)
        .map_err(|why| format!("line 1: {why}"))?;
    for needed in ["account", "secret"] {
        if !headers.iter().any(|name| name == needed) {
            return Err(format!("line 1: the column `{needed}` is missing"));
        }
    }
    if let Some(other) = headers.iter().find(|name| !COLUMNS.contains(name)) {
        let known = COLUMNS.join(", ");
        let other = other.escape_debug();
        return Err(format!(
            "line 1: unknown column `{other}`; the columns are {known}"
        ));
    }
    let read = rows.map(|(line, columns)| {
        Read::of(line, columns, opener, |column, text: String| {
            text.parse()
                .map_err(|_| format!("{column}: expected a whole number"))
        })
    });
    Ok(read.collect())
}

impl Read {
    fn of<T>(
        line: u64,
        columns: Result<Columns<T>, String>,
        opener: Option<&Opener>,
        number: impl Fn(&str, T) -> Result<u64, String>,
    ) -> Self {
        match columns {
            Err(why) => Self {
                line,
                account: String::new(),
                authenticator: Err(why),
            },
            Ok(columns) => {
                let account = columns.account.clone();
                Self {
                    line,
                    authenticator: columns.authenticator(opener, number),
                    account,
                }
            }
        }
    }
}

impl<T> Columns<T> {
    fn authenticator(
        self,
        opener: Option<&Opener>,
        number: impl Fn(&str, T) -> Result<u64, String>,
    ) -> Result<(ImportedAuthenticator, bool), String> {
        let digits = self.digits.map(|digits| number("digits", digits));
        let period = self.period.map(|period| number("period", period));
        let last_step = self.last_step.map(|step| number("last_step", step));
        let algorithm = filled(self.algorithm);
        let totp = fields::totp(
            algorithm.as_deref(),
            digits.transpose()?,
            period.transpose()?,
        )?;
        let encoding = filled(self.encoding);
        let secret = match (opener, encoding.as_deref()) {
            (None, encoding) => fields::decode(&self.secret, encoding.unwrap_or("base32")),
            (Some(opener), None) => opener.open(&self.account, &self.secret),
            (Some(_), Some(_)) => {
                return Err(
                    "encoding: leave it out, --source says how secrets are written".to_owned(),
                );
            }
        };
        let secret = secret.map_err(|why| format!("secret: {why}"))?;
        let secret = Secret::weak(&secret).map_err(|why| format!("secret: {why}"))?;
        Ok(authenticator(secret, totp, last_step.transpose()?))
    }
}

fn authenticator(
    secret: Secret,
    totp: Totp,
    last_step: Option<u64>,
) -> (ImportedAuthenticator, bool) {
    let weak = secret.is_weak();
    let authenticator = ImportedAuthenticator::new(secret);
    (authenticator.totp(totp).last_step(last_step), weak)
}
