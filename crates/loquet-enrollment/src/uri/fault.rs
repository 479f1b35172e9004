//! What is unusual or wrong in a key URI, and where.

use loquet_otp::{Period, Secret};

use super::MAX_URI;
use crate::base32::Base32Error;

/// Something that some app would stumble over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Byte offset in the URI.
    pub position: usize,
    /// What it is.
    pub kind: WarningKind,
}

/// What [`Import::parse`](crate::Import::parse) reads but would not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// A secret under 128 bits: codes can be read, but it must not be bound (RFC 4226 R6).
    #[error("the secret has {bytes} bytes: too short to be bound")]
    WeakSecret {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Lower case, blanks, dashes or padding in the secret.
    #[error("the secret is not written canonically")]
    SecretSpelling,
    /// Bits left over behind the last whole byte: dropped here, refused by Google Authenticator on iPhones.
    #[error("the secret does not end on a whole byte")]
    SecretLeftover,
    /// Label and parameter name different issuers; the parameter counts.
    #[error("the label says another issuer than the parameter: `{}`", label.escape_debug())]
    IssuerMismatch {
        /// What the label says.
        label: String,
    },
    /// Neither label nor parameter names an issuer.
    #[error("no issuer")]
    NoIssuer,
    /// The account is empty: Google Authenticator refuses it.
    #[error("no account")]
    NoAccount,
    /// More than one colon in the label: the first one divides.
    #[error("several colons in the label")]
    SeveralColons,
    /// A plus sign in a name: some encoders mean a blank, most apps show the sign.
    #[error("a plus sign that may have been meant as a blank")]
    Plus,
    /// An algorithm name other than `SHA1`, `SHA256`, `SHA512`.
    #[error("the algorithm's name is not written as apps expect it")]
    AlgorithmSpelling,
    /// `period` with HOTP or `counter` with TOTP: it has no meaning.
    #[error("a parameter that has no meaning for this type")]
    Meaningless,
    /// `#` and what follows is no part of a key URI.
    #[error("a fragment, which is ignored")]
    Fragment,
}

/// Why a text cannot be read as a key URI, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {position}: {fault}")]
pub struct ImportError {
    /// Byte offset in the text.
    pub position: usize,
    /// What is wrong there.
    pub fault: ImportFault,
}

/// What is wrong with a key URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// More than 2,048 bytes.
    #[error("longer than {MAX_URI} bytes")]
    TooLong,
    /// Not `otpauth://`.
    #[error("a key URI begins with otpauth://")]
    Scheme,
    /// Neither `totp` nor `hotp`.
    #[error("the type must be totp or hotp")]
    Type,
    /// `%` without two hexadecimal digits.
    #[error("`%` must be followed by two hexadecimal digits")]
    Escape,
    /// Escapes that make no UTF-8.
    #[error("the escapes here make no UTF-8 text")]
    Utf8,
    /// A control character, or one that reverses the writing direction.
    #[error("a name holds a control character")]
    Control,
    /// A parameter that comes twice: apps differ on which one counts.
    #[error("the parameter comes a second time")]
    Duplicate,
    /// No secret.
    #[error("the secret is missing")]
    NoSecret,
    /// A secret that is not base32; the inner position is within the secret.
    #[error("{0}")]
    Base32(Base32Error),
    /// Fewer than 10 or more than 128 bytes of secret.
    #[error(
        "the secret has {bytes} bytes: {} to {} are possible",
        Secret::WEAKEST,
        Secret::MAX
    )]
    SecretLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not one of SHA-1, SHA-256, SHA-512. It is never replaced by another.
    #[error("the algorithm must be SHA1, SHA256 or SHA512")]
    Algorithm,
    /// Not 6, 7 or 8.
    #[error("a code must have 6, 7 or 8 digits")]
    Digits,
    /// Not 1 to 3600.
    #[error("the period must be 1 to {} seconds", Period::MAX)]
    Period,
    /// Not a number of 64 bits.
    #[error("the counter must be a whole number below 2^64")]
    Counter,
    /// HOTP without counter.
    #[error("hotp needs a counter")]
    NoCounter,
}
