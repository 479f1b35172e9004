//! The code that a new notice address gets, and that its owner types back.

use std::fmt;

use loquet_otp::{Digits, TypedCode};
use loquet_policy::{AccountId, Digest, UnixTime};
use zeroize::Zeroizing;

use crate::account::addresses::Address;
use crate::decide::{Keys, Typed};
use crate::hash;

/// The code that is sent to a new notice address: eight digits, good for ten minutes and once. `Debug` does not show it.
///
/// It is stored nowhere, only its keyed hash: the delivery derives it again.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressCode(Zeroizing<String>);

impl AddressCode {
    /// The code that is sent at `sent` to the new address of an account.
    pub(crate) fn derive(
        keys: &Keys,
        account: AccountId,
        address: &Address,
        sent: UnixTime,
    ) -> Self {
        let (account, address) = (account.to_bytes(), address.as_str().as_bytes());
        let parts: [&[u8]; 3] = [&account, address, &sent.0.to_be_bytes()];
        let derived = hash::mac(&keys.link, "address code", &parts);
        let half = derived.first_chunk().copied().unwrap_or_default();
        let value = u64::from_be_bytes(half) % 100_000_000;
        Self(Zeroizing::new(format!("{value:08}")))
    }

    /// What the account keeps of it.
    pub(crate) fn digest(&self, keys: &Keys, account: AccountId) -> Digest {
        digest(keys, account, &self.0)
    }

    /// Returns the eight digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The hash of what was typed, if it is eight digits in any spelling.
pub(crate) fn typed_digest(keys: &Keys, account: AccountId, typed: &Typed) -> Option<Digest> {
    TypedCode::parse(typed.expose(), Digits::Eight).ok()?;
    let digits = typed.expose().chars().filter(char::is_ascii_digit);
    let digits: Zeroizing<String> = Zeroizing::new(digits.collect());
    Some(digest(keys, account, &digits))
}

fn digest(keys: &Keys, account: AccountId, digits: &str) -> Digest {
    let parts: [&[u8]; 2] = [&account.to_bytes(), digits.as_bytes()];
    Digest::from_bytes(hash::mac(&keys.link, "address code typed", &parts))
}

impl fmt::Debug for AddressCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(link: u8) -> Keys {
        Keys {
            break_glass: [0; 32],
            link: [link; 32],
            place: [0; 32],
            recovery: [0; 32],
            imported: [0; 32],
            attempt: [0; 32],
            passkey: [0; 32],
        }
    }

    /// ASVS 6.6.2: a code belongs to one request, by the account, the address and the moment.
    #[test]
    fn sent_code_belongs_to_one_request() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let (at, other) = (UnixTime(1_790_000_000), UnixTime(1_790_000_001));
        let code = |keys: &Keys, account: u64, to: &str, at| {
            AddressCode::derive(keys, account.into(), &address(to), at)
        };
        let mut codes: Vec<String> = [
            code(&keys(1), 1, "a@example.org", at),
            code(&keys(2), 1, "a@example.org", at),
            code(&keys(1), 2, "a@example.org", at),
            code(&keys(1), 1, "b@example.org", at),
            code(&keys(1), 1, "a@example.org", other),
        ]
        .iter()
        .map(|code| code.expose().to_owned())
        .collect();
        assert!(codes.iter().all(|code| code.len() == 8));
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), 5);
    }

    /// ASVS 6.6.3, NIST SP 800-63B-4 §3.1.3.2: every value of eight digits is about as likely.
    #[test]
    fn sent_codes_are_spread_evenly() {
        let (keys, address) = (keys(1), "a@example.org".parse().unwrap());
        let mut first = [0_u32; 10];
        for at in 0..10_000 {
            let code = AddressCode::derive(&keys, 1_u64.into(), &address, UnixTime(at));
            let digit = code.expose().chars().next().unwrap().to_digit(10).unwrap();
            let count = first.get_mut(digit as usize).unwrap();
            *count = count.saturating_add(1);
        }
        assert!(
            first.iter().all(|count| (850..1150).contains(count)),
            "{first:?}"
        );
    }

    #[test]
    fn sent_code_is_read_in_any_spelling() {
        let (keys, account) = (keys(1), AccountId::from(1_u64));
        let address = "a@example.org".parse().unwrap();
        let code = AddressCode::derive(&keys, account, &address, UnixTime(0));
        let kept = Some(code.digest(&keys, account));
        let digits = code.expose();
        let typed = |text: &str| typed_digest(&keys, account, &Typed::from(text));
        assert_eq!(typed(digits), kept);
        let (left, right) = digits.split_at(4);
        assert_eq!(typed(&format!(" {left}\u{a0}{right}\n")), kept);
        assert_eq!(typed(&format!("{left}-{right}")), kept);
        assert_eq!(typed(left), None);
        assert_eq!(typed("abcdefgh"), None);
        assert_eq!(typed(""), None);
        assert_eq!(format!("{code:?}"), "AddressCode(..)");
    }
}
