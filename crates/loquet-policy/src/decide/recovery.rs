//! Recovery codes, loss and binding_link.

use super::turn::{Answer, Turn, end_sessions, reset};
use crate::{
    Access, Account, Authenticator, Digest, DisabledBy, Event, Grant, Level, Origin, Refusal,
    ResetCode, Session, Vantage, limits,
};

/// Whether `session` holds the right to enroll that its recovery code gave.
pub(super) fn holds_recovery(account: &Account, session: &Session) -> bool {
    matches!(
        account.authenticator,
        Authenticator::ResetDue { reset_code: Some(ResetCode { origin: Origin::Recovery { session: holder }, .. }) }
            if holder == session.id
    )
}

impl Turn<'_> {
    pub(super) fn use_recovery_code(
        &mut self,
        code: Option<Digest>,
        vantage: Vantage,
        access: Access,
    ) -> Answer {
        self.standing()?;
        self.allowed(access)?;
        self.rows_of_administrator()?;
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
        let vantage = self.vantage(vantage);
        // Of a disabled authenticator there is no budget left to keep, only the waits: a thief who
        // burnt it must not have burnt the way back too.
        self.admit(vantage, !disabled)?;
        let Some(left) = self.actor().recovery.burn(&code) else {
            self.count_failure(vantage)?;
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
        self.tell_owner(Event::RecoveryCodeUsed { left });
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
        self.bound().map_err(|refusal| match refusal {
            Refusal::RecoverFirst { since } => Refusal::Disabled { since },
            other => other,
        })?;
        self.rows_of_administrator()?;
        end_sessions(self.actor_mut());
        self.disable_authenticator(DisabledBy::Loss)?;
        Ok(Grant::Done)
    }

    pub(super) fn repudiate(&mut self, link: Digest) -> Answer {
        let now = self.now;
        let good = self
            .actor()
            .binding_link
            .is_some_and(|known| known.link == link && now < known.expires);
        if !good {
            return Err(Refusal::WrongLink);
        }
        self.rows_of_administrator()?;
        let actor = self.actor_mut();
        reset(actor, None);
        let account = actor.id;
        self.set_enrolled(account, false)?;
        self.tell_owner(Event::ReportedUnrecognized);
        self.tell_administrators(Event::ReportedUnrecognized);
        Ok(Grant::Done)
    }
}
