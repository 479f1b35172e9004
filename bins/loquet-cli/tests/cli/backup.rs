//! A backup and its way back, at the command line.

use std::fs;

use loquet::Client;
use loquet_sqlite::SqliteStore;
use serde_json::json;

use super::shop::{Shop, log_in};
use super::{said, wait};

#[test]
fn backup_beside_running_service_is_restored() {
    let shop = Shop::new();
    let path = |name: &str| shop.folder.path().join(name).to_str().unwrap().to_owned();
    let (copy, kept) = (path("copy"), path("kept"));
    let running = shop.operator();
    let before = wait(log_in(&running, 3));
    let taken = shop.loquet(&["backup", &copy], None);
    let told = format!("{copy} is a copy of this moment; keep a copy of the keys elsewhere\n");
    assert_eq!(said(&taken), (Some(0), told.as_str()));
    let again = shop.loquet(&["backup", &copy], None);
    let told = format!("error: backup: {copy}: the file exists and is not overwritten\n");
    assert_eq!(said(&again), (Some(2), told.as_str()));

    let after = wait(log_in(&running, 3));
    fs::write(&kept, shop.loquet(&["audit", "checkpoint"], None).stdout).unwrap();
    let in_the_way = shop.loquet(&["restore", &copy], None);
    assert!(
        said(&in_the_way)
            .1
            .ends_with("the file exists and is not overwritten\n")
    );
    let in_use = shop.loquet(&["restore", &copy, "--replace"], None);
    assert_eq!(in_use.status.code(), Some(3));
    assert!(
        said(&in_use)
            .1
            .ends_with("a program has this database open; stop it first\n")
    );
    for session in [&before, &after] {
        assert!(wait(running.authorize(session, &Client::default())).is_ok());
    }
    drop(running);

    let restored = shop.json(&["restore", &copy, "--replace", "--against", &kept]);
    let told = &restored[0];
    assert_eq!(told["accounts"], 3);
    assert!(told["taken"].as_u64().unwrap() <= told["now"].as_u64().unwrap());
    assert_eq!(
        told["lost"],
        json!([{ "account": "person 3", "why": "the account has 2 records, the chain ends at 1" }])
    );
    let aside = told["aside"].as_str().unwrap();
    assert!(SqliteStore::open(aside).is_ok());
    let service = shop.operator();
    for session in [&before, &after] {
        assert!(wait(service.authorize(session, &Client::default())).is_err());
    }
    wait(log_in(&service, 3));
    drop(service);
    assert_eq!(shop.json(&["audit", "verify"])[0]["broken"], 0);
}

#[test]
fn t84_restore_in_empty_place_says_what_was_enabled() {
    let shop = Shop::new();
    let copy = shop.folder.path().join("copy");
    let copy = copy.to_str().unwrap();
    assert!(shop.loquet(&["backup", copy], None).status.success());
    let key = fs::read_to_string(shop.key()).unwrap();
    fs::remove_file(shop.db()).unwrap();
    fs::write(shop.key(), key.replace("0707", "0708")).unwrap();
    // Without a database that is replaced, the operator says what the backup cannot know.
    let silent = shop.loquet(&["restore", copy], None);
    let (code, why) = said(&silent);
    assert_eq!(code, Some(2));
    assert!(why.contains("type `--was-enabled ORG`"), "{why}");
    assert!(why.contains("`--none-enabled`") && !shop.db().exists());
    let wrong = shop.loquet(&["restore", copy, "--none-enabled"], None);
    let why = "these are not the keys of this store";
    assert!(said(&wrong).1.contains(why), "{wrong:?}");
    assert!(!shop.db().exists());
    fs::write(shop.key(), key).unwrap();
    let words = shop.loquet(&["restore", copy, "--none-enabled"], None);
    let (code, told) = said(&words);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("3 accounts as of 2"), "{told}");
    assert!(
        lines[1].starts_with("lost: all decisions between 2"),
        "{told}"
    );
    assert_eq!(lines.len(), 2, "{told}");
    assert!(shop.loquet(&["account", "list"], None).status.success());
}
