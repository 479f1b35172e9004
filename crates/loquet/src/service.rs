//! What a service embeds: loads, decides, commits, and tells.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use loquet_enrollment::{Label, LabelError};
use loquet_ipfilter::{Filter, Rules};
use loquet_policy::{
    Access, Account, AccountId, Administrator, Authenticator, BreakGlass, Digest, Level, OrgId,
    Organisation, Refusal, Requirement, RoleId, RoleSet, Roster, Snapshot, TooManyRoles, UnixTime,
    required, standing,
};

use crate::accept::{Settled, Tried, settle};
use crate::audit::{self, Broken};
use crate::disk::{self, DiskError};
use crate::edge::{Clock, Entropy, NoEntropy, SystemClock, random};
use crate::flow::{self, Ceremony, Door, Facts, Keys, Offer, Request};
use crate::lanes::Lanes;
use crate::paper::SealCode;
use crate::records::{AccountRecord, AuditHead, OrganisationRecord, Secrets};
use crate::seal::{KeyRing, SealError};
use crate::stamp::Stamp;
use crate::store::erased::Erased;
use crate::store::{
    AttemptRow, BoxError, Commit, Cursor, Fault, Item, NoticeRow, Query, Row, RowKey, Store,
    Version, Versioned, Writes,
};

/// How often a decision is made again when another process changed what it read.
const TRIES: u32 = 16;
/// Compiled access rules that are kept.
const FILTERS: usize = 64;
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
    ring: KeyRing,
    keys: Keys,
    audit_key: [u8; 32],
    lanes: Lanes,
    filters: Mutex<BTreeMap<Digest, Arc<Filter>>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("keys", &self.inner.ring)
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
    /// Whether a second factor is required of it, and why.
    pub requirement: Requirement,
    /// The organisation's rules.
    pub organisation: Organisation,
    /// The organisation's name.
    pub organisation_name: String,
    /// Its administrators.
    pub roster: Roster,
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
    /// A service over `store`, sealing with `ring`, by the system's clock.
    ///
    /// # Errors
    /// [`ServiceError`] when the key ring is unusable.
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
        let keys = Keys {
            break_glass: ring.derive("break-glass", &[])?,
            link: ring.derive("link", &[])?,
        };
        let audit_key = ring.derive("audit", &[])?;
        Ok(Self {
            inner: Arc::new(Inner {
                store: Box::new(store),
                clock: Box::new(clock),
                ring,
                keys,
                audit_key,
                lanes: Lanes::default(),
                filters: Mutex::default(),
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
        let now = self.now();
        let entropy = Entropy::draw()?;
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
            let mut facts = Facts::default();
            loop {
                let keys = flow::needs(&ceremony, request, &facts);
                if keys.is_empty() {
                    break;
                }
                self.load(&keys, Some(ceremony.actor()), &mut facts).await?;
            }
            let decided = flow::decide(&ceremony, request, &facts, now, &entropy, &self.inner.keys);
            let writes = decided
                .change()
                .map(|change| self.writes(change))
                .transpose()?;
            match settle(&*self.inner.store, decided, writes).await? {
                Tried::Settled(settled) => return Ok(settled),
                Tried::Stale => {}
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
        match facts.door.access(address, &flow::tags(&actor)) {
            Access::Allowed => {}
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
            external_id: actor.external_id,
            label: actor.label,
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
        if standing(&snapshot, now).is_err() {
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
        let now = self.now();
        let let_in = matches!(
            facts.organisation.as_ref().map(|organisation| organisation.facts.break_glass.at(now)),
            Some(BreakGlass::Open { account, .. }) if account == stamp.account()
        );
        let shown = match self.shown_to_administrators(&facts, stamp) {
            Err(Refusal::EnrolOnly) if let_in => Ok(()),
            other => other,
        };
        Ok(shown.and_then(|()| {
            facts
                .organisation
                .as_ref()
                .map(|organisation| flow::proposed_seal(&self.inner.keys, stamp, organisation))
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

    /// The text of the access rules in force, for an administrator. Empty: there are none.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn access_rules(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<String, Refusal>, ServiceError> {
        Ok(match self.administrator(stamp).await? {
            Ok(facts) => facts
                .organisation
                .as_ref()
                .and_then(|organisation| organisation.rules_in_force())
                .map(str::to_owned)
                .ok_or(Refusal::PolicyUnavailable),
            Err(refusal) => Err(refusal),
        })
    }

    /// What the organisation's access rules say of an address before anybody is known: denied only if nobody could log
    /// in from there.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn may_try(
        &self,
        org: OrgId,
        address: Option<IpAddr>,
    ) -> Result<Access, ServiceError> {
        let mut facts = Facts::default();
        self.load(&[RowKey::Organisation(org)], None, &mut facts)
            .await?;
        Ok(match &facts.door {
            Door::Guarded(filter) => {
                if filter.check_stranger(address).is_allowed() {
                    Access::Allowed
                } else {
                    Access::Denied
                }
            }
            Door::Open => Access::Allowed,
            Door::Unreadable => Access::Unknown,
        })
    }
}

/// What a host does at its own edge, without a session: the host is trusted with who its people are, not with letting
/// them in.
impl Service {
    /// Makes an organisation if it is not there. `name` is the issuer that authenticator apps show.
    ///
    /// # Errors
    /// [`ServiceError`], also when an app could not show the name.
    pub async fn ensure_organisation(&self, id: OrgId, name: &str) -> Result<OrgId, ServiceError> {
        Label::new(name, "account")?;
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            self.load(
                &[RowKey::Organisation(id), RowKey::Roster(id)],
                None,
                &mut facts,
            )
            .await?;
            if facts.organisation.is_some() && facts.roster.is_some() {
                return Ok(id);
            }
            let record = OrganisationRecord {
                facts: Organisation::new(id),
                name: name.to_owned(),
                rules: Vec::new(),
            };
            let writes = Writes {
                expect: facts.read,
                put: vec![
                    Row::Organisation(disk::write_organisation(&record)?),
                    Row::Roster(disk::write_roster(&Roster::new(id))?),
                ],
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(ServiceError::Busy)
    }

    /// Makes an account for one of the host's people if it is not there. Roles are the store's from then on.
    ///
    /// `external_id` is the host's own name for the person, `label` the account name that authenticator apps show.
    ///
    /// # Errors
    /// [`ServiceError::NotByTheHost`] for a new administrator where multi-factor log-in is enabled, and the others.
    pub async fn ensure_account(
        &self,
        org: OrgId,
        id: AccountId,
        external_id: &str,
        label: &str,
        roles: impl IntoIterator<Item = RoleId>,
    ) -> Result<AccountId, ServiceError> {
        Label::new("issuer", label)?;
        if external_id.is_empty() || external_id.len() > MAX_EXTERNAL_ID {
            return Err(ServiceError::ExternalId(external_id.len()));
        }
        let roles = RoleSet::new(roles)?;
        let _lane = self
            .inner
            .lanes
            .enter(vec![id])
            .await
            .map_err(|_| ServiceError::Busy)?;
        for _ in 0..TRIES {
            let mut facts = Facts::default();
            let keys = [
                RowKey::Account(id),
                RowKey::Organisation(org),
                RowKey::Roster(org),
            ];
            self.load(&keys, Some(id), &mut facts).await?;
            if facts.actor.is_some() {
                return Ok(id);
            }
            let (Some(organisation), Some(mut roster)) = (facts.organisation, facts.roster) else {
                return Err(ServiceError::Missing("organisation"));
            };
            let now = self.now();
            let account = Account::new(id, org, roles, now);
            let mut put = Vec::new();
            if roles.contains(RoleId::ADMINISTRATOR) {
                if organisation.facts.is_enabled() {
                    return Err(ServiceError::NotByTheHost);
                }
                admit(&mut roster, id, now);
                put.push(Row::Roster(disk::write_roster(&roster)?));
            }
            let record = AccountRecord {
                facts: account,
                external_id: external_id.to_owned(),
                label: label.to_owned(),
                secrets: Secrets::default(),
                audit: AuditHead::start(id),
            };
            put.push(Row::Account(disk::write_account::<ServiceError>(
                &record,
                &self.inner.ring,
                || Ok(random()?),
            )?));
            let writes = Writes {
                expect: facts.read,
                put,
                ..Writes::default()
            };
            if self.inner.store.commit(writes).await? == Commit::Done {
                return Ok(id);
            }
        }
        Err(ServiceError::Busy)
    }

    /// The account that the host calls so.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn find(
        &self,
        org: OrgId,
        external_id: &str,
    ) -> Result<Option<AccountId>, ServiceError> {
        let query = Query::ExternalId(org, external_id.to_owned());
        let page = self.inner.store.scan(&query, &Cursor::default()).await?;
        Ok(page.items.into_iter().find_map(|item| match item {
            Item::Row(Versioned {
                row: Row::Account(row),
                ..
            }) => Some(row.id),
            _ => None,
        }))
    }

    /// Everybody of an organisation, for the operator on the host.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn everybody(&self, org: OrgId) -> Result<Vec<Person>, ServiceError> {
        let mut facts = Facts::default();
        self.load(&[RowKey::Organisation(org)], None, &mut facts)
            .await?;
        let organisation = facts
            .organisation
            .ok_or(ServiceError::Missing("organisation"))?;
        self.people(org, Some(&organisation.facts)).await
    }

    /// All organisations with their names, for the operator on the host.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn organisations(&self) -> Result<Vec<(Organisation, String)>, ServiceError> {
        let mut all = Vec::new();
        self.pages(Query::Organisations, |item| {
            if let Item::Row(Versioned {
                row: Row::Organisation(row),
                ..
            }) = item
            {
                let record = disk::read_organisation(&row)?;
                all.push((record.facts, record.name));
            }
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Checks one account's audit chain from its beginning and says how many records it has.
    ///
    /// # Errors
    /// [`ServiceError::Audit`] where it breaks. What follows the last record could be cut off unseen together with the
    /// account's row: compare the count with one kept elsewhere.
    pub async fn verify_audit(&self, account: AccountId) -> Result<u64, ServiceError> {
        let mut records = Vec::new();
        self.pages(Query::Audit(account), |item| {
            if let Item::Audit(record) = item {
                records.push(record);
            }
            Ok(())
        })
        .await?;
        let facts = self.facts(account).await?;
        let actor = facts.actor.ok_or(ServiceError::Missing("account"))?;
        // Records that were appended since the scan are in order; the chain is checked up to what was read.
        records.truncate(usize::try_from(actor.audit.seq).unwrap_or(usize::MAX));
        audit::verify(records.iter(), account, actor.audit, &self.inner.audit_key)?;
        Ok(actor.audit.seq)
    }

    /// Forgets attempts that are more than a day old, some at a time; call it now and then. Says whether any are left.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn tidy(&self) -> Result<bool, ServiceError> {
        const SOME: u32 = 1000;
        let before = UnixTime(self.now().0.saturating_sub(loquet_policy::limits::DAY));
        Ok(self.inner.store.forget_attempts(before, SOME).await? == SOME)
    }
}

/// The inside.
impl Service {
    pub(crate) fn store(&self) -> &dyn Erased {
        &*self.inner.store
    }

    /// The rows of one account and its organisation.
    async fn facts(&self, account: AccountId) -> Result<Facts, ServiceError> {
        let mut facts = Facts::default();
        self.load(&[RowKey::Account(account)], Some(account), &mut facts)
            .await?;
        if let Some(actor) = &facts.actor {
            let org = actor.facts.org;
            self.load(
                &[RowKey::Organisation(org), RowKey::Roster(org)],
                None,
                &mut facts,
            )
            .await?;
        }
        Ok(facts)
    }

    /// The same, for a session that is an administrator's.
    async fn administrator(&self, stamp: &Stamp) -> Result<Result<Facts, Refusal>, ServiceError> {
        let facts = self.facts(stamp.account()).await?;
        Ok(self.shown_to_administrators(&facts, stamp).map(|()| facts))
    }

    /// Whether a session may see what administrators see. What they change, the rules decide.
    fn shown_to_administrators(&self, facts: &Facts, stamp: &Stamp) -> Result<(), Refusal> {
        let actor = facts.actor.as_ref().ok_or(Refusal::UnknownAccount)?;
        let snapshot = Snapshot {
            organisation: facts
                .organisation
                .as_ref()
                .map(|organisation| &organisation.facts),
            roster: facts.roster.as_ref(),
            actor: &actor.facts,
            session: Some(stamp.session()),
            subject: None,
        };
        let bound = !matches!(actor.facts.authenticator, Authenticator::None);
        match standing(&snapshot, self.now())? {
            _ if !actor.facts.roles.contains(RoleId::ADMINISTRATOR) => Err(Refusal::NotAdmin),
            Level::Level2 => Ok(()),
            // Before an authenticator is bound there is nothing more to show.
            Level::Level1 if !bound => Ok(()),
            Level::Level1 => Err(Refusal::StepUp),
            Level::HalfLogin => Err(Refusal::CodeRequired),
            Level::EnrolOnly => Err(Refusal::EnrolOnly),
            Level::RecoveryOnly => Err(Refusal::RecoverFirst),
        }
    }

    async fn people(
        &self,
        org: OrgId,
        organisation: Option<&Organisation>,
    ) -> Result<Vec<Person>, ServiceError> {
        let now = self.now();
        let mut people = Vec::new();
        self.pages(Query::Accounts(org), |item| {
            if let Item::Row(Versioned {
                row: Row::Account(row),
                ..
            }) = item
            {
                let record = disk::read_account(&row, &self.inner.ring)?;
                people.push(Person {
                    requirement: required(organisation, &record.facts, now),
                    account: record.facts,
                    external_id: record.external_id,
                    label: record.label,
                });
            }
            Ok(())
        })
        .await?;
        Ok(people)
    }

    async fn pages(
        &self,
        query: Query,
        mut each: impl FnMut(Item) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        let mut at = Cursor::default();
        loop {
            let page = self.inner.store.scan(&query, &at).await?;
            page.items.into_iter().try_for_each(&mut each)?;
            match page.next {
                Some(next) => at = next,
                None => return Ok(()),
            }
        }
    }

    /// Loads rows into `facts`, opened. An account other than `actor` is the subject.
    async fn load(
        &self,
        keys: &[RowKey],
        actor: Option<AccountId>,
        facts: &mut Facts,
    ) -> Result<(), ServiceError> {
        let found = self.inner.store.load(keys).await?;
        for key in keys {
            let version = found
                .iter()
                .find(|found| found.row.key() == *key)
                .map_or(Version::ABSENT, |found| found.version);
            facts.read.push((*key, version));
        }
        for Versioned { row, .. } in found {
            match row {
                Row::Organisation(row) => {
                    let record = disk::read_organisation(&row)?;
                    facts.door = self.door(&record);
                    facts.organisation = Some(record);
                }
                Row::Roster(row) => facts.roster = Some(disk::read_roster(&row)?),
                Row::Account(row) => {
                    let record = disk::read_account(&row, &self.inner.ring)?;
                    if actor == Some(row.id) {
                        facts.actor = Some(record);
                    } else {
                        facts.subject = Some(record);
                    }
                }
                Row::Attempt(row) => facts.repeated = Some(disk::read_attempt(&row.body)?),
            }
        }
        Ok(())
    }

    /// The organisation's access rules, compiled once for each text.
    fn door(&self, organisation: &OrganisationRecord) -> Door {
        let Some(digest) = organisation.facts.options.access_rules else {
            return Door::Open;
        };
        let mut filters = self
            .inner
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(filter) = filters.get(&digest) {
            return Door::Guarded(Arc::clone(filter));
        }
        let compiled = organisation
            .rules_in_force()
            .and_then(|text| Rules::parse_text(text).ok())
            .and_then(|rules| Filter::compile(&rules, None).ok());
        let Some(filter) = compiled else {
            return Door::Unreadable;
        };
        if filters.len() >= FILTERS {
            filters.clear();
        }
        let filter = Arc::new(filter);
        filters.insert(digest, Arc::clone(&filter));
        Door::Guarded(filter)
    }

    /// Seals a change into rows.
    fn writes(&self, change: &flow::Change) -> Result<Writes, ServiceError> {
        let seal = |record: &AccountRecord| -> Result<Row, ServiceError> {
            let row =
                disk::write_account::<ServiceError>(record, &self.inner.ring, || Ok(random()?))?;
            Ok(Row::Account(row))
        };
        let mut actor = change.actor.clone();
        let (id, org) = (actor.facts.id, actor.facts.org);
        let record = change
            .record
            .chain(&mut actor.audit, id, org, &self.inner.audit_key)
            .map_err(|error| DiskError::Damaged {
                what: "audit record",
                why: error.to_string(),
            })?;
        let mut put = vec![
            Row::Attempt(AttemptRow {
                id: change.attempt,
                account: id,
                at: change.record.at,
                body: disk::write_attempt(change.mark, change.outcome.clone())?,
            }),
            seal(&actor)?,
        ];
        if let Some(organisation) = &change.organisation {
            put.push(Row::Organisation(disk::write_organisation(organisation)?));
        }
        if let Some(roster) = &change.roster {
            put.push(Row::Roster(disk::write_roster(roster)?));
        }
        if let Some(subject) = &change.subject {
            put.push(seal(subject)?);
        }
        let outbox = change
            .notices
            .iter()
            .map(|(to, notice)| {
                Ok(NoticeRow {
                    to: *to,
                    org,
                    at: change.record.at,
                    body: disk::write_notice(notice)?,
                })
            })
            .collect::<Result<_, DiskError>>()?;
        Ok(Writes {
            expect: change.read.clone(),
            put,
            audit: vec![record],
            outbox,
        })
    }
}

/// Puts a new administrator on the roster.
fn admit(roster: &mut Roster, account: AccountId, now: UnixTime) {
    roster.marks = roster.marks.saturating_add(1);
    let entry = Administrator {
        account,
        enrolled: false,
        promoted: now,
        mark: roster.marks,
    };
    let at = roster
        .administrators
        .partition_point(|known| known.account < account);
    roster.administrators.insert(at, entry);
}
