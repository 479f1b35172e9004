//! Devices: remembered with a right code, recognized at each log-in, forgotten at will.

use loquet_ipfilter::{DeviceTier, Rules};
use loquet_policy::{
    AccountId, Audience, Command, Event, Grant, Level, Notice, Refusal, Snapshot, UnixTime,
    may_administer, may_end_sessions,
};

use crate::decide::{After, Case, done};
use crate::devices::{self, Device, DeviceId, Seen};
use crate::error::Error;
use crate::hash;
use crate::mfa::Mfa;
use crate::records::{AccountRecord, OrganizationRecord};
use loquet_policy::Session;

impl Mfa {
    /// Returns what the cookie of an account's device is named after, so that each user of a shared tablet has one of their
    /// own: a keyed hash, so that a reader of the browser's cookies cannot tell whose they are.
    ///
    /// # Errors
    /// [`Error`] of the store, before its keys are read for the first time.
    pub async fn device_cookie_tag(&self, account: AccountId) -> Result<u32, Error> {
        let key = &self.unlock().await?.keys.place;
        let [a, b, c, d, ..] = hash::mac(key, "device cookie", &[&account.to_bytes()]);
        Ok(u32::from_be_bytes([a, b, c, d]))
    }
}

impl Case<'_> {
    /// The device that this request comes from: by its cookie, or by what its session was begun on.
    fn device(&self) -> Option<u16> {
        self.offered()
            .then(|| {
                let actor = self.actor;
                self.attempt
                    .client
                    .device
                    .and_then(|id| actor.devices.find(id, actor.facts.id, self.now))
                    .or_else(|| actor.devices.of(self.session?.id, self.now))
            })
            .flatten()
    }

    pub(crate) fn tier(&self) -> DeviceTier {
        self.device()
            .map_or(DeviceTier::Unknown, |_| DeviceTier::Known)
    }

    /// Whether the device was remembered long enough ago.
    pub(crate) fn is_on_settled_device(&self) -> bool {
        let number = self.device();
        let mut settled = self.settled_devices();
        settled.any(|it| Some(it.number) == number)
    }

    /// The devices that were remembered long enough ago.
    pub(crate) fn settled_devices(&self) -> impl Iterator<Item = &Device> {
        let all = self.actor.devices.kept(self.now).filter(|_| self.offered());
        all.filter(|it| it.has_settled(self.now))
    }

    fn offered(&self) -> bool {
        self.organization
            .is_some_and(|organization| organization.devices.is_some())
    }

    /// Whether a right code of this operation makes the device known.
    fn remembers(&self, gives_code: bool) -> bool {
        self.attempt.remember && self.offered() && gives_code
    }

    /// The number that a session of this operation will bear; 0 on a device that is not remembered.
    pub(crate) fn device_number(&self, gives_code: bool) -> u16 {
        self.device()
            .or_else(|| {
                self.actor
                    .devices
                    .next()
                    .filter(|_| self.remembers(gives_code))
            })
            .unwrap_or(0)
    }

    /// A session was granted: its device is recognized, or remembered, and its owner told of what is new.
    pub(crate) fn entered(
        &self,
        gives_code: bool,
        granted: &Grant,
        actor: &mut AccountRecord,
        notices: &mut Vec<Notice>,
    ) {
        let (Grant::Session { session, .. } | Grant::Bound { session, .. }) = granted else {
            return;
        };
        let old = self.session;
        let is_entry = old.is_none_or(|old| !matches!(old.level, Level::Level1 | Level::Level2));
        // As granted: a right code makes the device known, also where the session can only add the passkey that is demanded.
        let with_rights = matches!(session.level, Level::Level1 | Level::Level2);
        let new = self.device().is_none() && self.remembers(gives_code);
        if !with_rights || !(is_entry || new) {
            return;
        }
        let account = actor.facts.id;
        let address = self.attempt.client.address;
        let log_in = devices::LogIn {
            account,
            number: self.device_number(gives_code),
            fresh: self.fresh_device(),
            address,
            place: address.map(|address| devices::place(&self.keys.place, account, address)),
            country: address
                .and_then(|address| self.geo.country(address))
                .map(|country| country.to_string()),
            now: self.now,
        };
        let event = if new && log_in.number != 0 {
            actor.devices.remember(log_in);
            Event::DeviceRemembered
        } else {
            match actor.devices.enter(log_in, self.attempt.client.device) {
                Seen::Expected => return,
                Seen::NewPlace => Event::NewPlace,
                Seen::NewDevice => Event::NewDevice,
            }
        };
        notices.push(Notice {
            to: Audience::Owner { account },
            event,
        });
    }

    fn fresh_device(&self) -> DeviceId {
        DeviceId::from_entropy(self.entropy.half_secret())
    }

    /// What the browser should hold from now on, if this decision made or changed it.
    pub(crate) fn new_cookie(&self, after: &AccountRecord) -> Option<DeviceId> {
        let fresh = self.fresh_device();
        after
            .devices
            .find(fresh, after.facts.id, self.now)
            .map(|_| fresh)
    }

    pub(crate) fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            organization: self.organization.map(|organization| &organization.facts),
            roster: None,
            actor: &self.actor.facts,
            session: self.session,
            subject: None,
        }
    }
}

/// Whether access rules, in force, waiting, or such as can be put back, have a condition on devices.
fn names_devices(organization: &OrganizationRecord, now: UnixTime) -> bool {
    let undoable = organization.undoable_rules(now);
    let undoable = undoable.and_then(|past| past.rules);
    let mut rules = organization.rules_to_come().chain(undoable);
    rules.any(|digest| {
        let text = organization.text_of(Some(digest)).unwrap_or_default();
        // Rules that cannot be read let no one in, with devices or without.
        Rules::parse_text(text).is_ok_and(|rules| {
            let tiers = [DeviceTier::Known, DeviceTier::Unknown];
            let mut rules = rules.rules().iter();
            rules.any(|rule| tiers.iter().any(|tier| rule.names_device(*tier)))
        })
    })
}

/// Whether the people of the organization may have devices remembered. Off, everything about devices is forgotten.
///
/// # Security
/// On, a page that asks for a code says what will be kept before it offers to: see [`device`](crate::devices).
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct SetDevicesRemembered {
    /// An administrator's session with a recent code.
    pub(crate) session: Session,
    /// Whether they may.
    pub(crate) on: bool,
}

in_session!(
    SetDevicesRemembered;
    "set_devices_remembered",
    (),
    done,
    |this, case| {
        may_administer(&case.snapshot(), case.now)?;
        if case.offered() == this.on {
            return Err(Refusal::Unchanged);
        }
        // Users whom they let in by their known devices would be shut out.
        if !this.on && case.organization.is_some_and(|it| names_devices(it, case.now)) {
            return Err(Refusal::DevicesInRules);
        }
        case.actor.facts.may_change(case.now)?;
        Command::ApplyDue
    },
    |this, case, effects| {
        if let Some(organization) = effects.organization(case) {
            organization.devices = this.on.then_some(case.now);
        }
        effects.actor.facts.count_change(case.now);
        // The administrator's own devices are forgotten at once, those of other accounts with their next decision.
        effects.actor.devices.let_go();
        let event = Event::DevicesSwitched {
            on: this.on,
            by: this.session.account,
        };
        effects.tell(Audience::Administrators, event);
    }
);

/// Forgets one of the own devices: its cookie is worth nothing, its sessions are over.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct ForgetDevice {
    /// The owner's session.
    pub(crate) session: Session,
    /// The device's number.
    pub(crate) number: u16,
}

/// Forgets all of the own devices; every session is over, the one that asks too.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct ForgetDevices {
    /// The owner's session.
    pub(crate) session: Session,
}

/// Whether forgetting a device also ended the session that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forget {
    /// It goes on.
    StillHere,
    /// It was begun on that device, and is over.
    Over,
}

fn forgotten(_: &Grant, case: &Case<'_>, after: &After<'_>) -> Result<Forget, Refusal> {
    let over = case
        .session
        .is_some_and(|session| after.actor.devices.ended(session.id, case.now));
    Ok(if over {
        Forget::Over
    } else {
        Forget::StillHere
    })
}

in_session!(
    ForgetDevice;
    "forget_device",
    Forget,
    forgotten,
    |this, case| {
        may_end_sessions(&case.snapshot(), case.now)?;
        let mut list = case.actor.devices.list(case.now).into_iter();
        if !list.any(|device| device.number == this.number) {
            return Err(Refusal::Unchanged);
        }
        Command::ApplyDue
    },
    |this, _case, effects| {
        effects.actor.devices.forget(this.number);
        let account = this.session.account;
        effects.tell(
            Audience::Owner { account },
            Event::DevicesForgotten { count: 1 },
        );
    }
);

in_session!(
    ForgetDevices;
    "forget_devices",
    (),
    done,
    |_this, _case| Command::LogOutEverywhere,
    |this, _case, effects| {
        let count = effects.actor.devices.forget_all();
        let account = this.session.account;
        effects.tell(
            Audience::Owner { account },
            Event::DevicesForgotten { count },
        );
    }
);

/// Forgets what an account should not remember any more. Every change of an account does; this is for accounts that
/// no one uses ([`Operator::forget_old_devices`](crate::Operator::forget_old_devices)).
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct ForgetOldDevices {
    /// Whose.
    pub(crate) account: AccountId,
}

of_host!(
    ForgetOldDevices;
    "forget_old_devices",
    (),
    done,
    |_this, _case| Command::ApplyDue
);
