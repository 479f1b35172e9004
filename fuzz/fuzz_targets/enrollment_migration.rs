//! Any bytes in a migration URI are an export or a fault.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/support/migration.rs"]
mod migration;
#[path = "../../crates/loquet-enrollment/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    migration::migration_data_is_read_or_refused(bytes);
});
