//! The secrets of an account, and what is kept of its authenticators besides the policy's facts.

use loquet_otp::{Secret, Totp};
use loquet_policy::{Account, AuthenticatorId, PresentSteps, SessionId, UnixTime};
use serde::{Deserialize, Serialize};

use super::AssignedToken;

/// What is kept of an authenticator that the rules need not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticatorDetails {
    pub(crate) id: AuthenticatorId,
    /// The parameters of its codes. Those that are enrolled have the usual ones.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub(crate) totp: Totp,
    /// Its serial number, where it is a hardware token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) serial: Option<String>,
    /// The owner's name for it; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    /// What verifies its answers, where it is a passkey, which has no secret here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passkey: Option<String>,
}

fn is_usual(totp: &Totp) -> bool {
    *totp == Totp::default()
}

/// The present step of each.
pub(crate) fn present_steps<'a>(
    all: impl Iterator<Item = &'a AuthenticatorDetails>,
    now: UnixTime,
) -> PresentSteps {
    let mut present = PresentSteps::default();
    for (step, details) in present.iter_mut().zip(all) {
        *step = match details.passkey {
            Some(_) => now.0,
            None => details.totp.step(now.0),
        };
    }
    present
}

/// The secrets of an account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    /// Those of the authenticators, in the order of the facts.
    pub(crate) bound: Vec<BoundSecret>,
    /// The hardware token that waits to be confirmed.
    pub(crate) token: Option<AssignedToken>,
    pub(crate) pendings: Vec<PendingSecret>,
}

/// An authenticator with its secret.
#[derive(Debug, Clone)]
pub(crate) struct BoundSecret {
    pub(crate) details: AuthenticatorDetails,
    /// `None` where it was not decrypted, and of a passkey.
    pub(crate) secret: Option<Secret>,
}

impl BoundSecret {
    /// An authenticator that is no hardware token.
    pub(crate) fn new(id: AuthenticatorId, secret: Secret, totp: Totp) -> Self {
        let (serial, name) = (None, String::new());
        let details = AuthenticatorDetails {
            id,
            totp,
            serial,
            name,
            passkey: None,
        };
        Self {
            details,
            secret: Some(secret),
        }
    }
}

/// The secret of an enrollment that was begun.
#[derive(Debug, Clone)]
pub(crate) struct PendingSecret {
    pub(crate) session: SessionId,
    pub(crate) secret: Secret,
}

impl Secrets {
    /// What is kept of the authenticators besides their secrets.
    pub(crate) fn details(&self) -> impl Iterator<Item = &AuthenticatorDetails> {
        self.bound.iter().map(|it| &it.details)
    }

    /// Gives an authenticator another name.
    pub(crate) fn name(&mut self, id: AuthenticatorId, name: &str) {
        for bound in self.bound.iter_mut().filter(|it| it.details.id == id) {
            name.clone_into(&mut bound.details.name);
        }
    }

    /// Keeps a passkey that was just bound in place of the secret that was proposed with it.
    pub(crate) fn keep_passkey(&mut self, passkey: &str) {
        if let Some(bound) = self.bound.last_mut() {
            bound.secret = None;
            bound.details.passkey = Some(passkey.to_owned());
        }
    }

    pub(crate) fn pending(&self, session: SessionId) -> Option<&Secret> {
        self.pendings
            .iter()
            .find(|held| held.session == session)
            .map(|held| &held.secret)
    }

    /// Brings the secrets in line with the facts: one for each authenticator, one for each pending enrollment, and none
    /// besides, so that what the rules erase is erased.
    ///
    /// `bound` is the session whose pending enrollment was just confirmed: its secret becomes that of the new authenticator.
    /// `fresh` becomes the secret of a pending that has none yet.
    pub(crate) fn sync(
        &mut self,
        before: &Account,
        facts: &Account,
        bound: Option<SessionId>,
        fresh: &Secret,
    ) {
        // A session that rose goes on with the enrollment that it had begun under its old id. One that begins another begins
        // it with another secret.
        let mut goes_on = Vec::new();
        for (old, new) in before.pendings.iter().zip(&facts.pendings) {
            if let (Some(old), Some(new)) = (old, new)
                && (old.since, old.purpose, old.by) == (new.since, new.purpose, new.by)
            {
                goes_on.push((old.session, new.session));
            }
        }
        if bound.is_none() {
            self.pendings.retain_mut(|held| {
                let new = goes_on.iter().find(|(old, _)| *old == held.session);
                new.map(|(_, new)| held.session = *new).is_some()
            });
        }
        let is_bound = |id| facts.second_factor.get(id).is_some();
        self.bound.retain(|it| is_bound(it.details.id));
        let known = |id| before.second_factor.get(id).is_some();
        let new = facts.second_factor.iter().find(|it| !known(it.id));
        if let (Some(session), Some(new)) = (bound, new) {
            let token = self.token.take().filter(|_| before.awaits_token);
            let (secret, totp, serial) = match token {
                Some(token) => (token.secret, token.totp, Some(token.serial)),
                None => (self.pending(session).cloned(), Totp::default(), None),
            };
            let id = new.id;
            let name = String::new();
            let details = AuthenticatorDetails {
                id,
                totp,
                serial,
                name,
                passkey: None,
            };
            self.bound.push(BoundSecret { details, secret });
        }
        if !facts.awaits_token {
            self.token = None;
        }
        let held = |session| {
            facts
                .pendings
                .iter()
                .flatten()
                .any(|pending| pending.session == session)
        };
        self.pendings.retain(|pending| held(pending.session));
        // Also while an assigned token waits to be confirmed: the recovery codes shown with it are derived from this secret.
        for pending in facts.pendings.iter().flatten() {
            if self.pending(pending.session).is_none() {
                self.pendings.push(PendingSecret {
                    session: pending.session,
                    secret: fresh.clone(),
                });
            }
        }
    }
}
