//! Break-glass: readmits an administrator when none can log in. The host gives the commands, without a
//! session.

use super::builder::{Answer, DecisionBuilder, reset};
use crate::{BreakGlass, Digest, Event, Grant, Origin, Refusal, ResetCode, RoleId, limits};

impl DecisionBuilder<'_> {
    /// Returns the state of break-glass, if the actor is an administrator.
    fn break_glass_state(&self) -> Result<BreakGlass, Refusal> {
        if !self
            .actor()
            .require_active()?
            .roles
            .contains(RoleId::ADMINISTRATOR)
        {
            return Err(Refusal::NotAdmin);
        }
        self.require_administrator_rows()?;
        Ok(self.organization()?.break_glass.at(self.now))
    }

    pub(super) fn open_break_glass(&mut self, presented: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (break_glass, since, wrong) = match self.break_glass_state()? {
            BreakGlass::Unset => return Err(Refusal::NoBreakGlassCode { until: None }),
            BreakGlass::Void { until, .. } => {
                return Err(Refusal::NoBreakGlassCode { until: Some(until) });
            }
            BreakGlass::Opening { ready, .. } => return Err(Refusal::AlreadyOpen { ready }),
            BreakGlass::Open { .. } => return Err(Refusal::AlreadyOpen { ready: now }),
            BreakGlass::Ready {
                break_glass,
                since,
                wrong,
            } => (break_glass, since, wrong),
        };
        if presented == break_glass {
            let ready = now.plus(limits::BREAK_GLASS);
            self.organization_mut()?.break_glass = BreakGlass::Opening {
                break_glass,
                account,
                ready,
            };
            let event = Event::BreakGlassOpening { account, ready };
            self.notify_owner(event);
            self.notify_administrators(event);
            return Ok(Grant::Opening { ready });
        }
        let wrong = wrong.saturating_add(1);
        let void = wrong >= limits::BREAK_GLASS_TRIES;
        self.organization_mut()?.break_glass = if void {
            BreakGlass::Void {
                break_glass,
                until: now.plus(limits::BREAK_GLASS_CODE_VOID),
            }
        } else {
            BreakGlass::Ready {
                break_glass,
                since,
                wrong,
            }
        };
        if void {
            self.notify_administrators(Event::BreakGlassCodeVoid);
        }
        Err(Refusal::WrongBreakGlassCode)
    }

    pub(super) fn collect_reset_code(&mut self, presented: Digest, digest: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (break_glass, ready) = match self.break_glass_state()? {
            BreakGlass::Opening {
                break_glass,
                account: named,
                ready,
            } if named == account => (break_glass, ready),
            BreakGlass::Opening { ready, .. } => return Err(Refusal::AlreadyOpen { ready }),
            BreakGlass::Open { .. } => return Err(Refusal::AlreadyOpen { ready: now }),
            BreakGlass::Void { until, .. } => {
                return Err(Refusal::NoBreakGlassCode { until: Some(until) });
            }
            BreakGlass::Unset | BreakGlass::Ready { .. } => {
                return Err(Refusal::NoBreakGlassCode { until: None });
            }
        };
        if presented != break_glass {
            return Err(Refusal::WrongBreakGlassCode);
        }
        if now < ready {
            return Err(Refusal::TooEarly { ready });
        }
        let expires = now.plus(limits::BREAK_GLASS_RESET_CODE);
        let reset_code = ResetCode {
            origin: Origin::BreakGlass { digest },
            issued: now,
            expires,
        };
        self.organization_mut()?.break_glass = BreakGlass::Open {
            break_glass,
            account,
            expires,
        };
        reset(self.actor_mut(), Some(reset_code));
        self.void_reset_codes_of(account)?;
        self.notify_owner(Event::BreakGlassOpen { account });
        self.notify_administrators(Event::BreakGlassOpen { account });
        Ok(Grant::ResetCodeIssued { expires })
    }
}
