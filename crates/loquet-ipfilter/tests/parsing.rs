//! Rules P1–P6 and N1–N4: what is an address, what is a prefix, and which forms of an address are one.
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use loquet_ipfilter::{
    Class, Country, Decision, Facts, Filter, Geo, Located, Origin, Prefix, PrefixError, Rules,
    embedded_v4, is_special, visitor_network,
};
use proptest::prelude::*;

fn fault(text: &str) -> PrefixError {
    text.parse::<Prefix>().expect_err(text)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn allowed(rules: &str, address: &str) -> bool {
    let filter = Filter::compile(&Rules::parse_text(rules).unwrap(), None).unwrap();
    filter.check(&Origin::at(ip(address))).is_allowed()
}

#[test]
fn p1_leading_zeros_are_refused_everywhere() {
    for (text, offset) in [
        ("010.0.0.1", 0),
        ("192.168.010.1/24", 8),
        ("1.2.3.04", 6),
        ("00.0.0.0/8", 0),
    ] {
        assert_eq!(fault(text), PrefixError::LeadingZero { offset }, "{text}");
    }
    for text in ["::ffff:010.0.0.1", "::ffff:1.2.3.04/128"] {
        assert!(text.parse::<Prefix>().is_err(), "{text}");
    }
}

#[test]
fn p2_short_hexadecimal_decimal_and_decorated_forms_are_refused() {
    for text in [
        "a.b.c.d",
        // Would be 10.10.10.10 if each byte counted for what it is beyond a zero.
        "aF:.aF:.aF:.aF:",
        "",
        "127.1",
        "127.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "1.2.3.4.",
        "1.2.3.4.5",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4\n",
        "+1.2.3.4",
        "-1.2.3.4",
        "1..2.3",
        "256.0.0.1",
        "1.2.3.1000",
        "١.٢.٣.٤",
        "１.2.3.4",
        "1.2.3.4\0",
        ":::",
        "1::2::3",
        "12345::",
        "::g",
        "[::1]",
        "::1.2.3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "localhost",
        "*",
        "10.*.*.*",
        "10.0.0.0-10.0.0.9",
    ] {
        assert!(
            matches!(fault(text), PrefixError::Address { offset: 0 }),
            "{text:?}"
        );
    }
}

#[test]
fn p3_host_bits_name_the_network_that_was_meant() {
    // All host bits and no others.
    assert!(matches!(
        fault("0.0.0.255/24"),
        PrefixError::HostBits { network } if network.to_string() == "0.0.0.0/24"
    ));
    for (text, network) in [
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("192.168.1.255/31", "192.168.1.254/31"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ("128.0.0.0/0", "0.0.0.0/0"),
    ] {
        let error = fault(text);
        assert_eq!(
            error.to_string(),
            format!("host bits are set; the network is {network}"),
            "{text}"
        );
    }
}

#[test]
fn p4_everything_must_be_asked_for_by_name() {
    for text in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"] {
        assert_eq!(fault(text), PrefixError::Everything, "{text}");
    }
    assert_eq!(
        Rules::parse_text("allow any").unwrap().rules()[0].prefixes(),
        [Prefix::ANY_V4, Prefix::ANY_V6]
    );
    assert_eq!(
        Rules::parse_text("allow any-v6").unwrap().rules()[0].prefixes(),
        [Prefix::ANY_V6]
    );
}

#[test]
fn p4_lengths_are_plain_numbers_within_the_family() {
    for text in [
        "10.0.0.0/",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "10.0.0.0/-8",
        "10.0.0.0/ 8",
        "10.0.0.0/8 ",
        "10.0.0.0/00",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/8/8",
        "10.0.0.0/٨",
        "10.0.0.0/0x8",
        "10.0.0.0/1000",
    ] {
        assert_eq!(fault(text), PrefixError::Length { offset: 9 }, "{text}");
    }
    for text in [
        "10.0.0.0/33",
        "10.0.0.0/128",
        "10.0.0.0/255",
        "10.0.0.0/256",
        "10.0.0.0/999",
    ] {
        assert_eq!(
            fault(text),
            PrefixError::TooLong { offset: 9, max: 32 },
            "{text}"
        );
    }
    assert_eq!(
        fault("::/129"),
        PrefixError::TooLong {
            offset: 3,
            max: 128
        }
    );
}

#[test]
fn p4_masks_are_right_at_the_ends() {
    let prefix = |text: &str| text.parse::<Prefix>().unwrap();
    assert!(prefix("128.0.0.0/1").contains(ip("255.255.255.255")));
    assert!(!prefix("128.0.0.0/1").contains(ip("127.255.255.255")));
    assert!(prefix("255.255.255.255/32").contains(ip("255.255.255.255")));
    assert!(!prefix("255.255.255.255").contains(ip("255.255.255.254")));
    assert_eq!(
        prefix("8000::/1").last(),
        ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    );
    assert!(prefix("::5/128").contains(ip("::5")) && !prefix("::5").contains(ip("::4")));
    assert!(
        Prefix::ANY_V4.contains(ip("255.255.255.255")) && Prefix::ANY_V4.contains(ip("0.0.0.0"))
    );
    assert!(Prefix::ANY_V6.contains(ip("ffff::")) && !Prefix::ANY_V6.contains(ip("1.2.3.4")));
}

#[test]
fn p5_a_mapped_prefix_is_the_ipv4_prefix() {
    for (text, same) in [
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("::ffff:a00:0/104", "10.0.0.0/8"),
    ] {
        assert_eq!(text.parse::<Prefix>().unwrap(), same.parse().unwrap());
    }
    assert_eq!(
        fault("::ffff:0.0.0.0/95"),
        PrefixError::ShortMapped { offset: 15 }
    );
    assert_eq!(
        fault("::ffff:10.0.0.0/8"),
        PrefixError::ShortMapped { offset: 16 }
    );
}

#[test]
fn p6_zone_ids_are_refused() {
    assert_eq!(fault("fe80::1%eth0"), PrefixError::Zone { offset: 7 });
    assert_eq!(fault("fe80::%1/64"), PrefixError::Zone { offset: 6 });
}

#[test]
fn n1_rules_and_peers_are_made_canonical_alike() {
    assert!(allowed("allow 10.0.0.0/8", "::ffff:10.1.2.3"));
    assert!(allowed("allow ::ffff:10.0.0.0/104", "10.1.2.3"));
    assert!(!allowed("allow ::/1", "::ffff:10.1.2.3"));
    assert!(!allowed(
        "default allow\ndeny 10.0.0.0/8",
        "::ffff:10.1.2.3"
    ));
}

const TUNNELLED: [&str; 4] = [
    "2002:a01:203::1",
    "2001:0:1:2:3:4:f5fe:fdfc",
    "64:ff9b::10.1.2.3",
    "::10.1.2.3",
];

#[test]
fn n2_an_embedded_address_is_held_against_deny_rules_only() {
    for address in TUNNELLED {
        let IpAddr::V6(v6) = ip(address) else {
            panic!("{address}")
        };
        assert_eq!(
            embedded_v4(v6),
            Some(Ipv4Addr::new(10, 1, 2, 3)),
            "{address}"
        );
        assert!(!allowed("allow 10.0.0.0/8", address), "{address}");
        assert!(
            !allowed("default allow\ndeny 10.0.0.0/8", address),
            "{address}"
        );
        assert!(
            allowed("default allow\ndeny 11.0.0.0/8", address),
            "{address}"
        );
        assert!(!allowed("allow any\ndeny 10.1.2.3", address), "{address}");
        assert!(
            allowed("embedded trusted\nallow 10.0.0.0/8", address),
            "{address}"
        );
        assert!(
            !allowed("embedded trusted\nallow 11.0.0.0/8", address),
            "{address}"
        );
    }
    for plain in [
        "::",
        "::1",
        "2001:db8::1",
        "64:ff9b:1::a01:203",
        "2001:1::a01:203",
        "64:ff9b::1:0:0",
    ] {
        let IpAddr::V6(v6) = ip(plain) else {
            panic!("{plain}")
        };
        assert_eq!(embedded_v4(v6), None, "{plain}");
    }
}

#[test]
fn n2_no_precedence_hides_a_deny_of_the_embedded_address() {
    for address in TUNNELLED {
        // At 10.1.2.3 itself the first rule decides, and so the second is none of the rules that might.
        let hidden = "allow 10.0.0.0/8\ndeny 10.1.0.0/16\nallow any-v6";
        assert!(
            !allowed(&format!("precedence first-match\n{hidden}"), address),
            "{address}"
        );
        let hidden = "deny 10.0.0.0/8\nallow 10.1.0.0/16";
        let text = format!("precedence most-specific\ndefault allow\n{hidden}");
        assert!(!allowed(&text, address), "{address}");
    }
}

#[test]
fn n2_a_place_makes_a_rule_as_specific_inside_a_tunnel_as_outside() {
    let most = "precedence most-specific\nembedded trusted\ndefault allow\n";
    let inner = "place \"a\" = 10.1.2.0/24\ndeny 10.0.0.0/8 place \"a\"\nallow 10.1.0.0/16";
    let outer = "place \"a\" = 2002:a01:203::/48\ndeny 2002::/16 place \"a\"\nallow 2002:a01::/32";
    for (rules, address) in [
        (inner, "10.1.2.3"),
        (inner, "2002:a01:203::1"),
        (outer, "2002:a01:203::1"),
    ] {
        assert!(
            !allowed(&format!("{most}{rules}"), address),
            "{rules} {address}"
        );
    }
}

#[test]
fn n3_tunnels_are_a_class_and_have_no_country() {
    let canada = Country::from_code("CA").unwrap();
    let entries = ["10.0.0.0/8", "2002::/16", "2001::/32", "64:ff9b::/96"]
        .map(|p| (p.parse().unwrap(), canada));
    let geo = Geo::default().with_countries(1, entries);
    let filter =
        |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), Some(&geo)).unwrap();
    for address in TUNNELLED {
        let origin = Origin::at(ip(address));
        assert!(
            !filter("allow country CA").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow class tunnel").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow country unknown").check(&origin).is_allowed(),
            "{address}"
        );
        assert!(
            !filter("default allow\ndeny class tunnel")
                .check(&origin)
                .is_allowed(),
            "{address}"
        );
        let record = filter("allow country CA").explain(&origin);
        assert_eq!(record.facts.country, Located::Unknown);
        assert!(record.facts.classes.contains(Class::Tunnel));
    }
}

#[test]
fn n3_country_look_ups_are_made_canonical_first() {
    let canada = Country::from_code("CA").unwrap();
    let geo = Geo::default().with_countries(1, [("24.48.0.0/16".parse().unwrap(), canada)]);
    assert_eq!(geo.country(ip("::ffff:24.48.1.1")), Some(canada));
    let filter =
        Filter::compile(&Rules::parse_text("allow country CA").unwrap(), Some(&geo)).unwrap();
    assert_eq!(
        filter.decide(&Origin::at(ip("::ffff:24.48.1.1"))),
        Decision::Allow
    );
}

#[test]
fn n4_special_ranges_have_no_country_whatever_a_database_says() {
    let canada = Country::from_code("CA").unwrap();
    let everything = [(Prefix::ANY_V4, canada), (Prefix::ANY_V6, canada)];
    let geo = Geo::default().with_countries(1, everything);
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "172.31.255.255",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "203.0.113.1",
        "::",
        "::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
    ] {
        assert!(is_special(ip(address)), "{address}");
        let facts = Facts::gather(Some(ip(address)), Default::default(), Some(&geo));
        assert_eq!(facts.country, Located::Nowhere, "{address}");
        let filter =
            |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), Some(&geo)).unwrap();
        assert!(
            !filter("allow country CA")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
        assert!(
            !filter("allow country unknown")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
        assert!(
            filter("allow class special")
                .check(&Origin::at(ip(address)))
                .is_allowed(),
            "{address}"
        );
    }
    for address in [
        "9.255.255.255",
        "11.0.0.0",
        "100.128.0.0",
        "172.32.0.0",
        "8.8.8.8",
        "2600::1",
        "fe00::1",
    ] {
        assert!(!is_special(ip(address)), "{address}");
    }
}

#[test]
fn l6_a_visitor_is_remembered_by_his_64() {
    let one = visitor_network(ip("2600:1:2:3:aaaa:bbbb:cccc:dddd"));
    assert_eq!(one, visitor_network(ip("2600:1:2:3:1111:2222:3333:4444")));
    assert_eq!(one.to_string(), "2600:1:2:3::/64");
    assert_ne!(one, visitor_network(ip("2600:1:2:4:aaaa:bbbb:cccc:dddd")));
    assert_eq!(
        visitor_network(ip("::ffff:8.8.8.8")).to_string(),
        "8.8.8.8/32"
    );
}

/// Whatever may be written for an address, and near misses of it.
fn scribble() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).to_string()),
        any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).to_string()),
        (any::<u128>(), 0..16_u32)
            .prop_map(|(bits, cut)| Ipv6Addr::from_bits(bits << (cut * 8)).to_string()),
        any::<u32>().prop_map(|bits| format!("::ffff:{}", Ipv4Addr::from_bits(bits))),
        "[0-9.]{1,16}",
        "[0-9a-fx:.]{1,24}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn an_address_reads_as_the_standard_library_reads_it(text in scribble()) {
        let ours = text.parse::<Prefix>().ok();
        let theirs = text.parse::<IpAddr>().ok();
        prop_assert_eq!(ours.map(Prefix::network), theirs.map(|address| address.to_canonical()), "{}", text);
    }

    #[test]
    fn a_prefix_reads_as_two_other_crates_read_it(text in scribble(), len in "[0-9]{1,3}") {
        let text = format!("{text}/{len}");
        let ours = text.parse::<Prefix>();
        let cidr = text.parse::<cidr::IpCidr>().ok();
        let network = text.parse::<ip_network::IpNetwork>().ok();
        match ours {
            Ok(prefix) if text.contains(':') && prefix.is_v4() => {
                // They keep the mapped form; ours is the same network shifted by 96.
                let cidr = cidr.expect("accepted by cidr");
                prop_assert_eq!(cidr.network_length(), prefix.len() + 96);
                prop_assert_eq!(cidr.first_address().to_canonical(), prefix.network());
            }
            Ok(prefix) => {
                let cidr = cidr.expect("accepted by cidr");
                prop_assert_eq!((cidr.first_address(), cidr.network_length()), (prefix.network(), prefix.len()));
                prop_assert_eq!(cidr.last_address(), prefix.last());
                let network = network.expect("accepted by ip_network");
                prop_assert_eq!((network.network_address(), network.netmask()), (prefix.network(), prefix.len()));
            }
            // What only ours refuses is refused on purpose.
            Err(PrefixError::Everything | PrefixError::ShortMapped { .. } | PrefixError::Length { .. }) => {}
            Err(error) => prop_assert!(cidr.is_none(), "{}: {}", text, error),
        }
    }

    #[test]
    fn a_prefix_is_displayed_as_it_is_read(bits in any::<u128>(), len in 1..=128_u8, v4 in any::<bool>()) {
        let address = if v4 { IpAddr::V4(Ipv4Addr::from_bits(bits as u32)) } else { IpAddr::V6(Ipv6Addr::from_bits(bits)) };
        let prefix = match Prefix::new(address, len.min(if v4 { 32 } else { 128 })) {
            Ok(prefix) => prefix,
            Err(PrefixError::HostBits { network }) if network.len() > 0 => network,
            Err(_) => return Ok(()),
        };
        prop_assert_eq!(prefix.to_string().parse::<Prefix>(), Ok(prefix));
    }

    #[test]
    fn no_text_makes_the_reader_of_rules_fall_over(text in "\\PC{0,80}") {
        if let Err(error) = Rules::parse_text(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }
}

/// Python's `ipaddress` as another opinion, where Python is.
#[test]
fn prefixes_read_as_python_reads_them() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let script = "import sys, ipaddress\nfor line in sys.stdin:\n    text = line.rstrip('\\n')\n    try:\n        n = ipaddress.ip_network(text, strict=True)\n        print(n.network_address, n.prefixlen)\n    except ValueError:\n        print('-')\n";
    let mut texts: Vec<String> = Vec::new();
    let mut state = 1_u64;
    for at in 0..2_000_u32 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bits = (state >> 32) as u32;
        let len = 1 + at % 34;
        let cut = bits
            & u32::MAX
                .checked_shl(32_u32.saturating_sub(len))
                .unwrap_or(0);
        let base = if at % 3 == 0 { bits } else { cut };
        texts.push(format!("{}/{len}", Ipv4Addr::from_bits(base)));
        let six = (u128::from(state) << 64) & (u128::MAX << (128 - (len + 30)));
        texts.push(format!("{}/{}", Ipv6Addr::from_bits(six), len + 30));
    }
    texts.extend(
        [
            "1.2.3",
            "01.2.3.4",
            "1.2.3.4/+8",
            "::1/129",
            "1.2.3.4/33",
            "a::/16",
            "::1.2.3.4",
            "1.2.3.4/",
        ]
        .map(String::from),
    );
    let child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("no python3 here: not compared");
        return;
    };
    let mut input = child.stdin.take().unwrap();
    let text = texts.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), texts.len());
    for (text, line) in texts.iter().zip(lines.lines()) {
        let ours = text.parse::<Prefix>().map_or("-".to_owned(), |prefix| {
            format!("{} {}", prefix.network(), prefix.len())
        });
        assert_eq!(ours, line, "{text}");
    }
}
