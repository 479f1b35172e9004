//! Devices that users have remembered, over the whole library.

mod steps;
mod worth;

use loquet::devices::{DeviceId, MOST, RETENTION};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{
    AccountOverview, Attempt, Client, Forget, Letter, LoggedIn, MfaSession, NextStep, Refusal,
};
use loquet_policy::Event;
use loquet_testkit::fixture::{ANNE, CHLOE, Fixture, HOME, refusal};
use loquet_testkit::letters::post;

const AWAY: &str = "198.51.100.9";

/// A browser: an address, and the cookie of its device.
#[derive(Clone, Copy)]
struct Browser {
    address: &'static str,
    cookie: Option<DeviceId>,
    ticked: bool,
}

const NEW: Browser = Browser {
    address: HOME,
    cookie: None,
    ticked: false,
};
const TICKED: Browser = Browser {
    ticked: true,
    ..NEW
};

impl Browser {
    fn client(self) -> Client {
        Fixture::client_at(self.address).device(self.cookie)
    }

    fn attempt(self) -> Attempt {
        Attempt::new(self.client()).remember_device(self.ticked)
    }

    /// The password was right.
    async fn enter(self, fixture: &Fixture, account: u64) -> LoggedIn {
        let login = fixture.mfa.log_in(account, self.attempt()).await;
        login.unwrap()
    }

    async fn verify(self, fixture: &Fixture, session: &MfaSession, phone: &Phone) -> LoggedIn {
        let typed = fixture.code(phone);
        let (mfa, attempt) = (&fixture.mfa, self.attempt());
        mfa.verify_code(session, typed, attempt).await.unwrap()
    }

    async fn log_in(self, fixture: &Fixture, account: u64, phone: &Phone) -> LoggedIn {
        let half = self.enter(fixture, account).await;
        assert_eq!(
            half.next,
            NextStep::SecondFactor,
            "a known device never replaces a code"
        );
        self.verify(fixture, &half.session, phone).await
    }

    /// The same, and the cookie that the device has from then on.
    async fn cookie(self, fixture: &Fixture, account: u64, phone: &Phone) -> DeviceId {
        let login = self.log_in(fixture, account, phone).await;
        login.device.unwrap()
    }

    const fn with(self, cookie: DeviceId) -> Self {
        Self {
            cookie: Some(cookie),
            ticked: false,
            ..self
        }
    }

    const fn at(self, address: &'static str) -> Self {
        Self { address, ..self }
    }
}

/// Multi-factor log-in imposed, devices turned on, Chloé enrolled.
async fn fixture() -> (Fixture, Phone, Phone, MfaSession) {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (anne, session) = fixture.imposed().await;
    remember(&fixture, &session, true).await.unwrap();
    let chloe = fixture.log_in(CHLOE).await.session;
    let (phone, _) = fixture.enroll(&chloe).await;
    (fixture, anne, phone, session)
}

/// Lets users have devices remembered, or stops it.
async fn remember(fixture: &Fixture, session: &MfaSession, on: bool) -> Result<(), loquet::Error> {
    let user = fixture.user(session).await;
    fixture.mfa.admin(&user).remember_devices(on).await
}

async fn overview(fixture: &Fixture, session: &MfaSession) -> AccountOverview {
    fixture.progress(session).await.overview().clone()
}

async fn is_over(fixture: &Fixture, session: &MfaSession) -> bool {
    fixture.authorize(session).await.is_err()
}

async fn letters(fixture: &Fixture) -> Vec<(String, Event)> {
    let told = |letter: Letter| (letter.external_id, letter.event);
    post(fixture).await.into_iter().map(told).collect()
}

#[tokio::test]
async fn devices_are_remembered_only_when_both_wish() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (_, anne) = fixture.imposed().await;
    let session = fixture.log_in(CHLOE).await.session;
    let (phone, _) = fixture.enroll(&session).await;
    let offered = |overview: &AccountOverview| overview.organization().remembers_devices();
    // Ticked, but not offered.
    let login = TICKED.log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(login.device, None);
    let chloe = overview(&fixture, &login.session).await;
    assert!(chloe.devices().is_empty() && !offered(&chloe));
    // Offered, but not ticked.
    remember(&fixture, &anne, true).await.unwrap();
    let login = NEW.log_in(&fixture, CHLOE, &phone).await;
    let chloe = overview(&fixture, &login.session).await;
    assert!(login.device.is_none() && chloe.devices().is_empty() && offered(&chloe));
    // Both.
    let login = TICKED.log_in(&fixture, CHLOE, &phone).await;
    let chloe = overview(&fixture, &login.session).await;
    assert!(login.device.is_some());
    assert_eq!(chloe.this_device(), Some(chloe.devices()[0].number));
    assert_eq!(
        chloe.devices()[0].network,
        Some("203.0.113.0".parse().unwrap())
    );
}

#[tokio::test]
async fn only_recent_administrator_turns_devices_on() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let early = fixture.log_in(ANNE).await.session;
    let refused = remember(&fixture, &early, true).await;
    assert_eq!(refusal(refused), Refusal::NotEnabled);
    let (_, anne) = fixture.imposed().await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let refused = fixture.authorize(&chloe).await;
    assert_eq!(refusal(refused).code(), "ENROLL_ONLY");
    let (_, chloe) = fixture.enroll(&chloe).await;
    let refused = remember(&fixture, &chloe, true).await;
    assert_eq!(refusal(refused), Refusal::NotAdmin);
    fixture.clock.advance(301);
    let refused = remember(&fixture, &anne, true).await;
    assert_eq!(refusal(refused), Refusal::NotFresh);
}

#[tokio::test]
async fn device_cookie_changes_at_each_log_in() {
    let (fixture, _, phone, _) = fixture().await;
    let first = TICKED.cookie(&fixture, CHLOE, &phone).await;
    let second = NEW.with(first).cookie(&fixture, CHLOE, &phone).await;
    assert_ne!(first, second);
    let third = NEW.with(second).log_in(&fixture, CHLOE, &phone).await;
    let cookie = third.device.unwrap();
    let copy = NEW.with(first).log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(copy.device, None);
    // A step-up is no log-in: the cookie stays.
    let known = NEW.with(cookie);
    let stepped = known.verify(&fixture, &third.session, &phone).await;
    assert_eq!(stepped.device, None);
    let chloe = overview(&fixture, &third.session).await;
    assert_eq!(chloe.devices().len(), 1);
}

#[tokio::test]
async fn forgetting_a_device_ends_its_sessions() {
    let (fixture, _, phone, _) = fixture().await;
    let laptop = TICKED.log_in(&fixture, CHLOE, &phone).await;
    let known = NEW.with(laptop.device.unwrap());
    let again = known.log_in(&fixture, CHLOE, &phone).await;
    let tablet = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    let elsewhere = NEW.log_in(&fixture, CHLOE, &phone).await.session;
    let known = NEW.with(again.device.unwrap());
    let half = known.enter(&fixture, CHLOE).await.session;
    let chloe = overview(&fixture, &laptop.session).await;
    let number = chloe.this_device().unwrap();

    let user = fixture.user(&tablet).await;
    let account = fixture.mfa.account(&user);
    let answer = account.forget_device(number).await.unwrap();
    assert_eq!(answer, Forget::StillHere);
    for session in [laptop.session, again.session, half] {
        assert!(is_over(&fixture, &session).await);
        let typed = fixture.code(&phone);
        let refused = fixture.verify(&session, &typed).await;
        assert_eq!(refusal(refused), Refusal::StaleLogIn);
    }
    assert!(!is_over(&fixture, &tablet).await && !is_over(&fixture, &elsewhere).await);
    let listed = overview(&fixture, &tablet).await;
    let listed: Vec<_> = listed.sessions().iter().map(|it| it.device()).collect();
    // Elsewhere, on the tablet, and where Chloé enrolled.
    assert_eq!(listed, [None, Some(2), None]);
    let twice = account.forget_device(number).await;
    assert_eq!(refusal(twice), Refusal::Unchanged);
    // The own one: the session that asks is over too.
    let own = overview(&fixture, &tablet).await.this_device().unwrap();
    assert_eq!(account.forget_device(own).await.unwrap(), Forget::Over);
    assert!(is_over(&fixture, &tablet).await && !is_over(&fixture, &elsewhere).await);
    let forgotten = known.log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(forgotten.device, None);
}

#[tokio::test]
async fn forgetting_all_devices_ends_every_session() {
    let (fixture, _, phone, _) = fixture().await;
    let device = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    let other = NEW.log_in(&fixture, CHLOE, &phone).await.session;
    let user = fixture.user(&other).await;
    fixture.mfa.account(&user).forget_devices().await.unwrap();
    assert!(is_over(&fixture, &device).await && is_over(&fixture, &other).await);
    let told = letters(&fixture).await;
    assert!(
        told.contains(&("chloe".into(), Event::DevicesForgotten { count: 1 })),
        "{told:?}"
    );
}

#[tokio::test]
async fn reset_and_loss_forget_devices() {
    let (fixture, anne_phone, phone, _) = fixture().await;
    let first = TICKED.cookie(&fixture, CHLOE, &phone).await;
    let anne = NEW.log_in(&fixture, ANNE, &anne_phone).await.session;
    let user = fixture.user(&anne).await;
    let typed = fixture.code(&anne_phone);
    let admin = fixture.mfa.admin(&user);
    admin.reset(CHLOE, false, typed).await.unwrap();
    let half = NEW.with(first).enter(&fixture, CHLOE).await.session;
    let chloe = overview(&fixture, &half).await;
    assert!(chloe.devices().is_empty() && chloe.this_device().is_none());

    let anne = TICKED.log_in(&fixture, ANNE, &anne_phone).await;
    let lost = fixture.mfa.report_lost(ANNE, Fixture::client());
    lost.await.unwrap();
    let half = fixture.log_in(ANNE).await.session;
    let overview = overview(&fixture, &half).await;
    // A report by the password alone takes no device away: the owner may undo it there.
    assert!(anne.device.is_some() && overview.devices().len() == 1);
}

// L6
#[tokio::test]
async fn new_devices_and_places_are_told() {
    let (fixture, _, phone, _) = fixture().await;
    letters(&fixture).await;
    NEW.log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(
        letters(&fixture).await,
        [],
        "a user without remembered devices is told of none, where it has been"
    );
    NEW.at("192.0.2.1").log_in(&fixture, CHLOE, &phone).await;
    let new_place = [("chloe".to_owned(), Event::NewPlace)];
    assert_eq!(letters(&fixture).await, new_place, "and of a new network");
    let told = |event| [("chloe".to_owned(), event)];
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    assert_eq!(letters(&fixture).await, told(Event::DeviceRemembered));
    NEW.at(AWAY).log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(letters(&fixture).await, told(Event::NewDevice));
    let neighbour = NEW.at("203.0.113.99").with(cookie);
    let cookie = neighbour.cookie(&fixture, CHLOE, &phone).await;
    assert_eq!(letters(&fixture).await, []);
    let away = NEW.at(AWAY);
    let cookie = away.with(cookie).cookie(&fixture, CHLOE, &phone).await;
    assert_eq!(letters(&fixture).await, told(Event::NewPlace));
    away.with(cookie).log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(letters(&fixture).await, []);
}

#[tokio::test]
async fn old_devices_are_forgotten() {
    let (fixture, anne_phone, phone, _) = fixture().await;
    let forgotten = async || {
        let operator = &fixture.operator;
        operator.forget_old_devices(fixture.org).await.unwrap()
    };
    let chloe = TICKED.log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(forgotten().await, 0);
    fixture.clock.advance(RETENTION);
    assert_eq!(forgotten().await, 1);
    assert_eq!(forgotten().await, 0);
    let over = fixture.authorize(&chloe.session).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);

    let chloe = TICKED.log_in(&fixture, CHLOE, &phone).await;
    let anne = NEW.log_in(&fixture, ANNE, &anne_phone).await.session;
    remember(&fixture, &anne, false).await.unwrap();
    assert_eq!(forgotten().await, 1);
    // No session ends by it, and nothing comes back.
    let user = fixture.user(&chloe.session).await;
    let overview = fixture.mfa.account(&user).overview().await.unwrap();
    assert!(overview.devices().is_empty());
    remember(&fixture, &anne, true).await.unwrap();
    let known = NEW.with(chloe.device.unwrap());
    let again = known.log_in(&fixture, CHLOE, &phone).await;
    assert_eq!(again.device, None);
}

#[tokio::test]
async fn ten_devices_are_remembered_at_most() {
    let (fixture, _, phone, _) = fixture().await;
    let first = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    let mut last = first;
    for _ in 0..MOST {
        last = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    }
    let chloe = overview(&fixture, &last).await;
    assert_eq!(chloe.devices().len(), MOST);
    assert!(is_over(&fixture, &first).await);
}

#[tokio::test]
async fn administrator_sees_no_other_users_devices() {
    let (fixture, anne_phone, phone, _) = fixture().await;
    TICKED.log_in(&fixture, CHLOE, &phone).await;
    let anne = NEW.log_in(&fixture, ANNE, &anne_phone).await.session;
    let anne = fixture.user(&anne).await;
    let users = fixture.mfa.admin(&anne).users().await.unwrap();
    let shown = format!("{users:?}");
    assert!(
        shown.contains("chloe") && !shown.contains("203.0.113.0"),
        "{shown}"
    );
}
