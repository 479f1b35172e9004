//! One address against 100 rules, 10,000 and the Internet's routing table, beside the crates people use for it.
//!
//! One run is 1000 look-ups. *Independent* look-ups overlap in the processor; each *dependent* one waits for the answer
//! before, as the only look-up of a request does. The routing table is read from `shared/data/routes` beside the
//! project's root; where it is absent, a seeded generator stands in, and the title says so.

use std::hint::black_box;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use ip_network::{IpNetwork, Ipv4Network, Ipv6Network};
use ip_network_table::IpNetworkTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iprange::IpRange;
use iptrie::map::RTrieMap;
use loquet_benches::{Case, case, compare};
use loquet_ipfilter::{
    Asn, ClientAddress, Country, Decision, Filter, Geo, HeaderKind, Origin, Prefix, Rule, Rules,
    TrustedProxies, diff,
};
use poptrie::Poptrie;
use prefix_trie::{PrefixMap, PrefixSet};

const RUN: usize = 1000;

fn main() {
    let (table, source) = routes();
    let (v4, v6): (Vec<Prefix>, Vec<Prefix>) = table.iter().partition(|prefix| prefix.is_v4());
    if asked("building") {
        building(&table);
    }
    for (name, list) in [
        ("100 rules", sample(&v4, 100)),
        ("10,000 rules", sample(&v4, 10_000)),
        (source, v4.clone()),
    ] {
        ipv4(name, &list);
    }
    for (name, list) in [("100 rules", sample(&v6, 100)), (source, v6.clone())] {
        ipv6(name, &list);
    }
    one_answer(&v4);
    headers();
}

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

/// Whether the command line asks for this, or for everything.
fn asked(title: &str) -> bool {
    std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .is_none_or(|word| title.contains(&word))
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

/// An allow-list of every prefix.
fn allow_list(list: &[Prefix]) -> Filter {
    let mut rules = Rules::new();
    for prefix in list {
        rules
            .add_rule(Rule::allow().from_prefix(*prefix))
            .expect("a rule");
    }
    Filter::compile(&rules, None).expect("rules that compile")
}

/// 1000 look-ups; with `chained`, the answer before goes into the next address.
fn run<'a, A: Copy + 'a>(
    name: &'static str,
    asked: &[A],
    look_up: impl Fn(A) -> bool + 'a,
) -> Case<'a> {
    let mut at = 0;
    let asked = asked.to_vec();
    case(name, move || {
        let mut hits = 0_usize;
        for _ in 0..RUN {
            hits += usize::from(look_up(asked[at]));
            at = (at + 1) & (asked.len() - 1);
        }
        hits
    })
}

fn chain<'a, A: Copy + 'a>(
    name: &'static str,
    asked: &[A],
    look_up: impl Fn(A) -> bool + 'a,
) -> Case<'a> {
    let mut at = 0;
    let asked = asked.to_vec();
    case(name, move || {
        let mut hits = 0_usize;
        let mut last = 0_usize;
        for _ in 0..RUN {
            // The next address is not known before this answer is.
            last = usize::from(look_up(asked[(at ^ last) & (asked.len() - 1)]));
            hits += last;
            at += 2;
        }
        hits
    })
}

fn ipv4(name: &str, list: &[Prefix]) {
    let filter = allow_list(list);
    let bytes = filter.index_bytes().0;
    println!(
        "\nIPv4, {name}: {bytes} bytes, {:.2} a prefix",
        bytes as f64 / list.len() as f64
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
    let inside: Vec<Ipv4Addr> = (0..1 << 14)
        .map(|_| {
            let prefix = list[seeded.below(list.len())];
            let host = (seeded.next() as u32)
                .checked_shr(prefix.len().into())
                .unwrap_or(0);
            Ipv4Addr::from_bits(bits4(prefix.network()) | host)
        })
        .collect();
    let anywhere: Vec<Ipv4Addr> = (0..1 << 14)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    for (what, asked) in [("in the list", &inside), ("anywhere", &anywhere)] {
        for order in ["independent", "dependent"] {
            macro_rules! cases {
                ($($name:literal => $look_up:expr),* $(,)?) => {
                    if order == "independent" { vec![$(run($name, asked, $look_up)),*] } else { vec![$(chain($name, asked, $look_up)),*] }
                };
            }
            let host = |address: Ipv4Addr| Ipv4Net::new(address, 32).expect("a host");
            let mut cases = cases![
                "loquet" => |a: Ipv4Addr| filter.decide(&Origin::at(a.into())) == Decision::Allow,
                "prefix-trie map" => |a: Ipv4Addr| map.get_lpm(&host(a)).is_some(),
                "prefix-trie set" => |a: Ipv4Addr| set.get_lpm(&host(a)).is_some(),
                "ip_network_table" => |a: Ipv4Addr| table.longest_match_ipv4(a).is_some(),
                "iptrie" => |a: Ipv4Addr| *trie.lookup(&a).1 != 0,
                "poptrie" => |a: Ipv4Addr| pop.lookup(a.to_bits()).is_some(),
                "iprange" => |a: Ipv4Addr| range.contains(&a),
            ];
            if list.len() <= 100 {
                cases.extend(cases![
                    "linear scan" => |a: Ipv4Addr| linear.iter().any(|(base, mask)| a.to_bits() & mask == *base),
                ]);
            }
            let title = format!("IPv4, {name}, addresses {what}, {order}");
            compare(&title, "prefix-trie map", cases);
        }
    }
}

fn ipv6(name: &str, list: &[Prefix]) {
    let filter = allow_list(list);
    let bytes = filter.index_bytes().1;
    println!(
        "\nIPv6, {name}: {bytes} bytes, {:.2} a prefix",
        bytes as f64 / list.len() as f64
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
    let mut seeded = Seeded(4);
    let asked: Vec<Ipv6Addr> = (0..1 << 14)
        .map(|_| {
            let prefix = list[seeded.below(list.len())];
            let host = (u128::from(seeded.next()) << 64) | u128::from(seeded.next());
            let host = host.checked_shr(prefix.len().into()).unwrap_or(0);
            Ipv6Addr::from_bits(bits6(prefix.network()) | host)
        })
        .collect();
    let host = |address: Ipv6Addr| Ipv6Net::new(address, 128).expect("a host");
    for order in ["independent", "dependent"] {
        macro_rules! cases {
            ($($name:literal => $look_up:expr),* $(,)?) => {
                if order == "independent" { vec![$(run($name, &asked, $look_up)),*] } else { vec![$(chain($name, &asked, $look_up)),*] }
            };
        }
        let title = format!("IPv6, {name}, addresses in the list, {order}");
        compare(
            &title,
            "prefix-trie map",
            cases![
                "loquet" => |a: Ipv6Addr| filter.decide(&Origin::at(a.into())) == Decision::Allow,
                "prefix-trie map" => |a: Ipv6Addr| map.get_lpm(&host(a)).is_some(),
                "prefix-trie set" => |a: Ipv6Addr| set.get_lpm(&host(a)).is_some(),
                "ip_network_table" => |a: Ipv6Addr| table.longest_match_ipv6(a).is_some(),
                "poptrie" => |a: Ipv6Addr| pop.lookup(a.to_bits()).is_some(),
            ],
        );
    }
}

/// Place, address, network operator and precedence in one answer, beside one look-up in a country database.
fn one_answer(v4: &[Prefix]) {
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
    let asked: Vec<Ipv4Addr> = (0..1 << 14)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/geoip/GeoIP2-Country-Test.mmdb"
    );
    let reader = maxminddb::Reader::open_readfile(path).ok();
    let mut cases = vec![
        run("loquet", &asked, |a: Ipv4Addr| {
            filter.decide(&Origin::at(a.into())) == Decision::Allow
        }),
        run("loquet with its rule", &asked, |a: Ipv4Addr| {
            filter.check(&Origin::at(a.into())).is_allowed()
        }),
    ];
    if let Some(reader) = &reader {
        cases.push(run("maxminddb, one look-up", &asked, |a: Ipv4Addr| {
            let found = reader.lookup(a.into()).expect("a look-up");
            found
                .decode::<maxminddb::geoip2::Country>()
                .expect("a record")
                .is_some()
        }));
    }
    compare(
        "place, address, operator and precedence in one answer",
        "loquet",
        cases,
    );
    println!("its index: {} bytes", filter.index_bytes().0);
}

fn headers() {
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
    compare(
        "from headers to verdict, one request",
        "x-forwarded-for",
        vec![
            case("x-forwarded-for", || answer(&list, black_box(&xff))),
            case("forwarded", || answer(&rfc, black_box(&forwarded))),
        ],
    );
}

fn building(table: &[Prefix]) {
    let mut text = String::from("precedence most-specific\n");
    let list: Vec<Prefix> = table
        .iter()
        .filter(|prefix| prefix.is_v4())
        .copied()
        .collect();
    for (at, prefix) in list.iter().enumerate() {
        let word = if at % 3 == 0 { "deny" } else { "allow" };
        text.push_str(&format!("{word} {prefix}\n"));
    }
    let other = text.replacen("deny", "allow", 1_000);
    for round in 0..3 {
        let begun = Instant::now();
        let rules = Rules::parse_text(&text).expect("rules");
        let parsed = begun.elapsed();
        let filter = Filter::compile(&rules, None).expect("a filter");
        let built = begun.elapsed();
        let changed =
            Filter::compile(&Rules::parse_text(&other).expect("rules"), None).expect("a filter");
        let begun = Instant::now();
        let found = diff(&filter, &changed);
        println!(
            "building {} lines, round {round}: text {parsed:.3?}, in all {built:.3?}; index {:.2} bytes a prefix; \
             diff {:.3?}, {} changes",
            list.len(),
            filter.index_bytes().0 as f64 / list.len() as f64,
            begun.elapsed(),
            found.iter().map(|one| one.changes.len()).sum::<usize>(),
        );
    }
}
