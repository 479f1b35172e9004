//! Hashes and MACs: what is kept of codes that people hold, and what authenticates records.
//!
//! Reset codes, break-glass and recovery codes have at least 112 random bits and are kept as SHA-256 only (NIST SP 800-63B-4
//! §3.1.2.2 asks no more of them).

use hmac::{Hmac, HmacReset, KeyInit, Mac};
use loquet_policy::Digest;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// HMAC-SHA-256 over parts that cannot run into each other.
pub(crate) fn mac(key: &[u8; 32], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = MacKey::new(key).begin(purpose);
    for part in parts {
        mac.part(part);
    }
    mac.finish()
}

/// A key of [`mac`], ready to be used again and again.
#[derive(Clone)]
pub(crate) struct MacKey(HmacReset<Sha256>);

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

impl MacKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut block = block(key);
        let mac = HmacReset::<Sha256>::new(&block);
        block.as_mut_slice().zeroize();
        Self(mac)
    }

    pub(crate) fn begin(&self, purpose: &str) -> Parts {
        let mut parts = Parts(self.0.clone());
        parts.part(purpose.as_bytes());
        parts
    }
}

/// A MAC, fed part by part. It is finished where it stands: a hash keeps the last of what it was fed, and moving it would
/// leave that behind.
pub(crate) struct Parts(HmacReset<Sha256>);

impl Parts {
    pub(crate) fn part(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_be_bytes());
        self.0.update(part);
    }

    pub(crate) fn finish(&mut self) -> [u8; 32] {
        self.0.finalize_reset().into_bytes().into()
    }
}

/// An HMAC-SHA-256 over whatever is fed to it as a [`Hasher`](std::hash::Hasher), so that every field of an operation
/// counts without being listed.
pub(crate) struct Content(Hmac<Sha256>);

impl Content {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let mut block = block(key);
        let mac = Hmac::<Sha256>::new(&block);
        block.as_mut_slice().zeroize();
        Self(mac)
    }

    pub(crate) fn finish_whole(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}

impl std::hash::Hasher for Content {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Unused: 64 bits would be too few.
    fn finish(&self) -> u64 {
        0
    }
}

/// HMAC pads its key to a block with zeros (RFC 2104 §2); a padded key is the same key.
fn block(key: &[u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

/// What is kept of a reset code, a break-glass code or a recovery code.
pub(crate) fn digest(purpose: &str, secret: &[u8]) -> Digest {
    digest_of(purpose, |hash| hash.update(secret))
}

/// The same of what is said piece by piece, so that nothing gathers it first.
pub(crate) fn digest_of(purpose: &str, say: impl FnOnce(&mut Sha256)) -> Digest {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update([0]);
    say(&mut hash);
    Digest::from_bytes(hash.finalize().into())
}

/// As many bits as a code has: half of a hash.
pub(crate) fn half(whole: [u8; 32]) -> Zeroizing<[u8; 16]> {
    let whole = Zeroizing::new(whole);
    let mut half = Zeroizing::new([0; 16]);
    for (to, from) in half.iter_mut().zip(whole.iter()) {
        *to = *from;
    }
    half
}
