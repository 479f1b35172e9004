//! Decisions about known users, before log-in, and while rules are replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use loquet_ipfilter::{DeviceTier, Filter, Origin, SharedFilter, Tag};

use crate::common::{filter, ip};

#[test]
fn rule_matches_when_every_condition_holds() {
    let rules = "place \"Laval\" = 203.0.113.0/28 198.51.100.7/32\n\
                 for tag 1 2 allow 203.0.113.0/24 198.51.100.0/24 place \"Laval\" device known\n";
    let filter = filter(rules);
    let mut verdicts = Vec::new();
    for (address, tags, device) in [
        ("203.0.113.15", &[Tag(1)][..], DeviceTier::Known),
        ("198.51.100.7", &[Tag(2), Tag(9)], DeviceTier::Known),
        ("203.0.113.16", &[Tag(1)], DeviceTier::Known),
        ("203.0.113.15", &[Tag(3)], DeviceTier::Known),
        ("203.0.113.15", &[], DeviceTier::Known),
        ("203.0.113.15", &[Tag(1)], DeviceTier::Unknown),
    ] {
        verdicts.push(
            filter
                .check(&Origin {
                    address: Some(ip(address)),
                    tags,
                    device,
                })
                .is_allowed(),
        );
    }
    assert_eq!(verdicts, [true, true, false, false, false, false]);
}

#[test]
fn unknown_device_is_denied_unless_rule_names_it() {
    let known = |device| Origin {
        device,
        ..Origin::at(ip("24.0.0.1"))
    };
    for (rules, unknown, recognised) in [
        ("allow any device known", false, true),
        ("allow any device unknown", true, false),
        ("allow any device unknown known", true, true),
        ("default allow\ndeny device unknown", false, true),
        ("default allow\ndeny device known", false, false),
    ] {
        let filter = filter(rules);
        assert_eq!(
            filter.check(&known(DeviceTier::Unknown)).is_allowed(),
            unknown,
            "{rules}"
        );
        assert_eq!(
            filter.check(&known(DeviceTier::Known)).is_allowed(),
            recognised,
            "{rules}"
        );
    }
}

#[test]
fn denied_before_login_only_if_all_users_are() {
    // The explanation lists the rules that apply before log-in, those for some users included.
    let some = filter("for tag 1 allow any\ndeny 10.0.0.0/8");
    let matching = |address: &str| {
        let record = some.explain_before_login(Some(ip(address)));
        assert_eq!(record.verdict, some.check_before_login(Some(ip(address))));
        record
            .matching
            .iter()
            .map(|rule| rule.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(matching("10.0.0.1"), [2, 1]);
    assert_eq!(matching("11.0.0.1"), [1]);
    let at = |address| Some(ip(address));
    for (rules, refused) in [
        ("for tag 1 allow 10.0.0.0/8", false),
        ("allow 10.0.0.0/8 device known", false),
        ("for tag 1 deny 10.0.0.0/8\nallow 10.0.0.0/8", false),
        ("allow 10.0.0.0/8\ndeny device unknown", false),
        ("for tag 1 allow 10.0.0.0/8\ndeny 10.0.0.0/9", true),
        ("for tag 1 allow 11.0.0.0/8", true),
        ("default allow\nfor tag 1 deny any", false),
        ("default allow\ndeny any device known unknown", true),
    ] {
        assert_eq!(
            !filter(rules)
                .check_before_login(at("10.0.0.1"))
                .is_allowed(),
            refused,
            "{rules}"
        );
    }
    assert!(
        !filter("for tag 1 allow any")
            .check_before_login(None)
            .is_allowed()
    );
}

#[test]
fn l3_request_sees_one_version_during_reload() {
    // Every version allows exactly one of two networks; a reader of two versions at once would see both or none.
    let versions: Vec<Filter> = (0..2)
        .map(|n| filter(&format!("allow {}.0.0.0/8", 10 + n)))
        .collect();
    let shared = Arc::new(SharedFilter::new(versions[0].clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (shared, stop) = (Arc::clone(&shared), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut seen = [0_u32; 2];
                while !stop.load(Ordering::Relaxed) || seen.iter().sum::<u32>() == 0 {
                    let current = shared.current();
                    let verdicts = ["10.1.1.1", "11.1.1.1"]
                        .map(|address| current.check(&Origin::at(ip(address))).is_allowed());
                    assert_ne!(verdicts[0], verdicts[1]);
                    seen[usize::from(verdicts[1])] += 1;
                }
                seen
            })
        })
        .collect();
    for turn in 1..=2_000_usize {
        let before = shared.replace(versions[turn % 2].clone());
        assert_eq!(
            before.rules().to_string(),
            versions[(turn + 1) % 2].rules().to_string()
        );
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap().iter().sum::<u32>() > 0);
    }
}
