//! The files: a line for each authenticator.

use loquet::{HardwareToken, ImportedAuthenticator, Secret, Totp, UnixTime};
use loquet_enrollment::{Import, WarningKind};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Format;
use super::source::Opener;
use crate::fields::{self, filled};
use crate::token_files::{self, PreSharedKey, TokenRow};
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

const NO_OBJECT: &str = "this is no JSON object";

/// A line as it was read.
pub(super) struct Read {
    pub(super) line: u64,
    /// The user's name at the host, or the serial number; empty where the line cannot be read so far.
    pub(super) name: String,
    /// Or what is wrong, and in which column.
    pub(super) given: Result<Given, String>,
}

/// What a line gives.
pub(super) enum Given {
    /// A user's authenticator, and whether its key is weak.
    Authenticator(ImportedAuthenticator, bool),
    /// A hardware token for the pool.
    Token(HardwareToken),
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

/// What opens encrypted secrets, and when it is.
pub(super) struct Keys {
    pub(super) opener: Option<Opener>,
    pub(super) shared: Option<PreSharedKey>,
    pub(super) now: UnixTime,
}

/// Reads all lines. What is wrong with one line is told of that line; the error is for the whole file.
pub(super) fn read(format: Format, text: &str, keys: &Keys) -> Result<Vec<Read>, String> {
    let opener = keys.opener.as_ref();
    let tokens = |format| {
        let rows = token_files::read(format, text, keys.shared.as_ref(), keys.now)?;
        Ok(rows.into_iter().map(Read::from).collect())
    };
    match format {
        Format::Uris => uris(text),
        Format::Jsonl if text.trim_start().starts_with('[') => {
            Err("this is one JSON array; write an object a line".to_owned())
        }
        Format::Jsonl => {
            let read = lines(text).map(|(line, text)| object(line, text, opener));
            Ok(read.collect())
        }
        Format::Csv => csv(text, opener),
        Format::Pskc => tokens(token_files::Format::Pskc),
        Format::TokenCsv => tokens(token_files::Format::Csv),
    }
}

impl From<TokenRow> for Read {
    fn from(row: TokenRow) -> Self {
        let token = row.token.map(|(secret, totp)| {
            let token = HardwareToken::new(row.serial.as_str(), secret);
            Given::Token(token.totp(totp))
        });
        Self {
            line: row.line,
            name: row.serial,
            given: token,
        }
    }
}

/// Key URIs of one service. A user's name with a colon would be taken for an issuer and another user's name: so in all labels
/// the same stands before the account.
fn uris(text: &str) -> Result<Vec<Read>, String> {
    let mut first: Option<(u64, Service)> = None;
    let mut rows = Vec::new();
    for (line, text) in lines(text) {
        let (service, row) = uri(line, text);
        if let Some(service) = service {
            let (known_line, known) = first.get_or_insert_with(|| (line, service.clone()));
            if service != *known {
                return Err(format!(
                    "line {line}: another issuer than on line {known_line}, or at another place; put the key URIs of each \
                     service into a file of their own, or name the accounts in CSV or JSON Lines"
                ));
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The lines that are not blank, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..)
        .zip(text.lines().map(str::trim))
        .filter(|(_, text)| !text.is_empty())
}

/// How a service names itself: the issuer, and what stands before the account in the label.
type Service = (Option<String>, String);

/// A line, and the service that it names, if that is certain.
fn uri(line: u64, text: &str) -> (Option<Service>, Read) {
    let read = input::without_mark(text)
        .map_err(str::to_owned)
        .and_then(|()| {
            Import::parse(text).map_err(|why| format!("at byte {}: {}", why.position, why.fault))
        });
    let import = match read {
        Err(why) => return (None, Read::failed(line, why)),
        Ok(import) => import,
    };
    let (service, totp) = match (before_account(text, &import), import.parameters.totp()) {
        (Err(why), _) => (
            None,
            Err(format!(
                "{why}, so that the account is not certain: name it in CSV or JSON Lines"
            )),
        ),
        (Ok(before), totp) => (
            Some((import.issuer, before)),
            totp.ok_or_else(|| fields::COUNTER_BASED.to_owned()),
        ),
    };
    let row = Read {
        line,
        given: totp.map(|totp| authenticator(import.secret, totp, None)),
        name: import.account,
    };
    (service, row)
}

/// What stands before the account in the label: nothing, or the issuer, a colon, and blanks. What else the parser leaves out
/// of a name makes it another user's.
fn before_account(text: &str, import: &Import) -> Result<String, String> {
    let ambiguous = import.warnings.iter().find(|warning| {
        let kind = &warning.kind;
        matches!(
            kind,
            WarningKind::IssuerMismatch { .. } | WarningKind::SeveralColons
        )
    });
    if let Some(warning) = ambiguous {
        return Err(format!("at byte {}: {}", warning.position, warning.kind));
    }
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let label = path.splitn(4, '/').nth(3).unwrap_or_default();
    let label = percent_decode_str(label).decode_utf8_lossy();
    let issuer = import.issuer.as_deref();
    let before = label.strip_suffix(import.account.as_str());
    let before = before.filter(|before| {
        let rest = issuer.and_then(|issuer| before.strip_prefix(issuer));
        before.is_empty() || rest.is_some_and(|rest| rest.trim_end_matches(' ') == ":")
    });
    let before = before.map(str::to_owned);
    before.ok_or_else(|| "the label has blanks or a colon around the account".to_owned())
}

fn object(line: u64, text: &str, opener: Option<&Opener>) -> Read {
    let columns = input::without_mark(text)
        .map_err(str::to_owned)
        .and_then(|()| {
            // The parser would accept an array too, and take its values for the columns in their order.
            if !text.starts_with('{') {
                return Err(NO_OBJECT.to_owned());
            }
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
        NO_OBJECT
    }
}

fn csv(text: &str, opener: Option<&Opener>) -> Result<Vec<Read>, String> {
    let (headers, rows) = csv_file::rows::<Columns<String>>(text, str::to_owned, "account")
        .map_err(|why| format!("line 1: {why}"))?;
    for needed in ["account", "secret"] {
        if !headers.iter().any(|name| name == needed) {
            return Err(format!(
                "line 1: the column `{needed}` is missing; the first line names the columns, with commas between them"
            ));
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
    const fn failed(line: u64, why: String) -> Self {
        Self {
            line,
            name: String::new(),
            given: Err(why),
        }
    }

    fn of<T>(
        line: u64,
        columns: Result<Columns<T>, String>,
        opener: Option<&Opener>,
        number: impl Fn(&str, T) -> Result<u64, String>,
    ) -> Self {
        match columns {
            Err(why) => Self::failed(line, why),
            Ok(columns) => Self {
                line,
                name: columns.account.clone(),
                given: columns.authenticator(opener, number),
            },
        }
    }
}

impl<T> Columns<T> {
    fn authenticator(
        self,
        opener: Option<&Opener>,
        number: impl Fn(&str, T) -> Result<u64, String>,
    ) -> Result<Given, String> {
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

fn authenticator(secret: Secret, totp: Totp, last_step: Option<u64>) -> Given {
    let weak = secret.is_weak();
    let authenticator = ImportedAuthenticator::new(secret).totp(totp);
    Given::Authenticator(authenticator.last_step(last_step), weak)
}
