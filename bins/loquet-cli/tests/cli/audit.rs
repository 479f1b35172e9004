//! The log at the command line.

use std::fs;

use serde_json::{Value, json};

use super::{Shop, enter, said, wait};

/// Somebody logs in, later than before.
fn log_in(shop: &Shop, account: u64) {
    let service = shop.service();
    wait(async { enter(&service, account).await });
}

#[test]
fn the_log_is_checked_exported_signed_and_forgotten() {
    let shop = Shop::new();
    let total = json!({ "accounts": 3, "records": 6, "broken": 0, "denied_unknown": 0 });
    assert_eq!(shop.json(&["audit", "verify"]), [total]);
    let lines = |words: &[&str]| -> Vec<Value> {
        let output = shop.loquet(words, None);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let log = lines(&["audit", "export"]);
    let said_of = |record: &Value| {
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        format!(
            "{} {} {} {}",
            text("actor_name"),
            record["seq"],
            text("what"),
            text("verdict")
        )
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
        .map(str::to_owned)
    );
    for name in ["at", "rule", "policy", "v"] {
        assert!(
            log.iter().all(|record| !record[name].is_null()),
            "{name}: {log:?}"
        );
    }
    assert_eq!(
        lines(&["audit", "export", "--account", "person 2"]),
        log[4..]
    );
    let nobody = shop.loquet(&["audit", "export", "--account", "nobody"], None);
    assert_eq!(
        said(&nobody),
        (
            Some(2),
            "error: --account: no such account in this database\n"
        )
    );

    // Kept elsewhere; then the whole database is put back to a copy from before.
    let copy = shop.folder.path().join("copy.db");
    fs::copy(shop.db(), &copy).unwrap();
    log_in(&shop, 3);
    let kept = shop.folder.path().join("kept");
    let signed = shop.loquet(&["audit", "checkpoint"], None);
    fs::write(&kept, &signed.stdout).unwrap();
    let kept = kept.to_str().unwrap();
    assert_eq!(
        shop.json(&["audit", "verify", "--against", kept])[0]["broken"],
        0
    );
    let newest = shop.folder.path().join("newest.db");
    fs::rename(shop.db(), &newest).unwrap();
    fs::rename(&copy, shop.db()).unwrap();
    for command in ["verify", "checkpoint"] {
        let found = shop.loquet(&["audit", command, "--against", kept], None);
        let (code, told) = said(&found);
        assert_eq!(code, Some(1));
        assert!(
            told.starts_with("broken: person 3: the account has 1 records, the chain ends at 0\n"),
            "{told}"
        );
        assert!(!told.contains("signature"), "{told}");
    }
    fs::rename(&newest, shop.db()).unwrap();

    // A checkpoint that was edited is none.
    let text = fs::read_to_string(kept).unwrap();
    let bad = shop.folder.path().join("bad");
    for (edited, why) in [
        (
            text.replacen("\"records\":", "\"records\":1", 1),
            "not those that its first line counts",
        ),
        (
            text.replacen("{", "", 1),
            "line 1 of the checkpoint cannot be read",
        ),
        (
            text.replacen("\"at\":1", "\"at\":2", 1),
            "not signed by this store",
        ),
    ] {
        fs::write(&bad, edited).unwrap();
        let refused = shop.loquet(
            &["audit", "verify", "--against", bad.to_str().unwrap()],
            None,
        );
        let (code, told) = said(&refused);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(why), "{told}");
    }

    let forget = [
        "audit",
        "forget",
        "--against",
        kept,
        "--before",
        "2100-01-01",
    ];
    for forgotten in ["7 records forgotten\n", "0 records forgotten\n"] {
        let output = shop.loquet(&forget, None);
        assert_eq!(said(&output), (Some(0), forgotten));
    }
    assert!(lines(&["audit", "export"]).is_empty());
    log_in(&shop, 3);
    let whole = shop.json(&["audit", "verify", "--against", kept]);
    assert_eq!(
        (&whole[0]["records"], &whole[0]["broken"]),
        (&json!(8), &json!(0))
    );
}
