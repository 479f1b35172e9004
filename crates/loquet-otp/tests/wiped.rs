//! Checks that dropped secrets and keys are wiped, by reading their memory through the kernel without `unsafe`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests may panic and read files"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;

use loquet_otp::{Algorithm, Key, Secret};

/// Returns the bytes of a value while it lives, and the bytes at the same address after it is dropped. `place` says where
/// they lie, and how many there are.
fn before_and_after<T>(value: T, place: impl FnOnce(&T) -> (*const u8, usize)) -> [Vec<u8>; 2] {
    let mut values = vec![value];
    let (address, length) = place(&values[0]);
    let address = address.addr() as u64;
    let memory = File::open("/proc/self/mem").unwrap();
    let bytes = || {
        let mut bytes = vec![0; length];
        memory.read_exact_at(&mut bytes, address).unwrap();
        bytes
    };
    let before = bytes();
    // Drops the value but keeps the allocation.
    values.clear();
    [before, bytes()]
}

fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().filter(|byte| **byte == wanted).count()
}

#[test]
fn dropped_secret_is_wiped_from_memory() {
    for secret in [Secret::from([0xa5; 20]), Secret::new(&[0xa5; 128]).unwrap()] {
        let len = secret.expose().len();
        // On the stack or on the heap, as the feature `alloc` says.
        let place = |secret: &Secret| (secret.expose().as_ptr(), len);
        let [before, after] = before_and_after(secret, place);
        assert_eq!(count(&before, 0xa5), len);
        assert_eq!(count(&after, 0xa5), 0);
    }
}

#[test]
fn dropped_key_is_wiped_from_memory() {
    let secret = Secret::from(*b"12345678901234567890");
    for (algorithm, state) in [
        (Algorithm::Sha1, 40),
        (Algorithm::Sha256, 64),
        (Algorithm::Sha512, 128),
    ] {
        let [before, after] = before_and_after(secret.key(algorithm), |key| {
            (std::ptr::from_ref(key).cast(), size_of::<Key>())
        });
        // The state follows an 8-byte tag. The bytes after it belong to the larger variants only.
        let zeros = |bytes: &[u8]| count(&bytes[8..state], 0);
        assert!(zeros(&before) < state / 4);
        assert_eq!(zeros(&after), state - 8, "{algorithm}: {after:?}");
    }
}
