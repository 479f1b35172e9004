//! The inventory of cryptography in `crates/loquet/docs/guide.md`, against the sources.

use std::collections::BTreeSet;
use std::fs;

use crate::{files_below, root, rust_files_below};

const GUIDE: &str = "crates/loquet/docs/guide.md";

/// What the names of crates of cryptography begin with.
const CRATES: &str = "aead aes argon2 bcrypt blake chacha cipher crypto curve25519 digest ecdsa ed25519 getrandom hkdf hmac \
    md-5 md5 native-tls openssl p256 p384 pbkdf2 poly1305 rand ring rsa rustls salsa20 scrypt sha subtle x25519 xchacha";

/// The crates of cryptography that the libraries and programs use themselves.
fn crates() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["crates", "bins"] {
        let mut manifests = files_below(&root().join(folder));
        manifests.retain(|file| file.ends_with("Cargo.toml"));
        for manifest in manifests {
            let text = fs::read_to_string(&manifest).unwrap();
            let tables = text.split("\n[");
            for table in tables.filter(|table| table.starts_with("dependencies]")) {
                for line in table.lines().skip(1) {
                    let name = line.split([' ', '.', '=']).next().unwrap();
                    if CRATES.split(' ').any(|known| name.starts_with(known)) {
                        found.insert(name.to_owned());
                    }
                }
            }
        }
    }
    found
}

/// What keys are derived and MACs made for: the text in each call.
fn purposes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut files = rust_files_below("crates/loquet/src");
    files.retain(|file| !file.ends_with("tests.rs"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let calls = ["mac(", ".begin(", " key("].map(|call| code.split(call).skip(1));
        for call in calls.into_iter().flatten() {
            let call = call.split([';', '{']).next().unwrap();
            found.extend(call.split('"').nth(1).map(str::to_owned));
        }
    }
    found
}

#[test]
fn cryptographic_inventory_is_whole() {
    let guide = fs::read_to_string(root().join(GUIDE)).unwrap();
    let (_, inventory) = guide.split_once("\n# Cryptography\n").unwrap();
    let (crates, purposes) = (crates(), purposes());
    assert!(crates.len() > 5 && purposes.len() > 15, "{purposes:?}");
    for used in crates.union(&purposes) {
        let named = inventory.contains(&format!("`{used}`"));
        assert!(named, "{GUIDE} does not list {used:?}");
    }
}
