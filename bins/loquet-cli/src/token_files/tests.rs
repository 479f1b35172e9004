//! The files that RFC 6030 shows, and files that are wrong.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

mod csv_files;
mod encrypted;
mod pskc_files;

use loquet::{Totp, UnixTime};

use super::{Format, PreSharedKey, TokenRow, read};

/// 2026-06-15.
const NOW: UnixTime = UnixTime(1_781_481_600);

/// The key of the RFC's examples, "12345678901234567890".
const KEY: &[u8] = b"12345678901234567890";

fn rows(format: Format, text: &str, key: Option<&str>) -> Result<Vec<TokenRow>, String> {
    read(format, text, key.map(PreSharedKey::new).as_ref(), NOW)
}

/// Line, serial number, key and parameters.
type Told<'a> = (u64, &'a str, Result<(&'a [u8], Totp), &'a str>);

fn told(row: &TokenRow) -> Told<'_> {
    let token = row.token.as_ref();
    let token = token.map(|(secret, totp)| (secret.expose(), *totp));
    (row.line, &row.serial, token.map_err(String::as_str))
}

/// What is wrong with the only token.
fn fault(format: Format, text: &str, key: Option<&str>) -> String {
    let rows = rows(format, text, key).unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].token.as_ref().unwrap_err().clone()
}
