//! Rules about places: what the databases say, and what they do not know.

use loquet_ipfilter::{Class, Classes, Geo, Origin, Subject};

use crate::common::{compiled, filter, ip, places, said};

#[test]
fn places_follow_the_databases_longest_prefix() {
    let geo = places();
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
            said(&filter, &Origin::at(ip(address))),
            expected,
            "{address}"
        );
    }
    let record = filter.explain(&Origin::at(ip("24.1.2.3")));
    assert_eq!(record.databases[0], (Subject::Country, 1_700_000_000));
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
fn what_is_unknown_never_allows_and_never_slips_past_a_deny() {
    let geo = places();
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
        assert_eq!(said(&filter, &nowhere), no_address, "{rules}");
        assert_eq!(said(&filter, &elsewhere), no_country, "{rules}");
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
fn g2_a_stale_database_is_reported_and_can_fail_closed() {
    let geo = places();
    let month = 30 * 86_400;
    assert!(geo.stale(1_700_000_000 + month, month).is_empty());
    let stale: Vec<Subject> = geo
        .stale(1_700_000_001 + month, month)
        .iter()
        .map(|stale| stale.subject)
        .collect();
    assert_eq!(stale, [Subject::Country]);
    // Dated beyond a day of grace in the future.
    assert!(geo.stale(1_700_000_002 - 86_400, month).is_empty());
    assert_eq!(
        geo.stale(1_700_000_001 - 86_400, month)[0].subject,
        Subject::Anonymiser
    );

    let fresh = geo.clone().without_stale(1_700_000_001 + month, month);
    assert_eq!(
        (fresh.built(Subject::Country), fresh.built(Subject::Asn)),
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
fn without_an_anonymiser_database_every_address_may_be_one() {
    let deny = "allow any\ndeny class vpn";
    let allow = "allow class unknown";
    let at = Origin::at(ip("24.1.2.3"));
    assert_eq!(said(&filter(deny), &at), "deny 2");
    assert!(filter(deny).check(&at).by_unknown);
    assert_eq!(said(&filter(allow), &at), "allow 1");
    let geo = Geo::default().with_anonymisers(
        0,
        [(
            "24.0.0.0/8".parse().unwrap(),
            Classes::NONE.with(Class::Hosting),
        )],
    );
    assert_eq!(said(&compiled(deny, &geo), &at), "allow 1");
    assert_eq!(said(&compiled(allow, &geo), &at), "deny -");
    // The address alone says that it is none of these, with or without a database.
    assert_eq!(
        said(&filter("allow any\ndeny class special"), &at),
        "allow 1"
    );
}
