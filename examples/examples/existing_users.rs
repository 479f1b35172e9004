//! A service that has its users already: `cargo run --example existing_users`.
//!
//! At start it gives an account to each of them; later it says which users are gone and whose password was changed.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::net::IpAddr;

use loquet::store::MemoryStore;
use loquet::{Address, Client, Keyring, Mfa, MfaSession, NewAccount, RoleId};
use rusqlite::{Connection, params};

const USERS: &str = "
    CREATE TABLE user (id INTEGER PRIMARY KEY, mail TEXT NOT NULL UNIQUE, admin INTEGER NOT NULL) STRICT;
    INSERT INTO user VALUES (1, 'ada@example.org', 1), (2, 'bob@example.org', 0), (3, 'eve@example.org', 0);";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Connection::open_in_memory()?;
    app.execute_batch(USERS)?;
    let mfa = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .open()
        .await?;

    sync(&mfa, &app).await?;
    let client = Client::at(IpAddr::from([203, 0, 113, 7]));
    let desk = mfa.log_in(2_u64, client).await?.session;
    let phone = mfa.log_in(2_u64, client).await?.session;

    // Bob changes his password, at his desk: the desk's session goes on as another, the phone's is over.
    let login = mfa.password_changed(2_u64, Some(&desk), client).await?;
    let desk = login.map_or(desk, |login| login.session);
    println!("his desk: {}", is_in(&mfa, &desk).await);
    println!("his phone: {}", is_in(&mfa, &phone).await);

    // He forgot it and got a mailed link: no session is his, so that all are over.
    mfa.password_changed(2_u64, None, client).await?;
    println!("his desk after a reset: {}", is_in(&mfa, &desk).await);

    // Eve's user is deleted. Erasing the account as well is `provision().erase`.
    app.execute("DELETE FROM user WHERE id = 3", [])?;
    mfa.provision().deactivate(3_u64).await?;
    let refused = mfa.log_in(3_u64, client).await.err();
    println!(
        "eve: {}",
        refused.map_or_else(String::new, |it| it.to_string())
    );

    // A deletion that was missed shows up at the next start.
    app.execute("DELETE FROM user WHERE id = 2", params![])?;
    sync(&mfa, &app).await
}

/// Gives an account to each user who has none. Loquet decides on roles from then on.
async fn sync(mfa: &Mfa, app: &Connection) -> Result<(), Box<dyn Error>> {
    let mut users = app.prepare("SELECT id, mail, admin FROM user")?;
    let users: Vec<(i64, String, bool)> = users
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut accounts = Vec::new();
    for (id, mail, is_admin) in &users {
        let role = is_admin.then_some(RoleId::ADMINISTRATOR);
        let account = NewAccount::new(*id, mail).address(mail.parse::<Address>()?);
        accounts.push(account.roles(role));
    }
    let report = mfa.provision().sync_accounts(accounts).await?;
    println!(
        "{} created, {} unchanged, rejected: {:?}, deleted meanwhile: {:?}",
        report.created, report.unchanged, report.rejected, report.unlisted
    );
    Ok(())
}

async fn is_in(mfa: &Mfa, session: &MfaSession) -> &'static str {
    match mfa.authorize(session, &Client::default()).await {
        Ok(_) => "logged in",
        Err(_) => "logged out",
    }
}
