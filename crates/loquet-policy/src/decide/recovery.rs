//! Recovery codes.

use super::builder::{Answer, DecisionBuilder, end_sessions};
use crate::{
    Access, Account, AuthenticatorId, Digest, Event, FactorState, Grant, Level, Origin,
    RecoveryAuthor, RecoverySet, Refusal, ResetCode, SecondFactor, Submitted, UnixTime, limits,
};

/// Returns the author of recovery codes, if there are any.
pub(super) fn author_of(
    codes: &RecoverySet,
    authenticator: AuthenticatorId,
    since: UnixTime,
) -> Option<RecoveryAuthor> {
    let author = RecoveryAuthor {
        authenticator,
        since,
    };
    (!codes.is_empty()).then_some(author)
}

/// Voids the recovery codes that an authenticator made which is removed. Those that were shown with it stay, unless it may not
/// be its owner's.
pub(super) fn forget_codes_of(account: &mut Account, id: AuthenticatorId, now: UnixTime) {
    let mut links = account.binding_links.iter();
    let is_linked = links.any(|it| it.authenticator == id && now < it.expires);
    let since = account.second_factor.get(id).map(|it| it.since);
    let made = account.recovery_author.filter(|it| it.authenticator == id);
    if made.is_some_and(|made| is_linked || Some(made.since) != since) {
        account.recovery = RecoverySet::EMPTY;
        account.recovery_author = None;
    }
}

impl DecisionBuilder<'_> {
    /// The fresh code proves what a replacement needs too, which would bring new recovery codes as well.
    pub(super) fn renew_recovery_codes(
        &mut self,
        code: Submitted,
        recovery: RecoverySet,
    ) -> Answer {
        self.rights()?;
        self.require_owner()?;
        if !self.require_enabled()?.options.recovery_codes {
            return Err(Refusal::NotOffered);
        }
        self.require_bound_authenticator()?;
        let by = self.binding_code(code)?;
        let now = self.now;
        let actor = self.actor_mut();
        actor.recovery = recovery;
        actor.recovery_author = author_of(&recovery, by, now);
        self.notify_of_actor(Event::RecoveryCodesRenewed);
        Ok(Grant::Done)
    }

    pub(super) fn use_recovery_code(&mut self, code: Option<Digest>, access: Access) -> Answer {
        self.current_level()?;
        self.check_access(access)?;
        self.require_administrator_rows()?;
        match self.actor().second_factor.state() {
            FactorState::None => return Err(Refusal::NoAuthenticator),
            FactorState::ResetDue { reset_code } => {
                return Err(Refusal::ResetCodeRequired(ResetCode::cause(&reset_code)));
            }
            FactorState::Active | FactorState::Suspended { .. } | FactorState::Disabled { .. } => {}
        }
        // It has 128 bits: it neither spends the failures of six-digit codes nor waits behind them.
        self.check_session_wait()?;
        let left = self.check_recovery_code(code)?;
        let (now, session) = (self.now, self.fresh.session);
        let expires = now.plus(limits::PENDING);
        let left = self.consume_recovery_code(left);
        let actor = self.actor_mut();
        end_sessions(actor);
        let reset_code = ResetCode {
            origin: Origin::Recovery { session },
            issued: now,
            expires,
        };
        actor.second_factor = SecondFactor::ResetDue {
            reset_code: Some(reset_code),
        };
        self.record_in_roster()?;
        Ok(Grant::Recovering {
            session: self.new_session(Level::EnrollOnly, None),
            expires,
            left,
        })
    }
}
