//! loquet-web.
