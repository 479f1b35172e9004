//! Which of the eight masks to lay over a symbol (ISO/IEC 18004 §7.8.3).
//!
//! The rule is that of `qrcode`, and so is the mask: it looks at one module after another through boxed closures, this
//! at 64 at once. Nine tenths of the time that a picture takes were spent there.

use qrcode::Color;
use qrcode::canvas::{Canvas, MaskPattern};
use zeroize::Zeroizing;

const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The cells of the symbol, row by row, true where dark, under the mask with the least penalty; of several, the first.
pub(super) fn apply_best(canvas: &Canvas, side: usize) -> Zeroizing<Vec<bool>> {
    let masked = MASKS.into_iter().map(|mask| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(mask);
        let colors = canvas.into_colors().into_iter();
        Zeroizing::new(colors.map(|color| color == Color::Dark).collect::<Vec<_>>())
    });
    masked
        .min_by_key(|cells| penalty(cells, side))
        .unwrap_or_default()
}

/// A row of modules, the first in bit [`EDGE`], of 192: the largest symbol has 177.
type Row = [u64; 3];

/// Empty bits before each row and empty rows before the first, so that no pattern begins outside.
const EDGE: usize = 4;

/// The modules of one colour.
type Plane = Zeroizing<Vec<Row>>;

fn penalty(cells: &[bool], side: usize) -> u32 {
    let plane = |color: bool| -> Plane {
        let rows = cells.chunks(side.max(1)).map(|row| {
            let edge = core::iter::repeat_n(false, EDGE);
            let mut modules = edge.chain(row.iter().map(|&module| module == color));
            let mut bits = [0_u64; 3];
            for word in &mut bits {
                for (bit, module) in (0..64).zip(&mut modules) {
                    *word |= u64::from(module).wrapping_shl(bit);
                }
            }
            bits
        });
        Zeroizing::new(core::iter::repeat_n([0; 3], EDGE).chain(rows).collect())
    };
    let (dark, light) = (plane(true), plane(false));
    let mut penalty = 0_u32;
    for y in 0..dark.len() {
        let below = |plane: &Plane, k: usize| {
            let row = plane.get(y.saturating_add(k));
            row.copied().unwrap_or_default()
        };
        for plane in [&dark, &light] {
            let row = below(plane, 0);
            let next = below(plane, 1);
            let block = and([row, later(row, 1), next, later(next, 1)]);
            penalty = penalty
                .saturating_add(runs(|k| later(row, k)))
                .saturating_add(runs(|k| below(plane, k)))
                .saturating_add(count(block).saturating_mul(3));
        }
        let row = below(&dark, 0);
        penalty = penalty
            .saturating_add(finders(|k| later(row, k)))
            .saturating_add(finders(|k| below(&dark, k)));
    }
    let darkness: u32 = dark.iter().copied().map(count).sum();
    let modules = u32::try_from(cells.len()).unwrap_or(u32::MAX).max(1);
    let balance = darkness
        .saturating_mul(200)
        .div_euclid(modules)
        .abs_diff(100);
    penalty.saturating_add(balance)
}

/// Five modules of one colour in a line cost three, each further one costs one. `at` is the plane moved by so many.
fn runs(at: impl Fn(usize) -> Row) -> u32 {
    let five = and([at(0), at(1), at(2), at(3), at(4)]);
    let last = and([five, not(at(5))]);
    count(five).saturating_add(count(last).saturating_mul(2))
}

/// What looks like a finder, with four light modules on one side at least, costs forty.
fn finders(at: impl Fn(usize) -> Row) -> u32 {
    let finder = and([at(4), not(at(5)), at(6), at(7), at(8), not(at(9)), at(10)]);
    let before = and([not(at(0)), not(at(1)), not(at(2)), not(at(3))]);
    let after = and([not(at(11)), not(at(12)), not(at(13)), not(at(14))]);
    let neither = and([not(before), not(after)]);
    count(and([finder, not(neither)])).saturating_mul(40)
}

fn later([a, b, c]: Row, by: usize) -> Row {
    // By nothing, or by less than a word.
    let Some(by) = u32::try_from(by).ok().filter(|by| (1..64).contains(by)) else {
        return [a, b, c];
    };
    let carry = 64_u32.saturating_sub(by);
    [
        a.wrapping_shr(by) | b.wrapping_shl(carry),
        b.wrapping_shr(by) | c.wrapping_shl(carry),
        c.wrapping_shr(by),
    ]
}

fn not(row: Row) -> Row {
    row.map(|word| !word)
}

fn and<const N: usize>(rows: [Row; N]) -> Row {
    rows.into_iter()
        .fold([u64::MAX; 3], |[a, b, c], [d, e, f]| [a & d, b & e, c & f])
}

fn count(row: Row) -> u32 {
    row.map(u64::count_ones).into_iter().sum()
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use super::{apply_best, penalty};
    use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits, canvas::Canvas, ec};

    /// The penalty of one module after another.
    fn naive(cells: &[bool], side: usize) -> u32 {
        let dark = |x: usize, y: usize| x < side && y < side && cells[y * side + x];
        let mut penalty = 0;
        for (turned, line) in [false, true]
            .into_iter()
            .flat_map(|t| (0..side).map(move |l| (t, l)))
        {
            let at = |k: usize| if turned { dark(line, k) } else { dark(k, line) };
            let modules: Vec<bool> = (0..side).map(at).collect();
            for run in modules.chunk_by(|a, b| a == b).filter(|run| run.len() >= 5) {
                penalty += u32::try_from(run.len()).unwrap() - 2;
            }
            for k in 0..side - 6 {
                let finder = [true, false, true, true, true, false, true];
                let before = (k.saturating_sub(4)..k).any(at);
                let after = (k + 7..k + 11).any(at);
                if modules[k..k + 7] == finder && !(before && after) {
                    penalty += 40;
                }
            }
        }
        for (x, y) in (1..side).flat_map(|y| (1..side).map(move |x| (x, y))) {
            let block = [
                dark(x, y),
                dark(x - 1, y),
                dark(x, y - 1),
                dark(x - 1, y - 1),
            ];
            if block == [true; 4] || block == [false; 4] {
                penalty += 3;
            }
        }
        let darkness = cells.iter().filter(|&&dark| dark).count();
        penalty + u32::try_from((darkness * 200 / cells.len()).abs_diff(100)).unwrap()
    }

    #[test]
    fn the_penalty_is_that_of_one_module_after_another() {
        let mut state = 1_u64;
        // From 61 and 125 modules on, a row fills another word.
        for side in [21, 57, 61, 65, 121, 125, 129, 177] {
            // How many modules in 256 are as the one before: grain, and long runs.
            for same in [0, 128, 200, 240] {
                let mut last = false;
                let cells: Vec<bool> = (0..side * side)
                    .map(|_| {
                        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                        let [high, low, ..] = state.to_be_bytes();
                        last = if high < same { last } else { low & 1 == 1 };
                        last
                    })
                    .collect();
                assert_eq!(penalty(&cells, side), naive(&cells, side), "{side} {same}");
            }
        }
    }

    #[test]
    fn the_mask_is_the_one_that_qrcode_takes() {
        for (version, texts) in [(1, 5), (2, 5), (6, 5), (8, 5), (12, 1), (28, 1)] {
            assert_masks_agree(version, texts);
        }
    }

    #[test]
    #[ignore = "takes minutes: every version, many texts"]
    fn the_mask_is_the_one_that_qrcode_takes_in_every_version() {
        (1..=40).for_each(|version| assert_masks_agree(version, 50));
    }

    fn assert_masks_agree(version: i16, texts: u8) {
        let version = Version::Normal(version);
        for seed in 0..texts {
            let bits = || {
                let mut bits = Bits::new(version);
                let text: Vec<u8> = (0..14).map(|n| seed.wrapping_mul(n) ^ 0x5a).collect();
                bits.push_byte_data(&text).unwrap();
                bits.push_terminator(EcLevel::M).unwrap();
                bits
            };
            let bytes = bits().into_bytes();
            let (data, correction) = ec::construct_codewords(&bytes, version, EcLevel::M).unwrap();
            let mut canvas = Canvas::new(version, EcLevel::M);
            canvas.draw_all_functional_patterns();
            canvas.draw_data(&data, &correction);

            let theirs = QrCode::with_bits(bits(), EcLevel::M).unwrap();
            let ours = apply_best(&canvas, theirs.width());
            let dark = |color| color == Color::Dark;
            let theirs: Vec<_> = theirs.into_colors().into_iter().map(dark).collect();
            assert_eq!(*ours, theirs, "{version:?}, {seed}");
        }
    }
}
