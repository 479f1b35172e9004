//! The text of a checkpoint: what is read is written alike, and read again.
#![no_main]

use loquet::Checkpoint;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        let written = checkpoint.to_string();
        assert!(written.starts_with(&checkpoint.anchor()));
        assert_eq!(written.lines().count(), 1 + checkpoint.accounts().count());
        assert_eq!(written.parse(), Ok(checkpoint));
    }
});
