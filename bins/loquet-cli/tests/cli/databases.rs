//! `loquet ip` over MaxMind databases, made by a writer crate.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;
use serde_json::Value;

/// 2020-01-01.
const LONG_AGO: u64 = 1_577_836_800;

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn write<T: Serialize>(path: &Path, kind: &str, built: u64, entries: &[([u8; 4], u8, T)]) {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V4;
    database.metadata.database_type = kind.into();
    database.metadata.build_epoch = built;
    database.metadata.binary_format_major_version = 2;
    for (network, length, value) in entries {
        let data = database.insert_value(value).unwrap();
        database.insert_node(IpAddrWithMask::new((*network).into(), *length), data);
    }
    std::fs::write(path, database.write_to(Vec::new()).unwrap()).unwrap();
}

fn country(code: &str) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    BTreeMap::from([("country", BTreeMap::from([("iso_code", code)]))])
}

/// A folder with three databases, one of them old, and rules that ask for all.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    write(
        &place("countries.mmdb"),
        "GeoLite2-Country",
        now(),
        &[
            ([24, 48, 0, 0], 16, country("CA")),
            ([90, 0, 0, 0], 9, country("FR")),
        ],
    );
    let operator = BTreeMap::from([("autonomous_system_number", 577_u32)]);
    write(
        &place("operators.mmdb"),
        "GeoLite2-ASN",
        LONG_AGO,
        &[([24, 48, 0, 0], 17, operator)],
    );
    let tor = BTreeMap::from([("is_anonymous", true), ("is_tor_exit_node", true)]);
    write(
        &place("anonymizers.mmdb"),
        "GeoIP2-Anonymous-IP",
        now(),
        &[([24, 48, 7, 0], 24, tor)],
    );
    for (name, rules) in [
        ("canada.rules", "allow country CA\ndeny class tor\n"),
        ("one.rules", "allow country CA asn 577\ndeny class tor\n"),
    ] {
        std::fs::write(place(name), rules).unwrap();
    }
    folder
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn ip(folder: &Path, arguments: &str) -> Said {
    let output = super::loquet(&["ip"])
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

const ALL: &str = "--database countries.mmdb --database operators.mmdb --database anonymizers.mmdb";

#[test]
fn countries_operators_and_anonymizers_decide_together() {
    let folder = folder();
    let said = ip(
        folder.path(),
        &format!(
            "check --rules one.rules {ALL} 24.48.0.1 24.48.7.1 24.48.200.1 90.1.2.3 192.0.2.1"
        ),
    );
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(
        said.out,
        "24.48.0.1: allow (line 1: allow country CA asn 577)\n\
         24.48.7.1: deny (line 2: deny class tor)\n\
         24.48.200.1: deny (default deny)\n\
         90.1.2.3: deny (default deny)\n\
         192.0.2.1: deny (default deny)\n"
    );
}

#[test]
fn database_is_named_with_date_and_staleness() {
    let folder = folder();
    let check = |more: &str| {
        ip(
            folder.path(),
            &format!("check --rules one.rules {ALL} 24.48.0.1 {more}"),
        )
    };
    let said = check("");
    let notes: Vec<&str> = said.err.lines().collect();
    assert!(
        notes[0].starts_with("note: countries.mmdb: countries, built 20")
            && notes[0].ends_with("UTC"),
        "{}",
        notes[0]
    );
    assert_eq!(
        notes[1],
        "note: operators.mmdb: network operators, built 2020-01-01 00:00:00 UTC, more than 45 days ago"
    );
    assert_eq!(notes.len(), 3);
    assert!(said.out.contains("allow"), "{}", said.out);
    assert!(!check("--max-age 36500").err.contains("days ago"));
    let closed = check("--drop-stale");
    assert_eq!(closed.out, "24.48.0.1: deny (default deny)\n");
    let notes: Vec<&str> = closed.err.lines().collect();
    assert_eq!(
        notes[1],
        "note: operators.mmdb: network operators, built 2020-01-01 00:00:00 UTC, more than 45 days ago: what it says \
         is taken for unknown"
    );
    assert_eq!(
        notes[3],
        "note: --rules: line 1 asks for network operators, which no --database tells: unknown for every address, and \
         unknown allows only where a rule names it"
    );
}

#[test]
fn database_of_the_future_is_stale() {
    let folder = folder();
    write(
        &folder.path().join("future.mmdb"),
        "DBIP-Country-Lite",
        4_102_444_800,
        &[([24, 48, 0, 0], 16, country("CA"))],
    );
    let said = ip(
        folder.path(),
        "check --rules canada.rules --database future.mmdb --drop-stale 24.48.0.1",
    );
    assert!(
        said.err.starts_with(
            "note: future.mmdb: countries, built 2100-01-01 00:00:00 UTC, which is yet to come: what it says is taken \
             for unknown\n"
        ),
        "{}",
        said.err
    );
    assert_eq!(said.out, "24.48.0.1: deny (line 2: deny class tor)\n");
}

#[test]
fn explanation_says_what_is_known() {
    let folder = folder();
    let said = ip(
        folder.path(),
        &format!("explain --rules canada.rules {ALL} 24.48.7.1"),
    );
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "deny (line 2: deny class tor)",
            "  would decide next: line 1: allow country CA",
            "  known of it: country CA, asn 577, class anonymous, class tor",
        ]
    );
    assert!(
        lines[3].contains(&format!(",asn@{LONG_AGO},anonymizer@")),
        "{}",
        lines[3]
    );
    let said = ip(
        folder.path(),
        "explain --rules canada.rules --database countries.mmdb 90.1.2.3 --json",
    );
    let object: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        object["facts"],
        serde_json::json!(["country FR", "asn unknown", "class unknown"])
    );
}

#[test]
fn difference_counts_addresses_of_a_country() {
    let folder = folder();
    let said = ip(
        folder.path(),
        &format!("diff canada.rules one.rules {ALL} --json"),
    );
    let object: Value = serde_json::from_str(said.out.lines().next().unwrap()).unwrap();
    // The upper half of 24.48.0.0/16 is Canada's, and another operator's.
    assert_eq!(object["lost"], "32768");
    assert_eq!(object["gained"], "0");
    assert_eq!(object["changes"][0]["first"], "24.48.128.0");
}

#[test]
fn missing_database_is_named_per_rule_kind() {
    let folder = folder();
    let said = ip(folder.path(), "check --rules one.rules 24.48.0.1");
    assert_eq!(
        said.err.lines().collect::<Vec<_>>(),
        ["countries", "network operators", "anonymizers"]
            .iter()
            .map(|what| {
                let line = if *what == "anonymizers" { 2 } else { 1 };
                format!(
                    "note: --rules: line {line} asks for {what}, which no --database tells: unknown for every address, \
                     and unknown allows only where a rule names it"
                )
            })
            .collect::<Vec<_>>()
    );
    let without = ip(folder.path(), "lint --rules one.rules --fail-on-finding");
    assert_eq!(without.code, Some(1));
    assert!(
        without.out.contains("line 1 needs a database (country)"),
        "{}",
        without.out
    );
    let with = ip(
        folder.path(),
        &format!("lint --rules one.rules {ALL} --fail-on-finding"),
    );
    assert_eq!(
        (with.code, with.out.as_str()),
        (Some(0), "nothing to remark\n")
    );
}

#[test]
fn unusable_database_is_refused_by_name() {
    let folder = folder();
    let torn = std::fs::read(folder.path().join("countries.mmdb")).unwrap();
    std::fs::write(folder.path().join("torn.mmdb"), &torn[..torn.len() / 2]).unwrap();
    write(
        &folder.path().join("speed.mmdb"),
        "GeoIP2-Connection-Type",
        now(),
        &[([1, 0, 0, 0], 8, country("CA"))],
    );
    for (database, why) in [
        ("canada.rules", "canada.rules: the database cannot be read"),
        ("torn.mmdb", "torn.mmdb: the database cannot be read"),
        (
            "speed.mmdb",
            "speed.mmdb: a database of type \"GeoIP2-Connection-Type\"; expected countries, network operators \
             (ASN) or anonymizers",
        ),
        ("absent.mmdb", "absent.mmdb: No such file or directory"),
        (
            "countries.mmdb",
            "countries.mmdb: a database of this kind was given before",
        ),
    ] {
        let said = ip(
            folder.path(),
            &format!(
                "check --rules canada.rules --database countries.mmdb --database {database} 24.48.0.1"
            ),
        );
        let code = if database == "absent.mmdb" { 3 } else { 2 };
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(code), ""),
            "{database}"
        );
        assert!(
            said.err.contains(&format!("error: --database: {why}")),
            "{}",
            said.err
        );
    }
}
