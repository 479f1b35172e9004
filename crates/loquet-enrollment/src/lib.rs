//! loquet-enrollment.
