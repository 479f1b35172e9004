//! The service over a store of one's own: `cargo run` in this folder.

use loquet::{Keyring, NewAccount, Request, RoleId, Service, flow};
use own_store::OwnStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::temp_dir().join(format!("own-store-{}.db", std::process::id()));
    let mfa = Service::open(OwnStore::open(&path).await?, Keyring::single(1, [7; 32])).await?;
    let org = mfa.ensure_organization(1_u64.into(), "My service").await?;
    let marie = mfa
        .ensure_account(
            org,
            NewAccount {
                id: 42_u64.into(),
                external_id: "marie",
                label: "marie@example.org",
                roles: &[RoleId::PARENT],
            },
        )
        .await?;
    let stamp = mfa
        .run(flow::LogIn { account: marie }, &Request::new(None)?)
        .await?
        .granted()?
        .stamp;
    println!("{} is in, at {:?}", stamp.account(), stamp.level());
    println!("{} audit record verifies", mfa.verify_audit(marie).await?);
    println!("the rows are in {}", path.display());
    Ok(())
}
