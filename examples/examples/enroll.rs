//! Enrolls a real phone from a terminal: `cargo run --example enroll`.
//!
//! Scan the code with any authenticator app and type what it shows. For terminals that understand no colours there are
//! `-- --light` and `-- --dark`.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::io;

use loquet::flow::{BeginEnrollment, Ceremony, ConfirmEnrollment, EnableMfa, LogIn, Refused};
use loquet::store::MemoryStore;
use loquet::{Keyring, NewAccount, Refusal, Request, RoleId, Service};
use loquet_enrollment::Theme;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let theme = match std::env::args().nth(1).as_deref() {
        None => Theme::Ansi,
        Some("--light") => Theme::Light,
        Some("--dark") => Theme::Dark,
        Some(other) => return Err(format!("{other}: only --light or --dark").into()),
    };
    // All in memory: it is gone when this ends.
    let mfa = Service::open(MemoryStore::new(), Keyring::single(1, loquet::random()?)).await?;
    let org = mfa.ensure_organization(1_u64.into(), "Loquet").await?;
    let role = [RoleId::ADMINISTRATOR];
    let account = mfa
        .ensure_account(
            org,
            NewAccount {
                id: 1_u64.into(),
                external_id: "you",
                label: "you@terminal",
                roles: &role,
            },
        )
        .await?;
    let stamp = run(&mfa, LogIn { account }).await??.stamp;
    // You are the administrator here, so you enable it first: with the last group of the break-glass code.
    let code = mfa
        .propose_break_glass(&stamp)
        .await?
        .map_err(|why| why.code())?;
    let typed_back = code.expose().rsplit('-').next().unwrap_or_default().into();
    run(&mfa, EnableMfa { stamp, typed_back }).await??;

    let reset_code = "".into();
    let offer = run(&mfa, BeginEnrollment { stamp, reset_code }).await??;
    println!("{}", offer.qr.terminal(theme));
    let (issuer, name) = (&offer.issuer, &offer.account);
    println!("Scan this with your authenticator app. It will show {issuer}, {name}.");
    println!("No camera? Type the key: {}", *offer.key_grouped);
    println!("\nWhat does it show?");
    for line in io::stdin().lines() {
        let confirm = ConfirmEnrollment {
            stamp,
            typed: line?.as_str().into(),
            break_glass_typed_back: "".into(),
        };
        match run(&mfa, confirm).await? {
            Ok(_) => {
                println!(
                    "Right. Your phone is enrolled. Each code works once: a log-in takes the next one."
                );
                return Ok(());
            }
            Err(Refused::Rule(Refusal::NothingPending)) => {
                println!("Ten minutes are over, or ten codes were wrong.");
                break;
            }
            Err(refused) => println!("Not that one ({}). What does it show?", refused.code()),
        }
    }
    println!("Nothing was enrolled.");
    Ok(())
}

async fn run<C: Ceremony>(
    mfa: &Service,
    ceremony: C,
) -> Result<Result<C::Grant, Refused>, Box<dyn Error>> {
    let request = Request::new(None)?;
    Ok(mfa.run(ceremony, &request).await?.granted())
}
