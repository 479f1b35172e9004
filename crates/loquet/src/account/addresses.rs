//! Where a user's notices go.
//!
//! An address that is changed is not forgotten at once: a thief who redirects the notices must not silence the
//! owner, so the old address is told and receives every notice for [`ADDRESS_OVERLAP`] more.

use std::fmt;
use std::str::FromStr;

use loquet_policy::UnixTime;
use loquet_policy::limits::ADDRESS_OVERLAP;
use serde::{Deserialize, Serialize};

/// The longest address, in bytes (RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets).
const LONGEST: usize = 254;
/// Addresses that receive notices at the same time. The next change is refused rather than one of them forgotten: a thief who may
/// change an address often enough would otherwise push the owner's out.
const MAX_RECIPIENTS: usize = 8;

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
        let alien = |c: char| c.is_whitespace() || c.is_control() || "<>()[]:;,\"\\".contains(c);
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

/// Where one account's notices go: the present address, last, and those that it replaced a short while ago.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Addresses(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: Address,
    /// Until when it receives notices; `None`: it is the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
}

impl Addresses {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn present(&self) -> Option<&Address> {
        let present = self.0.iter().find(|entry| entry.until.is_none());
        present.map(|entry| &entry.address)
    }

    /// The recipients of what happened at `at`, the present address first.
    pub(crate) fn recipients(&self, at: UnixTime) -> Vec<Address> {
        let receives = |entry: &&Entry| entry.until.is_none_or(|until| at < until);
        let recipients = self.0.iter().rev().filter(receives);
        recipients.map(|entry| entry.address.clone()).collect()
    }

    /// Whether there is room for another change at `now`.
    pub(crate) fn has_room(&self, now: UnixTime) -> bool {
        self.recipients(now).len() < MAX_RECIPIENTS
    }

    /// `address` is the present one from now on. The one before receives notices for a while yet.
    pub(crate) fn change(&mut self, address: &Address, now: UnixTime) {
        self.0
            .retain(|entry| entry.until.is_none_or(|until| now < until));
        for entry in &mut self.0 {
            entry.until.get_or_insert(now.plus(ADDRESS_OVERLAP));
        }
        self.0.retain(|entry| entry.address != *address);
        self.0.push(Entry {
            address: address.clone(),
            until: None,
        });
    }
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]
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

    #[test]
    fn old_address_is_forgotten_at_next_change() {
        let mut addresses = Addresses::default();
        for (name, at) in [("a@b", 0), ("b@b", 1)] {
            addresses.change(&address(name), UnixTime(at));
        }
        addresses.change(&address("c@b"), UnixTime(ADDRESS_OVERLAP));
        assert_eq!(addresses.0.len(), 3, "a second before");
        addresses.change(&address("d@b"), UnixTime(ADDRESS_OVERLAP + 1));
        assert_eq!(addresses.0.len(), 3);
        assert!(
            !addresses
                .0
                .iter()
                .any(|entry| entry.address == address("a@b"))
        );
    }

    #[test]
    fn old_address_is_told_for_fourteen_days() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.recipients(UnixTime(0)), []);
        let (old, new) = (address("old@example.org"), address("new@example.org"));
        addresses.change(&old, UnixTime(0));
        addresses.change(&new, UnixTime(1000));
        let end = 1000 + 14 * 86_400;
        assert_eq!(
            addresses.recipients(UnixTime(end - 1)),
            [new.clone(), old.clone()]
        );
        assert_eq!(addresses.recipients(UnixTime(end)).len(), 1);
        // Back again: it is the present one, and recipients once.
        addresses.change(&old, UnixTime(2000));
        assert_eq!(addresses.recipients(UnixTime(2000)), [old.clone(), new]);
        assert_eq!(addresses.present(), Some(&old));
    }

    proptest! {
        #[test]
        fn old_address_stays_until_its_time(changes in proptest::collection::vec((0_u8..12, 0_u64..400_000), 1..60)) {
            let mut addresses = Addresses::default();
            let mut now: u64 = 0;
            let mut replaced: Vec<(Address, u64)> = Vec::new();
            for (who, wait) in changes {
                now = now.saturating_add(wait);
                if !addresses.has_room(UnixTime(now)) {
                    continue;
                }
                let new = address(&format!("a{who}@b"));
                if let Some(before) = addresses.present().filter(|before| **before != new) {
                    replaced.push((before.clone(), now.saturating_add(14 * 86_400)));
                }
                addresses.change(&new, UnixTime(now));
                let recipients = addresses.recipients(UnixTime(now));
                prop_assert!(recipients.len() <= MAX_RECIPIENTS);
                prop_assert_eq!(&recipients[0], &new);
                for (old, until) in &replaced {
                    prop_assert!(now >= *until || recipients.contains(old));
                }
            }
        }

        #[test]
        fn any_text_is_taken_or_refused(text in "\\PC{0,300}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.as_str().parse(), Ok(address.clone()));
            }
        }
    }
}
