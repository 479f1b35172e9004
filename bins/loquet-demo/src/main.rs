//! loquet-demo.
fn main() {}
