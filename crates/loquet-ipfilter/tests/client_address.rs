//! Rules H1–H9: which address a request comes from.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::net::IpAddr;

use loquet_ipfilter::{ClientAddress, HeaderKind, ProxyError, Reason, Resolved, TrustedProxies};

const XFF: &str = "X-Forwarded-For";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn trusted() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "2001:db8:ffff::/48"].map(|p| p.parse().unwrap())).unwrap()
}

fn resolve(kind: HeaderKind, peer: Option<&str>, headers: &[(&str, &str)]) -> Resolved {
    let lines = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    ClientAddress::Behind(kind, trusted()).resolve(peer.map(ip), lines)
}

#[track_caller]
fn xff(peer: &str, headers: &[(&str, &str)], address: Option<&str>, reason: Reason) {
    let resolved = resolve(HeaderKind::XForwardedFor, Some(peer), headers);
    assert_eq!(
        (resolved.address, resolved.reason),
        (address.map(ip), reason),
        "{headers:?}"
    );
}

#[track_caller]
fn forwarded(value: &str, address: Option<&str>, reason: Reason) {
    let resolved = resolve(
        HeaderKind::Forwarded,
        Some("10.0.0.1"),
        &[("forwarded", value)],
    );
    assert_eq!(
        (resolved.address, resolved.reason),
        (address.map(ip), reason),
        "{value}"
    );
}

#[test]
fn h1_a_header_counts_only_from_a_trusted_peer() {
    xff(
        "203.0.113.9",
        &[(XFF, "192.0.2.1")],
        Some("203.0.113.9"),
        Reason::PeerNotTrusted,
    );
    xff(
        "10.1.2.3",
        &[(XFF, "192.0.2.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
}

#[test]
fn h1_the_peer_is_made_canonical_first() {
    xff(
        "::ffff:10.1.2.3",
        &[(XFF, "192.0.2.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
    xff(
        "::ffff:192.0.2.7",
        &[(XFF, "192.0.2.1")],
        Some("192.0.2.7"),
        Reason::PeerNotTrusted,
    );
}

#[test]
fn h2_the_walk_goes_right_to_left_and_stops_at_the_first_untrusted_hop() {
    let resolved = resolve(
        HeaderKind::XForwardedFor,
        Some("10.0.0.1"),
        &[(XFF, "6.6.6.6, 192.0.2.1, 10.0.0.2")],
    );
    assert_eq!(resolved.address, Some(ip("192.0.2.1")));
    assert_eq!(
        resolved.hops,
        [ip("10.0.0.1"), ip("10.0.0.2"), ip("192.0.2.1")]
    );
}

#[test]
fn h2_several_lines_are_one_list_in_their_order() {
    let lines = [
        (XFF, "6.6.6.6"),
        ("Accept", "*/*"),
        ("x-forwarded-for", "192.0.2.1,10.0.0.3"),
        (XFF, "10.0.0.2"),
    ];
    xff("10.0.0.1", &lines, Some("192.0.2.1"), Reason::Named);
}

#[test]
fn h2_hops_lines_and_bytes_are_capped() {
    let chain = |n: usize| format!("192.0.2.1{}", ",10.0.0.2".repeat(n));
    xff(
        "10.0.0.1",
        &[(XFF, &chain(31))],
        Some("192.0.2.1"),
        Reason::Named,
    );
    xff("10.0.0.1", &[(XFF, &chain(32))], None, Reason::TooManyHops);
    let padded = |n: usize| format!("{},192.0.2.1", "x".repeat(n));
    xff(
        "10.0.0.1",
        &[(XFF, &padded(8_182))],
        Some("192.0.2.1"),
        Reason::Named,
    );
    xff("10.0.0.1", &[(XFF, &padded(8_183))], None, Reason::TooLong);
    xff(
        "10.0.0.1",
        &[(XFF, "192.0.2.1"); 32],
        Some("192.0.2.1"),
        Reason::Named,
    );
    xff("10.0.0.1", &[(XFF, "192.0.2.1"); 33], None, Reason::TooLong);
}

#[test]
fn h3_a_hop_that_cannot_be_read_is_never_skipped() {
    for hop in [
        "",
        "-",
        "localhost",
        "unknown.example",
        "256.1.1.1",
        "1.2.3",
        "127.1",
        "0x7f000001",
        "2130706433",
        "010.0.0.2",
        "10.0.0.2.",
        "10.0.0.2:",
        "10.0.0.2:65536",
        "10.0.0.2:+80",
        "10.0.0.2:000080",
        "10.0.0.2:",
        "10.0.0.2:x",
        "10.0.0.2/32",
        "fe80::1%eth0",
        "[::1",
        "[::1]x",
        "[10.0.0.2]",
        "::ffff:010.0.0.2",
        "10.0.0.2 10.0.0.3",
        "\"10.0.0.2\"",
        "+1.2.3.4",
        "for=10.0.0.2",
        "[]",
    ] {
        xff(
            "10.0.0.1",
            &[(XFF, &format!("192.0.2.1, {hop}"))],
            None,
            Reason::HopUnreadable,
        );
        xff(
            "10.0.0.1",
            &[(XFF, &format!("192.0.2.1, {hop},10.0.0.2"))],
            None,
            Reason::HopUnreadable,
        );
    }
    xff(
        "10.0.0.1",
        &[(XFF, "192.0.2.1, unknown")],
        None,
        Reason::HopHidden,
    );
    xff(
        "10.0.0.1",
        &[(XFF, "192.0.2.1, _hidden, 10.0.0.4")],
        None,
        Reason::HopHidden,
    );
}

#[test]
fn h3_what_stands_beyond_the_client_does_not_matter() {
    xff(
        "10.0.0.1",
        &[(XFF, "garbage, unknown,, 192.0.2.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
}

#[test]
fn h3_only_proxies_means_unknown_and_never_a_proxys_address() {
    xff(
        "10.0.0.1",
        &[(XFF, "10.0.0.3, 10.0.0.2")],
        None,
        Reason::OnlyProxies,
    );
}

#[test]
fn h4_a_missing_header_from_a_trusted_peer_means_unknown() {
    xff(
        "10.0.0.1",
        &[("Accept", "*/*")],
        None,
        Reason::HeaderMissing,
    );
    xff("10.0.0.1", &[(XFF, "")], None, Reason::HopUnreadable);
}

#[test]
fn h5_headers_of_another_kind_are_ignored() {
    let others = [
        ("Forwarded", "for=6.6.6.6"),
        ("X-Real-IP", "6.6.6.6"),
        ("CF-Connecting-IP", "6.6.6.6"),
    ];
    xff("10.0.0.1", &others, None, Reason::HeaderMissing);
    let resolved = resolve(
        HeaderKind::Forwarded,
        Some("10.0.0.1"),
        &[(XFF, "6.6.6.6"), ("FORWARDED", "for=192.0.2.1")],
    );
    assert_eq!(resolved.address, Some(ip("192.0.2.1")));
}

#[test]
fn h6_odd_names_and_bytes_are_refused() {
    for name in [
        "X_Forwarded_For",
        "X-Forwarded_For",
        "X-Forwarded-For ",
        " X-Forwarded-For",
        "x-forwarded-for\0",
        "X-Forwarded-For:",
        " X-Forwarded-For ",
    ] {
        xff(
            "10.0.0.1",
            &[(XFF, "192.0.2.1"), (name, "6.6.6.6")],
            None,
            Reason::OddName,
        );
        xff("10.0.0.1", &[(name, "6.6.6.6")], None, Reason::OddName);
    }
    for value in [
        "192.0.2.1\0",
        "192.0.2.1\r\n ,10.0.0.2",
        "192.0.2.1,\t10.0.0.2",
        "١٩٢.0.2.1",
        "192.0.2.1\u{a0}",
        "192.0.2.1\x7f",
    ] {
        xff("10.0.0.1", &[(XFF, value)], None, Reason::OddByte);
    }
    for value in [
        "  192.0.2.1",
        "192.0.2.1  ",
        "192.0.2.1,  10.0.0.2",
        "192.000.002.001",
    ] {
        xff("10.0.0.1", &[(XFF, value)], None, Reason::HopUnreadable);
    }
    // Longer names that merely begin alike are other headers, and so are names that are merely as long.
    for name in [
        "X-Forwarded-For-Original",
        "X-Forwarded-Far",
        "Accept-Language",
        "X-Forwarded",
        "X.Forwarded.For",
        "X-Forwarded_Fo_",
        "X-Forwarded-Fo ",
        " X-Forwarded-For-Original",
    ] {
        xff(
            "10.0.0.1",
            &[(name, "6.6.6.6"), (XFF, "192.0.2.1")],
            Some("192.0.2.1"),
            Reason::Named,
        );
    }
}

#[test]
fn h8_a_balancer_that_appends_its_own_address_is_handled_by_the_trust_set() {
    xff(
        "10.0.0.1",
        &[(XFF, "192.0.2.1, 10.0.0.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
}

#[test]
fn h9_no_peer_is_unknown_and_not_loopback() {
    let resolved = resolve(HeaderKind::XForwardedFor, None, &[(XFF, "192.0.2.1")]);
    assert_eq!((resolved.address, resolved.reason), (None, Reason::NoPeer));
    let direct = ClientAddress::Direct.resolve(None, []);
    assert_eq!((direct.address, direct.reason), (None, Reason::NoPeer));
}

#[test]
fn addresses_may_carry_a_port_and_hops_are_canonical() {
    for hop in [
        "192.0.2.1:443",
        "::ffff:192.0.2.1",
        "[::ffff:192.0.2.1]",
        "[::ffff:192.0.2.1]:65535",
    ] {
        xff("10.0.0.1", &[(XFF, hop)], Some("192.0.2.1"), Reason::Named);
    }
    xff(
        "2001:db8:ffff::1",
        &[(XFF, "2001:db8::1, ::ffff:10.0.0.2")],
        Some("2001:db8::1"),
        Reason::Named,
    );
}

#[test]
fn forwarded_reads_the_grammar_of_rfc_7239() {
    for value in [
        "for=192.0.2.1",
        "For=\"192.0.2.1\"",
        "for=\"192.0.2.1:4711\"",
        "for=\"192.0.2.1:_port\"",
        "for=\"[::ffff:192.0.2.1]:80\"",
        "proto=http;for=192.0.2.1;by=203.0.113.43",
        "for=6.6.6.6, for=192.0.2.1;host=\"a,b;for=9.9.9.9\\\"\",for=10.0.0.2",
        "garbage=1;for=unknown , for=192.0.2.1",
    ] {
        forwarded(value, Some("192.0.2.1"), Reason::Named);
    }
    forwarded(
        "for=\"[2001:db8:cafe::17]\"",
        Some("2001:db8:cafe::17"),
        Reason::Named,
    );
}

#[test]
fn forwarded_hides_or_breaks_into_unknown() {
    for value in [
        "for=unknown",
        "for=UNKNOWN",
        "for=_hidden",
        "for=_a.b-c",
        "for=\"unknown:80\"",
        "for=192.0.2.1,for=_x",
    ] {
        forwarded(value, None, Reason::HopHidden);
    }
    for value in [
        "",
        ",",
        "for",
        "for=",
        "for=192.0.2.1,",
        "for =192.0.2.1",
        "for= 192.0.2.1",
        "for=192.0.2.1;",
        ";for=192.0.2.1",
        "for=192.0.2.1:80",
        "for=[2001:db8::1]",
        "for=\"2001:db8::1\"",
        "for=\"192.0.2.1",
        "for=\"192.0.2.1\"x",
        "for=192.0.2.1;for=192.0.2.2",
        "proto=http",
        "for=\"192.0.2.\\1\"",
        "for=_",
        "for=\"192.0.2.1:99999\"",
        "for=192.0.2.1; proto=http",
        "192.0.2.1",
        "for=\"[192.0.2.1]\"",
        "for=\" 192.0.2.1\"",
        "for=\"open, for=192.0.2.1",
        "for=192.0.2.1,  for=10.0.0.2",
    ] {
        forwarded(value, None, Reason::HopUnreadable);
    }
}

#[test]
fn both_kinds_stop_at_the_same_hop_of_a_long_chain() {
    for (first, before_the_cap, at_the_cap) in [
        ("192.0.2.1", Reason::Named, Reason::TooManyHops),
        ("10.0.0.3", Reason::OnlyProxies, Reason::TooManyHops),
        ("unknown", Reason::HopHidden, Reason::HopHidden),
        ("1.2.3", Reason::HopUnreadable, Reason::HopUnreadable),
    ] {
        for (proxies, reason) in [
            (0, before_the_cap),
            (31, before_the_cap),
            (32, at_the_cap),
            (33, Reason::TooManyHops),
            (34, Reason::TooManyHops),
            (66, Reason::TooManyHops),
        ] {
            let address = (reason == Reason::Named).then_some(first);
            let list = format!("{first}{}", ",10.0.0.2".repeat(proxies));
            xff("10.0.0.1", &[(XFF, &list)], address, reason);
            forwarded(
                &format!("for={}", list.replace(',', ",for=")),
                address,
                reason,
            );
        }
    }
}

#[test]
fn grammar_broken_left_of_any_number_of_good_hops_makes_the_line_unreadable() {
    for broken in [
        "for",
        "for=\"open",
        "for=192.0.2.1;",
        "=,",
        "for=192.0.2.1,",
    ] {
        for proxies in [0, 1, 31, 32, 33, 40] {
            let good = ",for=10.0.0.2".repeat(proxies);
            forwarded(
                &format!("{broken},for=192.0.2.1{good}"),
                None,
                Reason::HopUnreadable,
            );
        }
    }
}

#[test]
fn an_open_quotation_of_the_client_cannot_swallow_a_proxys_line() {
    let lines = [
        ("forwarded", "for=\"6.6.6.6"),
        ("forwarded", "for=192.0.2.1"),
    ];
    let resolved = resolve(HeaderKind::Forwarded, Some("10.0.0.1"), &lines);
    assert_eq!(resolved.address, Some(ip("192.0.2.1")));
}

#[test]
fn a_set_up_that_trusts_nobody_or_everybody_is_refused() {
    let new = |list: &[&str]| TrustedProxies::new(list.iter().map(|p| p.parse().unwrap()));
    assert_eq!(new(&[]), Err(ProxyError::NobodyTrusted));
    assert!(matches!(
        new(&["0.0.0.0/1", "128.0.0.0/1"]),
        Err(ProxyError::EverybodyTrusted(_))
    ));
    assert!(matches!(
        new(&["::/1", "8000::/1"]),
        Err(ProxyError::EverybodyTrusted(_))
    ));
    assert!(new(&["0.0.0.0/1", "128.0.0.0/2"]).is_ok());
    let many = (0..=4096_u32).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256).parse().unwrap());
    assert_eq!(
        TrustedProxies::new(many.clone().take(4096)).map(|_| ()),
        Ok(())
    );
    assert_eq!(TrustedProxies::new(many), Err(ProxyError::TooMany));
}

#[test]
fn kinds_are_found_by_the_name_that_they_have() {
    for kind in [HeaderKind::XForwardedFor, HeaderKind::Forwarded] {
        assert_eq!(HeaderKind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(HeaderKind::XForwardedFor.name(), XFF.to_ascii_lowercase());
    assert_eq!(HeaderKind::from_name("x-real-ip"), None);
}

#[test]
fn every_reason_is_a_sentence_of_its_own() {
    let reasons = [
        Reason::NoPeer,
        Reason::Direct,
        Reason::PeerNotTrusted,
        Reason::Named,
        Reason::HeaderMissing,
        Reason::OnlyProxies,
        Reason::HopUnreadable,
        Reason::HopHidden,
        Reason::TooManyHops,
        Reason::TooLong,
        Reason::OddName,
        Reason::OddByte,
    ];
    let sentences: std::collections::BTreeSet<String> =
        reasons.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), reasons.len());
    assert!(sentences.iter().all(|sentence| sentence.len() > 10));
}

#[test]
fn what_lies_between_two_trusted_networks_is_not_trusted() {
    let networks = ["10.0.0.0/24", "10.0.2.0/24", "10.0.2.64/26", "10.0.3.0/24"];
    let trusted = TrustedProxies::new(networks.map(|text| text.parse().unwrap())).unwrap();
    for (text, inside) in [
        ("10.0.0.255", true),
        ("10.0.1.0", false),
        ("10.0.1.255", false),
        ("10.0.2.0", true),
        ("10.0.2.255", true),
        ("10.0.3.255", true),
        ("10.0.4.0", false),
    ] {
        assert_eq!(trusted.contains(ip(text)), inside, "{text}");
    }
}

#[test]
fn trusted_networks_hold_at_each_boundary() {
    let trusted = trusted();
    for (text, inside) in [
        ("9.255.255.255", false),
        ("10.0.0.0", true),
        ("10.255.255.255", true),
        ("11.0.0.0", false),
        ("2001:db8:fffe:ffff:ffff:ffff:ffff:ffff", false),
        ("2001:db8:ffff::", true),
        ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true),
        ("2001:db9::", false),
        ("::ffff:10.0.0.1", true),
    ] {
        assert_eq!(trusted.contains(ip(text)), inside, "{text}");
    }
}
