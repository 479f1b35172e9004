//! Truncated and overwritten files: refused, or read without a row that was never written.

use std::fs;
use std::time::Duration;

use loquet::store::{Cursor, Query, Row, RowKey, Store as _};
use loquet::wait;
use loquet_sqlite::{OpenError, Options, SqliteStore};

use crate::support::{account, done, everything, expected, files, found, org, put};

const ROWS: u64 = 60;

/// Returns a database of a few dozen pages, without a log.
fn sample(folder: &std::path::Path) -> Vec<u8> {
    let path = folder.join("sample.db");
    let store = SqliteStore::open(&path).unwrap();
    for number in 1..=ROWS {
        done(&store, everything(number));
    }
    drop(store);
    fs::read(path).unwrap()
}

fn named(refused: &OpenError) -> bool {
    matches!(
        refused,
        OpenError::NotADatabase { .. } | OpenError::Damaged { .. } | OpenError::Empty { .. }
    )
}

#[test]
fn truncated_database_is_refused_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let whole = sample(folder.path());
    let path = folder.path().join("cut.db");
    let options = Options::default().busy(Duration::ZERO);
    let pages = (0..whole.len()).step_by(4096);
    let lengths =
        pages.flat_map(|start| [start, start + 1, start + 100, start + 2048, start + 4095]);
    for length in lengths
        .chain([15, 16, 17, 99, 511, 512, 513, whole.len() - 1])
        .filter(|length| *length < whole.len())
    {
        fs::write(&path, &whole[..length]).unwrap();
        match options.open(&path) {
            Err(refused) => assert!(named(&refused), "{length} bytes: {refused}"),
            Ok(_) => panic!("{length} of {} bytes are taken for the whole", whole.len()),
        }
        assert!(
            fs::read(&path).unwrap() == whole[..length],
            "{length} bytes were changed"
        );
        assert!(
            !files(folder.path()).contains_key("cut.db-wal"),
            "{length} bytes"
        );
    }
    fs::write(&path, &whole).unwrap();
    let store = options.open(&path).unwrap();
    assert!((1..=ROWS).all(|number| found(&store, number) == expected(number)));
}

/// Without the check, or if damage happens later, reading a damaged file is an error and not a panic.
#[test]
fn overwritten_bytes_cause_errors_not_panics() {
    let folder = tempfile::tempdir().unwrap();
    let whole = sample(folder.path());
    let mut random = 1u64;
    let mut draw = |limit: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % limit
    };
    let (mut refusals, mut faults) = (0, 0);
    for round in 0..150 {
        let mut damaged = whole.clone();
        // Sometimes a few bytes, sometimes a sector.
        let (places, length) = if round % 2 == 0 { (8, 4) } else { (1, 512) };
        for _ in 0..places {
            let start = draw(damaged.len() - length);
            for byte in &mut damaged[start..start + length] {
                *byte = draw(256) as u8;
            }
        }
        let path = folder.path().join(format!("{round}.db"));
        fs::write(&path, &damaged).unwrap();
        match Options::default()
            .busy(Duration::ZERO)
            .check(round % 3 != 0)
            .open(&path)
        {
            Err(refused) => {
                refusals += 1;
                assert!(
                    !matches!(refused, OpenError::Thread(_) | OpenError::Locked { .. }),
                    "{refused}"
                );
                assert!(
                    fs::read(&path).unwrap() == damaged,
                    "round {round} changed the file: {refused}"
                );
            }
            Ok(store) => {
                for number in 1..=ROWS {
                    let keys: Vec<RowKey> = everything(number).put.iter().map(Row::key).collect();
                    faults += u32::from(wait(store.load(&keys)).is_err());
                    faults += u32::from(
                        wait(store.commit(put(Row::Account(account(number)), 1))).is_err(),
                    );
                }
                for query in [Query::Organizations, Query::Accounts(org()), Query::Outbox] {
                    faults += u32::from(wait(store.scan(&query, &Cursor::default())).is_err());
                }
            }
        }
        fs::remove_file(&path).unwrap();
    }
    assert!(
        refusals > 0 && faults > 0,
        "{refusals} refusals, {faults} faults: the damage was no damage"
    );
}

/// A truncated log loses its last changes whole, and no earlier ones.
#[test]
fn truncated_log_loses_whole_changes_from_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loquet.db");
    let store = SqliteStore::open(&path).unwrap();
    for number in 1..=20 {
        done(&store, everything(number));
    }
    let crashed = files(folder.path());
    let log = &crashed["loquet.db-wal"];
    let mut most = 0;
    for (round, length) in (0..log.len())
        .step_by(log.len() / 50)
        .chain([log.len()])
        .enumerate()
    {
        let folder = folder.path().join(round.to_string());
        fs::create_dir(&folder).unwrap();
        let path = folder.join("loquet.db");
        fs::write(&path, &crashed["loquet.db"]).unwrap();
        fs::write(folder.join("loquet.db-wal"), &log[..length]).unwrap();
        let store = SqliteStore::open(&path).unwrap();
        let there = (1..=20)
            .take_while(|number| found(&store, *number) == expected(*number))
            .count() as u64;
        assert!(
            (there + 1..=20).all(|number| found(&store, number).is_empty()),
            "{length} bytes: half a change"
        );
        assert!(
            there >= most,
            "{length} bytes hold {there} changes, fewer bytes held {most}"
        );
        most = there;
    }
    assert_eq!(most, 20);
}
