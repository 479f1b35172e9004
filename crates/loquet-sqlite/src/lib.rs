//! loquet-sqlite.
