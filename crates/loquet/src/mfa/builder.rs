//! How a service is put together.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use loquet_ipfilter::{CompileLimits, Geo};
use loquet_policy::{OrgId, RoleId, SessionLimits};

use crate::edge::{Clock, random};
use crate::error::{Config, Error};
use crate::keyring::Keyring;
use crate::lanes::Lanes;
use crate::mfa::filters::{self, Filters};
use crate::mfa::vault::Ring;
use crate::mfa::{Clients, Inner, Mfa, Unrecorded};
use crate::operator::Operator;
use crate::passkey::RelyingParty;
use crate::roles::Role;
use crate::store::Store;
use crate::store::erased::Erased;

/// The organization of a service that has only one.
const ONLY: u64 = 1;

/// Builds an [`Mfa`]; begins with [`Mfa::builder`].
pub struct MfaBuilder {
    store: Box<dyn Erased>,
    clock: Option<Box<dyn Clock>>,
    keyring: Option<Keyring>,
    issuer: Option<String>,
    geo: Geo,
    rules_limit: usize,
    rules_cost: CompileLimits,
    rules_memory: usize,
    limits: SessionLimits,
    roles: Vec<Role>,
    passkeys: Option<Box<dyn RelyingParty>>,
}

impl fmt::Debug for MfaBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MfaBuilder")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Mfa {
    /// Begins to build a service over `store`.
    ///
    /// ```
    /// use loquet::{Keyring, Mfa, store::MemoryStore};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> { loquet::wait(async {
    /// let mfa = Mfa::builder(MemoryStore::new())
    ///     .keyring(Keyring::single(1, [7; 32]))
    ///     .issuer("Shop")
    ///     .open()
    ///     .await?;
    /// # Ok(()) }) }
    /// ```
    #[must_use]
    pub fn builder(store: impl Store) -> MfaBuilder {
        MfaBuilder {
            store: Box::new(store),
            clock: None,
            keyring: None,
            issuer: None,
            geo: Geo::default(),
            rules_limit: crate::admin::organization::RULES_LIMIT,
            rules_cost: filters::LIMITS,
            rules_memory: filters::MEMORY,
            limits: SessionLimits::default(),
            roles: Vec::new(),
            passkeys: None,
        }
    }
}

impl MfaBuilder {
    /// Sets the keys that encrypt secrets and authenticate sessions. Required.
    #[must_use]
    pub fn keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Names the one organization of this service, as authenticator apps will show it. [`open`](Self::open) creates it,
    /// and the [`Mfa`] serves it alone. A service with many tenants leaves this out, creates each with
    /// [`Provision::ensure_organization`](crate::Provision::ensure_organization), and calls [`Mfa::organization`].
    #[must_use]
    pub fn issuer(mut self, name: impl Into<String>) -> Self {
        self.issuer = Some(name.into());
        self
    }

    /// Sets the host's roles. Each organization gets them when [`ensure_organization`](crate::Provision::ensure_organization)
    /// creates or finds it; definitions that it has already stay. Without roles of the host's there are three: members
    /// ([`RoleId::MEMBER`]), staff and administrators.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = Role>) -> Self {
        self.roles = roles.into_iter().collect();
        self
    }

    /// Sets another clock. The default is the store's, if it has one ([`Store::now`]), and the system's otherwise.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Sets how long sessions last; see [`SessionLimits`] for the defaults.
    #[must_use]
    pub const fn session_limits(mut self, limits: SessionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the databases that say in which country an address is, and who operates its network.
    #[must_use]
    pub fn geo(mut self, geo: Geo) -> Self {
        self.geo = geo;
        self
    }

    /// Sets the longest text of access rules, in bytes. The default, 16 KiB, holds about 700 rules: the text is part of the
    /// organization's row, which every decision reads.
    #[must_use]
    pub const fn rules_limit(mut self, bytes: usize) -> Self {
        self.rules_limit = bytes;
        self
    }

    /// Sets what the access rules of one organization may cost once they are compiled. The default is 50,000 networks, 500,000
    /// that the databases give for countries and others, and 8 MiB: an administrator whose rules cost more is told which
    /// limit they exceed. A short text can name many networks, so raise it with care.
    #[must_use]
    pub const fn rules_cost(mut self, limits: CompileLimits) -> Self {
        self.rules_cost = limits;
        self
    }

    /// Sets how many bytes the compiled access rules of all organizations take together. The default is 128 MiB; rules
    /// unused for longest are dropped, and compiled again when they are needed.
    #[must_use]
    pub const fn rules_memory(mut self, bytes: usize) -> Self {
        self.rules_memory = bytes;
        self
    }

    /// Takes passkeys as well as codes, registered and verified by this relying party: `loquet_webauthn::Passkeys`, or one
    /// of your own. Its id is kept in the store, since passkeys that were registered for one id work for no other.
    ///
    /// The pages for it: [`LoginProgress::passkey_creation`](crate::LoginProgress::passkey_creation) and
    /// [`LoginProgress::passkey_request`](crate::LoginProgress::passkey_request) hold what the browser is asked, and
    /// [`PasskeyAnswer`](crate::PasskeyAnswer) takes its answer to any method that takes a code.
    #[must_use]
    pub fn passkeys(mut self, party: impl RelyingParty) -> Self {
        self.passkeys = Some(Box::new(party));
        self
    }

    /// Opens the store: verifies that the keyring holds its keys, and creates the organization that
    /// [`issuer`](Self::issuer) names.
    ///
    /// # Errors
    /// [`Config`] when the keyring is missing or another store's, when no app could show the issuer, or when passkeys of the
    /// store were registered for another relying party ([`Config::RelyingParty`]);
    /// [`Unavailable`](crate::Unavailable) when the store fails.
    pub async fn open(self) -> Result<Mfa, Error> {
        let keyring = self.keyring.ok_or(Config::Builder(
            "an Mfa needs keys: call `keyring` with `Keyring::load_or_create` or keys of your own",
        ))?;
        check_roles(&self.roles)?;
        let mut mfa = Mfa {
            inner: Arc::new(Inner {
                store: self.store,
                clock: self.clock,
                ring: RwLock::new(Ring::new(keyring)),
                vault: OnceLock::new(),
                nonce: random()?,
                lanes: Lanes::default(),
                filters: Filters::new(self.rules_cost, self.rules_memory),
                homes: Mutex::default(),
                rejections: Mutex::default(),
                unrecorded: Unrecorded::default(),
                geo: RwLock::new(self.geo),
                rules_limit: self.rules_limit,
                roles: self.roles,
                passkeys: self.passkeys,
            }),
            org: None,
            clients: Arc::new(Clients {
                kind: String::new(),
                limits: self.limits,
            }),
        };
        mfa.unlock().await?;
        mfa.check_relying_party().await?;
        if let Some(name) = &self.issuer {
            let only = OrgId::from(ONLY);
            mfa.provision().ensure_organization(only, name).await?;
            mfa.org = Some(only);
        }
        Ok(mfa)
    }

    /// Opens the store for the program that runs the service, with what no request may do. See [`Operator`].
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_operator(self) -> Result<Operator, Error> {
        self.open().await.map(Operator::new)
    }
}

/// Each role once, and one for the administrators.
fn check_roles(roles: &[Role]) -> Result<(), Config> {
    let ids: BTreeSet<RoleId> = roles.iter().map(|role| role.definition.id).collect();
    if ids.len() != roles.len() {
        return Err(Config::Builder(
            "two roles have the same id: give each role its own",
        ));
    }
    if !ids.is_empty() && !ids.contains(&RoleId::ADMINISTRATOR) {
        return Err(Config::Builder(
            "no role is the administrators': add `Role::administrator`",
        ));
    }
    Ok(())
}
