//! The text of a key file: the key in use is one of the ring, and no error or debug text repeats a key.
#![no_main]

use loquet::Keyring;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let told = match Keyring::parse(text) {
        Ok(ring) => {
            assert!(ring.ids().is_sorted() && ring.ids().any(|id| id == ring.current()));
            format!("{ring:?}")
        }
        Err(error) => format!("{error} {error:?}"),
    };
    let keys = text.split(|c: char| !c.is_ascii_hexdigit());
    for key in keys.filter(|key| key.len() >= 16) {
        assert!(!told.contains(key), "{told}");
    }
});
