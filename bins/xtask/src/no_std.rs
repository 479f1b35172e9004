//! Proves that `loquet-otp` needs neither std nor an allocator, with the installed toolchain alone.
//!
//! A `#![no_std]` attribute proves nothing about dependencies. A static library that brings its own
//! panic handler and no allocator does: if anything below it links std, the handler exists twice;
//! if anything links alloc, the allocator is missing. Either way the build fails.

use std::fs;

use crate::command::{Done, cargo, root, run};

const MANIFEST: &str = r#"[package]
name = "no-std-probe"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[lib]
crate-type = ["staticlib"]

[dependencies]
loquet-otp = { path = "PATH", default-features = false }

[profile.dev]
panic = "abort"
"#;

const LIBRARY: &str = r#"#![no_std]
extern crate loquet_otp;
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;

/// Writes the probe beneath `target/`, with the versions that the project is locked to, and builds it.
pub(crate) fn prove() -> Done {
    let root = root();
    let folder = root.join("target").join("no-std-probe");
    let engine = root.join("crates").join("loquet-otp");
    let manifest = MANIFEST.replace("PATH", &engine.to_string_lossy());
    let written = fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(folder.join("src").join("lib.rs"), LIBRARY))
        .and_then(|()| fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).map(|_| ()));
    written.map_err(|why| format!("{}: {why}", folder.display()))?;
    run(cargo(["build", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target")))
}
