//! What a service embeds: loads, decides, commits, and tells.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use loquet_enrollment::LabelError;
use loquet_ipfilter::{DeviceTier, Filter, Geo};
use loquet_policy::{
    Access, Account, AccountId, Authenticator, Digest, Level, OrgId, Organisation, Origin, Refusal,
    Requirement, RoleId, Roster, Snapshot, TooManyRoles, UnixTime, required, standing,
};

use crate::accept::{Settled, Tried, settle};
use crate::audit::{Broken, CheckpointError};
use crate::book::Address;
use crate::device::Device;
use crate::disk::DiskError;
use crate::edge::{Clock, Entropy, NoEntropy, SystemClock};
use crate::flow::{self, Ceremony, Facts, Offer, Request};
use crate::host_tx::{Committed, Granted};
use crate::lanes::Lanes;
use crate::observe;
use crate::paper::SealCode;
use crate::seal::{KeyRing, SealError};
use crate::stamp::Stamp;
use crate::store::erased::Erased;
use crate::store::{BoxError, Fault, LedgerId, Store};

mod access;
mod audit;
mod denials;
mod host;
mod restore;
mod rotation;
mod rows;
mod tick;
mod vault;

pub use access::{Affected, WhatIf};
pub use audit::Verified;
pub use restore::Restored;
pub use rotation::{Resealed, Sealed};
use vault::Vault;

/// How often a decision is made again when another process changed what it read.
const TRIES: u32 = 16;
/// Compiled access rules that are kept.
const FILTERS: usize = 64;
/// Accounts whose organisation is remembered.
const HOMES: usize = 1 << 16;
/// Longest external id, in bytes.
const MAX_EXTERNAL_ID: usize = 256;

/// Multi-factor log-in over a store. Clone it freely: all clones are one.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    store: Box<dyn Erased>,
    clock: Box<dyn Clock>,
    ring: RwLock<Arc<KeyRing>>,
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

/// Nothing was decided, or nobody may know what was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] Fault),
    /// A row that cannot be read or opened.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The key ring is another store's, or lacks a key.
    #[error("these are not the keys of this store: {0}")]
    Keys(#[source] SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// Too many want to change the same account at once. Nothing is known of the outcome of a code.
    #[error("too many changes to one account at once")]
    Busy,
    /// An organisation or account that is not there.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A name that no authenticator app could show.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Too many roles for one account.
    #[error("an account holds at most {} roles", loquet_policy::limits::ROLES)]
    TooManyRoles,
    /// The host's name for an account is empty or too long.
    #[error("an external id has 1 to {MAX_EXTERNAL_ID} bytes, this one has {0}")]
    ExternalId(usize),
    /// Where multi-factor log-in is enabled, administrators are made by administrators alone.
    #[error(
        "where multi-factor log-in is enabled, an administrator promotes another: add the account without that role first"
    )]
    NotByTheHost,
    /// The enrollment cannot be shown.
    #[error(transparent)]
    Offer(#[from] flow::NoOffer),
    /// A letter could not be delivered; it waits.
    #[error("a notice could not be delivered: {0}")]
    Delivery(#[source] BoxError),
    /// The audit log was tampered with.
    #[error(transparent)]
    Audit(#[from] Broken),
    /// A checkpoint that this store did not sign.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl From<SealError> for ServiceError {
    fn from(error: SealError) -> Self {
        Self::Disk(error.into())
    }
}

impl From<TooManyRoles> for ServiceError {
    fn from(_: TooManyRoles) -> Self {
        Self::TooManyRoles
    }
}

/// What a session is worth now, and what a page about the account shows.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What it may do.
    pub level: Level,
    /// The account.
    pub account: Account,
    /// The host's name for it.
    pub external_id: String,
    /// The name that authenticator apps show.
    pub label: String,
    /// Where its notices go, if Loquet knows.
    pub address: Option<Address>,
    /// Whether a second factor is required of it, and why.
    pub requirement: Requirement,
    /// The organisation's rules.
    pub organisation: Organisation,
    /// The organisation's name.
    pub organisation_name: String,
    /// Its administrators.
    pub roster: Roster,
    /// Whether the organisation lets people have devices remembered.
    pub devices_offered: bool,
    /// The devices that the account has remembered, the one used last first.
    pub devices: Vec<Device>,
    /// The number of the one that this session was begun on.
    pub device: Option<u16>,
    /// The time of the answer.
    pub now: UnixTime,
}

/// One line of the roll-call.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// The host's name for it.
    pub external_id: String,
    /// The name that authenticator apps show.
    pub label: String,
    /// Whether a second factor is required of it, and why.
    pub requirement: Requirement,
}

impl Service {
    /// A service over `store`, sealing with `ring`, by the system's clock. It looks at neither before the first request:
    /// [`open`](Self::open) does.
    ///
    /// # Errors
    /// None today.
    pub fn new(store: impl Store, ring: KeyRing) -> Result<Self, ServiceError> {
        Self::with_clock(store, ring, SystemClock)
    }

    /// The same by another clock.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_clock(
        store: impl Store,
        ring: KeyRing,
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
        let now = self.now();
        let entropy = Entropy::draw()?;
        let vault = self.unlock().await?;
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
            let decided = flow::decide(&ceremony, request, &facts, now, &entropy, &vault.keys);
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

    /// What a session is worth now. One look at the store; ask on every request.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal says why the session is over.
    pub async fn check(
        &self,
        stamp: &Stamp,
        address: Option<IpAddr>,
    ) -> Result<Result<Standing, Refusal>, ServiceError> {
        let now = self.now();
        let facts = self.facts(stamp.account()).await?;
        let (Some(actor), Some(organisation), Some(roster)) =
            (facts.actor, facts.organisation, facts.roster)
        else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        if actor.is_over(stamp, now) {
            return Ok(Err(Refusal::StaleLogIn));
        }
        let device = actor
            .devices
            .of(stamp.session().id, now)
            .filter(|_| organisation.devices);
        let tier = device.map_or(DeviceTier::Unknown, |_| DeviceTier::Known);
        match facts.door.access(address, &flow::tags(&actor.facts), tier) {
            Access::Allowed => {}
            _ if actor.facts.holds_break_glass(now) => {}
            Access::Denied => return Ok(Err(Refusal::AccessDenied)),
            Access::Unknown => return Ok(Err(Refusal::AccessUnknown)),
        }
        let snapshot = Snapshot {
            organisation: Some(&organisation.facts),
            roster: Some(&roster),
            actor: &actor.facts,
            session: Some(stamp.session()),
            subject: None,
        };
        Ok(standing(&snapshot, now).map(|level| Standing {
            level,
            requirement: required(Some(&organisation.facts), &actor.facts, now),
            account: actor.facts,
            address: actor.book.present().cloned(),
            external_id: actor.external_id,
            label: actor.label,
            devices: actor.devices.list(now),
            device,
            devices_offered: organisation.devices,
            organisation: organisation.facts,
            organisation_name: organisation.name,
            roster,
            now,
        }))
    }

    /// The enrollment that this very session began, to show it again.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn pending(&self, stamp: &Stamp) -> Result<Option<Offer>, ServiceError> {
        let now = self.now();
        let facts = self.facts(stamp.account()).await?;
        let (Some(actor), Some(organisation), Some(roster)) =
            (&facts.actor, &facts.organisation, &facts.roster)
        else {
            return Ok(None);
        };
        let snapshot = Snapshot {
            organisation: Some(&organisation.facts),
            roster: Some(roster),
            actor: &actor.facts,
            session: Some(stamp.session()),
            subject: None,
        };
        if actor.is_over(stamp, now) || standing(&snapshot, now).is_err() {
            return Ok(None);
        }
        let session = stamp.session().id;
        match actor
            .facts
            .pendings_at(now)
            .find(|pending| pending.session == session)
        {
            None => Ok(None),
            Some(pending) => Ok(flow::offer(organisation, actor, stamp, pending.expires())?),
        }
    }

    /// The break-glass code to show before [`flow::EnableMfa`] or [`flow::RenewSeal`], and before the enrollment that
    /// follows a break-glass: the same again for the same session, stored nowhere until its last group is typed back.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn propose_seal(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<SealCode, Refusal>, ServiceError> {
        let facts = self.facts(stamp.account()).await?;
        let vault = self.unlock().await?;
        // An enrollment that break-glass let in may finish after its ticket lapsed.
        let let_in = facts.actor.as_ref().is_some_and(|actor| {
            actor.facts.roles.contains(RoleId::ADMINISTRATOR)
                && matches!(
                    actor.facts.authenticator,
                    Authenticator::ResetDue { ticket: Some(ticket) }
                        if matches!(ticket.origin, Origin::BreakGlass { .. })
                )
        });
        let shown = match self.shown_to_administrators(&facts, stamp) {
            Err(Refusal::EnrolOnly(_)) if let_in => Ok(()),
            other => other,
        };
        Ok(shown.and_then(|()| {
            facts
                .organisation
                .as_ref()
                .map(|organisation| flow::proposed_seal(&vault.keys, stamp, organisation))
                .ok_or(Refusal::PolicyUnavailable)
        }))
    }

    /// Everybody of the organisation and how they stand, for an administrator.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn roll_call(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<Vec<Person>, Refusal>, ServiceError> {
        let facts = match self.administrator(stamp).await? {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(organisation) = facts.organisation else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        self.people(organisation.facts.id, Some(&organisation.facts))
            .await
            .map(Ok)
    }
}
