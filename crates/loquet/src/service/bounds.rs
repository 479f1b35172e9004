//! The numbers that the service keeps to.

/// How often a decision is made again when another process changed what it read.
pub(super) const TRIES: u32 = 16;
/// Compiled access rules that are kept.
pub(super) const FILTERS: usize = 64;
/// Accounts whose organization is remembered.
pub(super) const HOMES: usize = 1 << 16;
/// Longest external id, in bytes.
pub(super) const MAX_EXTERNAL_ID: usize = 256;
