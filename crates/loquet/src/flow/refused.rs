//! Why a ceremony was refused.

use std::fmt;

use loquet_policy::Refusal;

/// Why a ceremony was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The rules about people say no.
    Rule(Refusal),
    /// The new access rules would lock out whoever writes them, from where they write.
    WouldLockOut,
    /// The address was changed so often that those it replaced, which still hear, leave no room.
    TooManyAddresses,
}

impl Refused {
    /// The reason's stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rule(refusal) => refusal.code(),
            Self::WouldLockOut => "WOULD_LOCK_OUT",
            Self::TooManyAddresses => "TOO_MANY_ADDRESSES",
        }
    }
}

impl fmt::Display for Refused {
    /// The stable name, for the operator's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// So that `?` passes it on. A refusal is still a value with its reasons: match on it where a person reads the answer.
impl std::error::Error for Refused {}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Rule(refusal)
    }
}
