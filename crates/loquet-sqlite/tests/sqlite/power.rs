//! Loss of power. The page cache survives a kill, so a kill proves nothing about syncs. A layer below SQLite (`power.c`)
//! records all disk operations of a process. From the record the tests build every disk that a power loss could leave:
//! synced writes are on it; other writes are missing, torn into sectors, or there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use loquet::store::{Commit, Fault, Store as _, Version};
use loquet::wait;
use loquet_sqlite::SqliteStore;

use crate::child::child;
use crate::processes::{Acknowledged, acknowledgement, change, nothing_lost, say, version};

mod disk;

use disk::{Disk, Luck, Op, Unsynced};

/// Returns the layer, compiled once, or `None` without a C compiler or `LD_PRELOAD`; the tests then print so and end.
fn layer() -> Option<&'static Path> {
    static LAYER: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let built = LAYER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("power.so");
        let source = folder.path().join("power.c");
        fs::write(&source, include_str!("power.c")).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]);
        compiler.args([library.as_path(), &source]).arg("-ldl");
        let linux = cfg!(all(target_os = "linux", target_env = "gnu"));
        let made = linux && compiler.status().is_ok_and(|status| status.success());
        made.then_some((folder, library))
    });
    if built.is_none() {
        println!("skipped: a layer below SQLite needs glibc and a C compiler");
    }
    built.as_ref().map(|(_, library)| library.as_path())
}

/// The disk operations of a process, from a closed database on.
struct Recording {
    base: Vec<u8>,
    ops: Vec<Op>,
}

/// Runs a task over the layer until it ends or the record is large enough.
fn recorded(task: &str, fault: &str) -> Option<Recording> {
    const ENOUGH: u64 = 12 << 20;
    let layer = layer()?;
    let folder = tempfile::tempdir().unwrap();
    let watched = folder.path().canonicalize().unwrap().join("watched");
    fs::create_dir(&watched).unwrap();
    let path = watched.join("loquet.db");
    let record = folder.path().join("record");
    drop(SqliteStore::open(&path).unwrap());
    let base = fs::read(&path).unwrap();
    assert!(
        !watched.join("loquet.db-wal").exists(),
        "the log was not written back"
    );

    let mut child = child(task, &path);
    child
        .command
        .env("LD_PRELOAD", layer)
        .env("LOQUET_POWER_LOG", &record)
        .env("LOQUET_POWER_FOLDER", &watched)
        .env("LOQUET_POWER_FAULT", fault)
        .stdout(Stdio::null());
    let mut running = child.command.spawn().unwrap();
    let begun = Instant::now();
    while running.try_wait().unwrap().is_none() {
        let length = fs::metadata(&record).map_or(0, |found| found.len());
        if length > ENOUGH || begun.elapsed() > Duration::from_secs(60) {
            running.kill().unwrap();
            running.wait().unwrap();
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    Some(Recording {
        base,
        ops: read(&fs::read(record).unwrap()),
    })
}

/// Reads a record. The last entry may be incomplete, because the process was killed.
fn read(mut bytes: &[u8]) -> Vec<Op> {
    let mut ops = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<16>() {
        let length = u32::from_le_bytes(header[4..8].try_into().unwrap()) as usize;
        let Some((own, rest)) = rest.split_at_checked(length) else {
            break;
        };
        ops.push(Op {
            kind: header[0],
            file: header[1],
            offset: u64::from_le_bytes(header[8..16].try_into().unwrap()) as usize,
            bytes: own.to_vec(),
        });
        bytes = rest;
    }
    ops
}

impl Recording {
    /// Returns the changes acknowledged before step `end`.
    fn acknowledged(&self, end: usize) -> Acknowledged {
        self.said(end).lines().filter_map(acknowledgement).collect()
    }

    fn said(&self, end: usize) -> String {
        let said = self.ops[..end].iter().filter(|op| op.kind == b'!');
        let bytes = said.flat_map(|op| op.bytes.iter().copied()).collect();
        String::from_utf8(bytes).unwrap()
    }

    fn count(&self, kind: u8, file: u8) -> usize {
        let same = |op: &&Op| op.kind == kind && op.file == file;
        self.ops.iter().filter(same).count()
    }
}

/// Simulates a power loss at `moments` of a recording, for each treatment of unsynced writes, and checks the database.
fn lose_power_at(recording: &Recording, moments: usize, seed: u64) {
    let mut luck = Luck(seed);
    let mut disk = Disk::new(recording.base.clone());
    // Most moments are chosen around syncs, where errors are likely.
    let all = 0..=recording.ops.len();
    let near_sync = |at: &usize| {
        let near = recording.ops[at.saturating_sub(1)..].iter().take(2);
        near.into_iter()
            .any(|op| matches!(op.kind, b'b' | b's' | b'x'))
    };
    let surprises = all.clone().filter(near_sync).count().max(1);
    let chosen: Vec<usize> = all
        .filter(|at| {
            luck.below(if near_sync(at) {
                surprises
            } else {
                recording.ops.len() * 2
            }) < moments
        })
        .collect();
    let mut chosen = chosen.into_iter().peekable();
    for at in 0..=recording.ops.len() {
        if chosen.next_if_eq(&at).is_some() {
            let acknowledged = recording.acknowledged(at);
            for unsynced in [Unsynced::Dropped, Unsynced::AsLuckHasIt] {
                let folder = tempfile::tempdir().unwrap();
                disk.lose_power(unsynced, &mut luck, folder.path());
                let store = SqliteStore::open(folder.path().join("loquet.db"))
                    .unwrap_or_else(|refused| panic!("step {at}, {unsynced:?}: {refused}"));
                nothing_lost(&store, &acknowledged);
            }
        }
        if let Some(op) = recording.ops.get(at) {
            disk.step(op);
        }
    }
}

/// Records a process under load and simulates `moments` power losses. Returns the numbers of changes and syncs.
pub(crate) fn lose_power(moments: usize, seed: u64) -> Option<(usize, usize)> {
    let recording = recorded("load", "none 0")?;
    lose_power_at(&recording, moments, seed);
    let acknowledged = recording.acknowledged(recording.ops.len()).len();
    Some((acknowledged, recording.count(b's', b'w')))
}

#[test]
fn acknowledged_changes_survive_power_loss() {
    let Some((acknowledged, syncs)) = lose_power(40, 1) else {
        return;
    };
    assert!(acknowledged > 100, "{acknowledged} changes");
    assert!(
        acknowledged > syncs,
        "{acknowledged} changes of eight threads took {syncs} syncs: no group was committed"
    );
}

/// The control: on a disk that ignores syncs the same test detects losses.
#[test]
fn lying_disk_is_detected() {
    let Some(recording) = recorded("load", "lie 0") else {
        return;
    };
    assert!(recording.acknowledged(recording.ops.len()).len() > 100);
    assert!(std::panic::catch_unwind(|| lose_power_at(&recording, 20, 1)).is_err());
}

const ALONE: u64 = 60;

pub(crate) fn change_one_after_the_other(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    for at in 0..=ALONE {
        let ended = wait(store.commit(change(1, Version(at), at))).unwrap();
        assert_eq!(ended, Commit::Done);
        say(&format!("{at} 1 {}", at + 1));
    }
    // Without cleanup, as after a kill.
    std::process::abort();
}

#[test]
fn single_change_is_synced_before_acknowledgement() {
    let Some(recording) = recorded("alone", "none 0") else {
        return;
    };
    let mut acknowledged = 0;
    let mut syncs = 0;
    for (at, op) in recording.ops.iter().enumerate() {
        syncs += u64::from((op.kind, op.file) == (b's', b'w'));
        let now = recording.acknowledged(at).len() as u64;
        if now > acknowledged {
            acknowledged = now;
            // Before the first change, the header of the new log was synced as well.
            assert_eq!(syncs, acknowledged + 1);
        }
    }
    assert_eq!(syncs, ALONE + 2);
    // The folder was synced, so that the log's name is durable.
    assert!(recording.count(b's', b'f') > 0);
    lose_power_at(&recording, 60, 2);
}

/// Writes from four threads. After a failure it continues and prints the result, and ends after enough of both.
pub(crate) fn change_until_it_fails_and_on(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    thread::scope(|scope| {
        for number in 0..4 {
            let store = &store;
            scope.spawn(move || {
                let mut refusals = 0;
                let mut at = 0;
                for attempt in (number << 32)..((number << 32) + 60) {
                    match wait(store.commit(change(number, Version(at), attempt))) {
                        Ok(Commit::Done) => {
                            at += 1;
                            say(&format!("{attempt} {number} {at}"));
                        }
                        Ok(Commit::Stale) => panic!("account {number} has another writer"),
                        Err(fault) => {
                            say(match fault {
                                Fault::Unknown(_) => "unknown",
                                _ => "refused",
                            });
                            refusals += 1;
                            at = version(store, number).0;
                        }
                    }
                    if refusals > 5 {
                        break;
                    }
                }
            });
        }
    });
    say("over");
    std::process::abort();
}

/// Injects a fault during writes: no acknowledged change is lost before, during or after it, nor with a power loss.
pub(crate) fn survive(fault: &str, moments: usize, seed: u64) -> Option<String> {
    let recording = recorded("fault", fault)?;
    let said = recording.said(recording.ops.len());
    assert!(said.contains("> over"), "{fault}: {said}");
    lose_power_at(&recording, moments, seed);
    Some(said)
}

#[test]
fn failed_sync_is_unknown_and_later_changes_durable() {
    for nth in [1, 2, 7, 20] {
        let Some(said) = survive(&format!("sync {nth}"), 30, nth) else {
            return;
        };
        assert!(!said.contains("> refused"), "{said}");
        let (_, after) = said
            .split_once("> unknown")
            .expect("a failed sync is unknown");
        let after = after.lines().filter_map(acknowledgement).count();
        assert!(after > 20, "{after} changes were written afterwards");
    }
}

#[test]
fn full_disk_refuses_changes_and_loses_none() {
    for kilobytes in [60, 100, 333] {
        let Some(said) = survive(&format!("full {}", kilobytes << 10), 20, kilobytes) else {
            return;
        };
        assert!(said.contains("> refused") || said.contains("> unknown"));
        assert!(said.lines().filter_map(acknowledgement).count() > 0);
    }
}

#[test]
fn read_only_remount_loses_nothing() {
    for writes in [10, 50, 211] {
        let Some(said) = survive(&format!("readonly {writes}"), 20, writes) else {
            return;
        };
        assert!(said.contains("> refused") || said.contains("> unknown"));
    }
}
