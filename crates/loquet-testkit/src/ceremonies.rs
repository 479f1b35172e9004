//! The ceremonies beyond the article's path: recovery codes, the organization's choices, reset codes, and break-glass. Every
//! store runs them.

use loquet::audit::REFUSALS;
use loquet::flow::{
    BeginEnrollment, BeginReplacement, CancelChange, Choice, Harden, PasswordChanged, Reset,
    RulesChange, TurnOff, TurnOn, UpdateSettings,
};
use loquet::store::Store;
use loquet::{Clock, Level, Refusal};
use loquet_policy::{Event, SettingKind, limits};

use crate::audit::records;
use crate::break_glass::break_glass_is_stopped_by_any_administrators_code;
use crate::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};
use crate::letters::{post, to};
use crate::recovery::{
    a_recovery_code_opens_one_enrollment_for_ten_minutes,
    a_recovery_that_lapses_leaves_the_other_codes,
    recovery_codes_are_offered_after_a_wait_and_shown_while_pending,
    wrong_recovery_codes_share_the_budget,
};

/// All of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    // Each in a box of its own: one future that holds them all would not fit a test's stack.
    macro_rules! each {
        ($($test:ident)*) => {
            $(Box::pin($test(House::over(store()).await)).await;)*
        };
    }
    each! {
        recovery_codes_are_offered_after_a_wait_and_shown_while_pending
        a_recovery_code_opens_one_enrollment_for_ten_minutes
        a_recovery_that_lapses_leaves_the_other_codes
        wrong_recovery_codes_share_the_budget
        what_weakens_waits_and_any_administrator_stops_it
        what_does_not_weaken_holds_at_once
        the_strict_latch_is_one_way
        a_reset_code_read_aloud_lives_ten_minutes_and_a_handed_one_a_day
        break_glass_is_stopped_by_any_administrators_code
        a_reset_stands_in_both_chains
        refusals_that_change_nothing_are_recorded_within_bounds
        a_session_that_rises_keeps_the_enrollment_that_it_shows
        switching_on_lets_the_session_go_on
        a_change_of_password_lets_the_owners_session_go_on
    }
}

/// Recovery codes, longer reset codes, a wider window.
const WEAKER: [(Choice, SettingKind); 3] = [
    (
        Choice::RecoveryCodes { offered: true },
        SettingKind::RecoveryCodes,
    ),
    (
        Choice::ResetCodeLife {
            seconds: limits::RESET_CODE_MAX,
        },
        SettingKind::ResetCodeLife,
    ),
    (
        Choice::EnrollmentWindow {
            seconds: limits::ENROLLMENT_WINDOW_MAX,
        },
        SettingKind::EnrollmentWindow,
    ),
];

/// Each of them.
pub async fn what_weakens_waits_and_any_administrator_stops_it(house: House) {
    let (phone, stamp) = house.enabled().await;
    let bruno = house.log_in(BRUNO).await.stamp;
    let (_, bruno) = house.enroll(bruno).await;
    post(&house).await;
    let choose = |choice, typed: &str| UpdateSettings {
        stamp,
        choice,
        typed: typed.into(),
    };
    for (choice, _) in WEAKER {
        let refusal = rule(house.run(choose(choice, "")).await);
        assert_eq!(refusal, Refusal::StepUp, "a fresh code");
        let typed = house.code(&phone);
        let taken = house.run(choose(choice, &typed)).await.unwrap();
        let due = house.clock.now().plus(limits::WEAKENING);
        assert_eq!(taken, RulesChange::Due(due));
    }
    let letters = post(&house).await;
    for administrator in [ANNE, BRUNO] {
        let told = to(&letters, administrator);
        let scheduled =
            |letter: &&&loquet::Letter| matches!(letter.event, Event::ChangeScheduled { .. });
        assert_eq!(told.iter().filter(scheduled).count(), 3);
    }
    let far = Choice::ResetCodeLife {
        seconds: limits::RESET_CODE_MAX + 1,
    };
    let typed = house.code(&phone);
    assert!(matches!(
        rule(house.run(choose(far, &typed)).await),
        Refusal::OutOfBounds { .. }
    ));

    // The other administrator stops two of them.
    for (_, kind) in &WEAKER[1..] {
        let (stamp, kind) = (bruno, *kind);
        house.run(CancelChange { stamp, kind }).await.unwrap();
        let again = house.run(CancelChange { stamp, kind }).await;
        assert_eq!(rule(again), Refusal::NothingScheduled);
    }
    house.clock.advance(limits::WEAKENING);
    assert_eq!(house.service.tick().await.unwrap(), 1);
    assert_eq!(house.service.tick().await.unwrap(), 0);
    let options = house.service.organizations().await.unwrap()[0].0.options;
    assert!(options.recovery_codes);
    assert_eq!(options.reset_code_life, limits::RESET_CODE);
    assert_eq!(options.enrollment_window, limits::ENROLLMENT_WINDOW);
}

/// A shorter reset code is no weaker one.
pub async fn what_does_not_weaken_holds_at_once(house: House) {
    let (phone, stamp) = house.enabled().await;
    let choice = Choice::ResetCodeLife {
        seconds: limits::HOUR,
    };
    let typed = "".into();
    let taken = house
        .run(UpdateSettings {
            stamp,
            choice,
            typed,
        })
        .await
        .unwrap();
    assert_eq!(taken, RulesChange::InForce);
    let reset_code = Reset {
        stamp,
        subject: CHLOE.into(),
        aloud: false,
        typed: house.code(&phone).into(),
    };
    let expires = house.run(reset_code).await.unwrap().expires;
    assert_eq!(expires, house.clock.now().plus(limits::HOUR));
}

/// "No way back", to the letter.
pub async fn the_strict_latch_is_one_way(house: House) {
    let (_, anne) = house.enabled().await;
    let denis = house.log_in(DENIS).await.stamp;
    let (phone, denis) = house.enroll(denis).await;
    let harden = |stamp| Harden { stamp };
    assert_eq!(rule(house.run(harden(denis)).await), Refusal::NotAdmin);
    house.run(harden(anne)).await.unwrap();
    let typed = house.code(&phone).into();
    let off = TurnOff {
        stamp: denis,
        typed,
    };
    assert_eq!(rule(house.run(off).await).code(), "LATCHED");
    assert_eq!(rule(house.run(harden(anne)).await), Refusal::Unchanged);
}

/// NIST's ten minutes for a spoken code.
pub async fn a_reset_code_read_aloud_lives_ten_minutes_and_a_handed_one_a_day(house: House) {
    let (phone, _) = house.imposed().await;
    for (aloud, life) in [
        (true, limits::RESET_CODE_ALOUD),
        (false, limits::RESET_CODE),
    ] {
        for late in [false, true] {
            let stamp = house.enter(ANNE, &phone).await;
            let typed = house.code(&phone).into();
            let subject = CHLOE.into();
            let reset = Reset {
                stamp,
                subject,
                aloud,
                typed,
            };
            let handed = house.run(reset).await.unwrap();
            assert_eq!(handed.expires, house.clock.now().plus(life));
            house.clock.advance(if late { life } else { life - 1 });
            let reset_code = handed.reset_code.expose().to_string().into();
            let stamp = house.log_in(CHLOE).await.stamp;
            let answer = house.run(BeginEnrollment { stamp, reset_code }).await;
            if late {
                assert_eq!(rule(answer).code(), "RESET_CODE_EXPIRED");
            } else {
                assert!(answer.is_ok());
            }
        }
    }
}

/// What was done to somebody stands in that account's chain too.
pub async fn a_reset_stands_in_both_chains(house: House) {
    let (phone, stamp) = house.imposed().await;
    let count = |account: u64| house.service.verify_audit(account.into());
    let before = (count(ANNE).await.unwrap(), count(CHLOE).await.unwrap());
    let typed = house.code(&phone).into();
    let reset = Reset {
        stamp,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    house.run(reset).await.unwrap();
    assert_eq!(count(ANNE).await.unwrap(), before.0 + 1);
    assert_eq!(count(CHLOE).await.unwrap(), before.1 + 1);
}

/// Whoever has one password cannot make the log grow.
pub async fn refusals_that_change_nothing_are_recorded_within_bounds(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let ask = || Harden { stamp };
    let before = records(&house.service, DENIS).await.len();
    for _ in 0..3 * REFUSALS {
        assert_eq!(rule(house.run(ask()).await), Refusal::NotAdmin);
    }
    let found = records(&house.service, DENIS).await;
    let last: Vec<bool> = found[before..].iter().map(|(_, it)| it.last).collect();
    let mut expected = vec![false; usize::from(REFUSALS)];
    expected[usize::from(REFUSALS) - 1] = true;
    assert_eq!(last, expected);
    // The next hour's are recorded again, and what is granted always is.
    house.clock.advance(limits::HOUR);
    assert_eq!(rule(house.run(ask()).await), Refusal::NotAdmin);
    house.log_in(DENIS).await;
    let chain = house.service.verify_audit(DENIS.into()).await.unwrap();
    assert_eq!(chain, found.len() as u64 + 2);
}

/// A code on the way to the new one's confirmation changes the session's id, not what it shows.
pub async fn a_session_that_rises_keeps_the_enrollment_that_it_shows(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let (phone, stamp) = house.enroll(stamp).await;
    let typed = house.code(&phone).into();
    house.run(TurnOff { stamp, typed }).await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    assert_eq!(stamp.level(), Level::Level1);
    let typed = house.code(&phone).into();
    let offer = house.run(BeginReplacement { stamp, typed }).await.unwrap();
    let risen = house.give(stamp, &house.code(&phone)).await.unwrap().stamp;
    let shown = house.service.pending(&risen).await.unwrap().unwrap();
    assert_eq!(offer.uri.expose(), shown.uri.expose());
    house.confirm(risen, &offer).await;
}

/// The code that switches it on is the code that is due from then on.
pub async fn switching_on_lets_the_session_go_on(house: House) {
    house.enabled().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let (phone, stamp) = house.enroll(stamp).await;
    let typed = house.code(&phone).into();
    house.run(TurnOff { stamp, typed }).await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    let typed = house.code(&phone).into();
    let risen = house.run(TurnOn { stamp, typed }).await.unwrap().unwrap();
    let standing = house.service.check(&risen.stamp, None).await.unwrap();
    assert_eq!(standing.unwrap().level, Level::Level2);
}

/// All others are over.
pub async fn a_change_of_password_lets_the_owners_session_go_on(house: House) {
    let own = house.log_in(DENIS).await.stamp;
    let other = house.log_in(DENIS).await.stamp;
    let changed = PasswordChanged {
        account: DENIS.into(),
        by_owner: Some(own),
    };
    let on = house.run(changed).await.unwrap().unwrap().stamp;
    assert!(house.service.check(&on, None).await.unwrap().is_ok());
    for stamp in [own, other] {
        let over = house.service.check(&stamp, None).await.unwrap();
        assert_eq!(over.unwrap_err(), Refusal::StaleLogIn);
    }
    let helped = PasswordChanged {
        account: DENIS.into(),
        by_owner: None,
    };
    assert_eq!(house.run(helped).await.unwrap(), None);
    assert!(house.service.check(&on, None).await.unwrap().is_err());
}
