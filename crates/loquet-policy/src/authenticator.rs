//! The authenticators that are bound to an account.

use core::fmt;

use crate::{AuthenticatorId, Digest, UnixTime, limits};

/// An authenticator that is bound to an account: a secret by which codes are computed (RFC 6238), or a passkey.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Authenticator {
    /// Its number in the account.
    pub id: AuthenticatorId,
    /// When it was bound.
    pub since: UnixTime,
    /// The last accepted step (RFC 6238 §4.2). Codes of this step and earlier ones are used. Of a passkey, a time:
    /// answers to challenges of this second and earlier ones are used.
    pub step: u64,
    /// Steps by which a resynchronization found the phone's clock off.
    pub drift: i8,
    /// The newest step whose reuse was notified: one notice for each step, and none for earlier ones.
    pub told: Option<u64>,
    /// Set where it is not accepted, because it was reported lost with the password alone, or there may be a copy of it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub suspended: Option<Suspension>,
    /// How it came to the account.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "AuthenticatorOrigin::is_enrolled")
    )]
    pub origin: AuthenticatorOrigin,
    /// The authenticator with a code of which it was added or put in its place, or which made the young recovery codes that
    /// bound it, if it has to settle.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub added_by: Option<AuthenticatorId>,
}

/// The present step of each authenticator of an account, in their order (RFC 6238 §4.2): each may have a period of its own.
pub type PresentSteps = [u64; limits::AUTHENTICATORS];

/// A report of loss by the password alone, or a passkey that has counted less than before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Suspension {
    /// When it was reported.
    pub since: UnixTime,
    /// Hash of the secret part of the link in the notice. `None`: there may be a copy of a passkey, which no link undoes.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub link: Option<Digest>,
}

impl Authenticator {
    /// Returns an authenticator that is bound at `since`, and whose codes are used up to `step`.
    #[must_use]
    pub const fn new(id: AuthenticatorId, since: UnixTime, step: u64) -> Self {
        Self {
            id,
            since,
            step,
            drift: 0,
            told: None,
            suspended: None,
            origin: AuthenticatorOrigin::Enrolled,
            added_by: None,
        }
    }

    /// Returns whether its codes are accepted.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.suspended.is_none()
    }

    /// Returns whether a code of it was accepted: what was imported counts after its first code.
    #[must_use]
    pub const fn is_proved(&self) -> bool {
        !matches!(
            self.origin,
            AuthenticatorOrigin::Imported { proved: false, .. }
        )
    }

    /// Returns until when it proves log-ins alone, if it does at `now`.
    #[must_use]
    pub fn settles(&self, now: UnixTime) -> Option<UnixTime> {
        let settles = self.added_by.is_some() && is_settling(self.since, now);
        settles.then(|| self.since.plus(limits::SETTLING))
    }

    /// Returns whether it is a passkey.
    #[must_use]
    pub const fn is_passkey(&self) -> bool {
        matches!(self.origin, AuthenticatorOrigin::Passkey { .. })
    }

    /// Returns whether it is a hardware token.
    #[must_use]
    pub const fn is_token(&self) -> bool {
        matches!(self.origin, AuthenticatorOrigin::Token)
    }

    /// Returns the steps by which its clock may be off.
    #[must_use]
    pub(crate) const fn drift_max(&self) -> i8 {
        match self.origin {
            AuthenticatorOrigin::Token => limits::TOKEN_DRIFT_MAX,
            _ => limits::DRIFT_MAX,
        }
    }
}

/// Returns whether what was bound or made then has still to settle. A time ahead of `now` counts as young.
pub(crate) fn is_settling(since: UnixTime, now: UnixTime) -> bool {
    since.age(now).is_none_or(|age| age < limits::SETTLING)
}

/// The authenticators of an account, the oldest first: one to [`limits::AUTHENTICATORS`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authenticators([Option<Authenticator>; limits::AUTHENTICATORS]);

impl Authenticators {
    /// Returns the set of this one.
    #[must_use]
    pub const fn of(authenticator: Authenticator) -> Self {
        let mut all = [const { None }; limits::AUTHENTICATORS];
        let [first, ..] = &mut all;
        *first = Some(authenticator);
        Self(all)
    }

    /// Returns the set of these; `None` for none, and for more than [`limits::AUTHENTICATORS`].
    #[must_use]
    pub fn new(authenticators: impl IntoIterator<Item = Authenticator>) -> Option<Self> {
        let mut all = authenticators.into_iter();
        let mut set = Self::of(all.next()?);
        all.all(|next| set.push(next)).then_some(set)
    }

    /// Adds one. Returns whether there was a place.
    pub(crate) fn push(&mut self, authenticator: Authenticator) -> bool {
        let place = self.0.iter_mut().find(|slot| slot.is_none());
        place.map(|slot| *slot = Some(authenticator)).is_some()
    }

    /// Removes those for which this holds, and keeps the order.
    pub(crate) fn remove(&mut self, these: impl Fn(&Authenticator) -> bool) {
        let mut kept = self.0.into_iter().flatten().filter(|it| !these(it));
        self.0 = core::array::from_fn(|_| kept.next());
    }

    /// Returns them.
    pub fn iter(&self) -> impl Iterator<Item = &Authenticator> {
        self.0.iter().flatten()
    }

    /// Returns them, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Authenticator> {
        self.0.iter_mut().flatten()
    }
}

impl fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Authenticators {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Authenticators {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let read = alloc::vec::Vec::<Authenticator>::deserialize(from)?;
        let (found, most) = (read.len(), limits::AUTHENTICATORS);
        Self::new(read).ok_or_else(|| {
            D::Error::custom(alloc::format!(
                "an account has 1 to {most} authenticators, not {found}"
            ))
        })
    }
}

/// How an authenticator came to the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum AuthenticatorOrigin {
    /// Its owner enrolled it.
    #[default]
    Enrolled,
    /// The host imported what the owner already used.
    Imported {
        /// Whether a code of it was accepted since.
        proved: bool,
        /// Whether its secret is shorter than 128 bits (RFC 4226 §4). No administrator has such a one.
        weak: bool,
    },
    /// The host assigned a hardware token, and its owner confirmed it.
    Token,
    /// Its owner registered a passkey (WebAuthn Level 3 §7.1).
    Passkey {
        /// How many signatures it has counted; 0 where it does not count.
        counter: u32,
        /// Whether copies of it are kept elsewhere, as those that a phone and a computer share.
        backed_up: bool,
    },
}

impl AuthenticatorOrigin {
    /// Returns whether its owner enrolled it.
    #[must_use]
    pub const fn is_enrolled(&self) -> bool {
        matches!(self, Self::Enrolled)
    }

    /// Returns whether its secret is shorter than 128 bits.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        matches!(self, Self::Imported { weak: true, .. })
    }
}
