//! Small programs that embed Loquet: run them with `cargo run --example NAME`.

/// The README's quick start compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
