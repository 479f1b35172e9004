//! Invariants of any input, checked by property tests, fuzz targets and the replay of their corpus.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "each runner uses a part, and a test may fail loudly"
)]

mod naive_client;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{
    ClientAddress, DeviceTier, Filter, Geo, HeaderKind, ImportLimits, ListFormat, Origin, Prefix,
    Proxy, Reason, Rules, Tag, TrustedProxies, diff, import,
};

const FORMATS: &[ListFormat] = &[
    ListFormat::Lines,
    ListFormat::Geofeed,
    #[cfg(feature = "json")]
    ListFormat::Google,
    #[cfg(feature = "json")]
    ListFormat::AzureServiceTags,
    #[cfg(feature = "json")]
    ListFormat::Cloudflare,
    #[cfg(feature = "json")]
    ListFormat::Fastly,
    #[cfg(feature = "json")]
    ListFormat::GithubMeta,
    #[cfg(feature = "json")]
    ListFormat::JsonArray,
    #[cfg(feature = "json")]
    ListFormat::AwsIpRanges,
    #[cfg(feature = "json")]
    ListFormat::SpamhausDrop,
];

pub fn check_prefix_and_import(text: &str) {
    if let Ok(prefix) = text.parse::<Prefix>() {
        assert_eq!(prefix.to_string().parse(), Ok(prefix));
        assert!(prefix.len() > 0 && prefix.contains(prefix.network()));
        // `::/80` ends with the IPv4-mapped addresses, which count as IPv4.
        let ends_in_v4 = prefix.network().is_ipv6() && prefix.last().to_canonical().is_ipv4();
        assert_ne!(prefix.contains(prefix.last()), ends_in_v4);
        let address = text
            .split('/')
            .next()
            .and_then(|address| address.parse::<IpAddr>().ok());
        assert_eq!(
            address.map(|address| address.to_canonical()),
            Some(prefix.network())
        );
    }
    for format in FORMATS {
        if let Ok(networks) = import(text, *format, &ImportLimits::default()) {
            assert!(networks.is_sorted() && !networks.is_empty());
            assert!(networks.iter().all(|network| network.len() > 0));
        }
    }
}

pub fn check_rules_and_filter(text: &str) {
    let Ok(rules) = Rules::parse_text(text) else {
        return;
    };
    let again = Rules::parse_text(&rules.to_string()).expect("what was written");
    assert_eq!(again.to_string(), rules.to_string());
    if !text.contains(['\r', '\u{feff}']) {
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(Rules::parse_text(&windows).as_ref(), Ok(&rules));
    }
    let Ok(filter) = Filter::compile(&rules, None) else {
        return;
    };
    let prefixes = rules.rules().iter().flat_map(|rule| rule.prefixes());
    let mut probes = vec![
        None,
        Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    for prefix in prefixes.take(32) {
        probes.push(Some(prefix.network()));
        probes.push(Some(match prefix.last() {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits().wrapping_add(1)).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits().wrapping_add(1)).into(),
        }));
    }
    for address in probes {
        for (tags, device) in [
            (&[][..], DeviceTier::Unknown),
            (&[Tag(1)], DeviceTier::Known),
        ] {
            let origin = Origin {
                address,
                tags,
                device,
            };
            let record = filter.explain(&origin);
            assert_eq!(filter.check(&origin), record.verdict);
            assert_eq!(filter.decide(&origin), record.verdict.decision);
        }
    }
    assert!(
        diff(&filter, &filter)
            .iter()
            .all(|difference| difference.is_empty())
    );
    assert!(filter.lint().len() <= 4 * rules.rules().len() + rules.places().len() + 1);
}

/// Five bytes make a network: its address and its length. Many others are added so that the index uses planes, which
/// small texts of rules never reach.
pub fn check_index_of_many_networks(bytes: &[u8]) {
    let mut rules = Rules::new();
    rules.set_precedence(loquet_ipfilter::Precedence::MostSpecific);
    let mut networks: Vec<Prefix> = (0..400_u32)
        .flat_map(|at| {
            let v4 = Ipv4Addr::from_bits((at << 20) | 1);
            let v6 = Ipv6Addr::from_bits((0x2400_u128 << 112) | (u128::from(at) << 84));
            [Prefix::host(v4.into()), Prefix::host(v6.into())]
        })
        .collect();
    for chunk in bytes.chunks_exact(5).take(64) {
        let [a, b, c, d, len] = chunk.try_into().expect("five bytes");
        let bits = u32::from_be_bytes([a, b, c, d]);
        let (address, len) = if len & 0x80 == 0 {
            let len = 1 + len % 32;
            let cut = bits & (u32::MAX << (32 - len));
            (IpAddr::V4(Ipv4Addr::from_bits(cut)), len)
        } else {
            // The last byte also gives the distance between the two halves of the address.
            let len = 20 + (len & 0x7f) % 109;
            let spread =
                (u128::from(bits >> 16) << 96) | (u128::from(bits & 0xffff) << (128 - len));
            let cut = ((0x2400_u128 << 112) | spread) & (u128::MAX << (128 - len));
            (IpAddr::V6(Ipv6Addr::from_bits(cut)), len)
        };
        networks.extend(Prefix::new(address, len));
    }
    networks.sort_unstable();
    networks.dedup();
    for (at, network) in networks.iter().enumerate() {
        let rule = match at % 3 {
            0 => loquet_ipfilter::Rule::deny(),
            1 => loquet_ipfilter::Rule::allow(),
            _ => loquet_ipfilter::Rule::allow().tagged(Tag(1)),
        };
        rules.add_rule(rule.from_prefix(*network)).expect("a rule");
    }
    let filter = Filter::compile(&rules, None).expect("rules that compile");
    for edge in networks.iter().flat_map(|n| [n.network(), n.last()]) {
        for step in [-1_i32, 0, 1] {
            let address = match edge {
                IpAddr::V4(v4) => {
                    Ipv4Addr::from_bits(v4.to_bits().wrapping_add_signed(step)).into()
                }
                IpAddr::V6(v6) => {
                    Ipv6Addr::from_bits(v6.to_bits().wrapping_add_signed(step.into())).into()
                }
            };
            for tags in [&[][..], &[Tag(1)]] {
                let origin = Origin {
                    address: Some(address),
                    tags,
                    device: DeviceTier::Unknown,
                };
                assert_eq!(filter.decide(&origin), filter.check(&origin).decision);
            }
        }
    }
}

fn trusted_networks() -> [Prefix; 2] {
    ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a prefix"))
}

fn trusted() -> TrustedProxies {
    TrustedProxies::new(trusted_networks().map(Proxy::from)).expect("proxies")
}

pub fn check_client_resolution(data: &[u8]) {
    let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let at = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(line.len());
        let value = line.get(at + 1..).unwrap_or_default();
        pairs.push((&line[..at], value.strip_prefix(b" ").unwrap_or(value)));
    }
    for kind in HeaderKind::ALL {
        check_client_of(kind, &pairs);
    }
}

fn check_client_of(kind: HeaderKind, pairs: &[(&[u8], &[u8])]) {
    let client = ClientAddress::Behind(kind, trusted());
    let peer: IpAddr = "10.0.0.1".parse().expect("an address");
    let proxy = Some(peer);
    let resolved = client.resolve(proxy, pairs.iter().copied());
    if resolved.reason != Reason::OddName {
        let ours = |(name, _): &&(&[u8], _)| name.eq_ignore_ascii_case(kind.name().as_bytes());
        let values: Vec<&[u8]> = pairs.iter().filter(ours).map(|(_, value)| *value).collect();
        let naive = naive_client::resolve(kind, &trusted_networks(), peer, &values);
        assert_eq!(resolved, naive);
    }
    let found = matches!(resolved.reason, Reason::Named | Reason::OnlyProxies);
    assert_eq!(resolved.address.is_some(), found);
    assert!(resolved.hops.len() <= ClientAddress::MAX_HOPS + 1);
    if let Some(address) = resolved.address {
        let named = resolved.reason == Reason::Named;
        assert_eq!(!trusted().contains(address), named);
        assert_eq!(address, address.to_canonical());
        assert_eq!(resolved.hops.last(), Some(&address));
        let (_, proxies) = resolved.hops.split_last().expect("the client");
        assert!(proxies.iter().all(|hop| trusted().contains(*hop)));
        if named && matches!(kind, HeaderKind::XForwardedFor | HeaderKind::Forwarded) {
            check_clients_text(&client, kind, pairs, address);
        }
    }
    let untrusted = Some("192.0.2.1".parse::<IpAddr>().expect("an address"));
    let direct = client.resolve(untrusted, pairs.iter().copied());
    assert_eq!(direct.address, untrusted);
    assert_eq!(client.resolve(None, pairs.iter().copied()).address, None);
    let unix = trusted_networks().map(Proxy::from).into_iter();
    let unix = TrustedProxies::new(unix.chain([Proxy::UnixSocket])).expect("proxies");
    let socket = ClientAddress::Behind(kind, unix).resolve(None, pairs.iter().copied());
    assert_eq!(
        (socket.address, socket.reason),
        (resolved.address, resolved.reason)
    );
}

/// Text that the client wrote to the left of the proxies' entries changes nothing, in a line of its own or in theirs.
fn check_clients_text(
    client: &ClientAddress,
    kind: HeaderKind,
    pairs: &[(&[u8], &[u8])],
    address: IpAddr,
) {
    let proxy = Some("10.0.0.1".parse().expect("an address"));
    let name = kind.name().as_bytes();
    for written in ["for=6.6.6.6, unknown, \"", "6.6.6.6, for=6.6.6.6;by=\"\\"] {
        let mut more = vec![(name, written.as_bytes())];
        more.extend(pairs);
        let again = client.resolve(proxy, more);
        assert!(again.address == Some(address) || again.reason == Reason::TooLong);
        let at = pairs
            .iter()
            .position(|(sent, _)| sent.eq_ignore_ascii_case(name));
        let at = at.expect("a line that named the client");
        let line = [written.as_bytes(), b",", pairs[at].1].concat();
        let mut longer = pairs.to_vec();
        longer[at].1 = &line;
        let again = client.resolve(proxy, longer);
        assert!(again.address == Some(address) || again.reason == Reason::TooLong);
    }
}

#[cfg(feature = "maxmind")]
pub fn check_database(bytes: &[u8]) {
    if let Ok(geo) = Geo::default().with_mmdb(bytes) {
        let rules = Rules::parse_text("allow country CA asn 1\ndeny class tor").expect("rules");
        drop(Filter::compile(&rules, Some(&geo)));
    }
}
