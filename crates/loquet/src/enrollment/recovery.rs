//! Recovery codes: printed codes in place of a lost phone, where the organization offers them.
//!
//! The codes are derived from the secret of the begun enrollment and a key of the keyring, so that they are shown as often
//! as that enrollment is shown, and stored nowhere but as hashes. They count from its confirmation. Renewed ones count and
//! are shown at once.

use loquet_otp::Secret;
use loquet_policy::limits::RECOVERY_CODES;
use loquet_policy::{AccountId, Command, Digest, Grant, RecoverySet, Refusal, UnixTime};

use crate::decide::{After, Case, Keys, Typed};
use crate::enrollment::codes::RecoveryCode;
use crate::hash;
use crate::records::AccountRecord;
use crate::session::operations::LoggedIn;
use loquet_policy::Session;

/// One of the recovery codes, in place of the authenticator: it is burnt, the authenticator is disabled, and this session
/// may enroll another for ten minutes ([`Mfa::begin_enrollment`](crate::Mfa::begin_enrollment), without a reset code).
#[derive(Debug, Clone, Hash)]
pub(crate) struct UseRecoveryCode {
    /// The session that owes a code, or can only recover.
    pub(crate) session: Session,
    /// As typed.
    pub(crate) typed: Typed,
}

/// A recovery that began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovering {
    /// The session that goes on, in place of the earlier one. It may only enroll.
    pub login: LoggedIn,
    /// When that right lapses. The codes that are left work again then.
    pub expires: UnixTime,
    /// How many are left.
    pub left: u8,
}

fn recovering(granted: &Grant, case: &Case<'_>, after: &After<'_>) -> Result<Recovering, Refusal> {
    match *granted {
        Grant::Recovering { expires, left, .. } => Ok(Recovering {
            login: crate::session::operations::entered(granted, case, after)?,
            expires,
            left,
        }),
        _ => Err(Refusal::PolicyUnavailable),
    }
}

in_session!(
    UseRecoveryCode;
    "use_recovery_code",
    Recovering,
    recovering,
    |this, case| {
        Command::UseRecoveryCode {
            code: recovery_code(&this.typed),
            access: case.access(),
        }
    }
);

/// New recovery codes in place of those that are left.
#[derive(Debug, Clone, Hash)]
pub(crate) struct RenewRecoveryCodes {
    /// The owner's session.
    pub(crate) session: Session,
    /// A fresh code, as typed.
    pub(crate) typed: Typed,
}

fn renewed(_: &Grant, case: &Case<'_>, _: &After<'_>) -> Result<Vec<RecoveryCode>, Refusal> {
    Ok(case.new_codes().collect())
}

in_session!(
    RenewRecoveryCodes;
    "renew_recovery_codes",
    Vec<RecoveryCode>,
    renewed,
    |this, case| {
        Command::RenewRecoveryCodes {
            code: case.submitted(&this.typed),
            recovery: case.new_recovery(),
        }
    }
);

/// The hash of a typed recovery code; `None` where the text is none.
pub(crate) fn recovery_code(typed: &Typed) -> Option<Digest> {
    let code: RecoveryCode = typed.expose().parse().ok()?;
    Some(code.digest())
}

/// The codes that go with a secret.
fn codes(keys: &Keys, account: AccountId, secret: &Secret) -> impl Iterator<Item = RecoveryCode> {
    (0..RECOVERY_CODES).map(move |number| {
        let number = u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes();
        let parts: [&[u8]; 3] = [&account.to_bytes(), secret.expose(), &number];
        let derived = hash::mac(&keys.recovery, "recovery code", &parts);
        RecoveryCode::from_entropy(*hash::half(derived))
    })
}

impl Case<'_> {
    /// The set that an enrollment gets which this decision begins, or that it puts in place of another. Where none are
    /// offered the rules keep none.
    pub(crate) fn new_recovery(&self) -> RecoverySet {
        let hashed = self.new_codes().map(|code| code.digest());
        RecoverySet::new(hashed).unwrap_or(RecoverySet::EMPTY)
    }

    fn new_codes(&self) -> impl Iterator<Item = RecoveryCode> {
        codes(self.keys, self.actor.facts.id, &self.entropy.secret)
    }
}

/// The codes to show with the enrollment that this session began; none where none are offered.
pub(crate) fn shown_codes(
    keys: &Keys,
    account: &AccountRecord,
    session: &Session,
    now: UnixTime,
) -> Vec<RecoveryCode> {
    let session = session.id;
    let pending = account
        .facts
        .pendings_at(now)
        .find(|pending| pending.session == session);
    let (Some(pending), Some(secret)) = (pending, account.secrets.pending(session)) else {
        return Vec::new();
    };
    let kept: Vec<&Digest> = pending.recovery.iter().collect();
    codes(keys, account.facts.id, secret)
        .filter(|code| kept.contains(&&code.digest()))
        .collect()
}
