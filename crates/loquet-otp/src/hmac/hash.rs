//! What HMAC needs from a hash: compression function, padding and state words.
//!
//! The hashes are RustCrypto's block functions. A code needs exactly one block on each side of the HMAC, and the
//! buffers, lengths and copies of a general hasher would take a fifth of the time.
//!
//! Blocks are written sixteen bytes at a time, the width of the loads that read them. A processor forwards a store to a
//! load only if that one store covers the load; otherwise the load waits for all earlier stores, and compressions do not
//! overlap. That wait was a third of the time of a code.

use core::hint::black_box;

use sha1::Digest;
use sha1::block_api::compress;
use sha2::block_api::{compress256, compress512};
use zeroize::Zeroize;

use crate::Secret;

/// A Merkle–Damgård hash, as functions on its state and blocks.
///
/// The functions that run for each code are inlined: copying a block on the way to the compression function costs 10 %.
pub(crate) trait Hash {
    type State: Copy + AsMut<[Self::Word]>;
    type Word: zeroize::DefaultIsZeroes;
    type Block: Copy + AsMut<[Chunk]>;

    /// The state before the first block (FIPS 180-4 §5.3).
    const INITIAL: Self::State;

    fn compress(state: &mut Self::State, block: &Self::Block);

    /// Writes the key padded with zeros to one block, or its hash if it is longer than a block (RFC 2104 §2), under a mask.
    fn put_key(block: &mut Self::Block, key: &Secret, mask: u8);

    /// The block that follows the key block for an eight-byte message, without the message.
    const COUNTER: Self::Block;

    /// The block that follows the key block for a message that is a hash, without the message.
    const HASH: Self::Block;

    /// Writes the counter into its block: eight bytes, most significant first (RFC 4226 §5.1).
    fn put_counter(block: &mut Self::Block, counter: u64);

    /// Writes the hash `state` into its block.
    fn put_hash(block: &mut Self::Block, state: &Self::State);

    /// Returns the first five 32-bit words of the output, and the last one.
    fn words(state: &Self::State) -> ([u32; 5], u32);
}

/// A quarter of a 64-byte block.
pub(crate) type Chunk = [u8; 16];

/// The padding of FIPS 180-4 §5.1: a one bit after the message, then zeros.
const END: Chunk = (1u128 << 127).to_be_bytes();
const ZEROS: Chunk = [0; 16];

/// Returns the end of a block: the length in bits of the whole message, key block included.
const fn length(bytes: u128) -> Chunk {
    (bytes << 3).to_be_bytes()
}

pub(crate) enum Sha1 {}

impl Hash for Sha1 {
    type State = [u32; 5];
    type Word = u32;
    type Block = [Chunk; 4];

    // FIPS 180-4 §5.3.1.
    const INITIAL: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];

    const COUNTER: [Chunk; 4] = [ZEROS, ZEROS, ZEROS, length(64 + 8)];
    const HASH: [Chunk; 4] = [ZEROS, ZEROS, ZEROS, length(64 + 20)];

    #[inline(always)]
    fn compress(state: &mut [u32; 5], block: &[Chunk; 4]) {
        compress(state, block.as_flattened().as_chunks().0);
    }

    fn put_key(block: &mut [Chunk; 4], key: &Secret, mask: u8) {
        put_short_key::<sha1::Sha1>(block, key, mask);
    }

    #[inline(always)]
    fn put_counter([head, ..]: &mut [Chunk; 4], counter: u64) {
        *head = padded_counter(counter);
    }

    #[inline(always)]
    fn put_hash([head, tail, ..]: &mut [Chunk; 4], &[a, b, c, d, e]: &[u32; 5]) {
        *head = to_chunk([a, b, c, d]);
        *tail = padded_word(e);
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
    type Block = [Chunk; 4];

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

    const COUNTER: [Chunk; 4] = [ZEROS, ZEROS, ZEROS, length(64 + 8)];
    const HASH: [Chunk; 4] = [ZEROS, ZEROS, END, length(64 + 32)];

    #[inline(always)]
    fn compress(state: &mut [u32; 8], block: &[Chunk; 4]) {
        compress256(state, block.as_flattened().as_chunks().0);
    }

    fn put_key(block: &mut [Chunk; 4], key: &Secret, mask: u8) {
        put_short_key::<sha2::Sha256>(block, key, mask);
    }

    #[inline(always)]
    fn put_counter([head, ..]: &mut [Chunk; 4], counter: u64) {
        *head = padded_counter(counter);
    }

    #[inline(always)]
    fn put_hash([head, tail, ..]: &mut [Chunk; 4], &[a, b, c, d, e, f, g, h]: &[u32; 8]) {
        *head = to_chunk([a, b, c, d]);
        *tail = to_chunk([e, f, g, h]);
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
    type Block = [Chunk; 8];

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

    const COUNTER: [Chunk; 8] = [
        ZEROS,
        ZEROS,
        ZEROS,
        ZEROS,
        ZEROS,
        ZEROS,
        ZEROS,
        length(128 + 8),
    ];
    const HASH: [Chunk; 8] = [
        ZEROS,
        ZEROS,
        ZEROS,
        ZEROS,
        END,
        ZEROS,
        ZEROS,
        length(128 + 64),
    ];

    #[inline(always)]
    fn compress(state: &mut [u64; 8], block: &[Chunk; 8]) {
        compress512(state, block.as_flattened().as_chunks().0);
    }

    fn put_key(block: &mut [Chunk; 8], key: &Secret, mask: u8) {
        // A secret is never longer than a block of SHA-512.
        put_padded(block, key.padded(), mask);
    }

    #[inline(always)]
    fn put_counter([head, ..]: &mut [Chunk; 8], counter: u64) {
        *head = padded_counter(counter);
    }

    #[inline(always)]
    fn put_hash(block: &mut [Chunk; 8], state: &[u64; 8]) {
        for (pair, [one, two]) in block.iter_mut().zip(state.as_chunks().0) {
            *pair = to_chunk([high(*one), low(*one), high(*two), low(*two)]);
        }
    }

    #[inline(always)]
    fn words(&[ab, cd, e, .., last]: &[u64; 8]) -> ([u32; 5], u32) {
        ([high(ab), low(ab), high(cd), low(cd), high(e)], low(last))
    }
}

fn put_short_key<D: Digest>(block: &mut [Chunk; 4], key: &Secret, mask: u8) {
    if key.expose().len() <= 64 {
        return put_padded(block, key.padded(), mask);
    }
    // The hash of the key is as sensitive as the key.
    let mut hash = D::digest(key.expose());
    put_padded(block, &hash, mask);
    hash.as_mut_slice().zeroize();
}

fn put_padded(block: &mut [Chunk], key: &[u8], mask: u8) {
    let key = key.iter().chain(core::iter::repeat(&0));
    for (to, from) in block.as_flattened_mut().iter_mut().zip(key) {
        *to = *from ^ mask;
    }
}

/// Returns four words as bytes, most significant first.
#[inline(always)]
fn to_chunk(words: [u32; 4]) -> Chunk {
    let mut bytes = ZEROS;
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

/// Returns the last word of a message, with its padding.
///
/// The masks are hidden from the compiler, which would otherwise write the word and the constants one by one.
#[inline(always)]
fn padded_word(word: u32) -> Chunk {
    static LANES: ([u32; 4], [u32; 4]) = ([!0, 0, 0, 0], [0, 0x80_u32.to_le(), 0, 0]);
    let (kept, end) = black_box(&LANES);
    let mut bytes = ZEROS;
    for ((bytes, kept), end) in bytes.as_chunks_mut().0.iter_mut().zip(kept).zip(end) {
        *bytes = ((word.to_be() & kept) | end).to_ne_bytes();
    }
    bytes
}

/// Returns an eight-byte message with its padding. The masks are hidden as in [`padded_word`].
#[inline(always)]
fn padded_counter(counter: u64) -> Chunk {
    static LANES: ([u64; 2], [u64; 2]) = ([!0, 0], [0, 0x80_u64.to_le()]);
    let (kept, end) = black_box(&LANES);
    let mut bytes = ZEROS;
    for ((bytes, kept), end) in bytes.as_chunks_mut().0.iter_mut().zip(kept).zip(end) {
        *bytes = ((counter.to_be() & kept) | end).to_ne_bytes();
    }
    bytes
}

pub(crate) const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

pub(crate) const fn low(word: u64) -> u32 {
    (word & 0xffff_ffff) as u32
}
