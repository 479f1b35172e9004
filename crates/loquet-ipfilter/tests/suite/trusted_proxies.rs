//! Trusted proxies.

use loquet_ipfilter::{Proxy, ProxyError, TrustedProxies};

use crate::common::ip;

pub(crate) fn trusted() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "2001:db8:ffff::/48"].map(|p| p.parse().unwrap())).unwrap()
}

#[test]
fn empty_or_unlimited_trust_is_refused() {
    let new = |list: &[&str]| TrustedProxies::new(list.iter().map(|p| p.parse().unwrap()));
    assert_eq!(new(&[]), Err(ProxyError::NoProxies));
    assert!(matches!(
        new(&["0.0.0.0/1", "128.0.0.0/1"]),
        Err(ProxyError::AllAddressesTrusted(_))
    ));
    assert!(matches!(
        new(&["::/1", "8000::/1"]),
        Err(ProxyError::AllAddressesTrusted(_))
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
fn unix_socket_alone_is_trusted_as_written() {
    let unix: Proxy = "unix".parse().unwrap();
    assert_eq!(unix.to_string(), "unix");
    let trusted = TrustedProxies::new([unix]).unwrap();
    assert!(trusted.contains_peer(None) && !trusted.contains_peer(Some(ip("10.0.0.1"))));
    assert!(!self::trusted().contains_peer(None));
    let network: Proxy = "10.0.0.0/8".parse().unwrap();
    assert_eq!(network, Proxy::Network("10.0.0.0/8".parse().unwrap()));
    assert_eq!(network.to_string(), "10.0.0.0/8");
    for text in ["", "Unix", "unix:", "none", "10.0.0.1/8"] {
        assert!(text.parse::<Proxy>().is_err(), "{text}");
    }
}

#[test]
fn gap_between_trusted_networks_is_untrusted() {
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
fn trusted_networks_end_at_their_boundaries() {
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
