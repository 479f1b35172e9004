//! What the password alone must never do at enrollments.

use crate::actions::*;
use crate::promises::{Promise, ensure};
use crate::steps::author_left;
use crate::world::*;
use loquet_policy::*;

/// Whether the time is over in which the password alone enrolls.
fn is_closed(organization: &Organization) -> bool {
    organization.mandates.iter().any(|mandate| {
        matches!(mandate.state, MandateState::InForce { since } if NOW >= since.plus(limits::ENROLLMENT_WINDOW))
    })
}

/// The account that begins or confirms an enrollment, and its session.
fn enrolls(action: Action) -> Option<(usize, usize)> {
    match action {
        Action::Confirm(k, s)
        | Action::ConfirmPasskey(k, s)
        | Action::ConfirmToken(k, s)
        | Action::Begin(k, s, _)
        | Action::BeginLast(k, s) => Some((k, s)),
        Action::Enroll(k) => Some((k, 0)),
        _ => None,
    }
}

/// Checks what the password alone must never do.
pub fn of_strangers(before: &World, action: Action) -> Promise {
    let Some((k, s)) = enrolls(action) else {
        return Ok(());
    };
    let person = &before.people[k];
    let thief = before.holder(k, s) == Who::Thief;
    match person.account.second_factor.state() {
        FactorState::None => {
            let dormant = is_closed(&before.organization)
                && before.must(k)
                && !matches!(
                    action,
                    Action::Confirm(..) | Action::ConfirmPasskey(..) | Action::ConfirmToken(..)
                );
            ensure(!dormant, "a password enrolled a dormant account", k)?;
            ensure(
                !person.account.awaits_import,
                "a password enrolled before the import",
                k,
            )
        }
        FactorState::ResetDue {
            reset_code:
                Some(ResetCode {
                    origin: Origin::Recovery { .. },
                    ..
                }),
        } => ensure(
            !thief || person.printed_codes == Who::Thief,
            "a thief enrolled without a recovery code",
            k,
        ),
        FactorState::ResetDue {
            reset_code: Some(_),
        } => {
            ensure(
                !thief || person.reset_code == Who::Thief,
                "a thief enrolled after a reset",
                k,
            )?;
            let left = author_left(before, &person.account);
            ensure(!left, "a reset code outlived its author", k)
        }
        FactorState::ResetDue { reset_code: None } => {
            ensure(false, "a void reset code enrolled", k)
        }
        FactorState::Active => ensure(
            !thief || person.has_phone(Who::Thief),
            "a thief replaced the authenticator",
            k,
        ),
        FactorState::Suspended { .. } => ensure(false, "a suspended authenticator was replaced", k),
        FactorState::Disabled { .. } => ensure(false, "a disabled authenticator was replaced", k),
    }
}
