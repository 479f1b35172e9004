//! Requirements H1–H9: the client's address behind proxies.
use loquet_ipfilter::{ClientAddress, HeaderKind, Reason, Resolved};

use crate::common::ip;
use crate::trusted_proxies::trusted;

pub(crate) const XFF: &str = "X-Forwarded-For";

pub(crate) fn resolve(kind: HeaderKind, peer: Option<&str>, headers: &[(&str, &str)]) -> Resolved {
    let lines = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    ClientAddress::Behind(kind, trusted()).resolve(peer.map(ip), lines)
}

#[track_caller]
pub(crate) fn xff(peer: &str, headers: &[(&str, &str)], address: Option<&str>, reason: Reason) {
    let resolved = resolve(HeaderKind::XForwardedFor, Some(peer), headers);
    assert_eq!(
        (resolved.address, resolved.reason),
        (address.map(ip), reason),
        "{headers:?}"
    );
}

#[test]
fn h1_header_counts_only_from_trusted_peer() {
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
fn h1_peer_is_made_canonical_first() {
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
fn h2_walk_stops_at_first_untrusted_hop() {
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
fn h2_several_lines_form_one_list() {
    let lines = [
        (XFF, "6.6.6.6"),
        ("Accept", "*/*"),
        ("x-forwarded-for", "192.0.2.1,10.0.0.3"),
        (XFF, "10.0.0.2"),
    ];
    xff("10.0.0.1", &lines, Some("192.0.2.1"), Reason::Named);
}

#[test]
fn h2_hops_lines_and_bytes_are_limited() {
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
fn h3_unreadable_hop_is_never_skipped() {
    for hop in [
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
fn h3_text_before_client_is_ignored() {
    xff(
        "10.0.0.1",
        &[(XFF, "garbage, unknown,, 192.0.2.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
}

#[test]
fn t42_outermost_proxy_is_client_of_proxies_only() {
    for (lines, address) in [
        (&["10.0.0.5"][..], "10.0.0.5"),
        (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (&["2001:db8:ffff::9", "10.0.0.2"], "2001:db8:ffff::9"),
        (&["", "10.0.0.2,"], "10.0.0.2"),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| (XFF, *line)).collect();
        xff("10.0.0.1", &lines, Some(address), Reason::OnlyProxies);
    }
    // A hop that is hidden or cannot be read is no proxy.
    for (line, reason) in [
        ("unknown, 10.0.0.2", Reason::HopHidden),
        ("x, 10.0.0.2", Reason::HopUnreadable),
    ] {
        xff("10.0.0.1", &[(XFF, line)], None, reason);
    }
}

#[test]
fn t42_list_may_have_blanks_and_empty_elements() {
    for line in [
        "192.0.2.1\t, 10.0.0.2",
        "192.0.2.1  ,   10.0.0.2",
        "\t 192.0.2.1 \t",
        "6.6.6.6,,192.0.2.1,\t,10.0.0.2",
        "192.0.2.1,",
        "192.0.2.1,,",
        ",192.0.2.1, ,10.0.0.2 , ",
        "  [::ffff:192.0.2.1]:80\t,",
    ] {
        xff("10.0.0.1", &[(XFF, line)], Some("192.0.2.1"), Reason::Named);
    }
    // An empty list names no client, and only blanks around an element are dropped.
    for line in ["", " ", ",", "\t, ,"] {
        xff("10.0.0.1", &[(XFF, line)], None, Reason::HeaderMissing);
    }
    for line in ["192.0.2.1\t10.0.0.2", "192.0.2. 1", "192.0.2.1 :80"] {
        xff("10.0.0.1", &[(XFF, line)], None, Reason::HopUnreadable);
    }
}

#[test]
fn h4_client_is_unknown_without_header() {
    xff(
        "10.0.0.1",
        &[("Accept", "*/*")],
        None,
        Reason::HeaderMissing,
    );
}

#[test]
fn h5_other_headers_are_ignored() {
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
fn h6_ambiguous_names_and_bytes_are_refused() {
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
        "192.0.2.1,\u{b}10.0.0.2",
        "١٩٢.0.2.1",
        "192.0.2.1\u{a0}",
        "192.0.2.1\x7f",
    ] {
        xff("10.0.0.1", &[(XFF, value)], None, Reason::OddByte);
    }
    // Names that only begin like the configured one, or only have its length, are other headers.
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
fn h8_trusted_balancer_may_append_its_own_address() {
    xff(
        "10.0.0.1",
        &[(XFF, "192.0.2.1, 10.0.0.1")],
        Some("192.0.2.1"),
        Reason::Named,
    );
}

#[test]
fn h9_missing_peer_is_unknown() {
    let resolved = resolve(HeaderKind::XForwardedFor, None, &[(XFF, "192.0.2.1")]);
    assert_eq!((resolved.address, resolved.reason), (None, Reason::NoPeer));
    let direct = ClientAddress::Direct.resolve(None, []);
    assert_eq!((direct.address, direct.reason), (None, Reason::NoPeer));
}

#[test]
fn hops_may_have_ports_and_become_canonical() {
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
fn every_reason_has_distinct_text() {
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
        Reason::SeveralValues,
        Reason::OddName,
        Reason::OddByte,
    ];
    let sentences: std::collections::BTreeSet<String> =
        reasons.iter().map(ToString::to_string).collect();
    assert_eq!(sentences.len(), reasons.len());
    assert!(sentences.iter().all(|sentence| sentence.len() > 10));
}
