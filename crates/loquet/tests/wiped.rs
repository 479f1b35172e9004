//! What is dropped is gone from memory: read back where it lay, through the kernel, without unsafe code.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly and read files"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;

use loquet::Typed;

const LENGTH: usize = 4_000;

/// How much of a text of `LENGTH` letters is left where it lay, once `hold` has taken it over and dropped it. The
/// allocator writes a few words of its own there.
fn left_after<T>(hold: impl FnOnce(String) -> T) -> usize {
    let text = "Z".repeat(LENGTH);
    let address = text.as_ptr().addr() as u64;
    drop(hold(text));
    let mut bytes = [0; LENGTH];
    let memory = File::open("/proc/self/mem").unwrap();
    memory.read_exact_at(&mut bytes, address).unwrap();
    bytes.iter().filter(|byte| **byte == b'Z').count()
}

#[test]
fn dropped_typed_text_is_wiped() {
    assert!(left_after(|text| text) > LENGTH / 2, "a plain text stays");
    assert_eq!(left_after(Typed::from), 0);
}
