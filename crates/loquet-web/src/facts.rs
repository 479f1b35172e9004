//! What pages say about an account and its organisation, in words.

use loquet::{Level, Refusal, RoleId, UnixTime};
use loquet_policy::{Authenticator, Mandate, MandateState, Origin, Preset, RoleSet};

use crate::host::Host;
use crate::refusal::{self, Names};
use crate::session::{Here, Stop};
use crate::{Language, Pages};

impl Here {
    pub(crate) const fn level(&self) -> Level {
        self.standing.level
    }

    pub(crate) const fn is_logged_in(&self) -> bool {
        matches!(self.standing.level, Level::Level1 | Level::Level2)
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.standing.account.roles.contains(RoleId::ADMINISTRATOR)
    }

    /// What is bound now.
    pub(crate) fn authenticator(&self) -> Authenticator {
        self.standing.account.authenticator_at(self.standing.now)
    }

    pub(crate) fn is_bound(&self) -> bool {
        matches!(self.authenticator(), Authenticator::Active { .. })
    }

    pub(crate) fn needs_ticket(&self) -> bool {
        // Whoever used a recovery code holds the right already.
        matches!(self.authenticator(), Authenticator::ResetDue { .. }) && !self.is_recovering()
    }

    /// Whether a recovery code was used, and the enrollment that it opened is not done.
    pub(crate) fn is_recovering(&self) -> bool {
        matches!(
            self.authenticator(),
            Authenticator::ResetDue { ticket: Some(ticket) }
                if matches!(ticket.origin, Origin::Recovery { .. })
        )
    }

    /// Whether this device could be remembered and is not.
    pub(crate) const fn may_be_remembered(&self) -> bool {
        self.standing.devices_offered && self.standing.device.is_none()
    }

    /// The employees' mandate, if there is one.
    pub(crate) fn employees_mandate(&self) -> Option<&Mandate> {
        self.standing.organisation.mandate(RoleId::EMPLOYEE)
    }

    /// Why the switch of "Mon compte" cannot be turned, for the page; whether it can, the rules decide.
    pub(crate) fn switch_is_fixed(&self) -> Option<Refusal> {
        let requirement = &self.standing.requirement;
        if !self.standing.organisation.is_enabled() {
            return Some(Refusal::NotEnabled);
        }
        if let Some(role) = requirement.unknown_role {
            return Some(Refusal::Mandated {
                role,
                since: None,
                by: None,
            });
        }
        if let Some(mandate) = requirement
            .mandate
            .or(requirement.announced.filter(|_| requirement.toggle))
        {
            return Some(Refusal::Mandated {
                role: mandate.role,
                since: Some(starts(&mandate)),
                by: Some(mandate.by),
            });
        }
        match self.authenticator() {
            Authenticator::Disabled { .. } => Some(Refusal::RecoverFirst),
            Authenticator::ResetDue { .. } => Some(Refusal::TicketRequired),
            Authenticator::None | Authenticator::Active { .. }
                if requirement.toggle
                    && self.standing.organisation.preset == Preset::StrictLatch =>
            {
                Some(Refusal::Latched)
            }
            Authenticator::None | Authenticator::Active { .. } => None,
        }
    }
}

/// When a mandate begins, or began.
pub(crate) const fn starts(mandate: &Mandate) -> UnixTime {
    match mandate.state {
        MandateState::Announced { date, .. } => date,
        MandateState::InForce { since } => since,
    }
}

impl<H: Host> Pages<H> {
    /// A refusal in words, with the names of the people and the role that it speaks of.
    pub(crate) async fn sentence(
        &self,
        refusal: &Refusal,
        language: Language,
    ) -> Result<String, Stop> {
        let (role, by) = match refusal {
            Refusal::Mandated { role, by, .. } => {
                let by = match by {
                    Some(by) => self.0.host.name(*by).await?,
                    None => None,
                };
                (self.role(*role, language), by)
            }
            _ => (None, None),
        };
        Ok(refusal::sentence(
            refusal,
            language,
            Names {
                role: role.as_deref(),
                by: by.as_deref(),
            },
        ))
    }

    /// What people call those who have a role.
    pub(crate) fn role(&self, role: RoleId, language: Language) -> Option<String> {
        match role {
            RoleId::PARENT => Some(language.say("les parents", "parents").to_owned()),
            RoleId::EMPLOYEE => Some(language.say("les employés", "employees").to_owned()),
            RoleId::ADMINISTRATOR => Some(
                language
                    .say("les administrateurs", "administrators")
                    .to_owned(),
            ),
            other => self.0.host.role(other, language),
        }
    }

    /// "Administration, équipe": what a person is, in words that fit everybody.
    pub(crate) fn roles(&self, roles: &RoleSet, language: Language) -> String {
        let word = |role| match role {
            RoleId::PARENT => "Parent".to_owned(),
            RoleId::EMPLOYEE => language.say("Personnel", "Staff").to_owned(),
            RoleId::ADMINISTRATOR => "Administration".to_owned(),
            other => self
                .0
                .host
                .role(other, language)
                .unwrap_or_else(|| format!("{} {}", language.say("Rôle", "Role"), other.0)),
        };
        roles.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}
