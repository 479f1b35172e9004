//! An enrollment that waits for its first code.

use core::fmt;

use loquet_otp::{Drift, Match, Secret, Totp, TypedCode, Verdict, Window};

use crate::{App, Label, Offer, OfferError, T0Error};

/// How long an enrollment waits for its first code, in seconds. A person who fetches the phone needs two minutes; a
/// page that was left open must not stay an open offer.
pub const PENDING_LIFETIME: u64 = 600;

/// Which wrong code erases the secret. Ten guesses hit one of three codes in a million with a chance of 1 in 33,333.
pub const PENDING_WRONG_CODES: u8 = 10;

/// A secret that was handed out and not yet proved: it satisfies nothing until [`Pending::confirm`] says so.
///
/// It belongs to one session `S` (any identifier that the service compares), lives ten minutes, and may name the
/// authenticator `A` that it will replace. That one stays valid until the confirmation, and the answer says when to
/// invalidate it (NIST SP 800-63B-4 §3.1.4.1).
///
/// ```
/// use loquet_enrollment::{Confirmation, Pending};
/// use loquet_otp::{Secret, Totp, TypedCode};
///
/// let (session, now) = ([7_u8; 16], 1_700_000_000);
/// let pending: Pending<_> = Pending::new(session, Secret::from([1; 20]), Totp::default(), now)?;
///
/// let key = pending.secret().key(pending.totp().algorithm);
/// let typed = TypedCode::from(pending.totp().generate(&key, now + 20)); // what the phone shows
/// match pending.confirm(&session, typed, now + 20) {
///     Confirmation::Confirmed(proved) => assert_eq!(proved.matched.step, (now + 20) / 30), // store the step
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), loquet_enrollment::PendingError>(())
/// ```
///
/// # Security
/// The secret is wiped when the value is dropped, which expiry, the tenth wrong code and replacement do.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending<S, A = ()> {
    session: S,
    // INVARIANT: not weak.
    secret: Secret,
    totp: Totp,
    created: u64,
    wrong: u8,
    replaces: Option<A>,
}

/// Why no enrollment can be begun or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PendingError {
    /// RFC 4226 R6 wants 128 bits at least of a secret that is bound.
    #[error(
        "a secret of {bytes} bytes is too short to be bound: {} at least",
        Secret::MIN
    )]
    WeakSecret {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Apps count steps from the epoch alone.
    #[error(transparent)]
    T0(#[from] T0Error),
}

/// What a code did to a pending enrollment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the secret is in here, or gone"]
pub enum Confirmation<S, A = ()> {
    /// The person's app shows right codes: bind the secret.
    Confirmed(Confirmed<A>),
    /// Still pending.
    StillPending(Pending<S, A>, Obstacle),
    /// Over, and the secret is wiped. A new one is needed.
    Erased(Erased),
}

/// Why an enrollment is still pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The code is wrong.
    WrongCode {
        /// How many wrong codes more erase the secret; at least one.
        left: u8,
    },
    /// Another session asked. Nothing was looked at, and the owner may go on.
    OtherSession,
}

/// Why an enrollment is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// Older than [`PENDING_LIFETIME`].
    Expired,
    /// [`PENDING_WRONG_CODES`] wrong codes.
    TooManyWrongCodes,
}

/// A secret whose owner showed a right code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed<A = ()> {
    /// The secret to bind.
    pub secret: Secret,
    /// Its parameters.
    pub totp: Totp,
    /// The step of the code, which is consumed by this: store it as the last accepted one together with the secret,
    /// or the code that confirmed could log in as well.
    pub matched: Match,
    /// The authenticator to invalidate in the same commit.
    pub replaces: Option<A>,
}

impl<S: PartialEq, A> Pending<S, A> {
    /// Begins an enrollment at `now`, seconds since the epoch.
    ///
    /// # Errors
    /// [`PendingError`] for a weak secret or a T0 other than 0.
    pub fn new(session: S, secret: Secret, totp: Totp, now: u64) -> Result<Self, PendingError> {
        if secret.is_weak() {
            return Err(PendingError::WeakSecret {
                bytes: secret.expose().len(),
            });
        }
        if totp.t0 != 0 {
            return Err(T0Error { t0: totp.t0 }.into());
        }
        Ok(Self {
            session,
            secret,
            totp,
            created: now,
            wrong: 0,
            replaces: None,
        })
    }

    /// Names the authenticator that this one replaces when confirmed.
    #[must_use]
    pub fn replacing(mut self, old: A) -> Self {
        self.replaces = Some(old);
        self
    }

    /// Takes over the count of a stored enrollment.
    #[must_use]
    pub const fn with_wrong_codes(mut self, wrong: u8) -> Self {
        self.wrong = wrong;
        self
    }

    /// Tries the first code.
    ///
    /// Every answer is to be stored before it is shown: the code's step with the secret, the count of wrong codes, or
    /// the erasure.
    ///
    /// # Security
    /// A code of another session is not looked at. The window is one step each way, as at log-in.
    pub fn confirm(mut self, session: &S, typed: TypedCode, now: u64) -> Confirmation<S, A> {
        if self.is_expired(now) {
            return Confirmation::Erased(Erased::Expired);
        }
        if self.session != *session {
            return Confirmation::StillPending(self, Obstacle::OtherSession);
        }
        let key = self.secret.key(self.totp.algorithm);
        let verdict = self
            .totp
            .verify(&key, typed, now, Window::default(), Drift::NONE, None);
        if let Verdict::Accepted(matched) = verdict {
            let Self {
                secret,
                totp,
                replaces,
                ..
            } = self;
            return Confirmation::Confirmed(Confirmed {
                secret,
                totp,
                matched,
                replaces,
            });
        }
        self.wrong = self.wrong.saturating_add(1);
        match PENDING_WRONG_CODES.saturating_sub(self.wrong) {
            0 => Confirmation::Erased(Erased::TooManyWrongCodes),
            left => Confirmation::StillPending(self, Obstacle::WrongCode { left }),
        }
    }

    /// Everything that the page shows. `apps` is needed for parameters other than the default.
    ///
    /// # Errors
    /// [`OfferError`].
    pub fn offer(&self, label: &Label, apps: &[App]) -> Result<Offer, OfferError> {
        Offer::new(label, &self.secret, self.totp, apps, self.expires())
    }

    /// Whether the ten minutes are over. A clock that was set back by more than that makes it expire as well: its
    /// age is then unknown.
    #[must_use]
    pub const fn is_expired(&self, now: u64) -> bool {
        now.abs_diff(self.created) >= PENDING_LIFETIME
    }

    /// The first instant at which it is expired, in seconds since the epoch.
    #[must_use]
    pub const fn expires(&self) -> u64 {
        self.created.saturating_add(PENDING_LIFETIME)
    }

    /// When it was begun, in seconds since the epoch.
    #[must_use]
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// How many wrong codes were typed.
    #[must_use]
    pub const fn wrong_codes(&self) -> u8 {
        self.wrong
    }

    /// The session to which it belongs.
    #[must_use]
    pub const fn session(&self) -> &S {
        &self.session
    }

    /// The authenticator that it replaces.
    #[must_use]
    pub const fn replaces(&self) -> Option<&A> {
        self.replaces.as_ref()
    }

    /// The parameters of the codes.
    #[must_use]
    pub const fn totp(&self) -> Totp {
        self.totp
    }

    /// The secret, to seal it.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl<S, A> fmt::Debug for Pending<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A session's identifier may be a bearer token: it is left out.
        f.debug_struct("Pending")
            .field("created", &self.created)
            .field("wrong", &self.wrong)
            .field("replaces", &self.replaces.is_some())
            .finish_non_exhaustive()
    }
}
