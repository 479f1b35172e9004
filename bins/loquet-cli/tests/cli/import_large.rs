//! Imports of many lines: killed and begun again, with faults among them, and how much memory they take.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::shop::Shop;
use super::{json_lines, loquet, said};

/// The line of a user with a key of their own.
fn line(number: u32) -> String {
    format!("{{\"account\":\"user {number}\",\"secret\":\"{number:040x}\",\"encoding\":\"hex\"}}\n")
}

fn lines(count: u32) -> String {
    (1..=count).map(line).collect()
}

/// An import whose report is read while it runs.
fn begin(shop: &Shop, file: &str) -> Child {
    let mut command = loquet(&["import", file, "--format", "jsonl", "--json", "--db"]);
    command.arg(shop.db()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Lets an import tell so many lines and go on for so long, kills it, and returns all that it told.
fn kill_after(mut import: Child, told: u32, pause: Duration) -> Vec<Value> {
    let mut lines = BufReader::new(import.stdout.take().unwrap()).lines();
    let mut all: Vec<String> = Vec::new();
    all.extend(lines.by_ref().take(told as usize).map(Result::unwrap));
    thread::sleep(pause);
    import.kill().unwrap();
    all.extend(lines.map(Result::unwrap));
    assert_eq!(
        import.wait().unwrap().code(),
        None,
        "it had ended before it was killed"
    );
    // The last line may be cut.
    let values = all.iter().map(|line| serde_json::from_str(line).ok());
    values.map_while(|value| value).collect()
}

/// Kills an import of so many lines this often, each time further on, and finishes it.
fn kill_and_resume(count: u32, kills: u32) {
    let shop = Shop::crowded(count);
    let file = shop.file("users.jsonl", &lines(count));
    let mut imported = BTreeMap::new();
    for round in 0..kills {
        let told = count * round / kills + round * 7919 % 300;
        let pause = Duration::from_micros(u64::from(round * 7919 % 100_000));
        for line in kill_after(begin(&shop, &file), told, pause) {
            let account = line["account"].as_str().unwrap().to_owned();
            // What was told to be imported is there ever after.
            let is_new = !imported.contains_key(&account);
            match line["outcome"].as_str().unwrap() {
                "imported" if is_new => _ = imported.insert(account, round),
                "already_there" => {}
                other => panic!("round {round}, {account}: {other}"),
            }
        }
    }
    assert!(imported.len() > 500, "{}", imported.len());
    finish(&shop, &file, count, imported.len());
}

/// Runs an interrupted import to its end, of which at least so many lines were done before: each account has what its line
/// gives, once.
fn finish(shop: &Shop, file: &str, count: u32, done: usize) {
    let output = shop.loquet(&["import", file, "--format", "jsonl"], None);
    let (code, told) = said(&output);
    let numbers = told.split(' ').filter_map(|word| word.parse().ok());
    let [imported, there, refused] = *numbers.collect::<Vec<usize>>() else {
        panic!("{told}");
    };
    assert_eq!(
        (code, imported + there, refused),
        (Some(0), count as usize, 0)
    );
    assert!(imported > 0 && there >= done, "{told}");

    shop.json(&["audit", "verify"]);
    let export = shop.loquet(&["audit", "export"], None);
    let mut records = BTreeMap::new();
    for record in json_lines(&export.stdout) {
        if record["what"] == "import_authenticator" {
            assert_eq!(record["verdict"], "GRANTED");
            *records.entry(record["actor_name"].to_string()).or_insert(0) += 1;
        }
    }
    assert_eq!(records.len(), count as usize);
    assert!(records.values().all(|records| *records == 1));
}

/// A faulty line for the user USER, whose key would be KEY; which account is told, and how the reason begins.
const FAULTS: [(&str, &str, &str); 15] = [
    (
        r#"{"account":"stranger","secret":"KEY","encoding":"hex"}"#,
        "",
        "no account has the name on this line",
    ),
    (r#"{"account":"USER","secret":"KEY""#, "", "column "),
    (r#"{"secret":"KEY","encoding":"hex"}"#, "", "column "),
    (
        r#"{"account":"USER","secret":"KEY","digits":"6"}"#,
        "",
        "column ",
    ),
    (
        "{\"account\":\"USER\u{feff}\",\"secret\":\"KEY\"}",
        "",
        "a byte-order mark (U+FEFF)",
    ),
    (
        r#"{"account":"USER","secret":"KEY","encoding":"base16"}"#,
        "USER",
        "secret: the encoding is",
    ),
    (
        r#"{"account":"USER","secret":"0KEY","encoding":"hex"}"#,
        "USER",
        "secret: not pairs of hexadecimal",
    ),
    (
        r#"{"account":"USER","secret":"MFRGGZDF"}"#,
        "USER",
        "secret: ",
    ),
    (
        r#"{"account":"USER","secret":"KEY","encoding":"hex","algorithm":"MD5"}"#,
        "USER",
        "algorithm: unknown algorithm",
    ),
    (
        r#"{"account":"USER","secret":"KEY","encoding":"hex","digits":9}"#,
        "USER",
        "digits: 9 digits asked for",
    ),
    (
        r#"{"account":"USER","secret":"KEY","encoding":"hex","period":5}"#,
        "USER",
        "the period of an imported",
    ),
    (
        r#"{"account":"USER","secret":"KEY","encoding":"hex","last_step":99999999999}"#,
        "USER",
        "the last accepted step",
    ),
    (
        r#"{"account":"USER","secret":"0000000000000000000000000000000000000001","encoding":"hex"}"#,
        "USER",
        "KEY_OF_ANOTHER",
    ),
    (
        r#"{"account":"user 1","secret":"KEY","encoding":"hex"}"#,
        "user 1",
        "DIFFERENT_KEY",
    ),
    (
        r#"{"account":"person 1","secret":"00000000000000000001","encoding":"hex"}"#,
        "person 1",
        "WEAK_KEY",
    ),
];

/// The fault on this line, if there is one: on one of a hundred.
fn fault(number: u32) -> Option<(&'static str, &'static str, &'static str)> {
    let which = number as usize / 100 % FAULTS.len();
    (number % 100 == 50).then(|| FAULTS[which])
}

/// Imports so many lines, one of a hundred of them faulty, after a dry run.
fn name_faults(count: u32) {
    let shop = Shop::crowded(count);
    let all = (1..=count).map(|number| match fault(number) {
        None => line(number),
        Some((line, ..)) => {
            let line = line.replace("USER", &format!("user {number}"));
            line.replace("KEY", &format!("{number:040x}")) + "\n"
        }
    });
    let file = shop.file("users.jsonl", &all.collect::<String>());
    let words = ["import", &file, "--format", "jsonl", "--json", "--dry-run"];
    let [dry, run] = [&words[..], &words[..5]].map(|words| {
        let output = shop.loquet(words, None);
        assert_eq!(output.status.code(), Some(1));
        json_lines(&output.stdout)
    });
    assert_eq!(run.len(), count as usize);
    for ((number, told), dry) in (1..).zip(&run).zip(&dry) {
        let (account, outcome, start) = match fault(number) {
            None => ("USER", "imported", None),
            Some((_, account, start)) => (account, "refused", Some(start)),
        };
        let account = account.replace("USER", &format!("user {number}"));
        let reason = &told["reason"];
        let is_right = match start {
            None => reason.is_null(),
            Some(start) => reason.as_str().unwrap().starts_with(start),
        };
        let expected =
            json!({ "line": number, "account": account, "outcome": outcome, "reason": reason });
        assert!(*told == expected && is_right, "{told}");
        // This reason has the time in it.
        assert!(
            told == dry || start == Some("the last accepted step"),
            "{dry}"
        );
    }
    assert_eq!(dry.len(), run.len());
}

/// The most memory that an import of so many lines takes, and the length of its file, in KiB.
#[cfg(target_os = "linux")]
fn memory(shop: &Shop, count: u32) -> (usize, usize) {
    let text = lines(count);
    let file = shop.file("users.jsonl", &text);
    let mut import = begin(shop, &file);
    let mut told = BufReader::new(import.stdout.take().unwrap()).lines();
    // The pipe holds less than what is left, so that the process is still there.
    assert!(told.nth(count as usize - 5000).is_some());
    let status = fs::read_to_string(format!("/proc/{}/status", import.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.trim().strip_suffix(" kB"));
    assert_eq!(told.count(), 4999);
    assert!(import.wait().unwrap().success());
    (peak.unwrap().parse().unwrap(), text.len() / 1024)
}

#[test]
fn killed_import_goes_on_where_it_was() {
    kill_and_resume(2500, 4);
}

#[test]
#[ignore = "half a minute; `cargo xtask long` runs it"]
fn killed_import_of_20_000_lines_goes_on() {
    kill_and_resume(20_000, 6);
}

#[test]
fn each_fault_of_5_000_lines_is_named() {
    name_faults(5000);
}

#[test]
#[ignore = "two minutes; `cargo xtask long` runs it"]
fn each_fault_of_100_000_lines_is_named() {
    name_faults(100_000);
}

/// An import holds its file and what it read from it, however many accounts there are.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a minute; `cargo xtask long` runs it"]
fn import_of_100_000_lines_takes_little_memory() {
    let shop = Shop::crowded(100_000);
    for count in [10_000, 100_000] {
        let (peak, file) = memory(&shop, count);
        println!("{count} lines, a file of {file} KiB: {peak} KiB at most");
        assert!(peak < 2 * file + (64 << 10));
    }
}
