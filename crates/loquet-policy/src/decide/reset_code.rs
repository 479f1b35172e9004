//! Checks of reset codes.

use super::builder::DecisionBuilder;
use crate::{Cause, Digest, Event, Origin, Refusal, ResetCode, SecondFactor};

impl DecisionBuilder<'_> {
    /// Checks a presented reset code. It is consumed only when the enrollment is confirmed.
    pub(super) fn check_reset_code(
        &mut self,
        reset_code: Option<ResetCode>,
        presented: Option<Digest>,
    ) -> Result<(), Refusal> {
        let required = Refusal::ResetCodeRequired(ResetCode::cause(&reset_code));
        let missing = if presented.is_some() {
            Refusal::WrongResetCode
        } else {
            required
        };
        let reset_code = reset_code.ok_or(missing)?;
        let digest = match reset_code.origin {
            Origin::Recovery { session } => {
                // An expired recovery is already disabled: see `Account::factor_at`.
                return if session == self.session()?.id {
                    Ok(())
                } else {
                    Err(missing)
                };
            }
            Origin::BreakGlass { digest }
            | Origin::Host { digest }
            | Origin::Administrator { digest, .. } => digest,
        };
        let presented = presented.ok_or(required)?;
        self.check_session_wait()?;
        if !self.author_is_current(&reset_code)? {
            return self.void_reset_code();
        }
        if presented != digest {
            return self.wrong_in_session(Refusal::WrongResetCode);
        }
        if reset_code.is_over(self.now) {
            return Err(Refusal::ResetCodeExpired(Cause {
                role: None,
                date: Some(reset_code.expires),
                by: reset_code.author(),
            }));
        }
        Ok(())
    }

    /// Returns whether the author is still the administrator who issued the code. The codes of an author who
    /// was reset, demoted or deactivated are void.
    pub(super) fn author_is_current(&self, reset_code: &ResetCode) -> Result<bool, Refusal> {
        let Origin::Administrator { by, mark, .. } = reset_code.origin else {
            return Ok(true);
        };
        Ok(self
            .roster()?
            .administrator(by)
            .is_some_and(|author| author.mark == mark))
    }

    /// Voids the reset code, whose author is no longer the administrator who issued it.
    pub(super) fn void_reset_code(&mut self) -> Result<(), Refusal> {
        self.actor_mut().second_factor = SecondFactor::ResetDue { reset_code: None };
        self.notify_owner(Event::ResetCodeVoid);
        self.notify_administrators(Event::ResetCodeVoid);
        Err(Refusal::WrongResetCode)
    }
}
