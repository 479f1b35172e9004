//! A simulated disk that can lose power.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SECTOR: usize = 512;

/// A disk operation of a process.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) kind: u8,
    pub(crate) file: u8,
    pub(crate) offset: usize,
    pub(crate) bytes: Vec<u8>,
}

/// The treatment of unsynced writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Dropped,
    AsLuckHasIt,
}

/// A small random generator, not for secrets.
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

/// The state of the disk: durable contents, and writes on their way.
pub(crate) struct Disk<'r> {
    files: BTreeMap<u8, Vec<u8>>,
    waiting: Vec<Waiting<'r>>,
}

#[derive(Clone, Copy)]
pub(crate) struct Waiting<'r> {
    op: &'r Op,
    /// Whether a sync began after it and has not returned.
    covered: bool,
    /// Whether a sync failed after it: the kernel may treat it as clean, so that no later sync writes it.
    given_up: bool,
    synced: bool,
}

impl<'r> Disk<'r> {
    /// Creates a disk with this database.
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
                // Writes become durable in order, up to the first unsynced one.
                while let Some(first) = self.waiting.first().filter(|first| first.synced) {
                    apply(&mut self.files, first.op, first.op.bytes.len(), 0);
                    self.waiting.remove(0);
                }
            }
            _ => {}
        }
    }

    /// Writes the files that a power loss could leave now.
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

/// Applies an operation; of a write, the bytes from `start` to `end`.
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
