//! What is asked, told and forgotten with the log-in: by whom, and once.

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Assurance, Error, Forget, MfaSession, NextStep, Refusal};
use loquet_policy::{Event, limits};
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

use super::{AWAY, Browser, NEW, TICKED, fixture, letters, overview, remember};

async fn devices(fixture: &Fixture, session: &MfaSession) -> usize {
    overview(fixture, session).await.devices().len()
}

/// The number of the only one.
async fn number_of(fixture: &Fixture, session: &MfaSession) -> u16 {
    let overview = overview(fixture, session).await;
    let [device] = overview.devices() else {
        panic!("{overview:?}")
    };
    device.number
}

async fn forget(fixture: &Fixture, session: &MfaSession, number: u16) -> Result<Forget, Error> {
    let user = fixture.authorize(session).await?;
    fixture.mfa.account(&user).forget_device(number).await
}

#[tokio::test]
async fn half_log_in_forgets_no_device() {
    let (fixture, _, phone, _) = fixture().await;
    let full = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    let number = number_of(&fixture, &full).await;
    let half = NEW.enter(&fixture, CHLOE).await.session;
    let forgotten = forget(&fixture, &half, number).await;
    assert_eq!(refusal(forgotten).code(), "CODE_REQUIRED");
    assert_eq!(devices(&fixture, &full).await, 1);
    // Nor does a user whose authenticator was reported lost after the page was opened.
    let user = fixture.user(&full).await;
    let lost = fixture.mfa.report_lost(CHLOE, Fixture::client());
    lost.await.unwrap();
    let forgotten = fixture.mfa.account(&user).forget_device(number).await;
    assert_eq!(refusal(forgotten), Refusal::StaleLogIn);
    let login = NEW.enter(&fixture, CHLOE).await;
    assert_eq!(login.next, NextStep::Recover);
    let forgotten = forget(&fixture, &login.session, number).await;
    assert_eq!(refusal(forgotten).code(), "SUSPENDED");
}

#[tokio::test]
async fn forgotten_device_is_told_to_its_owner() {
    let (fixture, _, phone, _) = fixture().await;
    let session = TICKED.log_in(&fixture, CHLOE, &phone).await.session;
    let number = number_of(&fixture, &session).await;
    letters(&fixture).await;
    let unknown = forget(&fixture, &session, 99).await;
    assert_eq!(refusal(unknown), Refusal::Unchanged);
    forget(&fixture, &session, number).await.unwrap();
    let forgotten = Event::DevicesForgotten { count: 1 };
    assert_eq!(letters(&fixture).await, [("chloe".into(), forgotten)]);
}

#[tokio::test]
async fn turning_devices_on_needs_recent_code() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, session) = fixture.enabled().await;
    let refused = remember(&fixture, &session, false).await;
    assert_eq!(refusal(refused), Refusal::Unchanged);
    fixture.clock.advance(limits::RECENT);
    remember(&fixture, &session, true).await.unwrap();
    let refused = remember(&fixture, &session, true).await;
    assert_eq!(refusal(refused), Refusal::Unchanged);
    // Once it is turned off, the password alone is no authority.
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&anne).turn_off(typed).await.unwrap();
    let session = fixture.log_in(ANNE).await.session;
    let anne = fixture.user(&session).await;
    assert_eq!(anne.assurance(), Assurance::Aal1);
    let refused = fixture.mfa.admin(&anne).remember_devices(false).await;
    assert_eq!(refusal(refused), Refusal::NotFresh);
}

#[tokio::test]
async fn turning_devices_off_is_told_to_administrators() {
    let (fixture, phone, _, _) = fixture().await;
    let session = TICKED.log_in(&fixture, ANNE, &phone).await.session;
    assert_eq!(devices(&fixture, &session).await, 1);
    letters(&fixture).await;
    remember(&fixture, &session, false).await.unwrap();
    let event = Event::DevicesSwitched {
        on: false,
        by: ANNE.into(),
    };
    let told = letters(&fixture).await;
    assert_eq!(told, [("anne".into(), event), ("bruno".into(), event)]);
    let forgotten = fixture.operator.forget_old_devices(fixture.org).await;
    assert_eq!(forgotten.unwrap(), 0, "nothing of Anne's is left to forget");
}

#[tokio::test]
async fn devices_of_before_stay_forgotten() {
    let (fixture, phone, chloes, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &chloes).await;
    let session = TICKED.log_in(&fixture, ANNE, &phone).await.session;
    remember(&fixture, &session, false).await.unwrap();
    fixture.clock.advance(60);
    remember(&fixture, &session, true).await.unwrap();
    // Chloe did nothing meanwhile.
    let again = NEW.with(cookie).log_in(&fixture, CHLOE, &chloes).await;
    assert_eq!(devices(&fixture, &again.session).await, 0);
    TICKED.log_in(&fixture, CHLOE, &chloes).await;
    let last = TICKED.log_in(&fixture, CHLOE, &chloes).await.session;
    assert!(devices(&fixture, &last).await > 0);
}

#[tokio::test]
async fn turned_off_devices_are_unknown() {
    let (fixture, anne_phone, phone, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    let session = TICKED.log_in(&fixture, ANNE, &anne_phone).await.session;
    remember(&fixture, &session, false).await.unwrap();
    let anne = fixture.user(&session).await;
    let text = "default deny\nallow any device known\nfor tag 2 allow 203.0.113.0/24";
    let code = fixture.code(&anne_phone);
    let set = fixture.mfa.admin(&anne).set_access_rules(text, code).await;
    set.unwrap();
    let denied = fixture.mfa.log_in(CHLOE, NEW.with(cookie).client()).await;
    assert_eq!(refusal(denied), Refusal::AccessDenied);
}

/// Chloé has a device at home and is somewhere else without it.
async fn elsewhere() -> (Fixture, Phone, MfaSession, Browser) {
    let (fixture, _, phone, _) = fixture().await;
    TICKED.log_in(&fixture, CHLOE, &phone).await;
    letters(&fixture).await;
    let away = NEW.at(AWAY);
    let session = away.log_in(&fixture, CHLOE, &phone).await.session;
    let told = letters(&fixture).await;
    assert_eq!(told.last(), Some(&("chloe".into(), Event::NewDevice)));
    (fixture, phone, session, away)
}

#[tokio::test]
async fn another_code_is_no_log_in() {
    let (fixture, phone, session, away) = elsewhere().await;
    away.verify(&fixture, &session, &phone).await;
    assert_eq!(letters(&fixture).await, []);
}

#[tokio::test]
async fn step_up_is_no_log_in() {
    let (fixture, _, _, _) = fixture().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let ticked = TICKED.verify(&fixture, &session, &phone).await;
    assert!(ticked.device.is_some());
    let denis = fixture.user(&ticked.session).await;
    let typed = fixture.code(&phone);
    fixture.mfa.account(&denis).turn_off(typed).await.unwrap();
    letters(&fixture).await;
    let away = NEW.at(AWAY);
    let login = away.enter(&fixture, DENIS).await;
    assert_eq!(login.next, NextStep::Done);
    assert_eq!(
        letters(&fixture).await,
        [("denis".into(), Event::NewDevice)]
    );
    away.verify(&fixture, &login.session, &phone).await;
    assert_eq!(letters(&fixture).await, []);
}

#[tokio::test]
async fn device_is_remembered_with_a_later_code() {
    let (fixture, phone, session, away) = elsewhere().await;
    let ticked = Browser {
        ticked: true,
        ..away
    };
    let login = ticked.verify(&fixture, &session, &phone).await;
    assert!(login.device.is_some());
    assert_eq!(
        letters(&fixture).await,
        [("chloe".into(), Event::DeviceRemembered)]
    );
    assert_eq!(devices(&fixture, &login.session).await, 2);
}

#[tokio::test]
async fn known_device_is_not_remembered_twice() {
    let (fixture, _, phone, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    letters(&fixture).await;
    let again = Browser {
        ticked: true,
        ..NEW.with(cookie)
    };
    let login = again.log_in(&fixture, CHLOE, &phone).await;
    assert!(login.device.is_some(), "the cookie changes");
    assert_eq!(devices(&fixture, &login.session).await, 1);
    assert_eq!(letters(&fixture).await, []);
}

/// A cookie that is rotated without fresh random bytes could be guessed.
#[tokio::test]
async fn device_recognized_without_cookie_gets_random_cookie() {
    let (fixture, _, phone, _) = fixture().await;
    let cookie = TICKED.cookie(&fixture, CHLOE, &phone).await;
    fixture.clock.advance(60);
    let half = NEW.with(cookie).enter(&fixture, CHLOE).await;
    // The second step does not send the cookie: the session tells the device.
    let login = NEW.verify(&fixture, &half.session, &phone).await;
    assert_ne!(login.device.map(|it| it.expose()), Some("0".repeat(32)));
    let guessed = NEW.with("0".repeat(32).parse().unwrap());
    fixture.clock.advance(60);
    let half = guessed.enter(&fixture, CHLOE).await;
    let login = guessed.verify(&fixture, &half.session, &phone).await;
    assert_eq!(overview(&fixture, &login.session).await.this_device(), None);
}
