//! Exact counts and times, which the explorer does not cover.

use crate::fixture::*;
use loquet_policy::*;

#[test]
fn waits_start_at_sixth_failure_and_double() {
    let mut fixture = Fixture::mandated();
    let waits = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
    for failure in 1..=15usize {
        let half = fixture.log_in(ANNE);
        let answer = fixture.wrong(ANNE, half, CodeSource::Stranger);
        assert_eq!(answer, Err(Refusal::WrongCode { behind: None }));
        let Attempts {
            stranger, known, ..
        } = fixture.accounts[ANNE].attempts;
        let expected = failure.checked_sub(6).map_or(0, |at| waits[at]);
        let wait = stranger.until.since(fixture.now);
        assert_eq!(wait, expected, "after {failure}");
        assert_eq!(known, Throttle::default());
        fixture.wait(wait);
    }
}

#[test]
fn code_is_not_counted_during_wait() {
    let mut fixture = Fixture::mandated();
    let half = fixture.log_in(ANNE);
    for _ in 0..6 {
        fixture.wrong(ANNE, half, CodeSource::KnownDevice);
    }
    let before = fixture.accounts[ANNE].clone();
    fixture.wait(29);
    let throttled = Refusal::Throttled { wait: 1 };
    assert_eq!(fixture.verify_code(ANNE, half), Err(throttled));
    assert_eq!(
        fixture.wrong(ANNE, half, CodeSource::KnownDevice),
        Err(throttled)
    );
    assert_eq!(fixture.accounts[ANNE], before);
    fixture.wait(1);
    fixture.verify_code(ANNE, half).unwrap();
}

#[test]
fn stranger_is_refused_after_eighty_failures() {
    let mut fixture = Fixture::enabled();
    fixture.enroll(DAVID);
    let mut wrong = 0;
    loop {
        let half = fixture.log_in(DAVID);
        match fixture.wrong(DAVID, half, CodeSource::Stranger) {
            Err(Refusal::WrongCode { .. }) if wrong < 100 => wrong += 1,
            Err(Refusal::KnownDeviceOnly) => break,
            other => panic!("{other:?}"),
        }
        assert_eq!(fixture.accounts[DAVID].attempts.known, Throttle::default());
        fixture.wait(limits::WAIT_MAX);
    }
    assert_eq!(wrong, 80);
    fixture.enter(DAVID);
    assert_eq!(fixture.accounts[DAVID].attempts.total, 80);
}

#[test]
fn reused_code_is_notified_once_per_step() {
    let mut fixture = Fixture::mandated();
    let anne = fixture.enter(ANNE);
    fixture.notices.clear();
    for (step, told) in [(1, 1), (1, 1), (2, 2), (2, 2)] {
        let used = known(CodeCheck::Used { step, wait: 9 });
        let answer = fixture.give(ANNE, anne, used);
        assert_eq!(answer, Err(Refusal::AlreadyUsed { wait: 9 }));
        assert_eq!(fixture.notices.len(), told);
    }
}

#[test]
fn tenth_wrong_code_erases_pending_enrollment() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, None).unwrap();
    let behind = Some(7);
    let mut wrong = || fixture.confirm_with(CLAIRE, claire, CodeCheck::Wrong { behind }, None);
    for _ in 0..9 {
        assert_eq!(wrong(), Err(Refusal::WrongCode { behind }));
    }
    assert_eq!(wrong(), Err(Refusal::EnrollmentEnded));
    assert_eq!(wrong(), Err(Refusal::NothingPending));
    for expected in [Ok(()), Ok(()), Ok(()), Err(Refusal::TooManyPendings)] {
        let session = fixture.log_in(CLAIRE);
        assert_eq!(fixture.begin(CLAIRE, session, None).map(drop), expected);
    }
    fixture.wait(limits::PENDING);
    let session = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, session, None).unwrap();
}

#[test]
fn enrollment_expires_after_600_seconds() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, None).unwrap();
    let begun = |seconds| {
        let now = fixture.now.plus(seconds);
        fixture.accounts[CLAIRE].pendings_at(now).count()
    };
    assert_eq!([limits::PENDING - 1, limits::PENDING].map(begun), [1, 0]);
}

#[test]
fn enrollment_finishes_after_reset_code_expires() {
    let mut fixture = Fixture::claire_reset();
    let over = fixture.now.plus(limits::RESET_CODE);
    fixture.wait(limits::RESET_CODE - 1);
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, Some(RESET_CODE)).unwrap();
    fixture.wait(limits::PENDING - 1);
    let late = fixture.log_in(CLAIRE);
    let expired = Refusal::ResetCodeExpired(Cause::of(fixture.accounts[ANNE].id, over));
    assert_eq!(fixture.begin(CLAIRE, late, Some(RESET_CODE)), Err(expired));
    fixture.confirm(CLAIRE, claire).unwrap();
}

#[test]
fn enrollment_window_lasts_fourteen_days() {
    for made_later in [false, true] {
        let mut fixture = Fixture::mandated();
        if made_later {
            fixture.wait(100 * limits::DAY);
            fixture.accounts[CLAIRE].created = fixture.now;
        }
        fixture.wait(limits::ENROLLMENT_WINDOW - 1);
        assert_eq!(fixture.log_in(CLAIRE).level, Level::EnrollOnly);
        fixture.wait(1);
        let late = Refusal::ResetCodeRequired(fixture.mandate());
        assert_eq!(fixture.try_log_in(CLAIRE), Err(late));
    }
}

#[test]
fn weakening_change_waits_72_hours_and_is_cancellable() {
    let mut fixture = Fixture::enabled();
    let setting = Setting::RecoveryCodes { offered: true };
    let kind = setting.kind();
    let anne = fixture.enter(ANNE);
    let due = fixture.now.plus(limits::WEAKENING);
    assert_eq!(
        fixture.change_setting(anne, setting),
        Ok(Grant::Scheduled { due })
    );
    assert!(fixture.notified(Event::ChangeScheduled { setting, due }));
    let bruno = fixture.enter(BRUNO);
    fixture
        .ask(BRUNO, bruno, Command::CancelChange { kind })
        .unwrap();
    let offered_after = |fixture: &mut Fixture, seconds| {
        fixture.wait(seconds);
        assert_eq!(is_due(&fixture.organization, fixture.now), seconds == 1);
        fixture.host(DAVID, Command::ApplyDue).unwrap();
        fixture.organization.options.recovery_codes
    };
    assert!(!offered_after(&mut fixture, limits::WEAKENING));
    let anne = fixture.enter(ANNE);
    fixture.change_setting(anne, setting).unwrap();
    assert!(!offered_after(&mut fixture, limits::WEAKENING - 1));
    assert!(offered_after(&mut fixture, 1));
}

#[test]
fn password_change_ends_wait_and_keeps_counts() {
    let mut fixture = Fixture::mandated();
    let half = fixture.log_in(ANNE);
    for _ in 0..6 {
        fixture.wrong(ANNE, half, CodeSource::Stranger);
    }
    fixture
        .host(ANNE, Command::PasswordChanged { by_owner: true })
        .unwrap();
    let Attempts {
        total, stranger, ..
    } = fixture.accounts[ANNE].attempts;
    assert_eq!((total, stranger.row), (6, 6));
    assert!(stranger.until <= fixture.now);
    assert_eq!(fixture.current_level(ANNE, half), Err(Refusal::StaleLogIn));
}

#[test]
fn unrecognized_link_only_resets_account() {
    let mut fixture = Fixture::mandated();
    fixture.enroll(CLAIRE);
    let sent = digest(ADDRESS);
    fixture
        .host(CLAIRE, Command::ChangeAddress { code: ABSENT, sent })
        .unwrap();
    for (link, answer) in [
        (99, Err(Refusal::WrongLink)),
        (LINK, Ok(Grant::Done)),
        (LINK, Err(Refusal::WrongLink)),
    ] {
        let link = digest(link);
        assert_eq!(
            fixture.host(CLAIRE, Command::ReportUnrecognized { link }),
            answer
        );
    }
    let due = SecondFactor::ResetDue { reset_code: None };
    assert_eq!(fixture.accounts[CLAIRE].second_factor, due);
    // A thief may have begun the change.
    assert_eq!(fixture.accounts[CLAIRE].address_change, None);
    let claire = fixture.log_in(CLAIRE);
    let refusal = Refusal::ResetCodeRequired(Cause::default());
    assert_eq!(fixture.begin(CLAIRE, claire, None), Err(refusal));
}

#[test]
fn replacement_keeps_old_authenticator_until_confirmed() {
    let mut fixture = Fixture::mandated();
    let anne = fixture.enter(ANNE);
    fixture.replace(ANNE, anne).unwrap();
    let elsewhere = fixture.enter(ANNE);
    assert_eq!(fixture.confirm(ANNE, elsewhere), Err(Refusal::NotYours));
    let old = fixture.accounts[ANNE].second_factor;
    fixture.confirm(ANNE, anne).unwrap();
    assert_ne!(fixture.accounts[ANNE].second_factor, old);
    assert_eq!(
        fixture.current_level(ANNE, elsewhere),
        Err(Refusal::StaleLogIn)
    );
}

/// Written as figures, so that a changed limit fails a test.
#[test]
fn limits_have_published_values() {
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
        [NOTICE, NOTICE_MAX, BINDING_LINK],
        [7, 730, 7].map(|n| n * day)
    );
    assert_eq!(
        [WEAKENING, PROBATION, BREAK_GLASS_CODE_VOID],
        [72 * hour; 3]
    );
    assert_eq!([BREAK_GLASS, BREAK_GLASS_COLLECT], [24 * hour; 2]);
    assert_eq!([MINUTE, HOUR, DAY], [minute, hour, day]);
    assert_eq!([WAIT, WAIT_MAX], [30, hour]);
    assert_eq!([BREAK_GLASS_TRIES, PENDING_TRIES], [10; 2]);
    assert_eq!((SESSION_WAIT, SESSION_WAIT_MAX, SESSION_WAITS), (1, 30, 4));
    assert_eq!(REPORTS_REFUSED, 30 * day);
    assert_eq!((ADDRESS_CODE, ADDRESS_OVERLAP), (10 * minute, 14 * day));
    assert_eq!((ADDRESS_CODE_TRIES, ADDRESS_CODES_A_DAY), (10, 10));
    assert_eq!((POSTPONEMENTS, RESETS_A_DAY, FIRST_WAIT), (2, 5, 6));
    assert_eq!((FAILURES, FAILURES_CORRECTED), (100, 75));
    assert_eq!((RESERVE, ADVISE_REPLACEMENT, DRIFT_MAX), (20, 50, 4));
    assert_eq!(ENROLLMENTS_A_DAY, 30);
    assert_eq!((PENDINGS, RECOVERY_CODES, ROLES), (3, 10, 8));
}

/// With a clock corrected by two steps or more, four codes are good at a time instead of three, so that fewer
/// failures give the same chance.
#[test]
fn corrected_clock_allows_75_failures() {
    for (drift, of_strangers, of_all) in [
        (0, 80, 100),
        (1, 80, 100),
        (-1, 80, 100),
        (2, 55, 75),
        (-4, 55, 75),
    ] {
        for (source, expected) in [
            (CodeSource::Stranger, of_strangers),
            (CodeSource::KnownDevice, of_all),
        ] {
            let mut fixture = Fixture::enabled();
            fixture.enroll(DAVID);
            let half = fixture.log_in(DAVID);
            fixture
                .resynchronize(DAVID, half, PairCheck::Good { step: 99, drift })
                .unwrap();
            let mut looked_at = 0;
            for _ in 0..300 {
                let half = fixture.log_in(DAVID);
                match fixture.wrong(DAVID, half, source) {
                    Err(Refusal::WrongCode { .. }) => looked_at += 1,
                    Err(Refusal::KnownDeviceOnly | Refusal::Disabled { .. }) => break,
                    other => panic!("{other:?}"),
                }
                fixture.wait(limits::WAIT_MAX);
            }
            assert_eq!(looked_at, expected, "{drift} {source:?}");
            let bound = fixture.accounts[DAVID].second_factor;
            let disabled = matches!(bound, SecondFactor::Disabled { .. });
            assert_eq!(disabled, source == CodeSource::KnownDevice);
        }
    }
}

#[test]
fn session_ends_to_the_second() {
    use limits::{DAY, HOUR};
    let fixture = Fixture::enabled();
    let check = |account: usize, level, age| {
        let account = &fixture.accounts[account];
        let session = Session {
            passkey: false,
            account: account.id,
            id: SessionId(1),
            epoch: account.epoch,
            level,
            at: fixture.now,
        };
        SessionLimits::default().check(&session, account, None, fixture.now.plus(age))
    };
    let (owed, over) = (
        Err(Refusal::CodeRequired(Cause::default())),
        Err(Refusal::StaleLogIn),
    );
    for (account, level, age, after) in [
        (DAVID, Level::Level1, 30 * DAY, over),
        (DAVID, Level::EnrollOnly, 30 * DAY, over),
        (DAVID, Level::Level2, DAY, owed),
        (ANNE, Level::Level1, 12 * HOUR, over),
        (ANNE, Level::Level2, 12 * HOUR, owed),
    ] {
        assert_eq!(check(account, level, age - 1), Ok(()), "{level:?}");
        assert_eq!(check(account, level, age), after, "{level:?}");
    }
    assert_eq!(check(DAVID, Level::Level2, 30 * DAY - 1), owed);
    assert_eq!(check(DAVID, Level::Level2, 30 * DAY), over);
}

#[test]
fn idle_session_owes_its_code() {
    let fixture = Fixture::enabled();
    let account = &fixture.accounts[DAVID];
    let at = fixture.now;
    let check = |level, last_seen, now| {
        let session = Session {
            passkey: false,
            account: account.id,
            id: SessionId(1),
            epoch: account.epoch,
            level,
            at,
        };
        SessionLimits::default().check(&session, account, last_seen, at.plus(now))
    };
    let owed = Err(Refusal::CodeRequired(Cause::default()));
    let seen = |ago| Some(UnixTime(at.0 + ago));
    assert_eq!(check(Level::Level2, seen(100), 100 + 3_599), Ok(()));
    assert_eq!(check(Level::Level2, seen(100), 100 + 3_600), owed);
    assert_eq!(check(Level::Level2, None, 7_200), Ok(()), "not known");
    assert_eq!(check(Level::Level1, seen(0), 7_200), Ok(()));
    // A code that was given since then counts as a request, and a time ahead shows none.
    assert_eq!(check(Level::Level2, Some(UnixTime(0)), 3_599), Ok(()));
    assert_eq!(check(Level::Level2, seen(9_999), 3_599), Ok(()));
    assert_eq!(check(Level::Level2, seen(9_999), 3_600), owed);
}

/// What a thief tries in the session of a phished code holds up no known device, and leaves it the last tries.
#[test]
fn t102_live_session_leaves_known_devices_their_tries() {
    for beside_devices in [true, false] {
        let mut fixture = Fixture::mandated();
        let session = fixture.enroll(CLAIRE);
        let live = CodeSource::LiveSession { beside_devices };
        let mut tried = 0;
        loop {
            fixture.wait(limits::WAIT_MAX);
            match fixture.wrong(CLAIRE, session, live) {
                Err(Refusal::WrongCode { .. }) => tried += 1,
                Err(Refusal::KnownDeviceOnly | Refusal::Disabled { .. }) => break,
                other => panic!("{other:?}"),
            }
        }
        let expected = if beside_devices { 90 } else { 100 };
        assert_eq!(tried, expected);
        if beside_devices {
            // The wait of the session is not the device's.
            let half = fixture.log_in(CLAIRE);
            let code = fixture.good();
            assert!(fixture.give(CLAIRE, half, code).is_ok());
        }
    }
}
