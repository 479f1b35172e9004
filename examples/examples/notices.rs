//! The notices that users get: `cargo run --example notices`.
//!
//! Each change that a user must be told of puts a notice into the outbox, in the same commit. A host delivers what waits there
//! every few seconds, at least once each; here to the terminal, in `loquet-mail` over SMTP.
#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use std::error::Error;
use std::net::IpAddr;

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{
    Address, Client, Deliver, DeliveryError, Keyring, Letter, Mfa, NewAccount, Operator, RoleId,
};

/// Prints letters. The host words them: it knows its users' languages.
struct Terminal;

impl Deliver for Terminal {
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        let address = letter
            .address
            .as_ref()
            .map_or("no address", Address::as_str);
        println!(
            "to {} <{address}>, from {}: {:?}",
            letter.external_id, letter.organization, letter.event
        );
        if letter.link.is_some() {
            println!("    (with a link that says \"that was not me\")");
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The operator runs the service and delivers; handlers get `operator.mfa()`.
    let operator = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("À petits pas")
        .open_operator()
        .await?;
    let mfa = operator.mfa();
    for (id, name) in [(1_u64, "helene"), (2, "marc")] {
        let address = format!("{name}@example.org");
        let administrator = NewAccount::new(id, name)
            .label(&address)
            .address(address.parse::<Address>()?)
            .role(RoleId::ADMINISTRATOR);
        mfa.provision().ensure_account(administrator).await?;
    }
    round(&operator, "two accounts were created").await?;

    let client = Client::at(IpAddr::from([203, 0, 113, 7]));
    let session = mfa.log_in(1_u64, client).await?.session;
    let helene = mfa.authorize(&session, &client).await?;
    let code = mfa.admin(&helene).propose_break_glass().await?;
    mfa.admin(&helene)
        .enable(code.last_group().as_str())
        .await?;
    round(&operator, "Hélène enabled multi-factor log-in").await?;

    let offer = mfa.begin_enrollment(&session, "", client).await?;
    let phone = Phone::scan(&offer)?;
    mfa.confirm_enrollment(&session, phone.code(mfa.now()), client)
        .await?;
    round(&operator, "she enrolled").await?;
    round(&operator, "nothing more happened").await
}

/// What a host does every few seconds.
async fn round(operator: &Operator, what: &str) -> Result<(), Box<dyn Error>> {
    println!("{what}:");
    let done = operator.run_maintenance(&Terminal).await?.delivered;
    println!("  {} letters; {} notices wait", done.letters, done.waiting);
    Ok(())
}
