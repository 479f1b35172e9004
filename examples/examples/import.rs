//! A service whose users have authenticators already: `cargo run --example import`.
//!
//! Each moves at the user's next log-in. The app stays, and no code that the old log-in accepted is good once more. Where that
//! log-in kept the last step, the very code that the user types is good; else the user waits for a later one.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;

use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{
    Client, Clock as _, ImportedAuthenticator, Keyring, Mfa, MfaSession, NewAccount, Secret,
    UnixTime,
};
use loquet_enrollment::base32;

/// What the service has of a user: an id, a name, the secret of those who have an authenticator, and the step of the last code
/// that the old log-in accepted, where it kept that. It accepts no code any more.
struct User {
    id: u64,
    name: &'static str,
    secret: Option<&'static str>,
    last_step: Option<u64>,
}

const USERS: [User; 3] = [
    User {
        id: 1,
        name: "ada@example.org",
        secret: Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
        last_step: Some(NOW / 30 - 1),
    },
    User {
        id: 2,
        name: "bob@example.org",
        secret: Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
        last_step: None,
    },
    User {
        id: 3,
        name: "carol@example.org",
        secret: None,
        last_step: None,
    },
];

const NOW: u64 = 1_800_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = TestClock::at(NOW);
    let mfa = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .clock(clock.clone())
        .open()
        .await?;
    // From the first day on: while an account awaits its import, a thief of the password enrolls nothing in its place.
    let accounts = USERS.map(|user| {
        let new = NewAccount::new(user.id, user.name);
        if user.secret.is_some() {
            new.awaiting_import()
        } else {
            new
        }
    });
    mfa.provision().sync_accounts(accounts).await?;

    // Ada's log-in is sent twice at once, as impatient people do: one of the two imports.
    let (first, second) = tokio::join!(after_password(&mfa, 1), after_password(&mfa, 1));
    println!("ada is imported: {}, {}", first?.1, second?.1);
    let (session, imported) = after_password(&mfa, 1).await?;
    println!("imported again: {imported}");

    // The old log-in kept her last step, so all that came after it is good: also what she types now.
    let ada = Phone::from_uri("otpauth://totp/ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")?;
    let used = ada.code(UnixTime(NOW - 30));
    println!(
        "the code of before: {}",
        answer(&mfa, &session, &used).await
    );
    let typed = ada.code(clock.now());
    println!(
        "the one that she types: {}",
        answer(&mfa, &session, &typed).await
    );
    let (session, _) = after_password(&mfa, 1).await?;
    println!("and once more: {}", answer(&mfa, &session, &typed).await);

    // Of Bob it kept none, so the present code and the next may have been used.
    let (session, imported) = after_password(&mfa, 2).await?;
    println!("bob is imported: {imported}");
    let bob = Phone::from_uri("otpauth://totp/bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    let typed = bob.code(clock.now());
    println!(
        "the code that he types: {}",
        answer(&mfa, &session, &typed).await
    );
    clock.advance(60);
    let later = bob.code(clock.now());
    println!("a minute later: {}", answer(&mfa, &session, &later).await);
    Ok(())
}

/// The password was right: the account gets the authenticator that its user has, if it has none, and the log-in begins.
async fn after_password(mfa: &Mfa, id: u64) -> Result<(MfaSession, bool), Box<dyn Error>> {
    let known = USERS.iter().find(|user| user.id == id);
    let mut imported = false;
    if let Some(user) = known
        && let Some(secret) = user.secret
    {
        let secret = Secret::weak(base32::decode(secret)?.expose())?;
        let authenticator = ImportedAuthenticator::new(secret).last_step(user.last_step);
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
