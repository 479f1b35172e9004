//! Replays the fuzz corpus and runs the same checks on generated input.
use std::path::Path;

use proptest::prelude::*;

use crate::support;

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
fn fuzz_corpus_satisfies_invariants() {
    replay("ipfilter_prefix", text(support::check_prefix_and_import));
    replay("ipfilter_rules", text(support::check_rules_and_filter));
    replay("ipfilter_client", support::check_client_resolution);
    replay("ipfilter_index", support::check_index_of_many_networks);
    #[cfg(feature = "maxmind")]
    replay("ipfilter_mmdb", support::check_database);
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

/// Generates chains around the length limit, with hops that end the walk somewhere in them.
fn chain() -> impl Strategy<Value = String> {
    let proxy = "for=(10\\.0\\.0\\.[1-9]|\"\\[fd00::[1-9]\\](:80)?\")(;proto=https)?";
    let end = prop_oneof![
        Just("for=192.0.2.1".to_owned()),
        Just("for=unknown".to_owned()),
        Just("for=\"_a:_b\";host=\"a,b;c\\\"\"".to_owned()),
        "for=(10\\.0\\.0|\"open)|proto=http|for=10.0.0.1;for=10.0.0.2",
    ];
    let proxies = prop::collection::vec(proxy, 24..40);
    let end = (any::<prop::sample::Index>(), end, any::<bool>());
    (proxies, prop::collection::vec(end, 0..3)).prop_map(|(mut hops, ends)| {
        for (at, end, is_line) in ends {
            let at = at.index(hops.len());
            hops.insert(at, end);
            if is_line {
                hops.insert(at, "\n".to_owned());
            }
        }
        let lines = hops.join(",").replace(",\n,", "\n");
        let lines = lines.trim_start_matches("\n,");
        let list = lines.replace("for=", "").replace('"', "");
        let named = |name: &str, lines: &str| {
            let lines: Vec<String> = lines
                .lines()
                .map(|line| format!("{name}: {line}"))
                .collect();
            lines.join("\n")
        };
        format!(
            "{}\n{}",
            named("Forwarded", lines),
            named("X-Forwarded-For", &list)
        )
    })
}

proptest! {
    #[test]
    fn long_chains_satisfy_invariants(lines in chain()) {
        support::check_client_resolution(lines.as_bytes());
    }

    #[test]
    fn generated_headers_satisfy_invariants(lines in prop::collection::vec(header(), 0..4)) {
        support::check_client_resolution(lines.join("\n").as_bytes());
    }

    #[test]
    fn generated_lists_satisfy_invariants(text in "([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,2}|-[0-9.]{7,12})?(\n[ -~]{0,20})?") {
        support::check_prefix_and_import(&text);
    }
}
