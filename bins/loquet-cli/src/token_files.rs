//! The seeds of hardware tokens, as their vendors deliver them: PSKC files (RFC 6030) and CSV.

mod csv;
mod decryption;
mod pskc;
#[cfg(test)]
mod tests;
mod xml;

use loquet::{Secret, Totp, UnixTime};
use zeroize::Zeroizing;

/// How a file is written.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Pskc,
    Csv,
}

/// A token, and the line on which it begins.
pub(crate) struct TokenRow {
    pub(crate) line: u64,
    /// Empty where it cannot be read.
    pub(crate) serial: String,
    /// Or what is wrong, and where.
    pub(crate) token: Result<(Secret, Totp), String>,
}

/// What opens an encrypted file: the key in hexadecimal, or the password that it is derived from. The PSKC file says which.
pub(crate) struct PreSharedKey(Zeroizing<String>);

impl PreSharedKey {
    pub(crate) fn new(text: &str) -> Self {
        Self(Zeroizing::new(
            text.trim_end_matches(['\r', '\n']).to_owned(),
        ))
    }
}

/// Reads all tokens of a file. What is wrong with one is told of that one; the error is for the whole file.
///
/// `now` decides whether a key has expired. Signatures are not verified: trust comes from the way the file was delivered.
pub(crate) fn read(
    format: Format,
    text: &str,
    key: Option<&PreSharedKey>,
    now: UnixTime,
) -> Result<Vec<TokenRow>, String> {
    match format {
        Format::Pskc => pskc::read(text, key, now),
        Format::Csv => csv::read(text),
    }
}

/// The longest serial number, in bytes.
const MAX_SERIAL: usize = 64;

/// The periods of authenticators that are imported, in seconds.
const PERIODS: std::ops::RangeInclusive<u64> = 15..=300;

impl TokenRow {
    fn of(
        line: u64,
        serial: Result<&str, String>,
        token: Result<(Zeroizing<Vec<u8>>, Totp), String>,
    ) -> Self {
        let serial = serial.and_then(checked_serial);
        let token = match &serial {
            Ok(_) => token.and_then(|(secret, totp)| bindable(&secret, totp)),
            Err(why) => Err(format!("serial number: {why}")),
        };
        Self {
            line,
            serial: serial.unwrap_or_default(),
            token,
        }
    }
}

fn checked_serial(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is missing".to_owned());
    }
    if text.len() > MAX_SERIAL || text.chars().any(char::is_control) {
        return Err(format!(
            "expected at most {MAX_SERIAL} bytes, none of them a control character"
        ));
    }
    Ok(text.to_owned())
}

fn bindable(secret: &[u8], totp: Totp) -> Result<(Secret, Totp), String> {
    let secret = Secret::new(secret).map_err(|why| format!("key: {why}"))?;
    let period = totp.period.seconds();
    if !PERIODS.contains(&period) {
        let (least, most) = (PERIODS.start(), PERIODS.end());
        return Err(format!(
            "period: {period} s, where a token has {least} to {most} s"
        ));
    }
    Ok((secret, totp))
}
