//! The service over a store of one's own: `cargo run` in this folder.

use loquet::{Client, Keyring, Mfa, NewAccount};
use own_store::OwnStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("own-store-{}.db", std::process::id()));
    let operator = Mfa::builder(OwnStore::open(&path).await?)
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .open_operator()
        .await?;
    let new = NewAccount::new(42_u64, "marie@example.org");
    let marie = operator.provision().ensure_account(new).await?;
    let client = Client::default();
    let login = operator.log_in(marie, client).await?;
    let user = operator.authorize(&login.session, &client).await?;
    println!("{} is in, at {:?}", user.external_id(), user.assurance());
    println!(
        "{} audit record verifies",
        operator.verify_audit(marie).await?
    );
    println!("the rows are in {}", path.display());
    Ok(())
}
