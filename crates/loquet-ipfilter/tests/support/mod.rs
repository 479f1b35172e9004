//! What must hold of any input: run by the property tests, the fuzz targets and the replay of their corpus.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "each runner uses a part, and a test may fail loudly"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{
    ClientAddress, DeviceTier, Filter, Geo, HeaderKind, ImportLimits, ListFormat, Origin, Prefix,
    Reason, Record, Rules, Tag, TrustedProxies, diff, import,
};

const FORMATS: &[ListFormat] = &[
    ListFormat::Lines,
    #[cfg(feature = "json")]
    ListFormat::JsonArray,
    #[cfg(feature = "json")]
    ListFormat::AwsIpRanges,
    #[cfg(feature = "json")]
    ListFormat::SpamhausDrop,
];

pub fn a_network_reads_back_and_an_imported_list_is_sorted(text: &str) {
    if let Ok(prefix) = text.parse::<Prefix>() {
        assert_eq!(prefix.to_string().parse(), Ok(prefix));
        assert!(prefix.len() > 0 && prefix.contains(prefix.network()));
        // `::/80` ends with the IPv4-mapped addresses, and those are IPv4.
        let ends_in_v4 = !prefix.is_v4() && prefix.last().to_canonical().is_ipv4();
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

pub fn rules_read_back_and_the_filter_answers_as_the_rules_do(text: &str) {
    let Ok(rules) = Rules::parse_text(text) else {
        return;
    };
    let again = Rules::parse_text(&rules.to_string()).expect("what was written");
    assert_eq!(again.to_string(), rules.to_string());
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
            assert_eq!(
                record
                    .to_string()
                    .parse::<Record>()
                    .expect("a record")
                    .replay(&rules),
                record.verdict
            );
        }
    }
    assert!(
        diff(&filter, &filter)
            .iter()
            .all(|difference| difference.is_empty())
    );
    assert!(filter.lint().len() <= 4 * rules.rules().len() + rules.places().len() + 1);
}

fn trusted() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a prefix")))
        .expect("proxies")
}

pub fn a_named_client_depends_on_proxies_alone(data: &[u8]) {
    let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let at = line
            .iter()
            .position(|byte| *byte == b':')
            .unwrap_or(line.len());
        let value = line.get(at + 1..).unwrap_or_default();
        pairs.push((&line[..at], value.strip_prefix(b" ").unwrap_or(value)));
    }
    for kind in [HeaderKind::XForwardedFor, HeaderKind::Forwarded] {
        let client = ClientAddress::Behind(kind, trusted());
        let proxy = Some("10.0.0.1".parse::<IpAddr>().expect("an address"));
        let resolved = client.resolve(proxy, pairs.iter().copied());
        assert_eq!(resolved.address.is_some(), resolved.reason == Reason::Named);
        assert!(resolved.hops.len() <= ClientAddress::MAX_HOPS + 1);
        if let Some(address) = resolved.address {
            assert!(!trusted().contains(address));
            assert_eq!(address, address.to_canonical());
            assert_eq!(resolved.hops.last(), Some(&address));
            assert!(
                resolved
                    .hops
                    .iter()
                    .rev()
                    .skip(1)
                    .all(|hop| trusted().contains(*hop))
            );
            // What the client wrote to the left of what the proxies wrote changes nothing.
            let mut more: Vec<(&[u8], &[u8])> =
                vec![(kind.name().as_bytes(), b"for=6.6.6.6, unknown, \"")];
            more.extend(&pairs);
            let again = client.resolve(proxy, more);
            assert!(again.address == Some(address) || again.reason == Reason::TooLong);
        }
        let stranger = Some("192.0.2.1".parse::<IpAddr>().expect("an address"));
        assert_eq!(
            client.resolve(stranger, pairs.iter().copied()).address,
            stranger
        );
        assert_eq!(client.resolve(None, pairs.iter().copied()).address, None);
    }
}

#[cfg(feature = "maxmind")]
pub fn a_database_is_read_or_refused(bytes: &[u8]) {
    if let Ok(geo) = Geo::default().with_mmdb(bytes) {
        let rules = Rules::parse_text("allow country CA asn 1\ndeny class tor").expect("rules");
        drop(Filter::compile(&rules, Some(&geo)));
    }
}

pub fn an_audit_line_reads_back(line: &str) {
    let Ok(record) = line.parse::<Record>() else {
        return;
    };
    assert_eq!(record.to_string().parse::<Record>().as_ref(), Ok(&record));
    let rules =
        Rules::parse_text("allow country CA class tor\ndeny 10.0.0.0/8 unknown").expect("rules");
    // Whatever rules are asked, the recorded address is what they judge.
    assert_eq!(record.replay(&rules).address, record.facts.address);
}
