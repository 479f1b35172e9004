//! Builds of other packages, written beneath `target/`, that prove what no build of the workspace can.

use std::fs;
use std::io;
use std::path::Path;

use crate::command::{Done, cargo, program, root, run};

const NO_STD_MANIFEST: &str = r#"[package]
name = "no-std-probe"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[lib]
crate-type = ["staticlib"]

[dependencies]
loquet-otp = { path = "../../crates/loquet-otp", default-features = false }

[profile.dev]
panic = "abort"
"#;

const NO_STD_LIBRARY: &str = r#"#![no_std]
extern crate loquet_otp;
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
"#;

/// Proves that `loquet-otp` needs neither std nor an allocator, with the installed toolchain alone.
///
/// A `#![no_std]` attribute proves nothing about dependencies. A static library that brings its own
/// panic handler and no allocator does: if anything below it links std, the handler exists twice;
/// if anything links alloc, the allocator is missing. Either way the build fails.
pub(crate) fn no_std() -> Done {
    let folder = root().join("target").join("no-std-probe");
    let write = || {
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), NO_STD_MANIFEST)?;
        fs::write(folder.join("src").join("lib.rs"), NO_STD_LIBRARY)?;
        copy_lock_file(&folder)
    };
    write().map_err(|why| format!("{}: {why}", folder.display()))?;
    run(cargo("build --quiet").current_dir(&folder))
}

/// The lowest rusqlite of the range in the workspace's manifest, and its newest patch.
const LOWEST_RUSQLITE: &str = "0.32.1";

/// Runs the store's tests over the lowest version of rusqlite; the lock file has the highest.
///
/// A `links` key lets one rusqlite live in a build, so this is the same workspace, by links to its
/// folders, with a lock file of its own. The slow tests about disks are left out.
pub(crate) fn lowest_rusqlite() -> Done {
    let folder = root().join("target").join("rusqlite-lowest");
    fs::create_dir_all(&folder)
        .and_then(|()| copy_lock_file(&folder))
        .map_err(|why| format!("{}: {why}", folder.display()))?;
    let shared = ["Cargo.toml", "crates", "bins", "examples"].map(|name| root().join(name));
    run(program("ln", ["-sf", "-t", "."])
        .args(shared)
        .current_dir(&folder))?;
    let update = format!("update --quiet --package rusqlite --precise {LOWEST_RUSQLITE}");
    run(cargo(&update).current_dir(&folder))?;
    let test = "nextest run --cargo-quiet --package loquet-sqlite --all-features \
        --no-fail-fast --status-level slow --final-status-level fail -E";
    run(cargo(test)
        .arg("not test(/power::|damage::/)")
        .current_dir(&folder))
}

/// The versions that the project is locked to.
fn copy_lock_file(folder: &Path) -> io::Result<()> {
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).map(|_| ())
}
