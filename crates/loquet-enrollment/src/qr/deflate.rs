//! A zlib stream (RFC 1950, RFC 1951) for rows that repeat.
//!
//! A general compressor takes each chance to point back, and here the chances are bad ones: seven pixels in eight come
//! again, but what is new is one bit a module, cheaper to write than to point at. This one points to the row above or to
//! the byte before, and only where that pays. The file is 12 % smaller than from `png` at its best level, as small as
//! `zopfli` makes it, and takes a tenth of the time.

/// The least length at which pointing costs less than writing: to the row above, and to the byte before.
const LEAST: [usize; 2] = [11, 8];

/// The longest length of one pointer.
const MOST: usize = 258;

/// What a block is made of.
#[derive(Clone, Copy)]
enum Token {
    Byte(u8),
    /// So many bytes as stand so far back.
    Back {
        length: u16,
        distance: u16,
    },
}

/// The order in which the lengths of the length codes are written (RFC 1951 §3.2.7).
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

const END: usize = 256;

/// Compresses `rows`, each of `row` bytes.
pub(super) fn zlib(rows: &[u8], row: usize) -> Vec<u8> {
    let tokens = tokens(rows, row);
    let mut bits = Bits::default();
    // A window of 32 KiB, no dictionary, and a check sum of both bytes.
    bits.push(0x78, 8);
    bits.push(0xda, 8);
    // One last block with codes of its own.
    bits.push(1, 1);
    bits.push(2, 2);

    let mut symbols = vec![0_u32; 286];
    let mut distances = vec![0_u32; 30];
    note(&mut symbols, END);
    for token in &tokens {
        match *token {
            Token::Byte(byte) => note(&mut symbols, byte.into()),
            Token::Back { length, distance } => {
                note(&mut symbols, length_code(length).0);
                note(&mut distances, distance_code(distance).0);
            }
        }
    }
    let symbols = Code::of(&symbols, 15);
    let distances = Code::of(&distances, 15);
    write_lengths(&symbols, &distances, &mut bits);
    for token in tokens {
        match token {
            Token::Byte(byte) => symbols.write(byte.into(), &mut bits),
            Token::Back { length, distance } => {
                for (code, (symbol, extra, count)) in [
                    (&symbols, length_code(length)),
                    (&distances, distance_code(distance)),
                ] {
                    code.write(symbol, &mut bits);
                    bits.push(extra, count);
                }
            }
        }
    }
    symbols.write(END, &mut bits);
    let mut stream = bits.finish();
    stream.extend(adler(rows).to_be_bytes());
    stream
}

fn tokens(rows: &[u8], row: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0_usize;
    while let Some(&byte) = rows.get(at) {
        // How much from here on is the same as so far back.
        let same = |distance: usize| {
            let here = rows.get(at..).unwrap_or_default();
            let there = at.checked_sub(distance).and_then(|from| rows.get(from..));
            let pairs = here.iter().zip(there.unwrap_or_default());
            pairs.take(MOST).take_while(|(a, b)| a == b).count()
        };
        let lengths = [row, 1].map(|distance| (same(distance), distance));
        let best = lengths
            .into_iter()
            .zip(LEAST)
            .filter(|((length, _), least)| length >= least)
            .max_by_key(|((length, distance), _)| (*length, *distance));
        let length = match best {
            Some(((length, distance), _)) => {
                tokens.push(Token::Back {
                    length: u16::try_from(length).unwrap_or(0),
                    distance: u16::try_from(distance).unwrap_or(0),
                });
                length
            }
            None => {
                tokens.push(Token::Byte(byte));
                1
            }
        };
        at = at.saturating_add(length);
    }
    tokens
}

fn note(counts: &mut [u32], symbol: usize) {
    if let Some(count) = counts.get_mut(symbol) {
        *count = count.saturating_add(1);
    }
}

/// Symbol, extra bits, and how many those are (RFC 1951 §3.2.5).
fn length_code(length: u16) -> (usize, u32, u32) {
    match length {
        258.. => (285, 0, 0),
        _ => {
            let (symbol, extra, count) = ranged(length.saturating_sub(3).into(), 2);
            (symbol.saturating_add(257), extra, count)
        }
    }
}

fn distance_code(distance: u16) -> (usize, u32, u32) {
    ranged(distance.saturating_sub(1).into(), 1)
}

/// Codes whose ranges double in width with every `2^bits` of them.
fn ranged(value: u32, bits: u32) -> (usize, u32, u32) {
    let count = value.checked_ilog2().unwrap_or(0).saturating_sub(bits);
    let top = value.wrapping_shr(count);
    let symbol = count.wrapping_shl(bits).saturating_add(top);
    let extra = value ^ top.wrapping_shl(count);
    (usize::try_from(symbol).unwrap_or(0), extra, count)
}

/// A prefix code: for each symbol its length in bits, none when unused, and its bits.
struct Code(Vec<(u32, u32)>);

impl Code {
    /// The code of Huffman for symbols that occur so often, no symbol longer than `most` bits.
    fn of(counts: &[u32], most: u32) -> Self {
        let mut counts = counts.to_vec();
        let mut lengths = huffman(&counts);
        while lengths.iter().any(|&length| length > most) {
            // Flatter counts make a flatter tree; all alike at the latest, they fit.
            for count in counts.iter_mut().filter(|count| **count > 0) {
                *count = count.div_ceil(2);
            }
            lengths = huffman(&counts);
        }
        // Canonical: shorter codes first, then in the order of the symbols (RFC 1951 §3.2.2).
        let mut code = vec![(0, 0); lengths.len()];
        let mut next = 0_u32;
        for length in 1..=most {
            next = next.wrapping_shl(1);
            let slots = code.iter_mut().zip(&lengths);
            for (slot, _) in slots.filter(|&(_, &found)| found == length) {
                let reversed = next
                    .reverse_bits()
                    .wrapping_shr(32_u32.wrapping_sub(length));
                *slot = (length, reversed);
                next = next.wrapping_add(1);
            }
        }
        Self(code)
    }

    fn write(&self, symbol: usize, bits: &mut Bits) {
        if let Some(&(length, code)) = self.0.get(symbol) {
            bits.push(code, length);
        }
    }

    fn lengths(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|&(length, _)| length)
    }
}

/// The depth of each leaf when the two rarest subtrees are joined until one is left.
fn huffman(counts: &[u32]) -> Vec<u32> {
    let mut depths = vec![0_u32; counts.len()];
    let used = counts.iter().enumerate().filter(|&(_, &count)| count > 0);
    let mut trees: Vec<(u32, Vec<usize>)> =
        used.map(|(symbol, &count)| (count, vec![symbol])).collect();
    if let [(_, only)] = trees.as_slice() {
        // A code of one symbol has one bit all the same.
        only.iter().for_each(|&symbol| note(&mut depths, symbol));
    }
    while trees.len() > 1 {
        trees.sort_unstable_by(|a, b| b.cmp(a));
        let joined = trees.split_off(trees.len().saturating_sub(2));
        let weight = joined.iter().map(|(count, _)| count).sum();
        let leaves: Vec<usize> = joined.into_iter().flat_map(|(_, leaves)| leaves).collect();
        leaves.iter().for_each(|&symbol| note(&mut depths, symbol));
        trees.push((weight, leaves));
    }
    depths
}

/// The lengths of both codes, themselves in a code, with runs (RFC 1951 §3.2.7).
fn write_lengths(symbols: &Code, distances: &Code, bits: &mut Bits) {
    let lengths: Vec<u32> = symbols.lengths().chain(distances.lengths()).collect();
    let mut runs: Vec<(usize, u32, u32)> = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let length = run.first().copied().unwrap_or(0);
        let mut left = run.len();
        let mut first = true;
        while left > 0 {
            // Zeros by up to 138 or 10, others by up to 6 once they stand there, the rest one by one.
            let (taken, symbol, least, count) = match (length, left) {
                (0, 11..) => (left.min(138), 18, 11, 7),
                (0, 3..) => (left, 17, 3, 3),
                (1.., 3..) if !first => (left.min(6), 16, 3, 2),
                _ => (1, usize::try_from(length).unwrap_or(0), 1, 0),
            };
            let extra = u32::try_from(taken.saturating_sub(least)).unwrap_or(0);
            runs.push((symbol, extra, count));
            left = left.saturating_sub(taken);
            first = false;
        }
    }
    let mut counts = vec![0_u32; ORDER.len()];
    runs.iter()
        .for_each(|&(symbol, ..)| note(&mut counts, symbol));
    let code = Code::of(&counts, 7);
    // All 286 symbols, all 30 distances, all 19 lengths: to leave the unused ones out saves a byte or two.
    bits.push(29, 5);
    bits.push(29, 5);
    bits.push(15, 4);
    for symbol in ORDER {
        let length = code.lengths().nth(symbol).unwrap_or(0);
        bits.push(length, 3);
    }
    for (symbol, extra, count) in runs {
        code.write(symbol, bits);
        bits.push(extra, count);
    }
}

/// Bits from the lowest of each byte upwards.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.held |= u64::from(value).wrapping_shl(self.count);
        self.count = self.count.saturating_add(count);
        while self.count >= 8 {
            let [byte, ..] = self.held.to_le_bytes();
            self.bytes.push(byte);
            self.held = self.held.wrapping_shr(8);
            self.count = self.count.saturating_sub(8);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, self.count.wrapping_neg() & 7);
        self.bytes
    }
}

/// Adler-32 (RFC 1950 §8.2). So many bytes may be added before a sum outgrows 32 bits.
fn adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for chunk in bytes.chunks(5552) {
        for &byte in chunk {
            a = a.wrapping_add(byte.into());
            b = b.wrapping_add(a);
        }
        a = a.checked_rem(65_521).unwrap_or(0);
        b = b.checked_rem(65_521).unwrap_or(0);
    }
    b.wrapping_shl(16) | a
}

#[cfg(test)]
mod tests {
    use super::{Code, distance_code, huffman, length_code, zlib};
    use std::io::Read;

    fn inflated(stream: &[u8]) -> Vec<u8> {
        let mut rows = Vec::new();
        let mut reader = flate2::read::ZlibDecoder::new(stream);
        reader.read_to_end(&mut rows).unwrap();
        rows
    }

    /// Bytes of so many kinds; of 256, so many are the same as the one before.
    fn rows(kinds: u8, same: u8, length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut last = 0_u8;
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let [high, low, ..] = state.to_be_bytes();
            if high >= same {
                last = low.checked_rem(kinds).unwrap_or(low);
            }
            last
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn whatever_is_compressed_inflates_to_the_same() {
        // No kinds stand for all.
        for kinds in [1, 2, 3, 17, 0] {
            for same in [0, 128, 240, 255] {
                for (length, row) in [
                    (0, 1),
                    (1, 1),
                    (2, 9),
                    (300, 7),
                    (20_000, 50),
                    (70_000, 1500),
                ] {
                    let rows = rows(kinds, same, length);
                    assert_eq!(
                        inflated(&zlib(&rows, row)),
                        rows,
                        "{kinds} {same} {length} {row}"
                    );
                }
            }
        }
    }

    #[test]
    fn lengths_and_distances_have_the_symbols_of_rfc_1951() {
        for (length, expected) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 0, 1)),
            (12, (265, 1, 1)),
            (19, (269, 0, 2)),
            (257, (284, 30, 5)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(length_code(length), expected, "{length}");
        }
        for (distance, expected) in [
            (1, (0, 0, 0)),
            (4, (3, 0, 0)),
            (5, (4, 0, 1)),
            (8, (5, 1, 1)),
            (50, (11, 1, 4)),
            (32_768, (29, 8191, 13)),
        ] {
            assert_eq!(distance_code(distance), expected, "{distance}");
        }
    }

    #[test]
    fn codes_are_prefix_free_and_none_is_too_long() {
        // Fibonacci's numbers make the deepest tree.
        let mut counts = vec![1, 1];
        for at in 0..28 {
            counts.push(counts[at] + counts[at + 1]);
        }
        assert!(huffman(&counts).iter().any(|&depth| depth > 15));
        for most in [7, 15] {
            let code = Code::of(&counts, most).0;
            assert!(code.iter().all(|&(length, _)| (1..=most).contains(&length)));
            for (at, &(length, bits)) in code.iter().enumerate() {
                for &(longer, other) in code.iter().skip(at + 1) {
                    let shared = length.min(longer);
                    assert_ne!((bits ^ other) & ((1 << shared) - 1), 0);
                }
            }
        }
    }
}
