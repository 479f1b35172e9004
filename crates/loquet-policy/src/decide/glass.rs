//! Break-glass: the way back when no administrator can log in. The host asks; there is no session.

use super::turn::{Answer, Turn, reset};
use crate::{BreakGlass, Digest, Event, Grant, Origin, Refusal, ResetCode, RoleId, limits};

impl Turn<'_> {
    /// The named administrator, and the state of the glass.
    fn glass(&self) -> Result<BreakGlass, Refusal> {
        if !self
            .actor()
            .present()?
            .roles
            .contains(RoleId::ADMINISTRATOR)
        {
            return Err(Refusal::NotAdmin);
        }
        self.rows_of_administrator()?;
        Ok(self.organization()?.break_glass.at(self.now))
    }

    pub(super) fn break_glass(&mut self, presented: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (break_glass, since, wrong) = match self.glass()? {
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
            self.tell_owner(event);
            self.tell_administrators(event);
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
            self.tell_administrators(Event::BreakGlassCodeVoid);
        }
        Err(Refusal::WrongBreakGlassCode)
    }

    pub(super) fn collect_reset_code(&mut self, presented: Digest, digest: Digest) -> Answer {
        let (account, now) = (self.actor().id, self.now);
        let (break_glass, ready) = match self.glass()? {
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
            wrong: 0,
        };
        self.organization_mut()?.break_glass = BreakGlass::Open {
            break_glass,
            account,
            expires,
        };
        reset(self.actor_mut(), Some(reset_code));
        self.void_reset_codes_of(account)?;
        self.tell_owner(Event::BreakGlassOpen { account });
        self.tell_administrators(Event::BreakGlassOpen { account });
        Ok(Grant::ResetCodeIssued { expires })
    }
}
