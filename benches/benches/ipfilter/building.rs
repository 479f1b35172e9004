//! From text to filter, and from two filters to what changes.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use loquet_ipfilter::{Filter, Prefix, Rules, diff};

use crate::document::Document;
use crate::lists::Seeded;

/// From text to filter, and what changes between two policies. Processor time of this thread, where Linux tells it:
/// others' load does not count.
pub fn building(list: &[Prefix], document: &mut Document) {
    let text = |list: &[Prefix]| {
        let mut text = String::from("precedence most-specific\n");
        for (at, prefix) in list.iter().enumerate() {
            let word = if at % 3 == 0 { "deny" } else { "allow" };
            text.push_str(&format!("{word} {prefix}\n"));
        }
        text
    };
    let sorted = text(list);
    let mut mixed = list.to_vec();
    let mut seeded = Seeded(6);
    for at in (1..mixed.len()).rev() {
        mixed.swap(at, seeded.below(at + 1));
    }
    for (order, text) in [("sorted", &sorted), ("shuffled", &text(&mixed))] {
        let mut best = [f64::MAX; 2];
        for _ in 0..7 {
            let begun = spent();
            let rules = Rules::parse_text(text).expect("rules");
            let parsed = spent();
            let filter = Filter::compile(&rules, None).expect("a filter");
            let built = spent();
            drop(black_box(filter));
            best = [best[0].min(parsed - begun), best[1].min(built - begun)];
        }
        println!(
            "building from {} lines, {order}: {:.0} ms, of these {:.0} ms for the text",
            list.len(),
            best[1] * 1e3,
            best[0] * 1e3
        );
        let [text, whole] = best.map(|seconds| seconds * 1e3);
        document.building(
            &format!("{} lines of text to a filter, {order}", list.len()),
            format!("{whole:.0} ms, of these {text:.0} for the text"),
        );
    }
    let filter = |text: &str| {
        Filter::compile(&Rules::parse_text(text).expect("rules"), None).expect("a filter")
    };
    let (before, after) = (
        filter(&sorted),
        filter(&sorted.replacen("deny", "allow", 1_000)),
    );
    let begun = spent();
    let found = diff(&before, &after);
    let milliseconds = (spent() - begun) * 1e3;
    document.building(
        "exact difference of two such policies, every address",
        format!("{milliseconds:.0} ms"),
    );
    println!(
        "exact difference of two such policies: {milliseconds:.0} ms, {} runs of addresses",
        found.iter().map(|one| one.changes.len()).sum::<usize>()
    );
}

/// Seconds that this thread has had a processor, or that have gone by where the system does not say.
fn spent() -> f64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanoseconds = told
        .ok()
        .and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed().as_secs_f64(), |spent| spent / 1e9)
}
