//! Commands about the organization: enabling, mandates, break-glass code and settings.

use super::builder::{Answer, DecisionBuilder};
use crate::{
    Audience, BreakGlass, Cause, Digest, Event, Grant, Hardened, Latch, Mandate, MandateKind,
    MandateState, Organization, Preset, Refusal, RoleId, Scheduled, SecondFactor, Setting,
    SettingKind, Start, Submitted, UnixTime, limits,
};

/// The role that a mandate covers, and what it demands.
type MandateOf = (RoleId, MandateKind);

impl DecisionBuilder<'_> {
    pub(super) fn enable(&mut self, break_glass: Digest, typed_back: bool) -> Answer {
        self.require_administrator()?;
        if let Latch::Enabled { since, by } = self.organization()?.latch {
            return Err(Refusal::AlreadyEnabled(Cause::of(by, since)));
        }
        // An imported authenticator shows that it works before it is needed.
        if self.actor().awaits_import {
            return Err(Refusal::EnrollFirst);
        }
        let has_authenticator = !matches!(
            self.actor().second_factor,
            SecondFactor::None | SecondFactor::ResetDue { .. }
        );
        if has_authenticator && !self.is_recent() {
            self.require_active_authenticator()?;
            return Err(Refusal::NotFresh);
        }
        if !typed_back {
            return Err(Refusal::BreakGlassCodeNotConfirmed);
        }
        let (by, now) = (self.actor().id, self.now);
        let organization = self.organization_mut()?;
        organization.latch = Latch::Enabled { since: now, by };
        organization.break_glass = BreakGlass::Ready {
            break_glass,
            since: now,
            wrong: 0,
        };
        let propose = organization.proposed_role();
        self.notify_administrators(Event::Enabled { by });
        Ok(Grant::Enabled {
            propose,
            from: now.plus(limits::NOTICE),
        })
    }

    pub(super) fn harden(&mut self) -> Answer {
        self.require_administrator()?;
        let preset = Preset::StrictLatch;
        if self.organization()?.preset == preset {
            return Err(Refusal::Unchanged);
        }
        self.require_recent_code()?;
        let (by, since) = (self.actor().id, self.now);
        let organization = self.organization_mut()?;
        organization.preset = preset;
        organization.hardened = Some(Hardened { since, by });
        self.notify_administrators(Event::PresetChanged { preset });
        Ok(Grant::Done)
    }

    pub(super) fn schedule_mandate(&mut self, of: MandateOf, start: Start) -> Answer {
        self.require_administrator()?;
        let ((role, kind), now) = (of, self.now);
        let organization = self.require_enabled()?;
        if organization.role(role).is_none() {
            return Err(Refusal::UnknownRole { role });
        }
        if let Some(mandate) = organization.mandate(role, kind) {
            let cause = Cause::from(mandate);
            return Err(match mandate.state {
                MandateState::Announced { .. } => Refusal::AlreadyAnnounced(cause),
                MandateState::InForce { .. } => Refusal::Latched(cause),
            });
        }
        self.require_recent_code()?;
        // Its author knows what it takes, and is not locked out by it.
        if kind == MandateKind::Passkey && !self.session()?.passkey {
            return Err(Refusal::PasskeyRequired);
        }
        self.may_announce()?;
        // All administrators may lose their phones, so that a mandate needs a usable break-glass code.
        if !matches!(
            self.organization()?.break_glass.at(now),
            BreakGlass::Ready { .. }
        ) {
            return Err(Refusal::WouldStrandAdmin);
        }
        let date = match start {
            Start::At(date) => self.within_notice(date)?,
            Start::Now { confirmed: true } => now,
            Start::Now { confirmed: false } => return Err(Refusal::NotConfirmed),
        };
        let state = if date <= now {
            MandateState::InForce { since: now }
        } else {
            MandateState::Announced {
                since: now,
                date,
                postponements: 0,
            }
        };
        let by = self.actor().id;
        let organization = self.organization_mut()?;
        organization.announcements.count(now);
        organization.put_mandate(Mandate {
            role,
            kind,
            by,
            state,
        });
        let event = match state {
            MandateState::Announced { .. } => Event::MandateAnnounced { role, kind, date },
            MandateState::InForce { .. } => Event::MandateInForce { role, kind },
        };
        self.notify(Audience::Covered { role }, event);
        self.notify_administrators(event);
        Ok(Grant::Mandate { role, kind, date })
    }

    /// Refuses an announcement where a day has had enough of them.
    fn may_announce(&self) -> Result<(), Refusal> {
        let quota = self.organization()?.announcements;
        match quota.wait(limits::ANNOUNCEMENTS_A_DAY, self.now) {
            Some(wait) => Err(Refusal::TooManyAnnouncements { wait }),
            None => Ok(()),
        }
    }

    fn within_notice(&self, date: UnixTime) -> Result<UnixTime, Refusal> {
        let (least, most) = (
            self.now.plus(limits::NOTICE),
            self.now.plus(limits::NOTICE_MAX),
        );
        if date < least {
            Err(Refusal::TooSoon { earliest: least })
        } else if date > most {
            Err(Refusal::TooLate { latest: most })
        } else {
            Ok(date)
        }
    }

    /// Returns a mandate.
    fn mandate(&self, (role, kind): MandateOf) -> Result<&Mandate, Refusal> {
        let none = Refusal::NothingAnnounced { role };
        self.require_enabled()?.mandate(role, kind).ok_or(none)
    }

    /// Returns the date of an announced mandate and how often it was postponed.
    fn announced(&self, of: MandateOf) -> Result<(UnixTime, u8), Refusal> {
        let mandate = self.mandate(of)?;
        match mandate.state {
            MandateState::InForce { .. } => Err(Refusal::Latched(mandate.into())),
            MandateState::Announced {
                date,
                postponements,
                ..
            } => Ok((date, postponements)),
        }
    }

    pub(super) fn move_mandate(&mut self, of: MandateOf, to: UnixTime) -> Answer {
        self.require_administrator()?;
        let (date, postponed) = self.announced(of)?;
        self.require_recent_code()?;
        if to == date {
            return Err(Refusal::Unchanged);
        }
        self.may_announce()?;
        self.within_notice(to)?;
        let postponements = postponements(postponed, date, to);
        if postponements > limits::POSTPONEMENTS {
            return Err(Refusal::TooManyPostponements(self.mandate(of)?.into()));
        }
        let ((role, kind), now) = (of, self.now);
        let organization = self.organization_mut()?;
        organization.announcements.count(now);
        let mandates = organization.mandates.iter_mut();
        for mandate in mandates.filter(|mandate| mandate.is_of(role, kind)) {
            if let MandateState::Announced { since, .. } = mandate.state {
                mandate.state = MandateState::Announced {
                    since,
                    date: to,
                    postponements,
                };
            }
        }
        let event = Event::MandateAnnounced {
            role,
            kind,
            date: to,
        };
        self.notify(Audience::Covered { role }, event);
        self.notify_administrators(event);
        Ok(Grant::Mandate {
            role,
            kind,
            date: to,
        })
    }

    pub(super) fn cancel_mandate(&mut self, of: MandateOf) -> Answer {
        self.require_administrator()?;
        self.announced(of)?;
        self.require_recent_code()?;
        let (role, kind) = of;
        self.organization_mut()?
            .mandates
            .retain(|mandate| !mandate.is_of(role, kind));
        let event = Event::MandateCancelled { role, kind };
        self.notify(Audience::Covered { role }, event);
        self.notify_administrators(event);
        Ok(Grant::Done)
    }

    pub(super) fn renew_break_glass_code(
        &mut self,
        break_glass: Digest,
        typed_back: bool,
        code: Submitted,
    ) -> Answer {
        self.require_administrator()?;
        self.require_enabled()?;
        if !typed_back {
            return Err(Refusal::BreakGlassCodeNotConfirmed);
        }
        self.settled_code(code)?;
        self.renew_break_glass(break_glass)?;
        Ok(Grant::Done)
    }

    /// Puts another break-glass code in place of the one that there is.
    pub(super) fn renew_break_glass(&mut self, break_glass: Digest) -> Result<(), Refusal> {
        let now = self.now;
        self.organization_mut()?.break_glass = BreakGlass::Ready {
            break_glass,
            since: now,
            wrong: 0,
        };
        self.notify_administrators(Event::BreakGlassCodeRenewed);
        Ok(())
    }

    pub(super) fn change_setting(&mut self, setting: Setting, code: Submitted) -> Answer {
        self.require_administrator()?;
        setting.in_bounds()?;
        let organization = self.require_change(setting)?;
        self.check_change_quota()?;
        // Before enabling there is nothing to weaken, and no account has a code.
        let enabled = organization.is_enabled();
        let weakens = enabled && setting.weakens(organization);
        // Access rules that let fewer people in hold at once: a thief of a cookie could shut everyone else out.
        if weakens || enabled && setting.kind() == SettingKind::AccessRules {
            self.settled_code(code)?;
        } else {
            self.require_recent_code()?;
        }
        self.count_change();
        let now = self.now;
        if !weakens {
            return self.put_in_force(setting);
        }
        let (by, due) = (self.actor().id, now.plus(limits::WEAKENING));
        let organization = self.organization_mut()?;
        organization
            .scheduled
            .retain(|change| change.setting.kind() != setting.kind());
        let at = organization
            .scheduled
            .partition_point(|change| change.setting.kind() < setting.kind());
        organization
            .scheduled
            .insert(at, Scheduled { setting, by, due });
        self.notify_administrators(Event::ChangeScheduled { setting, due });
        Ok(Grant::Scheduled { due })
    }

    pub(super) fn undo_access_rules(&mut self, rules: Digest) -> Answer {
        let (rules, opens) = (Some(rules), false);
        let setting = Setting::AccessRules { rules, opens };
        self.require_administrator()?;
        self.require_change(setting)?;
        self.check_change_quota()?;
        self.require_recent_code()?;
        self.count_change();
        self.put_in_force(setting)
    }

    /// Returns the organization, where the setting is not in force already, or another one waits.
    fn require_change(&self, setting: Setting) -> Result<&Organization, Refusal> {
        let organization = self.organization()?;
        let mut scheduled = organization.scheduled.iter();
        let waiting = scheduled.any(|change| change.setting.kind() == setting.kind());
        if setting.holds(organization) && !waiting {
            return Err(Refusal::Unchanged);
        }
        Ok(organization)
    }

    fn put_in_force(&mut self, setting: Setting) -> Answer {
        let organization = self.organization_mut()?;
        organization
            .scheduled
            .retain(|change| change.setting.kind() != setting.kind());
        setting.apply(organization);
        self.notify_administrators(Event::ChangeInForce { setting });
        Ok(Grant::Done)
    }

    pub(super) fn cancel_change(&mut self, kind: SettingKind) -> Answer {
        self.require_administrator()?;
        if !self
            .organization()?
            .scheduled
            .iter()
            .any(|change| change.setting.kind() == kind)
        {
            return Err(Refusal::NothingScheduled);
        }
        self.require_recent_code()?;
        self.organization_mut()?
            .scheduled
            .retain(|change| change.setting.kind() != kind);
        self.notify_administrators(Event::ChangeCancelled { setting: kind });
        Ok(Grant::Done)
    }
}

impl Organization {
    /// Sets a setting of an organization that is being created. The caller stores the text of access rules.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`]; [`Refusal::AlreadyEnabled`] once multi-factor log-in is enabled, when only
    /// [`Command::ChangeSetting`](crate::Command::ChangeSetting) changes it.
    pub fn begin_with(&mut self, setting: Setting) -> Result<(), Refusal> {
        setting.in_bounds()?;
        if let crate::Latch::Enabled { since, by } = self.latch {
            return Err(Refusal::AlreadyEnabled(crate::Cause::of(by, since)));
        }
        setting.apply(self);
        Ok(())
    }
}

impl Setting {
    fn in_bounds(&self) -> Result<(), Refusal> {
        let (value, least, most) = match *self {
            Self::ResetCodeLife { seconds } => {
                (seconds, limits::RESET_CODE_ALOUD, limits::RESET_CODE_MAX)
            }
            Self::EnrollmentWindow { seconds } => {
                (seconds, limits::DAY, limits::ENROLLMENT_WINDOW_MAX)
            }
            Self::RecoveryCodes { .. } | Self::AccessRules { .. } => return Ok(()),
        };
        if (least..=most).contains(&value) {
            Ok(())
        } else {
            Err(Refusal::OutOfBounds { least, most })
        }
    }

    fn holds(&self, organization: &Organization) -> bool {
        let options = &organization.options;
        match *self {
            Self::RecoveryCodes { offered } => options.recovery_codes == offered,
            Self::ResetCodeLife { seconds } => options.reset_code_life == seconds,
            Self::EnrollmentWindow { seconds } => options.enrollment_window == seconds,
            Self::AccessRules { rules, .. } => options.access_rules == rules,
        }
    }

    /// Returns whether this setting would weaken what the organization has: then it needs a fresh code and waits.
    #[must_use]
    pub fn weakens(&self, organization: &Organization) -> bool {
        let options = &organization.options;
        match *self {
            // The caller has already refused an unchanged value.
            Self::RecoveryCodes { offered } => offered,
            Self::ResetCodeLife { seconds } => seconds > options.reset_code_life,
            Self::EnrollmentWindow { seconds } => seconds > options.enrollment_window,
            Self::AccessRules { rules, opens } => opens || rules.is_none(),
        }
    }
}

/// Returns the number of postponements after a move. An earlier date does not count.
fn postponements(before: u8, date: UnixTime, to: UnixTime) -> u8 {
    before.saturating_add(u8::from(to > date))
}
