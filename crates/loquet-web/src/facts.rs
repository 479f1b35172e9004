//! What pages say about an account and its organization, in words.

use loquet::{Level, Refusal, RoleId};
use loquet_policy::{Authenticator, Cause, Mandate, Origin, Preset, Reason, RoleSet};

use crate::host::Host;
use crate::names::Names;
use crate::refusal;
use crate::session::{Here, Stop};
use crate::{Language, Pages};

impl<H> Here<H> {
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

    pub(crate) fn needs_reset_code(&self) -> bool {
        // Whoever used a recovery code holds the right already.
        matches!(self.authenticator(), Authenticator::ResetDue { .. }) && !self.is_recovering()
    }

    /// Whether a recovery code was used, and the enrollment that it opened is not done.
    pub(crate) fn is_recovering(&self) -> bool {
        matches!(
            self.authenticator(),
            Authenticator::ResetDue { reset_code: Some(reset_code) }
                if matches!(reset_code.origin, Origin::Recovery { .. })
        )
    }

    /// Whether this device could be remembered and is not.
    pub(crate) const fn may_be_remembered(&self) -> bool {
        self.standing.devices_offered && self.standing.device.is_none()
    }

    /// The employees' mandate, if there is one.
    pub(crate) fn employees_mandate(&self) -> Option<&Mandate> {
        self.standing.organization.mandate(RoleId::EMPLOYEE)
    }

    /// Why the switch of "Mon compte" cannot be turned, for the page; whether it can, the rules decide.
    pub(crate) fn switch_is_fixed(&self) -> Option<Refusal> {
        let requirement = &self.standing.requirement;
        if !self.standing.organization.is_enabled() {
            return Some(Refusal::NotEnabled);
        }
        if requirement.mandate.is_some() || requirement.unknown_role.is_some() {
            return Some(Refusal::Mandated(requirement.cause()));
        }
        if let Some(mandate) = requirement.announced.filter(|_| requirement.toggle) {
            return Some(Refusal::Mandated(Cause::from(&mandate)));
        }
        if let Err(broken @ (Refusal::RecoverFirst { .. } | Refusal::ResetCodeRequired(_))) =
            self.authenticator().counts()
        {
            return Some(broken);
        }
        let organization = &self.standing.organization;
        (requirement.toggle && organization.preset == Preset::StrictLatch)
            .then(|| Refusal::Latched(organization.hardened_by()))
    }
}

impl<H: Host> Pages<H> {
    /// A refusal in words, with the names of the people and the role that it speaks of.
    pub(crate) async fn sentence(
        &self,
        refusal: &Refusal,
        language: Language,
    ) -> Result<String, Stop> {
        let (role, by) = self.named(&refusal.reason(), language).await?;
        let names = Names {
            role: role.as_deref(),
            by: by.as_deref(),
        };
        Ok(refusal::sentence(refusal, language, names))
    }

    /// The role and the person that a reason speaks of, by the names that people know.
    pub(crate) async fn named(
        &self,
        reason: &Reason,
        language: Language,
    ) -> Result<(Option<String>, Option<String>), Stop> {
        let by = match reason.by {
            Some(by) => self.0.host.name(by).await?,
            None => None,
        };
        Ok((reason.role.and_then(|role| self.role(role, language)), by))
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
