//! Replays the fuzzer's corpus, where the repository is at hand.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test may fail loudly and read files"
)]

mod support;

#[cfg(feature = "import-migration")]
#[path = "support/migration.rs"]
mod migration;

/// Hands every input of one target to `check`.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("no corpus at {folder}: nothing to replay");
    };
    let inputs: Vec<_> = entries
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!inputs.is_empty(), "{folder} is empty");
    inputs.iter().for_each(|input| check(input));
}

fn replay_text(target: &str, check: impl Fn(&str)) {
    replay(target, |bytes| check(&String::from_utf8_lossy(bytes)));
}

#[test]
fn uris_of_the_fuzzer_are_read_or_refused_in_place() {
    replay_text(
        "enrollment_uri",
        support::uri_text_is_read_or_refused_in_place,
    );
}

#[test]
fn base32_of_the_fuzzer_is_read_exactly() {
    replay_text("enrollment_base32", support::base32_text_is_read_exactly);
}

#[test]
fn typed_keys_of_the_fuzzer_come_back_in_every_grouping() {
    replay_text(
        "enrollment_manual_key",
        support::typed_text_comes_back_in_every_grouping,
    );
}

#[test]
fn emissions_of_the_fuzzer_are_read_back() {
    replay("enrollment_emission", |bytes| {
        support::Emission::from_bytes(bytes).holds()
    });
}

#[cfg(feature = "import-migration")]
#[test]
fn exports_of_the_fuzzer_are_read_or_refused() {
    replay(
        "enrollment_migration",
        migration::migration_data_is_read_or_refused,
    );
}
