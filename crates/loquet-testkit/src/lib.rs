//! loquet-testkit.
