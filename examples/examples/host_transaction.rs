//! A service with a database of its own, and Loquet's tables in it: `cargo run --example host_transaction`.
//!
//! The service keeps its sessions in a table. A log-in and its session are written in one transaction, so that no session
//! exists whose log-in nobody recorded, and no log-in is recorded whose session was lost with the power.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::path::Path;

use loquet::{AccountId, Keyring, NewAccount, Request, RoleId, Stamp, blocking, flow};
use loquet_sqlite::{HostTransaction, SqliteStore, to_fault};
use rusqlite::{Connection, TransactionBehavior, params};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS session (
        cookie TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES person, stamp BLOB NOT NULL
    ) STRICT;
    INSERT OR IGNORE INTO person VALUES (42, 'marie');";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("loquet-host-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = serve(&folder.join("app.db"));
    std::fs::remove_dir_all(&folder)?;
    ended
}

fn serve(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut app = Connection::open(path)?;
    app.execute_batch(SCHEMA)?;
    // The same file: Loquet's tables begin with `loquet_` and leave the others alone.
    let mfa = blocking::Service::open(SqliteStore::open(path)?, Keyring::single(1, [7; 32]))?;
    let org = mfa.ensure_organization(1_u64.into(), "My service")?;
    let marie = mfa.ensure_account(
        org,
        NewAccount {
            id: 42_u64.into(),
            external_id: "marie",
            label: "marie@example.org",
            roles: &[RoleId::PARENT],
        },
    )?;

    let stamp = log_in(&mfa, &mut app, marie, "cookie 1")?;
    println!("Marie is in; her session is worth {:?}.", stamp.level());

    // The host's own statement fails: the cookie is taken. Nothing of the log-in stands either.
    let before = blocking::wait(mfa.service().verify_audit(marie))?;
    match log_in(&mfa, &mut app, marie, "cookie 1") {
        Ok(_) => return Err("two sessions with one cookie".into()),
        Err(why) => println!("A second session with the same cookie: {why}."),
    }
    let after = blocking::wait(mfa.service().verify_audit(marie))?;
    println!("The audit log had {before} records before that and has {after}.");

    // A refusal: the host's closure is not called, so there is no session to take back.
    match log_in(&mfa, &mut app, 99_u64.into(), "cookie 2") {
        Ok(_) => return Err("somebody was let in who does not exist".into()),
        Err(why) => println!("Somebody unknown: {why}."),
    }
    let sessions: i64 = app.query_row("SELECT count(*) FROM session", [], |row| row.get(0))?;
    println!("There is {sessions} session.");
    Ok(())
}

/// The password was right: records the log-in and makes the session, both or neither.
fn log_in(
    mfa: &blocking::Service,
    app: &mut Connection,
    person: AccountId,
    cookie: &str,
) -> Result<Stamp, Box<dyn Error>> {
    let request = Request::new(Some("203.0.113.7".parse()?))?;
    let settled = mfa.run_in(flow::LogIn { account: person }, &request, |granted| {
        let transaction = app
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(to_fault)?;
        // What the session is worth is told after the commit, never before: its stamp follows below.
        transaction
            .execute(
                "INSERT INTO session VALUES (?1, 42, zeroblob(40))",
                [cookie],
            )
            .map_err(to_fault)?;
        granted.commit_in(HostTransaction::from(transaction))
    })?;
    let stamp = settled.granted()?.stamp;
    app.execute(
        "UPDATE session SET stamp = ?2 WHERE cookie = ?1",
        params![cookie, stamp.to_bytes()],
    )?;
    Ok(stamp)
}
