//! Compiles rules and databases into an index of the address space.

pub(crate) mod error;
mod facts_table;
mod groups;
pub(crate) mod index;
pub(crate) mod limits;
pub(crate) mod line_numbers;
pub(crate) mod outcomes;
pub(crate) mod rule_lists;
pub(crate) mod rule_ranges;
pub(crate) mod rule_table;
pub(crate) mod spans;
pub(crate) mod sweep;
