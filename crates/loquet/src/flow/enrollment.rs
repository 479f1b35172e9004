//! Binding an authenticator, replacing it, switching the question on and off, reporting a loss.

pub use loquet_enrollment::Offer;
use loquet_enrollment::{Label, LabelError, OfferError};
use loquet_otp::Totp;
use loquet_policy::{AccountId, Command, Grant, Refusal, UnixTime};

use super::book::repudiation_link;
use super::log_in::{Entered, entered, stepped_up};
use super::{After, Case, Refused, Typed, done};
use crate::hash;
use crate::paper::Ticket;
use crate::records::{AccountRecord, OrganisationRecord};
use crate::stamp::Stamp;

/// Begins an enrollment, or shows the one again that this session began.
#[derive(Debug, Clone)]
pub struct BeginEnrollment {
    /// The session.
    pub stamp: Stamp,
    /// The ticket, as typed, where one is due; empty otherwise.
    pub ticket: Typed,
}

in_session!(
    BeginEnrollment,
    "begin_enrollment",
    Offer,
    offered,
    |this, case| {
        Command::BeginEnrollment {
            // A ticket that cannot be read is a wrong ticket: no stored digest equals this one.
            ticket: (!this.ticket.is_empty()).then(|| {
                this.ticket
                    .expose()
                    .parse::<Ticket>()
                    .map_or(hash::digest("unreadable", &[]), |ticket| ticket.digest())
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
    pub seal_typed_back: Typed,
}

in_session!(
    ConfirmEnrollment,
    "confirm_enrollment",
    Entered,
    entered,
    |this, case| {
        Command::ConfirmEnrollment {
            check: case.pending(&this.typed),
            link: repudiation_link(
                case.keys,
                case.actor.facts.id,
                case.actor.facts.epoch.wrapping_add(1),
            )
            .digest(),
            seal: case
                .proposed_seal()
                .filter(|seal| seal.ends_with(this.seal_typed_back.expose()))
                .map(|seal| seal.digest()),
            access: case.access(),
        }
    }
);

/// Gives up the enrollment that this session began.
#[derive(Debug, Clone, Copy)]
pub struct AbandonEnrollment {
    /// The session.
    pub stamp: Stamp,
}

in_session!(
    AbandonEnrollment,
    "abandon_enrollment",
    (),
    done,
    |_this, _case| Command::AbandonEnrollment
);

/// "Multi-factor log-in is required for your account": on.
///
/// A session that had not shown a code yet has shown one now: its new stamp is granted. `None`: it goes on as it is.
#[derive(Debug, Clone)]
pub struct SwitchOn {
    /// The owner's session.
    pub stamp: Stamp,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(
    SwitchOn,
    "switch_on",
    Option<Entered>,
    stepped_up,
    |this, case| {
        Command::SwitchOn {
            code: case.submitted(&this.typed),
        }
    }
);

/// "Multi-factor log-in is required for your account": off, where nothing forbids it.
#[derive(Debug, Clone)]
pub struct SwitchOff {
    /// The owner's session.
    pub stamp: Stamp,
    /// A fresh code, as typed.
    pub typed: Typed,
}

in_session!(SwitchOff, "switch_off", (), done, |this, case| {
    Command::SwitchOff {
        code: case.submitted(&this.typed),
    }
});

/// The authenticator is lost. The pass phrase is enough to say so.
#[derive(Debug, Clone, Copy)]
pub struct ReportLost {
    /// Whose: the host has checked the pass phrase or a mailed link.
    pub account: AccountId,
}

of_host!(ReportLost, "report_lost", (), done, |_this, _case| {
    Command::ReportLost
});

fn offered(granted: &Grant, case: &Case<'_>, after: &After<'_>) -> Result<Offer, Refused> {
    let (Grant::Pending { expires, .. }, Some(stamp), Some(organisation)) =
        (granted, case.stamp, after.organisation)
    else {
        return Err(Refusal::PolicyUnavailable.into());
    };
    match offer(organisation, after.actor, stamp, *expires) {
        Ok(Some(offer)) => Ok(offer),
        _ => Err(Refusal::NothingPending.into()),
    }
}

/// The names of an organisation and an account make no key URI; both were checked when they were stored.
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
    organisation: &OrganisationRecord,
    account: &AccountRecord,
    stamp: &Stamp,
    expires: UnixTime,
) -> Result<Option<Offer>, NoOffer> {
    let Some(secret) = account.secrets.pending(stamp.session().id) else {
        return Ok(None);
    };
    let label = Label::new(&organisation.name, &account.label)?;
    Ok(Some(Offer::new(
        &label,
        secret,
        Totp::default(),
        &[],
        expires.0,
    )?))
}
