//! Proves the lower end of the range of `rusqlite` versions: the lock file has the upper one.
//!
//! A `links` key lets one `rusqlite` live in a build, so this is a build of its own: a package beneath `target/` that
//! takes the lowest version and runs the store's tests.

use std::fs;

use crate::command::{Done, cargo, root, run};

/// The lowest of the range in the workspace's manifest, and its newest patch.
const LOWEST: &str = "0.32.1";

const MANIFEST: &str = r#"[package]
name = "rusqlite-lowest"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[[test]]
name = "sqlite"
path = "CRATES/loquet-sqlite/tests/sqlite/main.rs"

[dev-dependencies]
loquet = { path = "CRATES/loquet", features = ["contract"] }
loquet-policy = { path = "CRATES/loquet-policy" }
loquet-sqlite = { path = "CRATES/loquet-sqlite", features = ["bundled"] }
loquet-testkit = { path = "CRATES/loquet-testkit" }
rusqlite = "=VERSION"
tempfile = "3"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"#;

/// Writes the package, with the versions that the project is locked to, and runs all tests but the slow ones about disks.
pub(crate) fn prove() -> Done {
    let root = root();
    let folder = root.join("target").join("rusqlite-lowest");
    let manifest = MANIFEST
        .replace("CRATES", &root.join("crates").to_string_lossy())
        .replace("VERSION", LOWEST);
    let written = fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(folder.join("src").join("lib.rs"), ""))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).map(|_| ()));
    written.map_err(|why| format!("{}: {why}", folder.display()))?;
    run(cargo([
        "test", "--quiet", "--test", "sqlite", "--", "--skip", "power::", "--skip", "damage::",
    ])
    .current_dir(&folder)
    .env("CARGO_TARGET_DIR", folder.join("target")))
}
