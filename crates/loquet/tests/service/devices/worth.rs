//! What a known device is worth: its own waits and tries, and rules that ask for one.

use loquet::flow::{LogIn, VerifyCode};
use loquet::{Level, Refusal};
use loquet_testkit::house::{ANNE, CHLOE, rule};

use super::{AWAY, Browser, NEW, TICKED, house};

// Policy, "Code": known devices have their own waits and the last 20 of the 100.
#[tokio::test]
async fn a_stranger_who_guesses_neither_delays_nor_locks_out_a_known_device() {
    let (house, _, phone, _) = house().await;
    let cookie = TICKED.cookie(&house, CHLOE, &phone).await;
    let thief = Browser {
        address: AWAY,
        ..NEW
    };
    let mut last = None;
    for _ in 0..80 {
        let stamp = thief.enter(&house, CHLOE).await;
        let typed = house.wrong_code(&phone).into();
        let guess = thief.run(&house, VerifyCode { stamp, typed }).await;
        assert!(matches!(rule(guess), Refusal::WrongCode { .. }));
        house.clock.advance(3601);
        let stamp = thief.enter(&house, CHLOE).await;
        last = Some(stamp);
    }
    let typed = house.code(&phone).into();
    let stamp = last.unwrap();
    assert_eq!(
        rule(thief.run(&house, VerifyCode { stamp, typed }).await),
        Refusal::KnownDeviceOnly,
        "even the right code: the last twenty are the owner's"
    );
    let entered = NEW.with(cookie).log_in(&house, CHLOE, &phone).await;
    assert_eq!(entered.stamp.level(), Level::Level2);
}

#[tokio::test]
async fn twenty_more_wrong_codes_on_known_devices_disable_it_all_the_same() {
    let (house, _, phone, _) = house().await;
    let cookie = TICKED.cookie(&house, CHLOE, &phone).await;
    let known = NEW.with(cookie);
    let mut answers = Vec::new();
    for _ in 0..100 {
        let stamp = known.enter(&house, CHLOE).await;
        if stamp.level() == Level::RecoveryOnly {
            break;
        }
        let typed = house.wrong_code(&phone).into();
        answers.push(rule(known.run(&house, VerifyCode { stamp, typed }).await));
        house.clock.advance(3601);
    }
    assert_eq!(answers.len(), 100);
    assert_eq!(house.log_in(CHLOE).await.stamp.level(), Level::RecoveryOnly);
}

#[tokio::test]
async fn rules_may_ask_for_a_known_device_and_a_denied_place_stays_denied() {
    let (house, anne_phone, phone, _) = house().await;
    let chloe = TICKED.log_in(&house, CHLOE, &phone).await;
    let cookie = chloe.device.unwrap();
    let anne = TICKED.log_in(&house, ANNE, &anne_phone).await;
    let text = "default deny\nallow any device known\ndeny 198.51.100.0/24\nfor tag 2 allow 203.0.113.0/24";
    let rules = house.service.read_rules(anne.stamp, text, "").unwrap();
    TICKED
        .with(anne.device.unwrap())
        .run(&house, rules)
        .await
        .unwrap();

    let account = CHLOE.into();
    assert_eq!(
        rule(NEW.run(&house, LogIn { account }).await),
        Refusal::AccessDenied
    );
    let away = Browser {
        address: AWAY,
        ..NEW
    }
    .with(cookie);
    assert_eq!(
        rule(away.run(&house, LogIn { account }).await),
        Refusal::AccessDenied
    );
    // The password, the code and every request after them: all on the known device.
    let elsewhere = Browser {
        address: "192.0.2.1",
        ..NEW
    };
    let entered = elsewhere.with(cookie).log_in(&house, CHLOE, &phone).await;
    let here = Some("192.0.2.1".parse().unwrap());
    assert!(
        house
            .service
            .check(&entered.stamp, here)
            .await
            .unwrap()
            .is_ok()
    );
    let there = Some(AWAY.parse().unwrap());
    assert_eq!(
        house
            .service
            .check(&entered.stamp, there)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::AccessDenied
    );
    // Before anybody is known, nobody is told more than that somebody may log in from there.
    let unknown = house.service.may_try(house.org, here).await.unwrap();
    assert_eq!(unknown, loquet_policy::Access::Allowed);
}
