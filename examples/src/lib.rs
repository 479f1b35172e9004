//! Small programs that embed Loquet: run them with `cargo run --example NAME`.
