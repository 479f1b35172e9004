//! What an account may begin in a day.

use crate::fixture::*;
use loquet_policy::*;

#[test]
fn thirty_enrollments_are_begun_a_day() {
    let mut fixture = Fixture::mandated();
    let begin_and_cancel = |fixture: &mut Fixture| {
        let claire = fixture.log_in(CLAIRE);
        let begun = fixture.begin(CLAIRE, claire, None).map(drop);
        let cancelled = fixture.ask(CLAIRE, claire, Command::CancelEnrollment);
        assert_eq!(cancelled.is_ok(), begun.is_ok());
        begun
    };
    for n in 0..limits::ENROLLMENTS_A_DAY {
        assert_eq!(begin_and_cancel(&mut fixture), Ok(()), "{n}");
        fixture.wait(60);
    }
    let before = fixture.accounts[CLAIRE].clone();
    fixture.wait(limits::DAY - 1_801);
    let refused = Err(Refusal::TooManyEnrollments { wait: 1 });
    assert_eq!(begin_and_cancel(&mut fixture), refused);
    assert_eq!(fixture.accounts[CLAIRE], before, "nothing is written");
    fixture.wait(1);
    for n in 0..limits::ENROLLMENTS_A_DAY {
        assert_eq!(begin_and_cancel(&mut fixture), Ok(()), "{n}");
    }
    // An enrollment that is shown again is no new one, and another account has its own count.
    let david = fixture.log_in(DAVID);
    for _ in 0..=limits::ENROLLMENTS_A_DAY {
        fixture.begin(DAVID, david, None).unwrap();
    }
    assert_eq!(fixture.accounts[DAVID].enrollments.used, 1);
    // An administrator's reset starts the count again.
    let anne = fixture.enter(ANNE);
    fixture.reset(ANNE, anne, CLAIRE).unwrap();
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, Some(RESET_CODE)).unwrap();
}

#[test]
fn replacements_count_as_enrollments() {
    let mut fixture = Fixture::mandated();
    fixture.accounts[ANNE].enrollments = DailyQuota {
        since: fixture.now,
        used: limits::ENROLLMENTS_A_DAY - 1,
    };
    let anne = fixture.enter(ANNE);
    fixture.replace(ANNE, anne).unwrap();
    let anne = fixture.confirm(ANNE, anne).unwrap();
    let bound = fixture.accounts[ANNE].second_factor;
    let wait = limits::DAY;
    let refused = Err(Refusal::TooManyEnrollments { wait });
    assert_eq!(fixture.replace(ANNE, anne), refused);
    assert_eq!(
        fixture.accounts[ANNE].second_factor, bound,
        "no code is used"
    );
}

/// Each is a letter to everyone whom the mandate covers.
#[test]
fn t75_ten_mandates_are_announced_or_moved_a_day() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let (role, kind) = (EMPLOYEE, MandateKind::SecondFactor);
    let announce = |fixture: &mut Fixture| {
        let start = Start::At(fixture.in_days(8));
        fixture.ask(ANNE, anne, Command::ScheduleMandate { role, kind, start })
    };
    let cancel = |fixture: &mut Fixture| {
        fixture
            .ask(ANNE, anne, Command::CancelMandate { role, kind })
            .unwrap();
    };
    for _ in 0..4 {
        announce(&mut fixture).unwrap();
        cancel(&mut fixture);
    }
    announce(&mut fixture).unwrap();
    for days in 9..14 {
        let date = fixture.in_days(28 - days);
        let moved = fixture.ask(ANNE, anne, Command::MoveMandate { role, kind, date });
        moved.unwrap();
    }
    let wait = limits::DAY;
    let refused = Err(Refusal::TooManyAnnouncements { wait });
    let date = fixture.in_days(9);
    let moved = fixture.ask(ANNE, anne, Command::MoveMandate { role, kind, date });
    assert_eq!(moved, refused);
    cancel(&mut fixture);
    assert_eq!(announce(&mut fixture), refused);
    let start = Start::Now { confirmed: true };
    let imposed = fixture.ask(ANNE, anne, Command::ScheduleMandate { role, kind, start });
    assert_eq!(imposed, refused);
    fixture.wait(limits::DAY);
    let anne = fixture.enter(ANNE);
    let start = Start::At(fixture.in_days(8));
    let announced = fixture.ask(ANNE, anne, Command::ScheduleMandate { role, kind, start });
    announced.unwrap();
}

/// Each is a letter to all administrators. What ends an attack stays possible, for others and for Anne herself.
#[test]
fn t82_thirty_settings_are_changed_a_day_by_one() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let stricter = |fixture: &mut Fixture, who, session, step: u64| {
        let seconds = limits::ENROLLMENT_WINDOW - step;
        let (setting, code) = (Setting::EnrollmentWindow { seconds }, ABSENT);
        fixture.ask(who, session, Command::ChangeSetting { setting, code })
    };
    let code = fixture.good();
    let setting = Setting::RecoveryCodes { offered: true };
    let weakened = fixture.ask(ANNE, anne, Command::ChangeSetting { setting, code });
    assert!(matches!(weakened, Ok(Grant::Scheduled { .. })));
    for step in 1..u64::from(limits::CHANGES_A_DAY) {
        stricter(&mut fixture, ANNE, anne, step).unwrap();
    }
    let wait = limits::DAY;
    let refused = Err(Refusal::TooManyChanges { wait });
    assert_eq!(stricter(&mut fixture, ANNE, anne, 31), refused);
    let rules = digest(9);
    let undone = fixture.ask(ANNE, anne, Command::UndoAccessRules { rules });
    assert_eq!(undone, refused);
    let kind = SettingKind::RecoveryCodes;
    let cancelled = fixture.ask(ANNE, anne, Command::CancelChange { kind });
    cancelled.unwrap();
    fixture.reset(ANNE, anne, CLAIRE).unwrap();
    let bruno = fixture.enter(BRUNO);
    let undone = fixture.ask(BRUNO, bruno, Command::UndoAccessRules { rules });
    undone.unwrap();
    fixture.wait(limits::DAY);
    let anne = fixture.enter(ANNE);
    stricter(&mut fixture, ANNE, anne, 31).unwrap();
}

/// T85: with one phished code an administrator's session deactivates users and takes roles for five minutes. What it can take is
/// counted; so is what it gives and takes in turn.
#[test]
fn t85_thirty_users_lose_roles_or_access_a_day_by_one() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let role = PARENT;
    for _ in 0..limits::CHANGES_A_DAY / 2 {
        fixture.add_role(ANNE, anne, CLAIRE, role).unwrap();
        let removed = fixture.about(ANNE, anne, CLAIRE, Command::RemoveRole { role });
        removed.unwrap();
    }
    let wait = limits::DAY;
    let refused = Err(Refusal::TooManyChanges { wait });
    assert_eq!(fixture.add_role(ANNE, anne, CLAIRE, role), refused);
    let role = EMPLOYEE;
    let demoted = fixture.about(ANNE, anne, BRUNO, Command::RemoveRole { role });
    assert_eq!(demoted, refused);
    let deactivated = fixture.about(ANNE, anne, DAVID, Command::Deactivate);
    assert_eq!(deactivated, refused);
    let bruno = fixture.enter(BRUNO);
    let deactivated = fixture.about(BRUNO, bruno, ANNE, Command::Deactivate);
    deactivated.unwrap();

    // Before enabling, the host's administrators set everyone up.
    let mut fixture = Fixture::new();
    let anne = fixture.log_in(ANNE);
    for _ in 0..limits::CHANGES_A_DAY {
        fixture.add_role(ANNE, anne, CLAIRE, PARENT).unwrap();
        let removed = fixture.about(ANNE, anne, CLAIRE, Command::RemoveRole { role: PARENT });
        removed.unwrap();
    }
}
