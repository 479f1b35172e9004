//! What files say of an authenticator: its key in an encoding, and how its codes are made.

use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use loquet::{Algorithm, Digits, Period, Totp};
use loquet_enrollment::base32;
use zeroize::Zeroizing;

/// Why a key of another kind is refused.
pub(crate) const COUNTER_BASED: &str =
    "a counter-based key (hotp): only time-based ones are imported";

/// With padding or without it; the other alphabet is turned into this one before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How codes are made. What is not said is as usual.
pub(crate) fn totp(
    algorithm: Option<&str>,
    digits: Option<u64>,
    period: Option<u64>,
) -> Result<Totp, String> {
    let said = |column: &str, why: &dyn std::fmt::Display| format!("{column}: {why}");
    let mut totp = Totp::default();
    if let Some(name) = algorithm {
        let algorithm = algorithm_named(name);
        totp.algorithm = algorithm.map_err(|why| said("algorithm", &why))?;
    }
    if let Some(digits) = digits {
        let digits = u8::try_from(digits).unwrap_or(u8::MAX);
        totp.digits = Digits::new(digits).map_err(|why| said("digits", &why))?;
    }
    if let Some(period) = period {
        totp.period = Period::new(period).map_err(|why| said("period", &why))?;
    }
    Ok(totp)
}

/// Also `SHA-256`, `sha256`, `HMAC-SHA256` and `HmacSHA256`.
fn algorithm_named(name: &str) -> Result<Algorithm, <Algorithm as FromStr>::Err> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name = letters.collect::<String>().to_ascii_uppercase();
    name.strip_prefix("HMAC").unwrap_or(&name).parse()
}

/// The text of a column that is not left empty.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The bytes of a secret. What is wrong with it is told without it.
pub(crate) fn decode(text: &str, encoding: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    match encoding {
        "base32" => {
            let decoded = base32::decode(text).map_err(|why| why.to_string())?;
            Ok(Zeroizing::new(decoded.expose().to_vec()))
        }
        "hex" => hex(text).ok_or_else(|| "not pairs of hexadecimal digits".to_owned()),
        "base64" => {
            let usual = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
            let decoded = BASE64.decode(usual.as_bytes());
            decoded
                .map(Zeroizing::new)
                .map_err(|_| "not base64".to_owned())
        }
        // Not shown: where columns are swapped it is the secret.
        _ => Err("the encoding is base32, hex or base64".to_owned()),
    }
}

pub(crate) fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // What grows leaves its old place unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(2)));
    let digit = |letter: u8| char::from(letter).to_digit(16);
    for pair in text.as_bytes().chunks(2) {
        let [high, low] = *pair else { return None };
        let byte = digit(high)?.saturating_mul(16).saturating_add(digit(low)?);
        bytes.push(u8::try_from(byte).ok()?);
    }
    Some(bytes)
}
