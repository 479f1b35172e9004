//! The `Forwarded` header (RFC 7239), and common behavior of both headers.

use loquet_ipfilter::{HeaderKind, Reason};

use crate::client_address::{XFF, resolve, xff};
use crate::common::ip;

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
fn forwarded_follows_grammar_of_rfc_7239() {
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
fn hidden_or_invalid_forwarded_hop_is_unknown() {
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
        "for",
        "for=",
        "for =192.0.2.1",
        "for= 192.0.2.1",
        "for=192.0.2.1 proto=http",
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
        "192.0.2.1",
        "for=\"[192.0.2.1]\"",
        "for=\" 192.0.2.1\"",
        "for=192.0.2.1, for=\"open",
    ] {
        forwarded(value, None, Reason::HopUnreadable);
    }
}

#[test]
fn t42_forwarded_may_have_blanks_and_empty_parts() {
    for value in [
        "for=192.0.2.1 ,  for=10.0.0.2",
        "\tfor=192.0.2.1\t,\tfor=10.0.0.2 ",
        "for=192.0.2.1;;proto=http",
        "for=192.0.2.1;",
        ";for=192.0.2.1",
        ";;for=192.0.2.1;;,;",
        "for=192.0.2.1; proto=http ;\tby=_x",
        "for=192.0.2.1,",
        ",for=6.6.6.6,,for=192.0.2.1, ,\tfor=10.0.0.2,",
    ] {
        forwarded(value, Some("192.0.2.1"), Reason::Named);
    }
    for value in ["", ",", " ;\t, ;; "] {
        forwarded(value, None, Reason::HeaderMissing);
    }
    forwarded(
        "for=10.0.0.3, for=10.0.0.2",
        Some("10.0.0.3"),
        Reason::OnlyProxies,
    );
}

#[test]
fn t42_open_quote_does_not_hide_proxies_elements() {
    let end = [
        "for=192.0.2.1",
        "for=192.0.2.1;host=\"a, for=9.9.9.9\"",
        "for=192.0.2.1;host=\"a, for=9.9.9.9;b=\\\"\"",
        "host=\"=, for=9.9.9.9;by=\";for=192.0.2.1, for=\"10.0.0.2:80\"",
        "for=\"192.0.2.1\";host=\", for=9.9.9.9;x=\";ua=\";y=z\", for=10.0.0.2;",
    ];
    for end in end {
        for start in [
            "for=injected;by=\"",
            "for=6.6.6.6;by=\"\\",
            "\"",
            "for=\"6.6.6.6\"\"",
            "for=6.6.6.6, by=\"=\";x=\"",
            "for=6.6.6.6;x=\", for=7.7.7.7;y=\"a\\\"",
        ] {
            forwarded(&format!("{start}, {end}"), Some("192.0.2.1"), Reason::Named);
        }
    }
}

#[test]
fn both_headers_stop_at_same_hop() {
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
            let address = match reason {
                Reason::Named | Reason::OnlyProxies => Some(first),
                _ => None,
            };
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
fn invalid_element_is_reached_only_through_proxies() {
    for broken in ["for", "for=\"open", "for=192.0.2.1:80", "=", "a=b=c"] {
        for proxies in [0, 1, 31] {
            let good = ",for=10.0.0.2".repeat(proxies);
            forwarded(&format!("{broken}{good}"), None, Reason::HopUnreadable);
            forwarded(
                &format!("{broken},for=192.0.2.1{good}"),
                Some("192.0.2.1"),
                Reason::Named,
            );
        }
    }
}

#[test]
fn open_quote_does_not_reach_next_line() {
    let lines = [
        ("forwarded", "for=\"6.6.6.6"),
        ("forwarded", "for=192.0.2.1"),
    ];
    let resolved = resolve(HeaderKind::Forwarded, Some("10.0.0.1"), &lines);
    assert_eq!(resolved.address, Some(ip("192.0.2.1")));
}
