//! Compares a whole routing table with a naive look-up, at every boundary −1, 0, +1. `cargo xtask long` runs it.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::{Command, Stdio};

use loquet_ipfilter::{Decision, Filter, Origin, Precedence, Prefix, Rule, Rules, embedded_v4};

use crate::common::{cut, masked, near};

/// Returns the Internet's routing table if it is present, otherwise a generated one.
fn table() -> Vec<Prefix> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/routes/bgp-prefixes.txt.gz"
    );
    let read = std::fs::File::open(path).ok().and_then(|file| {
        let mut gzip = Command::new("gzip");
        gzip.arg("-dc").stdin(file).stderr(Stdio::null());
        gzip.output().ok().filter(|output| output.status.success())
    });
    if let Some(output) = read {
        let text = String::from_utf8(output.stdout).unwrap();
        return text.lines().map(|line| line.parse().unwrap()).collect();
    }
    println!("no routing table here: a generated one stands in");
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state >> 24
    };
    let mut table = Vec::new();
    for at in 0..700_000_u32 {
        let (block, host) = (next() % 30_000, next());
        let len = 12 + u8::try_from(next() % 21).unwrap();
        let v4 = u32::try_from(block << 16).unwrap() | u32::try_from(host & 0xffff).unwrap();
        table.push(cut(IpAddr::V4(Ipv4Addr::from_bits(v4)), len));
        if at % 4 == 0 {
            let v6 = (0x2a00_u128 << 112) | (u128::from(block) << 92) | (u128::from(host) << 56);
            table.push(cut(IpAddr::V6(Ipv6Addr::from_bits(v6)), len + 20));
        }
    }
    table.sort_unstable();
    table.dedup();
    table
}

#[test]
#[ignore = "six million addresses: minutes unoptimised"]
fn whole_routing_table_agrees_with_naive_lookup() {
    let table = table();
    assert!(table.len() > 600_000);
    let mut rules = Rules::new();
    rules.set_precedence(Precedence::MostSpecific);
    let mut naive: HashMap<(IpAddr, u8), Decision> = HashMap::new();
    let mut lengths: Vec<(bool, u8)> = Vec::new();
    for (at, prefix) in table.iter().enumerate() {
        let rule = if at % 3 == 0 {
            Rule::deny()
        } else {
            Rule::allow()
        };
        naive.insert((prefix.network(), prefix.len()), rule.decision());
        lengths.push((prefix.network().is_ipv4(), prefix.len()));
        rules.add_rule(rule.from_prefix(*prefix)).unwrap();
    }
    // Longest first.
    lengths.sort_unstable_by(|one, two| two.cmp(one));
    lengths.dedup();
    let filter = Filter::compile(&rules, None).unwrap();
    let text = Rules::parse_text(&rules.to_string()).unwrap();
    let from_text = Filter::compile(&text, None).unwrap();
    let mut asked = 0_u64;
    for edge in table
        .iter()
        .flat_map(|prefix| [prefix.network(), prefix.last()])
    {
        for address in near(edge) {
            // Addresses in tunnels also depend on the embedded address; other tests cover them.
            if matches!(address, IpAddr::V6(v6) if embedded_v4(v6).next().is_some()) {
                continue;
            }
            let expected = lengths
                .iter()
                .filter(|(is_v4, _)| *is_v4 == address.is_ipv4())
                .find_map(|(_, len)| naive.get(&(masked(address, *len), *len)))
                .copied()
                .unwrap_or(Decision::Deny);
            let origin = Origin::at(address);
            assert_eq!(filter.decide(&origin), expected, "{address}");
            assert_eq!(filter.check(&origin).decision, expected, "{address}");
            assert_eq!(from_text.decide(&origin), expected, "{address}");
            asked += 1;
        }
    }
    println!("{asked} addresses agree");
}
