//! Rules as operators write them: their parts, their text and their limits.

mod display;
mod networks;
pub(crate) mod rule;
pub(crate) mod rule_set;
mod text;
pub(crate) mod text_error;
mod tokens;
pub(crate) mod values;
