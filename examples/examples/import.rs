//! A service whose users have authenticators already: `cargo run --example import`.
//!
//! Each moves at the user's next log-in, and notices nothing: the app stays, its next code is good, no old one is.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;

use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{
    Client, Clock as _, ImportedAuthenticator, Keyring, Mfa, MfaSession, NewAccount, Secret,
};
use loquet_enrollment::base32;

/// What the service has of its users: an id, a name, and the secret of those who have an authenticator.
const USERS: [(u64, &str, Option<&str>); 2] = [
    (
        1,
        "ada@example.org",
        Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    ),
    (2, "bob@example.org", None),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = TestClock::at(1_800_000_000);
    let mfa = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .clock(clock.clone())
        .open()
        .await?;
    // From the first day on: while an account awaits its import, a thief of the password enrolls nothing in its place.
    let accounts = USERS.map(|(id, name, secret)| {
        let new = NewAccount::new(id, name);
        if secret.is_some() {
            new.awaiting_import()
        } else {
            new
        }
    });
    mfa.provision().sync_accounts(accounts).await?;

    // Ada's log-in is sent twice at once, as impatient people do: one of the two imports.
    let (first, second) = tokio::join!(after_password(&mfa, 1), after_password(&mfa, 1));
    println!("imported: {}, {}", first?.1, second?.1);
    let (session, imported) = after_password(&mfa, 1).await?;
    println!("imported again: {imported}");

    let ada = Phone::from_uri("otpauth://totp/ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")?;
    let old = ada.code(clock.now());
    println!("the code of before: {}", answer(&mfa, &session, &old).await);
    clock.advance(60);
    let code = ada.code(clock.now());
    let session = mfa
        .verify_code(&session, code.as_str(), Client::default())
        .await?
        .session;
    println!("the next one: accepted");
    println!("and once more: {}", answer(&mfa, &session, &code).await);
    Ok(())
}

/// The password was right: the account gets the authenticator that its user has, if it has none, and the log-in begins.
async fn after_password(mfa: &Mfa, id: u64) -> Result<(MfaSession, bool), Box<dyn Error>> {
    let known = USERS.iter().find(|(user, ..)| *user == id);
    let mut imported = false;
    if let Some((_, _, Some(secret))) = known {
        let secret = Secret::weak(base32::decode(secret)?.expose())?;
        let authenticator = ImportedAuthenticator::new(secret);
        let import = mfa.provision().import_authenticator(id, authenticator);
        imported = match import.await {
            Ok(imported) => imported,
            // The account has another authenticator by now, or was reset: the log-in says what is next.
            Err(loquet::Error::Refused(_)) => false,
            Err(fault) => return Err(fault.into()),
        };
    }
    let login = mfa.log_in(id, Client::default()).await?;
    Ok((login.session, imported))
}

async fn answer(mfa: &Mfa, session: &MfaSession, code: &str) -> String {
    match mfa.verify_code(session, code, Client::default()).await {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}
