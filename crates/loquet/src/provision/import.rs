//! Authenticators that people already use.

use std::hash::{Hash, Hasher};

use loquet_otp::{Secret, Totp};
use loquet_policy::{AccountId, Command, ImportedKey, Refusal, UnixTime};
use subtle::ConstantTimeEq;

use crate::decide::{Case, Keys, done};
use crate::disk::KeyOwner;
use crate::error::{Config, Error};
use crate::hash;
use crate::mfa::Mfa;
use crate::mfa::vault::Vault;
use crate::provision::handle::Provision;
use crate::provision::host_tx::HostTx;
use crate::provision::transaction::ProvisionIn;
use crate::records::BoundSecret;
use crate::session::attempt::Attempt;
use crate::store::MetadataId;

/// The shortest and the longest period of an imported authenticator or of a hardware token, in seconds.
pub(crate) const PERIODS: std::ops::RangeInclusive<u64> = 15..=300;

/// The authenticator that a user already has with the host; for
/// [`Provision::import_authenticator`](crate::Provision::import_authenticator).
///
/// ```
/// use loquet::{ImportedAuthenticator, Secret, Totp};
///
/// # fn f(stored: &[u8]) -> Result<ImportedAuthenticator, loquet::SecretError> {
/// let secret = Secret::weak(stored)?; // the bytes behind the base32 of the host's column
/// # Ok(
/// ImportedAuthenticator::new(secret)
///     .totp(Totp { digits: loquet::Digits::Eight, ..Totp::default() })
///     .last_step(Some(59_666_666)) // the last step that the host accepted
/// # ) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ImportedAuthenticator {
    secret: Secret,
    totp: Totp,
    last_step: Option<u64>,
    toggle: bool,
    tell: bool,
}

impl ImportedAuthenticator {
    /// An authenticator with this secret and the usual parameters: SHA-1, six digits, thirty seconds.
    ///
    /// A secret of less than 128 bits ([`Secret::weak`]) is taken and marked, but not for administrators.
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            totp: Totp::default(),
            last_step: None,
            toggle: true,
            tell: false,
        }
    }

    /// Sets its own algorithm, digits and period (15 to 300 seconds, counted from the epoch).
    pub const fn totp(mut self, totp: Totp) -> Self {
        self.totp = totp;
        self
    }

    /// Sets the last step that was accepted (RFC 6238 §5.2). Codes of it and before are refused. Without it the present
    /// code and the next are refused too, because they may have been used.
    pub const fn last_step(mut self, step: Option<u64>) -> Self {
        self.last_step = step;
        self
    }

    /// Leaves the owner's toggle off: the code is asked for only where a mandate requires it. By default it is on.
    pub const fn optional(mut self) -> Self {
        self.toggle = false;
        self
    }

    /// Tells the owner by letter. By default only the audit log says it.
    pub const fn tell_owner(mut self) -> Self {
        self.tell = true;
        self
    }

    fn check(&self, now: UnixTime) -> Result<(), Config> {
        let seconds = self.totp.period.seconds();
        if !PERIODS.contains(&seconds) {
            return Err(Config::ImportedPeriod(seconds));
        }
        if self.totp.t0 != 0 {
            return Err(Config::ImportedT0(self.totp.t0));
        }
        let latest = self.latest(now);
        match self.last_step {
            Some(step) if step > latest => Err(Config::ImportedStep { step, latest }),
            _ => Ok(()),
        }
    }

    /// The newest code that a phone whose clock is a little fast may show.
    fn latest(&self, now: UnixTime) -> u64 {
        self.totp.step(now.0).saturating_add(1)
    }

    fn operation(self, account: AccountId, vault: &Vault) -> Import {
        Import {
            account,
            key: imported_key(&self.secret, &vault.keys),
            imported: self,
        }
    }
}

/// The id of the row that names the owner of an imported key: a keyed hash of the key.
pub(crate) fn imported_key(secret: &Secret, keys: &Keys) -> MetadataId {
    let fingerprint = hash::mac(&keys.imported, "key", &[secret.expose()]);
    MetadataId::imported_key(*hash::half(fingerprint))
}

/// The host binds what the owner already uses.
#[derive(Debug)]
pub(crate) struct Import {
    account: AccountId,
    key: MetadataId,
    imported: ImportedAuthenticator,
}

impl Hash for Import {
    /// Without the secret, for which its fingerprint stands.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.account, self.key).hash(state);
    }
}

impl Import {
    fn known(&self, case: &Case<'_>) -> ImportedKey {
        let secrets = &case.actor.secrets;
        let is_same =
            |present: &Secret| present.expose().ct_eq(self.imported.secret.expose()).into();
        let mut bound = secrets.bound.iter();
        if let Some(bound) = bound.find(|it| it.secret.as_ref().is_some_and(is_same)) {
            return match bound.details.totp == self.imported.totp {
                true => ImportedKey::Present,
                // With other parameters it is another authenticator, which the rules refuse here.
                false => ImportedKey::Unused,
            };
        }
        match case.key_owner {
            None => ImportedKey::Unused,
            Some(owner) if owner == KeyOwner::Account(self.account) => ImportedKey::Former,
            Some(_) => ImportedKey::OfAnother,
        }
    }
}

operation!(
    Import,
    {
        const REPEATABLE: bool = false;

        fn actor(&self) -> AccountId {
            self.account
        }

        fn imported_key(&self) -> Option<MetadataId> {
            Some(self.key)
        }
    },
    "import_authenticator",
    (),
    done,
    |this, case| {
        Command::ImportAuthenticator {
            key: this.known(case),
            weak: this.imported.secret.is_weak(),
            step: this
                .imported
                .last_step
                .unwrap_or(this.imported.latest(case.now)),
            toggle: this.imported.toggle,
            tell: this.imported.tell,
        }
    },
    |this, _case, effects| {
        // What is imported is the only one.
        let ids = effects.actor.facts.second_factor.iter().map(|it| it.id);
        let (secret, totp) = (&this.imported.secret, this.imported.totp);
        let bound = ids.map(|id| BoundSecret::new(id, secret.clone(), totp));
        effects.actor.secrets.bound = bound.collect();
    }
);

/// Whether an import bound something.
fn has_bound(answer: Result<(), Error>) -> Result<bool, Error> {
    match answer {
        Ok(()) => Ok(true),
        Err(Error::Refused(Refusal::AlreadyThere)) => Ok(false),
        Err(other) => Err(other),
    }
}

impl Mfa {
    async fn import(
        &self,
        account: AccountId,
        imported: ImportedAuthenticator,
    ) -> Result<Import, Error> {
        imported.check(self.now())?;
        Ok(imported.operation(account, self.unlock().await?))
    }
}

impl Provision<'_> {
    /// Binds the authenticator that a user already has with the host, so that the user need not enroll again: the codes
    /// that the app shows are accepted from now on. Returns `false` where it was imported before and still is the account's.
    ///
    /// It binds only where nothing was ever bound. What was replaced, reset or disabled since never comes back, however
    /// often it is imported. The sessions of the account end. It may be done before multi-factor log-in is enabled: no code
    /// is asked for until then.
    ///
    /// To move people one by one, import at each log-in, after the password and before [`log_in`](crate::Mfa::log_in), and
    /// go on whatever the rules answer: where they refuse, the account has another authenticator by now, or was reset, and
    /// `log_in` says what is next.
    ///
    /// ```
    /// # use loquet::{ImportedAuthenticator, Secret};
    /// # async fn f(mfa: loquet::Mfa, secret: Secret) -> Result<(), loquet::Error> {
    /// let imported = ImportedAuthenticator::new(secret);
    /// match mfa.provision().import_authenticator(42_u64, imported).await {
    ///     Ok(_) | Err(loquet::Error::Refused(_)) => {}
    ///     Err(fault) => return Err(fault),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with `DIFFERENT_KEY`, `RETIRED_KEY`, `KEY_OF_ANOTHER`, `WEAK_KEY`, `UNKNOWN_ACCOUNT` or
    /// `IS_DEACTIVATED`; [`Config::ImportedPeriod`], [`Config::ImportedStep`], and [`Error`] of the store.
    pub async fn import_authenticator(
        self,
        account: impl Into<AccountId>,
        authenticator: ImportedAuthenticator,
    ) -> Result<bool, Error> {
        let import = self.0.import(account.into(), authenticator).await?;
        has_bound(self.0.run(import, Attempt::default()).await)
    }
}

impl<T: HostTx> ProvisionIn<'_, T> {
    /// As [`Provision::import_authenticator`](crate::Provision::import_authenticator): the host's own row of the user, the
    /// account and its authenticator become durable together.
    ///
    /// ```
    /// # use loquet::*;
    /// # async fn f(mfa: Mfa, mut transaction: impl HostTx, secret: Secret) -> Result<(), Error> {
    /// let marie = NewAccount::new(42_u64, "marie@example.org").awaiting_import();
    /// let mut provision = mfa.provision_in(&mut transaction);
    /// let marie = provision.ensure_account(marie).await?;
    /// provision.import_authenticator(marie, ImportedAuthenticator::new(secret)).await?;
    /// transaction.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As there, and [`Error::Busy`] when another transaction was faster.
    pub async fn import_authenticator(
        &mut self,
        account: impl Into<AccountId>,
        authenticator: ImportedAuthenticator,
    ) -> Result<bool, Error> {
        let import = self.mfa.import(account.into(), authenticator).await?;
        has_bound(self.mfa.prepare_in(import, self.transaction).await)
    }
}
