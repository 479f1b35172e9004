//! Codes as people type them: late, long, twice, on a phone whose clock is off; and the codes on paper.

use loquet::flow::{
    AddRole, Choice, MAX_TYPED, Resynchronize, UpdateSettings, UseRecoveryCode, VerifyCode,
};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Clock, Level, NewAccount, Refusal, RoleId, Stamp, UnixTime};
use loquet_policy::limits;
use loquet_testkit::house::{ANNE, CHLOE, House, rule};

/// Half a log-in of Anne's, at the start of a step, long after the last code.
async fn house() -> (House, Phone, Stamp) {
    let house = House::over(MemoryStore::new()).await;
    let (phone, _) = house.enabled().await;
    let now = house.clock.now().0;
    house.clock.advance(600 - now % 30);
    let stamp = house.log_in(ANNE).await.stamp;
    (house, phone, stamp)
}

/// What a phone shows whose clock is late by so many seconds.
fn late(house: &House, phone: &Phone, seconds: u64) -> String {
    phone.code(UnixTime(house.clock.now().0 - seconds))
}

#[tokio::test]
async fn a_late_phone_is_told_how_many_minutes_and_they_are_rounded_up() {
    let (house, phone, stamp) = house().await;
    for (seconds, minutes) in [(60, 1), (90, 2), (120, 2), (300, 5)] {
        let refusal = rule(house.give(stamp, &late(&house, &phone, seconds)).await);
        let behind = Some(minutes);
        assert_eq!(refusal, Refusal::WrongCode { behind }, "{seconds} s");
    }
}

#[tokio::test]
async fn a_phone_set_right_by_two_codes_is_understood_from_then_on() {
    let (house, phone, stamp) = house().await;
    let before = late(&house, &phone, 90);
    let after = late(&house, &phone, 60);
    let typed = [before.into(), after.into()];
    let entered = house.run(Resynchronize { stamp, typed }).await.unwrap();
    assert_eq!(entered.stamp.level(), Level::Level2);
    house.clock.advance(300);
    let stamp = house.log_in(ANNE).await.stamp;
    let entered = house.give(stamp, &late(&house, &phone, 60)).await;
    assert!(entered.is_ok(), "two steps late, as it was: {entered:?}");
}

#[tokio::test]
async fn two_used_codes_say_when_the_next_two_are_fresh() {
    let (house, phone, stamp) = house().await;
    house.give(stamp, &late(&house, &phone, 0)).await.unwrap();
    house.clock.advance(10);
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = [30, 0].map(|seconds| late(&house, &phone, seconds).into());
    let refusal = rule(house.run(Resynchronize { stamp, typed }).await);
    assert_eq!(
        refusal,
        Refusal::AlreadyUsed { wait: 50 },
        "the used one has twenty seconds left, the next one thirty"
    );
}

/// Who knows the password and guesses makes strangers wait, and not whoever is in.
#[tokio::test]
async fn a_live_session_does_not_wait_for_a_strangers_guesses() {
    let (house, phone, stamp) = house().await;
    let live = house
        .give(stamp, &late(&house, &phone, 0))
        .await
        .unwrap()
        .stamp;
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.wrong_code(&phone);
    for _ in 0..limits::FIRST_WAIT {
        let refusal = rule(house.give(stamp, &typed).await);
        assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
    }
    // A step later the stranger, who has the right code now, waits still.
    let seconds = limits::WAIT - 1;
    house.clock.advance(seconds);
    let typed = phone.code(house.clock.now().plus(30));
    for (stamp, waits) in [(stamp, true), (live, false)] {
        let answer = house.give(stamp, &typed).await;
        assert_eq!(answer.is_err(), waits, "{answer:?}");
    }
}

#[tokio::test]
async fn a_text_too_long_for_a_code_is_refused_unread_and_costs_nothing() {
    let (house, phone, stamp) = house().await;
    let padded = |code: String, length: usize| format!("{code:>length$}");
    let refusal = rule(
        house
            .give(stamp, &padded(late(&house, &phone, 0), MAX_TYPED + 1))
            .await,
    );
    assert_eq!(refusal, Refusal::Malformed);
    let two = |length| [30, 0].map(|seconds| padded(late(&house, &phone, seconds), length).into());
    let typed = two(MAX_TYPED + 1);
    let refusal = rule(house.run(Resynchronize { stamp, typed }).await);
    assert_eq!(refusal, Refusal::Malformed);
    assert_eq!(house.attempts(ANNE).await.total, 0);
    let typed = two(MAX_TYPED);
    assert!(house.run(Resynchronize { stamp, typed }).await.is_ok());
    house.clock.advance(60);
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(
        house
            .give(stamp, &padded(late(&house, &phone, 0), MAX_TYPED))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn nobody_asks_about_people_of_another_organization() {
    let house = House::over(MemoryStore::new()).await;
    let (_, stamp) = house.enabled().await;
    let other = house.service.ensure_organization(10_u64.into(), "Office");
    let other = other.await.unwrap();
    let id = 50_u64.into();
    let stranger = house
        .service
        .ensure_account(
            other,
            NewAccount {
                id,
                external_id: "eve",
                label: "eve@example.org",
                roles: &[RoleId::EMPLOYEE],
            },
        )
        .await
        .unwrap();
    let add = AddRole {
        stamp,
        subject: stranger,
        role: RoleId::PARENT,
        typed: "".into(),
    };
    assert_eq!(rule(house.run(add).await), Refusal::UnknownAccount);
    let people = house.service.everybody(other).await.unwrap();
    assert!(!people[0].account.roles.contains(RoleId::PARENT));
}

/// Two browsers have begun to enroll the same person: each is shown the codes that go with its own secret.
#[tokio::test]
async fn each_window_is_shown_the_recovery_codes_of_its_own_enrollment() {
    let house = House::over(MemoryStore::new()).await;
    let (phone, stamp) = house.enabled().await;
    let typed = house.code(&phone).into();
    let choice = Choice::RecoveryCodes { offered: true };
    let offer = UpdateSettings {
        stamp,
        choice,
        typed,
    };
    house.run(offer).await.unwrap();
    house.clock.advance(limits::WEAKENING);
    house.service.tick().await.unwrap();
    let mut shown = Vec::new();
    let mut windows = Vec::new();
    for _ in 0..2 {
        let stamp = house.log_in(CHLOE).await.stamp;
        let offer = house.begin(stamp).await;
        windows.push((stamp, offer));
    }
    for (stamp, _) in &windows {
        let codes = house.service.recovery_codes(stamp).await.unwrap();
        assert_eq!(codes.len(), limits::RECOVERY_CODES);
        let texts = codes.iter().map(|code| code.expose().to_string());
        shown.push(texts.collect::<Vec<_>>());
    }
    assert_ne!(shown[0], shown[1]);
    let (stamp, offer) = &windows[1];
    house.confirm(*stamp, offer).await;
    let stamp = house.log_in(CHLOE).await.stamp;
    for (typed, works) in [(&shown[0][0], false), (&shown[1][0], true)] {
        let typed = typed.clone().into();
        let answer = house.run(UseRecoveryCode { stamp, typed }).await;
        assert_eq!(answer.is_ok(), works, "{answer:?}");
    }
}

#[tokio::test]
async fn a_clock_that_steps_back_an_hour_lets_no_code_in_twice_and_recovers() {
    let (house, phone, stamp) = house().await;
    let typed = house.code(&phone);
    let give = |stamp, typed: &str| VerifyCode {
        stamp,
        typed: typed.into(),
    };
    let live = house.run(give(stamp, &typed)).await.unwrap().stamp;
    let now = house.clock.now().0;
    house.clock.set(now - 3_600);
    // Who types the code of the wrong hour has typed one that is older than the last used.
    let earlier = phone.code(house.clock.now());
    let stamp = house.log_in(ANNE).await.stamp;
    let refusal = rule(house.run(give(stamp, &earlier)).await);
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
    assert!(house.run(give(stamp, &typed)).await.is_err());

    house.clock.set(now + 60);
    let standing = house.service.check(&live, None).await.unwrap();
    assert!(standing.is_ok(), "the session goes on");
    let typed = house.code(&phone);
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(house.run(give(stamp, &typed)).await.is_ok());
}

#[tokio::test]
async fn a_clock_that_steps_forward_a_day_burns_nothing() {
    let (house, phone, stamp) = house().await;
    let typed = house.code(&phone);
    let give = |stamp| VerifyCode {
        stamp,
        typed: typed.clone().into(),
    };
    let now = house.clock.now().0;
    house.clock.set(now + limits::DAY);
    // The phone keeps the right time: its code is a day old here, and costs one try of the budget, not the step.
    let late = house.log_in(ANNE).await.stamp;
    let refusal = rule(house.run(give(late)).await);
    assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
    // Attempts are forgotten after a day; none that matters any more.
    house.service.tidy().await.unwrap();

    house.clock.set(now);
    assert!(house.run(give(stamp)).await.is_ok());
    let again = house.log_in(ANNE).await.stamp;
    let refusal = rule(house.run(give(again)).await);
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
}
