//! A service with a database of its own, and Loquet's tables in it: `cargo run --example host_transaction`.
//!
//! A user's row and the account become durable together, or neither; so do a log-in and the row of the host's that belongs
//! to it. A session is stored after its commit, never before: until then there is none.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::net::IpAddr;
use std::path::Path;

use loquet::{AccountId, Client, Keyring, Mfa, NewAccount, Wait};
use loquet_sqlite::{HostTransaction, SqliteStore};
use rusqlite::{Connection, TransactionBehavior::Immediate, params};

const SCHEMA: &str = "
    CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE visit (user INTEGER NOT NULL REFERENCES user, page TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE session (user INTEGER NOT NULL REFERENCES user, mfa BLOB NOT NULL) STRICT;";

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
    // The same file: Loquet's tables begin with `loquet_`.
    let operator = Mfa::builder(SqliteStore::open(path)?)
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .open_operator()
        .wait()?;
    let mfa = operator.mfa();

    let marie = sign_up(mfa, &mut app, 42, "marie")?;
    let taken = sign_up(mfa, &mut app, 43, "marie");
    println!("A second marie: {}.", said(taken));
    let found = mfa.provision().organization_of(43_u64.into()).wait()?;
    println!("Is there an account for her? {}.", found.is_some());

    log_in(mfa, &mut app, marie, "/cart")?;
    let before = operator.verify_audit(marie).wait()?;
    // The host's own statement fails, so that the log-in does not happen either.
    let again = log_in(mfa, &mut app, marie, "/cart");
    println!("The same visit again: {}.", said(again));
    let after = operator.verify_audit(marie).wait()?;
    println!("The audit log had {before} records before that and has {after}.");

    // The log-in is refused, so that the host's statement is rolled back.
    mfa.provision().deactivate(marie).wait()?;
    println!(
        "A deactivated user: {}.",
        said(log_in(mfa, &mut app, marie, "/help"))
    );
    for table in ["user", "visit", "session"] {
        let count = format!("SELECT count(*) FROM {table}");
        let rows: i64 = app.query_row(&count, [], |row| row.get(0))?;
        println!("{table}: {rows}");
    }
    Ok(())
}

/// Creates a user's row and the account. The host commits.
fn sign_up(
    mfa: &Mfa,
    app: &mut Connection,
    id: u32,
    name: &str,
) -> Result<AccountId, Box<dyn Error>> {
    let mut transaction = HostTransaction::from(app.transaction_with_behavior(Immediate)?);
    let new = NewAccount::new(u64::from(id), name);
    let account = mfa
        .provision_in(&mut transaction)
        .ensure_account(new)
        .wait()?;
    transaction.execute("INSERT INTO user VALUES (?1, ?2)", params![id, name])?;
    transaction.into_inner().commit()?;
    Ok(account)
}

/// The password was right: records the log-in and the visit. Loquet commits.
fn log_in(
    mfa: &Mfa,
    app: &mut Connection,
    user: AccountId,
    page: &str,
) -> Result<(), Box<dyn Error>> {
    let client = Client::at(IpAddr::from([203, 0, 113, 7]));
    let transaction = app.transaction_with_behavior(Immediate)?;
    transaction.execute("INSERT INTO visit VALUES (42, ?1)", [page])?;
    let login = mfa
        .committing_in(HostTransaction::from(transaction))
        .log_in(user, client)
        .wait()?;
    // Only now is there a session. Should the power fail before this line, Marie logs in again.
    app.execute(
        "INSERT INTO session VALUES (42, ?1)",
        [login.session.to_bytes()],
    )?;
    Ok(())
}

fn said<T>(result: Result<T, Box<dyn Error>>) -> String {
    result.map_or_else(|why| why.to_string(), |_| "done".to_owned())
}
