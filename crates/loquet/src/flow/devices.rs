//! Devices: remembered with a right code, recognized at each log-in, forgotten at will.

use loquet_ipfilter::DeviceTier;
use loquet_policy::{
    AccountId, Audience, Command, Event, Grant, Level, Notice, Refusal, RoleId, Snapshot, limits,
    rights,
};

use super::{After, Case, Refused, done};
use crate::device::{self, DeviceId, Seen};
use crate::records::AccountRecord;
use crate::stamp::Stamp;

impl Case<'_> {
    /// The device that this request comes from: by its cookie, or by what its session was begun on.
    fn device(&self) -> Option<u16> {
        self.offered()
            .then(|| {
                let actor = self.actor;
                self.request
                    .device
                    .and_then(|id| actor.devices.find(id, actor.facts.id, self.now))
                    .or_else(|| actor.devices.of(self.stamp?.session().id, self.now))
            })
            .flatten()
    }

    pub(super) fn tier(&self) -> DeviceTier {
        self.device()
            .map_or(DeviceTier::Unknown, |_| DeviceTier::Known)
    }

    fn offered(&self) -> bool {
        self.organization
            .is_some_and(|organization| organization.devices)
    }

    /// Whether a right code of this ceremony makes the device known.
    fn remembers(&self, what: &str) -> bool {
        self.request.remember
            && self.offered()
            && matches!(what, "verify_code" | "resynchronize" | "confirm_enrollment")
    }

    /// The number that a session of this ceremony will bear; 0 on a device that is not remembered.
    pub(super) fn device_number(&self, what: &str) -> u16 {
        self.device()
            .or_else(|| self.actor.devices.next().filter(|_| self.remembers(what)))
            .unwrap_or(0)
    }

    /// A session was granted: its device is recognized, or remembered, and its owner told of what is new.
    pub(super) fn entered(
        &self,
        what: &str,
        granted: &Grant,
        actor: &mut AccountRecord,
        notices: &mut Vec<Notice>,
    ) {
        let (Grant::Session { session, .. } | Grant::Bound { session, .. }) = granted else {
            return;
        };
        let old = self.stamp.map(|stamp| stamp.session());
        let is_entry = old.is_none_or(|old| !matches!(old.level, Level::Level1 | Level::Level2));
        let with_rights = matches!(session.level, Level::Level1 | Level::Level2);
        let new = self.device().is_none() && self.remembers(what);
        if !with_rights || !(is_entry || new) {
            return;
        }
        let account = actor.facts.id;
        let address = self.request.address;
        let log_in = device::LogIn {
            account,
            number: self.device_number(what),
            fresh: self.fresh_device(),
            address,
            place: address.map(|address| device::place(&self.keys.place, account, address)),
            country: address
                .and_then(|address| self.geo.country(address))
                .map(|country| country.to_string()),
            now: self.now,
        };
        let event = if new && log_in.number != 0 {
            actor.devices.remember(log_in);
            Event::DeviceRemembered
        } else {
            match actor.devices.enter(log_in, self.request.device) {
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
        DeviceId::from_entropy(self.entropy.device)
    }

    /// What the browser should hold from now on, if this decision made or changed it.
    pub(super) fn new_cookie(&self, after: &AccountRecord) -> Option<DeviceId> {
        let fresh = self.fresh_device();
        after
            .devices
            .find(fresh, after.facts.id, self.now)
            .map(|_| fresh)
    }

    /// What the session is worth, for ceremonies that the rules about people know nothing of.
    fn level(&self) -> Result<Level, Refused> {
        let snapshot = Snapshot {
            organization: self.organization.map(|organization| &organization.facts),
            roster: None,
            actor: &self.actor.facts,
            session: self.stamp.map(Stamp::session),
            subject: None,
        };
        Ok(rights(&snapshot, self.now)?)
    }

    /// An administrator who gave a code in this session a moment ago.
    fn administrator(&self) -> Result<(), Refused> {
        let level = self.level()?;
        if !self.actor.facts.roles.contains(RoleId::ADMINISTRATOR) {
            return Err(Refusal::NotAdmin.into());
        }
        if !self
            .organization
            .is_some_and(|organization| organization.facts.is_enabled())
        {
            return Err(Refusal::NotEnabled.into());
        }
        let since = self
            .stamp
            .map_or(u64::MAX, |stamp| self.now.since(stamp.since()));
        if level == Level::Level2 && since <= limits::RECENT {
            Ok(())
        } else {
            Err(Refusal::NotFresh.into())
        }
    }
}

/// Whether the people of the organization may have devices remembered. Off, everything about devices is forgotten.
///
/// # Security
/// On, a page that asks for a code says what will be kept before it offers to: see [`device`](crate::device).
#[derive(Debug, Clone, Copy)]
pub struct SetDevicesRemembered {
    /// An administrator's session with a recent code.
    pub stamp: Stamp,
    /// Whether they may.
    pub on: bool,
}

in_session!(
    SetDevicesRemembered,
    "set_devices_remembered",
    (),
    done,
    |this, case| {
        case.administrator()?;
        if case.offered() == this.on {
            return Err(Refusal::Unchanged.into());
        }
        Command::ApplyDue
    },
    |this, case, beside| {
        if let Some(organization) = beside.organization(case) {
            organization.devices = this.on;
        }
        // The own ones go at once, everybody else's with their next decision. Switched on, there are none.
        beside.actor.devices.let_go();
        let event = Event::DevicesSwitched {
            on: this.on,
            by: this.stamp.account(),
        };
        beside.tell(Audience::Administrators, event);
    }
);

/// Forgets one of the own devices: its cookie is worth nothing, its sessions are over.
#[derive(Debug, Clone, Copy)]
pub struct ForgetDevice {
    /// The owner's session.
    pub stamp: Stamp,
    /// The device's number.
    pub number: u16,
}

/// Forgets all of the own devices; every session is over, the one that asks too.
#[derive(Debug, Clone, Copy)]
pub struct ForgetDevices {
    /// The owner's session.
    pub stamp: Stamp,
}

/// What became of the session that asked to forget a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forget {
    /// It goes on.
    StillHere,
    /// It was begun on that device, and is over.
    Over,
}

fn forgotten(_: &Grant, case: &Case<'_>, after: &After<'_>) -> Result<Forget, Refused> {
    let over = case
        .stamp
        .is_some_and(|stamp| after.actor.is_over(stamp, case.now));
    Ok(if over {
        Forget::Over
    } else {
        Forget::StillHere
    })
}

in_session!(
    ForgetDevice,
    "forget_device",
    Forget,
    forgotten,
    |this, case| {
        case.level()?;
        let mut list = case.actor.devices.list(case.now).into_iter();
        if !list.any(|device| device.number == this.number) {
            return Err(Refusal::Unchanged.into());
        }
        Command::ApplyDue
    },
    |this, _case, beside| {
        beside.actor.devices.forget(this.number);
        let account = this.stamp.account();
        beside.tell(
            Audience::Owner { account },
            Event::DevicesForgotten { count: 1 },
        );
    }
);

in_session!(
    ForgetDevices,
    "forget_devices",
    (),
    done,
    |_this, _case| Command::LogOutEverywhere,
    |this, _case, beside| {
        let count = beside.actor.devices.forget_all();
        let account = this.stamp.account();
        beside.tell(
            Audience::Owner { account },
            Event::DevicesForgotten { count },
        );
    }
);

/// Forgets what an account should not remember any more. Every change of an account does; this is for accounts that
/// nobody uses ([`Service::forget_old_devices`](crate::Service::forget_old_devices)).
#[derive(Debug, Clone, Copy)]
pub struct ForgetOldDevices {
    /// Whose.
    pub account: AccountId,
}

of_host!(
    ForgetOldDevices,
    "forget_old_devices",
    (),
    done,
    |_this, _case| Command::ApplyDue
);
