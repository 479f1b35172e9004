//! Rules that need databases, with known and unknown facts.

use loquet_ipfilter::{Class, Classes, DatabaseKind, Geo, Origin};

use crate::common::{compiled, decided, filter, ip, sample_geo};

#[test]
fn place_uses_longest_prefix_of_database() {
    let geo = sample_geo();
    let filter = compiled(
        "place \"Canada\" = country CA\nallow place \"Canada\"\ndeny class tor",
        &geo,
    );
    for (address, expected) in [
        ("24.0.0.1", "allow 2"),
        ("24.47.255.255", "allow 2"),
        ("24.48.0.0", "deny -"),
        ("24.49.0.0", "allow 2"),
        ("24.1.2.3", "deny 3"),
        ("25.0.0.0", "deny -"),
        ("2600::1", "allow 2"),
        ("2601::1", "deny -"),
        ("192.168.1.1", "deny -"),
    ] {
        assert_eq!(
            decided(&filter, &Origin::at(ip(address))),
            expected,
            "{address}"
        );
    }
    let record = filter.explain(&Origin::at(ip("24.1.2.3")));
    assert_eq!(record.databases[0], (DatabaseKind::Country, 1_700_000_000));
    assert_eq!(
        record
            .matching
            .iter()
            .map(|rule| rule.line)
            .collect::<Vec<_>>(),
        [3, 2]
    );
}

#[test]
fn unknown_fact_never_allows_or_bypasses_deny() {
    let geo = sample_geo();
    let nowhere = Origin::default();
    let elsewhere = Origin::at(ip("8.8.8.8"));
    for (rules, no_address, no_country) in [
        ("allow any", "deny -", "allow 1"),
        ("allow any\nallow unknown", "allow 2", "allow 1"),
        ("allow country CA", "deny -", "deny -"),
        ("allow country CA unknown", "allow 1", "allow 1"),
        ("default allow\ndeny country CA", "deny 2", "deny 2"),
        ("default allow\ndeny 24.0.0.0/8", "deny 2", "allow -"),
        ("default allow\ndeny asn 577", "deny 2", "deny 2"),
        ("default allow\ndeny class tor", "deny 2", "allow -"),
        ("allow class tor", "deny -", "deny -"),
        ("default allow", "allow -", "allow -"),
        ("", "deny -", "deny -"),
    ] {
        let filter = compiled(rules, &geo);
        assert_eq!(decided(&filter, &nowhere), no_address, "{rules}");
        assert_eq!(decided(&filter, &elsewhere), no_country, "{rules}");
    }
    assert!(
        compiled("default allow\ndeny country CA", &geo)
            .check(&elsewhere)
            .by_unknown
    );
    assert!(
        !compiled("default allow\ndeny country CA", &geo)
            .check(&Origin::at(ip("24.0.0.1")))
            .by_unknown
    );
}

#[test]
fn g2_stale_database_is_reported_and_can_deny() {
    let geo = sample_geo();
    let month = 30 * 86_400;
    assert!(geo.stale(1_700_000_000 + month, month).is_empty());
    let stale: Vec<DatabaseKind> = geo
        .stale(1_700_000_001 + month, month)
        .iter()
        .map(|stale| stale.kind)
        .collect();
    assert_eq!(stale, [DatabaseKind::Country]);
    // Dated more than the tolerated day in the future.
    assert!(geo.stale(1_700_000_002 - 86_400, month).is_empty());
    assert_eq!(
        geo.stale(1_700_000_001 - 86_400, month)[0].kind,
        DatabaseKind::Anonymizer
    );

    let fresh = geo.clone().without_stale(1_700_000_001 + month, month);
    assert_eq!(
        (
            fresh.built(DatabaseKind::Country),
            fresh.built(DatabaseKind::Asn)
        ),
        (None, Some(1_700_000_001))
    );
    let origin = Origin::at(ip("24.0.0.1"));
    assert!(
        compiled("allow country CA", &geo)
            .check(&origin)
            .is_allowed()
    );
    assert!(
        !compiled("allow country CA", &fresh)
            .check(&origin)
            .is_allowed()
    );
    assert!(
        !compiled("default allow\ndeny country FR", &fresh)
            .check(&origin)
            .is_allowed()
    );
}

#[test]
fn class_is_unknown_without_anonymizer_database() {
    let deny = "allow any\ndeny class vpn";
    let allow = "allow class unknown";
    let at = Origin::at(ip("24.1.2.3"));
    assert_eq!(decided(&filter(deny), &at), "deny 2");
    assert!(filter(deny).check(&at).by_unknown);
    assert_eq!(decided(&filter(allow), &at), "allow 1");
    let geo = Geo::default().with_anonymizers(
        0,
        [(
            "24.0.0.0/8".parse().unwrap(),
            Classes::NONE.with(Class::Hosting),
        )],
    );
    assert_eq!(decided(&compiled(deny, &geo), &at), "allow 1");
    assert_eq!(decided(&compiled(allow, &geo), &at), "deny -");
    // The class `special` is known without a database.
    assert_eq!(
        decided(&filter("allow any\ndeny class special"), &at),
        "allow 1"
    );
}
