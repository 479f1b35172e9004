//! Identifiers, times and digests: plain values that compare, sort and hash.

use core::fmt;
use core::str::FromStr;

macro_rules! sixteen_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Returns the id with these bytes (a UUID's, for example).
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Returns the 16 bytes of the id.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                Self(u128::from(number).to_be_bytes())
            }
        }

        impl From<u128> for $name {
            fn from(number: u128) -> Self {
                Self(number.to_be_bytes())
            }
        }

        impl From<i64> for $name {
            /// Converts the number's 64 bits, so that signed database keys convert back.
            fn from(number: i64) -> Self {
                Self::from(number.cast_unsigned())
            }
        }

        impl From<$name> for u128 {
            fn from(id: $name) -> Self {
                Self::from_be_bytes(id.0)
            }
        }

        impl TryFrom<$name> for u64 {
            type Error = core::num::TryFromIntError;

            fn try_from(id: $name) -> Result<Self, Self::Error> {
                u128::from(id).try_into()
            }
        }

        impl TryFrom<$name> for i64 {
            type Error = core::num::TryFromIntError;

            fn try_from(id: $name) -> Result<Self, Self::Error> {
                u64::try_from(id).map(u64::cast_signed)
            }
        }

        #[cfg(feature = "uuid")]
        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id.into_bytes())
            }
        }

        #[cfg(feature = "uuid")]
        impl From<$name> for uuid::Uuid {
            fn from(id: $name) -> Self {
                Self::from_bytes(id.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:x})"), u128::from_be_bytes(self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            /// Reads exactly 32 hexadecimal digits.
            ///
            /// # Errors
            /// [`ParseIdError`] names the position at which the text is not an id.
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_hex::<16>(text).map(Self)
            }
        }

        #[cfg(feature = "serde")]
        hex_serde!($name);
    };
}

/// Serializes ids and digests as hexadecimal text.
#[cfg(feature = "serde")]
macro_rules! hex_serde {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&Hex(&self.0))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <alloc::borrow::Cow<'de, str>>::deserialize(from)?;
                parse_hex(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    };
}

sixteen_bytes! {
    /// The id of an organization: the accounts that one group of administrators manages.
    OrgId
}

sixteen_bytes! {
    /// The id of an account. An account belongs to one organization.
    AccountId
}

/// The number of a role. [`RoleDefinition`](crate::RoleDefinition) gives its meaning.
///
/// ```
/// use loquet_policy::RoleId;
/// assert_eq!(RoleId::STAFF, RoleId(1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RoleId(pub u16);

impl RoleId {
    /// A member: rank 0 among the default roles. A second factor is voluntary.
    pub const MEMBER: Self = Self(0);
    /// Staff: rank 1 among the default roles. Enabling proposes a mandate for this role.
    pub const STAFF: Self = Self(1);
    /// An administrator: rank 2 among the default roles, where the mandate of staff covers it too.
    pub const ADMINISTRATOR: Self = Self(2);
}

/// Seconds since 1970-01-01T00:00:00Z. Time is always a parameter; the engine reads no clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// Returns this time plus `seconds`, saturating at the largest value.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns the age of this time at `now`, in seconds. `None`: it lies more than
    /// [`CLOCK_TOLERANCE`](crate::limits::CLOCK_TOLERANCE) ahead. A clock was wrong then, and what is of unknown age
    /// counts neither as recent nor as young.
    #[must_use]
    pub const fn age(self, now: Self) -> Option<u64> {
        if self.0 > now.plus(crate::limits::CLOCK_TOLERANCE).0 {
            return None;
        }
        Some(now.since(self))
    }

    /// Returns the seconds from `earlier` to this time, or 0 if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The number of an authenticator in its account. None is given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AuthenticatorId(pub u16);

/// The id of a session: 64 random bits that the caller draws.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionId(pub u64);

/// The hash of a reset code, a break-glass code, a recovery code or a link, computed by the caller.
///
/// Two digests are compared in constant time, although both sides are hashes.
#[derive(Clone, Copy, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for storage.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        let differing = self
            .0
            .iter()
            .zip(&other.0)
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        differing == 0
    }
}

impl Eq for Digest {}

impl core::hash::Hash for Digest {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Digest {
    /// Writes four bytes, which are enough to tell digests apart in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Digest({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

#[cfg(feature = "serde")]
hex_serde!(Digest);

#[cfg(feature = "serde")]
struct Hex<'a>(&'a [u8]);

#[cfg(feature = "serde")]
impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why a text is not an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ParseIdError {
    /// The text has the wrong length.
    Length {
        /// The number of digits of an id.
        expected: usize,
        /// The number of bytes of the text.
        found: usize,
    },
    /// The text has a byte that is not a hexadecimal digit.
    Digit {
        /// The position of that byte.
        at: usize,
    },
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected, found } => {
                write!(
                    f,
                    "an id has {expected} hexadecimal digits, this text has {found} bytes"
                )
            }
            Self::Digit { at } => write!(f, "not a hexadecimal digit at byte {at}"),
        }
    }
}

impl core::error::Error for ParseIdError {}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let expected = N.saturating_mul(2);
    if text.len() != expected {
        return Err(ParseIdError::Length {
            expected,
            found: text.len(),
        });
    }
    let mut bytes = [0; N];
    for (index, (slot, pair)) in bytes
        .iter_mut()
        .zip(text.as_bytes().chunks_exact(2))
        .enumerate()
    {
        for (low, digit) in pair.iter().enumerate() {
            let value = char::from(*digit)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
                .ok_or(ParseIdError::Digit {
                    at: index.saturating_mul(2).saturating_add(low),
                })?;
            *slot = (*slot << 4) | value;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_round_trips_through_text() {
        for number in [0u128, 1, 0xdead_beef, u128::MAX] {
            let id = AccountId::from(number);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().len(), 32);
        }
        assert_eq!(AccountId::from(7u64), AccountId::from(7u128));
    }

    #[test]
    fn bad_id_error_names_position() {
        assert_eq!(
            "".parse::<OrgId>(),
            Err(ParseIdError::Length {
                expected: 32,
                found: 0
            })
        );
        let text = "0123456789abcdef0123456789abcdeg";
        assert_eq!(text.parse::<OrgId>(), Err(ParseIdError::Digit { at: 31 }));
        let accents = "é".repeat(16);
        assert_eq!(accents.parse::<OrgId>(), Err(ParseIdError::Digit { at: 0 }));
        assert_eq!(
            "+1".repeat(16).parse::<OrgId>(),
            Err(ParseIdError::Digit { at: 0 })
        );
    }

    #[test]
    fn unix_time_saturates() {
        assert_eq!(UnixTime(u64::MAX).plus(1), UnixTime(u64::MAX));
        assert_eq!(UnixTime(3).since(UnixTime(5)), 0);
    }

    #[test]
    fn digest_comparison_covers_every_byte() {
        let zero = Digest::from_bytes([0; 32]);
        for at in 0..32 {
            let mut bytes = [0; 32];
            bytes[at] = 1;
            assert_ne!(zero, Digest::from_bytes(bytes));
        }
    }
}
