//! Several organizations over one store: what belongs to one is unknown to another.

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Authorized, Mfa, MfaSession, NewAccount, OrgId, Refusal, RoleId};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};

/// The other organization's administrator.
const EVE: u64 = 50;

struct Other {
    /// The first organization, where Anne is an administrator.
    fixture: Fixture,
    mfa: Mfa,
    session: MfaSession,
    phone: Phone,
    eve: Authorized,
}

async fn other() -> Other {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let id = OrgId::from(10_u64);
    let provision = fixture.mfa.provision();
    provision.ensure_organization(id, "Office").await.unwrap();
    let office = Fixture {
        mfa: fixture.mfa.organization(id),
        org: id,
        ..fixture.clone()
    };
    let address: loquet::Address = "eve@example.org".parse().unwrap();
    let eve = NewAccount::new(EVE, "eve")
        .role(RoleId::ADMINISTRATOR)
        .address(address);
    office.mfa.provision().ensure_account(eve).await.unwrap();
    let session = office.log_in(EVE).await.session;
    office.enable(&office.user(&session).await).await;
    let (phone, session) = office.enroll(&session).await;
    let eve = office.user(&session).await;
    Other {
        fixture,
        mfa: office.mfa,
        session,
        phone,
        eve,
    }
}

#[tokio::test]
async fn session_of_another_organization_is_refused() {
    let Other {
        fixture,
        mfa,
        session,
        phone,
        eve,
    } = other().await;
    let (ours, client) = (&fixture.mfa, Fixture::client());
    let unknown = Refusal::UnknownAccount;
    assert_eq!(refusal(ours.authorize(&session, &client).await), unknown);
    let progress = ours.login_progress(&session, &client).await;
    assert_eq!(refusal(progress), unknown);
    let typed = fixture.code(&phone);
    assert_eq!(refusal(fixture.verify(&session, &typed).await), unknown);
    assert_eq!(
        refusal(ours.pending_enrollment(&session, &Fixture::client()).await),
        unknown
    );
    assert_eq!(refusal(ours.log_out(&session).await), unknown);
    assert_eq!(refusal(ours.log_in(EVE, client).await), unknown);
    // What was authorized there is worth nothing here.
    assert_eq!(refusal(ours.account(&eve).overview().await), unknown);
    let off = ours.account(&eve).turn_off(typed.as_str()).await;
    assert_eq!(refusal(off), unknown);
    assert_eq!(refusal(ours.admin(&eve).users().await), unknown);
    let admin = ours.admin(&eve);
    let removed = admin.remove_role(ANNE, RoleId::STAFF).await;
    assert_eq!(refusal(removed), unknown);
    // And its own handle goes on.
    assert!(mfa.authorize(&session, &client).await.is_ok());
    assert!(mfa.verify_code(&session, typed, client).await.is_ok());
}

#[tokio::test]
async fn administrator_reaches_no_other_organization() {
    let Other {
        fixture, mfa, eve, ..
    } = other().await;
    let admin = mfa.admin(&eve);
    let deactivated = admin.deactivate(ANNE).await;
    assert_eq!(refusal(deactivated), Refusal::UnknownAccount);
    let found = admin.user(ANNE).await;
    assert_eq!(refusal(found), Refusal::UnknownAccount);
    assert_eq!(admin.users().await.unwrap().len(), 1);
    assert_eq!(fixture.operator.users(fixture.org).await.unwrap().len(), 4);
}

#[tokio::test]
async fn host_manages_only_its_own_accounts() {
    let Other { fixture, mfa, .. } = other().await;
    let provision = fixture.mfa.provision();
    let eve = EVE.into();
    assert_eq!(provision.find("eve").await.unwrap(), None);
    assert_eq!(provision.address(eve).await.unwrap(), None);
    assert_eq!(provision.organization_of(eve).await.unwrap(), None);
    assert!(!provision.erase(eve).await.unwrap());
    let address = "eve@example.net".parse().unwrap();
    let set = provision.set_address(eve, address).await;
    assert_eq!(refusal(set), Refusal::UnknownAccount);
    let own = mfa.provision();
    assert!(own.address(eve).await.unwrap().is_some());
    let home = own.organization_of(eve).await.unwrap();
    assert_eq!(home, Some(10_u64.into()));
}
