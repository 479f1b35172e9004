//! What a command's caller has checked: codes, keys, the client's address.

use crate::{AuthenticatorId, CodeSource, Digest, SessionId, UnixTime};

/// What is known of a key that the host imports or assigns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ImportedKey {
    /// It was never an account's.
    Unused,
    /// It is the account's own present key.
    Present,
    /// It was this account's, and is not its present key.
    Former,
    /// It is or was another account's.
    OfAnother,
}

/// The result of checking one submitted code, or the answer of a passkey in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeCheck {
    /// No code was submitted.
    Absent,
    /// The text is not a code.
    Malformed,
    /// The code matches no step in the window.
    Wrong {
        /// Minutes by which the phone's clock appears to be slow, if that explains the code.
        behind: Option<u16>,
    },
    /// The code matches a step that was used, or an earlier one.
    Used {
        /// The step.
        step: u64,
        /// Seconds until the next code.
        wait: u64,
    },
    /// The code matches unused steps of several authenticators at once. It is refused, and the next one is not: if it were
    /// accepted for one of them, it would stay good for another.
    Ambiguous {
        /// Seconds until the next code.
        wait: u64,
    },
    /// The code matches an unused step.
    Good {
        /// The step.
        step: u64,
        /// Steps from the present one, for the record.
        offset: i8,
    },
    /// A passkey signed the challenge of this session, for this origin (WebAuthn Level 3 §7.2). At an enrollment: it is a new
    /// one, which no account has (§7.1).
    Signed {
        /// When the challenge was issued.
        issued: UnixTime,
        /// How many signatures the passkey has counted.
        counter: u32,
        /// Whether copies of it are kept elsewhere.
        backed_up: bool,
    },
    /// The answer does not verify: it is of another passkey or origin, or the passkey did not verify its user.
    NotSigned,
    /// The answer is to a challenge that is over, or of another session.
    ChallengeOver,
}

impl CodeCheck {
    /// Returns whether it is the answer of a passkey.
    #[must_use]
    pub const fn is_of_passkey(&self) -> bool {
        matches!(
            self,
            Self::Signed { .. } | Self::NotSigned | Self::ChallengeOver
        )
    }
}

/// What shows, besides the password and the code, that a report of loss is undone by the owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// Hash of the secret part of the link in the notice of the report.
    Link(Digest),
    /// Hash of a recovery code, which is consumed; `None` when it is malformed.
    RecoveryCode(Option<Digest>),
}

/// A submitted code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Submitted {
    /// The result of checking it.
    pub check: CodeCheck,
    /// The authenticator of which it is a code, used or unused. It does not matter where it is none.
    pub by: AuthenticatorId,
    /// Its source.
    pub source: CodeSource,
}

/// The result of checking two codes that were typed one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PairCheck {
    /// The text is not two codes.
    Malformed,
    /// The codes do not match two consecutive steps in reach.
    Wrong,
    /// The codes match two consecutive steps, of which at least one is used.
    Used {
        /// The later step.
        step: u64,
        /// Seconds until the next code.
        wait: u64,
    },
    /// The codes match two consecutive unused steps.
    Good {
        /// The later step.
        step: u64,
        /// Steps by which the clock of the phone or the hardware token is off. An app may be off by at most
        /// [`DRIFT_MAX`](crate::limits::DRIFT_MAX), a token by [`TOKEN_REACH`](crate::limits::TOKEN_REACH) when its
        /// owner confirms it, and by [`TOKEN_DRIFT_MAX`](crate::limits::TOKEN_DRIFT_MAX) after that.
        drift: i8,
    },
}

/// The result of the access rules for the client's address, network and device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// The rules allow access.
    Allowed,
    /// The rules deny access.
    Denied,
    /// The rules cannot be evaluated, which is treated as a denial.
    Unknown,
}

/// Random values that a decision may use, drawn by the caller once per request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fresh {
    /// The id of a session that the decision may grant.
    pub session: SessionId,
}
