//! One address against 100 rules, 10,000 and the Internet's routing table, beside the crates people use for it.
//!
//! One run is 1000 look-ups. *Independent* look-ups overlap in the processor; each *dependent* one waits for the value
//! that the one before found, as the only look-up of a request does. *In the list* are addresses of its networks,
//! *anywhere* is the whole space, most of it outside of a short list. Beside the plain allow-list stands a policy in
//! which every third network is denied and the longest prefix decides, which no set can express.
//!
//! The routing table is read from `shared/data/routes` beside the project's root; where it is absent, a seeded generator
//! stands in, and the title says so. At the end stand the tables of `docs/measured.md`. `cargo bench --features ipfilter --bench ipfilter -- 'routing table'` asks for some.

#[path = "ipfilter/document.rs"]
mod document;

use std::hint::black_box;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::Instant;

use document::Document;
use ip_network::{IpNetwork, Ipv4Network, Ipv6Network};
use ip_network_table::IpNetworkTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iprange::IpRange;
use iptrie::map::RTrieMap;
use loquet_benches::{Case, case, compare};
use loquet_ipfilter::{
    Asn, ClientAddress, Country, Filter, Geo, HeaderKind, Origin, Precedence, Prefix, Rule, Rules,
    TrustedProxies, diff,
};
use poptrie::Poptrie;
use prefix_trie::{PrefixMap, PrefixSet};

const RUN: usize = 1000;

/// How many different addresses are asked about, a power of two: more than a branch predictor remembers.
const ASKED: usize = 1 << 16;

fn main() {
    let (table, source) = routes();
    let (v4, v6): (Vec<Prefix>, Vec<Prefix>) = table.iter().partition(|prefix| prefix.is_v4());
    let mut document = Document::default();
    if asked("building") {
        building(&v4, &mut document);
    }
    for (name, list) in [
        ("100 rules", sample(&v4, 100)),
        ("10,000 rules", sample(&v4, 10_000)),
        (source, v4.clone()),
    ] {
        if asked(&format!("IPv4, {name}")) {
            ipv4(name, &list, &mut document);
        }
    }
    for (name, list) in [
        ("100 rules", sample(&v6, 100)),
        ("10,000 rules", sample(&v6, 10_000)),
        (source, v6.clone()),
    ] {
        if asked(&format!("IPv6, {name}")) {
            ipv6(name, &list, &mut document);
        }
    }
    if asked(ONE_ANSWER) {
        one_answer(&v4, &mut document);
    }
    if asked(HEADERS) {
        headers(&mut document);
    }
    document.print();
}

const ONE_ANSWER: &str = "place, address, operator and precedence in one answer";
const HEADERS: &str = "from headers to verdict, one request";

fn routes() -> (Vec<Prefix>, &'static str) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/routes/bgp-prefixes.txt.gz"
    );
    let Ok(file) = std::fs::File::open(path) else {
        return (generated(), "generated table");
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("a readable table");
    (
        text.lines()
            .map(|line| line.parse().expect("a prefix"))
            .collect(),
        "routing table",
    )
}

/// Whether the command line asks for something with this in its title, or for everything.
fn asked(title: &str) -> bool {
    std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .is_none_or(|word| title.contains(&word) || word.contains(title))
}

/// SplitMix64: the same numbers on every run.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Blocks of neighbouring /24s in allocated space, roughly as the Internet announces them.
fn generated() -> Vec<Prefix> {
    let mut seeded = Seeded(1);
    let mut found = std::collections::BTreeSet::new();
    while found.len() < 900_000 {
        let block = (seeded.next() as u32 % 0xdf00_0000) & 0xffff_0000;
        for _ in 0..seeded.below(60) {
            let len = [16, 19, 20, 21, 22, 22, 23, 24, 24, 24, 24, 24][seeded.below(12)];
            let bits = (block | (seeded.next() as u32 & 0xffff)) & (u32::MAX << (32 - len));
            found.insert(
                Prefix::new(Ipv4Addr::from_bits(bits).into(), len as u8).expect("no host bits"),
            );
        }
    }
    let mut six = std::collections::BTreeSet::new();
    while six.len() < 160_000 {
        let block = (0x2000_u128 << 112) | (u128::from(seeded.next() & 0x0fff_ffff) << 96);
        for _ in 0..seeded.below(12) {
            let len = [32, 32, 36, 40, 44, 48, 48, 48, 48][seeded.below(9)];
            let bits =
                (block | (u128::from(seeded.next() & 0xffff) << 80)) & (u128::MAX << (128 - len));
            six.insert(
                Prefix::new(Ipv6Addr::from_bits(bits).into(), len as u8).expect("no host bits"),
            );
        }
    }
    found.into_iter().chain(six).collect()
}

fn sample(list: &[Prefix], count: usize) -> Vec<Prefix> {
    let mut seeded = Seeded(2);
    let mut found = std::collections::BTreeSet::new();
    while found.len() < count {
        found.insert(list[seeded.below(list.len())]);
    }
    found.into_iter().collect()
}

fn bits4(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => v4.to_bits(),
        IpAddr::V6(_) => unreachable!("only IPv4 here"),
    }
}

fn bits6(address: IpAddr) -> u128 {
    match address {
        IpAddr::V6(v6) => v6.to_bits(),
        IpAddr::V4(_) => unreachable!("only IPv6 here"),
    }
}

/// An allow-list of every prefix, or with `denied` every third of them denied and the longest prefix deciding.
fn filter(list: &[Prefix], denied: bool) -> Filter {
    let mut rules = Rules::new();
    if denied {
        rules.set_precedence(Precedence::MostSpecific);
    }
    for (at, prefix) in list.iter().enumerate() {
        let rule = if denied && at % 3 == 0 {
            Rule::deny()
        } else {
            Rule::allow()
        };
        rules.add_rule(rule.from_prefix(*prefix)).expect("a rule");
    }
    Filter::compile(&rules, None).expect("rules that compile")
}

/// What one look-up found, as a number that is not known before it is over: a stored value, a length, a verdict.
type Found = usize;

/// 1000 look-ups, each on its own.
fn run<'a, A: Copy + 'a>(
    name: &'static str,
    asked: &[A],
    look_up: impl Fn(A) -> Found + 'a,
) -> Case<'a> {
    let mut at = 0;
    let asked = asked.to_vec();
    case(name, move || {
        let mut sum = 0_usize;
        for _ in 0..RUN {
            sum = sum.wrapping_add(look_up(asked[at]));
            at = (at + 1) & (asked.len() - 1);
        }
        sum
    })
}

/// 1000 look-ups, each of an address that the value before helps to choose.
fn chain<'a, A: Copy + 'a>(
    name: &'static str,
    asked: &[A],
    look_up: impl Fn(A) -> Found + 'a,
) -> Case<'a> {
    let mut at = 0;
    let asked = asked.to_vec();
    case(name, move || {
        let mut last = 0_usize;
        for _ in 0..RUN {
            last = look_up(asked[(at ^ (last & 1)) & (asked.len() - 1)]);
            at += 2;
        }
        last
    })
}

macro_rules! compare_all {
    ($document:expr, $family:literal, $name:expr, $what:expr, $asked:expr, [$($case:literal => $look_up:expr),* $(,)?], [$($short:literal => $scan:expr),* $(,)?]) => {
        for order in ["independent", "dependent"] {
            let mut cases = if order == "independent" {
                vec![$(run($case, $asked, $look_up)),*]
            } else {
                vec![$(chain($case, $asked, $look_up)),*]
            };
            if $name == "100 rules" {
                cases.extend(if order == "independent" {
                    [$(run($short, $asked, $scan)),*]
                } else {
                    [$(chain($short, $asked, $scan)),*]
                });
            }
            let title = format!("{}, {}, addresses {}, {order}", $family, $name, $what);
            let table = compare(&title, "prefix-trie map", cases);
            if $what == "in the list" && $name != "10,000 rules" {
                $document.column(format!("{}, {order}", list_of($family, $name)), table.rows(), RUN);
            }
            if $what == "in the list" && $name == "routing table" {
                let targets = match ($family, order) {
                    ("IPv4", "independent") => Some(1.0 / 8.0),
                    ("IPv4", _) => Some(1.0 / 4.0),
                    (_, "independent") => Some(1.0 / 2.5),
                    _ => None,
                };
                for (at_most, name) in targets.iter().flat_map(|at_most| [(at_most, "loquet"), (at_most, "loquet, denies too")]) {
                    table.target(name, *at_most);
                }
            }
        }
    };
}

fn ipv4(name: &str, list: &[Prefix], document: &mut Document) {
    let (allow, mixed) = (filter(list, false), filter(list, true));
    say_bytes(
        document,
        "IPv4",
        name,
        list,
        allow.index_bytes().0,
        mixed.index_bytes().0,
    );
    let keys = || {
        list.iter()
            .map(|prefix| (bits4(prefix.network()), prefix.len()))
    };
    let nets =
        || keys().map(|(bits, len)| Ipv4Net::new(Ipv4Addr::from_bits(bits), len).expect("a net"));
    let map: PrefixMap<Ipv4Net, u32> = nets().zip(0..).collect();
    let set: PrefixSet<Ipv4Net> = nets().collect();
    let mut table = IpNetworkTable::new();
    for (at, (bits, len)) in keys().enumerate() {
        let network = Ipv4Network::new(Ipv4Addr::from_bits(bits), len).expect("a network");
        table.insert(IpNetwork::V4(network), at as u32);
    }
    let mut trie = RTrieMap::<Ipv4Net, u32>::new();
    for (net, at) in nets().zip(1..) {
        trie.insert(net, at);
    }
    let trie = trie.compress();
    let pop: Poptrie<(u32, u8), u32> = keys().zip(0..).collect();
    let mut range: IpRange<Ipv4Net> = nets().collect();
    range.simplify();
    let linear: Vec<(u32, u32)> = keys()
        .map(|(bits, len)| (bits, u32::MAX << (32 - len)))
        .collect();

    let mut seeded = Seeded(3);
    let inside: Vec<Ipv4Addr> = (0..ASKED)
        .map(|_| {
            let prefix = list[seeded.below(list.len())];
            let host = (seeded.next() as u32)
                .checked_shr(prefix.len().into())
                .unwrap_or(0);
            Ipv4Addr::from_bits(bits4(prefix.network()) | host)
        })
        .collect();
    let anywhere: Vec<Ipv4Addr> = (0..ASKED)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    let host = |address: Ipv4Addr| Ipv4Net::new(address, 32).expect("a host");
    for (what, asked) in [("in the list", &inside), ("anywhere", &anywhere)] {
        compare_all!(document, "IPv4", name, what, asked, [
            "loquet" => |a: Ipv4Addr| allow.decide(&Origin::at(a.into())) as Found,
            "loquet, denies too" => |a: Ipv4Addr| mixed.decide(&Origin::at(a.into())) as Found,
            "prefix-trie map" => |a: Ipv4Addr| map.get_lpm(&host(a)).map_or(0, |(_, at)| *at as Found),
            "prefix-trie set" => |a: Ipv4Addr| set.get_lpm(&host(a)).map_or(0, |net| net.prefix_len().into()),
            "ip_network_table" => |a: Ipv4Addr| table.longest_match_ipv4(a).map_or(0, |(_, at)| *at as Found),
            "iptrie" => |a: Ipv4Addr| *trie.lookup(&a).1 as Found,
            "poptrie" => |a: Ipv4Addr| pop.lookup(a.to_bits()).map_or(0, |at| *at as Found),
            "iprange" => |a: Ipv4Addr| range.contains(&a).into(),
        ], [
            "linear scan" => |a: Ipv4Addr| linear.iter().any(|(base, mask)| a.to_bits() & mask == *base).into(),
        ]);
    }
}

fn ipv6(name: &str, list: &[Prefix], document: &mut Document) {
    let (allow, mixed) = (filter(list, false), filter(list, true));
    say_bytes(
        document,
        "IPv6",
        name,
        list,
        allow.index_bytes().1,
        mixed.index_bytes().1,
    );
    let keys = || {
        list.iter()
            .map(|prefix| (bits6(prefix.network()), prefix.len()))
    };
    let nets =
        || keys().map(|(bits, len)| Ipv6Net::new(Ipv6Addr::from_bits(bits), len).expect("a net"));
    let map: PrefixMap<Ipv6Net, u32> = nets().zip(0..).collect();
    let set: PrefixSet<Ipv6Net> = nets().collect();
    let mut table = IpNetworkTable::new();
    for (at, (bits, len)) in keys().enumerate() {
        let network = Ipv6Network::new(Ipv6Addr::from_bits(bits), len).expect("a network");
        table.insert(IpNetwork::V6(network), at as u32);
    }
    let pop: Poptrie<(u128, u8), u32> = keys().zip(0..).collect();
    let linear: Vec<(u128, u128)> = keys()
        .map(|(bits, len)| (bits, u128::MAX << (128 - len)))
        .collect();
    let mut seeded = Seeded(4);
    let inside: Vec<Ipv6Addr> = (0..ASKED)
        .map(|_| {
            let prefix = list[seeded.below(list.len())];
            let host = (u128::from(seeded.next()) << 64) | u128::from(seeded.next());
            let host = host.checked_shr(prefix.len().into()).unwrap_or(0);
            Ipv6Addr::from_bits(bits6(prefix.network()) | host)
        })
        .collect();
    // Beside a network of the list: the whole space is empty but for a few /12s, where every structure stops at once.
    let beside: Vec<Ipv6Addr> = inside
        .iter()
        .map(|address| Ipv6Addr::from_bits(address.to_bits() ^ (1 << (80 + seeded.below(16)))))
        .collect();
    let host = |address: Ipv6Addr| Ipv6Net::new(address, 128).expect("a host");
    for (what, asked) in [("in the list", &inside), ("beside the list", &beside)] {
        compare_all!(document, "IPv6", name, what, asked, [
            "loquet" => |a: Ipv6Addr| allow.decide(&Origin::at(a.into())) as Found,
            "loquet, denies too" => |a: Ipv6Addr| mixed.decide(&Origin::at(a.into())) as Found,
            "prefix-trie map" => |a: Ipv6Addr| map.get_lpm(&host(a)).map_or(0, |(_, at)| *at as Found),
            "prefix-trie set" => |a: Ipv6Addr| set.get_lpm(&host(a)).map_or(0, |net| net.prefix_len().into()),
            "ip_network_table" => |a: Ipv6Addr| table.longest_match_ipv6(a).map_or(0, |(_, at)| *at as Found),
            "poptrie" => |a: Ipv6Addr| pop.lookup(a.to_bits()).map_or(0, |at| *at as Found),
        ], [
            "linear scan" => |a: Ipv6Addr| linear.iter().any(|(base, mask)| a.to_bits() & mask == *base).into(),
        ]);
    }
}

/// What a list is called in the document.
fn list_of(family: &str, name: &str) -> String {
    match name {
        "100 rules" => format!("100 {family} rules"),
        _ => format!("{family} table"),
    }
}

fn say_bytes(
    document: &mut Document,
    family: &str,
    name: &str,
    list: &[Prefix],
    allow: usize,
    mixed: usize,
) {
    let each = |bytes: usize| bytes as f64 / list.len() as f64;
    if name != "10,000 rules" {
        document.bytes(&list_of(family, name), each(allow), each(mixed));
    }
    println!(
        "\n{family}, {name}: {} networks; an allow-list takes {allow} bytes, {:.2} each; with denies {mixed}, {:.2} each",
        list.len(),
        each(allow),
        each(mixed)
    );
}

/// Place, address, network operator and precedence in one answer, beside one look-up in a country database.
fn one_answer(v4: &[Prefix], document: &mut Document) {
    let country =
        |at: usize| Country::from_code(["CA", "US", "FR", "BR", "DE"][at % 5]).expect("a country");
    let countries = v4
        .iter()
        .enumerate()
        .map(|(at, prefix)| (*prefix, country(at / 64)));
    let asns = v4
        .iter()
        .enumerate()
        .map(|(at, prefix)| (*prefix, Asn(at as u32 / 16)));
    let geo = Geo::default()
        .with_countries(1, countries)
        .with_asns(1, asns);
    let text = "precedence most-specific\nplace \"Canada\" = country CA\nallow place \"Canada\"\ndeny asn 7 8 9\n\
                allow 24.48.0.0/16\ndeny 24.48.7.0/24\ndeny country BR asn 100 200 300\nallow country FR\n";
    let rules = Rules::parse_text(text).expect("rules");
    let filter = Filter::compile(&rules, Some(&geo)).expect("a filter");
    let mut seeded = Seeded(5);
    let asked: Vec<Ipv4Addr> = (0..ASKED)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/geoip/GeoIP2-Country-Test.mmdb"
    );
    let reader = maxminddb::Reader::open_readfile(path).ok();
    let mut cases = vec![
        run("loquet", &asked, |a: Ipv4Addr| {
            filter.decide(&Origin::at(a.into())) as Found
        }),
        run("loquet with its rule", &asked, |a: Ipv4Addr| {
            filter.check(&Origin::at(a.into())).decision as Found
        }),
    ];
    if let Some(reader) = &reader {
        cases.push(run("maxminddb, one look-up", &asked, |a: Ipv4Addr| {
            let found = reader.lookup(a.into()).expect("a look-up");
            found
                .decode::<maxminddb::geoip2::Country>()
                .expect("a record")
                .is_some()
                .into()
        }));
    }
    let table = compare(ONE_ANSWER, "loquet", cases);
    for row in table.rows() {
        let (nanoseconds, ratio) = (row.nanoseconds / RUN as f64, row.ratio);
        document.cost(
            &format!("{ONE_ANSWER}: {}", row.name),
            format!(
                "{nanoseconds:.0} ns, {ratio:.1} times, {} allocations",
                row.allocations / RUN as u64
            ),
        );
    }
    println!("its index: {} bytes", filter.index_bytes().0);
}

fn headers(document: &mut Document) {
    let trusted =
        TrustedProxies::new(["10.0.0.0/8", "2001:db8::/32"].map(|p| p.parse().expect("a prefix")));
    let trusted = trusted.expect("proxies");
    let list = ClientAddress::Behind(HeaderKind::XForwardedFor, trusted.clone());
    let rfc = ClientAddress::Behind(HeaderKind::Forwarded, trusted);
    let rules = Rules::parse_text("default deny\nallow 203.0.113.0/24\ndeny 203.0.113.64/26")
        .expect("rules");
    let filter = Filter::compile(&rules, None).expect("a filter");
    let others = [
        "host",
        "user-agent",
        "accept",
        "accept-language",
        "accept-encoding",
        "cookie",
        "dnt",
        "connection",
    ];
    let lines = |name: &'static str, value: &'static str| {
        let mut lines: Vec<(&[u8], &[u8])> = others
            .iter()
            .map(|name| (name.as_bytes(), &b"something"[..]))
            .collect();
        lines.push((name.as_bytes(), value.as_bytes()));
        lines
    };
    let xff = lines("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.0.0.3");
    let forwarded = lines(
        "forwarded",
        "for=198.51.100.7, for=203.0.113.9;proto=https, for=10.0.0.3",
    );
    let peer = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    let answer = |client: &ClientAddress, lines: &[(&'static [u8], &'static [u8])]| {
        let address = client
            .resolve(black_box(peer), lines.iter().copied())
            .address;
        filter.check(&Origin {
            address,
            ..Origin::default()
        })
    };
    let table = compare(
        HEADERS,
        "x-forwarded-for",
        vec![
            case("x-forwarded-for", || answer(&list, black_box(&xff))),
            case("forwarded", || answer(&rfc, black_box(&forwarded))),
        ],
    );
    for row in table.rows() {
        document.cost(
            &format!("{HEADERS}: {}", row.name),
            format!("{:.0} ns, {} allocations", row.nanoseconds, row.allocations),
        );
    }
}

/// From text to filter, and what changes between two policies. Processor time of this thread, where Linux tells it:
/// others' load does not count.
fn building(list: &[Prefix], document: &mut Document) {
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
