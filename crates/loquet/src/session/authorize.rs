//! The gate: what a session may do now.

use std::net::IpAddr;

use loquet_ipfilter::DeviceTier;
use loquet_policy::{
    AccountId, Assurance, Level, OrgId, Refusal, RoleId, RoleSet, Session, Snapshot, UnixTime,
    may_enter, require_code_within, rights,
};

use crate::decide;
use crate::decide::Facts;
use crate::error::Error;
use crate::mfa::Mfa;
use crate::records::AccountRecord;
use crate::session::MfaSession;
use crate::session::attempt::Client;

/// A user whose session has full rights: the only value from which a handler learns who is there.
///
/// It comes from [`Mfa::authorize`] and, after the same checks, from [`LoginProgress::user`](super::LoginProgress::user)
/// alone, so that no handler can be reached without it:
///
/// ```compile_fail,E0451
/// # fn forged(session: loquet::MfaSession) -> loquet::Authorized {
/// loquet::Authorized { session: todo!(), ..todo!() } // its fields are private
/// # }
/// ```
/// ```compile_fail,E0277
/// let read: loquet::Authorized = serde_json::from_str("1").unwrap(); // no `Deserialize`
/// ```
///
/// It holds for the request for which it was made. A long-lived connection (a WebSocket) authorizes again every few
/// minutes.
#[derive(Debug, Clone)]
pub struct Authorized {
    pub(crate) session: Session,
    pub(crate) client: Client,
    org: OrgId,
    level: Level,
    roles: RoleSet,
    tier: DeviceTier,
    external_id: String,
    now: UnixTime,
}

impl Authorized {
    /// Returns whose session it is.
    #[must_use]
    pub const fn account_id(&self) -> AccountId {
        self.session.account
    }

    /// Returns the host's own name for the account.
    #[must_use]
    pub fn external_id(&self) -> &str {
        &self.external_id
    }

    /// Returns the organization of the account.
    #[must_use]
    pub const fn organization(&self) -> OrgId {
        self.org
    }

    /// Returns what the session has shown.
    #[must_use]
    pub const fn assurance(&self) -> Assurance {
        self.level.assurance()
    }

    /// Returns when the last password or code was given.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.session.at
    }

    /// Returns whether the account has a role.
    #[must_use]
    pub fn has_role(&self, role: RoleId) -> bool {
        self.roles.contains(role)
    }

    /// Returns the roles of the account.
    #[must_use]
    pub const fn roles(&self) -> RoleSet {
        self.roles
    }

    /// Returns whether the account is an administrator's.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(RoleId::ADMINISTRATOR)
    }

    /// Returns whether the session was begun on a remembered device.
    #[must_use]
    pub const fn device_tier(&self) -> DeviceTier {
        self.tier
    }

    /// Returns the client that it was authorized for.
    #[must_use]
    pub const fn client(&self) -> Client {
        self.client
    }

    /// Returns the client's address.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.client.address
    }

    /// Refuses unless a code was given within `seconds`, for the host's own dangerous routes. The code may be one of an
    /// authenticator that was added a moment ago: only Loquet's own rules wait until it has settled.
    ///
    /// # Errors
    /// [`Error::Refused`] with `NOT_FRESH`: ask for a code with [`Mfa::verify_code`], then come back. A user without an
    /// authenticator enrolls first ([`Mfa::begin_enrollment`]), which gives a code too.
    pub fn require_code_within(&self, seconds: u64) -> Result<(), Error> {
        require_code_within(&self.session, self.level, seconds, self.now)?;
        Ok(())
    }
}

impl Mfa {
    /// Verifies a session and returns who is there. Call it on every request; it costs one read of the store and decrypts
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Refused`]: with [`Error::next_step`] when the session owes a code, an enrollment or a recovery, or is over
    /// (`STALE_LOGIN` when it is forged, too old or logged out); with `ACCESS_DENIED` where the access rules deny the client.
    pub async fn authorize(
        &self,
        session: &MfaSession,
        client: &Client,
    ) -> Result<Authorized, Error> {
        let session = self.verified(session).await?;
        let facts = self.facts(session.account).await?;
        let admitted = self.admit(&facts, &session, client)?;
        Ok(admitted.authorized(session, client)?)
    }

    /// Refuses a session that is over, and a client that the access rules deny.
    pub(crate) fn admit<'a>(
        &self,
        facts: &'a Facts,
        session: &Session,
        client: &Client,
    ) -> Result<Admitted<'a>, Refusal> {
        let now = self.now();
        let (Some(actor), Some(_)) = (&facts.actor, &facts.organization) else {
            return Err(Refusal::PolicyUnavailable);
        };
        let owed = actor.check(session, &self.clients.limits, client.last_seen, now);
        let owed = match owed {
            Err(over) if over.next_step().is_none() => return Err(over),
            owed => owed,
        };
        let device = actor.devices.of(session.id, now);
        let tier = device.map_or(DeviceTier::Unknown, |_| DeviceTier::Known);
        let tags = decide::tags(&actor.facts);
        let access = facts.access.access(client.address, &tags, tier);
        may_enter(&actor.facts, access, now)?;
        Ok(Admitted {
            facts,
            actor,
            tier,
            owed,
            now,
        })
    }
}

/// A session that is not over, from where the access rules let it in.
pub(crate) struct Admitted<'a> {
    facts: &'a Facts,
    pub(crate) actor: &'a AccountRecord,
    tier: DeviceTier,
    /// The code that is owed because of the session's age.
    pub(crate) owed: Result<(), Refusal>,
    pub(crate) now: UnixTime,
}

impl<'a> Admitted<'a> {
    /// What the rules read, of a session that owes no code because of its age.
    pub(crate) fn snapshot(&self, session: &'a Session) -> Result<Snapshot<'a>, Refusal> {
        self.owed?;
        Ok(self.facts.snapshot(self.actor, session))
    }

    /// Who is there, if the session owes nothing.
    pub(crate) fn authorized(
        &self,
        session: Session,
        client: &Client,
    ) -> Result<Authorized, Refusal> {
        let level = rights(&self.facts.snapshot(self.actor, &session), self.now)?;
        self.owed?;
        Ok(Authorized {
            session,
            client: *client,
            org: self.actor.facts.org,
            level,
            roles: self.actor.facts.roles,
            tier: self.tier,
            external_id: self.actor.external_id.clone(),
            now: self.now,
        })
    }
}
