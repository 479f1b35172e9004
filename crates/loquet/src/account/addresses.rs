//! Mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest address, in bytes (RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets).
const LONGEST: usize = 254;

/// A mail address: one `@` with something on both sides, and nothing that could begin another header, recipient or line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// A text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Empty, or too long.
    #[error("an address has 3 to {LONGEST} bytes, this one has {0}")]
    Length(usize),
    /// A blank, a control character, or one of `<>()[]:;,"\`.
    #[error("character {at} cannot stand in an address")]
    Character {
        /// Counted from 1.
        at: usize,
    },
    /// No `@`, several, or nothing on one of its sides.
    #[error("an address is NAME@HOST")]
    Form,
}

impl Address {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Takes an address, blanks around it aside.
    ///
    /// ```
    /// use loquet::Address;
    /// assert_eq!(" chloe@example.org".parse::<Address>()?.as_str(), "chloe@example.org");
    /// assert!("chloe@example.org\nBcc: thief@example.net".parse::<Address>().is_err());
    /// # Ok::<(), loquet::AddressError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() < 3 || text.len() > LONGEST {
            return Err(AddressError::Length(text.len()));
        }
        let alien = |c: char| {
            c.is_whitespace() || c.is_control() || is_invisible(c) || "<>()[]:;,\"\\".contains(c)
        };
        if let Some((at, _)) = (1..).zip(text.chars()).find(|(_, c)| alien(*c)) {
            return Err(AddressError::Character { at });
        }
        match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() && !host.contains('@') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(AddressError::Form),
        }
    }
}

/// Characters that are not seen, or that turn what follows around (Unicode's category Cf, and the separators of lines and
/// paragraphs): two texts that look the same would not be.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "a test may fail loudly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn faulty_address_is_named() {
        use AddressError::*;
        for (text, why) in [
            ("a@", Length(2)),
            ("a b@c", Character { at: 2 }),
            ("a@b\r\nBcc: c@d", Character { at: 4 }),
            ("<a@b>", Character { at: 1 }),
            ("a\u{202e}b@c", Character { at: 2 }),
            ("a@b\u{200b}", Character { at: 4 }),
            ("a@b\u{ad}c", Character { at: 4 }),
            ("\u{e0041}a@b", Character { at: 1 }),
            ("a\u{7f}b@c", Character { at: 2 }),
            ("a@b,c@d", Character { at: 4 }),
            ("abc", Form),
            ("@bc", Form),
            ("ab@", Form),
            ("a@b@c", Form),
        ] {
            assert_eq!(text.parse::<Address>(), Err(why), "{text:?}");
        }
        let long = format!("{}@b", "a".repeat(253));
        assert_eq!(long.parse::<Address>(), Err(Length(255)));
        assert!(long[1..].parse::<Address>().is_ok());
        assert!("élodie@crèche.example".parse::<Address>().is_ok());
    }

    #[test]
    fn address_is_shown_as_it_is() {
        let address = address(" chloe@example.org ");
        assert_eq!(address.as_str(), "chloe@example.org");
        assert_eq!(address.to_string(), "chloe@example.org");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused(text in "\\PC{0,300}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.as_str().parse(), Ok(address.clone()));
            }
        }
    }
}
