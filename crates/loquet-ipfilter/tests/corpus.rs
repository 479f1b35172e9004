//! The inputs that fuzzing found interesting, replayed, and the same checks on generated input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and this one reads files"
)]

mod support;

use std::path::Path;

use proptest::prelude::*;

fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut count = 0_usize;
    for entry in std::fs::read_dir(folder).unwrap() {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        count = count.saturating_add(1);
    }
    assert!(count > 0, "an empty corpus proves nothing");
}

fn text(check: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| {
        if let Ok(text) = core::str::from_utf8(bytes) {
            check(text);
        }
    }
}

#[test]
fn the_corpus_of_every_target_holds() {
    replay(
        "ipfilter_prefix",
        text(support::a_network_reads_back_and_an_imported_list_is_sorted),
    );
    replay(
        "ipfilter_rules",
        text(support::rules_read_back_and_the_filter_answers_as_the_rules_do),
    );
    replay("ipfilter_record", text(support::an_audit_line_reads_back));
    replay(
        "ipfilter_client",
        support::a_named_client_depends_on_proxies_alone,
    );
    replay(
        "ipfilter_index",
        support::many_networks_are_decided_as_their_spans_say,
    );
    #[cfg(feature = "maxmind")]
    replay("ipfilter_mmdb", support::a_database_is_read_or_refused);
}

fn header() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "X-Forwarded-For",
        "Forwarded",
        "x_forwarded_for",
        "Host",
    ]);
    let hop = prop_oneof![
        "(for=)?(10|192)\\.0\\.[0-9]\\.[0-9]",
        "(for=\")?\\[?fd00::[0-9]\\]?\"?",
        "[ -~]{0,8}"
    ];
    (name, prop::collection::vec(hop, 0..5))
        .prop_map(|(name, hops)| format!("{name}: {}", hops.join(", ")))
}

proptest! {
    #[test]
    fn headers_hold(lines in prop::collection::vec(header(), 0..4)) {
        support::a_named_client_depends_on_proxies_alone(lines.join("\n").as_bytes());
    }

    #[test]
    fn lines_hold(text in "([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,2}|-[0-9.]{7,12})?(\n[ -~]{0,20})?") {
        support::a_network_reads_back_and_an_imported_list_is_sorted(&text);
    }
}
