//! Recovery codes, reports of loss and reports of an unrecognized enrollment.

use super::builder::{Answer, DecisionBuilder, end_sessions, reset};
use crate::{
    Access, Account, Authenticator, CodeSource, Digest, DisabledBy, Event, Grant, Level, Origin,
    Refusal, ResetCode, Session, limits,
};

/// Returns whether a recovery code gave `session` the right to enroll.
pub(super) fn holds_recovery(account: &Account, session: &Session) -> bool {
    matches!(
        account.authenticator,
        Authenticator::ResetDue { reset_code: Some(ResetCode { origin: Origin::Recovery { session: holder }, .. }) }
            if holder == session.id
    )
}

impl DecisionBuilder<'_> {
    pub(super) fn use_recovery_code(
        &mut self,
        code: Option<Digest>,
        source: CodeSource,
        access: Access,
    ) -> Answer {
        self.current_level()?;
        self.check_access(access)?;
        self.require_administrator_rows()?;
        let offered = self.organization()?.options.recovery_codes;
        let disabled = match self.actor().authenticator {
            Authenticator::None => return Err(Refusal::NoAuthenticator),
            Authenticator::ResetDue { reset_code } => {
                return Err(Refusal::ResetCodeRequired(ResetCode::cause(&reset_code)));
            }
            Authenticator::Active { .. } => false,
            Authenticator::Disabled { .. } => true,
        };
        if !offered {
            return Err(Refusal::NotOffered);
        }
        let code = code.ok_or(Refusal::Malformed)?;
        let source = self.verified_source(source);
        // A disabled authenticator has no failures left to reserve. A thief who exhausted them must not block
        // the recovery codes as well, so that only the waits apply.
        self.check_throttle(source, !disabled)?;
        let Some(left) = self.actor().recovery.consume(&code) else {
            self.count_failure(source)?;
            return Err(Refusal::WrongRecoveryCode);
        };
        let (now, session) = (self.now, self.fresh.session);
        let expires = now.plus(limits::PENDING);
        let actor = self.actor_mut();
        actor.recovery = left;
        end_sessions(actor);
        let reset_code = ResetCode {
            origin: Origin::Recovery { session },
            issued: now,
            expires,
            wrong: 0,
        };
        actor.authenticator = Authenticator::ResetDue {
            reset_code: Some(reset_code),
        };
        let account = actor.id;
        self.set_enrolled(account, false)?;
        let left = u8::try_from(left.len()).unwrap_or(u8::MAX);
        self.notify_owner(Event::RecoveryCodeUsed { left });
        Ok(Grant::Recovering {
            session: self.new_session(Level::EnrollOnly),
            expires,
            left,
        })
    }

    pub(super) fn report_lost(&mut self) -> Answer {
        if !self.actor().is_active() {
            return Err(Refusal::LogInRefused);
        }
        self.require_bound_authenticator()
            .map_err(|refusal| match refusal {
                Refusal::RecoverFirst { since } => Refusal::Disabled { since },
                other => other,
            })?;
        self.require_administrator_rows()?;
        end_sessions(self.actor_mut());
        self.disable_authenticator(DisabledBy::Loss)?;
        Ok(Grant::Done)
    }

    pub(super) fn report_unrecognized(&mut self, link: Digest) -> Answer {
        let now = self.now;
        let good = self
            .actor()
            .binding_link
            .is_some_and(|known| known.link == link && now < known.expires);
        if !good {
            return Err(Refusal::WrongLink);
        }
        self.require_administrator_rows()?;
        let actor = self.actor_mut();
        reset(actor, None);
        let account = actor.id;
        self.set_enrolled(account, false)?;
        self.notify_owner(Event::ReportedUnrecognized);
        self.notify_administrators(Event::ReportedUnrecognized);
        Ok(Grant::Done)
    }
}
