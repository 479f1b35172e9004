//! Devices that people had remembered: what a cookie proves, and what is kept of it.
//!
//! # What it proves, and what not
//! A remembered device is a browser that holds 128 random bits which this service put there after the account's owner
//! had given a right code in it. A client that presents them is that browser, or has a copy of its cookies. That is worth three
//! things, and no more:
//!
//! - **Its own waits.** Strangers who know the password and guess codes make each other wait, not the owner on a
//!   device of theirs (OWASP, *device cookies*), and the last twenty of a hundred tries are kept for it.
//! - **Access rules may ask for it** (`allow country CA device known`). A device that is not remembered is unknown, which
//!   never allows.
//! - **Notices.** Who has devices remembered is told of log-ins from others, and of log-ins from a new network. Who has
//!   none is told of log-ins from a new network.
//!
//! It never stands in for a code: the six digits are asked for at each log-in. It never opens a place that the access
//! rules close. It says nothing about who sits before the screen: malware on the device, a shared profile, a stolen
//! disk all carry the cookie along. A *fingerprint* (screen, fonts, agent) proves nothing and identifies people: none is
//! taken.
//!
//! # What is kept
//! Nothing until the organization switches it on ([`AdminHandle::remember_devices`](crate::AdminHandle::remember_devices)), and nothing of
//! a person who did not ask for it in the form of a code ([`Attempt::remember_device`](crate::Attempt::remember_device)): a page says
//! first what will be kept (Quebec's private-sector act, s. 8.1; GDPR, art. 13). Then, for each of at most [`MOST`]
//! devices: the hash of the cookie, the network (IPv4 cut to /24, IPv6 to /48), the country if the host has a table of
//! them, the first and the last log-in. New networks are recognized by a keyed hash of the /24 or /64 (privacy addresses
//! change within it), which says nothing without the keyring. After [`RETENTION`] without a log-in a device is
//! forgotten; everything is, when the organization switches it off, when the person forgets the device, when the
//! authenticator is reset or disabled, and when the person leaves.
//!
//! Of accounts without remembered devices only such hashes are kept, of the last twenty networks, so that their owners are
//! told of a log-in from where there was none: name it in your privacy notice.
//!
//! # Rotation and revocation
//! The cookie changes at each log-in. The one before it counts until the new one was seen, so that a lost answer locks
//! no one out; a copy that comes later is unknown. Every session begun on a device bears its number: when the
//! device is forgotten, its sessions are over.

mod device;
pub(crate) mod operations;

pub use device::Device;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use loquet_policy::{Account, AccountId, Digest, ParseIdError, SessionId, UnixTime};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::hash;
use crate::operator::clock::at_most;

/// Devices that one account has remembered at most. One more forgets the one that was used longest ago.
pub const MOST: usize = 10;
/// Seconds without a log-in after which a device is forgotten: ninety days.
pub const RETENTION: u64 = 90 * loquet_policy::limits::DAY;
/// Networks that are recognized.
const PLACES: usize = 20;
/// Numbers of devices whose sessions go on although nothing is kept of them.
const SPARED: usize = 64;
/// The bits of a session's id that are random; those above are the number of its device.
const RANDOM: u32 = 48;

/// 128 random bits in a device's cookie. They are a secret: `Debug` does not show them, and what is stored is a hash.
#[derive(Clone, Copy)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    pub(crate) const fn from_entropy(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The cookie's value: 32 hexadecimal digits. The only way out of the type.
    ///
    /// # Security
    /// For a cookie that is `__Host-`, `HttpOnly`, `Secure` and `SameSite`, and nothing else.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// What is stored: a hash that only this account's cookie has.
    fn digest(&self, account: AccountId) -> Digest {
        let mut bytes = [0; 32];
        let parts = account.to_bytes().into_iter().chain(self.0);
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        hash::digest("device", &bytes)
    }
}

impl FromStr for DeviceId {
    type Err = ParseIdError;

    /// Reads exactly 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`ParseIdError`] says at which byte the text stops being an id.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse::<AccountId>().map(|id| Self(id.to_bytes()))
    }
}

impl PartialEq for DeviceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for DeviceId {}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceId(..)")
    }
}

/// What an account remembers of its devices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Devices {
    /// The last number that was given.
    last: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    known: Vec<Device>,
    /// Keyed hashes of networks, the one seen last at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    places: Vec<u64>,
    /// Numbers of devices of which nothing is kept any more and whose sessions go on, because the organization stopped
    /// remembering and which were not revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spared: Vec<u16>,
}

/// A log-in, as far as devices are concerned.
pub(crate) struct LogIn {
    pub(crate) account: AccountId,
    /// The number that the session's id bears.
    pub(crate) number: u16,
    /// What becomes of the cookie.
    pub(crate) fresh: DeviceId,
    pub(crate) address: Option<IpAddr>,
    pub(crate) place: Option<u64>,
    pub(crate) country: Option<String>,
    pub(crate) now: UnixTime,
}

/// What a log-in shows that its owner should be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Expected,
    NewPlace,
    NewDevice,
}

impl Devices {
    pub(crate) fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// The devices that are not forgotten at `now`, the one used last first.
    pub(crate) fn list(&self, now: UnixTime) -> Vec<Device> {
        let mut list: Vec<Device> = self.kept(now).cloned().collect();
        list.sort_by_key(|device| (std::cmp::Reverse(device.last), device.number));
        list
    }

    pub(crate) fn kept(&self, now: UnixTime) -> impl Iterator<Item = &Device> {
        self.known.iter().filter(move |device| device.is_kept(now))
    }

    /// The number of the device that holds this cookie.
    pub(crate) fn find(&self, id: DeviceId, account: AccountId, now: UnixTime) -> Option<u16> {
        let digest = id.digest(account);
        self.kept(now)
            .find(|device| device.has(&digest))
            .map(|device| device.number)
    }

    /// The number of the device that a session was begun on, if that device is remembered.
    pub(crate) fn of(&self, session: SessionId, now: UnixTime) -> Option<u16> {
        let number = number_in(session);
        self.kept(now)
            .find(|device| device.number == number)
            .map(|device| device.number)
    }

    /// Whether a session was begun on a device that is remembered no more.
    pub(crate) fn ended(&self, session: SessionId, now: UnixTime) -> bool {
        let number = number_in(session);
        number != 0 && self.of(session, now).is_none() && !self.spared.contains(&number)
    }

    /// The number that the next device gets; `None` after sixty-five thousand of them.
    pub(crate) fn next(&self) -> Option<u16> {
        self.last.checked_add(1)
    }

    /// A log-in. The cookie of a device that is known changes. Of a device that is not, the owner is told where others are
    /// remembered, and where none is, if its network is new too.
    pub(crate) fn enter(&mut self, log_in: LogIn, presented: Option<DeviceId>) -> Seen {
        let LogIn { account, now, .. } = log_in;
        let others = self.kept(now).next().is_some();
        let Some(device) = self
            .known
            .iter_mut()
            .find(|device| device.number == log_in.number && device.is_kept(now))
        else {
            if others {
                return Seen::NewDevice;
            }
            let first = self.places.is_empty();
            return match log_in.place {
                Some(place) if !self.been_at(place) && !first => Seen::NewPlace,
                _ => Seen::Expected,
            };
        };
        // One that the client made up does not become a device's.
        let presented = presented.map(|id| id.digest(account));
        device.former = presented.filter(|digest| device.has(digest));
        device.digest = log_in.fresh.digest(account);
        device.network = log_in.address.map(cut);
        device.country = log_in.country;
        device.last = now;
        match log_in.place {
            Some(place) if !self.been_at(place) => Seen::NewPlace,
            _ => Seen::Expected,
        }
    }

    /// Remembers a new device.
    pub(crate) fn remember(&mut self, log_in: LogIn) {
        self.lapse(log_in.now);
        while self.known.len() >= MOST {
            // A thief's new ones push out each other, and not those that have settled.
            let key = |device: &&Device| (device.has_settled(log_in.now), device.last);
            let oldest = self.known.iter().min_by_key(key);
            match oldest.map(|device| device.number) {
                Some(number) => self.forget(number),
                None => return,
            }
        }
        self.last = self.last.max(log_in.number);
        self.known.push(Device {
            number: log_in.number,
            digest: log_in.fresh.digest(log_in.account),
            former: None,
            network: log_in.address.map(cut),
            country: log_in.country,
            first: log_in.now,
            last: log_in.now,
        });
        if let Some(place) = log_in.place {
            self.been_at(place);
        }
    }

    /// Notes a network, and says whether it was known.
    fn been_at(&mut self, place: u64) -> bool {
        let known = self.places.iter().position(|known| *known == place);
        if let Some(at) = known {
            self.places.remove(at);
        } else if self.places.len() >= PLACES {
            self.places.remove(0);
        }
        self.places.push(place);
        known.is_some()
    }

    /// Forgets one device: its sessions are over.
    pub(crate) fn forget(&mut self, number: u16) {
        let count = self.known.len();
        self.known.retain(|device| device.number != number);
        self.tidy(count);
    }

    /// Forgets them all, and says how many there were.
    pub(crate) fn forget_all(&mut self) -> u8 {
        let count = self.known.len();
        self.known.clear();
        self.tidy(count);
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    /// Forgets them all, and ends no session that was begun on one: the organization remembers none any more, or the session
    /// that does this goes on.
    pub(crate) fn let_go(&mut self) {
        let count = self.known.len();
        self.spared
            .extend(self.known.drain(..).map(|device| device.number));
        let surplus = self.spared.len().saturating_sub(SPARED);
        self.spared.drain(..surplus);
        self.tidy(count);
    }

    /// Forgets what was remembered before the organization let users have devices remembered (`None`: it does not).
    /// Sessions that were begun on a device go on.
    pub(crate) fn keep_since(&mut self, since: Option<UnixTime>) {
        if self.known.iter().any(|device| device.is_before(since)) {
            let known = self.known.drain(..);
            let (old, young) = known.partition(|device| device.is_before(since));
            self.known = old;
            self.let_go();
            self.known = young;
        }
    }

    /// Forgets what has not been used for too long.
    fn lapse(&mut self, now: UnixTime) {
        let count = self.known.len();
        self.known.retain(|device| device.is_kept(now));
        self.tidy(count);
    }

    /// With the last of its devices, of which there were so many before, an account forgets where it was.
    fn tidy(&mut self, before: usize) {
        if before > 0 && self.known.is_empty() {
            self.places.clear();
        }
    }

    /// Brings devices in line with what became of the account, and with time.
    pub(crate) fn sync(&mut self, before: &Account, after: &Account, now: UnixTime) {
        // All sessions are over, whatever they were begun on.
        if before.epoch != after.epoch {
            self.spared.clear();
        }
        let has_codes = |of: &Account| of.second_factor.with_codes().next().is_some();
        let lost_codes = has_codes(before) && !has_codes(after);
        if after.second_factor.iter().next().is_some() && !lost_codes {
            self.lapse(now);
        } else {
            // They were remembered by what is bound no more. Whose sessions go on, the rules have said.
            self.let_go();
        }
    }

    /// Cuts the times that lie ahead.
    pub(crate) fn cut_times(&mut self, now: UnixTime) {
        for device in &mut self.known {
            device.first = at_most(device.first, now);
            device.last = at_most(device.last, now);
        }
    }

    /// Whether [`keep_since`](Self::keep_since) or [`sync`](Self::sync) would find something to forget.
    pub(crate) fn is_overdue(&self, since: Option<UnixTime>, now: UnixTime) -> bool {
        let mut known = self.known.iter();
        known.any(|device| device.is_before(since) || !device.is_kept(now))
    }
}

/// A session's id on the device of this number.
pub(crate) fn session_on(number: u16, random: [u8; 8]) -> SessionId {
    let random = u64::from_be_bytes(random) & !(u64::MAX << RANDOM);
    SessionId((u64::from(number) << RANDOM) | random)
}

fn number_in(session: SessionId) -> u16 {
    u16::try_from(session.0 >> RANDOM).unwrap_or_default()
}

/// What is kept of an address: the first 24 bits of IPv4, the first 48 of IPv6.
fn cut(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80)).into(),
    }
}

/// By what a network is recognized: a keyed hash of the first 24 bits of IPv4, of the first 64 of IPv6, within which
/// privacy addresses change (RFC 8981).
pub(crate) fn place(key: &[u8; 32], account: AccountId, address: IpAddr) -> u64 {
    let network = match address.to_canonical() {
        IpAddr::V4(v4) => u128::from(v4.to_bits() >> 8),
        IpAddr::V6(v6) => (1 << 64) | (v6.to_bits() >> 64),
    };
    let mac = hash::mac(key, "place", &[&account.to_bytes(), &network.to_be_bytes()]);
    mac.iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests;
