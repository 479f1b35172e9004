//! loquet-policy.
