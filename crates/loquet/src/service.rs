//! What a service embeds: loads, decides, commits, and tells.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use loquet_ipfilter::{Filter, Geo};
use loquet_policy::{AccountId, Digest, OrgId, UnixTime};

use crate::accept::{Settled, Tried, settle};
use crate::edge::{Clock, Entropy, SystemClock};
use crate::flow::{self, Ceremony, Facts, Input, Request};
use crate::host_tx::{Committed, Granted};
use crate::lanes::Lanes;
use crate::observe;
use crate::seal::Keyring;
use crate::store::erased::Erased;
use crate::store::{Fault, LedgerId, Store};

mod access;
mod audit;
mod bounds;
mod denials;
mod error;
mod host;
mod restore;
mod rotation;
mod rows;
mod standing;
mod tick;
mod vault;

pub use access::{Affected, WhatIf};
pub use audit::Verified;
use bounds::TRIES;
pub use error::ServiceError;
pub use host::NewAccount;
pub use restore::Restored;
pub use rotation::{Resealed, Sealed};
pub use standing::{Person, Standing};
use vault::Vault;

/// Multi-factor log-in over a store. Clone it freely: all clones are one.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    store: Box<dyn Erased>,
    clock: Box<dyn Clock>,
    ring: RwLock<Arc<Keyring>>,
    vault: OnceLock<Vault>,
    lanes: Lanes,
    filters: Mutex<BTreeMap<Digest, Arc<Filter>>>,
    /// Where an account belonged when it was last read: what to read with it, never what to believe.
    homes: Mutex<BTreeMap<AccountId, OrgId>>,
    denials: Mutex<Denials>,
    geo: RwLock<Geo>,
    rules_limit: AtomicUsize,
}

/// Whoever was turned away unknown, and was not written down yet.
type Denials = BTreeMap<LedgerId, u64>;

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("keys", &self.ring())
            .finish_non_exhaustive()
    }
}

impl Service {
    /// A service over `store`, sealing with `ring`, by the system's clock. It looks at neither before the first request:
    /// [`open`](Self::open) does.
    ///
    /// # Errors
    /// None today.
    pub fn new(store: impl Store, ring: Keyring) -> Result<Self, ServiceError> {
        Self::with_clock(store, ring, SystemClock)
    }

    /// The same by another clock.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_clock(
        store: impl Store,
        ring: Keyring,
        clock: impl Clock,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            inner: Arc::new(Inner {
                store: Box::new(store),
                clock: Box::new(clock),
                ring: RwLock::new(Arc::new(ring)),
                vault: OnceLock::new(),
                lanes: Lanes::default(),
                filters: Mutex::default(),
                homes: Mutex::default(),
                denials: Mutex::default(),
                geo: RwLock::default(),
                rules_limit: AtomicUsize::new(flow::RULES_LIMIT),
            }),
        })
    }

    /// The time by which it decides.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.inner.clock.now()
    }

    /// Runs a ceremony: loads what it needs, decides, commits, and only then tells.
    ///
    /// # Errors
    /// [`ServiceError`] when the store or a row fails. Repeating the same request is safe: it finds its first outcome.
    pub async fn run<C: Ceremony>(
        &self,
        ceremony: C,
        request: &Request,
    ) -> Result<Settled<C::Grant>, ServiceError> {
        type Nobody = for<'a> fn(Granted<'a>) -> Result<Committed<'a>, Fault>;
        // Behind a pointer: it is large, and would be copied into every future that awaits it.
        let (what, account) = (C::WHAT, ceremony.actor());
        let run = Box::pin(self.run_with::<C, Nobody>(ceremony, request, None));
        observe::ceremony(what, account, run).await
    }

    /// Runs a ceremony whose grant is committed in the host's own transaction; see [`HostTx`](crate::HostTx).
    ///
    /// `host` begins a transaction, writes the host's rows and ends in [`Granted::commit_in`]. It is called when the
    /// decision is a grant, once more for each time that somebody else was faster, and not at all for a refusal: that is
    /// made durable on its own, so that a wrong code counts whatever becomes of the host's work. The account's lane is
    /// held meanwhile: be brief, and run no other ceremony in it.
    ///
    /// # Errors
    /// As [`run`](Self::run), and what `host` fails with; then nothing of both is written, unless it is
    /// [`Fault::Unknown`] and repeating the request finds out.
    pub async fn run_in<C: Ceremony>(
        &self,
        ceremony: C,
        request: &Request,
        mut host: impl for<'a> FnMut(Granted<'a>) -> Result<Committed<'a>, Fault>,
    ) -> Result<Settled<C::Grant>, ServiceError> {
        let (what, account) = (C::WHAT, ceremony.actor());
        let run = Box::pin(self.run_with(ceremony, request, Some(&mut host)));
        observe::ceremony(what, account, run).await
    }

    async fn run_with<C, H>(
        &self,
        ceremony: C,
        request: &Request,
        mut host: Option<&mut H>,
    ) -> Result<Settled<C::Grant>, ServiceError>
    where
        C: Ceremony,
        H: for<'a> FnMut(Granted<'a>) -> Result<Committed<'a>, Fault>,
    {
        let vault = self.unlock().await?;
        let input = Input {
            request,
            now: self.now(),
            entropy: &Entropy::draw()?,
            keys: &vault.keys,
        };
        let accounts = std::iter::once(ceremony.actor())
            .chain(ceremony.subject())
            .collect();
        let _lanes = self
            .inner
            .lanes
            .enter(accounts)
            .await
            .map_err(|_| ServiceError::Busy)?;
        for _ in 0..TRIES {
            let needs = |facts: &Facts| flow::needs(&ceremony, request, facts);
            let facts = self.gather(ceremony.actor(), needs).await?;
            if facts.actor.is_none() {
                self.count_denial(LedgerId::NOBODY);
            }
            let decided = flow::decide(&ceremony, &input, &facts);
            let writes = decided
                .change()
                .map(|change| self.writes(change, vault))
                .transpose()?;
            match settle(&*self.inner.store, decided, writes, host.as_deref_mut()).await? {
                Tried::Settled(settled) => return Ok(settled),
                Tried::Stale => observe::conflict(),
            }
        }
        Err(ServiceError::Busy)
    }
}
