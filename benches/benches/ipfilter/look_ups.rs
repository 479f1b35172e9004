//! One address against a list, beside the crates that people use for it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ip_network::{IpNetwork, Ipv4Network, Ipv6Network};
use ip_network_table::IpNetworkTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iprange::IpRange;
use iptrie::map::RTrieMap;
use loquet_benches::{Case, case, compare};
use loquet_ipfilter::{Filter, Prefix};
use poptrie::Poptrie;
use prefix_trie::{PrefixMap, PrefixSet};

use crate::document::Document;
use crate::lists::{Seeded, bits4, bits6, filter};

/// How many look-ups are one run.
pub const RUN: usize = 1000;

/// How many different addresses are asked about, a power of two: more than a branch predictor remembers.
pub const ASKED: usize = 1 << 16;

/// What one look-up found, as a number that is not known before it is over: a stored value, a length, a verdict.
pub type Found = usize;

/// 1000 look-ups, each on its own.
pub fn run<'a, A: Copy + 'a>(
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
    ($document:expr, $list:expr, $asked:expr, [$($case:literal => $look_up:expr),* $(,)?], [$($short:literal => $scan:expr),* $(,)?]) => {
        for order in ["independent", "dependent"] {
            let mut cases = if order == "independent" {
                vec![$(run($case, $asked, $look_up)),*]
            } else {
                vec![$(chain($case, $asked, $look_up)),*]
            };
            if $list.name == "100 rules" {
                cases.extend(if order == "independent" {
                    [$(run($short, $asked, $scan)),*]
                } else {
                    [$(chain($short, $asked, $scan)),*]
                });
            }
            note($document, &$list, order, cases);
        }
    };
}

/// Which list is asked, and for which addresses.
struct List<'a> {
    family: &'a str,
    name: &'a str,
    what: &'a str,
}

/// Compares, writes down what the document shows, and says whether the goals are met.
fn note(document: &mut Document, list: &List<'_>, order: &str, cases: Vec<Case<'_>>) {
    let List { family, name, what } = *list;
    let title = format!("{family}, {name}, addresses {what}, {order}");
    let table = compare(&title, "prefix-trie map", cases);
    if what != "in the list" || name == "10,000 rules" {
        return;
    }
    let column = format!("{}, {order}", list_of(family, name));
    document.column(column, table.rows(), RUN);
    if name == "100 rules" || order == "dependent" {
        return;
    }
    let decision = if family == "IPv4" { 0.05 } else { 0.30 };
    table.target("loquet", decision);
    table.target("loquet, the rule", 0.50);
}

/// Addresses of the list's networks.
fn inside_v4(list: &[Prefix]) -> Vec<Ipv4Addr> {
    let mut seeded = Seeded(3);
    let inside = |_| {
        let prefix = list[seeded.below(list.len())];
        let host = (seeded.next() as u32).checked_shr(prefix.len().into());
        Ipv4Addr::from_bits(bits4(prefix.network()) | host.unwrap_or(0))
    };
    (0..ASKED).map(inside).collect()
}

fn inside_v6(list: &[Prefix]) -> Vec<Ipv6Addr> {
    let mut seeded = Seeded(4);
    let inside = |_| {
        let prefix = list[seeded.below(list.len())];
        let host = (u128::from(seeded.next()) << 64) | u128::from(seeded.next());
        let host = host.checked_shr(prefix.len().into()).unwrap_or(0);
        Ipv6Addr::from_bits(bits6(prefix.network()) | host)
    };
    (0..ASKED).map(inside).collect()
}

/// The rule that decides, as the layer looks it up for a denial or when a handler asks.
fn rule_of(filter: &Filter, address: IpAddr) -> Found {
    let rule = filter.check_before_login(Some(address)).rule;
    rule.map_or(0, |rule| rule.index as Found)
}

pub fn ipv4(name: &str, list: &[Prefix], document: &mut Document) {
    let (allow, mixed) = (filter(list, false), filter(list, true));
    let bytes = [allow.index_bytes().0, mixed.index_bytes().0];
    say_bytes(document, ("IPv4", name), list.len(), bytes);
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

    let inside = inside_v4(list);
    let mut seeded = Seeded(7);
    let anywhere: Vec<Ipv4Addr> = (0..ASKED)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    let host = |address: Ipv4Addr| Ipv4Net::new(address, 32).expect("a host");
    for (what, asked) in [("in the list", &inside), ("anywhere", &anywhere)] {
        let list = List {
            family: "IPv4",
            name,
            what,
        };
        compare_all!(document, list, asked, [
            "loquet" => |a: Ipv4Addr| allow.decide_before_login(Some(a.into())) as Found,
            "loquet, denies too" => |a: Ipv4Addr| mixed.decide_before_login(Some(a.into())) as Found,
            "loquet, the rule" => |a: Ipv4Addr| rule_of(&mixed, a.into()),
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

pub fn ipv6(name: &str, list: &[Prefix], document: &mut Document) {
    let (allow, mixed) = (filter(list, false), filter(list, true));
    let bytes = [allow.index_bytes().1, mixed.index_bytes().1];
    say_bytes(document, ("IPv6", name), list.len(), bytes);
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
    let inside = inside_v6(list);
    let mut seeded = Seeded(8);
    // Beside a network of the list: the whole space is empty but for a few /12s, where every structure stops at once.
    let beside: Vec<Ipv6Addr> = inside
        .iter()
        .map(|address| Ipv6Addr::from_bits(address.to_bits() ^ (1 << (80 + seeded.below(16)))))
        .collect();
    let host = |address: Ipv6Addr| Ipv6Net::new(address, 128).expect("a host");
    for (what, asked) in [("in the list", &inside), ("beside the list", &beside)] {
        let list = List {
            family: "IPv6",
            name,
            what,
        };
        compare_all!(document, list, asked, [
            "loquet" => |a: Ipv6Addr| allow.decide_before_login(Some(a.into())) as Found,
            "loquet, denies too" => |a: Ipv6Addr| mixed.decide_before_login(Some(a.into())) as Found,
            "loquet, the rule" => |a: Ipv6Addr| rule_of(&mixed, a.into()),
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
    (family, name): (&str, &str),
    count: usize,
    bytes: [usize; 2],
) {
    let each = bytes.map(|bytes| bytes as f64 / count as f64);
    if name != "10,000 rules" {
        document.bytes(&list_of(family, name), each[0], each[1]);
    }
    println!(
        "\n{family}, {name}: {count} networks; an allow-list takes {} bytes, {:.2} each; with denies {}, {:.2} each",
        bytes[0], each[0], bytes[1], each[1]
    );
}
