//! How far a log-in has come.

use loquet_policy::{Authenticator, BreakGlass, Level, NextStep, Purpose, Session, current_level};

use crate::account::AccountOverview;
use crate::decide::{self, Facts};
use crate::enrollment::codes::{BreakGlassCode, RecoveryCode};
use crate::enrollment::operations::{Offer, offer};
use crate::enrollment::recovery::shown_codes;
use crate::enrollment::token::TokenOffer;
use crate::error::Error;
use crate::mfa::Mfa;
use crate::mfa::vault::Vault;
use crate::session::attempt::Client;
use crate::session::{Authorized, MfaSession};

/// How far a log-in has come: all that its pages show, from one read of the store.
#[derive(Debug, Clone)]
pub struct LoginProgress {
    overview: AccountOverview,
    user: Option<Authorized>,
    pending: Option<Begun>,
    passkey: Option<String>,
    suspended_passkey: Option<String>,
    break_glass: Option<BreakGlassCode>,
}

/// What an enrollment binds.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    App(Offer),
    Token(TokenOffer),
}

/// An enrollment that a session began.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) shown: Shown,
    pub(crate) purpose: Purpose,
    pub(crate) may_bind_app: bool,
    /// What the browser is asked to register a passkey instead.
    pub(crate) passkey: Option<String>,
    /// The recovery codes that go with it.
    pub(crate) codes: Vec<RecoveryCode>,
}

impl LoginProgress {
    /// Returns what is owed next.
    #[must_use]
    pub const fn next(&self) -> NextStep {
        self.overview.next
    }

    /// Returns what is known of the account. Show none of it that a stranger with the password should not see.
    #[must_use]
    pub const fn overview(&self) -> &AccountOverview {
        &self.overview
    }

    /// Returns the user where nothing is owed: what [`Mfa::authorize`] would return, without another read.
    #[must_use]
    pub const fn user(&self) -> Option<&Authorized> {
        self.user.as_ref()
    }

    /// Returns the enrollment that this very session began, to show it again.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        match &self.pending.as_ref()?.shown {
            Shown::App(offer) => Some(offer),
            Shown::Token(_) => None,
        }
    }

    /// Returns what the enrollment is for that this very session began: a replacement leaves the present authenticator as it is
    /// until it is confirmed.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        self.pending.as_ref().map(|pending| pending.purpose)
    }

    /// Returns whether the enrollment may bind an app: the account may have all the apps and tokens that it can, and room for a
    /// passkey alone.
    #[must_use]
    pub fn may_bind_app(&self) -> bool {
        self.pending.as_ref().is_some_and(|it| it.may_bind_app)
    }

    /// Returns what to give to the browser's `navigator.credentials.create()` where a passkey can be registered in place of the
    /// [`offer`](Self::offer): the `publicKey` options, as JSON with bytes in base64url (WebAuthn Level 3 §5.1.9
    /// `parseCreationOptionsFromJSON`). Good for five minutes.
    #[must_use]
    pub fn passkey_creation(&self) -> Option<&str> {
        self.pending.as_ref()?.passkey.as_deref()
    }

    /// Returns what to give to the browser's `navigator.credentials.get()` where the account has a passkey, for the log-in and
    /// wherever a fresh code is asked for: the `publicKey` options, as JSON with bytes in base64url (§5.1.10
    /// `parseRequestOptionsFromJSON`). Good for five minutes, in this session, and once.
    #[must_use]
    pub fn passkey_request(&self) -> Option<&str> {
        self.passkey.as_deref()
    }

    /// Returns the same for a passkey that is suspended, for the page that undoes a report of loss.
    #[must_use]
    pub fn suspended_passkey_request(&self) -> Option<&str> {
        self.suspended_passkey.as_deref()
    }

    /// Returns the hardware token that this very session began to confirm.
    #[must_use]
    pub fn token_offer(&self) -> Option<&TokenOffer> {
        match &self.pending.as_ref()?.shown {
            Shown::App(_) => None,
            Shown::Token(token) => Some(token),
        }
    }

    /// Returns the recovery codes to show beside the [`offer`](Self::offer); see [`Mfa::pending_recovery_codes`].
    #[must_use]
    pub fn recovery_codes(&self) -> &[RecoveryCode] {
        self.pending
            .as_ref()
            .map_or(&[], |pending| pending.codes.as_slice())
    }

    /// Returns the new break-glass code to show beside the [`offer`](Self::offer) to an administrator whom break-glass let
    /// in; see [`Mfa::confirm_enrollment_after_break_glass`].
    #[must_use]
    pub const fn new_break_glass_code(&self) -> Option<&BreakGlassCode> {
        self.break_glass.as_ref()
    }
}

impl Mfa {
    /// Returns how far a log-in has come, for the pages that ask for the code or show the QR code. It is no authorization:
    /// a handler of the host's own asks [`authorize`](Self::authorize), or [`LoginProgress::user`]. It costs one read of the
    /// store, and decrypts the secret that this session enrolls, if it enrolls one.
    ///
    /// # Errors
    /// [`Error::Refused`] when the session is over, or the access rules deny the client.
    pub async fn login_progress(
        &self,
        session: &MfaSession,
        client: &Client,
    ) -> Result<LoginProgress, Error> {
        let session = self.verified(session).await?;
        let facts = self.enrollment_facts(&session).await?;
        let admitted = self.admit(&facts, &session, client)?;
        let user = match admitted.authorized(session, client) {
            Ok(user) => Some(user),
            Err(owed) if owed.next_step().is_some() => None,
            Err(refusal) => return Err(refusal.into()),
        };
        let owed = admitted.owed;
        let by_break_glass = admitted.actor.facts.holds_break_glass(admitted.now);
        let vault = self.unlock().await?;
        let pending = match owed {
            Ok(()) => self.pending_in(&facts, &session, vault)?,
            Err(_) => None,
        };
        let break_glass = facts
            .organization
            .as_ref()
            .filter(|it| pending.is_some() && !matches!(it.facts.break_glass, BreakGlass::Unset))
            .filter(|_| by_break_glass)
            .map(|organization| decide::proposed_break_glass(&vault.keys, &session, organization));
        let party = self.inner.passkeys.as_deref();
        let asks = |these| {
            let at = (&session, admitted.now);
            vault.request_options(party?, admitted.actor, at, these)
        };
        let passkey = asks(Authenticator::is_active);
        let suspended_passkey = asks(|it| !it.is_active());
        Ok(LoginProgress {
            user,
            passkey,
            suspended_passkey,
            pending,
            break_glass,
            overview: self.overview_of(facts, &session, owed)?,
        })
    }

    /// What the session began, of facts in which its pending secret is decrypted.
    pub(super) fn pending_in(
        &self,
        facts: &Facts,
        session: &Session,
        vault: &Vault,
    ) -> Result<Option<Begun>, Error> {
        let (Some(actor), Some(organization)) = (&facts.actor, &facts.organization) else {
            return Ok(None);
        };
        let now = self.now();
        // One that owes a proof sees nothing of what it began before.
        let level = current_level(&facts.snapshot(actor, session), now);
        let may_see = level.is_ok_and(|it| !matches!(it, Level::HalfLogin | Level::RecoveryOnly));
        let mut pendings = actor.facts.pendings_at(now).filter(|_| may_see);
        let Some(pending) = pendings.find(|pending| pending.session == session.id) else {
            return Ok(None);
        };
        let shown = match TokenOffer::of(actor, pending.expires()) {
            Some(token) => Some(Shown::Token(token)),
            None => offer(organization, actor, session, pending.expires())?.map(Shown::App),
        };
        let facts = (&organization.facts, &actor.facts);
        let may_bind = |passkey| pending.may_bind(facts.0, facts.1, passkey, now).is_ok();
        let passkey = match (&shown, &self.inner.passkeys) {
            (Some(Shown::App(_)), Some(party)) if may_bind(true) => {
                vault.creation_options(&**party, actor, session, now)
            }
            _ => None,
        };
        Ok(shown.map(|shown| Begun {
            shown,
            purpose: pending.purpose,
            may_bind_app: may_bind(false),
            passkey,
            codes: shown_codes(&vault.keys, actor, session, now),
        }))
    }
}
