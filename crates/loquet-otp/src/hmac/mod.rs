//! HMAC (RFC 2104) over a counter, and dynamic truncation (RFC 4226 §5.3).
//!
//! The two HMAC blocks that depend only on the key are compressed once and their states kept, so that a code takes two
//! compressions instead of four. No branch and no index depends on the secret or the HMAC.

mod hash;

use core::fmt;
use core::ops::RangeInclusive;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Algorithm, Code, Digits, Secret};
use hash::{Hash, Sha1, Sha256, Sha512, high};

/// The HMAC state of a secret: 40 bytes for SHA-1, 64 for SHA-256, 128 for SHA-512.
///
/// [`Secret::key`](crate::Secret::key) makes it. Make it once per request: it costs as much as a code.
///
/// ```
/// use loquet_otp::{Algorithm, Hotp, Secret};
///
/// let key = Secret::from(*b"12345678901234567890").key(Algorithm::Sha1);
/// let codes = [0, 1].map(|counter| Hotp::default().generate(&key, counter).to_string());
/// assert_eq!(codes, ["755224", "287082"]); // RFC 4226, Appendix D
/// assert_eq!(format!("{key:?}"), "Key(SHA1)");
/// ```
///
/// # Security
/// The key makes codes, so it is as sensitive as the secret. It is never printed, and wiped when dropped.
#[derive(Clone)]
pub struct Key(States);

#[derive(Clone)]
enum States {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl Key {
    /// Returns the algorithm of the key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            States::Sha1(_) => Algorithm::Sha1,
            States::Sha256(_) => Algorithm::Sha256,
            States::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Returns HOTP(K, C) of RFC 4226 §5.3.
    pub(crate) fn code(&self, counter: u64, digits: Digits) -> Code {
        let [code] = self.codes([counter], digits);
        code
    }

    /// Calls `visit` with each counter and its code, in order.
    ///
    /// It computes three codes at a time, the size of the default window. The processor overlaps their compressions,
    /// which saves a fifth of the time; more than three gain little.
    pub(crate) fn visit(
        &self,
        mut counters: RangeInclusive<u64>,
        digits: Digits,
        mut visit: impl FnMut(u64, Code),
    ) {
        loop {
            let lanes = [counters.next(), counters.next(), counters.next()];
            let [Some(a), Some(b), Some(c)] = lanes else {
                return lanes
                    .into_iter()
                    .flatten()
                    .for_each(|last| visit(last, self.code(last, digits)));
            };
            let lanes = [a, b, c];
            lanes
                .into_iter()
                .zip(self.codes(lanes, digits))
                .for_each(|(counter, code)| visit(counter, code));
        }
    }

    fn codes<const N: usize>(&self, counters: [u64; N], digits: Digits) -> [Code; N] {
        let binary = match &self.0 {
            States::Sha1(hmac) => hmac.truncated(counters),
            States::Sha256(hmac) => hmac.truncated(counters),
            States::Sha512(hmac) => hmac.truncated(counters),
        };
        binary.map(|binary| Code::truncated(binary, digits))
    }
}

impl Secret {
    /// Computes the HMAC key state for `algorithm`. Keep it while codes are checked.
    #[must_use]
    pub fn key(&self, algorithm: Algorithm) -> Key {
        Key(match algorithm {
            Algorithm::Sha1 => States::Sha1(Hmac::new(self)),
            Algorithm::Sha256 => States::Sha256(Hmac::new(self)),
            Algorithm::Sha512 => States::Sha512(Hmac::new(self)),
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm())
    }
}

impl ZeroizeOnDrop for Key {}

/// The states after the inner and the outer key block.
struct Hmac<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> Hmac<H> {
    fn new(secret: &Secret) -> Self {
        // RFC 2104 §2: the key block XOR `ipad` and XOR `opad`. With two blocks the processor overlaps the compressions.
        // Masked where they are written, so that no block is a copy of the key.
        let [mut ipad, mut opad] = [H::COUNTER; 2];
        H::put_key(&mut ipad, secret, 0x36);
        H::put_key(&mut opad, secret, 0x5c);
        let mut hmac = Self {
            inner: H::INITIAL,
            outer: H::INITIAL,
        };
        H::compress(&mut hmac.inner, &ipad);
        H::compress(&mut hmac.outer, &opad);
        ipad.as_mut().as_flattened_mut().zeroize();
        opad.as_mut().as_flattened_mut().zeroize();
        hmac
    }

    /// Returns DT(HMAC(K, C)) of RFC 4226 §5.3, 31 bits for each counter.
    ///
    /// It runs stage by stage rather than counter by counter, so that neighboring compressions are independent.
    fn truncated<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let mut blocks = [H::COUNTER; N];
        for (block, counter) in blocks.iter_mut().zip(counters) {
            H::put_counter(block, counter);
        }
        let inner = Self::extend(&self.inner, &blocks);
        let mut blocks = [H::HASH; N];
        for (block, hash) in blocks.iter_mut().zip(&inner) {
            H::put_hash(block, hash);
        }
        let outer = Self::extend(&self.outer, &blocks);
        let mut binary = [0; N];
        for (binary, mac) in binary.iter_mut().zip(&outer) {
            let (head, last) = H::words(mac);
            *binary = truncate(head, last);
        }
        binary
    }

    #[inline(always)]
    fn extend<const N: usize>(state: &H::State, blocks: &[H::Block; N]) -> [H::State; N] {
        let mut states = [*state; N];
        for (state, block) in states.iter_mut().zip(blocks) {
            H::compress(state, block);
        }
        states
    }
}

impl<H: Hash> Clone for Hmac<H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner,
            outer: self.outer,
        }
    }
}

impl<H: Hash> Drop for Hmac<H> {
    fn drop(&mut self) {
        self.inner.as_mut().zeroize();
        self.outer.as_mut().zeroize();
    }
}

/// Returns four bytes of the HMAC, starting at the offset in its last four bits, without the sign bit (RFC 4226 §5.3).
///
/// The offset is as secret as the code, so masks and shifts select the bytes, not an index: bits 3 and 2 select two
/// neighboring words of the first five, bits 1 and 0 the bytes in them.
fn truncate([a, b, c, d, e]: [u32; 5], last: u32) -> u32 {
    let by_two = mask(last >> 3);
    let [a, b, c] = [pick(by_two, c, a), pick(by_two, d, b), pick(by_two, e, c)];
    let by_one = mask(last >> 2);
    let pair = (u64::from(pick(by_one, b, a)) << 32) | u64::from(pick(by_one, c, b));
    high(pair << ((last & 0b11) << 3)) & 0x7fff_ffff
}

/// Returns all ones if the lowest bit is set, else zero.
const fn mask(bit: u32) -> u32 {
    0u32.wrapping_sub(bit & 1)
}

const fn pick(mask: u32, one: u32, zero: u32) -> u32 {
    zero ^ ((one ^ zero) & mask)
}
