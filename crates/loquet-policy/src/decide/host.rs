//! Commands of the host about an account, without an administrator.

use super::builder::{Answer, DecisionBuilder, end_sessions, reset};
use super::people::mark_deactivated;
use crate::{Digest, Event, Grant, Origin, Refusal, ResetCode, RoleId, SecondFactor, Status};

impl DecisionBuilder<'_> {
    pub(super) fn host_deactivate(&mut self) -> Answer {
        let account = self.actor().require_active()?.id;
        if self.actor().roles.contains(RoleId::ADMINISTRATOR) {
            self.check_not_last_administrator(account)?;
            self.remove_from_roster(account)?;
        }
        let now = self.now;
        mark_deactivated(self.actor_mut(), now);
        self.notify_deactivated(account);
        Ok(Grant::Done)
    }

    /// Issues a reset code for an account whose authenticator was lost in a restore. The quota of a day does not apply, because every account needs one.
    pub(super) fn issue_reset_code(&mut self, digest: Digest) -> Answer {
        let account = self.actor().require_active()?.id;
        let now = self.now;
        let organization = self.require_enabled()?;
        if organization
            .resets_by_host_until
            .is_none_or(|until| now >= until)
        {
            return Err(Refusal::NotAdmin);
        }
        let expires = now.plus(organization.options.reset_code_life);
        let SecondFactor::ResetDue { .. } = self.actor().second_factor else {
            return Err(Refusal::Unchanged);
        };
        end_sessions(self.actor_mut());
        self.actor_mut().second_factor = SecondFactor::ResetDue {
            reset_code: Some(ResetCode {
                origin: Origin::Host { digest },
                issued: now,
                expires,
            }),
        };
        let event = Event::ResetByHost { account };
        self.notify_owner(event);
        self.notify_administrators(event);
        Ok(Grant::ResetCodeIssued { expires })
    }

    /// On the host's word alone: none of the administrators who are left may be able to act, or to be trusted.
    pub(super) fn appoint_administrator(&mut self, digest: Digest) -> Answer {
        let now = self.now;
        let expires = now.plus(self.require_enabled()?.options.reset_code_life);
        let actor = self.actor();
        if actor.erased {
            return Err(Refusal::UnknownAccount);
        }
        // One that is suspended is no way in: whoever knows the password has suspended it.
        let keeps = actor.is_active() && actor.is_enrolled() && !actor.has_weak_key();
        if keeps && actor.is_administrator() && actor.promoted.is_none() {
            return Err(Refusal::Unchanged);
        }
        let roles = actor.roles.with(RoleId::ADMINISTRATOR);
        let roles = roles.map_err(|_| Refusal::TooManyRoles)?;
        let actor = self.actor_mut();
        if keeps && !actor.is_administrator() {
            end_sessions(actor);
        }
        actor.status = Status::Active;
        actor.roles = roles;
        actor.promoted = None;
        if !keeps {
            let origin = Origin::Host { digest };
            reset(
                actor,
                Some(ResetCode {
                    origin,
                    issued: now,
                    expires,
                }),
            );
        }
        let appointed = actor.clone();
        self.roster_mut()?.admit(&appointed);
        let event = Event::AppointedByHost {
            account: appointed.id,
        };
        self.notify_owner(event);
        self.notify_administrators(event);
        Ok(match keeps {
            true => Grant::Done,
            false => Grant::ResetCodeIssued { expires },
        })
    }
}
