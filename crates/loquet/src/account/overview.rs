//! Read models: what pages show of an account and its organization.

use loquet_policy::{
    Account, AccountId, BreakGlass, Cause, FactorState, Latch, Mandate, MandateKind, NextStep,
    OrgId, Organization, Origin, Preset, Refusal, Requirement, ResetCode, RoleId, RoleSet, Roster,
    Scheduled, Session, Setting, UnixTime, current_level, may_see_break_glass_code, required,
};

use crate::account::addresses::Address;
use crate::account::authenticator_state::AuthenticatorState;
use crate::account::notice_addresses::{AddressState, NoticeAddress};
use crate::account::{AuthenticatorEntry, SessionEntry};
use crate::admin::settings::OrganizationSetting;
use crate::decide::{self, Facts};
use crate::devices::Device;
use crate::enrollment::codes::BreakGlassCode;
use crate::error::{Config, Error};
use crate::mfa::Mfa;
use crate::records::OrganizationRecord;
use crate::session::attempt::Client;

/// What an organization has decided.
#[derive(Debug, Clone)]
pub struct OrganizationOverview {
    facts: Organization,
    name: String,
    roster: Roster,
    remembers_devices: bool,
}

impl OrganizationOverview {
    pub(crate) fn new(organization: OrganizationRecord, roster: Roster) -> Self {
        Self {
            facts: organization.facts,
            name: organization.name,
            roster,
            remembers_devices: organization.devices.is_some(),
        }
    }

    /// Returns its id.
    #[must_use]
    pub const fn id(&self) -> OrgId {
        self.facts.id
    }

    /// Returns its name, as authenticator apps show it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether multi-factor log-in is enabled. There is no way back.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.facts.is_enabled()
    }

    /// Returns when it was enabled, and by whom.
    #[must_use]
    pub const fn enabled(&self) -> Option<(UnixTime, AccountId)> {
        match self.facts.latch {
            Latch::Never => None,
            Latch::Enabled { since, by } => Some((since, by)),
        }
    }

    /// Returns the mandate that covers a role, announced or in force.
    #[must_use]
    pub fn mandate(&self, role: RoleId, kind: MandateKind) -> Option<&Mandate> {
        self.facts.mandate(role, kind)
    }

    /// Returns the role for which to propose a mandate: the staff, or else the highest role below the administrators.
    #[must_use]
    pub fn proposed_role(&self) -> RoleId {
        self.facts.proposed_role()
    }

    /// Returns every mandate, announced or in force.
    #[must_use]
    pub fn mandates(&self) -> &[Mandate] {
        &self.facts.mandates
    }

    /// Returns who set the strict latch, under which no account can turn its second factor off, and when.
    #[must_use]
    pub fn strict_latch(&self) -> Option<Cause> {
        match self.facts.preset {
            Preset::Standard => None,
            Preset::StrictLatch => Some(self.facts.hardened_by()),
        }
    }

    /// Returns whether users get recovery codes when they enroll.
    #[must_use]
    pub const fn offers_recovery_codes(&self) -> bool {
        self.facts.options.recovery_codes
    }

    /// Returns whether access rules are in force; [`AdminHandle::access_rules`](crate::AdminHandle::access_rules) returns
    /// them.
    #[must_use]
    pub const fn has_access_rules(&self) -> bool {
        self.facts.options.access_rules.is_some()
    }

    /// Returns how long a reset code lives, in seconds.
    #[must_use]
    pub const fn reset_code_life(&self) -> u64 {
        self.facts.options.reset_code_life
    }

    /// Returns how long the password alone suffices to enroll, in seconds.
    #[must_use]
    pub const fn enrollment_window(&self) -> u64 {
        self.facts.options.enrollment_window
    }

    /// Returns whether a change of setting weakens: then it needs a fresh code and waits 72 hours.
    #[must_use]
    pub fn weakens(&self, setting: OrganizationSetting) -> bool {
        Setting::from(setting).weakens(&self.facts)
    }

    /// Returns the changes that wait because they weaken.
    #[must_use]
    pub fn scheduled_changes(&self) -> &[Scheduled] {
        &self.facts.scheduled
    }

    /// Returns the state of the break-glass code.
    #[must_use]
    pub const fn break_glass(&self) -> BreakGlass {
        self.facts.break_glass
    }

    /// Returns how many administrators have an authenticator.
    #[must_use]
    pub fn enrolled_administrators(&self) -> usize {
        self.roster.enrolled()
    }

    /// Returns whether users may have devices remembered.
    #[must_use]
    pub const fn remembers_devices(&self) -> bool {
        self.remembers_devices
    }
}

/// What "My account" shows.
#[derive(Debug, Clone)]
pub struct AccountOverview {
    account: Account,
    external_id: String,
    label: String,
    authenticators: Vec<AuthenticatorEntry>,
    assigned_token: Option<String>,
    addresses: Vec<NoticeAddress>,
    requirement: Requirement,
    organization: OrganizationOverview,
    devices: Vec<Device>,
    device: Option<u16>,
    sessions: Vec<SessionEntry>,
    recovers_elsewhere: bool,
    pub(crate) next: NextStep,
    now: UnixTime,
}

impl AccountOverview {
    /// Returns the account's id.
    #[must_use]
    pub const fn account_id(&self) -> AccountId {
        self.account.id
    }

    /// Returns the host's own name for it.
    #[must_use]
    pub fn external_id(&self) -> &str {
        &self.external_id
    }

    /// Returns the name that authenticator apps show.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the present address of its notices.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        let mut addresses = self.addresses.iter();
        let present = addresses.find(|it| it.state == AddressState::Present);
        present.map(|it| &it.address)
    }

    /// Returns every address of its notices, the oldest first: the present one, those that it replaced a short while ago,
    /// and the one that waits for its code. Each says whether the last notice failed to arrive there.
    #[must_use]
    pub fn addresses(&self) -> &[NoticeAddress] {
        &self.addresses
    }

    /// Returns its roles.
    #[must_use]
    pub const fn roles(&self) -> RoleSet {
        self.account.roles
    }

    /// Returns whether it is an administrator's.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.account.is_administrator()
    }

    /// Returns what is bound.
    #[must_use]
    pub fn authenticator(&self) -> AuthenticatorState {
        AuthenticatorState::of(&self.account, self.now)
    }

    /// Returns the authenticators that are bound, the oldest first.
    #[must_use]
    pub fn authenticators(&self) -> &[AuthenticatorEntry] {
        &self.authenticators
    }

    /// Returns the serial number of the authenticator, where it is a hardware token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let mut bound = self.authenticators.iter();
        bound.find_map(AuthenticatorEntry::token)
    }

    /// Returns the serial number of the hardware token that the host has assigned and the owner has still to confirm
    /// ([`Mfa::begin_token`]).
    #[must_use]
    pub fn assigned_token(&self) -> Option<&str> {
        self.assigned_token.as_deref()
    }

    /// Returns whether a second factor is required, and why.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Returns whether the authenticator should be replaced: many wrong codes were submitted, the service's clock was
    /// ahead when its codes were accepted, or it was imported with a key of less than 128 bits.
    #[must_use]
    pub const fn replacement_is_advised(&self) -> bool {
        self.account.replace_advised
    }

    /// Returns how many recovery codes are left.
    #[must_use]
    pub fn recovery_codes_left(&self) -> usize {
        self.account.recovery.len()
    }

    /// Returns the remembered devices, the one used last first.
    #[must_use]
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// Returns the number of the device on which this session was begun.
    #[must_use]
    pub const fn this_device(&self) -> Option<u16> {
        self.device
    }

    /// Returns the sessions whose log-in was completed, the newest first, those of every kind of client. A session that its
    /// age has ended stays in the list until another one takes its place.
    #[must_use]
    pub fn sessions(&self) -> &[SessionEntry] {
        &self.sessions
    }

    /// Returns the account's organization.
    #[must_use]
    pub const fn organization(&self) -> &OrganizationOverview {
        &self.organization
    }

    /// Returns the time of the answer.
    #[must_use]
    pub const fn now(&self) -> UnixTime {
        self.now
    }

    /// Returns whether a six-digit code counts for anything. Where a mandate demands a passkey and the account has one, none
    /// does.
    #[must_use]
    pub fn accepts_codes(&self) -> bool {
        loquet_policy::accepts_codes(&self.organization.facts, &self.account, self.now)
    }

    /// Returns whether a recovery code was used in another session, which may enroll for
    /// [`PENDING`](loquet_policy::limits::PENDING) seconds. This one may not.
    #[must_use]
    pub const fn recovers_elsewhere(&self) -> bool {
        self.recovers_elsewhere
    }

    /// Returns until when codes are enough although a mandate demands a passkey: the account came back after a loss.
    #[must_use]
    pub fn codes_until(&self) -> Option<UnixTime> {
        self.account
            .codes_until
            .filter(|_| self.requirement.passkey.is_some())
    }

    /// Returns why the owner cannot turn the second factor on or off, if so. The rules decide again when it is tried.
    #[must_use]
    pub fn switch_refused(&self) -> Option<Refusal> {
        loquet_policy::may_turn_on_or_off(&self.organization.facts, &self.account, self.now).err()
    }
}

impl Mfa {
    pub(crate) fn overview_of(
        &self,
        facts: Facts,
        session: &Session,
        owed: Result<(), Refusal>,
    ) -> Result<AccountOverview, Error> {
        let now = self.now();
        let actor = facts.actor.as_ref().ok_or(Refusal::UnknownAccount)?;
        let level = current_level(&facts.snapshot(actor, session), now)?;
        let (Some(actor), Some(organization), Some(roster)) =
            (facts.actor, facts.organization, facts.roster)
        else {
            return Err(Config::Missing("organization").into());
        };
        let live = actor.sessions.complete();
        let live = live.filter(|live| !actor.devices.ended(live.id, now));
        let sessions = live.map(|live| SessionEntry {
            live: *live,
            device: actor.devices.of(live.id, now),
            is_current: live.id == session.id,
        });
        let sessions = sessions.collect();
        let device = actor.devices.of(session.id, now);
        let recovers_elsewhere = match actor.facts.factor_at(now) {
            FactorState::ResetDue {
                reset_code:
                    Some(ResetCode {
                        origin: Origin::Recovery { session: holder },
                        ..
                    }),
            } => holder != session.id,
            _ => false,
        };
        Ok(AccountOverview {
            recovers_elsewhere,
            requirement: required(Some(&organization.facts), &actor.facts, now),
            next: owed
                .err()
                .and_then(|refusal| refusal.next_step())
                .unwrap_or_else(|| level.next_step()),
            addresses: actor.addresses.list(actor.facts.address_change, now),
            external_id: actor.external_id,
            label: actor.label,
            authenticators: AuthenticatorEntry::list(&actor.facts, actor.secrets.details(), now),
            assigned_token: actor.secrets.token.map(|token| token.serial),
            devices: actor.devices.list(now),
            device,
            sessions,
            account: actor.facts,
            organization: OrganizationOverview::new(organization, roster),
            now,
        })
    }

    /// Returns the break-glass code to show; also for the enrollment of an administrator whom break-glass let in, which may
    /// finish after its reset code has lapsed.
    pub(crate) async fn propose_break_glass(
        &self,
        session: &Session,
        client: &Client,
    ) -> Result<BreakGlassCode, Error> {
        let facts = self.facts(session.account).await?;
        let admitted = self.admit(&facts, session, client)?;
        may_see_break_glass_code(&admitted.snapshot(session)?, admitted.now)?;
        let vault = self.unlock().await?;
        let organization = facts.organization.ok_or(Refusal::PolicyUnavailable)?;
        Ok(decide::proposed_break_glass(
            &vault.keys,
            session,
            &organization,
        ))
    }
}
