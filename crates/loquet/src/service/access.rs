//! From where people log in: the rules in force, what others would change, and what the databases say.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use loquet_ipfilter::{Decision, DeviceTier, Filter, Geo};
use loquet_policy::{Access, AccountId, BreakGlass, OrgId, Refusal, UnixTime, limits};

use super::{Service, ServiceError};
use crate::audit::Record;
use crate::flow::{self, Door, Facts, SetAccessRules, UNDO};
use crate::stamp::Stamp;
use crate::store::{Item, LedgerId, Query, RowKey};

/// How far back a what-if looks for the addresses from which people logged in: thirty days.
const SEEN: u64 = 30 * limits::DAY;

/// Somebody whom other access rules would keep out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// The account.
    pub account: AccountId,
    /// The host's name for it.
    pub external_id: String,
    /// The addresses of the last thirty days from which it could no longer log in.
    pub lost: Vec<IpAddr>,
    /// Whether these are all addresses from which it could.
    pub everywhere: bool,
}

/// What other access rules would change for the people of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhatIf {
    /// Who would be kept out, from some place or from all.
    pub affected: Vec<Affected>,
    /// How many people logged in from a known address in the last thirty days: of these alone anything is known.
    pub seen: usize,
    /// How many people there are.
    pub people: usize,
}

impl WhatIf {
    /// How many would lose access: they could no longer log in from any address that they used.
    #[must_use]
    pub fn locked_out(&self) -> usize {
        self.affected.iter().filter(|it| it.everywhere).count()
    }
}

/// Access rules, and what the host's databases say of addresses.
impl Service {
    /// What the host's databases say of addresses: countries, network operators, anonymisers. Without them each is
    /// unknown, which never allows. Call it again when the databases are newer; whoever wants a stale one to say nothing
    /// passes [`Geo::without_stale`].
    pub fn set_places(&self, geo: Geo) {
        let inner = &self.inner;
        *inner.geo.write().unwrap_or_else(PoisonError::into_inner) = geo;
        inner
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What [`set_places`](Self::set_places) was told.
    #[must_use]
    pub fn places(&self) -> Geo {
        let geo = self.inner.geo.read();
        geo.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the longest text of access rules, in bytes. Pages and forms follow it.
    pub fn set_rules_limit(&self, bytes: usize) {
        self.inner.rules_limit.store(bytes, Ordering::Relaxed);
    }

    /// Returns the longest text of access rules, in bytes: [`flow::RULES_LIMIT`] unless the host has set another.
    #[must_use]
    pub fn rules_limit(&self) -> usize {
        self.inner.rules_limit.load(Ordering::Relaxed)
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
                .organization
                .as_ref()
                .and_then(|organization| organization.rules_in_force(self.now()))
                .map(str::to_owned)
                .ok_or(Refusal::PolicyUnavailable),
            Err(refusal) => Err(refusal),
        })
    }

    /// Until when the last change of the access rules can be undone at once ([`flow::UndoRules`]), for an administrator.
    /// `None`: there is none of the last day.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn undoable_until(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<Option<UnixTime>, Refusal>, ServiceError> {
        let now = self.now();
        Ok(self.administrator(stamp).await?.map(|facts| {
            let organization = facts.organization?;
            let until = organization.past.last()?.until.plus(UNDO);
            (now < until).then_some(until)
        }))
    }

    /// Whom these access rules would keep out of where they logged in during the last thirty days, for an
    /// administrator: each address in the audit log is put to the rules in force and to the new ones. Reads the audit
    /// records of everybody: a question for a page that is asked now and then.
    ///
    /// Who has devices remembered counts as on one of them.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn what_if_rules(
        &self,
        stamp: &Stamp,
        rules: &SetAccessRules,
    ) -> Result<Result<WhatIf, Refusal>, ServiceError> {
        let facts = match self.administrator(stamp).await? {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(organization) = facts.organization else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        let Ok(filter) = Filter::compile(rules.parsed(), Some(&self.places())) else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        let (before, after) = (facts.door, Door::Guarded(Arc::new(filter)));
        let now = self.now();
        let mut people = Vec::new();
        self.each_person(organization.facts.id, |person| {
            if person.facts.is_active() {
                people.push(person);
            }
        })
        .await?;
        let mut what_if = WhatIf {
            people: people.len(),
            ..WhatIf::default()
        };
        for person in people {
            let addresses = self.seen_at(person.facts.id, now).await?;
            if addresses.is_empty() {
                continue;
            }
            what_if.seen = what_if.seen.saturating_add(1);
            let device = match person.devices.list(now).is_empty() || !organization.devices {
                true => DeviceTier::Unknown,
                false => DeviceTier::Known,
            };
            let allowed = |door: &Door, address: IpAddr| {
                door.access(Some(address), &flow::tags(&person.facts), device) == Access::Allowed
            };
            let (lost, kept): (Vec<IpAddr>, Vec<IpAddr>) = addresses
                .into_keys()
                .filter(|address| allowed(&before, *address))
                .partition(|address| !allowed(&after, *address));
            if !lost.is_empty() {
                what_if.affected.push(Affected {
                    account: person.facts.id,
                    external_id: person.external_id.clone(),
                    lost,
                    everywhere: kept.is_empty(),
                });
            }
        }
        Ok(Ok(what_if))
    }

    /// The addresses from which somebody was let in lately, each with the last time.
    async fn seen_at(
        &self,
        account: AccountId,
        now: UnixTime,
    ) -> Result<BTreeMap<IpAddr, UnixTime>, ServiceError> {
        let mut seen = BTreeMap::new();
        self.pages(Query::Audit(account), |item| {
            if let Item::Audit(row) = item
                && now.since(row.at) < SEEN
                && let Ok(record) = serde_json::from_str::<Record>(&row.body)
                && record.actor == account
                && record.verdict == "GRANTED"
                && let Some(address) = record.address
            {
                seen.insert(address.to_canonical(), row.at);
            }
            Ok(())
        })
        .await?;
        Ok(seen)
    }

    /// What the organization's access rules say of an address before anybody is known: denied only if nobody could log
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
        self.load(&[RowKey::Organization(org)], None, &mut facts)
            .await?;
        Ok(match &facts.door {
            Door::Guarded(filter) => {
                // While break-glass is open, whoever holds its reset code must get as far as the password. Others are
                // refused after it.
                let broken = facts.organization.as_ref().is_some_and(|organization| {
                    let glass = organization.facts.break_glass.at(self.now());
                    matches!(glass, BreakGlass::Open { .. })
                });
                if broken || filter.decide_before_login(address) == Decision::Allow {
                    Access::Allowed
                } else {
                    self.count_denial(LedgerId::denied(org));
                    Access::Denied
                }
            }
            Door::Open => Access::Allowed,
            Door::Unreadable => Access::Unknown,
        })
    }
}
