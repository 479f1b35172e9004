//! Any bytes in a migration URI are an export or a fault.
#![no_main]

#[path = "../../crates/loquet-enrollment/tests/enrollment/checks.rs"]
mod checks;
#[path = "../../crates/loquet-enrollment/tests/enrollment/export_checks.rs"]
mod export_checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    export_checks::check_migration_data(bytes);
});
