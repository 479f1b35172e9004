//! A typed text, until it is read.

use std::fmt;

use loquet_otp::{Digits, TypedCode};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text as the user typed it: a code, a reset code, a group of the break-glass code. Empty by default.
///
/// ```
/// use loquet::Typed;
/// let code = Typed::from("123 456");
/// assert_eq!(format!("{code:?}"), "Typed(..)");
/// ```
///
/// # Security
/// Wiped when dropped, shown by no `Debug`, and read by operations alone. A `String` comes in with its own buffer; a `&str`
/// is copied, and its owner wipes what it was copied from.
#[derive(Clone, Default, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Typed(String);

impl Typed {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing but blanks.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The code that it is, if it is one.
    pub(crate) fn code(&self, digits: Digits) -> Option<TypedCode> {
        TypedCode::parse(&self.0, digits).ok()
    }
}

impl From<String> for Typed {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Typed {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}
