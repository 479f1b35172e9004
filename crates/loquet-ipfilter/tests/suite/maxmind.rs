//! MaxMind databases: generated ones, and those that MaxMind publishes for tests.
use std::net::IpAddr;
use std::path::Path;

use loquet_ipfilter::{Asn, Class, Country, DatabaseKind, Filter, Geo, MmdbError, Origin, Rules};
use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;

/// See the `README.md` there.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/maxmind");
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn database<T: Serialize>(kind: &str, built: u64, entries: &[(&str, T)]) -> Vec<u8> {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.database_type = kind.into();
    database.metadata.build_epoch = built;
    database.metadata.binary_format_major_version = 2;
    for (network, value) in entries {
        let data = database.insert_value(value).unwrap();
        let (address, mask) = network.split_once('/').unwrap();
        database.insert_node(
            IpAddrWithMask::new(ip(address), mask.parse().unwrap()),
            data,
        );
    }
    database.write_to(Vec::new()).unwrap()
}

#[derive(Serialize)]
struct InCountry {
    country: Code,
}

#[derive(Serialize)]
struct Code {
    iso_code: &'static str,
}

#[derive(Serialize)]
struct Operator {
    autonomous_system_number: u32,
}

#[derive(Serialize)]
struct Anonymizer {
    is_anonymous: bool,
    is_tor_exit_node: bool,
    is_hosting_provider: bool,
}

const fn country(iso_code: &'static str) -> InCountry {
    InCountry {
        country: Code { iso_code },
    }
}

fn whole() -> Geo {
    // IPv4 lies below the first 96 zero bits of an IPv6 tree.
    let countries = [
        ("::24.48.0.0/112", country("CA")),
        ("::12.0.0.0/104", country("US")),
        ("2600::/16", country("CA")),
    ];
    let operators = [(
        "::24.48.0.0/112",
        Operator {
            autonomous_system_number: 577,
        },
    )];
    let tor = Anonymizer {
        is_anonymous: true,
        is_tor_exit_node: true,
        is_hosting_provider: false,
    };
    let nothing = Anonymizer {
        is_anonymous: false,
        is_tor_exit_node: false,
        is_hosting_provider: false,
    };
    Geo::default()
        .with_mmdb(&database("GeoLite2-Country", 100, &countries))
        .unwrap()
        .with_mmdb(&database("GeoLite2-ASN", 200, &operators))
        .unwrap()
        .with_mmdb(&database(
            "GeoIP2-Anonymous-IP",
            300,
            &[("::24.48.7.0/120", tor), ("::12.0.0.0/104", nothing)],
        ))
        .unwrap()
}

#[test]
fn database_type_and_build_time_are_read() {
    let geo = whole();
    assert_eq!(geo.country(ip("24.48.255.255")), Country::from_code("CA"));
    assert_eq!(geo.country(ip("24.49.0.0")), None);
    assert_eq!(geo.country(ip("12.255.0.1")), Country::from_code("US"));
    assert_eq!(geo.country(ip("2600:1::")), Country::from_code("CA"));
    assert_eq!(geo.asn(ip("24.48.0.0")), Some(Asn(577)));
    let classes = geo.anonymizer(ip("24.48.7.7")).unwrap();
    assert_eq!(
        classes.iter().collect::<Vec<_>>(),
        [Class::Anonymous, Class::Tor]
    );
    assert_eq!(geo.anonymizer(ip("12.0.0.1")).unwrap().iter().count(), 0);
    let built = [
        DatabaseKind::Country,
        DatabaseKind::Asn,
        DatabaseKind::Anonymizer,
    ]
    .map(|kind| geo.built(kind));
    assert_eq!(built, [Some(100), Some(200), Some(300)]);
}

#[test]
fn record_for_all_of_ipv4_is_read() {
    for (network, in_v6) in [("::/96", "::1"), ("::/40", "::1:0:0:1")] {
        let geo = Geo::default()
            .with_mmdb(&database(
                "GeoLite2-Country",
                1,
                &[(network, country("CA"))],
            ))
            .unwrap();
        for address in ["0.0.0.0", "24.48.0.1", "255.255.255.255", in_v6] {
            let found = geo.country(ip(address));
            assert_eq!(found, Country::from_code("CA"), "{network} {address}");
        }
        assert_eq!(geo.country(ip("2600::1")), None);
    }
}

#[test]
fn database_facts_decide_rules() {
    let rules = Rules::parse_text("allow country CA asn 577\ndeny class tor").unwrap();
    let filter = Filter::compile(&rules, Some(&whole())).unwrap();
    let allowed = |address| filter.check(&Origin::at(ip(address))).is_allowed();
    assert!(
        allowed("24.48.0.1")
            && !allowed("24.48.7.1")
            && !allowed("12.0.0.1")
            && !allowed("2600::1")
    );
}

#[test]
fn database_of_other_type_is_refused() {
    let other = database(
        "GeoIP2-Connection-Type",
        1,
        &[("::1.0.0.0/104", country("CA"))],
    );
    let error = Geo::default().with_mmdb(&other).unwrap_err();
    assert_eq!(error, MmdbError::Type("GeoIP2-Connection-Type".into()));
    assert!(matches!(
        Geo::default().with_mmdb(b"").unwrap_err(),
        MmdbError::Damaged(_)
    ));
}

#[test]
fn invalid_country_code_is_unknown() {
    let odd = [
        ("::1.0.0.0/104", country("xx")),
        ("::2.0.0.0/104", country("USA")),
        ("::3.0.0.0/104", country("FR")),
    ];
    let geo = Geo::default()
        .with_mmdb(&database("DBIP-Country-Lite", 1, &odd))
        .unwrap();
    let found = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map(|address| geo.country(ip(address)));
    assert_eq!(found, [None, None, Country::from_code("FR")]);
}

#[test]
fn g1_damaged_database_never_panics() {
    let sound = database(
        "GeoLite2-Country",
        1,
        &[
            ("::1.0.0.0/104", country("CA")),
            ("2600::/16", country("US")),
        ],
    );
    // Damages every byte in turn, and truncates the file at every length.
    let mut refused = 0_u32;
    for at in 0..sound.len() {
        for damage in [0x00, 0xff, 0x80] {
            let mut damaged = sound.clone();
            *damaged.get_mut(at).unwrap() ^= damage;
            refused += u32::from(Geo::default().with_mmdb(&damaged).is_err());
        }
        refused += u32::from(Geo::default().with_mmdb(sound.get(..at).unwrap()).is_err());
    }
    assert!(refused > 500, "{refused}");
}

/// The databases of our own folder, and of the shared one where it is.
fn files(own: &str, shared: &str) -> Vec<(String, Vec<u8>)> {
    let file = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(&path).unwrap())
    };
    let entries = |folder| std::fs::read_dir(folder).into_iter().flatten();
    entries(Path::new(OWN).join(own))
        .chain(entries(Path::new(SHARED).join(shared)))
        .map(|entry| file(entry.unwrap().path()))
        .filter(|(name, _)| name.ends_with(".mmdb"))
        .collect()
}

#[test]
fn g1_published_damaged_databases_never_panic() {
    let mut refused = Vec::new();
    for (name, bytes) in files("damaged", "geoip-bad") {
        let outcome = Geo::default().with_mmdb(&bytes);
        refused.extend(outcome.is_err().then_some(name));
    }
    for name in [
        "bad-unicode-in-map-key.mmdb",
        "cyclic-data-structure.mmdb",
        "libmaxminddb-corrupt-search-tree.mmdb",
        "libmaxminddb-deep-nesting.mmdb",
        "libmaxminddb-metadata-marker-only.mmdb",
        "libmaxminddb-offset-integer-overflow.mmdb",
        "libmaxminddb-oversized-array.mmdb",
        "invalid-data-record-offset.mmdb",
        "unexpected-bytes.mmdb",
    ] {
        assert!(refused.iter().any(|it| it == name), "{name}: {refused:?}");
    }
}

#[test]
fn published_databases_match_their_source() {
    let mut geo = Geo::default();
    for (name, bytes) in files("sound", "geoip") {
        let read = Geo::default().with_mmdb(&bytes).unwrap();
        if name == "GeoIP2-City-Test.mmdb" {
            assert_eq!(read.country(ip("81.2.69.142")), Country::from_code("GB"));
        } else {
            geo = geo.with_mmdb(&bytes).unwrap();
        }
    }
    assert_eq!(geo.country(ip("81.2.69.142")), Country::from_code("GB"));
    assert_eq!(
        geo.country(ip("::ffff:81.2.69.142")),
        Country::from_code("GB")
    );
    assert_eq!(geo.asn(ip("1.128.0.1")), Some(Asn(1221)));
    let classes = geo.anonymizer(ip("1.2.0.1")).unwrap();
    assert!(classes.contains(Class::Anonymous) && classes.contains(Class::Vpn));
}
