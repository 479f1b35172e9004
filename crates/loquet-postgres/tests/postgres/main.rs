//! `loquet-postgres` over a server of its own.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod contract;
mod support;
