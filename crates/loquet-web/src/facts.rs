//! What pages say about an account and its organization, in words.

use loquet::{
    AccountId, AccountOverview, AuthenticatorState, Mandate, MandateKind, NextStep,
    OrganizationOverview, Reason, Refusal, RoleId, RoleSet, UnixTime,
};

use crate::host::PagesHost;
use crate::names::Names;
use crate::refusal;
use crate::session::{Here, Stop};
use crate::{Language, Pages};

impl<H> Here<H> {
    pub(crate) const fn overview(&self) -> &AccountOverview {
        self.progress.overview()
    }

    pub(crate) const fn organization(&self) -> &OrganizationOverview {
        self.overview().organization()
    }

    pub(crate) const fn account_id(&self) -> AccountId {
        self.overview().account_id()
    }

    pub(crate) const fn now(&self) -> UnixTime {
        self.overview().now()
    }

    pub(crate) const fn next(&self) -> NextStep {
        self.progress.next()
    }

    pub(crate) const fn is_logged_in(&self) -> bool {
        self.progress.user().is_some()
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.overview().is_administrator()
    }

    pub(crate) fn is_bound(&self) -> bool {
        matches!(
            self.overview().authenticator(),
            AuthenticatorState::Active { .. }
        )
    }

    pub(crate) fn needs_reset_code(&self) -> bool {
        matches!(
            self.overview().authenticator(),
            AuthenticatorState::ResetCodeDue | AuthenticatorState::BreakGlass
        )
    }

    /// Whether a recovery code was used, and the enrollment that it opened is not done.
    pub(crate) fn is_recovering(&self) -> bool {
        self.overview().authenticator() == AuthenticatorState::Recovering
    }

    /// Whether the user has recovery codes that could be used now.
    pub(crate) fn has_recovery_codes(&self) -> bool {
        let is_bound = matches!(
            self.overview().authenticator(),
            AuthenticatorState::Active { .. }
                | AuthenticatorState::Suspended { .. }
                | AuthenticatorState::Disabled { .. }
        );
        is_bound
            && self.organization().offers_recovery_codes()
            && self.overview().recovery_codes_left() > 0
    }

    /// Whether the app was reported lost, and the report can be undone.
    pub(crate) fn is_suspended(&self) -> bool {
        matches!(
            self.overview().authenticator(),
            AuthenticatorState::Suspended { .. }
        )
    }

    /// Whether a hardware token is among the authenticators whose codes are accepted.
    pub(crate) fn has_token(&self) -> bool {
        let mut all = self.overview().authenticators().iter();
        let has_one = all.any(|it| it.suspended().is_none() && it.token().is_some());
        has_one && self.overview().accepts_codes()
    }

    /// Whether one of its authenticators was reported lost, whatever the others are.
    pub(crate) fn has_suspended(&self) -> bool {
        let mut all = self.overview().authenticators().iter();
        all.any(|it| it.suspended().is_some())
    }

    /// Whether this device could be remembered and is not.
    pub(crate) const fn may_be_remembered(&self) -> bool {
        self.organization().remembers_devices() && self.overview().this_device().is_none()
    }

    /// The role that the mandate page is about.
    pub(crate) fn mandated_role(&self) -> RoleId {
        self.organization().proposed_role()
    }

    /// Its mandate of any second factor, if there is one.
    pub(crate) fn mandate(&self) -> Option<&Mandate> {
        let role = self.mandated_role();
        self.organization().mandate(role, MandateKind::SecondFactor)
    }

    /// Whether one of its passkeys is accepted.
    pub(crate) fn has_passkey(&self) -> bool {
        let mut all = self.overview().authenticators().iter();
        all.any(|it| it.is_passkey() && it.suspended().is_none())
    }

    /// Whether this is a log-in with a code where a passkey is required, and there is none yet: it can only add one.
    pub(crate) fn owes_passkey(&self) -> bool {
        self.next() == NextStep::Enroll && self.is_bound()
    }

    /// Whether an enrollment must bind a passkey, and not an app: nothing was lost.
    pub(crate) fn must_bind_passkey(&self) -> bool {
        let is_reset = self.needs_reset_code() || self.is_recovering();
        self.overview().requirement().passkey.is_some() && !is_reset && !self.has_passkey()
    }
}

impl<H: PagesHost> Here<H> {
    /// What pages call those who have the role of the mandate page.
    pub(crate) fn mandated(&self) -> String {
        self.covered(self.mandated_role())
    }

    /// What pages call those who have the role of a mandate.
    pub(crate) fn covered(&self, role: RoleId) -> String {
        let language = self.visit.language;
        let named = self.pages.role(role, language);
        named.unwrap_or_else(|| {
            let name = language.say("le rôle", "role");
            format!("{name} {}", role.0)
        })
    }
}

impl<H: PagesHost> Pages<H> {
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

    /// What pages call the users who have a role: the host's name for it, or else one of these pages.
    pub(crate) fn role(&self, role: RoleId, language: Language) -> Option<String> {
        self.hosts_role(role, language).or_else(|| {
            let name = match role {
                RoleId::MEMBER => language.say("les membres", "members"),
                RoleId::STAFF => language.say("le personnel", "staff"),
                RoleId::ADMINISTRATOR => language.say("les administrateurs", "administrators"),
                _ => return None,
            };
            Some(name.to_owned())
        })
    }

    /// The role's name in the language of the page, or else the one of [`loquet::Role`].
    fn hosts_role(&self, role: RoleId, language: Language) -> Option<String> {
        let named = self.0.host.role(role, language);
        named.or_else(|| self.0.mfa.role_name(role).map(str::to_owned))
    }

    /// The roles of one user, in a line.
    pub(crate) fn roles(&self, roles: &RoleSet, language: Language) -> String {
        let word = |role| {
            let named = self.hosts_role(role, language);
            named.unwrap_or_else(|| match role {
                RoleId::MEMBER => language.say("Membre", "Member").to_owned(),
                RoleId::STAFF => language.say("Personnel", "Staff").to_owned(),
                RoleId::ADMINISTRATOR => "Administration".to_owned(),
                other => format!("{} {}", language.say("Rôle", "Role"), other.0),
            })
        };
        roles.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}
