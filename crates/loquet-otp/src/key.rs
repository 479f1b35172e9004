//! HMAC (RFC 2104) over exactly one counter, and dynamic truncation (RFC 4226 §5.3).
//!
//! A code needs the HMAC of eight bytes: one inner and one outer block. The two blocks that only depend on the key are
//! compressed once and their states are kept, which halves the work of each code. No branch and no index depends on
//! the secret or on the HMAC.

use core::fmt;

use sha1::Digest as _;
use sha1::block_api::compress as compress1;
use sha2::block_api::{compress256, compress512};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Algorithm, Code, Digits};

/// The HMAC state of one secret under one algorithm: 40 bytes for SHA-1, 64 for SHA-256, 128 for SHA-512.
///
/// Made by [`Secret::key`](crate::Secret::key); codes come from [`Totp`](crate::Totp) and [`Hotp`](crate::Hotp).
///
/// # Security
/// Whoever has it can make codes: it is worth as much as the secret, is never printed, and is wiped when dropped.
#[derive(Clone)]
pub struct Key(States);

#[derive(Clone)]
enum States {
    Sha1 { inner: [u32; 5], outer: [u32; 5] },
    Sha256 { inner: [u32; 8], outer: [u32; 8] },
    Sha512 { inner: [u64; 8], outer: [u64; 8] },
}

/// FIPS 180-4 §5.3.1.
const INITIAL_SHA1: [u32; 5] = [
    0x6745_2301,
    0xefcd_ab89,
    0x98ba_dcfe,
    0x1032_5476,
    0xc3d2_e1f0,
];

/// FIPS 180-4 §5.3.3.
const INITIAL_SHA256: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// FIPS 180-4 §5.3.5.
const INITIAL_SHA512: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

impl Key {
    pub(crate) fn new(secret: &[u8], algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha1 => {
                let (mut inner, mut outer) = (INITIAL_SHA1, INITIAL_SHA1);
                let block = if secret.len() > 64 {
                    padded(&sha1::Sha1::digest(secret))
                } else {
                    padded(secret)
                };
                under_masks(
                    block,
                    |b| compress1(&mut inner, &[*b]),
                    |b| compress1(&mut outer, &[*b]),
                );
                States::Sha1 { inner, outer }
            }
            Algorithm::Sha256 => {
                let (mut inner, mut outer) = (INITIAL_SHA256, INITIAL_SHA256);
                let block = if secret.len() > 64 {
                    padded(&sha2::Sha256::digest(secret))
                } else {
                    padded(secret)
                };
                under_masks(
                    block,
                    |b| compress256(&mut inner, &[*b]),
                    |b| compress256(&mut outer, &[*b]),
                );
                States::Sha256 { inner, outer }
            }
            Algorithm::Sha512 => {
                let (mut inner, mut outer) = (INITIAL_SHA512, INITIAL_SHA512);
                under_masks(
                    padded(secret),
                    |b| compress512(&mut inner, &[*b]),
                    |b| compress512(&mut outer, &[*b]),
                );
                States::Sha512 { inner, outer }
            }
        })
    }

    /// The algorithm that the state was made for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            States::Sha1 { .. } => Algorithm::Sha1,
            States::Sha256 { .. } => Algorithm::Sha256,
            States::Sha512 { .. } => Algorithm::Sha512,
        }
    }

    /// HOTP(K, C) of RFC 4226 §5.3.
    pub(crate) fn code(&self, counter: u64, digits: Digits) -> Code {
        Code::truncated(self.dynamic_truncation(counter), digits)
    }

    /// DT(HMAC(K, C)) of RFC 4226 §5.3: 31 bits.
    fn dynamic_truncation(&self, counter: u64) -> u32 {
        match &self.0 {
            States::Sha1 { inner, outer } => {
                let mut hash = *inner;
                compress1(&mut hash, &[message32(counter)]);
                let [a, b, c, d, e] = hash;
                let mut mac = *outer;
                compress1(
                    &mut mac,
                    &[bytes32([
                        a,
                        b,
                        c,
                        d,
                        e,
                        END32,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        (64 + 20) * 8,
                    ])],
                );
                let [.., last] = mac;
                truncate(mac, last)
            }
            States::Sha256 { inner, outer } => {
                let mut hash = *inner;
                compress256(&mut hash, &[message32(counter)]);
                let [a, b, c, d, e, f, g, h] = hash;
                let mut mac = *outer;
                compress256(
                    &mut mac,
                    &[bytes32([
                        a,
                        b,
                        c,
                        d,
                        e,
                        f,
                        g,
                        h,
                        END32,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        (64 + 32) * 8,
                    ])],
                );
                let [a, b, c, d, e, _, _, last] = mac;
                truncate([a, b, c, d, e], last)
            }
            States::Sha512 { inner, outer } => {
                let mut hash = *inner;
                compress512(
                    &mut hash,
                    &[bytes64([
                        counter,
                        END64,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        (128 + 8) * 8,
                    ])],
                );
                let [a, b, c, d, e, f, g, h] = hash;
                let mut mac = *outer;
                compress512(
                    &mut mac,
                    &[bytes64([
                        a,
                        b,
                        c,
                        d,
                        e,
                        f,
                        g,
                        h,
                        END64,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        (128 + 64) * 8,
                    ])],
                );
                let [ab, cd, ef, _, _, _, _, last] = mac;
                truncate([high(ab), low(ab), high(cd), low(cd), high(ef)], low(last))
            }
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        match &mut self.0 {
            States::Sha1 { inner, outer } => (inner.zeroize(), outer.zeroize()),
            States::Sha256 { inner, outer } => (inner.zeroize(), outer.zeroize()),
            States::Sha512 { inner, outer } => (inner.zeroize(), outer.zeroize()),
        };
    }
}

impl ZeroizeOnDrop for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.algorithm())
    }
}

/// The key, filled with zeros to one block (RFC 2104 §2, step 1).
fn padded<const BLOCK: usize>(key: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

/// Hands out the key block under both masks (RFC 2104 §2, steps 2 and 5), then wipes it.
fn under_masks<const BLOCK: usize>(
    mut block: [u8; BLOCK],
    inner: impl FnOnce(&[u8; BLOCK]),
    outer: impl FnOnce(&[u8; BLOCK]),
) {
    for byte in &mut block {
        *byte ^= 0x36;
    }
    inner(&block);
    for byte in &mut block {
        *byte ^= 0x36 ^ 0x5c;
    }
    outer(&block);
    block.zeroize();
}

/// The end mark of FIPS 180-4 §5.1, a single one bit; the last word of a block is the length of the message in bits,
/// counted from the key block on.
const END32: u32 = 1 << 31;
const END64: u64 = 1 << 63;

/// The inner message for hashes with 64-byte blocks: the counter, eight bytes, the highest first (RFC 4226 §5.1).
fn message32(counter: u64) -> [u8; 64] {
    bytes32([
        high(counter),
        low(counter),
        END32,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        (64 + 8) * 8,
    ])
}

fn bytes32(words: [u32; 16]) -> [u8; 64] {
    let mut block = [0; 64];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    block
}

fn bytes64(words: [u64; 16]) -> [u8; 128] {
    let mut block = [0; 128];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    block
}

const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}

/// Four bytes of the HMAC, from the offset in its last four bits, without the sign bit (RFC 4226 §5.3).
///
/// The offset is as secret as the code, so it chooses by masks and shifts, not by an index: bits 3 and 2 choose two
/// neighbouring words of the first five, bits 1 and 0 choose the bytes in them.
fn truncate([a, b, c, d, e]: [u32; 5], last: u32) -> u32 {
    let by_two = mask(last >> 3);
    let [a, b, c] = [pick(by_two, c, a), pick(by_two, d, b), pick(by_two, e, c)];
    let by_one = mask(last >> 2);
    let pair = (u64::from(pick(by_one, b, a)) << 32) | u64::from(pick(by_one, c, b));
    high(pair << ((last & 0b11) << 3)) & 0x7fff_ffff
}

/// All ones if the lowest bit is set, else zero.
const fn mask(bit: u32) -> u32 {
    0u32.wrapping_sub(bit & 1)
}

const fn pick(mask: u32, one: u32, zero: u32) -> u32 {
    zero ^ ((one ^ zero) & mask)
}
