//! A clock that was ahead, and is right again.

use crate::fixture::*;
use loquet_policy::*;

/// The service's clock was three days ahead at one log-in. Nothing lapses by itself; the host says that it is right again.
#[test]
fn clock_correction_accepts_codes_again() {
    let mut fixture = Fixture::mandated();
    let present = fixture.step;
    fixture.step = present + 3 * limits::DAY / 30;
    let ahead = fixture.enter(ANNE);
    fixture.step = present + 1;
    let half = fixture.log_in(ANNE);
    let used = fixture.verify_code(ANNE, half);
    assert!(matches!(used, Err(Refusal::AlreadyUsed { .. })), "{used:?}");
    let correct = Command::ClockCorrected {
        present: [present; limits::AUTHENTICATORS],
    };
    assert_eq!(fixture.host(ANNE, correct), Ok(Grant::Done));
    assert_eq!(fixture.current_level(ANNE, ahead), Err(Refusal::StaleLogIn));
    assert!(fixture.accounts[ANNE].replace_advised);
    assert!(fixture.notified(Event::ClockCorrected));
    let step = fixture.accounts[ANNE].second_factor.last_step();
    assert_eq!(step, Some(present + 1));
    assert_eq!(fixture.host(ANNE, correct), Err(Refusal::Unchanged));
    assert_eq!(fixture.host(DAVID, correct), Err(Refusal::Unchanged));
}

/// What was given ahead of the present counts for nothing that only a recent code, a recent password or a young session
/// may do. The clocks of two nodes may differ by a minute.
#[test]
fn t65_time_ahead_is_neither_recent_nor_young() {
    let mut fixture = Fixture::mandated();
    let right = fixture.now;
    let tolerance = limits::CLOCK_TOLERANCE;
    for (ahead, counts) in [(tolerance, true), (tolerance + 1, false)] {
        fixture.now = right.plus(ahead);
        let level2 = fixture.enter(ANNE);
        let half = fixture.log_in(ANNE);
        let level1 = fixture.log_in(DAVID);
        fixture.now = right;
        let recent = require_code_within(&level2, Level::Level2, limits::RECENT, right);
        assert_eq!(recent.is_ok(), counts);
        let expired = fixture.current_level(ANNE, half) == Err(Refusal::LogInExpired);
        assert_eq!(expired, !counts);
        for session in [level2, level1] {
            let account = &fixture.accounts[ANNE];
            let lives = SessionLimits::default().check(&session, account, None, right);
            assert_eq!(lives.is_ok(), counts);
        }
        let begun = fixture.begin(DAVID, level1, None);
        let asked = begun == Err(Refusal::PasswordRequired);
        assert_eq!((begun.is_ok(), asked), (counts, !counts), "{begun:?}");
    }
}

/// Reset codes, recoveries and enrollments that began ahead are over; none keeps its owner out until then.
#[test]
fn t65_enrollment_begun_ahead_is_over() {
    let mut fixture = Fixture::with_codes();
    let right = fixture.now;
    fixture.now = right.plus(30 * limits::DAY);
    let anne = fixture.log_in(ANNE);
    fixture.recover(ANNE, anne, CODES).unwrap();
    let david = fixture.log_in(DAVID);
    fixture.begin(DAVID, david, None).unwrap();
    let bruno = fixture.enter(BRUNO);
    fixture.reset(BRUNO, bruno, CLAIRE).unwrap();
    fixture.now = right;
    let anne = fixture.log_in(ANNE);
    assert_eq!(
        anne.level,
        Level::RecoveryOnly,
        "the other codes work again"
    );
    fixture.recover(ANNE, anne, CODES + 1).unwrap();
    assert!(fixture.accounts[DAVID].pendings_at(right).next().is_none());
    let claire = fixture.log_in(CLAIRE);
    let late = fixture.begin(CLAIRE, claire, Some(RESET_CODE));
    assert!(
        matches!(late, Err(Refusal::ResetCodeExpired(_))),
        "{late:?}"
    );
}

/// Thirty days of waits and of quotas end with the correction; of what was used up, a day is left.
#[test]
fn t65_clock_correction_cuts_waits_and_quotas() {
    let mut fixture = Fixture::mandated();
    let right = fixture.now;
    fixture.now = right.plus(30 * limits::DAY);
    let anne = fixture.log_in(ANNE);
    for _ in 0..8 {
        fixture.wrong(ANNE, anne, CodeSource::Stranger).unwrap_err();
    }
    let failures = fixture.accounts[ANNE].attempts.total;
    fixture.accounts[ANNE].codes_until = Some(fixture.now);
    let bruno = fixture.enter(BRUNO);
    for _ in 0..limits::RESETS_A_DAY {
        fixture.reset(BRUNO, bruno, CLAIRE).unwrap();
    }
    fixture.now = right;
    let correct = Command::ClockCorrected {
        present: [fixture.step; limits::AUTHENTICATORS],
    };
    for who in [ANNE, BRUNO, CLAIRE] {
        assert_eq!(fixture.host(who, correct), Ok(Grant::Done));
        assert_eq!(fixture.host(who, correct), Err(Refusal::Unchanged));
    }
    assert_eq!(fixture.host(DAVID, correct), Err(Refusal::Unchanged));
    assert!(
        !fixture.notified(Event::ClockCorrected),
        "no step was ahead"
    );
    assert_eq!(
        fixture.current_level(BRUNO, bruno),
        Err(Refusal::StaleLogIn)
    );
    let anne = fixture.log_in(ANNE);
    let until = fixture.accounts[ANNE].codes_until;
    let longest = limits::SETTLING + limits::CODES_AFTER_RESET;
    assert_eq!(until, Some(right.plus(longest)));
    assert_eq!(fixture.accounts[ANNE].attempts.total, failures);
    fixture.verify_code(ANNE, anne).unwrap();
    let bruno = fixture.enter(BRUNO);
    let wait = limits::DAY;
    let used_up = fixture.reset(BRUNO, bruno, CLAIRE);
    assert_eq!(used_up, Err(Refusal::TooManyResets { wait }));
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, Some(RESET_CODE)).unwrap();
}

/// The organization's deadlines end when they would have, had they begun at the right time.
#[test]
fn t65_clock_correction_cuts_the_organizations_deadlines() {
    let mut fixture = Fixture::mandated();
    let right = fixture.now;
    let ahead = right.plus(30 * limits::DAY);
    let setting = Setting::RecoveryCodes { offered: true };
    let (by, due) = (fixture.accounts[ANNE].id, ahead.plus(limits::WEAKENING));
    fixture.organization.scheduled = vec![Scheduled { setting, by, due }];
    let (break_glass, until) = (
        digest(BREAK_GLASS),
        ahead.plus(limits::BREAK_GLASS_CODE_VOID),
    );
    fixture.organization.break_glass = BreakGlass::Void { break_glass, until };
    let present = fixture.step;
    let correct = Command::ClockCorrected {
        present: [present; limits::AUTHENTICATORS],
    };
    assert_eq!(fixture.host(DAVID, correct), Ok(Grant::Done));
    assert_eq!(fixture.host(DAVID, correct), Err(Refusal::Unchanged));
    let home = &fixture.organization;
    assert_eq!(home.scheduled[0].due, right.plus(limits::WEAKENING));
    let until = right.plus(limits::BREAK_GLASS_CODE_VOID);
    assert_eq!(home.break_glass, BreakGlass::Void { break_glass, until });
}
