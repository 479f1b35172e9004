//! The tables and their version.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

/// The tables of version [`LATEST`]. Never edit a released script: a later version adds its own script, which runs after.
const TABLES: &str = include_str!("schema.sql");

/// Selects Loquet's tables and what acts on them. SQLite keeps names as they were typed. The text of triggers counts too: one
/// on a table of the host's can change Loquet's rows.
const OBJECTS: &str = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master \
    WHERE lower(name) GLOB 'loquet_*' OR lower(tbl_name) GLOB 'loquet_*' \
       OR (type = 'trigger' AND lower(sql) GLOB '*loquet_*')";

/// Type, name, table and statement of an entry of the schema.
type Object = (String, String, String, String);

/// The version that this program writes.
pub(crate) const LATEST: i64 = 1;

/// Loquet's tables in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is no table of Loquet.
    Nothing,
    /// There are tables of this version.
    Version(i64),
    /// There are tables without a version.
    Unversioned,
}

/// Finds Loquet's tables.
pub(crate) fn find(connection: &Connection) -> rusqlite::Result<Found> {
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

/// Creates the tables. The caller begins and commits the transaction.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    let sql = "INSERT INTO loquet_schema (one, version) VALUES (1, ?1)";
    connection.execute(sql, params![LATEST]).map(drop)
}

/// Creates the tables without triggers and without a version. The caller copies rows of any version into them, and then
/// calls [`guard`].
pub(crate) fn create_without_guards(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    for (name, _) in triggers(connection)? {
        connection.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    Ok(())
}

/// Creates the triggers, and writes the version.
pub(crate) fn guard(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    let complete = Connection::open_in_memory()?;
    complete.execute_batch(TABLES)?;
    let transaction = connection.transaction()?;
    for (_, sql) in triggers(&complete)? {
        transaction.execute_batch(&sql)?;
    }
    let sql = "INSERT INTO loquet_schema (one, version) VALUES (1, ?1)";
    transaction.execute(sql, params![version])?;
    transaction.commit()
}

/// The names of the triggers, and what creates them.
fn triggers(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'loquet_*'",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Compares Loquet's tables, and the triggers, indices and views that concern them, with those that [`create`] makes.
/// Returns the first difference. A trigger can undo what is written while no other check notices.
pub(crate) fn find_alteration(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let own = Connection::open_in_memory()?;
    own.execute_batch(TABLES)?;
    let (expected, found) = (objects(&own)?, objects(connection)?);
    let foreign = found.difference(&expected).next();
    let foreign = foreign.map(|(kind, name, ..)| format!("the {kind} {name} is not Loquet's"));
    let missing = expected.difference(&found).next();
    Ok(foreign.or_else(|| missing.map(|(kind, name, ..)| format!("the {kind} {name} is missing"))))
}

fn objects(connection: &Connection) -> rusqlite::Result<BTreeSet<Object>> {
    let mut statement = connection.prepare(OBJECTS)?;
    let rows = statement.query_map([], |row| row.try_into())?;
    rows.collect()
}

/// Reads all of Loquet's tables and indices, and returns the first error.
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
