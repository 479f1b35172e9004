//! loquet.
