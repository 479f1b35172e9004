//! Enrolls a real phone from a terminal: `cargo run --example enroll`.
//!
//! Scan the code with any authenticator app and type what it shows. For terminals that understand no colours there are
//! `-- --light` and `-- --dark`.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::io;

use loquet::store::MemoryStore;
use loquet::{Client, Keyring, Mfa, NewAccount, Refusal, RoleId, Wait};
use loquet_enrollment::Theme;

fn main() -> Result<(), Box<dyn Error>> {
    let theme = match std::env::args().nth(1).as_deref() {
        None => Theme::Ansi,
        Some("--light") => Theme::Light,
        Some("--dark") => Theme::Dark,
        Some(other) => return Err(format!("{other}: only --light or --dark").into()),
    };
    // All in memory: it is gone when this ends. Without a runtime, `wait` stands for `await`.
    let mfa = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, loquet::random()?))
        .issuer("Loquet")
        .open()
        .wait()?;
    let you = NewAccount::new(1_u64, "you@terminal").role(RoleId::ADMINISTRATOR);
    let you = mfa.provision().ensure_account(you).wait()?;
    let client = Client::default();
    let session = mfa.log_in(you, client).wait()?.session;

    // You are the administrator here, so you enable it first, with the last group of the break-glass code.
    let user = mfa.authorize(&session, &client).wait()?;
    let code = mfa.admin(&user).propose_break_glass().wait()?;
    mfa.admin(&user).enable(code.last_group().as_str()).wait()?;

    let offer = mfa.begin_enrollment(&session, "", client).wait()?;
    println!("{}", offer.qr()?.terminal(theme));
    let (issuer, name) = (&offer.issuer, &offer.account);
    println!("Scan this with your authenticator app. It will show {issuer}, {name}.");
    println!("No camera? Type the key: {}", *offer.key_grouped);
    println!("\nWhat does it show?");
    for line in io::stdin().lines() {
        let confirmed = mfa.confirm_enrollment(&session, line?, client).wait();
        match confirmed {
            Ok(_) => {
                println!(
                    "Right. Your phone is enrolled. Each code works once: a log-in takes the next one."
                );
                return Ok(());
            }
            Err(loquet::Error::Refused(Refusal::NothingPending)) => {
                println!("Ten minutes are over, or ten codes were wrong.");
                break;
            }
            Err(loquet::Error::Refused(refusal)) => {
                println!("Not that one ({refusal}). What does it show?");
            }
            Err(other) => return Err(other.into()),
        }
    }
    println!("Nothing was enrolled.");
    Ok(())
}
