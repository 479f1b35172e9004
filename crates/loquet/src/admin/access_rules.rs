//! From where people log in: the rules in force, what others would change, and what the databases say.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::PoisonError;

use loquet_ipfilter::{Decision, DeviceTier, Geo};
use loquet_policy::{Access, AccountId, BreakGlass, OrgId, Refusal, UnixTime, limits};

use crate::admin::organization::SetAccessRules;
use crate::admin::undo_rules::UNDO;
use crate::audit::Record;
use crate::decide;
use crate::decide::{AccessCheck, Facts};
use crate::error::Error;
use crate::mfa::Mfa;
use crate::mfa::source::Actor;
use crate::operator::Operator;
use crate::session::Authorized;
use crate::store::{Item, MetadataId, Query, RowKey};

/// How far back a what-if looks for the addresses from which people logged in: thirty days.
const SEEN: u64 = 30 * limits::DAY;

/// A user whom other access rules would keep out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
impl Operator {
    /// What the host's databases say of addresses: countries, network operators, anonymizers. Without them each is
    /// unknown, which never allows. Call it again when the databases are newer; for a stale one to say nothing, pass [`Geo::without_stale`].
    pub fn set_geo(&self, geo: Geo) {
        let inner = &self.inner;
        *inner.geo.write().unwrap_or_else(PoisonError::into_inner) = geo;
        inner.filters.clear();
    }
}

impl Mfa {
    /// Returns the databases that [`Operator::set_geo`] or [`MfaBuilder::geo`](crate::MfaBuilder::geo) set.
    #[must_use]
    pub fn geo(&self) -> Geo {
        let geo = self.inner.geo.read();
        geo.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the longest text of access rules, in bytes; see [`MfaBuilder::rules_limit`](crate::MfaBuilder::rules_limit).
    #[must_use]
    pub fn rules_limit(&self) -> usize {
        self.inner.rules_limit
    }

    pub(crate) async fn access_rules(&self, user: &Authorized) -> Result<String, Error> {
        let facts = self.administrator(user).await?;
        let organization = facts.organization.as_ref();
        Ok(organization
            .and_then(|organization| organization.rules_in_force(self.now()))
            .map(str::to_owned)
            .ok_or(Refusal::PolicyUnavailable)?)
    }

    pub(crate) async fn undoable_until(
        &self,
        user: &Authorized,
    ) -> Result<Option<UnixTime>, Error> {
        let facts = self.administrator(user).await?;
        let past = facts.organization.and_then(|mut it| it.past.pop());
        let until = past.map(|past| past.until.plus(UNDO));
        Ok(until.filter(|until| self.now() < *until))
    }

    /// Puts each address in the audit log to the rules in force and to the new ones. A user who has devices remembered
    /// counts as on one of them.
    pub(crate) async fn what_if_rules(
        &self,
        user: &Authorized,
        rules: &SetAccessRules,
    ) -> Result<WhatIf, Error> {
        let facts = self.administrator(user).await?;
        let organization = facts.organization.ok_or(Refusal::PolicyUnavailable)?;
        let (before, after) = (facts.access, AccessCheck::Guarded(rules.filter()));
        let now = self.now();
        let mut people = Vec::new();
        self.each_person(organization.facts.id, |mut person| {
            if person.facts.is_active() {
                person.devices.keep_since(organization.devices);
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
            let device = match person.devices.list(now).is_empty() {
                true => DeviceTier::Unknown,
                false => DeviceTier::Known,
            };
            let allowed = |access: &AccessCheck, address: IpAddr| {
                access.access(Some(address), &decide::tags(&person.facts), device)
                    == Access::Allowed
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
        Ok(what_if)
    }

    /// The addresses from which an account logged in lately, each with the last time.
    async fn seen_at(
        &self,
        account: AccountId,
        now: UnixTime,
    ) -> Result<BTreeMap<IpAddr, UnixTime>, Error> {
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

    pub(crate) async fn may_try_from(
        &self,
        org: OrgId,
        address: Option<IpAddr>,
    ) -> Result<Access, Error> {
        let mut facts = Facts::default();
        self.load(self, &[RowKey::Organization(org)], Actor::None, &mut facts)
            .await?;
        Ok(match &facts.access {
            AccessCheck::Guarded(filter) => {
                // While break-glass is open, the holder of its reset code must get as far as the password. Others are
                // refused after it.
                let broken = facts.organization.as_ref().is_some_and(|organization| {
                    let glass = organization.facts.break_glass.at(self.now());
                    matches!(glass, BreakGlass::Open { .. })
                });
                if broken || filter.decide_before_login(address) == Decision::Allow {
                    Access::Allowed
                } else {
                    self.add_rejection(MetadataId::rejections(org));
                    Access::Denied
                }
            }
            AccessCheck::Open => Access::Allowed,
            AccessCheck::Unreadable => Access::Unknown,
        })
    }
}
