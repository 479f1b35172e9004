//! The rules, told as what people do: the article's sentences, past advisories, and the numbers
//! that the explorer keeps as classes.
#![allow(
    clippy::unwrap_used,
    clippy::unreachable,
    unused_must_use,
    unreachable_pub,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod advisories;
mod article;
mod besides;
mod conformance;
mod effects;
mod facts;
mod house;
mod notices;
mod numbers;
mod random;
mod scenes;
mod what_if;
