//! Whatever is written can be read: WCAG 2.2, 1.4.3 and 1.4.11, from the style sheet's own colours.

use std::collections::HashMap;

const STYLE: &str = include_str!("../../src/assets/loquet.css");

/// What is written on which ground, and the least that the standard asks for: 4.5 for text, 3 for the edges of fields
/// and for letters as large as those of a code.
const PAIRS: [(&str, &str, f64); 18] = [
    ("ink", "paper", 4.5),
    ("ink", "card", 4.5),
    ("ink", "tint", 4.5),
    ("ink", "warn-tint", 4.5),
    ("ink", "bad-tint", 4.5),
    ("soft", "paper", 4.5),
    ("soft", "card", 4.5),
    ("soft", "tint", 4.5),
    ("soft", "warn-tint", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "card", 4.5),
    ("accent", "warn-tint", 4.5),
    ("accent-ink", "accent", 4.5),
    ("accent-deep", "tint", 4.5),
    ("warn", "warn-tint", 4.5),
    ("bad", "bad-tint", 4.5),
    ("bad", "card", 4.5),
    ("field", "card", 3.0),
];

/// The colours of one `:root`.
fn colours(block: &str) -> HashMap<&str, [f64; 3]> {
    let named = block.split(';').filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
        let part = |at: usize| u8::from_str_radix(value.get(at..at + 2)?, 16).ok();
        Some((name, [part(0)?, part(2)?, part(4)?].map(f64::from)))
    });
    named.collect()
}

/// Relative luminance, as the standard defines it.
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| match part / 255.0 {
        dark if dark <= 0.040_45 => dark / 12.92,
        light => ((light + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn text_contrast_is_sufficient_in_both_schemes() {
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 1e-9);
    let blocks: Vec<&str> = STYLE.split(":root {").skip(1).take(2).collect();
    for (block, time) in blocks.iter().zip(["day", "night"]) {
        let colours = colours(block.split('}').next().unwrap());
        for (text, ground, least) in PAIRS {
            let found = contrast(colours[text], colours[ground]);
            assert!(found >= least, "{text} on {ground} by {time}: {found:.2}");
        }
    }
}
