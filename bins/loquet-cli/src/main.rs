//! loquet-cli.
fn main() {}
