//! Imports of many lines: killed and begun again, and how much memory and time they take.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use serde_json::Value;

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

/// The most memory that an import of so many lines takes, and the length of its file, in KiB, and how long it takes.
#[cfg(target_os = "linux")]
fn memory(shop: &Shop, count: u32) -> (usize, usize, Duration) {
    let text = lines(count);
    let file = shop.file("users.jsonl", &text);
    let begun = Instant::now();
    let mut import = begin(shop, &file);
    let mut told = BufReader::new(import.stdout.take().unwrap()).lines();
    // The pipe holds less than what is left, so that the process is still there.
    assert!(told.nth(count as usize - 5000).is_some());
    let status = fs::read_to_string(format!("/proc/{}/status", import.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.trim().strip_suffix(" kB"));
    assert_eq!(told.count(), 4999);
    assert!(import.wait().unwrap().success());
    let took = begun.elapsed();
    (peak.unwrap().parse().unwrap(), text.len() / 1024, took)
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

/// An import holds its file and what it read from it, however many accounts there are.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a minute; `cargo xtask long` runs it"]
fn import_of_100_000_lines_takes_little_memory() {
    for count in [10_000, 100_000] {
        let shop = Shop::crowded(count);
        let (peak, file, took) = memory(&shop, count);
        let (seconds, percent) = (took.as_secs_f32(), peak * 100 / file);
        println!(
            "{count} lines in {seconds:.1} s; a file of {file} KiB, {peak} KiB at most: {percent} %"
        );
        assert!(peak < 2 * file + (64 << 10));
    }
}
