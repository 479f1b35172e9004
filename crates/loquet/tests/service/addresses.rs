//! Notice addresses that a thief of the password and the phone has confirmed.

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Address, Letter, NextStep};
use loquet_policy::limits;
use loquet_testkit::addresses::{address, code};
use loquet_testkit::fixture::{CHLOE, Fixture};
use loquet_testkit::letters::{post, to};

const OWNERS: &str = "owner@example.org";
const THIEFS: &str = "thief@example.net";

/// Chloé has an address, and an authenticator since then. Returns the letters of the enrollment too.
async fn enrolled() -> (Fixture, Phone, Vec<Letter>) {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.imposed().await;
    let provision = fixture.mfa.provision();
    provision.set_address(CHLOE, address(OWNERS)).await.unwrap();
    post(&fixture).await;
    let session = fixture.log_in(CHLOE).await.session;
    let (phone, _) = fixture.enroll(&session).await;
    let letters = post(&fixture).await;
    (fixture, phone, letters)
}

/// A code of the phone begins the change, and the new mailbox confirms it.
async fn change(fixture: &Fixture, phone: &Phone, new: &str) {
    let session = fixture.enter(CHLOE, phone).await;
    let user = fixture.user(&session).await;
    let typed = fixture.code(phone);
    let account = fixture.mfa.account(&user);
    account.change_address(address(new), typed).await.unwrap();
    let sent = code(&post(fixture).await, CHLOE);
    let session = fixture.enter(CHLOE, phone).await;
    let user = fixture.user(&session).await;
    let account = fixture.mfa.account(&user);
    account.confirm_address(sent).await.unwrap();
    post(fixture).await;
}

async fn with_link(fixture: &Fixture) -> Vec<Address> {
    let lost = fixture.mfa.report_lost(CHLOE, Fixture::client());
    lost.await.unwrap();
    let letters = post(fixture).await;
    let told = to(&letters, CHLOE);
    let linked = told.iter().filter(|letter| letter.link.is_some());
    let linked = linked.filter_map(|letter| letter.address.clone());
    assert!(told.iter().any(|it| it.address == Some(address(THIEFS))));
    linked.collect()
}

/// The thief must not undo the owner's report through a mailbox of their own.
#[tokio::test]
async fn t62_undo_link_goes_to_oldest_address() {
    let (fixture, phone, _) = enrolled().await;
    fixture.clock.advance(30 * limits::DAY);
    change(&fixture, &phone, THIEFS).await;
    assert_eq!(with_link(&fixture).await, [address(OWNERS)]);
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::Recover);
}

/// The owner took the address back, whose first fourteen days are over: it is the oldest all the same.
#[tokio::test]
async fn t62_address_taken_back_is_the_oldest() {
    let (fixture, phone, _) = enrolled().await;
    change(&fixture, &phone, THIEFS).await;
    fixture.clock.advance(limits::ADDRESS_OVERLAP - limits::DAY);
    change(&fixture, &phone, OWNERS).await;
    fixture.clock.advance(2 * limits::DAY);
    assert_eq!(with_link(&fixture).await, [address(OWNERS)]);
}

/// A thief of the password enrolls, confirms another address and sets the owner's again. "It was not me" keeps the owner's.
#[tokio::test]
async fn t63_not_me_link_keeps_address_of_binding() {
    let (fixture, thiefs, letters) = enrolled().await;
    for new in [THIEFS, OWNERS] {
        change(&fixture, &thiefs, new).await;
    }
    let link = to(&letters, CHLOE).iter().find_map(|it| it.link).unwrap();
    let report = fixture.mfa.report_unrecognized(&link, Fixture::client());
    report.await.unwrap();
    assert_eq!(left(&fixture).await, [address(OWNERS)]);
}

async fn left(fixture: &Fixture) -> Vec<Address> {
    let users = fixture.operator.users(fixture.org).await.unwrap();
    let mut users = users.iter();
    let chloe = users.find(|it| it.account_id() == CHLOE.into()).unwrap();
    let left = chloe.addresses().iter().map(|it| it.address.clone());
    left.collect()
}

/// A thief of the password enrolls, confirms another address and replaces the authenticator: the last link takes all of it
/// back, and only the owner has it.
#[tokio::test]
async fn t70_link_takes_back_what_a_replaced_enrollment_confirmed() {
    let (fixture, thiefs, _) = enrolled().await;
    change(&fixture, &thiefs, THIEFS).await;
    let session = fixture.enter(CHLOE, &thiefs).await;
    let user = fixture.user(&session).await;
    let typed = fixture.code(&thiefs);
    let begun = fixture
        .mfa
        .account(&user)
        .replace_authenticator(typed)
        .await;
    fixture.confirm(&session, &begun.unwrap()).await;
    let letters = post(&fixture).await;
    let told = to(&letters, CHLOE);
    let linked: Vec<_> = told.iter().filter(|it| it.link.is_some()).collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].address, Some(address(OWNERS)));
    let link = linked[0].link.unwrap();
    let report = fixture.mfa.report_unrecognized(&link, Fixture::client());
    report.await.unwrap();
    assert_eq!(left(&fixture).await, [address(OWNERS)]);
}

/// A thief of the password confirms an address before the owner enrolls. With a link the thief could take back each of the
/// owner's enrollments, for ever.
#[tokio::test]
async fn t70_newer_address_gets_no_link() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    fixture.enabled().await;
    let provision = fixture.mfa.provision();
    provision.set_address(CHLOE, address(OWNERS)).await.unwrap();
    let session = fixture.log_in(CHLOE).await.session;
    let user = fixture.user(&session).await;
    let account = fixture.mfa.account(&user);
    account.change_address(address(THIEFS), "").await.unwrap();
    let sent = code(&post(&fixture).await, CHLOE);
    account.confirm_address(sent).await.unwrap();
    post(&fixture).await;
    fixture.enroll(&session).await;
    let letters = post(&fixture).await;
    let told = to(&letters, CHLOE);
    let linked = told.iter().filter(|it| it.link.is_some());
    let linked: Vec<_> = linked.filter_map(|it| it.address.clone()).collect();
    assert_eq!((linked, told.len()), (vec![address(OWNERS)], 2));
}
