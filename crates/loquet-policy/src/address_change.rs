//! A change of the notice address, which waits for the code that was sent to the new address.

use crate::{Digest, Refusal, UnixTime, limits};

/// A change of the notice address that was begun.
///
/// The engine does not see addresses: the caller keeps the new one, and sends the code there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct AddressChange {
    /// Keyed hash of the code that was sent last.
    pub code: Digest,
    /// When it was sent.
    pub sent: UnixTime,
    /// When the first of the counted codes was sent.
    pub first: UnixTime,
    /// The number of codes sent since then, of at most [`ADDRESS_CODES_A_DAY`](limits::ADDRESS_CODES_A_DAY).
    pub codes: u8,
    /// Whether the host began it, of its own.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "core::ops::Not::not")
    )]
    pub by_host: bool,
    /// The number of wrong codes since then, of at most [`ADDRESS_CODE_TRIES`](limits::ADDRESS_CODE_TRIES).
    pub wrong: u8,
}

impl AddressChange {
    /// Returns when the code expires, [`limits::ADDRESS_CODE`] seconds after it was sent.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.sent.plus(limits::ADDRESS_CODE)
    }

    /// Returns whether the code is still accepted at `now`. One that was sent ahead of `now` is not.
    #[must_use]
    pub fn is_open(&self, now: UnixTime) -> bool {
        let age = self.sent.age(now);
        age.is_some_and(|age| age < limits::ADDRESS_CODE) && self.wrong < limits::ADDRESS_CODE_TRIES
    }

    /// Returns the change with a new code. Neither count is reset for a day, or else each new code would give ten more
    /// guesses, and a session could send mail to a stranger without end.
    pub(crate) fn begin(
        old: Option<Self>,
        code: Digest,
        by_host: bool,
        now: UnixTime,
    ) -> Result<Self, Refusal> {
        let counted = old.filter(|old| now.since(old.first) < limits::DAY);
        let Some(old) = counted else {
            return Ok(Self {
                code,
                sent: now,
                first: now,
                codes: 1,
                by_host,
                wrong: 0,
            });
        };
        if old.codes >= limits::ADDRESS_CODES_A_DAY || old.wrong >= limits::ADDRESS_CODE_TRIES {
            let wait = old.first.plus(limits::DAY).since(now);
            return Err(Refusal::TooManyAddressCodes { wait });
        }
        Ok(Self {
            code,
            sent: now,
            codes: old.codes.saturating_add(1),
            by_host,
            ..old
        })
    }
}
