//! What is asked, told and forgotten beside the log-in: by whom, and once.

use loquet::flow::{ForgetDevice, LogIn, ReportLost, SetDevicesRemembered, TurnOff};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Level, Refusal, Stamp};
use loquet_policy::{Event, limits};
use loquet_testkit::house::{ANNE, CHLOE, DENIS, House, rule};

use super::{AWAY, Browser, NEW, TICKED, house, letters};

async fn devices(house: &House, stamp: &Stamp) -> usize {
    house.standing(stamp).await.devices.len()
}

#[tokio::test]
async fn whoever_may_do_nothing_yet_forgets_no_device() {
    let (house, _, phone, _) = house().await;
    let full = TICKED.log_in(&house, CHLOE, &phone).await;
    let number = devices_of(&house, &full.stamp).await;
    let account = CHLOE.into();
    let stamp = NEW.enter(&house, CHLOE).await;
    let forget = house.run(ForgetDevice { stamp, number }).await;
    assert_eq!(rule(forget).code(), "CODE_REQUIRED");
    assert_eq!(devices(&house, &full.stamp).await, 1);
    house.run(ReportLost { account }).await.unwrap();
    let stamp = NEW.enter(&house, CHLOE).await;
    assert_eq!(stamp.level(), Level::RecoveryOnly);
    let forget = house.run(ForgetDevice { stamp, number }).await;
    assert_eq!(rule(forget).code(), "RECOVER_FIRST");
}

/// The number of the only one.
async fn devices_of(house: &House, stamp: &Stamp) -> u16 {
    let standing = house.standing(stamp).await;
    let [device] = &standing.devices[..] else {
        panic!("{standing:?}")
    };
    device.number
}

#[tokio::test]
async fn a_device_that_is_forgotten_is_told_to_its_owner() {
    let (house, _, phone, _) = house().await;
    let stamp = TICKED.log_in(&house, CHLOE, &phone).await.stamp;
    let number = devices_of(&house, &stamp).await;
    letters(&house).await;
    let unknown = house.run(ForgetDevice { stamp, number: 99 }).await;
    assert_eq!(rule(unknown), Refusal::Unchanged);
    house.run(ForgetDevice { stamp, number }).await.unwrap();
    let forgotten = Event::DevicesForgotten { count: 1 };
    assert_eq!(letters(&house).await, [("chloe".into(), forgotten)]);
}

#[tokio::test]
async fn switching_needs_level_2_of_the_last_five_minutes_and_something_to_switch() {
    let house = House::over(MemoryStore::new()).await;
    let (phone, stamp) = house.enabled().await;
    let switch = |stamp, on| SetDevicesRemembered { stamp, on };
    assert_eq!(
        rule(house.run(switch(stamp, false)).await),
        Refusal::Unchanged
    );
    house.clock.advance(limits::RECENT);
    house.run(switch(stamp, true)).await.unwrap();
    assert_eq!(
        rule(house.run(switch(stamp, true)).await),
        Refusal::Unchanged
    );
    // Of whoever switched the question off, the password alone is no authority.
    let typed = house.code(&phone).into();
    house.run(TurnOff { stamp, typed }).await.unwrap();
    let stamp = house.log_in(ANNE).await.stamp;
    assert_eq!(stamp.level(), Level::Level1);
    assert_eq!(
        rule(house.run(switch(stamp, false)).await),
        Refusal::NotFresh
    );
}

#[tokio::test]
async fn switched_off_all_administrators_hear_of_it_and_the_own_devices_are_gone_at_once() {
    let (house, phone, _, _) = house().await;
    let stamp = TICKED.log_in(&house, ANNE, &phone).await.stamp;
    assert_eq!(devices(&house, &stamp).await, 1);
    letters(&house).await;
    house
        .run(SetDevicesRemembered { stamp, on: false })
        .await
        .unwrap();
    let event = Event::DevicesSwitched {
        on: false,
        by: ANNE.into(),
    };
    let told = letters(&house).await;
    assert_eq!(told, [("anne".into(), event), ("bruno".into(), event)]);
    assert_eq!(
        house.service.forget_old_devices(house.org).await.unwrap(),
        0,
        "nothing of Anne's is left to forget"
    );
}

#[tokio::test]
async fn once_switched_off_no_cookie_is_a_known_device() {
    let (house, anne_phone, phone, _) = house().await;
    let cookie = TICKED.cookie(&house, CHLOE, &phone).await;
    let anne = TICKED.log_in(&house, ANNE, &anne_phone).await;
    let stamp = anne.stamp;
    let text = "default deny\nallow any device known\nfor tag 2 allow 203.0.113.0/24";
    let rules = house.service.read_rules(stamp, text, "").unwrap();
    NEW.run(&house, rules).await.unwrap();
    let account = CHLOE.into();
    let known = NEW.with(cookie);
    assert!(known.run(&house, LogIn { account }).await.is_ok());
    house
        .run(SetDevicesRemembered { stamp, on: false })
        .await
        .unwrap();
    let answer = known.run(&house, LogIn { account }).await;
    assert_eq!(rule(answer), Refusal::AccessDenied);
}

/// Chloé has a device at home and is somewhere else without it.
async fn elsewhere() -> (House, Phone, Stamp, Browser) {
    let (house, _, phone, _) = house().await;
    TICKED.log_in(&house, CHLOE, &phone).await;
    let away = Browser {
        address: AWAY,
        ..NEW
    };
    let stamp = away.log_in(&house, CHLOE, &phone).await.stamp;
    let told = letters(&house).await;
    assert_eq!(told.last(), Some(&("chloe".into(), Event::NewDevice)));
    (house, phone, stamp, away)
}

#[tokio::test]
async fn another_code_in_the_same_session_is_no_log_in() {
    let (house, phone, stamp, away) = elsewhere().await;
    away.give(&house, stamp, &phone).await;
    assert_eq!(letters(&house).await, []);
}

#[tokio::test]
async fn a_step_up_from_the_password_alone_is_no_log_in_either() {
    let (house, _, _, _) = house().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let (phone, stamp) = house.enroll(stamp).await;
    let ticked = TICKED.give(&house, stamp, &phone).await;
    assert!(ticked.device.is_some());
    let (stamp, typed) = (ticked.stamp, house.code(&phone));
    house
        .run(TurnOff {
            stamp,
            typed: typed.into(),
        })
        .await
        .unwrap();
    letters(&house).await;
    let away = Browser {
        address: AWAY,
        ..NEW
    };
    let stamp = away.enter(&house, DENIS).await;
    assert_eq!(stamp.level(), Level::Level1);
    assert_eq!(letters(&house).await, [("denis".into(), Event::NewDevice)]);
    away.give(&house, stamp, &phone).await;
    assert_eq!(letters(&house).await, []);
}

#[tokio::test]
async fn whoever_asks_with_a_later_code_is_remembered_then() {
    let (house, phone, stamp, away) = elsewhere().await;
    let ticked = Browser {
        ticked: true,
        ..away
    };
    let entered = ticked.give(&house, stamp, &phone).await;
    assert!(entered.device.is_some());
    assert_eq!(
        letters(&house).await,
        [("chloe".into(), Event::DeviceRemembered)]
    );
    assert_eq!(devices(&house, &entered.stamp).await, 2);
}

#[tokio::test]
async fn asking_again_on_a_known_device_remembers_no_second_one() {
    let (house, _, phone, _) = house().await;
    let cookie = TICKED.cookie(&house, CHLOE, &phone).await;
    letters(&house).await;
    let again = Browser {
        ticked: true,
        ..NEW.with(cookie)
    };
    let entered = again.log_in(&house, CHLOE, &phone).await;
    assert!(entered.device.is_some(), "the cookie changes");
    assert_eq!(devices(&house, &entered.stamp).await, 1);
    assert_eq!(letters(&house).await, []);
}
