//! Codes that are printed or read aloud: the reset code of a reset, recovery codes, the break-glass code.

use std::fmt;
use std::str::FromStr;

use loquet_enrollment::{PrintedCode, PrintedCodeError, base32};
use loquet_policy::{AccountId, Digest};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::decide::Keys;
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

/// The secret part of the link in a letter, with which its reader says "that was not me". In the letter about an enrollment
/// it destroys what was enrolled, within seven days, and opens nothing. In the letter about a reported loss it undoes the
/// report, together with the password and a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotMeLink {
    account: AccountId,
    /// The epoch that the enrollment or the report began: no two letters have the same link.
    epoch: u32,
    mac: [u8; 16],
}

impl fmt::Debug for NotMeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotMeLink({}, ..)", self.account)
    }
}

impl std::hash::Hash for NotMeLink {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.account, self.digest().to_bytes()).hash(state);
    }
}

impl NotMeLink {
    /// The link for the letter about what began this epoch. It is stored nowhere: the delivery derives it again.
    pub(crate) fn derive(keys: &Keys, account: AccountId, epoch: u32) -> Self {
        let parts: [&[u8]; 2] = [&account.to_bytes(), &epoch.to_be_bytes()];
        let mac = hash::mac(&keys.link, "report unrecognized", &parts);
        Self {
            account,
            epoch,
            mac: *hash::half(mac),
        }
    }

    /// Whether a letter of ours had this link. The key alone tells, so that an invented one reaches neither the store nor
    /// the account that it names.
    pub(crate) fn is_genuine(&self, keys: &Keys) -> bool {
        let genuine = Self::derive(keys, self.account, self.epoch);
        self.mac.ct_eq(&genuine.mac).into()
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn digest(&self) -> Digest {
        hash::digest("report unrecognized", &self.mac)
    }

    /// Returns the text of the link: letters, digits and dashes.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let epoch = self.epoch.to_be_bytes();
        let mut secret = Zeroizing::new([0; 20]);
        for (slot, byte) in secret.iter_mut().zip(epoch.into_iter().chain(self.mac)) {
            *slot = byte;
        }
        let secret = base32::encode(&*secret);
        Zeroizing::new(format!("{}-{}", self.account, secret.as_str()))
    }
}

/// The error for a text that is not a [`NotMeLink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the link of a letter, or not all of it")]
pub struct NoSuchLink;

impl FromStr for NotMeLink {
    type Err = NoSuchLink;

    /// Reads back what stood in the link.
    fn from_str(text: &str) -> Result<Self, NoSuchLink> {
        let (account, secret) = text.split_once('-').ok_or(NoSuchLink)?;
        let account = account.parse().map_err(|_| NoSuchLink)?;
        let bytes = base32::decode(secret).map_err(|_| NoSuchLink)?;
        let (epoch, mac) = bytes.expose().split_first_chunk().ok_or(NoSuchLink)?;
        Ok(Self {
            account,
            epoch: u32::from_be_bytes(*epoch),
            mac: mac.try_into().map_err(|_| NoSuchLink)?,
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
        fn link_reads_back(account: [u8; 16], epoch: u32, mac: [u8; 16]) {
            let account = AccountId::from_bytes(account);
            let link = NotMeLink { account, epoch, mac };
            let text = link.expose();
            prop_assert!(text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'));
            prop_assert_eq!(&text.parse::<NotMeLink>().unwrap(), &link);
            let cut_off: String = text.chars().skip(1).collect();
            prop_assert_eq!(cut_off.parse::<NotMeLink>(), Err(NoSuchLink));
            let shown = format!("{link:?}");
            let hidden: String = base32::encode(&mac).chars().take(8).collect();
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
