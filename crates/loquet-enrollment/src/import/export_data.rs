//! The bytes of an export, which its URI holds in base64.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::migration::MigrationFault;
use crate::encoding::percent::{self, PercentError};

/// Padding is optional, because some scanners drop it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes the text after `data=`, in either alphabet of base64. An error has its byte offset in that text.
pub(super) fn decode(query: &str) -> Result<Zeroizing<Vec<u8>>, (usize, MigrationFault)> {
    let mut at = 0_usize;
    for value in query.split(['&', '#']) {
        if percent::has_control(value) {
            return Err((at, MigrationFault::Control));
        }
        at = at.saturating_add(value.len()).saturating_add(1);
    }
    // Other parameters are ignored. A raw `+` is base64 here, not a space.
    let data = query.split(['&', '#']).next().unwrap_or_default();
    let data = percent::decode(data).map_err(|error| match error {
        PercentError::Escape(at) => (at, MigrationFault::Escape),
        PercentError::Utf8 => (0, MigrationFault::Escape),
    })?;
    let mut data = Zeroizing::new(data.into_owned().into_bytes());
    for symbol in data.iter_mut() {
        *symbol = match *symbol {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
    }
    let bytes = BASE64.decode(data.as_slice());
    bytes
        .map(Zeroizing::new)
        .map_err(|_| (0, MigrationFault::Base64))
}
