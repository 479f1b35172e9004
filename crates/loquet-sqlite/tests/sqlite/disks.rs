//! Full and read-only file systems: a small tmpfs, mounted for the test. If mounting is not permitted, the tests print so
//! and end; the injected faults of `power.rs` run everywhere.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use loquet::store::{Commit, Fault, Store as _};
use loquet::wait;
use loquet_sqlite::{OpenError, SqliteStore};

use crate::support::{done, everything, expected, files, found};

/// A mounted file system, unmounted when dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let disk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let options = format!("size={size},mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "loquet-test"]);
        let mounted = mount.arg(disk.folder.path()).stderr(Stdio::null()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(disk);
        }
        println!("skipped: this user may not mount a file system");
        None
    }

    fn remount(&self, how: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{how}")]);
        assert!(mount.arg(self.folder.path()).status().unwrap().success());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, in case a file is still open. It fails if nothing was mounted.
        let mut unmount = Command::new("umount");
        unmount.args(["-l"]).arg(self.folder.path());
        drop(unmount.stderr(Stdio::null()).status());
    }
}

#[test]
fn full_disk_is_reported_and_loses_nothing() {
    const MOST: u64 = 20_000;
    let Some(disk) = Disk::of("3m") else { return };
    let ballast = disk.file("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let path = disk.file("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    let (mut acknowledged, mut number) = (0, 0);
    let fault = loop {
        match wait(store.commit(everything(number))) {
            Ok(Commit::Done) => acknowledged = number + 1,
            Ok(Commit::Stale) => panic!("there is no other writer"),
            Err(fault) => break fault,
        }
        number += 1;
        assert!(number < MOST, "the disk never filled");
    };
    assert!(acknowledged > 20, "{acknowledged}");
    // If the commit itself failed, the result is unknown until it is read again.
    let reported = matches!(fault, Fault::NotCommitted(_) | Fault::Unknown(_));
    assert!(reported && fault.to_string().contains("full"), "{fault}");
    // Acknowledged changes can still be read; the refused one is not there.
    for earlier in 0..acknowledged {
        assert_eq!(found(&store, earlier), expected(earlier));
    }
    assert_eq!(found(&store, number), []);

    // With free space, this store and the next one continue.
    fs::remove_file(&ballast).unwrap();
    for more in [number, MOST] {
        done(&store, everything(more));
    }
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    for kept in (0..=number).chain([MOST]) {
        assert_eq!(found(&store, kept), expected(kept));
    }
}

#[test]
fn new_store_on_full_disk_is_refused() {
    let Some(disk) = Disk::of("64k") else { return };
    fs::write(disk.file("ballast"), vec![0; 60 << 10]).unwrap();
    let path = disk.file("loquet.db");
    let refused = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Full { .. }), "{refused:?}");
    // The file is empty and looks like a lost store, so an administrator must delete it.
    fs::remove_file(disk.file("ballast")).unwrap();
    disk.remount("size=3m");
    let refused = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(refused, OpenError::Empty { .. }), "{refused:?}");
    fs::remove_file(&path).unwrap();
    done(&SqliteStore::open(&path).unwrap(), everything(1));
}

#[test]
fn read_only_file_system_is_refused_unchanged() {
    let Some(disk) = Disk::of("3m") else { return };
    let path = disk.file("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    done(&store, everything(1));
    drop(store);
    disk.remount("ro");
    let before = files(disk.folder.path());
    let refused = SqliteStore::open(&path).unwrap_err();
    assert!(
        matches!(refused, OpenError::Unwritable { .. }),
        "{refused:?}"
    );
    assert_eq!(files(disk.folder.path()), before);
    disk.remount("rw");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(found(&store, 1), expected(1));
    done(&store, everything(2));
}
