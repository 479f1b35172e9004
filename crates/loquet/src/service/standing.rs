//! What a session is worth, and what it is shown.

use std::net::IpAddr;

use loquet_ipfilter::DeviceTier;
use loquet_policy::{
    Access, Account, Authenticator, Level, Organization, Origin, Refusal, Requirement, RoleId,
    Roster, Snapshot, UnixTime, required, standing,
};

use super::{Service, ServiceError};
use crate::book::Address;
use crate::device::Device;
use crate::flow::{self, Offer};
use crate::paper::BreakGlassCode;
use crate::stamp::Stamp;

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
    /// The organization's rules.
    pub organization: Organization,
    /// The organization's name.
    pub organization_name: String,
    /// Its administrators.
    pub roster: Roster,
    /// Whether the organization lets people have devices remembered.
    pub devices_offered: bool,
    /// The devices that the account has remembered, the one used last first.
    pub devices: Vec<Device>,
    /// The number of the one that this session was begun on.
    pub device: Option<u16>,
    /// The time of the answer.
    pub now: UnixTime,
}

/// One line of the user list.
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
        let (Some(actor), Some(organization), Some(roster)) =
            (facts.actor, facts.organization, facts.roster)
        else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        if actor.is_over(stamp, now) {
            return Ok(Err(Refusal::StaleLogIn));
        }
        let device = actor
            .devices
            .of(stamp.session().id, now)
            .filter(|_| organization.devices);
        let tier = device.map_or(DeviceTier::Unknown, |_| DeviceTier::Known);
        match facts.door.access(address, &flow::tags(&actor.facts), tier) {
            Access::Allowed => {}
            _ if actor.facts.holds_break_glass(now) => {}
            Access::Denied => return Ok(Err(Refusal::AccessDenied)),
            Access::Unknown => return Ok(Err(Refusal::AccessUnknown)),
        }
        let snapshot = Snapshot {
            organization: Some(&organization.facts),
            roster: Some(&roster),
            actor: &actor.facts,
            session: Some(stamp.session()),
            subject: None,
        };
        Ok(standing(&snapshot, now).map(|level| Standing {
            level,
            requirement: required(Some(&organization.facts), &actor.facts, now),
            account: actor.facts,
            address: actor.book.present().cloned(),
            external_id: actor.external_id,
            label: actor.label,
            devices: actor.devices.list(now),
            device,
            devices_offered: organization.devices,
            organization: organization.facts,
            organization_name: organization.name,
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
        let (Some(actor), Some(organization), Some(roster)) =
            (&facts.actor, &facts.organization, &facts.roster)
        else {
            return Ok(None);
        };
        let snapshot = Snapshot {
            organization: Some(&organization.facts),
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
            Some(pending) => Ok(flow::offer(organization, actor, stamp, pending.expires())?),
        }
    }

    /// The break-glass code to show before [`flow::EnableMfa`] or [`flow::RenewBreakGlassCode`], and before the enrollment that
    /// follows a break-glass: the same again for the same session, stored nowhere until its last group is typed back.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn propose_break_glass(
        &self,
        stamp: &Stamp,
    ) -> Result<Result<BreakGlassCode, Refusal>, ServiceError> {
        let facts = self.facts(stamp.account()).await?;
        let vault = self.unlock().await?;
        // An enrollment that break-glass let in may finish after its reset code lapsed.
        let let_in = facts.actor.as_ref().is_some_and(|actor| {
            actor.facts.roles.contains(RoleId::ADMINISTRATOR)
                && matches!(
                    actor.facts.authenticator,
                    Authenticator::ResetDue { reset_code: Some(reset_code) }
                        if matches!(reset_code.origin, Origin::BreakGlass { .. })
                )
        });
        let shown = match self.shown_to_administrators(&facts, stamp) {
            Err(Refusal::EnrollOnly(_)) if let_in => Ok(()),
            other => other,
        };
        Ok(shown.and_then(|()| {
            facts
                .organization
                .as_ref()
                .map(|organization| flow::proposed_break_glass(&vault.keys, stamp, organization))
                .ok_or(Refusal::PolicyUnavailable)
        }))
    }

    /// Everybody of the organization and how they stand, for an administrator.
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal when the session is not an administrator's.
    pub async fn users(&self, stamp: &Stamp) -> Result<Result<Vec<Person>, Refusal>, ServiceError> {
        let facts = match self.administrator(stamp).await? {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(organization) = facts.organization else {
            return Ok(Err(Refusal::PolicyUnavailable));
        };
        self.people(organization.facts.id, Some(&organization.facts))
            .await
            .map(Ok)
    }
}
