//! The log at the command line.

use std::fs;

use serde_json::{Value, json};

use super::shop::{self, Shop};
use super::{json_lines, said, wait};

/// A user logs in, later than before.
fn log_in(shop: &Shop, account: u64) {
    wait(shop::log_in(&shop.operator(), account));
}

fn exported(shop: &Shop, more: &[&str]) -> Vec<Value> {
    let words: Vec<&str> = ["audit", "export"].iter().chain(more).copied().collect();
    let output = shop.loquet(&words, None);
    assert!(output.status.success(), "{output:?}");
    json_lines(&output.stdout)
}

/// A checkpoint of this moment, kept elsewhere.
fn keep(shop: &Shop) -> String {
    let kept = shop.folder.path().join("kept");
    let signed = shop.loquet(&["audit", "checkpoint"], None);
    fs::write(&kept, &signed.stdout).unwrap();
    kept.to_str().unwrap().to_owned()
}

#[test]
fn audit_log_is_verified_and_exported() {
    let shop = Shop::new();
    let total = json!({ "accounts": 3, "records": 6, "broken": 0, "rejections": 0 });
    assert_eq!(shop.json(&["audit", "verify"]), [total]);
    let log = exported(&shop, &[]);
    let said_of = |record: &Value| {
        let text = |name: &str| record[name].as_str().unwrap();
        let (actor, what, verdict) = (text("actor_name"), text("what"), text("verdict"));
        format!("{actor} {} {what} {verdict}", record["seq"])
    };
    assert_eq!(
        log.iter().map(said_of).collect::<Vec<_>>(),
        [
            "person 1 1 log_in GRANTED",
            "person 1 2 enable_mfa GRANTED",
            "person 1 3 log_in GRANTED",
            "person 1 4 begin_enrollment GRANTED",
            "person 2 1 log_in GRANTED",
            "person 2 2 begin_enrollment GRANTED",
        ]
    );
    for name in ["at", "rule", "policy", "v"] {
        assert!(log.iter().all(|record| !record[name].is_null()), "{name}");
    }
    assert_eq!(exported(&shop, &["--account", "person 2"]), log[4..]);
    let unknown = shop.loquet(&["audit", "export", "--account", "paul"], None);
    let told = "error: --account: no account has the name or id `paul` in this database; `loquet account list` lists them\n";
    assert_eq!(said(&unknown), (Some(2), told));
}

#[test]
fn kept_checkpoint_finds_database_put_back() {
    let shop = Shop::new();
    let copy = shop.folder.path().join("copy.db");
    fs::copy(shop.db(), &copy).unwrap();
    log_in(&shop, 3);
    let kept = keep(&shop);
    let verified = shop.json(&["audit", "verify", "--against", &kept]);
    assert_eq!(verified[0]["broken"], 0);
    fs::rename(&copy, shop.db()).unwrap();
    for command in ["verify", "checkpoint"] {
        let found = shop.loquet(&["audit", command, "--against", &kept], None);
        let (code, told) = said(&found);
        assert_eq!(code, Some(1));
        let broken = "broken: person 3: the account has 1 records, the chain ends at 0\n";
        assert!(told.starts_with(broken), "{told}");
        assert!(!told.contains("signature"), "{told}");
    }
}

#[test]
fn edited_checkpoint_is_refused() {
    let shop = Shop::new();
    let text = fs::read_to_string(keep(&shop)).unwrap();
    let bad = shop.folder.path().join("bad");
    for (from, to, why) in [
        (
            "\"records\":",
            "\"records\":1",
            "not those that its first line counts",
        ),
        ("{", "", "line 1 of the checkpoint cannot be read"),
        ("\"at\":1", "\"at\":2", "not signed by this store"),
    ] {
        fs::write(&bad, text.replacen(from, to, 1)).unwrap();
        let bad = bad.to_str().unwrap();
        let refused = shop.loquet(&["audit", "verify", "--against", bad], None);
        let (code, told) = said(&refused);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn forgetting_keeps_chain_whole() {
    let shop = Shop::new();
    let kept = keep(&shop);
    let before = ["--before", "2100-01-01"];
    let forget = [&["audit", "forget", "--against", &kept], &before[..]].concat();
    for forgotten in ["6 records forgotten\n", "0 records forgotten\n"] {
        assert_eq!(said(&shop.loquet(&forget, None)), (Some(0), forgotten));
    }
    assert!(exported(&shop, &[]).is_empty());
    log_in(&shop, 3);
    let whole = shop
        .json(&["audit", "verify", "--against", &kept])
        .remove(0);
    assert_eq!(whole["records"], 7);
    assert_eq!(whole["broken"], 0);
}
