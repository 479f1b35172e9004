//! Backups of authenticator apps, read by `loquet enrollment read`.
//!
//! Where the shapes come from; every secret is invented:
//! - Aegis: `docs/vault.md` of its repository, content version 3, and its `AegisImporter`;
//! - 2FAS: `RemoteService` of the Android app (schema version 4; the second entry has what version 1 wrote), and
//!   `servicesEncrypted` of `RemoteBackup`;
//! - andOTP: `Entry.toJSON` of its repository; an encrypted backup is the number of iterations, salt, nonce and AES-GCM;
//! - Bitwarden: what the tests of Aegis' `BitwardenImporter` read, and "Encrypted exports" of its help;
//! - Bitwarden Authenticator: `ExportJsonData` of the Android app.

use serde_json::{Value, json};

use super::json_lines;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// What is said of a file of this content, on both outputs together, with the exit code.
fn read(content: &[u8], more: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    std::fs::write(&path, content).unwrap();
    let mut command = super::loquet(&["enrollment", "read"]);
    let output = command.arg(&path).args(more).output().unwrap();
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), json_lines(&output.stdout), told)
}

fn names(lines: &[Value]) -> Vec<(u64, &Value, &Value)> {
    let line = |line: &Value| line["line"].as_u64().unwrap();
    let all = lines.iter();
    all.map(|entry| (line(entry), &entry["issuer"], &entry["account"]))
        .collect()
}

#[test]
fn faulty_entry_is_named_and_the_others_are_read() {
    let entry = |issuer: &str, more: &str| {
        format!(r#"{{"secret":"{SECRET}","issuer":"{issuer}","label":"m","type":"TOTP"{more}}}"#)
    };
    let entries = [
        entry("A & B: C/D?", r#","digits":6,"period":30"#),
        entry("A", r#","digits":9"#),
        entry("A", r#","digits":"31415926""#),
        entry("A", r#","period":0"#),
        entry("A", r#","algorithm":"MD5""#),
        entry("A\\u202eB", ""),
        entry("A", "").replace(SECRET, "31415926!"),
        entry("A", "").replace(SECRET, "GEZDGNBVGY3TQOJQ&digits=8"),
        r#"{"issuer":"A","label":"m","type":"TOTP"}"#.to_owned(),
        "31415926".to_owned(),
        entry("A", "").replace("TOTP", "31415926"),
        entry("A", "").replace("TOTP", "HOTP"),
        entry("", ""),
    ];
    let (code, lines, told) = read(format!("[{}]", entries.join(",")).as_bytes(), &["--json"]);
    assert_eq!(code, Some(1));
    let (first, issuer, account) = names(&lines)[0];
    assert_eq!(
        (first, issuer, account),
        (1, &json!("A & B: C/D?"), &json!("m"))
    );
    let last = names(&lines)[1];
    assert_eq!(last, (13, &Value::Null, &json!("m")));
    assert_eq!(lines.len(), 2);
    for (number, why) in [
        (2, "a code must have 6, 7 or 8 digits"),
        (3, "it is not written as the app writes it"),
        (4, "the period must be 1 to 3600 seconds"),
        (5, "the algorithm must be SHA1, SHA256 or SHA512"),
        (
            6,
            "a control character, or one that reverses the writing direction",
        ),
        (9, "the secret is missing"),
        (10, "it is not written as the app writes it"),
        (11, "its type is neither TOTP nor HOTP"),
        (12, "hotp needs a counter"),
    ] {
        let line = format!("error: FILE: entry {number}: {why}\n");
        assert!(told.contains(&line), "{told}");
    }
    assert_eq!(told.lines().count(), 11);
    assert!(!told.contains("31415926"), "{told}");
}

#[test]
fn older_and_byte_marked_backups_are_read() {
    // Aegis' content version 2, with a byte-order mark and CR LF.
    let aegis = format!(
        "\u{feff}{{\"version\":1,\r\n\"header\":{{\"slots\":null,\"params\":null}},\"db\":{{\"version\":2,\"entries\":[\
         {{\"type\":\"totp\",\"name\":\"m\",\"issuer\":\"A\",\"group\":null,\"info\":{{\"secret\":\"{SECRET}\",\
         \"algo\":\"SHA1\",\"digits\":6,\"period\":30}}}}]}}}}"
    );
    let (code, lines, _) = read(aegis.as_bytes(), &["--json"]);
    assert_eq!(code, Some(0));
    assert_eq!(names(&lines), [(1, &json!("A"), &json!("m"))]);
    assert_eq!(lines[0]["warnings"], json!([]));
}

#[test]
fn no_backup_shows_a_secret() {
    for entry in std::fs::read_dir("tests/cmd/enrollment.in").unwrap() {
        let path = entry.unwrap().path();
        for more in [vec![], vec!["--json"]] {
            let mut command = super::loquet(&["enrollment", "read"]);
            let output = command.arg(&path).args(more).output().unwrap();
            let all = [output.stdout, output.stderr].concat();
            let all = String::from_utf8(all).unwrap().to_uppercase();
            assert!(!all.contains("GEZD") && !all.contains("NOBODY"), "{all}");
        }
    }
}

#[test]
fn unreadable_backup_is_refused_whole() {
    let item = |totp: &str| format!(r#"{{"items":[{{"name":"a","login":{{"totp":{totp}}}}}]}}"#);
    for (content, why) in [
        ("{31415926", "line 1, column 2: this is no JSON"),
        ("[", "line 1, column 1: this is no JSON"),
        (
            r#"{"services":31415926}"#,
            "this JSON is none of the backups",
        ),
        (r#"{"db":31415926}"#, "this JSON is none of the backups"),
        (
            r#"{"db":{"entries":[]}}"#,
            "the backup holds no authenticator",
        ),
        ("[]", "the backup holds no authenticator"),
        (&item("null"), "the backup holds no authenticator"),
        (&item("\"\""), "the backup holds no authenticator"),
        ("login_totp,login_totp", "the backup holds no authenticator"),
    ] {
        let (code, lines, told) = read(content.as_bytes(), &[]);
        assert_eq!((code, lines.len()), (Some(2), 0), "{content}");
        assert!(told.contains(why) && !told.contains("31415926"), "{told}");
    }
}
