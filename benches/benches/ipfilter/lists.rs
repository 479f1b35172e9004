//! The networks that are asked about, and the filters made of them.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{Filter, Precedence, Prefix, Rule, Rules};

pub fn routes() -> (Vec<Prefix>, &'static str) {
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

/// SplitMix64: the same numbers on every run.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Blocks of neighbouring /24s in allocated space, roughly as the Internet announces them.
pub fn generated() -> Vec<Prefix> {
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

pub fn sample(list: &[Prefix], count: usize) -> Vec<Prefix> {
    let mut seeded = Seeded(2);
    let mut found = std::collections::BTreeSet::new();
    while found.len() < count {
        found.insert(list[seeded.below(list.len())]);
    }
    found.into_iter().collect()
}

pub fn bits4(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => v4.to_bits(),
        IpAddr::V6(_) => unreachable!("only IPv4 here"),
    }
}

pub fn bits6(address: IpAddr) -> u128 {
    match address {
        IpAddr::V6(v6) => v6.to_bits(),
        IpAddr::V4(_) => unreachable!("only IPv6 here"),
    }
}

/// An allow-list of every prefix, or with `denied` every third of them denied and the longest prefix deciding.
pub fn filter(list: &[Prefix], denied: bool) -> Filter {
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
