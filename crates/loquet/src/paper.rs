//! Codes that people carry on paper or read to each other: the ticket of a reset, the break-glass code.

use std::fmt;
use std::str::FromStr;

use loquet_enrollment::base32;
use loquet_policy::{AccountId, Digest};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::seal;

/// How many characters stand together.
const GROUP: usize = 5;
/// Longer texts are refused unread.
const MAX_TYPED: usize = 64;

/// A text is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// Too many or too few characters.
    #[error("the code has 26 letters and digits, this one has {0}")]
    Length(usize),
    /// A character that is in no code.
    #[error("character {at} of the code is neither a letter from A to Z nor a digit from 2 to 7")]
    Character {
        /// Counted from 1, blanks and dashes included.
        at: usize,
    },
}

macro_rules! paper {
    ($(#[$doc:meta])* $name:ident, $purpose:literal) => {
        $(#[$doc])*
        ///
        /// 128 random bits, written as 26 base32 characters in groups of five; `Debug` does not show them. What is stored
        /// is a hash.
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 16]);

        impl $name {
            pub(crate) const fn from_entropy(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            pub(crate) fn digest(&self) -> Digest {
                seal::digest($purpose, &self.0)
            }

            /// The text to hand over, grouped. The only way out of the type.
            #[must_use]
            pub fn expose(&self) -> Zeroizing<String> {
                grouped(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl FromStr for $name {
            type Err = PaperError;

            /// Reads the code back, in any case and grouping.
            fn from_str(text: &str) -> Result<Self, PaperError> {
                parse(text).map(Self)
            }
        }
    };
}

paper! {
    /// What an administrator's reset hands over, and the new enrollment asks for.
    Ticket, "ticket"
}

paper! {
    /// The break-glass code: lies in an envelope and brings back an organisation whose administrators are all locked out.
    SealCode, "break-glass"
}

paper! {
    /// One of the codes that stand in for a lost authenticator, each once.
    RecoveryCode, "recovery"
}

impl SealCode {
    /// Whether somebody who saw the code typed its last group back.
    pub(crate) fn ends_with(&self, typed: &str) -> bool {
        if typed.len() > MAX_TYPED {
            return false;
        }
        let typed: Zeroizing<String> = Zeroizing::new(
            typed
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect(),
        );
        let code = self.expose();
        code.rsplit('-')
            .next()
            .is_some_and(|last| bool::from(last.as_bytes().ct_eq(typed.as_bytes())))
    }
}

/// The secret part of the link in an enrollment's letter: "that was not me". It lives for seven days and opens nothing; all
/// it does is destroy what was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepudiationLink {
    account: AccountId,
    secret: Ticket,
}

impl RepudiationLink {
    pub(crate) const fn new(account: AccountId, secret: [u8; 16]) -> Self {
        Self {
            account,
            secret: Ticket(secret),
        }
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn digest(&self) -> Digest {
        seal::digest("repudiation", &self.secret.0)
    }

    /// What stands in the link: letters, digits and dashes. The only way out of the type.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let secret = base32::encode(&self.secret.0);
        Zeroizing::new(format!("{}-{}", self.account, secret.as_str()))
    }
}

impl FromStr for RepudiationLink {
    type Err = PaperError;

    /// Reads back what stood in the link.
    fn from_str(text: &str) -> Result<Self, PaperError> {
        let length = PaperError::Length(text.len());
        let (account, secret) = text.split_once('-').ok_or(length.clone())?;
        let account = account.parse().map_err(|_| length)?;
        Ok(Self {
            account,
            secret: secret.parse()?,
        })
    }
}

fn grouped(bytes: &[u8; 16]) -> Zeroizing<String> {
    let plain = base32::encode(bytes);
    let mut out = Zeroizing::new(String::with_capacity(32));
    for (at, c) in plain.chars().enumerate() {
        // The 26th character joins the last group.
        if at > 0 && at.is_multiple_of(GROUP) && at < 25 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

fn parse(text: &str) -> Result<[u8; 16], PaperError> {
    if text.len() > MAX_TYPED {
        return Err(PaperError::Length(text.chars().count()));
    }
    let mut plain = Zeroizing::new(String::new());
    for (at, c) in (1..).zip(text.trim().chars()) {
        match c.to_ascii_uppercase() {
            ' ' | '-' => {}
            c @ ('A'..='Z' | '2'..='7') => plain.push(c),
            _ => return Err(PaperError::Character { at }),
        }
    }
    let length = PaperError::Length(plain.len());
    if plain.len() != 26 {
        return Err(length);
    }
    let decoded = base32::decode(&plain).map_err(|_| length.clone())?;
    let bytes: [u8; 16] = decoded.expose().try_into().map_err(|_| length.clone())?;
    // Two bits of the 26th character are no part of the code: only one spelling is.
    if *base32::encode(&bytes) == *plain {
        Ok(bytes)
    } else {
        Err(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_typed(bytes: [u8; 16]) {
            let ticket = Ticket::from_entropy(bytes);
            let text = ticket.expose();
            prop_assert_eq!(text.len(), 30);
            prop_assert_eq!(&text.parse::<Ticket>().unwrap(), &ticket);
            let typed = format!(" {} ", text.to_lowercase().replace('-', " "));
            prop_assert_eq!(&typed.parse::<Ticket>().unwrap(), &ticket);
            let seal = SealCode::from_entropy(bytes);
            let (first, last) = (text.split('-').next().unwrap(), text.rsplit('-').next().unwrap());
            prop_assert!(seal.ends_with(&last.to_lowercase()));
            prop_assert!(!seal.ends_with(first));
            prop_assert!(!seal.ends_with(""));
        }

        #[test]
        fn a_link_reads_back(account: [u8; 16], secret: [u8; 16]) {
            let link = RepudiationLink::new(AccountId::from_bytes(account), secret);
            let text = link.expose();
            prop_assert!(text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'));
            prop_assert_eq!(&text.parse::<RepudiationLink>().unwrap(), &link);
            let shown = format!("{link:?}");
            let hidden: String = base32::encode(&secret).chars().take(8).collect();
            prop_assert!(!shown.contains(&hidden));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _unused = text.parse::<RepudiationLink>().is_ok();
            let _unused = text.parse::<Ticket>().is_ok();
        }
    }

    #[test]
    fn a_code_in_print_shows_nothing() {
        let ticket = Ticket::from_entropy([0xA5; 16]);
        assert_eq!(format!("{ticket:?}"), "Ticket(..)");
        assert_ne!(ticket.digest(), SealCode::from_entropy([0xA5; 16]).digest());
    }

    #[test]
    fn what_is_wrong_with_a_code_is_said() {
        assert_eq!("abc".parse::<Ticket>(), Err(PaperError::Length(3)));
        assert_eq!(
            "abc1".parse::<Ticket>(),
            Err(PaperError::Character { at: 4 })
        );
        let twin = format!("{}B", "A".repeat(25));
        assert_eq!(twin.parse::<Ticket>(), Err(PaperError::Length(26)));
    }
}
