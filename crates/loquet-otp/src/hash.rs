//! What HMAC needs of a hash: its compression function, its padding, and the words of its state.
//!
//! The three hashes are used through the block functions of RustCrypto, because a code needs exactly one block on each
//! side of the HMAC: buffers, lengths and copies of a general hasher would cost a fifth of the time.

use sha1::Digest;
use sha1::block_api::compress;
use sha2::block_api::{compress256, compress512};
use zeroize::Zeroize;

use crate::Secret;

/// A hash of the Merkle–Damgård kind, as a set of functions on its state and blocks.
///
/// What runs for each code is inlined: a block that is copied on its way to the compression function costs a tenth.
pub(crate) trait Hash {
    type State: Copy + AsMut<[Self::Word]>;
    type Word: zeroize::DefaultIsZeroes;
    type Block: Copy + AsMut<[u8]>;

    /// The state before the first block.
    const INITIAL: Self::State;

    fn compress(state: &mut Self::State, block: &Self::Block);

    /// The key, filled with zeros to one block, or its hash if it is longer than a block (RFC 2104 §2).
    fn key_block(key: &Secret) -> Self::Block;

    /// The block after the key block that holds the counter: eight bytes, the highest first (RFC 4226 §5.1).
    fn counter_block(counter: u64) -> Self::Block;

    /// The block after the key block that holds the hash `state`.
    fn hash_block(state: &Self::State) -> Self::Block;

    /// The first five 32-bit words of the output, and the last.
    fn words(state: &Self::State) -> ([u32; 5], u32);
}

/// The end mark of FIPS 180-4 §5.1: a single one bit after the message. The last word of a block is the length of the
/// whole message in bits, the key block included.
const END: u32 = 1 << 31;
const LONG_END: u64 = 1 << 63;

pub(crate) enum Sha1 {}

impl Hash for Sha1 {
    type State = [u32; 5];
    type Word = u32;
    type Block = [u8; 64];

    // FIPS 180-4 §5.3.1.
    const INITIAL: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];

    #[inline(always)]
    fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
        compress(state, core::slice::from_ref(block));
    }

    fn key_block(key: &Secret) -> [u8; 64] {
        short_key_block::<sha1::Sha1>(key)
    }

    #[inline(always)]
    fn counter_block(counter: u64) -> [u8; 64] {
        short_counter_block(counter)
    }

    #[inline(always)]
    fn hash_block(&[a, b, c, d, e]: &[u32; 5]) -> [u8; 64] {
        bytes([a, b, c, d, e, END, 0, 0, 0, 0, 0, 0, 0, 0, 0, (64 + 20) * 8])
    }

    #[inline(always)]
    fn words(&state: &[u32; 5]) -> ([u32; 5], u32) {
        let [.., last] = state;
        (state, last)
    }
}

pub(crate) enum Sha256 {}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Word = u32;
    type Block = [u8; 64];

    // FIPS 180-4 §5.3.3.
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    #[inline(always)]
    fn compress(state: &mut [u32; 8], block: &[u8; 64]) {
        compress256(state, core::slice::from_ref(block));
    }

    fn key_block(key: &Secret) -> [u8; 64] {
        short_key_block::<sha2::Sha256>(key)
    }

    #[inline(always)]
    fn counter_block(counter: u64) -> [u8; 64] {
        short_counter_block(counter)
    }

    #[inline(always)]
    fn hash_block(&[a, b, c, d, e, f, g, h]: &[u32; 8]) -> [u8; 64] {
        bytes([a, b, c, d, e, f, g, h, END, 0, 0, 0, 0, 0, 0, (64 + 32) * 8])
    }

    #[inline(always)]
    fn words(&[a, b, c, d, e, _, _, last]: &[u32; 8]) -> ([u32; 5], u32) {
        ([a, b, c, d, e], last)
    }
}

pub(crate) enum Sha512 {}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Word = u64;
    type Block = [u8; 128];

    // FIPS 180-4 §5.3.5.
    const INITIAL: [u64; 8] = [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];

    #[inline(always)]
    fn compress(state: &mut [u64; 8], block: &[u8; 128]) {
        compress512(state, core::slice::from_ref(block));
    }

    fn key_block(key: &Secret) -> [u8; 128] {
        // A secret is never longer than this block.
        *key.padded()
    }

    #[inline(always)]
    fn counter_block(counter: u64) -> [u8; 128] {
        long_bytes([
            counter,
            LONG_END,
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
        ])
    }

    #[inline(always)]
    fn hash_block(&[a, b, c, d, e, f, g, h]: &[u64; 8]) -> [u8; 128] {
        long_bytes([
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            LONG_END,
            0,
            0,
            0,
            0,
            0,
            0,
            (128 + 64) * 8,
        ])
    }

    #[inline(always)]
    fn words(&[ab, cd, e, .., last]: &[u64; 8]) -> ([u32; 5], u32) {
        ([high(ab), low(ab), high(cd), low(cd), high(e)], low(last))
    }
}

fn short_key_block<D: Digest>(key: &Secret) -> [u8; 64] {
    if key.expose().len() <= 64 {
        return filled(key.padded());
    }
    // The hash of the key is as good as the key: it is wiped too.
    let mut hash = D::digest(key.expose());
    let block = filled(&hash);
    hash.as_mut_slice().zeroize();
    block
}

fn filled(key: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

#[inline(always)]
fn short_counter_block(counter: u64) -> [u8; 64] {
    let (high, low) = (high(counter), low(counter));
    bytes([
        high,
        low,
        END,
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

#[inline(always)]
fn bytes(words: [u32; 16]) -> [u8; 64] {
    let mut block = [0; 64];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    block
}

#[inline(always)]
fn long_bytes(words: [u64; 16]) -> [u8; 128] {
    let mut block = [0; 128];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    block
}

pub(crate) const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

pub(crate) const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}
