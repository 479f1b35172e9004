//! Past advisories about replay, races and counters, as tests that every store runs. The ids are those of the conformance
//! metadata.

use std::sync::Arc;

use loquet::flow::{
    ConfirmEnrollment, ReportLost, Resynchronize, TurnOff, UseRecoveryCode, VerifyCode,
};
use loquet::store::Store;
use loquet::{Clock, Level, Refusal, ServiceError};

use crate::house::{ANNE, CHLOE, DENIS, House, rule};

/// All of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    t1_t2_a_used_step_is_refused_for_the_whole_window(House::over(store()).await).await;
    t3_a_used_code_is_refused_at_every_entrance(House::over(store()).await).await;
    t4_of_many_with_the_same_code_one_is_let_in(House::over(store()).await).await;
    t5_every_service_over_one_store_refuses_what_another_accepted(store()).await;
    t6_of_many_with_the_same_recovery_code_one_is_let_in(House::over(store()).await).await;
    t8_a_resynchronization_refuses_recorded_codes(House::over(store()).await).await;
    t9_all_spellings_of_one_code_are_one_use(House::over(store()).await).await;
    t10_the_window_is_exact_at_both_edges(House::over(store()).await).await;
    t14_t15_parallel_wrong_codes_are_counted_exactly(House::over(store()).await).await;
    t16_a_wrong_code_counts_though_nobody_waits_for_the_answer(House::over(store()).await).await;
    t17_t18_the_budget_spans_sessions(House::over(store()).await).await;
    t24_a_half_log_in_carries_no_rights(House::over(store()).await).await;
    the_owner_gets_in_among_two_hundred_guesses(House::over(store()).await).await;
}

/// T1, T2: a used step is refused, and every earlier one of the window with it.
pub async fn t1_t2_a_used_step_is_refused_for_the_whole_window(house: House) {
    let (phone, _) = house.enabled().await;
    let earlier = house.code(&phone);
    let used = house.code(&phone);
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(house.give(stamp, &used).await.is_ok());
    for _ in 0..3 {
        for typed in [&used, &earlier] {
            let stamp = house.log_in(ANNE).await.stamp;
            let answer = house.give(stamp, typed).await;
            let refusal = rule(answer);
            assert!(
                matches!(
                    refusal,
                    Refusal::AlreadyUsed { .. } | Refusal::WrongCode { .. }
                ),
                "{refusal:?}"
            );
        }
        house.clock.advance(29);
    }
}

/// T3: a code that confirmed an enrollment or logged in steps nothing up and switches nothing off.
pub async fn t3_a_used_code_is_refused_at_every_entrance(house: House) {
    house.imposed().await;
    let half = house.log_in(CHLOE).await.stamp;
    let offer = house.begin(half).await;
    let phone = loquet::testing::Phone::scan(&offer).unwrap();
    let typed = house.code(&phone);
    let confirm = ConfirmEnrollment {
        stamp: half,
        typed: typed.clone().into(),
        break_glass_typed_back: "".into(),
    };
    let stamp = house.run(confirm).await.unwrap().stamp;
    let used = |refusal| matches!(refusal, Refusal::AlreadyUsed { .. });
    assert!(used(rule(house.give(stamp, &typed).await)));
    let other = house.log_in(CHLOE).await.stamp;
    assert!(used(rule(house.give(other, &typed).await)));
    let refusal = rule(
        house
            .run(TurnOff {
                stamp,
                typed: typed.into(),
            })
            .await,
    );
    assert!(
        used(refusal) || matches!(refusal, Refusal::Mandated(_)),
        "{refusal:?}"
    );
}

/// T4: of N parallel submissions of one code exactly one is accepted.
pub async fn t4_of_many_with_the_same_code_one_is_let_in(house: House) {
    let (phone, _) = house.enabled().await;
    let mut stamps = Vec::new();
    for _ in 0..32 {
        stamps.push(house.log_in(ANNE).await.stamp);
    }
    let typed = house.code(&phone);
    let tasks: Vec<_> = stamps
        .into_iter()
        .map(|stamp| {
            let (house, typed) = (house.clone(), typed.clone());
            tokio::spawn(async move { house.give(stamp, &typed).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(entered) => {
                assert_eq!(entered.stamp.level(), Level::Level2);
                accepted += 1;
            }
            refused => assert!(matches!(rule(refused), Refusal::AlreadyUsed { .. })),
        }
    }
    assert_eq!(accepted, 1);
}

/// T5: the other way in asked another list of used codes, or none.
pub async fn t5_every_service_over_one_store_refuses_what_another_accepted<S: Store>(store: S) {
    let store = Arc::new(store);
    let pages = House::over(store.clone()).await;
    let (phone, _) = pages.enabled().await;
    let other = House::at(store, pages.clock.clone()).await;
    let typed = pages.code(&phone);
    let stamp = pages.log_in(ANNE).await.stamp;
    let give = |stamp| VerifyCode {
        stamp,
        typed: typed.clone().into(),
    };
    pages.run(give(stamp)).await.unwrap();
    let stamp = other.log_in(ANNE).await.stamp;
    let refusal = rule(other.run(give(stamp)).await);
    assert!(
        matches!(refusal, Refusal::AlreadyUsed { .. }),
        "{refusal:?}"
    );
}

/// T6: of one code on paper, typed in many windows at once, one is taken.
pub async fn t6_of_many_with_the_same_recovery_code_one_is_let_in(house: House) {
    let (phone, stamp) = house.enabled().await;
    house.offering(&phone, stamp).await;
    let stamp = house.log_in(DENIS).await.stamp;
    let offer = house.begin(stamp).await;
    let paper = house.service.recovery_codes(&stamp).await.unwrap();
    house.confirm(stamp, &offer).await;

    let mut windows = Vec::new();
    for _ in 0..32 {
        let stamp = house.log_in(DENIS).await.stamp;
        let typed = paper[0].expose().to_string().into();
        let house = house.clone();
        windows.push(tokio::spawn(async move {
            house.run(UseRecoveryCode { stamp, typed }).await
        }));
    }
    let mut accepted = 0;
    for window in windows {
        if let Ok(recovering) = window.await.unwrap() {
            assert_eq!(recovering.entered.stamp.level(), Level::EnrollOnly);
            assert_eq!(recovering.left, 9);
            accepted += 1;
        }
    }
    assert_eq!(accepted, 1);
}

/// T8: codes that somebody recorded while they were used open nothing by way of a resynchronization.
pub async fn t8_a_resynchronization_refuses_recorded_codes(house: House) {
    let (phone, _) = house.enabled().await;
    let mut recorded = Vec::new();
    for _ in 0..2 {
        let typed = house.code(&phone);
        recorded.push(typed.clone());
        let stamp = house.log_in(ANNE).await.stamp;
        assert!(house.give(stamp, &typed).await.is_ok());
    }
    let next = phone.code(loquet::UnixTime(house.clock.now().0 + 30));
    for typed in [
        [recorded[0].clone(), recorded[1].clone()],
        [recorded[1].clone(), next],
    ] {
        let stamp = house.log_in(ANNE).await.stamp;
        let answer = house
            .run(Resynchronize {
                stamp,
                typed: typed.map(Into::into),
            })
            .await;
        assert!(answer.is_err(), "recorded codes were taken: {answer:?}");
    }
    let typed = house.code(&phone).into();
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(house.run(VerifyCode { stamp, typed }).await.is_ok());
}

/// T9: blanks and dashes dodge neither the used code nor the count.
pub async fn t9_all_spellings_of_one_code_are_one_use(house: House) {
    let (phone, _) = house.enabled().await;
    let typed = house.code(&phone);
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(house.give(stamp, &typed).await.is_ok());
    let (left, right) = typed.split_at(3);
    for spelling in [
        format!("{left} {right}"),
        format!(" {left}-{right} "),
        format!("{left}\u{202f}{right}"),
    ] {
        let stamp = house.log_in(ANNE).await.stamp;
        let refusal = rule(house.give(stamp, &spelling).await);
        assert!(
            matches!(refusal, Refusal::AlreadyUsed { .. }),
            "{spelling:?}: {refusal:?}"
        );
    }
    assert_eq!(
        house.attempts(ANNE).await.total,
        0,
        "a used code costs no budget"
    );
}

/// T10: a code lives from one step before its own to one step after, exact to the second.
pub async fn t10_the_window_is_exact_at_both_edges(house: House) {
    let (phone, _) = house.enabled().await;
    // To the beginning of a step well after the last used one.
    let now = house.clock.now().0;
    house.clock.advance(300 + 30 - now % 30);
    let start = house.clock.now();
    let typed = |offset: u64| phone.code(loquet::UnixTime(start.0 + offset));
    for (offset, advance, good) in [
        (60, 0, false),
        (30, 0, true),
        (60, 29, false),
        (60, 1, true),
    ] {
        house.clock.advance(advance);
        let stamp = house.log_in(ANNE).await.stamp;
        let answer = house.give(stamp, &typed(offset)).await;
        assert_eq!(answer.is_ok(), good, "code of +{offset} s: {answer:?}");
    }
    // And at the far edge: the code of +120 s until the last second of the step after its own.
    house.clock.advance(149);
    let stamp = house.log_in(ANNE).await.stamp;
    assert!(house.give(stamp, &typed(120)).await.is_ok(), "at +179 s");
    house.clock.advance(61);
    let stamp = house.log_in(ANNE).await.stamp;
    let late = house.give(stamp, &typed(180)).await;
    assert!(
        matches!(rule(late), Refusal::WrongCode { behind: Some(1) }),
        "at +240 s"
    );
}

/// T14, T15: of 200 parallel wrong codes as many are evaluated as are counted, and the limit holds.
pub async fn t14_t15_parallel_wrong_codes_are_counted_exactly(house: House) {
    let (phone, _) = house.enabled().await;
    let wrong = house.wrong_code(&phone);
    let mut stamps = Vec::new();
    for _ in 0..200 {
        stamps.push(house.log_in(ANNE).await.stamp);
    }
    let tasks: Vec<_> = stamps
        .into_iter()
        .map(|stamp| {
            let (house, typed) = (house.clone(), wrong.clone());
            tokio::spawn(async move { rule(house.give(stamp, &typed).await) })
        })
        .collect();
    let (mut evaluated, mut waited) = (0_u8, 0_u8);
    for task in tasks {
        match task.await.unwrap() {
            Refusal::WrongCode { .. } => evaluated += 1,
            Refusal::Throttled { .. } => waited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(house.attempts(ANNE).await.total, evaluated);
    assert_eq!(
        (evaluated, waited),
        (6, 194),
        "the sixth wrong code in a row starts the wait"
    );
}

/// T16: the host's transaction was rolled back with the failed log-in, and the count with it. Here the count
/// is committed before anybody can be told that the code was wrong.
pub async fn t16_a_wrong_code_counts_though_nobody_waits_for_the_answer(house: House) {
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    for counted in 1..=3 {
        let typed = house.wrong_code(&phone).into();
        let caller = house.clone();
        let request = tokio::spawn(async move {
            let _answer = caller.run(VerifyCode { stamp, typed }).await;
            panic!("the host fell over before it looked at the answer");
        });
        assert!(request.await.unwrap_err().is_panic());
        assert_eq!(house.attempts(ANNE).await.total, counted);
    }
}

/// T17, T18: the budget belongs to the account, whatever the session; at 100 the authenticator is disabled.
pub async fn t17_t18_the_budget_spans_sessions(house: House) {
    let (phone, _) = house.enabled().await;
    let mut evaluated = 0_u32;
    for _ in 0..400 {
        let entered = house.log_in(ANNE).await;
        if entered.stamp.level() == Level::RecoveryOnly {
            break;
        }
        let typed = house.wrong_code(&phone).into();
        match rule(
            house
                .run(VerifyCode {
                    stamp: entered.stamp,
                    typed,
                })
                .await,
        ) {
            Refusal::WrongCode { .. } | Refusal::Disabled { .. } => evaluated += 1,
            Refusal::Throttled { wait } => house.clock.advance(wait),
            Refusal::KnownDeviceOnly => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        (80..=100).contains(&evaluated),
        "{evaluated} guesses of a stranger were evaluated"
    );
}

/// T24: nothing but the code, the pending or the end can be asked for by half a log-in.
pub async fn t24_a_half_log_in_carries_no_rights(house: House) {
    let (phone, _) = house.enabled().await;
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone).into();
    assert_eq!(
        rule(house.run(TurnOff { stamp: half, typed }).await).code(),
        "CODE_REQUIRED"
    );
    assert!(house.service.users(&half).await.unwrap().is_err());
    let standing = house.standing(&half).await;
    assert_eq!(standing.level, Level::HalfLogin);
    house.clock.advance(601);
    assert_eq!(
        house.service.check(&half, None).await.unwrap().unwrap_err(),
        Refusal::LogInExpired
    );
}

/// A thief who has the password and guesses with 200 hands does not keep the owner out.
pub async fn the_owner_gets_in_among_two_hundred_guesses(house: House) {
    let (phone, live) = house.enabled().await;
    let wrong = house.wrong_code(&phone);
    let thief = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone);
    let guesses: Vec<_> = (0..200)
        .map(|_| {
            let (house, typed) = (house.clone(), wrong.clone());
            tokio::spawn(async move {
                let request = House::request();
                match house
                    .service
                    .run(
                        VerifyCode {
                            stamp: thief,
                            typed: typed.into(),
                        },
                        &request,
                    )
                    .await
                {
                    Ok(settled) => assert!(settled.granted().is_err()),
                    Err(error) => assert!(matches!(error, ServiceError::Busy)),
                }
            })
        })
        .collect();
    // The owner's live session has waits of its own.
    assert!(house.give(live, &typed).await.is_ok());
    for guess in guesses {
        guess.await.unwrap();
    }
    house
        .run(ReportLost {
            account: ANNE.into(),
        })
        .await
        .unwrap();
}
