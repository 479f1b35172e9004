//! The recovery codes of an account.

use crate::{Digest, limits};
use core::fmt;

/// The remaining recovery codes of one set, as hashes: at most [`limits::RECOVERY_CODES`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecoverySet([Option<Digest>; limits::RECOVERY_CODES]);

impl RecoverySet {
    /// The empty set.
    pub const EMPTY: Self = Self([None; limits::RECOVERY_CODES]);

    /// Returns the set of these codes.
    ///
    /// # Errors
    /// [`TooManyCodes`] for more than [`limits::RECOVERY_CODES`].
    pub fn new(codes: impl IntoIterator<Item = Digest>) -> Result<Self, TooManyCodes> {
        let mut set = Self::EMPTY;
        let mut free = set.0.iter_mut();
        for code in codes {
            *free.next().ok_or(TooManyCodes)? = Some(code);
        }
        Ok(set)
    }

    /// Returns the remaining codes.
    pub fn iter(&self) -> impl Iterator<Item = &Digest> {
        self.0.iter().flatten()
    }

    /// Returns the number of remaining codes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether no code remains.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns the set without `code`, or `None` if `code` is not in it. Every code is compared, so that the
    /// time does not depend on the result.
    #[must_use]
    pub fn consume(&self, code: &Digest) -> Option<Self> {
        let mut left = *self;
        let mut found = false;
        for slot in &mut left.0 {
            if slot.as_ref() == Some(code) {
                *slot = None;
                found = true;
            }
        }
        found.then_some(left)
    }
}

impl fmt::Debug for RecoverySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoverySet({} left)", self.len())
    }
}

/// The error for more than [`limits::RECOVERY_CODES`] codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyCodes;

impl fmt::Display for TooManyCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a set has at most {} recovery codes",
            limits::RECOVERY_CODES
        )
    }
}

impl core::error::Error for TooManyCodes {}

#[cfg(feature = "serde")]
impl serde::Serialize for RecoverySet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for RecoverySet {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let codes = alloc::vec::Vec::<Digest>::deserialize(from)?;
        Self::new(codes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_set_debug_hides_codes() {
        let codes = [1, 2].map(|byte| Digest::from_bytes([byte; 32]));
        let set = RecoverySet::new(codes).unwrap();
        assert_eq!((set.len(), set.is_empty()), (2, false));
        assert!(RecoverySet::EMPTY.is_empty());
        assert_eq!(format!("{set:?}"), "RecoverySet(2 left)");
        let many = [codes[0]; limits::RECOVERY_CODES + 1];
        assert_eq!(RecoverySet::new(many), Err(TooManyCodes));
        let said = TooManyCodes.to_string();
        assert_eq!(said, "a set has at most 10 recovery codes");
    }
}
