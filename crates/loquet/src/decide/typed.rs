//! A typed text, until it is read.

use std::fmt;

use loquet_otp::{Digits, TypedCode};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text as the user typed it: a code, a reset code, a group of the break-glass code; or what a passkey answered in place of
/// a code ([`PasskeyAnswer`](crate::PasskeyAnswer)). Empty by default.
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
pub struct Typed {
    text: String,
    /// Whether it is the answer of a passkey, and no code.
    is_answer: bool,
}

impl Typed {
    /// What a passkey answered.
    pub(crate) const fn of_passkey(text: String) -> Self {
        let is_answer = true;
        Self { text, is_answer }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing but blanks.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The answer of a passkey that it is, if it is one.
    pub(crate) fn answer(&self) -> Option<&str> {
        self.is_answer.then_some(&self.text)
    }

    /// The code that it is, if it is one.
    pub(crate) fn code(&self, digits: Digits) -> Option<TypedCode> {
        TypedCode::parse(&self.text, digits).ok()
    }
}

impl From<String> for Typed {
    fn from(text: String) -> Self {
        let is_answer = false;
        Self { text, is_answer }
    }
}

impl From<&str> for Typed {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}
