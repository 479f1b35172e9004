//! Decisions about requests, their explanation, and analysis of rules.

pub(crate) mod diff;
pub(crate) mod evaluate;
mod explain;
pub(crate) mod facts;
pub(crate) mod filter;
pub(crate) mod lint;
pub(crate) mod opens;
pub(crate) mod record;
pub(crate) mod shared;
mod tunnel_rules;
pub(crate) mod verdict;
