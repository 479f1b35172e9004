//! Codes that are printed or read aloud: the reset code of a reset, recovery codes, the break-glass code.

use std::fmt;
use std::str::FromStr;

use loquet_enrollment::{PrintedCode, PrintedCodeError, base32};
use loquet_policy::{AccountId, Digest};
use zeroize::Zeroizing;

use crate::hash;

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $purpose:literal) => {
        $(#[$doc])*
        ///
        /// 128 random bits, written as 26 base32 characters in groups of five; `Debug` does not show them. What is stored
        /// is a hash.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(PrintedCode);

        impl $name {
            pub(crate) fn from_entropy(bytes: [u8; PrintedCode::BYTES]) -> Self {
                Self(PrintedCode::from_entropy(bytes))
            }

            pub(crate) fn digest(&self) -> Digest {
                hash::digest($purpose, self.0.bytes())
            }

            /// Returns the code as text to hand over, grouped.
            #[must_use]
            pub fn expose(&self) -> Zeroizing<String> {
                self.0.expose()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl FromStr for $name {
            type Err = PrintedCodeError;

            /// Reads the code back, in any case and grouping; `0`, `1` and `8` are taken for `O`, `I` and `B`.
            fn from_str(text: &str) -> Result<Self, PrintedCodeError> {
                text.parse().map(Self)
            }
        }
    };
}

code! {
    /// What an administrator's reset hands over, and the new enrollment asks for.
    ResetCode, "reset_code"
}

code! {
    /// A recovery code: opens one enrollment when the phone is gone, once.
    RecoveryCode, "recovery"
}

code! {
    /// The break-glass code: lies in an envelope and brings back an organization whose administrators are all locked out.
    BreakGlassCode, "break-glass"
}

impl BreakGlassCode {
    /// Returns its last group, which the administrator types back to show that it was written down.
    #[must_use]
    pub fn last_group(&self) -> Zeroizing<String> {
        let code = self.expose();
        Zeroizing::new(code.rsplit('-').next().unwrap_or_default().to_owned())
    }

    /// Returns whether `typed` is the code's last group, so that it was seen.
    pub(crate) fn ends_with(&self, typed: &str) -> bool {
        self.0.ends_with(typed)
    }
}

/// The secret part of the link in an enrollment's letter: "that was not me". It lives for seven days and opens nothing; all
/// it does is destroy what was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotMeLink {
    account: AccountId,
    secret: ResetCode,
}

impl std::hash::Hash for NotMeLink {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.account, self.digest().to_bytes()).hash(state);
    }
}

impl NotMeLink {
    pub(crate) fn new(account: AccountId, secret: [u8; 16]) -> Self {
        Self {
            account,
            secret: ResetCode::from_entropy(secret),
        }
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn digest(&self) -> Digest {
        hash::digest("report unrecognized", self.secret.0.bytes())
    }

    /// Returns the text of the link: letters, digits and dashes.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let secret = base32::encode(self.secret.0.bytes());
        Zeroizing::new(format!("{}-{}", self.account, secret.as_str()))
    }
}

/// The error for a text that is not a [`NotMeLink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the link of an enrollment's letter, or not all of it")]
pub struct NoSuchLink;

impl FromStr for NotMeLink {
    type Err = NoSuchLink;

    /// Reads back what stood in the link.
    fn from_str(text: &str) -> Result<Self, NoSuchLink> {
        let (account, secret) = text.split_once('-').ok_or(NoSuchLink)?;
        Ok(Self {
            account: account.parse().map_err(|_| NoSuchLink)?,
            secret: secret.parse().map_err(|_| NoSuchLink)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn code_reads_back_however_typed(bytes: [u8; 16]) {
            let reset_code = ResetCode::from_entropy(bytes);
            let text = reset_code.expose();
            prop_assert_eq!(text.len(), 30);
            prop_assert_eq!(&text.parse::<ResetCode>().unwrap(), &reset_code);
            let typed = format!(" {} ", text.to_lowercase().replace('-', " "));
            prop_assert_eq!(&typed.parse::<ResetCode>().unwrap(), &reset_code);
            let code = BreakGlassCode::from_entropy(bytes);
            let (first, last) = (text.split('-').next().unwrap(), text.rsplit('-').next().unwrap());
            prop_assert!(code.ends_with(&last.to_lowercase()));
            prop_assert!(!code.ends_with(first));
            prop_assert!(!code.ends_with(""));
        }

        #[test]
        fn link_reads_back(account: [u8; 16], secret: [u8; 16]) {
            let link = NotMeLink::new(AccountId::from_bytes(account), secret);
            let text = link.expose();
            prop_assert!(text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'));
            prop_assert_eq!(&text.parse::<NotMeLink>().unwrap(), &link);
            let cut_off: String = text.chars().skip(1).collect();
            prop_assert_eq!(cut_off.parse::<NotMeLink>(), Err(NoSuchLink));
            let shown = format!("{link:?}");
            let hidden: String = base32::encode(&secret).chars().take(8).collect();
            prop_assert!(!shown.contains(&hidden));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
            let _unused = text.parse::<NotMeLink>().is_ok();
            let _unused = text.parse::<ResetCode>().is_ok();
        }
    }

    #[test]
    fn debug_shows_no_code() {
        let reset_code = ResetCode::from_entropy([0xA5; 16]);
        assert_eq!(format!("{reset_code:?}"), "ResetCode(..)");
        assert_ne!(
            reset_code.digest(),
            BreakGlassCode::from_entropy([0xA5; 16]).digest()
        );
    }

    // What is stored of a printed code must never change.
    #[test]
    fn hashes_of_codes_never_change() {
        let bytes = *b"sixteen bytes of";
        let hash = |digest: Digest| -> String {
            digest
                .to_bytes()
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        assert_eq!(
            hash(ResetCode::from_entropy(bytes).digest()),
            "b5742ecece656a08"
        );
        assert_eq!(
            hash(BreakGlassCode::from_entropy(bytes).digest()),
            "28932a2a55c861c4"
        );
        assert_eq!(
            hash(RecoveryCode::from_entropy(bytes).digest()),
            "4934b2fdc6a3e3d0"
        );
    }
}
