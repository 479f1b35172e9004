//! What people are told, as it is told: `cargo run --example notices`.
//!
//! Every change that somebody must hear of leaves a notice in the outbox, in the same commit. A host delivers what waits
//! there every few seconds, at least once each; here to the terminal, in `loquet-mail` over SMTP.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;

use loquet::flow::{BeginEnrollment, Ceremony, ConfirmEnrollment, EnableMfa, LogIn, SetAddress};
use loquet::store::{BoxError, MemoryStore};
use loquet::{Deliver, Keyring, Letter, NewAccount, Request, RoleId, Service};

/// Prints letters. What a real one says is the host's affair: it knows its people's languages.
struct Terminal;

impl Deliver for Terminal {
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        let addresses: Vec<&str> = letter.addresses.iter().map(|to| to.as_str()).collect();
        println!(
            "to {} <{}>, from {}: {:?}",
            letter.external_id,
            addresses.join(", "),
            letter.organization,
            letter.event
        );
        if letter.link.is_some() {
            println!("    (with a link that says \"that was not me\")");
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mfa = Service::open(MemoryStore::new(), Keyring::single(1, [7; 32])).await?;
    let org = mfa
        .ensure_organization(1_u64.into(), "À petits pas")
        .await?;
    for (id, name) in [(1_u64, "helene"), (2, "marc")] {
        let label = format!("{name}@example.org");
        let administrator = [RoleId::ADMINISTRATOR];
        let account = mfa
            .ensure_account(
                org,
                NewAccount {
                    id: id.into(),
                    external_id: name,
                    label: &label,
                    roles: &administrator,
                },
            )
            .await?;
        let address = label.parse()?;
        run(&mfa, SetAddress { account, address }).await?;
    }
    round(&mfa, "two addresses were set").await?;

    let account = 1_u64.into();
    let stamp = run(&mfa, LogIn { account }).await?.stamp;
    let code = mfa
        .propose_break_glass(&stamp)
        .await?
        .map_err(|why| why.code())?;
    let typed_back = code.expose().rsplit('-').next().unwrap_or_default().into();
    run(&mfa, EnableMfa { stamp, typed_back }).await?;
    round(&mfa, "Hélène enabled multi-factor log-in").await?;

    let reset_code = "".into();
    let offer = run(&mfa, BeginEnrollment { stamp, reset_code }).await?;
    let phone = totp_rs::Totp::from_url(offer.uri.expose()).map_err(|why| why.to_string())?;
    let confirm = ConfirmEnrollment {
        stamp,
        typed: phone.generate(mfa.now().0).to_string().into(),
        break_glass_typed_back: "".into(),
    };
    run(&mfa, confirm).await?;
    round(&mfa, "she enrolled").await?;
    round(&mfa, "nothing more happened").await
}

/// A ceremony of somebody at home.
async fn run<C: Ceremony>(mfa: &Service, ceremony: C) -> Result<C::Grant, Box<dyn Error>> {
    let request = Request::new(Some("203.0.113.7".parse()?))?;
    Ok(mfa.run(ceremony, &request).await?.granted()?)
}

/// What a host does every few seconds.
async fn round(mfa: &Service, what: &str) -> Result<(), Box<dyn Error>> {
    println!("{what}:");
    mfa.tick().await?;
    let round = mfa.deliver(&Terminal).await?;
    println!(
        "  {} letters; {} notices wait",
        round.letters, round.waiting
    );
    Ok(())
}
