//! Binding an authenticator, replacing it, switching the question on and off, reporting a loss.

use std::hash::{Hash, Hasher};

pub use loquet_enrollment::Offer;
use loquet_enrollment::{Label, LabelError, OfferError};
use loquet_otp::Totp;
use loquet_policy::{
    AccountId, Command, Digest, FactorState, Grant, Level, Refusal, Snapshot, UnixTime,
    current_level,
};

use crate::decide::{After, Case, Typed, done};
use crate::disk::KeyOwner;
use crate::enrollment::codes::ResetCode;
use crate::hash;
use crate::passkey::Registered;
use crate::records::{AccountRecord, OrganizationRecord};
use crate::session::operations::{LoggedIn, entered, stepped_up};
use crate::session::reports::next_link;
use crate::store::MetadataId;
use loquet_policy::Session;

/// Begins an enrollment, or shows the one again that this session began.
#[derive(Debug, Clone, Hash)]
pub(crate) struct BeginEnrollment {
    /// The session.
    pub(crate) session: Session,
    /// The reset code, as typed, where one is due; a code of the app, where a passkey must be added to it; empty otherwise.
    pub(crate) reset_code: Typed,
}

in_session!(
    BeginEnrollment;
    "begin_enrollment",
    Offer,
    offered,
    |this, case| {
        // This account is to confirm its assigned token, which needs two codes and has no QR code.
        if case.actor.facts.awaits_token {
            return Err(Refusal::TwoCodesRequired);
        }
        match must_add(&this.session, case) {
            true => Command::BeginAddition {
                code: case.submitted(&this.reset_code),
                passkeys: case.passkeys.is_some(),
            },
            false => begin_enrollment(&this.reset_code, case),
        }
    }
);

/// Whether the session may only add to what is bound: the passkey that a mandate demands.
fn must_add(session: &Session, case: &Case<'_>) -> bool {
    let actor = &case.actor.facts;
    let snapshot = Snapshot {
        organization: case.organization.map(|record| &record.facts),
        roster: None,
        actor,
        session: Some(session),
        subject: None,
    };
    current_level(&snapshot, case.now) == Ok(Level::EnrollOnly)
        && actor.factor_at(case.now) == FactorState::Active
}

/// With the reset code, as typed. One that cannot be read is a wrong one: no stored digest equals this one.
pub(crate) fn begin_enrollment(reset_code: &Typed, case: &Case<'_>) -> Command {
    let digest = || {
        let reset_code = reset_code.expose().parse::<ResetCode>();
        reset_code.map_or(hash::digest("unreadable", &[]), |code| code.digest())
    };
    Command::BeginEnrollment {
        reset_code: (!reset_code.is_empty()).then(digest),
        recovery: case.new_recovery(),
        access: case.access(),
    }
}

/// The new break-glass code, where its last group was typed back.
pub(crate) fn typed_back(last_group: &Typed, case: &Case<'_>) -> Option<Digest> {
    let proposed = case.proposed_break_glass();
    let proposed = proposed.filter(|code| code.ends_with(last_group.expose()));
    proposed.map(|code| code.digest())
}

/// Begins to replace an authenticator, which stays valid until the new one is confirmed.
#[derive(Debug, Clone, Hash)]
pub(crate) struct BeginReplacement {
    /// The session.
    pub(crate) session: Session,
    /// A fresh code of the old one, as typed.
    pub(crate) typed: Typed,
}

in_session!(
    BeginReplacement;
    "begin_replacement",
    Offer,
    offered,
    |this, case| {
        if case.actor.facts.awaits_token {
            return Err(Refusal::TwoCodesRequired);
        }
        Command::BeginReplacement {
            code: case.submitted(&this.typed),
            recovery: case.new_recovery(),
        }
    }
);

/// The first code of the authenticator that this session enrolls.
#[derive(Debug, Clone)]
pub(crate) struct ConfirmEnrollment {
    /// The session that began it.
    pub(crate) session: Session,
    /// As typed.
    pub(crate) typed: Typed,
    /// What it amounts to, where it is the answer of a passkey.
    pub(crate) registered: Option<Registered>,
    /// After break-glass: the last group of the new break-glass code, as typed back; empty otherwise.
    pub(crate) break_glass_typed_back: Typed,
}

impl Hash for ConfirmEnrollment {
    /// Without what follows from the rest.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.session, &self.typed, &self.break_glass_typed_back).hash(state);
    }
}

impl ConfirmEnrollment {
    fn new_passkey(&self) -> Option<&(MetadataId, String)> {
        self.registered.as_ref()?.new.as_ref()
    }
}

operation!(
    ConfirmEnrollment,
    {
        const GIVES_CODE: bool = true;

        fn actor(&self) -> AccountId {
            self.session.account
        }

        fn session(&self) -> Option<&Session> {
            Some(&self.session)
        }

        fn imported_key(&self) -> Option<MetadataId> {
            self.new_passkey().map(|(id, _)| *id)
        }
    },
    "confirm_enrollment",
    LoggedIn,
    entered,
    |this, case| {
        // No two accounts have the same passkey (WebAuthn Level 3 §7.1), and none has it twice.
        match case.key_owner {
            Some(KeyOwner::Account(owner)) if owner == case.actor.facts.id => {
                return Err(Refusal::RetiredKey);
            }
            Some(_) => return Err(Refusal::KeyOfAnother),
            None => {}
        }
        let check = this.registered.as_ref().map(|it| it.check);
        Command::ConfirmEnrollment {
            check: check.unwrap_or_else(|| case.pending(&this.typed)),
            link: next_link(case).digest(),
            break_glass: typed_back(&this.break_glass_typed_back, case),
            access: case.access(),
        }
    },
    |this, _case, effects| {
        if let Some((_, passkey)) = this.new_passkey() {
            effects.actor.secrets.keep_passkey(passkey);
        }
    }
);

/// Gives up the enrollment that this session began.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct CancelEnrollment {
    /// The session.
    pub(crate) session: Session,
}

in_session!(
    CancelEnrollment;
    "cancel_enrollment",
    (),
    done,
    |_this, _case| Command::CancelEnrollment
);

/// "Multi-factor log-in is required for your account": on.
///
/// A session that had not shown a code yet has shown one now: its new session is granted. `None`: it goes on as it is.
#[derive(Debug, Clone, Hash)]
pub(crate) struct TurnOn {
    /// The owner's session.
    pub(crate) session: Session,
    /// A fresh code, as typed.
    pub(crate) typed: Typed,
}

in_session!(
    TurnOn;
    "turn_on",
    Option<LoggedIn>,
    stepped_up,
    |this, case| {
        Command::TurnOn {
            code: case.submitted(&this.typed),
        }
    }
);

/// "Multi-factor log-in is required for your account": off, where nothing forbids it.
#[derive(Debug, Clone, Hash)]
pub(crate) struct TurnOff {
    /// The owner's session.
    pub(crate) session: Session,
    /// A fresh code, as typed.
    pub(crate) typed: Typed,
}

in_session!(TurnOff; "turn_off", (), done, |this, case| {
    Command::TurnOff {
        code: case.submitted(&this.typed),
    }
});

pub(crate) fn offered(
    granted: &Grant,
    case: &Case<'_>,
    after: &After<'_>,
) -> Result<Offer, Refusal> {
    let (Grant::Pending { expires, .. }, Some(session), Some(organization)) =
        (granted, case.session, after.organization)
    else {
        return Err(Refusal::PolicyUnavailable);
    };
    match offer(organization, after.actor, session, *expires) {
        Ok(Some(offer)) => Ok(offer),
        _ => Err(Refusal::NothingPending),
    }
}

/// The error for stored names that do not fit in a key URI.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum NoOffer {
    /// A name cannot be shown.
    Label(#[from] LabelError),
    /// The key URI is too long, or has another fault.
    Offer(#[from] OfferError),
}

/// What a page shows of the enrollment that this session began.
pub(crate) fn offer(
    organization: &OrganizationRecord,
    account: &AccountRecord,
    session: &Session,
    expires: UnixTime,
) -> Result<Option<Offer>, NoOffer> {
    let Some(secret) = account.secrets.pending(session.id) else {
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
