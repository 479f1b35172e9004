//! Hardware tokens: a pool of the host's, from which it assigns one to a user.

use loquet_otp::{Secret, Totp};
use loquet_policy::{AccountId, OrgId, Refusal};

use crate::decide::Keys;
use crate::disk::{self, KeyOwner};
use crate::edge::random;
use crate::error::{Config, Error};
use crate::hash;
use crate::mfa::Mfa;
use crate::mfa::source::{InTransaction, Source};
use crate::provision::assignment::{AssignToken, WithdrawToken};
use crate::provision::handle::Provision;
use crate::provision::host_tx::HostTx;
use crate::provision::import::{PERIODS, imported_key};
use crate::provision::transaction::ProvisionIn;
use crate::records::TokenRecord;
use crate::session::attempt::Attempt;
use crate::store::{Commit, MetadataId, Query, Row, RowKey, Version, Versioned, Writes};

/// The longest serial number, in bytes.
const MAX_SERIAL: usize = 64;

/// A hardware token for the host's pool; see [`Provision::add_token`](crate::Provision::add_token).
///
/// ```
/// use loquet::{HardwareToken, Period, Secret, Totp};
///
/// # fn f(seed: &[u8]) -> Result<HardwareToken, Box<dyn std::error::Error>> {
/// let totp = Totp { period: Period::new(60)?, ..Totp::default() };
/// Ok(HardwareToken::new("1000133508267", Secret::new(seed)?).totp(totp))
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct HardwareToken {
    serial: String,
    secret: Secret,
    totp: Totp,
}

impl HardwareToken {
    /// A token with the usual parameters: SHA-1, six digits, thirty seconds. The serial number is what stands on the
    /// token, of at most 64 bytes without control characters.
    pub fn new(serial: impl Into<String>, secret: Secret) -> Self {
        let (serial, totp) = (serial.into(), Totp::default());
        Self {
            serial,
            secret,
            totp,
        }
    }

    /// Sets its own algorithm, digits and period (15 to 300 seconds, counted from the epoch).
    pub const fn totp(mut self, totp: Totp) -> Self {
        self.totp = totp;
        self
    }

    fn check(&self) -> Result<(), Config> {
        let length = self.serial.len();
        if length == 0 || length > MAX_SERIAL || self.serial.chars().any(char::is_control) {
            return Err(Config::TokenSerial);
        }
        if self.secret.is_weak() {
            return Err(Config::WeakToken);
        }
        let seconds = self.totp.period.seconds();
        if !PERIODS.contains(&seconds) {
            return Err(Config::ImportedPeriod(seconds));
        }
        match self.totp.t0 {
            0 => Ok(()),
            t0 => Err(Config::ImportedT0(t0)),
        }
    }
}

/// A hardware token of the pool, as [`Provision::tokens`](crate::Provision::tokens) lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenEntry {
    /// The serial number.
    pub serial: String,
    /// The account that has it, or had it.
    pub account: Option<AccountId>,
    /// What became of it.
    pub state: TokenState,
}

/// What became of a hardware token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenState {
    /// It can be assigned.
    Free,
    /// It is assigned, and waits for its owner to confirm it.
    Assigned,
    /// Its owner has confirmed it, and logs in with it.
    InUse,
    /// Its owner was reset, replaced it or was deactivated. It cannot be assigned again, since that owner may have noted
    /// codes of the days to come.
    Retired,
}

fn token_id(org: OrgId, serial: &str, keys: &Keys) -> MetadataId {
    let org = org.to_bytes();
    let hashed = hash::mac(
        &keys.imported,
        "token",
        &[org.as_slice(), serial.as_bytes()],
    );
    MetadataId::token(*hash::half(hashed))
}

impl Mfa {
    /// A token of the pool, with its row's id.
    async fn token(
        &self,
        mut source: impl Source,
        serial: &str,
    ) -> Result<(MetadataId, Option<(TokenRecord, Version)>), Error> {
        let vault = self.unlock().await?;
        let id = token_id(self.org()?, serial, &vault.keys);
        let found = source.rows(&[RowKey::Metadata(id)]).await?;
        let read = found
            .into_iter()
            .find_map(|Versioned { row, version }| match row {
                Row::Metadata(row) => {
                    let token = disk::read_token(&row, version, &self.row_keys(vault));
                    Some(token.map(|token| (token, version)))
                }
                _ => None,
            });
        Ok((id, read.transpose()?))
    }

    /// What adds a token to the pool, or corrects the parameters of a free one; `None` where it is there already.
    async fn new_token(
        &self,
        mut source: impl Source,
        new: HardwareToken,
    ) -> Result<Option<Writes>, Error> {
        new.check()?;
        let (id, known) = self.token(&mut source, &new.serial).await?;
        let vault = self.unlock().await?;
        let key = imported_key(&new.secret, &vault.keys);
        let mut token = TokenRecord {
            org: self.org()?,
            serial: new.serial,
            totp: new.totp,
            key,
            owner: None,
            secret: Some(new.secret),
        };
        let keys = self.row_keys(vault);
        let Some((known, version)) = known else {
            if !source.rows(&[RowKey::Metadata(key)]).await?.is_empty() {
                return Err(Refusal::KeyOfAnother.into());
            }
            let version = Version::ABSENT.next();
            let owner = disk::write_imported_key(key, KeyOwner::Token, &vault.keys.imported)?;
            let row = disk::write_token((id, &token), version, &keys, random()?)?;
            return Ok(Some(Writes {
                expect: [id, key]
                    .map(|id| (RowKey::Metadata(id), Version::ABSENT))
                    .into(),
                put: vec![Row::Metadata(row), Row::Metadata(owner)],
                ..Writes::default()
            }));
        };
        if known.key != key || known.totp != token.totp && known.owner.is_some() {
            return Err(Config::OtherToken.into());
        }
        if known.totp == token.totp {
            return Ok(None);
        }
        token.secret = known.secret;
        let row = disk::write_token((id, &token), version.next(), &keys, random()?)?;
        Ok(Some(Writes {
            expect: vec![(RowKey::Metadata(id), version)],
            put: vec![Row::Metadata(row)],
            ..Writes::default()
        }))
    }

    /// The operation that assigns a token.
    async fn assign(
        &self,
        source: impl Source,
        serial: &str,
        account: AccountId,
    ) -> Result<AssignToken, Error> {
        let (token, known) = self.token(source, serial).await?;
        known.ok_or_else(|| Config::NoToken(serial.to_owned()))?;
        Ok(AssignToken { account, token })
    }
}

/// Hardware tokens.
impl Provision<'_> {
    /// Adds a hardware token to the organization's pool, from which the host assigns it, or corrects the parameters of a
    /// free one. Returns `false` where it is there already. Its key is encrypted before a store sees it.
    ///
    /// ```
    /// # use loquet::{HardwareToken, Secret};
    /// # async fn f(mfa: loquet::Mfa, seed: Secret) -> Result<(), loquet::Error> {
    /// let provision = mfa.provision();
    /// provision.add_token(HardwareToken::new("1000133508267", seed)).await?;
    /// provision.assign_token("1000133508267", 42_u64).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Config::TokenSerial`], [`Config::WeakToken`] (less than 128 bits), [`Config::ImportedPeriod`],
    /// [`Config::OtherToken`] (another key has this serial number, or an assigned token has other parameters), [`Error::Refused`] with `KEY_OF_ANOTHER`, and
    /// [`Error`] of the store.
    pub async fn add_token(self, token: HardwareToken) -> Result<bool, Error> {
        let Some(writes) = self.0.new_token(self.0, token).await? else {
            return Ok(false);
        };
        match self.0.store().commit(writes).await? {
            Commit::Done => Ok(true),
            Commit::Stale => Err(Error::Busy),
        }
    }

    /// Returns the organization's hardware tokens, in no particular order.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub async fn tokens(self) -> Result<Vec<TokenEntry>, Error> {
        let org = self.0.org()?;
        let keys = self.0.row_keys(self.0.unlock().await?);
        let mut tokens = Vec::new();
        self.0
            .pages(Query::Metadata(MetadataId::TOKEN), |item| {
                if let Some((row, version)) = item.metadata() {
                    let token = disk::read_token(&row, version, &keys)?;
                    tokens.extend(Some(token).filter(|token| token.org == org));
                }
                Ok(())
            })
            .await?;
        let mut entries = Vec::new();
        for TokenRecord { serial, owner, .. } in tokens {
            let state = match owner {
                None => TokenState::Free,
                Some(owner) => match self.0.own_person(owner).await? {
                    Some(person) if person.has_token(&serial) => TokenState::InUse,
                    Some(person) if person.assigned_token.as_ref() == Some(&serial) => {
                        TokenState::Assigned
                    }
                    _ => TokenState::Retired,
                },
            };
            entries.push(TokenEntry {
                serial,
                account: owner,
                state,
            });
        }
        Ok(entries)
    }

    /// Assigns a hardware token to a user, who confirms it with two of its codes, one after the other
    /// ([`Mfa::begin_token`](crate::Mfa::begin_token), [`Mfa::confirm_token`](crate::Mfa::confirm_token)). Until then each
    /// enrollment binds that token and no app, so that a thief of the password cannot enroll in the user's place; an
    /// authenticator that is bound already stays so. Returns `false` where the user has it already.
    ///
    /// A token that was confirmed is never assigned to a second account: after a reset, a replacement or a deactivation it is
    /// [`Retired`](TokenState::Retired). One that was not confirmed stays assigned after a reset, and can be taken back
    /// ([`withdraw_token`](Self::withdraw_token)) and assigned to another; after a deactivation it is retired too.
    ///
    /// # Errors
    /// [`Config::NoToken`], [`Error::Refused`] with `KEY_OF_ANOTHER`, `RETIRED_KEY`, `TOKEN_ASSIGNED` (another token is: take it
    /// back first), `UNKNOWN_ACCOUNT` or `IS_DEACTIVATED`, and [`Error`] of the store.
    pub async fn assign_token(
        self,
        serial: &str,
        account: impl Into<AccountId>,
    ) -> Result<bool, Error> {
        let assign = self.0.assign(self.0, serial, account.into()).await?;
        has_assigned(self.0.run(assign, Attempt::default()).await)
    }

    /// Takes back a hardware token that its owner has not confirmed: it can be assigned again. Do so only where it was never
    /// handed out, since the user who had it may have noted codes of the days to come.
    ///
    /// # Errors
    /// [`Config::NoToken`], [`Error::Refused`] with `NO_TOKEN_ASSIGNED` where it is free, or was confirmed, and [`Error`] of
    /// the store.
    pub async fn withdraw_token(self, serial: &str) -> Result<(), Error> {
        let (token, known) = self.0.token(self.0, serial).await?;
        let (known, _) = known.ok_or_else(|| Config::NoToken(serial.to_owned()))?;
        let account = known.owner.ok_or(Refusal::NoTokenAssigned)?;
        self.0
            .run(WithdrawToken { account, token }, Attempt::default())
            .await
    }
}

impl<T: HostTx> ProvisionIn<'_, T> {
    /// As [`Provision::add_token`](crate::Provision::add_token).
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn add_token(&mut self, token: HardwareToken) -> Result<bool, Error> {
        let source = InTransaction(&mut *self.transaction);
        let Some(writes) = self.mfa.new_token(source, token).await? else {
            return Ok(false);
        };
        match self.transaction.apply(&writes).await? {
            Commit::Done => Ok(true),
            Commit::Stale => Err(Error::Busy),
        }
    }

    /// As [`Provision::assign_token`](crate::Provision::assign_token).
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn assign_token(
        &mut self,
        serial: &str,
        account: impl Into<AccountId>,
    ) -> Result<bool, Error> {
        let source = InTransaction(&mut *self.transaction);
        let assign = self.mfa.assign(source, serial, account.into()).await?;
        has_assigned(self.mfa.prepare_in(assign, self.transaction).await)
    }
}

/// What the user has already is no error.
fn has_assigned(answer: Result<(), Error>) -> Result<bool, Error> {
    match answer {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::AlreadyThere)) => Ok(false),
        Err(other) => Err(other),
    }
}
