//! Accounts from a file of the host's users.

use serde_json::json;

use super::centre::Centre;
use super::said;

fn file(centre: &Centre, name: &str, content: &str) -> String {
    let path = centre.folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn csv_creates_missing_accounts() {
    let centre = Centre::new();
    let users = file(
        &centre,
        "users.csv",
        "external_id,id,label,roles,address\n\
         helene,,,,\n\
         marc,2,,administrator,marc@example.org\n\
         sofia,00000000000000000000000000000003,,10,\n\
         \"Tremblay, Paul\",7,Paul,member 10,paul@example.org\n\
         lea,00000000000000000000000000000010,,,\n\
         max,,,,\n",
    );
    let report = centre.json(&["account", "sync", &users], "", 0);
    let expected = json!({ "created": 3, "unchanged": 3, "addresses": 1,
            "rejected": [], "unlisted": ["julie"] });
    assert_eq!(report, [expected]);
    let paul = centre.json(&["account", "show", "Tremblay, Paul"], "", 0);
    assert_eq!(paul[0]["id"], "00000000000000000000000000000007");
    assert_eq!(paul[0]["label"], "Paul");
    assert_eq!(paul[0]["roles"], json!(["member", "10"]));
    let lea = centre.json(&["account", "show", "lea"], "", 0);
    assert_eq!(lea[0]["id"], "00000000000000000000000000000010");
    // Again, it finds all of them, also the one to whom it gave a random id.
    let again = centre.loquet(&["account", "sync", &users], "");
    let told =
        "0 created, 6 there already, 0 with a first address, 0 rejected\nnot listed: julie\n";
    assert_eq!(said(&again), (Some(0), told));
}

#[test]
fn json_lines_from_stdin_create_accounts() {
    let centre = Centre::new();
    let lines = "{\"external_id\":\"paul\",\"id\":7,\"roles\":[\"staff\",10]}\n\n{\"external_id\":\"lea\"}\n";
    let words = ["account", "sync", "-", "--format", "jsonl"];
    let report = centre.json(&words, lines, 0).remove(0);
    assert_eq!(report["created"], 2);
    let paul = centre.json(&["account", "show", "paul"], "", 0);
    assert_eq!(paul[0]["roles"], json!(["staff", "10"]));
}

#[test]
fn rejected_account_is_reported_with_exit_code_one() {
    let centre = Centre::new();
    let long = "x".repeat(300);
    let users = file(
        &centre,
        "users.csv",
        &format!("external_id,label\n{long},Paul\nlea,\n"),
    );
    let report = centre.json(&["account", "sync", &users], "", 1).remove(0);
    assert_eq!(report["created"], 1);
    assert_eq!(report["rejected"][0]["account"], long);
    let why = "an external id has 1 to 256 bytes, this one has 300";
    assert_eq!(report["rejected"][0]["why"], why);
}

/// A file's name, its content, and what is said of it.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "a.csv",
        "external_id,ids\nlea,3\n",
        "line 2: unknown field `ids`, expected one of `external_id`, `id`, `label`, `roles`, `address`, `awaiting_import`",
    ),
    (
        "b.csv",
        "external_id,id\nlea,8\npaul\n",
        "line 3: expected 2 fields as in the first line, found 1",
    ),
    (
        "c.csv",
        "external_id,id\nlea,eight\n",
        "line 2: id: expected a number or 32 hexadecimal digits, found `eight`",
    ),
    (
        "d.csv",
        "external_id,id\nlea,8\nlea,9\n",
        "line 3: `lea` is listed a second time",
    ),
    (
        "e.csv",
        "external_id,id\nlea,8\npaul,8\n",
        "line 3: the id 00000000000000000000000000000008 is that of `lea`; each user needs one",
    ),
    (
        "f.csv",
        "external_id,id\nsofia,8\n",
        "line 2: `sofia` has the account 00000000000000000000000000000003 already, and the file says 00000000000000000000000000000008; correct or leave out the id",
    ),
    (
        "g.csv",
        "external_id,roles\nlea,teacher\n",
        "line 2: roles: expected member, staff, administrator, or a role's number, found `teacher`",
    ),
    (
        "h.csv",
        "external_id,address\nlea,here\n",
        "line 2: address: an address is NAME@HOST",
    ),
    (
        "i.jsonl",
        "{\"external_id\":\"lea\"}\n{\"external_id\":\"paul\",\"role\":1}\n",
        "line 2: column 28: unknown field `role`, expected one of",
    ),
    (
        "j.ndjson",
        "{}\n",
        "line 1: column 2: missing field `external_id`;",
    ),
    (
        "k.csv",
        "external_id,awaiting_import\nlea,yes\n",
        "line 2: awaiting_import: provided string was not `true` or `false`",
    ),
];

#[test]
fn faulty_file_is_named_and_creates_nothing() {
    let centre = Centre::new();
    for (name, content, why) in FAULTS {
        let path = file(&centre, name, content);
        let output = centre.loquet(&["account", "sync", &path], "");
        let (code, told) = said(&output);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(&format!("{name}: {why}")), "{told}");
        assert!(told.ends_with("; no account was created\n"), "{told}");
    }
    assert_eq!(centre.json(&["account", "list"], "", 0).len(), 4);
    let path = file(&centre, "users.txt", "external_id\nlea\n");
    let output = centre.loquet(&["account", "sync", &path], "");
    assert!(said(&output).1.ends_with("name the format with --format\n"));
}

/// Its values would be taken in the order of the columns.
#[test]
fn array_is_no_user() {
    let centre = Centre::new();
    let path = file(&centre, "users.jsonl", "[\"lea\",7]\n");
    let output = centre.loquet(&["account", "sync", &path], "");
    let (code, told) = said(&output);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("line 1: expected a JSON object"), "{told}");
}
