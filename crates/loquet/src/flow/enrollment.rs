//! Binding an authenticator, replacing it, switching the question on and off, reporting a loss.

pub use loquet_enrollment::Offer;
use loquet_enrollment::{Label, LabelError, OfferError};
use loquet_otp::Totp;
use loquet_policy::{AccountId, Command, Grant, Refusal, UnixTime};

use super::book::not_me_link;
use super::log_in::{Entered, entered, stepped_up};
use super::{After, Case, Refused, Typed, done};
use crate::hash;
use crate::paper::ResetCode;
use crate::records::{AccountRecord, OrganizationRecord};
use crate::stamp::Stamp;

/// Begins an enrollment, or shows the one again that this session began.
#[derive(Debug, Clone)]
pub struct BeginEnrollment {
    /// The session.
    pub stamp: Stamp,
    /// The reset code, as typed, where one is due; empty otherwise.
    pub reset_code: Typed,
}

in_session!(
    BeginEnrollment,
    "begin_enrollment",
    Offer,
    offered,
    |this, case| {
        Command::BeginEnrollment {
            // A reset code that cannot be read is a wrong reset code: no stored digest equals this one.
            reset_code: (!this.reset_code.is_empty()).then(|| {
                this.reset_code
                    .expose()
                    .parse::<ResetCode>()
                    .map_or(hash::digest("unreadable", &[]), |reset_code| {
                        reset_code.digest()
                    })
            }),
            recovery: case.new_recovery(),
            access: case.access(),
        }
    }
);

/// Begins to replace an authenticator, which stays valid until the new one is confirmed.
#[derive(Debug, Clone)]
pub struct BeginReplacement {
    /// The session.
    pub stamp: Stamp,
    /// A fresh code of the old one, as typed.
    pub typed: Typed,
}

in_session!(
    BeginReplacement,
    "begin_replacement",
    Offer,
    offered,
    |this, case| {
        Command::BeginReplacement {
            code: case.submitted(&this.typed),
            recovery: case.new_recovery(),
        }
    }
);

/// The first code of the authenticator that this session enrolls.
#[derive(Debug, Clone)]
pub struct ConfirmEnrollment {
    /// The session that began it.
    pub stamp: Stamp,
    /// As typed.
    pub typed: Typed,
    /// After break-glass: the last group of the new break-glass code, as typed back; empty otherwise.
    pub break_glass_typed_back: Typed,
}

in_session!(
    ConfirmEnrollment,
    "confirm_enrollment",
    Entered,
    entered,
    |this, case| {
        Command::ConfirmEnrollment {
            check: case.pending(&this.typed),
            link: not_me_link(
                case.keys,
                case.actor.facts.id,
                case.actor.facts.epoch.wrapping_add(1),
            )
            .digest(),
            break_glass: case
                .proposed_break_glass()
                .filter(|break_glass| break_glass.ends_with(this.break_glass_typed_back.expose()))
                .map(|break_glass| break_glass.digest()),
            access: case.access(),
        }
    }
);

/// Gives up the enrollment that this session began.
#[derive(Debug, Clone, Copy)]
pub struct CancelEnrollment {
    /// The session.
    pub stamp: Stamp,
}

in_session!(
    CancelEnrollment,
    "cancel_enrollment",
    (),
    done,
    |_this, _case| Command::CancelEnrollment
);

/// "Multi-factor log-in is required for your account": on.
///
/// A session that had not shown a code yet has shown one now: its new stamp is granted. `None`: it goes on as it is.
#[derive(Debug, Clone)]
pub struct TurnOn {
    /// The owner's session.
    pub stamp: Stamp,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(
    TurnOn,
    "turn_on",
    Option<Entered>,
    stepped_up,
    |this, case| {
        Command::TurnOn {
            code: case.submitted(&this.typed),
        }
    }
);

/// "Multi-factor log-in is required for your account": off, where nothing forbids it.
#[derive(Debug, Clone)]
pub struct TurnOff {
    /// The owner's session.
    pub stamp: Stamp,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(TurnOff, "turn_off", (), done, |this, case| {
    Command::TurnOff {
        code: case.submitted(&this.typed),
    }
});

/// The authenticator is lost. The password is enough to say so.
#[derive(Debug, Clone, Copy)]
pub struct ReportLost {
    /// Whose: the host has checked the password or a mailed link.
    pub account: AccountId,
}

of_host!(ReportLost, "report_lost", (), done, |_this, _case| {
    Command::ReportLost
});

fn offered(granted: &Grant, case: &Case<'_>, after: &After<'_>) -> Result<Offer, Refused> {
    let (Grant::Pending { expires, .. }, Some(stamp), Some(organization)) =
        (granted, case.stamp, after.organization)
    else {
        return Err(Refusal::PolicyUnavailable.into());
    };
    match offer(organization, after.actor, stamp, *expires) {
        Ok(Some(offer)) => Ok(offer),
        _ => Err(Refusal::NothingPending.into()),
    }
}

/// The names of an organization and an account make no key URI; both were checked when they were stored.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum NoOffer {
    /// The names.
    Label(#[from] LabelError),
    /// The rest.
    Offer(#[from] OfferError),
}

/// What a page shows of the enrollment that this session began.
pub(crate) fn offer(
    organization: &OrganizationRecord,
    account: &AccountRecord,
    stamp: &Stamp,
    expires: UnixTime,
) -> Result<Option<Offer>, NoOffer> {
    let Some(secret) = account.secrets.pending(stamp.session().id) else {
        return Ok(None);
    };
    let label = Label::new(&organization.name, &account.label)?;
    Ok(Some(Offer::new(
        &label,
        secret,
        Totp::default(),
        &[],
        expires.0,
    )?))
}
