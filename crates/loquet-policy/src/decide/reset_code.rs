//! The reset codes of resets, when they are shown.

use super::turn::Turn;
use crate::{Authenticator, Cause, Digest, Event, Origin, Refusal, ResetCode, limits};

impl Turn<'_> {
    /// Shows a reset code. It is only consumed when the enrollment is confirmed.
    pub(super) fn present(
        &mut self,
        reset_code: Option<ResetCode>,
        presented: Option<Digest>,
    ) -> Result<(), Refusal> {
        let now = self.now;
        let required = Refusal::ResetCodeRequired(ResetCode::cause(&reset_code));
        let missing = if presented.is_some() {
            Refusal::WrongResetCode
        } else {
            required
        };
        let reset_code = reset_code.ok_or(missing)?;
        let digest = match reset_code.origin {
            Origin::Recovery { session } => {
                // A right that lapsed is none any more: see `Account::authenticator_at`.
                return if session == self.session()?.id {
                    Ok(())
                } else {
                    Err(missing)
                };
            }
            Origin::BreakGlass { digest } | Origin::Administrator { digest, .. } => digest,
        };
        let presented = presented.ok_or(required)?;
        let author_stands = self.author_stands(&reset_code)?;
        if presented != digest || !author_stands {
            return self.wrong_reset_code(reset_code, author_stands);
        }
        if now >= reset_code.expires {
            return Err(Refusal::ResetCodeExpired(Cause {
                role: None,
                date: Some(reset_code.expires),
                by: reset_code.author(),
            }));
        }
        Ok(())
    }

    /// Whether the author of a reset code is still the administrator who gave it out: the reset codes of
    /// one who was reset, demoted or left are void.
    pub(super) fn author_stands(&self, reset_code: &ResetCode) -> Result<bool, Refusal> {
        let Origin::Administrator { by, mark, .. } = reset_code.origin else {
            return Ok(true);
        };
        Ok(self
            .roster()?
            .administrator(by)
            .is_some_and(|author| author.mark == mark))
    }

    pub(super) fn wrong_reset_code(
        &mut self,
        reset_code: ResetCode,
        author_stands: bool,
    ) -> Result<(), Refusal> {
        let wrong = reset_code.wrong.saturating_add(1);
        let left = (author_stands && wrong < limits::RESET_CODE_TRIES).then_some(ResetCode {
            wrong,
            ..reset_code
        });
        self.actor_mut().authenticator = Authenticator::ResetDue { reset_code: left };
        if left.is_none() {
            self.tell_owner(Event::ResetCodeVoid);
            self.tell_administrators(Event::ResetCodeVoid);
        }
        Err(Refusal::WrongResetCode)
    }
}
