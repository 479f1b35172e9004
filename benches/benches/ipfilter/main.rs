//! One address against 100 rules, 10,000 and the Internet's routing table, beside the crates people use for it.
//!
//! One run is 1000 look-ups. *Independent* look-ups overlap in the processor; each *dependent* one waits for the value
//! that the one before found, as the only look-up of a request does. *In the list* are addresses of its networks,
//! *anywhere* is the whole space, most of it outside of a short list. Beside the plain allow-list stands a policy in
//! which every third network is denied and the longest prefix decides, which no set can express.
//!
//! The routing table is read from `shared/data/routes` beside the project's root; where it is absent, a seeded generator
//! stands in, and the title says so. At the end stand the tables of `docs/measured.md`. `cargo bench --features ipfilter --bench ipfilter -- 'routing table'` asks for some.

mod building;
mod costs;
mod document;
mod lists;
mod look_ups;

use document::Document;
use loquet_ipfilter::Prefix;

fn main() {
    let (table, source) = lists::routes();
    let (v4, v6): (Vec<Prefix>, Vec<Prefix>) =
        table.iter().partition(|prefix| prefix.network().is_ipv4());
    let mut document = Document::default();
    if asked("building") {
        building::building(&v4, &mut document);
    }
    for (name, list) in [
        ("100 rules", lists::sample(&v4, 100)),
        ("10,000 rules", lists::sample(&v4, 10_000)),
        (source, v4.clone()),
    ] {
        if asked(&format!("IPv4, {name}")) {
            look_ups::ipv4(name, &list, &mut document);
        }
    }
    for (name, list) in [
        ("100 rules", lists::sample(&v6, 100)),
        ("10,000 rules", lists::sample(&v6, 10_000)),
        (source, v6.clone()),
    ] {
        if asked(&format!("IPv6, {name}")) {
            look_ups::ipv6(name, &list, &mut document);
        }
    }
    if asked(costs::ONE_ANSWER) {
        costs::one_answer(&v4, &mut document);
    }
    if asked(costs::HEADERS) {
        costs::headers(&mut document);
    }
    document.print();
}

/// Whether the command line asks for something with this in its title, or for everything.
fn asked(title: &str) -> bool {
    std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .is_none_or(|word| title.contains(&word) || word.contains(title))
}
