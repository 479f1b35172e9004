//! Letters without end: which of them are delivered first.

use loquet::store::MemoryStore;
use loquet::{Event, MandateKind, NewAccount, OrganizationSetting, RoleId, UnixTime};
use loquet_policy::limits;
use loquet_testkit::fixture::{ANNE, BRUNO, DENIS, Fixture};
use loquet_testkit::letters::{Mailbox, post, to};

async fn fixture() -> Fixture {
    Fixture::over(MemoryStore::new()).await
}

/// Delivers slowly: meanwhile a user of another organization asks for the code of a new address.
struct Asking<'a> {
    mfa: &'a loquet::Mfa,
    user: loquet::Authorized,
    events: std::sync::Mutex<Vec<Event>>,
}

impl loquet::Deliver for Asking<'_> {
    async fn deliver(&self, letter: &loquet::Letter) -> Result<(), loquet::DeliveryError> {
        let told = {
            let mut events = self.events.lock().unwrap();
            events.push(letter.event);
            let is_to_all = |event: &&Event| matches!(event, Event::MandateAnnounced { .. });
            events.iter().filter(is_to_all).count()
        };
        if told == 10 {
            let address = "denis@elsewhere.example".parse().unwrap();
            let changed = self.mfa.account(&self.user).change_address(address, "");
            changed.await.unwrap();
        }
        Ok(())
    }
}

/// An announcement to a thousand users delays no code, of any organization.
#[tokio::test]
async fn t75_letters_to_all_keep_no_code_waiting() {
    const USERS: u64 = 1000;
    let fixture = fixture().await;
    let denis = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&denis).await;
    let clock = fixture.clock.clone();
    let provision = fixture.operator.provision();
    let org = provision
        .ensure_organization(8_u64.into(), "Grande école")
        .await
        .unwrap();
    let large = Fixture::of(&fixture.operator, org, clock);
    let provision = large.mfa.provision();
    let marie = NewAccount::new(500_u64, "marie").role(RoleId::ADMINISTRATOR);
    provision.ensure_account(marie).await.unwrap();
    for number in 1000..1000 + USERS {
        let name = format!("user {number}");
        let new = NewAccount::new(number, &name).role(RoleId::STAFF);
        provision.ensure_account(new).await.unwrap();
    }
    let session = large.log_in(500).await.session;
    large.enable(&large.user(&session).await).await;
    let (_, session) = large.enroll(&session).await;
    let marie = large.user(&session).await;
    let start = loquet::Start::At(UnixTime(large.mfa.now().0 + 8 * limits::DAY));
    let announced =
        large
            .mfa
            .admin(&marie)
            .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start);
    announced.await.unwrap();
    let asking = Asking {
        mfa: &fixture.mfa,
        user: denis,
        events: std::sync::Mutex::default(),
    };
    fixture.operator.deliver(&asking).await.unwrap();
    let events = asking.events.into_inner().unwrap();
    let is_code = |event: &Event| *event == Event::AddressChangeBegun;
    let code = events.iter().position(is_code).unwrap();
    assert!(code < 300, "{code} letters before it, of {}", events.len());
    assert!(events.len() > usize::try_from(USERS).unwrap());
}

/// An administrator who changes a setting to and fro has letters sent without end: a code comes before all of them, and they
/// do not keep other letters waiting.
#[tokio::test]
async fn t77_many_letters_to_one_user_delay_no_others() {
    let fixture = fixture().await;
    for _ in 0..4 {
        fixture.clock.advance(limits::DAY);
        let session = fixture.log_in(ANNE).await.session;
        let anne = fixture.user(&session).await;
        for round in 0..limits::CHANGES_A_DAY {
            let offered = round % 2 == 0;
            let setting = OrganizationSetting::RecoveryCodes { offered };
            let changed = fixture.mfa.admin(&anne).update_setting(setting, "");
            changed.await.unwrap();
        }
    }
    let session = fixture.log_in(DENIS).await.session;
    let denis = fixture.user(&session).await;
    let address = "denis@elsewhere.example".parse().unwrap();
    let changed = fixture.mfa.account(&denis).change_address(address, "");
    changed.await.unwrap();

    let mailbox = Mailbox::default();
    let delivered = fixture.operator.deliver(&mailbox).await.unwrap();
    let letters = mailbox.into_letters();
    assert_eq!(letters[0].event, Event::AddressChangeBegun);
    let to_anne = letters.iter().filter(|letter| letter.to == ANNE.into());
    assert_eq!(to_anne.count(), 50);
    assert!(delivered.waiting >= 50, "{delivered:?}");
    while !post(&fixture).await.is_empty() {}
    let left = fixture.operator.deliver(&Mailbox::default()).await.unwrap();
    assert_eq!(left.waiting, 0);
}

/// For three days Anne changes as many settings as a day allows. Bruno hears first of what he may have to act against.
#[tokio::test]
async fn t82_letters_to_act_upon_come_before_others() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let bruno = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&bruno).await;
    while !post(&fixture).await.is_empty() {}
    for day in 0..3 {
        fixture.clock.advance(limits::DAY);
        let session = fixture.enter(ANNE, &phone).await;
        let anne = fixture.user(&session).await;
        for step in 1..u64::from(limits::CHANGES_A_DAY) {
            let seconds = limits::ENROLLMENT_WINDOW - day * 100 - step;
            let setting = OrganizationSetting::EnrollmentWindow { seconds };
            let changed = fixture.mfa.admin(&anne).update_setting(setting, "");
            changed.await.unwrap();
        }
        let code = fixture.code(&phone);
        let offered = OrganizationSetting::RecoveryCodes { offered: true };
        let weakened = fixture.mfa.admin(&anne).update_setting(offered, code);
        weakened.await.unwrap();
    }
    let reported = fixture.mfa.report_lost(BRUNO, Fixture::client());
    reported.await.unwrap();
    let letters = post(&fixture).await;
    let letters = to(&letters, BRUNO);
    assert_eq!(letters.len(), 50);
    let weakened = |letter: &&loquet::Letter| matches!(letter.event, Event::ChangeScheduled { .. });
    assert!(letters[..3].iter().all(weakened));
    assert!(letters[3].event == Event::ReportedLost && letters[3].link.is_some());
}
