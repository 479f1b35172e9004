//! The pages over the real service and a memory store, as browsers without scripts walk through them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod addresses;
mod browser;
mod codes;
mod contrast;
mod devices;
mod guards;
mod hardening;
mod led;
mod letters;
mod mandates;
mod passkeys;
mod path;
mod places;
mod refusals;
mod routes;
mod settings;
mod several;
mod site;
mod sources;
mod tokens;
mod typed;
mod typography;
