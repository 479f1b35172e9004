//! Hardware tokens: the host assigns one, its owner confirms it.

use super::builder::{Answer, DecisionBuilder};
use super::enrollment::FirstCode;
use crate::{Access, AuthenticatorOrigin, Digest, Grant, ImportedKey, PairCheck, Refusal, limits};

impl DecisionBuilder<'_> {
    /// Changes nothing of the present authenticator: the token takes its place once its owner confirms it.
    pub(super) fn assign_token(&mut self, key: ImportedKey) -> Answer {
        let account = self.actor().require_active()?;
        match key {
            ImportedKey::OfAnother => return Err(Refusal::KeyOfAnother),
            ImportedKey::Present => return Err(Refusal::AlreadyThere),
            ImportedKey::Former => return Err(Refusal::RetiredKey),
            ImportedKey::Unused if account.awaits_token => return Err(Refusal::TokenAssigned),
            ImportedKey::Unused => {}
        }
        let actor = self.actor_mut();
        actor.awaits_token = true;
        // One that a thief began would bind an app in the token's place.
        actor.pendings = Default::default();
        Ok(Grant::Done)
    }

    pub(super) fn withdraw_token(&mut self) -> Answer {
        if !self.actor().require_active()?.awaits_token {
            return Err(Refusal::NoTokenAssigned);
        }
        let actor = self.actor_mut();
        actor.awaits_token = false;
        actor.pendings = Default::default();
        Ok(Grant::Done)
    }

    pub(super) fn confirm_token(
        &mut self,
        pair: PairCheck,
        link: Digest,
        break_glass: Option<Digest>,
        access: Access,
    ) -> Answer {
        let first = match pair {
            PairCheck::Malformed => FirstCode::Malformed,
            PairCheck::Wrong => FirstCode::Wrong { behind: None },
            PairCheck::Used { wait, .. } => FirstCode::Used { wait },
            PairCheck::Good { step, drift }
                if drift.unsigned_abs() <= limits::TOKEN_REACH.unsigned_abs() =>
            {
                let origin = AuthenticatorOrigin::Token;
                FirstCode::Good {
                    step,
                    drift,
                    origin,
                }
            }
            PairCheck::Good { .. } => FirstCode::Wrong { behind: None },
        };
        let is_token = self.actor().awaits_token;
        let first = is_token.then_some(first).ok_or(Refusal::NoTokenAssigned);
        self.confirm(first, link, break_glass, access)
    }
}
