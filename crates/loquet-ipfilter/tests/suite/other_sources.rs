//! Headers of one address, and peers on a Unix socket.

use loquet_ipfilter::{ClientAddress, HeaderKind, Proxy, Reason, TrustedProxies};

use crate::client_address::{XFF, resolve};
use crate::common::ip;

#[test]
fn t42_unix_socket_counts_only_when_trusted() {
    let resolve = |proxies: &[Proxy], peer: Option<&str>| {
        let trusted = TrustedProxies::new(proxies.iter().copied()).unwrap();
        let lines = [(XFF.as_bytes(), &b"6.6.6.6, 192.0.2.1, 10.0.0.2"[..])];
        let client = ClientAddress::Behind(HeaderKind::XForwardedFor, trusted);
        client.resolve(peer.map(ip), lines)
    };
    let [network, unix] = ["10.0.0.0/8", "unix"].map(|text| text.parse::<Proxy>().unwrap());
    let resolved = resolve(&[network, unix], None);
    assert_eq!(resolved.reason, Reason::Named);
    assert_eq!(resolved.hops, [ip("10.0.0.2"), ip("192.0.2.1")]);
    assert_eq!(resolved.address, Some(ip("192.0.2.1")));
    let only_unix = resolve(&[unix], None);
    assert_eq!(only_unix.address, Some(ip("10.0.0.2")));
    // Neither declaration stands for the other.
    assert_eq!(resolve(&[network], None).reason, Reason::NoPeer);
    let peer = resolve(&[unix], Some("10.0.0.1"));
    assert_eq!(peer.reason, Reason::PeerNotTrusted);
    // The limit of hops does not depend on the peer.
    let trusted = TrustedProxies::new([network, unix]).unwrap();
    let client = ClientAddress::Behind(HeaderKind::XForwardedFor, trusted);
    for (proxies, reason) in [(31, Reason::Named), (32, Reason::TooManyHops)] {
        let line = format!("192.0.2.1{}", ",10.0.0.2".repeat(proxies));
        let resolved = client.resolve(None, [(XFF.as_bytes(), line.as_bytes())]);
        assert_eq!(resolved.reason, reason, "{proxies}");
    }
}

#[test]
fn h7_header_of_one_value_refuses_lists() {
    for kind in [
        HeaderKind::XRealIp,
        HeaderKind::CfConnectingIp,
        HeaderKind::TrueClientIp,
    ] {
        let name = kind.name();
        let case = |peer: &str, values: &[&str], address: Option<&str>, reason: Reason| {
            let lines: Vec<_> = values.iter().map(|value| (name, *value)).collect();
            let resolved = resolve(kind, Some(peer), &lines);
            let found = (resolved.address, resolved.reason);
            assert_eq!(found, (address.map(ip), reason), "{name} {values:?}");
        };
        case("10.0.0.1", &["192.0.2.1"], Some("192.0.2.1"), Reason::Named);
        case(
            "10.0.0.1",
            &["\t2001:db8::1 "],
            Some("2001:db8::1"),
            Reason::Named,
        );
        case(
            "10.0.0.1",
            &["10.0.0.9"],
            Some("10.0.0.9"),
            Reason::OnlyProxies,
        );
        for values in [
            &["192.0.2.1", "192.0.2.1"][..],
            &["192.0.2.1, 192.0.2.2"],
            &["192.0.2.1,"],
            &["", "192.0.2.1"],
        ] {
            case("10.0.0.1", values, None, Reason::SeveralValues);
        }
        case("10.0.0.1", &[], None, Reason::HeaderMissing);
        case("10.0.0.1", &[" "], None, Reason::HeaderMissing);
        case("10.0.0.1", &["unknown"], None, Reason::HopHidden);
        case("10.0.0.1", &["192.0.2.1\0"], None, Reason::OddByte);
        // H1: the header counts only from a trusted peer.
        case(
            "203.0.113.9",
            &["192.0.2.1"],
            Some("203.0.113.9"),
            Reason::PeerNotTrusted,
        );
        // H5, H6: a name that only resembles it, and every other header.
        let odd = name.replace('-', "_");
        let lines = [(name, "192.0.2.1"), (&odd, "6.6.6.6")];
        assert_eq!(
            resolve(kind, Some("10.0.0.1"), &lines).reason,
            Reason::OddName
        );
        let other = resolve(kind, Some("10.0.0.1"), &[(XFF, "192.0.2.1")]);
        assert_eq!(other.reason, Reason::HeaderMissing);
    }
}
