//! Warnings and errors of reading a key URI, with their positions.

use loquet_otp::{Period, Secret};

use crate::base32::Base32Error;
use crate::key_uri::MAX_URI;

/// A deviation that some app would not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The byte offset in the URI.
    pub position: usize,
    /// The deviation.
    pub kind: WarningKind,
}

/// A deviation that [`Import::parse`](crate::Import::parse) accepts and [`KeyUri`](crate::KeyUri) never writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// The secret has less than 128 bits: use it to read codes, but do not bind it (RFC 4226 R6).
    #[error("the secret has {bytes} bytes: too short to be bound")]
    WeakSecret {
        /// The length in bytes.
        bytes: usize,
    },
    /// The secret has lower-case letters, spaces, dashes or padding.
    #[error("the secret is not written canonically")]
    SecretSpelling,
    /// The secret has bits after the last whole byte. They are dropped; Google Authenticator on iPhones refuses them.
    #[error("the secret does not end on a whole byte")]
    SecretLeftover,
    /// Label and parameter name different issuers. The parameter is used.
    #[error("the issuer in the label differs from the parameter: `{}`", label.escape_debug())]
    IssuerMismatch {
        /// The issuer in the label.
        label: String,
    },
    /// The issuer parameter occurs twice, with the same value.
    #[error("the issuer occurs a second time")]
    RepeatedIssuer,
    /// Neither label nor parameter names an issuer.
    #[error("no issuer")]
    NoIssuer,
    /// The account is empty. Google Authenticator refuses that.
    #[error("no account")]
    NoAccount,
    /// The label has more than one colon. The first one separates, unless the label begins with the issuer parameter and
    /// a colon. Apps differ in that.
    #[error("several colons in the label")]
    SeveralColons,
    /// A name has a plus sign. Some encoders mean a space; most apps show the sign.
    #[error("a plus sign that may mean a space")]
    PlusSign,
    /// The algorithm name is not exactly `SHA1`, `SHA256` or `SHA512`.
    #[error("a non-standard spelling of the algorithm")]
    AlgorithmSpelling,
    /// The URI has `period` with HOTP or `counter` with TOTP.
    #[error("a parameter that does not apply to this type")]
    IrrelevantParameter,
    /// The URI has a fragment, which is not part of a key URI.
    #[error("a fragment, which is ignored")]
    Fragment,
}

/// The error for a text that is not a key URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at byte {position}: {fault}")]
pub struct ImportError {
    /// The byte offset in the text.
    pub position: usize,
    /// What is wrong there.
    pub fault: ImportFault,
}

/// The kind of error in a key URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportFault {
    /// The text has more than 2,048 bytes.
    #[error("longer than {MAX_URI} bytes")]
    TooLong,
    /// The text does not begin with `otpauth://`.
    #[error("a key URI begins with otpauth://")]
    Scheme,
    /// The type is neither `totp` nor `hotp`.
    #[error("the type must be totp or hotp")]
    Type,
    /// A `%` has no two hexadecimal digits.
    #[error("`%` must be followed by two hexadecimal digits")]
    Escape,
    /// The decoded bytes are not UTF-8.
    #[error("the escapes here are not UTF-8 text")]
    Utf8,
    /// A control character, written or escaped, or a name with a character that reverses the writing direction.
    #[error("a control character, or one that reverses the writing direction")]
    Control,
    /// A byte-order mark elsewhere than at the start of the text, as where files were joined.
    #[error("a byte-order mark (U+FEFF) in the middle of the text: remove it")]
    ByteOrderMark,
    /// A parameter occurs twice; the issuer twice with different values. Apps differ in which one they use.
    #[error("the parameter occurs a second time")]
    Duplicate,
    /// The secret is missing.
    #[error("the secret is missing")]
    NoSecret,
    /// The secret is not base32. The inner position is relative to the secret.
    #[error("{0}")]
    Base32(Base32Error),
    /// The secret has fewer than 10 or more than 128 bytes.
    #[error(
        "the secret has {bytes} bytes: it must have {} to {}",
        Secret::WEAKEST,
        Secret::MAX
    )]
    SecretLength {
        /// The length in bytes.
        bytes: usize,
    },
    /// The algorithm is not SHA-1, SHA-256 or SHA-512. It is never replaced by another.
    #[error("the algorithm must be SHA1, SHA256 or SHA512")]
    Algorithm,
    /// The number of digits is not 6, 7 or 8.
    #[error("a code must have 6, 7 or 8 digits")]
    Digits,
    /// The period is not 1 to 3600.
    #[error("the period must be 1 to {} seconds", Period::MAX)]
    Period,
    /// The counter is not a 64-bit number.
    #[error("the counter must be a whole number below 2^64")]
    Counter,
    /// The HOTP counter is missing.
    #[error("hotp needs a counter")]
    NoCounter,
}
