//! What a service embeds: loads, decides, commits, and tells.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use loquet_ipfilter::Geo;
use loquet_policy::{AccountId, OrgId, Refusal, Session, SessionLimits, UnixTime};

use crate::decide;
use crate::decide::commit::{Decided, InHost, commit, commit_in, commit_refusal, prepare};
use crate::decide::{Facts, Input, Operation};
use crate::edge::{Clock, Entropy, SystemClock, random};
use crate::error::{Config, Error};
use crate::hash;
use crate::lanes::Lanes;
use crate::observe;
use crate::passkey::RelyingParty;
use crate::provision::host_tx::HostTx;
use crate::roles::Role;
use crate::session::MfaSession;
use crate::session::attempt::{Attempt, Repeats};
use crate::store::erased::Erased;
use crate::store::{AttemptId, MetadataId, Writes};

mod builder;
pub(crate) mod filters;
mod records;
pub(crate) mod rows;
pub(crate) mod source;
mod unrecorded;
pub(crate) mod vault;

pub use builder::MfaBuilder;
use filters::Filters;
use source::{Actor, Source};
pub(crate) use unrecorded::Unrecorded;
use vault::{Ring, Vault};

/// How often a decision is made again when another process changed what it read.
pub(crate) const TRIES: u32 = 16;
/// Accounts whose organization is remembered.
pub(crate) const HOMES: usize = 1 << 16;

/// Multi-factor log-in over a store, for one organization or for many. Cloning is cheap: clones share their state.
///
/// Its own methods are the log-in; [`account`](Self::account) is what a user does with their own account,
/// [`admin`](Self::admin) what an administrator does, [`provision`](Self::provision) what the host's user management
/// does.
#[derive(Clone)]
pub struct Mfa {
    pub(crate) inner: Arc<Inner>,
    /// The one organization whose accounts it serves; `None` serves all.
    org: Option<OrgId>,
    pub(crate) clients: Arc<Clients>,
}

/// Clients whose sessions last equally long.
pub(crate) struct Clients {
    /// Authenticated with their sessions; empty for those of no kind.
    pub(crate) kind: String,
    pub(crate) limits: SessionLimits,
}

pub(crate) struct Inner {
    pub(crate) store: Box<dyn Erased>,
    /// In place of the store's and the system's.
    pub(crate) clock: Option<Box<dyn Clock>>,
    pub(crate) ring: RwLock<Ring>,
    pub(crate) vault: OnceLock<Vault>,
    /// Tells this process's attempts from those of another.
    pub(crate) nonce: [u8; 16],
    pub(crate) lanes: Lanes,
    pub(crate) filters: Filters,
    /// Where an account belonged when it was last read: what to read with it, never what to believe.
    pub(crate) homes: Mutex<BTreeMap<AccountId, OrgId>>,
    pub(crate) rejections: Mutex<Rejections>,
    pub(crate) unrecorded: Unrecorded,
    pub(crate) geo: RwLock<Geo>,
    pub(crate) rules_limit: usize,
    /// What verifies passkeys, where the host takes any.
    pub(crate) passkeys: Option<Box<dyn RelyingParty>>,
    pub(crate) roles: Vec<Role>,
}

/// Rejections of unknown accounts that are not written down yet.
pub(crate) type Rejections = BTreeMap<MetadataId, u64>;

impl fmt::Debug for Mfa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mfa")
            .field("organization", &self.org)
            .field("keys", &self.ring())
            .finish_non_exhaustive()
    }
}

impl Mfa {
    /// Returns the same service for one organization. A session, an account or a link of another is refused as unknown.
    #[must_use]
    pub fn organization(&self, id: OrgId) -> Self {
        Self {
            org: Some(id),
            ..self.clone()
        }
    }

    /// Returns the same service for another kind of client, such as a mobile app, whose sessions last as long as `limits`
    /// says. A session that was begun through one kind is over for every other.
    ///
    /// ```
    /// # fn routes(mfa: &loquet::Mfa) {
    /// use loquet::SessionLimits;
    /// let month = 30 * 24 * 3600;
    /// let app = mfa.for_clients("app", SessionLimits { aal2: month, ..SessionLimits::default() });
    /// # }
    /// ```
    #[must_use]
    pub fn for_clients(&self, kind: &str, limits: SessionLimits) -> Self {
        Self {
            clients: Arc::new(Clients {
                kind: kind.to_owned(),
                limits,
            }),
            ..self.clone()
        }
    }

    /// Returns whether sessions begun through one handle are valid in the other: both are of one service and one kind of
    /// clients.
    #[must_use]
    pub fn shares_sessions_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) && self.clients.kind == other.clients.kind
    }

    /// Returns the one organization that this handle serves; `None` serves all.
    #[must_use]
    pub const fn organization_id(&self) -> Option<OrgId> {
        self.org
    }

    /// Returns the time by the [clock](MfaBuilder::clock) that was set, or by the store's, or by the system's.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        match &self.inner.clock {
            Some(clock) => clock.now(),
            None => self.store().now().unwrap_or_else(|| SystemClock.now()),
        }
    }

    pub(crate) fn org(&self) -> Result<OrgId, Error> {
        self.org.ok_or(Error::Config(Config::Builder(
            "this handle serves many organizations: call `organization(id)` first",
        )))
    }

    /// The genuine session behind the bytes.
    pub(crate) async fn verified(&self, session: &MfaSession) -> Result<Session, Error> {
        Ok(self.signer(self.unlock().await?).verify(session)?)
    }

    /// Runs an operation: loads what it needs, decides, commits, and only then tells.
    pub(crate) async fn run<C: Operation>(
        &self,
        operation: C,
        attempt: Attempt,
    ) -> Result<C::Grant, Error> {
        // Behind a pointer: it is large, and would be copied into every future that awaits it.
        let run = Box::pin(self.run_alone(&operation, &attempt));
        observe::operation(C::NAME, operation.actor(), run).await
    }

    async fn run_alone<C: Operation>(
        &self,
        operation: &C,
        attempt: &Attempt,
    ) -> Result<C::Grant, Error> {
        let id = self.attempt_id(operation, attempt, self.unlock().await?)?;
        let entropy = Entropy::draw()?;
        let account = operation.actor();
        let accounts: Vec<_> = std::iter::once(account)
            .chain(operation.subject())
            .collect();
        for account in &accounts {
            // What is not of this organization takes no lane of another's.
            if self.is_foreign(*account).await? {
                self.add_rejection(MetadataId::UNKNOWN_ACCOUNTS);
                return Err(Refusal::UnknownAccount.into());
            }
        }
        let mut lanes = self.inner.lanes.try_enter(accounts.clone());
        for _ in 0..TRIES {
            let unrecorded = self.inner.unrecorded.of(account);
            let (decided, writes) = self
                .decided(self, operation, attempt, (id, &entropy, unrecorded))
                .await?;
            if lanes.is_none() && writes.is_some() {
                // What writes nothing, such as codes during a wait, takes no place in a lane that others need.
                let entered = self.inner.lanes.enter(accounts.clone()).await;
                lanes = Some(entered.map_err(|_| Error::Busy)?);
                continue;
            }
            let recorded = decided.recorded();
            let Some(outcome) = commit(self.store(), decided, writes).await? else {
                observe::conflict();
                continue;
            };
            self.inner
                .unrecorded
                .record_outcome(account, recorded, &outcome, self.now());
            return Ok(outcome?);
        }
        Err(Error::Busy)
    }

    /// Loads what an operation needs, and decides. What the decision writes comes with it.
    async fn decided<C: Operation>(
        &self,
        source: impl Source,
        operation: &C,
        attempt: &Attempt,
        (id, entropy, unrecorded): (AttemptId, &Entropy, u32),
    ) -> Result<(Decided<C::Grant>, Option<Writes>), Error> {
        let vault = self.unlock().await?;
        let actor = Actor::Decrypted(operation.actor());
        let needs = |facts: &Facts| decide::needs(operation, id, facts);
        let facts = self.gather(source, actor, needs).await?;
        if facts.actor.is_none() {
            self.add_rejection(MetadataId::UNKNOWN_ACCOUNTS);
        }
        let mut input = self.input(attempt, id, entropy, vault);
        input.unrecorded = unrecorded;
        let decided = decide::decide(operation, &input, &facts);
        let change = decided.change();
        let writes = change
            .map(|change| self.writes(change, vault))
            .transpose()?;
        Ok((decided, writes))
    }

    /// Runs an operation whose grant is committed in the host's own transaction. Where another request for the account is
    /// under way, or has changed it meanwhile, that is [`Error::Busy`].
    pub(crate) async fn run_in<C: Operation, T: HostTx>(
        &self,
        operation: C,
        attempt: Attempt,
        transaction: T,
    ) -> Result<C::Grant, Error> {
        let run = Box::pin(self.run_once(&operation, &attempt, transaction));
        observe::operation(C::NAME, operation.actor(), run).await
    }

    async fn run_once<C: Operation, T: HostTx>(
        &self,
        operation: &C,
        attempt: &Attempt,
        mut transaction: T,
    ) -> Result<C::Grant, Error> {
        // One at a time: each code is counted before the next is compared. To wait, with the host's transaction open, could
        // hold up those whom it waits for.
        let Some(_lane) = self.inner.lanes.try_enter(vec![operation.actor()]) else {
            transaction.rollback().await?;
            return Err(Error::Busy);
        };
        let id = self.attempt_id(operation, attempt, self.unlock().await?)?;
        let entropy = Entropy::draw()?;
        let source = source::InTransaction(&mut transaction);
        let unrecorded = self.inner.unrecorded.of(operation.actor());
        let (decided, writes) = self
            .decided(source, operation, attempt, (id, &entropy, unrecorded))
            .await?;
        let recorded = decided.recorded();
        match commit_in(transaction, self.store(), decided, writes).await? {
            InHost::Ended(outcome) => {
                let account = operation.actor();
                self.inner
                    .unrecorded
                    .record_outcome(account, recorded, &outcome, self.now());
                Ok(outcome?)
            }
            // Also a grant is decided again: were it told apart from a refusal, it would tell that the code is right.
            InHost::StaleGrant | InHost::StaleRefusal => {
                self.refuse(operation, attempt, (id, &entropy)).await
            }
        }
    }

    /// Decides again what was decided in the host's transaction, where the account has changed meanwhile, and makes a refusal
    /// durable. What would be granted by now is not: the host's work is rolled back.
    async fn refuse<C: Operation>(
        &self,
        operation: &C,
        attempt: &Attempt,
        (id, entropy): (AttemptId, &Entropy),
    ) -> Result<C::Grant, Error> {
        for _ in 0..TRIES {
            let unrecorded = self.inner.unrecorded.of(operation.actor());
            let (decided, writes) = self
                .decided(self, operation, attempt, (id, entropy, unrecorded))
                .await?;
            let recorded = decided.recorded();
            match commit_refusal(self.store(), decided, writes).await? {
                InHost::Ended(outcome) => {
                    let account = operation.actor();
                    self.inner
                        .unrecorded
                        .record_outcome(account, recorded, &outcome, self.now());
                    return Ok(outcome?);
                }
                InHost::StaleGrant => return Err(Error::Busy),
                InHost::StaleRefusal => observe::conflict(),
            }
        }
        Err(Error::Busy)
    }

    /// Decides in the host's transaction what grants nothing but the deed. The host commits; no lane is taken.
    pub(crate) async fn prepare_in<C: Operation<Grant = ()>, T: HostTx>(
        &self,
        operation: C,
        transaction: &mut T,
    ) -> Result<(), Error> {
        let run = Box::pin(self.prepare_once(&operation, transaction));
        observe::operation(C::NAME, operation.actor(), run).await
    }

    async fn prepare_once<C: Operation<Grant = ()>, T: HostTx>(
        &self,
        operation: &C,
        transaction: &mut T,
    ) -> Result<(), Error> {
        let id = AttemptId(random()?);
        let entropy = Entropy::draw()?;
        // Whether the host commits is not known here: what was not recorded is left for a later record.
        let source = source::InTransaction(&mut *transaction);
        let (decided, writes) = self
            .decided(source, operation, &Attempt::default(), (id, &entropy, 0))
            .await?;
        let prepared = prepare(transaction, decided, writes).await?;
        Ok(prepared.ok_or(Error::Busy)??)
    }

    fn input<'a>(
        &'a self,
        attempt: &'a Attempt,
        id: AttemptId,
        entropy: &'a Entropy,
        vault: &'a Vault,
    ) -> Input<'a> {
        Input {
            attempt,
            id,
            limits: &self.clients.limits,
            now: self.now(),
            entropy,
            keys: &vault.keys,
            signer: self.signer(vault),
            unrecorded: 0,
            passkeys: self.inner.passkeys.as_deref(),
        }
    }

    /// The id under which the store keeps the outcome: a keyed hash of all that was asked, or random where repeating it
    /// would be taken for doing it again.
    fn attempt_id<C: Operation>(
        &self,
        operation: &C,
        attempt: &Attempt,
        vault: &Vault,
    ) -> Result<AttemptId, Error> {
        if !C::REPEATABLE {
            return Ok(AttemptId(random()?));
        }
        let mut content = hash::Content::new(&vault.keys.attempt);
        match attempt.repeats {
            Repeats::Key(key) => (0_u8, key.to_bytes()).hash(&mut content),
            Repeats::Value(serial) => (1_u8, self.inner.nonce, serial).hash(&mut content),
        }
        (C::NAME, operation.actor(), attempt.remember).hash(&mut content);
        operation.hash(&mut content);
        Ok(AttemptId(*hash::half(content.finish_whole())))
    }
}
