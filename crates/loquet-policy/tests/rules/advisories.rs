//! What went wrong elsewhere, as far as rules can go wrong. T-numbers are those of the metadata.

use crate::house::*;
use loquet_policy::*;

fn is_used(answer: Result<Grant, Refusal>) -> bool {
    matches!(answer, Err(Refusal::AlreadyUsed { .. }))
}

#[test]
fn t1_t2_a_used_step_and_all_before_it_are_refused() {
    let mut house = House::mandated();
    let anne = house.enter(ANNE);
    let before = house.accounts[ANNE].attempts;
    let Authenticator::Active { step: last, .. } = house.accounts[ANNE].authenticator else {
        panic!()
    };
    for step in [0, last - 1, last] {
        let again = known(CodeCheck::Good { step, offset: 0 });
        assert!(is_used(house.give(ANNE, anne, again)));
    }
    assert_eq!(house.accounts[ANNE].attempts, before);
}

#[test]
fn t3_a_code_used_at_log_in_is_refused_by_every_other_command() {
    let mut house = House::enabled();
    let half = house.log_in(ANNE);
    let code = house.good();
    let anne = house.give(ANNE, half, code).map(session_of).unwrap();
    let (recovery, break_glass, typed_back) = (RecoverySet::EMPTY, digest(9), true);
    let setting = Setting::RecoveryCodes { offered: true };
    for command in [
        Command::TurnOff { code },
        Command::BeginReplacement { code, recovery },
        Command::RenewBreakGlassCode {
            break_glass,
            typed_back,
            code,
        },
        Command::ChangeSetting { setting, code },
        Command::ChangeAddress { code },
    ] {
        assert!(is_used(house.ask(ANNE, anne, command)), "{command:?}");
    }
    let (reset_code, aloud) = (digest(RESET_CODE), false);
    let reset = Command::Reset {
        reset_code,
        aloud,
        code,
    };
    assert!(is_used(house.about(ANNE, anne, CLAIRE, reset)));
}

#[test]
fn t6_t7_a_recovery_code_is_used_once_and_the_rest_count_falls() {
    let mut house = House::with_codes();
    house.enroll(DAVID);
    let half = house.log_in(DAVID);
    let first = house.recover(DAVID, half, CODES);
    assert!(matches!(first, Ok(Grant::Recovering { left: 9, .. })));
    house.wait(limits::PENDING);
    let half = house.log_in(DAVID);
    let again = house.recover(DAVID, half, CODES);
    assert_eq!(again, Err(Refusal::WrongRecoveryCode));
    assert_eq!(house.accounts[DAVID].attempts.total, 1);
}

#[test]
fn t8_resynchronization_refuses_what_was_used_and_what_is_far() {
    let mut house = House::mandated();
    let half = house.log_in(ANNE);
    let Authenticator::Active { step: last, .. } = house.accounts[ANNE].authenticator else {
        panic!()
    };
    let good = |step, drift| PairCheck::Good { step, drift };
    assert!(is_used(house.resynchronize(ANNE, half, good(last, 0))));
    for drift in [5, -5, i8::MIN] {
        let far = house.resynchronize(ANNE, half, good(last + 9, drift));
        assert_eq!(far, Err(Refusal::WrongCode { behind: None }));
    }
    assert_eq!(house.accounts[ANNE].attempts.total, 3);
    house.resynchronize(ANNE, half, good(last + 9, -4)).unwrap();
    let bound = house.accounts[ANNE].authenticator;
    assert!(matches!(bound, Authenticator::Active { step, drift: -4, .. } if step == last + 9));
}

#[test]
fn t13_t14_the_hundredth_failure_disables_whatever_the_sessions() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    for failures in 1..=100 {
        assert_eq!(house.told(Event::ReplaceAdvised), failures > 50);
        let half = house.log_in(DAVID);
        assert_eq!(half.level, Level::HalfLogin);
        let answer = house.wrong(DAVID, half, Vantage::KnownDevice);
        assert_eq!(answer, Err(Refusal::WrongCode { behind: None }));
        house.wait(limits::WAIT_MAX);
    }
    let bound = house.accounts[DAVID].authenticator;
    let why = DisabledBy::Failures;
    assert!(matches!(bound, Authenticator::Disabled { why: found, .. } if found == why));
    assert!(house.told(Event::DisabledByFailures));
    assert_eq!(house.log_in(DAVID).level, Level::RecoveryOnly);
}

#[test]
fn t19_t24_a_session_with_an_open_duty_has_no_rights() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrollOnly);
    let answer = house.ask(CLAIRE, claire, Command::LogOutEverywhere);
    assert_eq!(answer, Err(Refusal::EnrollOnly(house.mandate())));
    let anne = house.log_in(ANNE);
    let answer = house.about(ANNE, anne, CLAIRE, Command::Deactivate);
    assert_eq!(answer, Err(Refusal::CodeRequired(house.mandate())));
}

/// What is decided of `who` where the organization, or its list of administrators, cannot be read.
fn unreadable(
    house: &House,
    [organization, roster]: [bool; 2],
    who: usize,
    session: Option<&Session>,
    command: &Command,
) -> Decision {
    let snapshot = Snapshot {
        organization: organization.then_some(&house.organization),
        roster: roster.then_some(&house.roster),
        actor: &house.accounts[who],
        session,
        subject: None,
    };
    let session = SessionId(9);
    decide(&snapshot, command, house.now, Fresh { session })
}

#[test]
fn t20_rules_that_cannot_be_read_are_the_strictest() {
    let house = House::mandated();
    let log_in = Command::LogIn { access: ACCESS };
    let unavailable = Err(Refusal::PolicyUnavailable);
    for (who, expected) in [(ANNE, Ok(Level::HalfLogin)), (DAVID, unavailable)] {
        let decision = unreadable(&house, [false; 2], who, None, &log_in);
        let level = decision.answer.map(|grant| session_of(grant).level);
        assert_eq!(level, expected);
    }
    let roles = RoleSet::of(RoleId(77));
    let strange = Account {
        roles,
        ..house.accounts[DAVID].clone()
    };
    assert!(required(Some(&house.organization), &strange, house.now).is_required());
}

/// Nothing is written that either row would have to know.
#[test]
fn t20_what_moves_an_administrator_waits_until_both_rows_can_be_read() {
    let mut house = House::with_codes();
    let anne = house.enter(ANNE);
    let (code, vantage, access) = (house.good(), Vantage::Stranger, ACCESS);
    let (link, break_glass) = (digest(LINK), digest(BREAK_GLASS));
    let recover = Command::UseRecoveryCode {
        code: Some(digest(CODES)),
        vantage,
        access,
    };
    let confirm = Command::ConfirmEnrollment {
        check: code.check,
        link,
        break_glass: None,
        access,
    };
    for command in [
        Command::VerifyCode { code, access },
        recover,
        confirm,
        Command::ReportLost,
        Command::ReportUnrecognized { link },
        Command::OpenBreakGlass { break_glass },
    ] {
        for readable in [[true, false], [false, true]] {
            let decision = unreadable(&house, readable, ANNE, Some(&anne), &command);
            let unavailable = Err(Refusal::PolicyUnavailable);
            assert_eq!(decision.answer, unavailable, "{command:?}");
            assert!(decision.changes.is_empty(), "{command:?}");
        }
    }
}

#[test]
fn t28_a_pending_enrollment_satisfies_nothing() {
    let mut house = House::mandated();
    let claire = house.log_in(CLAIRE);
    house.begin(CLAIRE, claire, None).unwrap();
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::EnrollOnly));
    let other = house.log_in(CLAIRE);
    assert_eq!(other.level, Level::EnrollOnly);
    assert_eq!(house.confirm(CLAIRE, other), Err(Refusal::NotYours));
}

#[test]
fn t29_a_reset_never_lowers_the_requirement() {
    let mut house = House::enabled();
    house.enroll(DAVID);
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, DAVID).unwrap();
    assert!(house.accounts[DAVID].toggle);
    assert_eq!(house.log_in(DAVID).level, Level::EnrollOnly);
}
