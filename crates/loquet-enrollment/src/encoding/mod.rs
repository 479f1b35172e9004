//! Text encodings of secrets and names.

pub mod base32;
pub(crate) mod percent;
