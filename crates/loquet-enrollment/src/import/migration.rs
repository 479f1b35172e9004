//! Google Authenticator's export (`otpauth-migration://`), in one or several QR codes.

use loquet_otp::{Algorithm, Digits, Period, Secret};
use prost::Message;
use zeroize::Zeroize;

use super::errors::{Warning, WarningKind};
use super::export_data;
use super::key_uri::Import;
use crate::base32;
use crate::label::has_deceptive;
use crate::{BYTE_ORDER_MARK, MovingFactor, Parameters};

/// The longest migration URI that is read, in bytes. The largest QR code holds 2,953.
pub const MAX_MIGRATION_URI: usize = 4096;

/// The contents of one QR code of an export.
///
/// Accounts are [`Import`] values, as from key URIs. The position of a warning is the index of the account in this part.
///
/// # Security
/// A part holds the secrets of many accounts. `Debug` hides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationPart {
    /// The identifier of the export.
    pub batch: i32,
    /// The index of this part, from 0.
    pub index: usize,
    /// The number of parts.
    pub parts: usize,
    /// The accounts of this part, or why they cannot be imported.
    pub accounts: Vec<Result<Import, AccountError>>,
}

/// The reason why an account cannot be imported. Messages count accounts from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The secret has fewer than 10 or more than 128 bytes.
    #[error(
        "the secret of account {} has {bytes} bytes: it must have {} to {}",
        .account.saturating_add(1),
        Secret::WEAKEST,
        Secret::MAX
    )]
    SecretLength {
        /// The index of the account, from 0.
        account: usize,
        /// The length of its secret in bytes.
        bytes: usize,
    },
    /// The algorithm is MD5 or unknown.
    #[error("account {} uses the algorithm number {number}, which is not supported", .account.saturating_add(1))]
    Algorithm {
        /// The index of the account, from 0.
        account: usize,
        /// The number in the export.
        number: i32,
    },
    /// The number of digits is unknown.
    #[error("account {} uses the code length number {number}, which is not supported", .account.saturating_add(1))]
    Digits {
        /// The index of the account, from 0.
        account: usize,
        /// The number in the export.
        number: i32,
    },
    /// The account is neither HOTP nor TOTP.
    #[error("account {} is of type number {number}, which is not supported", .account.saturating_add(1))]
    Type {
        /// The index of the account, from 0.
        account: usize,
        /// The number in the export.
        number: i32,
    },
    /// A name contains a control character or a character that reverses the writing direction.
    #[error("a name of account {} contains a control character", .account.saturating_add(1))]
    Control {
        /// The index of the account, from 0.
        account: usize,
    },
}

/// The reason why a text is not part of an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {position}: {fault}")]
pub struct MigrationError {
    /// The byte offset in the text.
    pub position: usize,
    /// What is wrong there.
    pub fault: MigrationFault,
}

/// The kind of error in a migration URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationFault {
    /// The text has more than [`MAX_MIGRATION_URI`] bytes.
    #[error("longer than {MAX_MIGRATION_URI} bytes")]
    TooLong,
    /// The text does not begin with `otpauth-migration://offline?data=`.
    #[error("an export begins with {PREFIX}")]
    Prefix,
    /// An escape has no two hexadecimal digits, or the escapes are not UTF-8.
    #[error("an invalid escape")]
    Escape,
    /// A control character, written or escaped.
    #[error("a control character")]
    Control,
    /// The data is neither base64 nor base64url (RFC 4648 §4, §5).
    #[error("the data is not base64")]
    Base64,
    /// The data is not the protocol buffer of an export.
    #[error("the data is not an export of Google Authenticator")]
    Protobuf,
    /// The part index is not below the number of parts, or there are more than 100 parts.
    #[error("the part number or the number of parts is out of range")]
    Batch,
}

const PREFIX: &str = "otpauth-migration://offline?data=";

/// The largest number of parts. No user scans more QR codes than that.
const MAX_PARTS: usize = 100;

/// The protocol buffer message of Google Authenticator.
#[derive(Clone, PartialEq, Message)]
struct Payload {
    #[prost(message, repeated, tag = "1")]
    accounts: Vec<Account>,
    #[prost(int32, tag = "3")]
    batch_size: i32,
    #[prost(int32, tag = "4")]
    batch_index: i32,
    #[prost(int32, tag = "5")]
    batch_id: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Account {
    #[prost(bytes = "vec", tag = "1")]
    secret: Vec<u8>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    issuer: String,
    #[prost(int32, tag = "4")]
    algorithm: i32,
    #[prost(int32, tag = "5")]
    digits: i32,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(int64, tag = "7")]
    counter: i64,
}

impl MigrationPart {
    /// Parses one QR code of an export.
    ///
    /// # Errors
    /// [`MigrationError`] if the part cannot be read. An account that cannot be imported is an error in
    /// [`MigrationPart::accounts`], and does not affect the others.
    pub fn parse(text: &str) -> Result<Self, MigrationError> {
        let fault = |position, fault| MigrationError { position, fault };
        if text.len() > MAX_MIGRATION_URI {
            let position = base32::boundary(text, MAX_MIGRATION_URI);
            return Err(fault(position, MigrationFault::TooLong));
        }
        let uri = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let first = text.len().saturating_sub(uri.len());
        let query = uri
            .split_at_checked(PREFIX.len())
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX))
            .map(|(_, query)| query.trim_end())
            .ok_or(fault(first, MigrationFault::Prefix))?;
        let start = first.saturating_add(PREFIX.len());
        let bytes = export_data::decode(query).map_err(|(at, kind)| {
            let position = start.saturating_add(at);
            fault(position, kind)
        })?;
        let payload = Payload::decode(bytes.as_slice())
            .map_err(|_| fault(start, MigrationFault::Protobuf))?;

        // An export in one part may omit both numbers.
        let parts = usize::try_from(payload.batch_size.max(1)).unwrap_or(usize::MAX);
        let index = usize::try_from(payload.batch_index).unwrap_or(usize::MAX);
        if parts > MAX_PARTS || index >= parts {
            return Err(fault(start, MigrationFault::Batch));
        }
        let accounts = payload
            .accounts
            .into_iter()
            .enumerate()
            .map(|(at, account)| account.import(at))
            .collect();
        Ok(Self {
            batch: payload.batch_id,
            index,
            parts,
            accounts,
        })
    }
}

impl Account {
    fn import(mut self, account: usize) -> Result<Import, AccountError> {
        let bytes = self.secret.len();
        let secret = Secret::weak(&self.secret);
        self.secret.zeroize();
        let secret = secret.map_err(|_| AccountError::SecretLength { account, bytes })?;
        let parameters = self.parameters(account)?;
        if has_deceptive(&self.name) || has_deceptive(&self.issuer) {
            return Err(AccountError::Control { account });
        }
        let mut kinds = Vec::new();
        let (issuer, name) = self.names(&mut kinds);
        if secret.is_weak() {
            kinds.push(WarningKind::WeakSecret { bytes });
        }
        let warning = |kind| Warning {
            position: account,
            kind,
        };
        Ok(Import {
            issuer: issuer.map(str::to_owned),
            account: name.to_owned(),
            secret,
            parameters,
            warnings: kinds.into_iter().map(warning).collect(),
        })
    }

    /// Returns the parameters. Zero means "unspecified", and the app uses its default.
    const fn parameters(&self, account: usize) -> Result<Parameters, AccountError> {
        let algorithm = match self.algorithm {
            0 | 1 => Algorithm::Sha1,
            2 => Algorithm::Sha256,
            3 => Algorithm::Sha512,
            number => return Err(AccountError::Algorithm { account, number }),
        };
        let digits = match self.digits {
            0 | 1 => Digits::Six,
            2 => Digits::Eight,
            3 => Digits::Seven,
            number => return Err(AccountError::Digits { account, number }),
        };
        let moving = match self.kind {
            1 => MovingFactor::Counter(self.counter.cast_unsigned()),
            0 | 2 => MovingFactor::Time(Period::THIRTY),
            number => return Err(AccountError::Type { account, number }),
        };
        Ok(Parameters {
            algorithm,
            digits,
            moving,
        })
    }

    /// Returns issuer and account. The name is often the whole label of the key URI.
    fn names(&self, warnings: &mut Vec<WarningKind>) -> (Option<&str>, &str) {
        let issuer = Some(self.issuer.trim()).filter(|issuer| !issuer.is_empty());
        // An issuer may have colons, so the name is compared with it before it is split at its first colon.
        let named = issuer.and_then(|issuer| {
            let rest = self.name.trim_start().strip_prefix(issuer)?;
            Some((issuer, rest.trim_start().strip_prefix(':')?))
        });
        let (label, name) = match named.or_else(|| self.name.split_once(':')) {
            Some((label, name)) => (Some(label.trim()), name.trim()),
            None => (None, self.name.trim()),
        };
        if let (Some(label), Some(issuer)) = (label, issuer)
            && label != issuer
        {
            warnings.push(WarningKind::IssuerMismatch {
                label: label.to_owned(),
            });
        }
        let issuer = issuer.or(label.filter(|label| !label.is_empty()));
        if issuer.is_none() {
            warnings.push(WarningKind::NoIssuer);
        }
        if name.is_empty() {
            warnings.push(WarningKind::NoAccount);
        }
        (issuer, name)
    }
}

/// The parts of an export, scanned in any order.
///
/// ```
/// use loquet_enrollment::{Migration, MigrationPart};
/// let scanned = "otpauth-migration://offline?data=CjQKFHR3ZW50eSByYW5kb20gYnl0ZXMhEg1FeGFtcGxlOm1hcmllGgdFeGFtcGxlIAEoATACEAEYASAAKAc=";
/// let mut migration = Migration::default();
/// migration.add(MigrationPart::parse(scanned)?)?;
/// assert_eq!(migration.missing(), []);
/// let accounts: Vec<_> = migration.finish()?;
/// assert_eq!(accounts.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Migration {
    batch: Option<i32>,
    // One element for each part, `None` until it is scanned.
    parts: Vec<Option<MigrationPart>>,
}

/// The reason why a part cannot be added, or why the export is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The part belongs to another export.
    #[error("this QR code belongs to another export")]
    OtherBatch,
    /// Some parts are missing.
    #[error("{} QR codes of the export are missing", missing.len())]
    Incomplete {
        /// The indexes of the missing parts, from 0; empty if no part was added.
        missing: Vec<usize>,
    },
}

impl Migration {
    /// Adds a part. Adding a part twice has no effect.
    ///
    /// # Errors
    /// [`BatchError::OtherBatch`].
    pub fn add(&mut self, part: MigrationPart) -> Result<(), BatchError> {
        if self.batch.is_none() {
            self.batch = Some(part.batch);
            self.parts = vec![None; part.parts.min(MAX_PARTS)];
        }
        if self.batch != Some(part.batch) || self.parts.len() != part.parts {
            return Err(BatchError::OtherBatch);
        }
        let index = part.index;
        *self.parts.get_mut(index).ok_or(BatchError::OtherBatch)? = Some(part);
        Ok(())
    }

    /// Returns the indexes of the missing parts, from 0.
    #[must_use]
    pub fn missing(&self) -> Vec<usize> {
        self.parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.is_none())
            .map(|(index, _)| index)
            .collect()
    }

    /// Returns the accounts of all parts, in the order of the export.
    ///
    /// # Errors
    /// [`BatchError::Incomplete`].
    pub fn finish(self) -> Result<Vec<Result<Import, AccountError>>, BatchError> {
        let missing = self.missing();
        if self.parts.is_empty() || !missing.is_empty() {
            return Err(BatchError::Incomplete { missing });
        }
        Ok(self
            .parts
            .into_iter()
            .flatten()
            .flat_map(|part| part.accounts)
            .collect())
    }
}
