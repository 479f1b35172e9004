//! The exact counts and moments between which the explorer does not look.

use crate::house::*;
use loquet_policy::*;

#[test]
fn waits_begin_at_the_sixth_failure_and_double_to_an_hour() {
    let mut house = House::mandated();
    let waits = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
    for failure in 1..=15usize {
        let half = house.log_in(ANNE);
        let answer = house.wrong(ANNE, half, Vantage::Stranger);
        assert_eq!(answer, Err(Refusal::WrongCode { behind: None }));
        let Attempts {
            stranger, known, ..
        } = house.accounts[ANNE].attempts;
        let expected = failure.checked_sub(6).map_or(0, |at| waits[at]);
        let wait = stranger.until.since(house.now);
        assert_eq!(wait, expected, "after {failure}");
        assert_eq!(known, Lane::default());
        house.wait(wait);
    }
}

#[test]
fn during_a_wait_nothing_is_looked_at_or_counted() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for _ in 0..6 {
        house.wrong(ANNE, half, Vantage::KnownDevice);
    }
    let before = house.accounts[ANNE].clone();
    house.wait(29);
    let throttled = Refusal::Throttled { wait: 1 };
    assert_eq!(house.verify_code(ANNE, half), Err(throttled));
    assert_eq!(
        house.wrong(ANNE, half, Vantage::KnownDevice),
        Err(throttled)
    );
    assert_eq!(house.accounts[ANNE], before);
    house.wait(1);
    house.verify_code(ANNE, half).unwrap();
}

#[test]
fn a_stranger_uses_up_eighty_and_never_makes_a_known_device_wait() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    let mut wrong = 0;
    loop {
        let half = house.log_in(DAVID);
        match house.wrong(DAVID, half, Vantage::Stranger) {
            Err(Refusal::WrongCode { .. }) if wrong < 100 => wrong += 1,
            Err(Refusal::KnownDeviceOnly) => break,
            other => panic!("{other:?}"),
        }
        assert_eq!(house.accounts[DAVID].attempts.known, Lane::default());
        house.wait(limits::WAIT_MAX);
    }
    assert_eq!(wrong, 80);
    house.enter(DAVID);
    assert_eq!(house.accounts[DAVID].attempts.total, 80);
}

#[test]
fn a_reused_code_is_told_once_a_step() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    house.notices.clear();
    for (step, told) in [(1, 1), (1, 1), (2, 2), (2, 2)] {
        let used = known(CodeCheck::Used { step, wait: 9 });
        let answer = house.give(ANNE, anne, used);
        assert_eq!(answer, Err(Refusal::AlreadyUsed { wait: 9 }));
        assert_eq!(house.notices.len(), told);
    }
}

#[test]
fn the_tenth_wrong_code_erases_an_enrollment_and_three_is_the_most() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    let behind = Some(7);
    let mut wrong = || house.confirm_with(CLAIRE, claire, CodeCheck::Wrong { behind }, None);
    for _ in 0..10 {
        assert_eq!(wrong(), Err(Refusal::WrongCode { behind }));
    }
    assert_eq!(wrong(), Err(Refusal::NothingPending));
    for expected in [Ok(()), Ok(()), Ok(()), Err(Refusal::TooManyPendings)] {
        let session = house.log_in(CLAIRE);
        assert_eq!(house.begin(CLAIRE, session, None).map(drop), expected);
    }
    house.wait(limits::PENDING);
    let session = house.log_in(CLAIRE);
    house.begin(CLAIRE, session, None).unwrap();
}

#[test]
fn an_enrollment_times_out_to_the_second() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    let begun = |seconds| {
        let now = house.now.plus(seconds);
        house.accounts[CLAIRE].pendings_at(now).count()
    };
    assert_eq!([limits::PENDING - 1, limits::PENDING].map(begun), [1, 0]);
}

/// Anne has reset Claire, and the reset code was given out.
fn reset() -> House {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, CLAIRE).unwrap();
    house
}

#[test]
fn the_tenth_wrong_reset_code_voids_it() {
    let mut house = reset();
    let claire = house.log_in(CLAIRE);
    for reset_code in [[99; 10].as_slice(), &[RESET_CODE]].concat() {
        assert_eq!(
            house.begin(CLAIRE, claire, Some(reset_code)),
            Err(Refusal::WrongResetCode)
        );
    }
    assert!(house.told(Event::ResetCodeVoid));
}

#[test]
fn a_reset_code_begun_in_time_may_finish_late() {
    let mut house = reset();
    let over = house.now.plus(limits::RESET_CODE);
    house.wait(limits::RESET_CODE - 1);
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, Some(RESET_CODE)).unwrap();
    house.wait(limits::PENDING - 1);
    let late = house.log_in(CLAIRE);
    let expired = Refusal::ResetCodeExpired(Cause::of(house.accounts[ANNE].id, over));
    assert_eq!(house.begin(CLAIRE, late, Some(RESET_CODE)), Err(expired));
    house.confirm(CLAIRE, claire).unwrap();
}

#[test]
fn the_window_is_fourteen_days_from_the_mandate_or_the_account() {
    for made_later in [false, true] {
        let mut house = House::mandated();
        if made_later {
            house.wait(100 * limits::DAY);
            house.accounts[CLAIRE].created = house.now;
        }
        house.wait(limits::ENROLLMENT_WINDOW - 1);
        assert_eq!(house.log_in(CLAIRE).level, Level::EnrollOnly);
        house.wait(1);
        let late = Refusal::ResetCodeRequired(house.mandate());
        assert_eq!(house.try_log_in(CLAIRE), Err(late));
    }
}

#[test]
fn what_weakens_waits_three_days_and_any_administrator_stops_it() {
    let mut house = House::enabled();
    let setting = Setting::RecoveryCodes { offered: true };
    let kind = setting.kind();
    let anne = house.enter(ANNE);
    let due = house.now.plus(limits::WEAKENING);
    assert_eq!(house.change(anne, setting), Ok(Grant::Scheduled { due }));
    assert!(house.told(Event::ChangeScheduled { setting, due }));
    let bruno = house.enter(BRUNO);
    house
        .ask(BRUNO, bruno, Command::CancelChange { kind })
        .unwrap();
    let offered_after = |house: &mut House, seconds| {
        house.wait(seconds);
        assert_eq!(is_due(&house.organization, house.now), seconds == 1);
        house.host(DAVID, Command::ApplyDue).unwrap();
        house.organization.options.recovery_codes
    };
    assert!(!offered_after(&mut house, limits::WEAKENING));
    let anne = house.enter(ANNE);
    house.change(anne, setting).unwrap();
    assert!(!offered_after(&mut house, limits::WEAKENING - 1));
    assert!(offered_after(&mut house, 1));
}

#[test]
fn a_change_of_password_ends_the_wait_and_never_the_counts() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    for _ in 0..6 {
        house.wrong(ANNE, half, Vantage::Stranger);
    }
    house
        .host(ANNE, Command::PasswordChanged { by_owner: true })
        .unwrap();
    let Attempts {
        total, stranger, ..
    } = house.accounts[ANNE].attempts;
    assert_eq!((total, stranger.row), (6, 6));
    assert!(stranger.until <= house.now);
    assert_eq!(house.standing(ANNE, half), Err(Refusal::StaleLogIn));
}

#[test]
fn the_not_me_link_opens_nothing_but_a_reset() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    for (link, answer) in [
        (99, Err(Refusal::WrongLink)),
        (LINK, Ok(Grant::Done)),
        (LINK, Err(Refusal::WrongLink)),
    ] {
        let link = digest(link);
        assert_eq!(
            house.host(CLAIRE, Command::ReportUnrecognized { link }),
            answer
        );
    }
    let due = Authenticator::ResetDue { reset_code: None };
    assert_eq!(house.accounts[CLAIRE].authenticator, due);
    let claire = house.log_in(CLAIRE);
    let refusal = Refusal::ResetCodeRequired(Cause::default());
    assert_eq!(house.begin(CLAIRE, claire, None), Err(refusal));
}

#[test]
fn a_replacement_leaves_the_old_authenticator_until_it_is_confirmed() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    house.replace(ANNE, anne).unwrap();
    let elsewhere = house.enter(ANNE);
    assert_eq!(house.confirm(ANNE, elsewhere), Err(Refusal::NotYours));
    let old = house.accounts[ANNE].authenticator;
    house.confirm(ANNE, anne).unwrap();
    assert_ne!(house.accounts[ANNE].authenticator, old);
    assert_eq!(house.standing(ANNE, elsewhere), Err(Refusal::StaleLogIn));
}

/// In figures, so that whoever changes a limit changes a test too.
#[test]
fn the_limits_are_the_published_ones() {
    use limits::*;
    let (minute, hour, day) = (60, 3_600, 86_400);
    assert_eq!([HALF_LOGIN, PENDING, RESET_CODE_ALOUD], [10 * minute; 3]);
    assert_eq!((RECENT, BREAK_GLASS_RESET_CODE), (5 * minute, 10 * minute));
    assert_eq!(
        [ENROLLMENT_WINDOW, ENROLLMENT_WINDOW_MAX],
        [14 * day, 90 * day]
    );
    assert_eq!([RESET_CODE, RESET_CODE_MAX], [24 * hour, 72 * hour]);
    assert_eq!(
        [NOTICE, NOTICE_MAX, REPUDIATION],
        [7, 730, 7].map(|n| n * day)
    );
    assert_eq!(
        [WEAKENING, PROBATION, BREAK_GLASS_CODE_VOID],
        [72 * hour; 3]
    );
    assert_eq!([BREAK_GLASS, BREAK_GLASS_COLLECT], [24 * hour; 2]);
    assert_eq!([MINUTE, HOUR, DAY], [minute, hour, day]);
    assert_eq!([WAIT, WAIT_MAX], [30, hour]);
    assert_eq!(
        [RESET_CODE_TRIES, BREAK_GLASS_TRIES, PENDING_TRIES],
        [10; 3]
    );
    assert_eq!((POSTPONEMENTS, RESETS_A_DAY, FIRST_WAIT), (2, 5, 6));
    assert_eq!((FAILURES, FAILURES_CORRECTED), (100, 75));
    assert_eq!((RESERVE, ADVISE_REPLACEMENT, DRIFT_MAX), (20, 50, 4));
    assert_eq!((PENDINGS, RECOVERY_CODES, ROLES), (3, 10, 8));
}

/// Four codes are good at a time where a clock was corrected by two steps or more, three elsewhere: the chance of guessing
/// is the same.
#[test]
fn a_corrected_clock_leaves_three_quarters_of_the_budget() {
    for (drift, of_strangers, of_all) in [
        (0, 80, 100),
        (1, 80, 100),
        (-1, 80, 100),
        (2, 55, 75),
        (-4, 55, 75),
    ] {
        for (vantage, expected) in [
            (Vantage::Stranger, of_strangers),
            (Vantage::KnownDevice, of_all),
        ] {
            let mut house = House::enabled();
            house.enroll(DAVID);
            let half = house.log_in(DAVID);
            house
                .resynchronize(DAVID, half, PairCheck::Good { step: 99, drift })
                .unwrap();
            let mut looked_at = 0;
            for _ in 0..300 {
                let half = house.log_in(DAVID);
                match house.wrong(DAVID, half, vantage) {
                    Err(Refusal::WrongCode { .. }) => looked_at += 1,
                    Err(Refusal::KnownDeviceOnly | Refusal::Disabled { .. }) => break,
                    other => panic!("{other:?}"),
                }
                house.wait(limits::WAIT_MAX);
            }
            assert_eq!(looked_at, expected, "{drift} {vantage:?}");
            let bound = house.accounts[DAVID].authenticator;
            let disabled = matches!(bound, Authenticator::Disabled { .. });
            assert_eq!(disabled, vantage == Vantage::KnownDevice);
        }
    }
}
