//! Past advisories about replay, races and counters, as tests that every store runs. The ids are those of
//! `docs/conformance.md`.

use std::sync::Arc;

use loquet::store::Store;
use loquet::testing::Phone;
use loquet::{Assurance, Clock, Error, MfaSession, NextStep, Refusal, UnixTime};

use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};

/// Runs all of them, each over a store of its own.
pub async fn all<S: Store>(mut store: impl FnMut() -> S) {
    t1_t2_used_step_is_refused_in_window(Fixture::over(store()).await).await;
    t3_used_code_is_refused_everywhere(Fixture::over(store()).await).await;
    t4_one_of_parallel_codes_is_accepted(Fixture::over(store()).await).await;
    t5_used_code_is_refused_by_other_services(store()).await;
    t6_one_of_parallel_recovery_codes_is_accepted(Fixture::over(store()).await).await;
    t8_resynchronization_refuses_recorded_codes(Fixture::over(store()).await).await;
    t9_all_spellings_are_one_use(Fixture::over(store()).await).await;
    t10_code_window_is_exact(Fixture::over(store()).await).await;
    t14_t15_parallel_wrong_codes_are_counted(Fixture::over(store()).await).await;
    t16_wrong_code_counts_when_caller_panics(Fixture::over(store()).await).await;
    t17_t18_budget_spans_sessions(Fixture::over(store()).await).await;
    t24_half_log_in_carries_no_rights(Fixture::over(store()).await).await;
    owner_gets_in_among_guesses(Fixture::over(store()).await).await;
}

fn is_used(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::AlreadyUsed { .. })
}

/// T1, T2: a used step is refused, and every earlier one of the window with it.
pub async fn t1_t2_used_step_is_refused_in_window(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let earlier = fixture.code(&phone);
    let used = fixture.code(&phone);
    let session = fixture.log_in(ANNE).await.session;
    assert!(fixture.verify(&session, &used).await.is_ok());
    for _ in 0..3 {
        for typed in [&used, &earlier] {
            let session = fixture.log_in(ANNE).await.session;
            let refusal = refusal(fixture.verify(&session, typed).await);
            assert!(
                matches!(
                    refusal,
                    Refusal::AlreadyUsed { .. } | Refusal::WrongCode { .. }
                ),
                "{refusal:?}"
            );
        }
        fixture.clock.advance(29);
    }
}

/// T3: a code that confirmed an enrollment or logged in steps nothing up and switches nothing off.
pub async fn t3_used_code_is_refused_everywhere(fixture: Fixture) {
    fixture.imposed().await;
    let half = fixture.log_in(CHLOE).await.session;
    let offer = fixture.begin(&half).await;
    let phone = Phone::scan(&offer).unwrap();
    let typed = fixture.code(&phone);
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&half, typed.as_str(), Fixture::client());
    let session = confirmed.await.unwrap().session;
    assert!(is_used(refusal(fixture.verify(&session, &typed).await)));
    let other = fixture.log_in(CHLOE).await.session;
    assert!(is_used(refusal(fixture.verify(&other, &typed).await)));
    let chloe = fixture.user(&session).await;
    let off = refusal(fixture.mfa.account(&chloe).turn_off(typed).await);
    assert!(
        is_used(off) || matches!(off, Refusal::Mandated(_)),
        "{off:?}"
    );
}

/// T4: of N parallel submissions of one code exactly one is accepted.
pub async fn t4_one_of_parallel_codes_is_accepted(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let mut sessions = Vec::new();
    for _ in 0..32 {
        sessions.push(fixture.log_in(ANNE).await.session);
    }
    let typed = fixture.code(&phone);
    let tasks: Vec<_> = sessions
        .into_iter()
        .map(|session| {
            let (fixture, typed) = (fixture.clone(), typed.clone());
            tokio::spawn(async move { fixture.verify(&session, &typed).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(login) => {
                let anne = fixture.user(&login.session).await;
                assert_eq!(anne.assurance(), Assurance::Aal2);
                accepted += 1;
            }
            refused => assert!(is_used(refusal(refused))),
        }
    }
    assert_eq!(accepted, 1);
}

/// T5: the other way in asked another list of used codes, or none.
pub async fn t5_used_code_is_refused_by_other_services<S: Store>(store: S) {
    let store = Arc::new(store);
    let pages = Fixture::over(store.clone()).await;
    let (phone, _) = pages.enabled().await;
    let other = Fixture::at(store, pages.clock.clone()).await;
    let typed = pages.code(&phone);
    let session = pages.log_in(ANNE).await.session;
    pages.verify(&session, &typed).await.unwrap();
    let session = other.log_in(ANNE).await.session;
    assert!(is_used(refusal(other.verify(&session, &typed).await)));
}

/// T6: of one recovery code, typed in many windows at once, one is taken.
pub async fn t6_one_of_parallel_recovery_codes_is_accepted(fixture: Fixture) {
    let (phone, session) = fixture.enabled().await;
    fixture.offering(&phone, &session).await;
    let session = fixture.log_in(DENIS).await.session;
    let offer = fixture.begin(&session).await;
    let codes = fixture.shown(&session).await;
    fixture.confirm(&session, &offer).await;

    let mut windows = Vec::new();
    for _ in 0..32 {
        let session = fixture.log_in(DENIS).await.session;
        let (fixture, code) = (fixture.clone(), codes[0].clone());
        windows.push(tokio::spawn(async move {
            fixture.recover(&session, &code).await
        }));
    }
    let mut accepted = 0;
    for window in windows {
        if let Ok(recovering) = window.await.unwrap() {
            assert_eq!(recovering.login.next, NextStep::Enroll);
            assert_eq!(recovering.left, 9);
            accepted += 1;
        }
    }
    assert_eq!(accepted, 1);
}

/// T8: codes that were recorded while they were used open nothing by way of a resynchronization.
pub async fn t8_resynchronization_refuses_recorded_codes(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let mut recorded = Vec::new();
    for _ in 0..2 {
        let typed = fixture.code(&phone);
        recorded.push(typed.clone());
        let session = fixture.log_in(ANNE).await.session;
        assert!(fixture.verify(&session, &typed).await.is_ok());
    }
    let next = phone.code(UnixTime(fixture.clock.now().0 + 30));
    for typed in [
        [recorded[0].clone(), recorded[1].clone()],
        [recorded[1].clone(), next],
    ] {
        let session = fixture.log_in(ANNE).await.session;
        let typed = typed.map(Into::into);
        let answer = fixture
            .mfa
            .resynchronize(&session, typed, Fixture::client())
            .await;
        assert!(answer.is_err(), "recorded codes were taken: {answer:?}");
    }
    fixture.enter(ANNE, &phone).await;
}

/// T9: blanks and dashes dodge neither the used code nor the count.
pub async fn t9_all_spellings_are_one_use(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let typed = fixture.code(&phone);
    let session = fixture.log_in(ANNE).await.session;
    assert!(fixture.verify(&session, &typed).await.is_ok());
    let (left, right) = typed.split_at(3);
    for spelling in [
        format!("{left} {right}"),
        format!(" {left}-{right} "),
        format!("{left}\u{202f}{right}"),
    ] {
        let session = fixture.log_in(ANNE).await.session;
        let refusal = refusal(fixture.verify(&session, &spelling).await);
        assert!(is_used(refusal), "{spelling:?}: {refusal:?}");
    }
    assert_eq!(
        fixture.failures(ANNE).await,
        0,
        "a used code costs no budget"
    );
}

/// T10: a code lives from one step before its own to one step after, exact to the second.
pub async fn t10_code_window_is_exact(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    // To the beginning of a step well after the last used one.
    let now = fixture.clock.now().0;
    fixture.clock.advance(300 + 30 - now % 30);
    let start = fixture.clock.now();
    let typed = |offset: u64| phone.code(UnixTime(start.0 + offset));
    for (offset, advance, good) in [
        (60, 0, false),
        (30, 0, true),
        (60, 29, false),
        (60, 1, true),
    ] {
        fixture.clock.advance(advance);
        let session = fixture.log_in(ANNE).await.session;
        let answer = fixture.verify(&session, &typed(offset)).await;
        assert_eq!(answer.is_ok(), good, "code of +{offset} s: {answer:?}");
    }
    // And at the far edge: the code of +120 s until the last second of the step after its own.
    fixture.clock.advance(149);
    let session = fixture.log_in(ANNE).await.session;
    let last = fixture.verify(&session, &typed(120)).await;
    assert!(last.is_ok(), "at +179 s");
    fixture.clock.advance(61);
    let session = fixture.log_in(ANNE).await.session;
    let late = fixture.verify(&session, &typed(180)).await;
    assert!(
        matches!(refusal(late), Refusal::WrongCode { behind: Some(1) }),
        "at +240 s"
    );
}

/// T14, T15: of 200 parallel wrong codes as many are evaluated as are counted, and the limit holds. They come from as many
/// sessions as may be half-way at once.
pub async fn t14_t15_parallel_wrong_codes_are_counted(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let wrong = fixture.wrong_code(&phone);
    let mut sessions = Vec::new();
    for _ in 0..32 {
        sessions.push(fixture.log_in(ANNE).await.session);
    }
    let tasks: Vec<_> = sessions
        .into_iter()
        .cycle()
        .take(200)
        .map(|session| {
            let (fixture, typed) = (fixture.clone(), wrong.clone());
            tokio::spawn(async move { refusal(fixture.verify(&session, &typed).await) })
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
    assert_eq!(fixture.failures(ANNE).await, evaluated);
    assert_eq!(
        (evaluated, waited),
        (6, 194),
        "the sixth wrong code in a row starts the wait"
    );
}

/// T16: the host's transaction was rolled back with the failed log-in, and the count with it. Here the count
/// is committed before it is told that the code was wrong.
pub async fn t16_wrong_code_counts_when_caller_panics(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    for counted in 1..=3 {
        let typed = fixture.wrong_code(&phone);
        let caller = fixture.clone();
        let request = tokio::spawn(async move {
            let _answer = caller.verify(&session, &typed).await;
            panic!("the host fell over before it looked at the answer");
        });
        assert!(request.await.unwrap_err().is_panic());
        assert_eq!(fixture.failures(ANNE).await, counted);
    }
}

/// T17, T18: the budget belongs to the account, whatever the session; at 100 the authenticator is disabled.
pub async fn t17_t18_budget_spans_sessions(fixture: Fixture) {
    let (phone, _) = fixture.enabled().await;
    let mut evaluated = 0_u32;
    for _ in 0..400 {
        let login = fixture.log_in(ANNE).await;
        if login.next == NextStep::Recover {
            break;
        }
        let typed = fixture.wrong_code(&phone);
        match refusal(fixture.verify(&login.session, &typed).await) {
            Refusal::WrongCode { .. } | Refusal::Disabled { .. } => evaluated += 1,
            Refusal::Throttled { wait } => fixture.clock.advance(wait),
            Refusal::KnownDeviceOnly => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        (80..=100).contains(&evaluated),
        "{evaluated} guesses of a stranger were evaluated"
    );
}

/// T24: half a log-in is authorized for nothing, and what it may show says nothing else.
pub async fn t24_half_log_in_carries_no_rights(fixture: Fixture) {
    fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    let refused = fixture.authorize(&half).await.unwrap_err();
    assert_eq!(refused.next_step(), Some(NextStep::SecondFactor));
    assert_eq!(refused.refusal().unwrap().code(), "CODE_REQUIRED");
    assert_eq!(
        refusal(
            fixture
                .mfa
                .proposed_break_glass_code(&half, &Fixture::client())
                .await
        )
        .code(),
        "CODE_REQUIRED"
    );
    let out = fixture
        .mfa
        .log_out_everywhere(&half, Fixture::client())
        .await;
    assert_eq!(refusal(out).code(), "CODE_REQUIRED");
    let progress = fixture.progress(&half).await;
    assert_eq!(progress.next(), NextStep::SecondFactor);
    fixture.clock.advance(601);
    let over = fixture.authorize(&half).await;
    assert_eq!(refusal(over), Refusal::LogInExpired);
}

/// A thief who has the password and guesses with 200 hands does not keep the owner out.
pub async fn owner_gets_in_among_guesses(fixture: Fixture) {
    let (phone, live) = fixture.enabled().await;
    let wrong = fixture.wrong_code(&phone);
    let thief = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let guesses: Vec<_> = (0..200)
        .map(|_| tokio::spawn(guess(fixture.clone(), thief, wrong.clone())))
        .collect();
    // The owner's live session has waits of its own.
    assert!(fixture.verify(&live, &typed).await.is_ok());
    for guess in guesses {
        guess.await.unwrap();
    }
    let lost = fixture.mfa.report_lost(ANNE, Fixture::client());
    lost.await.unwrap();
}

async fn guess(fixture: Fixture, thief: MfaSession, typed: String) {
    let error = fixture.verify(&thief, &typed).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused(_) | Error::Busy),
        "{error:?}"
    );
}
