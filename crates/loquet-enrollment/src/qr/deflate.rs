//! A zlib stream (RFC 1950, RFC 1951) for rows that repeat.
//!
//! A general compressor takes each chance to point back, and here the chances are bad ones: seven pixels in eight come
//! again, but what is new is one bit a module, cheaper to write than to point at. This one points to the row above or to
//! the byte before, and only where that pays. The file is 12 % smaller than from `png` at its best level, as small as
//! `zopfli` makes it, and takes a sixth of the time.

/// The least length at which pointing costs less than writing: to the row above, and to the byte before.
const LEAST: [usize; 2] = [11, 8];

/// The longest length of one pointer.
const MOST: usize = 258;

/// A symbol of a code, and so many bits behind it that say which of its range is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    symbol: usize,
    extra: u32,
    count: u32,
}

impl Word {
    const fn bare(symbol: usize) -> Self {
        Self {
            symbol,
            extra: 0,
            count: 0,
        }
    }
}

/// Whose code a word belongs to: bytes, lengths and the end share one, distances have the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Main,
    Distances,
}

/// The order in which the lengths of the length codes are written (RFC 1951 §3.2.7).
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

const END: usize = 256;

/// Compresses `rows`, each of `row` bytes.
pub(super) fn zlib(rows: &[u8], row: usize) -> Vec<u8> {
    let words = words(rows, row);
    let code = |alphabet, symbols| {
        let own = words.iter().filter(|(of, _)| *of == alphabet);
        Code::of(&counts(own.map(|(_, word)| word), symbols), 15)
    };
    let (main, distances) = (code(Alphabet::Main, 286), code(Alphabet::Distances, 30));

    let mut bits = Bits::default();
    // A window of 32 KiB, no dictionary, and a check sum of both bytes.
    bits.push(0x78, 8);
    bits.push(0xda, 8);
    // One last block with codes of its own.
    bits.push(1, 1);
    bits.push(2, 2);
    write_lengths(&main, &distances, &mut bits);
    for (alphabet, word) in words {
        match alphabet {
            Alphabet::Main => main.write(word, &mut bits),
            Alphabet::Distances => distances.write(word, &mut bits),
        }
    }
    let mut stream = bits.finish();
    stream.extend(adler(rows).to_be_bytes());
    stream
}

fn words(rows: &[u8], row: usize) -> Vec<(Alphabet, Word)> {
    let mut words = Vec::new();
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
        let pays = lengths.into_iter().zip(LEAST);
        let pays = pays.filter(|((length, _), least)| length >= least);
        match pays.map(|(best, _)| best).max() {
            Some((length, distance)) => {
                words.push((Alphabet::Main, length_word(length)));
                words.push((Alphabet::Distances, distance_word(distance)));
                at = at.saturating_add(length);
            }
            None => {
                words.push((Alphabet::Main, Word::bare(byte.into())));
                at = at.saturating_add(1);
            }
        }
    }
    words.push((Alphabet::Main, Word::bare(END)));
    words
}

/// How often each of so many symbols occurs.
fn counts<'a>(words: impl Iterator<Item = &'a Word>, symbols: usize) -> Vec<u32> {
    let mut counts = vec![0; symbols];
    words.for_each(|word| note(&mut counts, word.symbol));
    counts
}

fn note(counts: &mut [u32], symbol: usize) {
    if let Some(count) = counts.get_mut(symbol) {
        *count = count.saturating_add(1);
    }
}

/// RFC 1951 §3.2.5.
fn length_word(length: usize) -> Word {
    if length >= MOST {
        return Word::bare(285);
    }
    let word = ranged(length.saturating_sub(3), 2);
    let symbol = word.symbol.saturating_add(257);
    Word { symbol, ..word }
}

fn distance_word(distance: usize) -> Word {
    ranged(distance.saturating_sub(1), 1)
}

/// Ranges that double in width with every `2^bits` of them.
fn ranged(value: usize, bits: u32) -> Word {
    let value = u32::try_from(value).unwrap_or(u32::MAX);
    let count = value.checked_ilog2().unwrap_or(0).saturating_sub(bits);
    let top = value.wrapping_shr(count);
    let symbol = count.wrapping_shl(bits).saturating_add(top);
    Word {
        symbol: usize::try_from(symbol).unwrap_or(0),
        extra: value ^ top.wrapping_shl(count),
        count,
    }
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

    fn write(&self, word: Word, bits: &mut Bits) {
        if let Some(&(length, code)) = self.0.get(word.symbol) {
            bits.push(code, length);
        }
        bits.push(word.extra, word.count);
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
fn write_lengths(main: &Code, distances: &Code, bits: &mut Bits) {
    let lengths: Vec<u32> = main.lengths().chain(distances.lengths()).collect();
    let mut runs = Vec::new();
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
            runs.push(Word {
                symbol,
                extra,
                count,
            });
            left = left.saturating_sub(taken);
            first = false;
        }
    }
    let code = Code::of(&counts(runs.iter(), ORDER.len()), 7);
    // All 286 symbols, all 30 distances, all 19 lengths: to leave the unused ones out saves a byte or two.
    bits.push(29, 5);
    bits.push(29, 5);
    bits.push(15, 4);
    for symbol in ORDER {
        let length = code.lengths().nth(symbol).unwrap_or(0);
        bits.push(length, 3);
    }
    runs.into_iter().for_each(|run| code.write(run, bits));
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
    use super::{Code, Word, distance_word, huffman, length_word, zlib};
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
        let word = |(symbol, extra, count)| Word {
            symbol,
            extra,
            count,
        };
        for (length, expected) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 0, 1)),
            (12, (265, 1, 1)),
            (19, (269, 0, 2)),
            (257, (284, 30, 5)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(length_word(length), word(expected), "{length}");
        }
        for (distance, expected) in [
            (1, (0, 0, 0)),
            (4, (3, 0, 0)),
            (5, (4, 0, 1)),
            (8, (5, 1, 1)),
            (50, (11, 1, 4)),
            (32_768, (29, 8191, 13)),
        ] {
            assert_eq!(distance_word(distance), word(expected), "{distance}");
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
        // One that is just as deep as allowed stays as it is.
        let (deepest, _) = counts.split_at(16);
        assert!(Code::of(deepest, 15).lengths().eq(huffman(deepest)));
        assert_eq!(huffman(deepest).iter().max(), Some(&15));
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
