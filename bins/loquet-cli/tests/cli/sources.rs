//! Authenticators from the tables of other software, by the queries of the guide `crates/loquet/docs/moving.md`.
//!
//! `tests/sources` has a small database, the key and what the phones show for each source. Those of django-otp and privacyIDEA
//! were made, and their codes computed, by that software; those of the others are in the shape that their own code has,
//! encrypted by Python's `cryptography` (`cargo xtask sources` makes all of them anew).

use std::path::{Path, PathBuf};

use loquet::{Client, Clock, Keyring, Mfa, NewAccount, NextStep, Operator, UnixTime, wait};
use loquet_sqlite::SqliteStore;
use rusqlite::Connection;
use serde_json::Value;

use super::said;
use super::shop::Shop;

pub(crate) const GUIDE: &str = include_str!("../../../../crates/loquet/docs/moving.md");

/// The sources whose secrets show whether a key fits.
const ENCRYPTED: [&str; 5] = [
    "authelia",
    "laravel",
    "rails",
    "attr-encrypted",
    "privacyidea",
];

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sources")
        .join(name)
}

/// A query of the guide, which is for PostgreSQL, turned into SQLite's as the guide says.
pub(crate) fn query(name: &str) -> String {
    let (_, rest) = GUIDE.split_once(&format!("```sql\n-- {name}\n")).unwrap();
    let (query, _) = rest.split_once("```").unwrap();
    [
        ("json_build_object(", "json_object("),
        ("encode(", "hex("),
        (", 'hex')", ")"),
        ("::json", ""),
        ("::bytea", ""),
    ]
    .iter()
    .fold(query.to_owned(), |query, (from, to)| {
        query.replace(from, to)
    })
}

/// A database with the tables of a source.
pub(crate) fn database(name: &str, path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let tables = std::fs::read_to_string(fixture(&format!("{name}.sql"))).unwrap();
    // The fixtures have not all tables.
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    connection.execute_batch(&tables).unwrap();
    connection
}

/// The rows that a query yields, a line each.
pub(crate) fn rows(connection: &Connection, query: &str) -> String {
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0));
    rows.unwrap().map(|row| row.unwrap() + "\n").collect()
}

/// A clock that stands.
pub(crate) struct At(pub(crate) u64);

impl Clock for At {
    fn now(&self) -> UnixTime {
        UnixTime(self.0)
    }
}

/// The shop's service as it is at another time.
pub(crate) fn service(shop: &Shop, time: u64) -> Operator {
    let keys = std::fs::read_to_string(shop.key()).unwrap();
    let builder = Mfa::builder(SqliteStore::open(shop.db()).unwrap())
        .keyring(Keyring::parse(&keys).unwrap())
        .clock(At(time));
    wait(builder.issuer("Shop").open_operator()).unwrap()
}

/// What the phones of a source show: account, time and code.
fn codes(name: &str) -> Vec<(String, u64, String)> {
    let lines = std::fs::read(fixture(&format!("{name}.codes.jsonl"))).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    super::json_lines(&lines)
        .iter()
        .map(|line| {
            (
                text(&line["account"]),
                line["time"].as_u64().unwrap(),
                text(&line["code"]),
            )
        })
        .collect()
}

/// The number of an account in a shop of [`prepared`].
fn number(names: &[String], name: &str) -> u64 {
    let at = names.iter().position(|other| other == name).unwrap();
    1000 + u64::try_from(at).unwrap()
}

/// A shop whose users are those of a source, and the exported file.
fn prepared(name: &str) -> (Shop, Vec<String>, String) {
    let shop = Shop::new();
    let mut names: Vec<_> = codes(name).into_iter().map(|(name, ..)| name).collect();
    names.dedup();
    let mfa = shop.operator();
    for name in &names {
        let account = NewAccount::new(number(&names, name), name).awaiting_import();
        wait(mfa.provision().ensure_account(account)).unwrap();
    }
    let folder = shop.folder.path();
    let exported = rows(&database(name, &folder.join("old.db")), &query(name));
    (shop, names, exported)
}

/// Imports a file, with these words beside.
fn import(shop: &Shop, exported: &str, words: &[&str]) -> (Option<i32>, String) {
    let path = shop.folder.path().join("exported.jsonl");
    std::fs::write(&path, exported).unwrap();
    let mut all = vec!["import", path.to_str().unwrap(), "--format", "jsonl"];
    all.extend(words);
    let output = shop.loquet(&all, None);
    let (code, told) = said(&output);
    (code, told.to_owned())
}

/// The key of a source, as words of the command.
fn key(name: &str) -> Vec<String> {
    let file = fixture(&format!("{name}.source-key"));
    let file = file.to_str().unwrap().to_owned();
    if std::fs::exists(&file).unwrap() {
        vec!["--source".into(), name.into(), "--source-key".into(), file]
    } else {
        Vec::new()
    }
}

/// Each code that a phone of the source shows is good, once.
fn accepts(shop: &Shop, names: &[String], source: &str) {
    for (name, time, code) in codes(source) {
        let mfa = service(shop, time);
        let account = number(names, &name);
        wait(async {
            let login = mfa.log_in(account, Client::default()).await.unwrap();
            assert_eq!(login.next, NextStep::SecondFactor, "{source}: {name}");
            let given = mfa.verify_code(&login.session, code.as_str(), Client::default());
            assert!(given.await.is_ok(), "{source}: {name} at {time}");
            let again = mfa.log_in(account, Client::default()).await.unwrap();
            let used = mfa.verify_code(&again.session, code.as_str(), Client::default());
            assert!(used.await.is_err());
        });
    }
}

/// Moves the users of a source, and returns what was told.
fn moved(source: &str) -> String {
    let (shop, names, exported) = prepared(source);
    let words = key(source);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (_, told) = import(&shop, &exported, &words);
    accepts(&shop, &names, source);
    told
}

#[test]
fn django_otp_moves_with_its_last_step() {
    let told = moved("django-otp");
    // Of the two devices of one user, the other.
    assert!(
        told.contains("line 4: zoé o\\'neil: refused: DIFFERENT_KEY"),
        "{told}"
    );
    assert!(
        told.ends_with("4 imported, 0 there already, 1 refused\n"),
        "{told}"
    );
    let (_, _, exported) = prepared("django-otp");
    let lines = super::json_lines(exported.as_bytes());
    let steps: Vec<_> = lines
        .iter()
        .map(|line| line["last_step"].as_u64())
        .collect();
    assert_eq!(
        steps,
        [
            Some(56_802_240),
            Some(28_401_121),
            Some(56_802_240),
            None,
            None
        ]
    );
}

#[test]
fn each_source_moves() {
    for (source, first, count) in [
        (
            "privacyidea",
            "",
            "3 imported, 0 there already, 0 refused\n",
        ),
        ("authentik", "", "2 imported, 0 there already, 0 refused\n"),
        ("authelia", "", "2 imported, 0 there already, 0 refused\n"),
        ("laravel", "", "3 imported, 0 there already, 0 refused\n"),
        ("rails", "", "2 imported, 0 there already, 0 refused\n"),
        // The second of an account's credentials.
        (
            "keycloak",
            "line 2: ada: refused: DIFFERENT_KEY\n",
            "2 imported, 0 there already, 1 refused\n",
        ),
        // Keys of 120 and of 80 bits.
        (
            "attr-encrypted",
            "line 1: ada@example.org: imported: its key has",
            "2 imported, 0 there already, 0 refused\n",
        ),
        (
            "rodauth",
            "line 2: bob@example.org: imported: its key has",
            "2 imported, 0 there already, 0 refused\n",
        ),
    ] {
        let told = moved(source);
        assert!(
            told.starts_with(first) && told.ends_with(count),
            "{source}: {told}"
        );
    }
}

/// Said once, and before anything is imported.
#[test]
fn wrong_key_imports_nothing() {
    for source in ENCRYPTED {
        let (shop, _, exported) = prepared(source);
        let before = shop.json(&["account", "list"]);
        let right = std::fs::read(fixture(&format!("{source}.source-key"))).unwrap();
        // The same form, and another letter in the first key.
        let starts = ["primary_key: ", "base64:"].map(|mark| {
            let found = right
                .windows(mark.len())
                .position(|part| part == mark.as_bytes());
            found.map(|at| at + mark.len())
        });
        let mut wrong = right;
        wrong[starts.into_iter().flatten().next().unwrap_or(0)] ^= 1;
        let file = shop.folder.path().join("wrong.key");
        std::fs::write(&file, wrong).unwrap();
        let words = ["--source", source, "--source-key", file.to_str().unwrap()];
        // Laravel's second row is under a key of before, which stays right.
        let first = exported.lines().next().unwrap();
        let (code, told) = import(&shop, first, &words);
        assert_eq!(code, Some(2), "{source}: {told}");
        let why = "--source-key: this key opens none of 1 secrets: name the key file of the service that wrote them; \
                   nothing was imported";
        assert!(told.contains(why), "{source}: {told}");
        assert_eq!(shop.json(&["account", "list"]), before);
    }
}

/// A changed row is refused, and named; the others are imported.
#[test]
fn altered_secret_is_refused() {
    for source in ENCRYPTED {
        let (shop, names, exported) = prepared(source);
        let mut lines = super::json_lines(exported.as_bytes());
        let other = lines[1]["secret"].clone();
        lines[0]["secret"] = match source {
            // Authelia authenticates whose secret it is.
            "authelia" => Value::from(other.as_str().unwrap().replace('A', "B")),
            // Only what comes out tells.
            "privacyidea" => {
                let (iv, _) = other.as_str().unwrap().split_once(':').unwrap();
                Value::from(format!("{iv}:{}", "00".repeat(48)))
            }
            _ => {
                let text = lines[0]["secret"].as_str().unwrap();
                Value::from(altered(source, text))
            }
        };
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let words = key(source);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (code, told) = import(&shop, &text, &words);
        assert_eq!(code, Some(1), "{source}: {told}");
        let why = format!(
            "line 1: {}: refused: secret: it was encrypted under another key, or changed since\n",
            names[0]
        );
        assert!(told.contains(&why), "{source}: {told}");
        let imported = format!("{} imported, 0 there already, 1 refused\n", lines.len() - 1);
        assert!(told.ends_with(&imported), "{source}: {told}");
    }
}

/// The ciphertext with another letter in it, in the place that the source keeps it.
fn altered(source: &str, text: &str) -> String {
    let swap = |letter: char| if letter == 'A' { 'B' } else { 'A' };
    let at = match source {
        "rails" => text.find("\"p\":\"").unwrap() + 5,
        _ => 0,
    };
    if source == "laravel" {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let json = String::from_utf8(engine.decode(text).unwrap()).unwrap();
        let at = json.find("\"value\": \"").unwrap() + 10;
        let letter = json[at..].chars().next().unwrap();
        let json = format!("{}{}{}", &json[..at], swap(letter), &json[at + 1..]);
        return engine.encode(json);
    }
    let letter = text[at..].chars().next().unwrap();
    format!("{}{}{}", &text[..at], swap(letter), &text[at + 1..])
}

#[test]
fn key_and_source_are_needed_together() {
    let (shop, _, exported) = prepared("rodauth");
    let file = fixture("rodauth.source-key");
    let file = file.to_str().unwrap();
    for (words, why) in [
        (vec!["--source", "rodauth"], "--source-key <FILE>"),
        (vec!["--source-key", file], "--source <SOURCE>"),
        (
            vec!["--source", "rodauth", "--source-key", "no-such-file"],
            "--source-key: no-such-file: No such file",
        ),
        (
            vec!["--source", "laravel", "--source-key", file],
            "expected the value of APP_KEY: `base64:` and 32 bytes in base64",
        ),
        (
            vec!["--source", "rails", "--source-key", file],
            "expected a line `key_derivation_salt: …`",
        ),
        (
            vec!["--source", "privacyidea", "--source-key", file],
            "expected the 96 bytes of privacyIDEA's PI_ENCFILE",
        ),
    ] {
        let (code, told) = import(&shop, &exported, &words);
        assert!(matches!(code, Some(2 | 3)), "{told}");
        assert!(told.contains(why), "{told}");
    }
    let output = shop.loquet(
        &[
            "import",
            "-",
            "--format",
            "jsonl",
            "--source",
            "rodauth",
            "--source-key",
            "-",
        ],
        None,
    );
    let why = "FILE and the key cannot both come from standard input";
    assert!(said(&output).1.contains(why));
    let words = [
        "import",
        "-",
        "--format",
        "uris",
        "--source",
        "rodauth",
        "--source-key",
        file,
    ];
    let output = shop.loquet(&words, None);
    assert!(said(&output).1.contains("only the formats csv and jsonl"));
    let line =
        "{\"account\":\"ada@example.org\",\"secret\":\"MFRGGZDF\",\"encoding\":\"base32\"}\n";
    let (_, told) = import(&shop, line, &["--source", "rodauth", "--source-key", file]);
    assert!(told.contains("encoding: leave it out"), "{told}");
}
