//! The tables, and how older ones become them.

use rusqlite::{Connection, OptionalExtension, params};

/// What makes version `n` out of version `n - 1`, in order from version 1. Forward only, and never edited once released.
const MIGRATIONS: [&str; 2] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
];

/// The version that this program writes.
pub(crate) const LATEST: i64 = MIGRATIONS.len() as i64;

/// What a database holds of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No table of ours.
    Nothing,
    /// Tables of this version.
    Version(i64),
    /// Tables of ours, and no word of their version.
    Unversioned,
}

/// Looks what there is.
pub(crate) fn look(connection: &Connection) -> rusqlite::Result<Found> {
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if count("SELECT count(*) FROM sqlite_master WHERE name GLOB 'loquet_*'")? == 0 {
        return Ok(Found::Nothing);
    }
    if count("SELECT count(*) FROM sqlite_master WHERE name = 'loquet_schema' AND type = 'table'")?
        == 0
    {
        return Ok(Found::Unversioned);
    }
    let version = connection
        .query_row("SELECT version FROM loquet_schema", [], |row| {
            row.get::<_, i64>(0)
        })
        .optional()?;
    Ok(version
        .filter(|version| *version > 0)
        .map_or(Found::Unversioned, Found::Version))
}

/// Brings tables of version `from` to the latest. The caller holds the transaction.
pub(crate) fn migrate(connection: &Connection, from: i64) -> rusqlite::Result<()> {
    for (version, sql) in (1..).zip(MIGRATIONS) {
        if version > from {
            connection.execute_batch(sql)?;
        }
    }
    let sql = if from == 0 {
        "INSERT INTO loquet_schema (one, version) VALUES (1, ?1)"
    } else {
        "UPDATE loquet_schema SET version = ?1"
    };
    if from < LATEST {
        connection.execute(sql, params![LATEST])?;
    }
    Ok(())
}

/// Reads all our tables and indices and says what is wrong first, if anything is.
pub(crate) fn check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'loquet_*'")?;
    let names = tables
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for name in names {
        let verdict: String = connection.query_row(
            "SELECT quick_check FROM pragma_quick_check WHERE arg = ?1 LIMIT 1",
            params![name],
            |row| row.get(0),
        )?;
        if verdict != "ok" {
            return Ok(Some(verdict));
        }
    }
    Ok(None)
}
