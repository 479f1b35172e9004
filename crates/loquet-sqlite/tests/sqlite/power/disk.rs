//! A disk that may lose its power: what is certain on it, and what still is on its way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SECTOR: usize = 512;

/// Something that a process asked of the disk.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) kind: u8,
    pub(crate) file: u8,
    pub(crate) offset: usize,
    pub(crate) bytes: Vec<u8>,
}

/// What becomes of a write that no sync has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Dropped,
    AsLuckHasIt,
}

/// A small generator: these are not secrets.
pub(crate) struct Luck(pub(crate) u64);

impl Luck {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// The disk at some moment: what is certain, and what still is on its way.
pub(crate) struct Disk<'r> {
    files: BTreeMap<u8, Vec<u8>>,
    waiting: Vec<Waiting<'r>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Waiting<'r> {
    op: &'r Op,
    /// Before the begin of a sync that did not come back yet.
    covered: bool,
    /// A sync failed after it: the kernel may call it clean, and no later sync will bring it to the disk.
    given_up: bool,
    synced: bool,
}

impl<'r> Disk<'r> {
    /// A disk with this database on it.
    pub(crate) fn new(database: Vec<u8>) -> Self {
        Self {
            files: [(b'd', database)].into(),
            waiting: Vec::new(),
        }
    }

    pub(crate) fn step(&mut self, op: &'r Op) {
        let of_file = |waiting: &&mut Waiting<'_>| waiting.op.file == op.file;
        match op.kind {
            b'w' | b't' | b'u' => self.waiting.push(Waiting {
                op,
                covered: false,
                given_up: false,
                synced: false,
            }),
            b'b' => {
                let all = self.waiting.iter_mut().filter(of_file);
                all.for_each(|waiting| waiting.covered = true);
            }
            b'x' => {
                let all = self.waiting.iter_mut().filter(of_file);
                all.filter(|waiting| waiting.covered)
                    .for_each(|waiting| waiting.given_up = true);
            }
            b's' => {
                let all = self.waiting.iter_mut().filter(of_file);
                all.filter(|waiting| waiting.covered && !waiting.given_up)
                    .for_each(|waiting| waiting.synced = true);
                // What is certain, up to the first that is not.
                while let Some(first) = self.waiting.first().filter(|first| first.synced) {
                    apply(&mut self.files, first.op, first.op.bytes.len(), 0);
                    self.waiting.remove(0);
                }
            }
            _ => {}
        }
    }

    /// One of the disks that a loss of power may leave now.
    pub(crate) fn lose_power(&self, unsynced: Unsynced, luck: &mut Luck, folder: &Path) {
        let mut files = self.files.clone();
        for waiting in &self.waiting {
            let (op, length) = (waiting.op, waiting.op.bytes.len());
            if waiting.synced {
                apply(&mut files, op, length, 0);
            } else if unsynced == Unsynced::AsLuckHasIt {
                match luck.below(4) {
                    0 => {}
                    // Torn: sectors from the beginning, or sectors at the end.
                    1 => apply(&mut files, op, luck.below(length / SECTOR + 1) * SECTOR, 0),
                    2 => apply(
                        &mut files,
                        op,
                        length,
                        luck.below(length / SECTOR + 1) * SECTOR,
                    ),
                    _ => apply(&mut files, op, length, 0),
                }
            }
        }
        for (file, bytes) in files {
            let name = match file {
                b'd' => "loquet.db",
                b'w' => "loquet.db-wal",
                b'j' => "loquet.db-journal",
                other => panic!("a write to {other}"),
            };
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
}

/// Does an operation, of a write the bytes from `start` to `end`.
fn apply(files: &mut BTreeMap<u8, Vec<u8>>, op: &Op, end: usize, start: usize) {
    match op.kind {
        b'u' => drop(files.remove(&op.file)),
        b't' => files.entry(op.file).or_default().resize(op.offset, 0),
        _ => {
            let file = files.entry(op.file).or_default();
            let (start, end) = (start.min(op.bytes.len()), end.min(op.bytes.len()));
            if start < end {
                file.resize(file.len().max(op.offset + end), 0);
                file[op.offset + start..op.offset + end].copy_from_slice(&op.bytes[start..end]);
            }
        }
    }
}
