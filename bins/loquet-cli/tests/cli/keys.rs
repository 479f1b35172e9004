//! A key's life at the command line: added, rotated to beside a running service, retired.

use std::path::Path;

use loquet::{Client, Keyring};
use serde_json::json;

use super::shop::{Shop, log_in};
use super::{said, wait};

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What the shop's administrator is told when multi-factor log-in is enabled.
const NOTICES: u64 = 1;

#[test]
fn old_key_is_retired_after_rotation() {
    use std::os::unix::fs::PermissionsExt;

    let shop = Shop::new();
    std::fs::set_permissions(shop.key(), std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(
        shop.json(&["keys", "status"]),
        [json!({ "key": 1, "does": "encrypts", "rows": 5, "notices": NOTICES, "needed": true })]
    );
    shop.json(&["keys", "add"]);
    let text = std::fs::read_to_string(shop.key()).unwrap();
    assert!(
        text.starts_with("# ours\n1 07") && text.ends_with(" waiting\n"),
        "{text}"
    );
    assert_eq!(mode(&shop.key()), 0o400);
    // A service that starts now knows both keys and goes on encrypting under the first.
    let running = shop.operator();
    assert_eq!(
        shop.json(&["keys", "rotate"]),
        [json!({ "key": 2, "rows": 5, "anew": 5, "left": 0 })]
    );
    assert!(
        !std::fs::read_to_string(shop.key())
            .unwrap()
            .contains("waiting")
    );
    // It was never in the way, and what it encrypted meanwhile is found.
    wait(async {
        let session = log_in(&running, 2).await;
        let offer = running.begin_enrollment(&session, "", Client::default());
        offer.await.unwrap();
    });
    let status = shop.json(&["keys", "status"]);
    assert_eq!(status[0]["rows"], 1, "{status:?}");
    assert_eq!(
        shop.loquet(&["keys", "retire", "1"], None).status.code(),
        Some(1)
    );
    drop(running);
    assert_eq!(shop.json(&["keys", "rotate"])[0]["anew"], 1);
    let waiting = shop.loquet(&["keys", "retire", "1"], None);
    let told = format!(
        "refused: key 1 is in use (0 rows, {NOTICES} notices); `loquet keys add` and `loquet keys rotate` come first, and what waits must be delivered\n"
    );
    assert_eq!(said(&waiting), (Some(1), &*told));
    shop.deliver();

    let retired = shop.loquet(&["keys", "retire", "1"], None);
    assert_eq!(retired.status.code(), Some(0), "{retired:?}");
    assert!(
        !std::fs::read_to_string(shop.key())
            .unwrap()
            .contains("0707")
    );
    assert_eq!(
        shop.json(&["keys", "status"]),
        [json!({ "key": 2, "does": "encrypts", "rows": 5, "notices": 0, "needed": true })]
    );
    assert_eq!(shop.json(&["account", "list"]).len(), 3);
}

#[test]
fn key_in_use_is_not_retired() {
    let shop = Shop::new();
    let kept = std::fs::read(shop.key()).unwrap();
    let refused = shop.loquet(&["keys", "retire", "1"], None);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert_eq!(std::fs::read(shop.key()).unwrap(), kept);
    let unknown = shop.loquet(&["keys", "retire", "9"], None);
    let told = "error: ID: there is no key 9; `loquet keys status` lists them\n";
    assert_eq!(said(&unknown), (Some(2), told));
}

#[test]
fn keyring_variable_is_used_and_wrong_keys_named() {
    let shop = Shop::new();
    let right = Keyring::line(1, &[7; 32]);
    std::fs::remove_file(shop.key()).unwrap();
    let none = shop.loquet(&["account", "list"], None);
    assert!(
        said(&none).1.contains("shop.db.key: No such file"),
        "{none:?}"
    );
    let both = format!("{}; 2 {}", right.trim_end(), "ab".repeat(32));
    for keys in [&**right, &both] {
        let listed = shop.loquet(&["account", "list"], Some(keys));
        assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    }
    let rotated = shop.loquet(&["keys", "rotate"], Some(&both));
    assert_eq!(
        said(&rotated),
        (Some(0), "key 2 encrypts: 5 of 5 rows written anew\n")
    );
    for (keys, why) in [
        (
            &**right,
            "encrypted under key 2, which is not on the keyring",
        ),
        (
            &both.replace("abab", "abac"),
            "secret does not open: wrong key, or the row was altered or moved",
        ),
    ] {
        let refused = shop.loquet(&["account", "list"], Some(keys));
        let (code, told) = said(&refused);
        let expected = "error: database: these are not the keys of this store: ";
        assert!(told.starts_with(expected) && told.contains(why), "{told}");
        assert_eq!(code, Some(2));
    }
    let bad = shop.loquet(&["account", "list"], Some("1 secret"));
    let (code, told) = said(&bad);
    assert_eq!(code, Some(2));
    assert!(
        told.starts_with("error: LOQUET_KEYS: line 1 ") && !told.contains("secret"),
        "{told}"
    );
    let added = shop.loquet(&["keys", "add"], Some(&both));
    assert!(
        said(&added)
            .1
            .contains("a variable cannot be changed from here"),
        "{added:?}"
    );
}

#[test]
fn key_file_open_to_others_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;

    let shop = Shop::new();
    for (mode, is_open) in [(0o600, false), (0o640, true), (0o604, true)] {
        std::fs::set_permissions(shop.key(), std::fs::Permissions::from_mode(mode)).unwrap();
        let output = shop.loquet(&["keys", "status"], None);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let notes = String::from_utf8_lossy(&output.stderr);
        let is_told = notes.contains("chmod 600") && notes.contains("shop.db.key");
        assert_eq!(is_told, is_open, "{mode:o}: {notes}");
    }
}
