//! Vendors' CSV files: a header line, then a token a line.

use ::csv::StringRecord;
use loquet::Totp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::TokenRow;
use crate::csv_file;
use crate::fields::{self, filled};

/// The columns, in lower case, with the other names that vendors give them.
const NAMES: [(&str, &[&str]); 10] = [
    (
        "serial",
        &[
            "serial number",
            "serialnumber",
            "serial no",
            "serial_number",
        ],
    ),
    ("seed", &[]),
    ("secret key", &["secretkey", "secret_key"]),
    ("encoding", &[]),
    (
        "period",
        &["time interval", "timeinterval", "time_interval"],
    ),
    ("algorithm", &[]),
    ("digits", &[]),
    // The token's user, its maker and its model: files for Microsoft Entra have these columns, and they are ignored.
    ("upn", &[]),
    ("manufacturer", &[]),
    ("model", &[]),
];

#[derive(Deserialize)]
struct Columns {
    serial: String,
    seed: Option<Zeroizing<String>>,
    #[serde(rename = "secret key")]
    secret_key: Option<Zeroizing<String>>,
    encoding: Option<String>,
    period: Option<String>,
    algorithm: Option<String>,
    digits: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Vec<TokenRow>, String> {
    let of_header = |why: String| format!("line 1: {why}");
    let (headers, rows) = csv_file::rows::<Columns>(text, usual, "").map_err(of_header)?;
    check(&headers).map_err(of_header)?;
    let rows = rows.map(|(line, columns)| match columns {
        Err(why) => TokenRow {
            line,
            serial: String::new(),
            token: Err(why),
        },
        Ok(columns) => {
            let serial = columns.serial.clone();
            TokenRow::of(line, Ok(&serial), columns.token())
        }
    });
    Ok(rows.collect())
}

/// The usual name of a column, if it has one.
fn usual(header: &str) -> String {
    let header = header.to_lowercase();
    let known = NAMES
        .iter()
        .find(|(_, others)| others.contains(&header.as_str()));
    known.map_or(header, |(name, _)| (*name).to_owned())
}

/// Whether the columns are there, and each is known. In a file without a header line the first may hold a key: names are
/// shown only of a header line.
fn check(headers: &StringRecord) -> Result<(), String> {
    let times = |name: &str| headers.iter().filter(|header| *header == name).count();
    if times("serial") == 0 {
        return Err("the column `serial` is missing; the first line names the columns, with commas between them".to_owned());
    }
    if times("seed").saturating_add(times("secret key")) != 1 {
        return Err("expected one column `seed` (hexadecimal) or `secret key` (base32)".to_owned());
    }
    for header in headers {
        if !NAMES.iter().any(|(name, _)| *name == header) {
            let known = NAMES.map(|(name, _)| name).join(", ");
            let header = header.escape_debug();
            return Err(format!(
                "unknown column `{header}`; the columns are {known}"
            ));
        }
        if times(header) > 1 {
            return Err(format!("the column `{header}` occurs twice"));
        }
    }
    Ok(())
}

impl Columns {
    fn token(self) -> Result<(Zeroizing<Vec<u8>>, Totp), String> {
        let totp = fields::totp(
            filled(self.algorithm).as_deref(),
            number("digits", self.digits)?,
            number("period", self.period)?,
        )?;
        let encoding = filled(self.encoding);
        let (name, text, usual) = match (&self.seed, &self.secret_key) {
            (Some(seed), _) => ("seed", seed, "hex"),
            (None, Some(key)) => ("secret key", key, "base32"),
            (None, None) => return Err("the key is missing".to_owned()),
        };
        let secret = fields::decode(text, encoding.as_deref().unwrap_or(usual));
        Ok((secret.map_err(|why| format!("{name}: {why}"))?, totp))
    }
}

fn number(column: &str, text: Option<String>) -> Result<Option<u64>, String> {
    let number = filled(text).map(|text| text.parse());
    let number = number.transpose();
    number.map_err(|_| format!("{column}: expected a whole number"))
}
