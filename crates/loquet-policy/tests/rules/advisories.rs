//! Known vulnerabilities of other implementations, as far as they concern rules. The T-numbers are those of
//! `crates/loquet/docs/conformance.md`.

use crate::aim::{NEWEST, aimed};
use crate::fixture::*;
use loquet_policy::*;

fn is_used(answer: Result<Grant, Refusal>) -> bool {
    matches!(answer, Err(Refusal::AlreadyUsed { .. }))
}

#[test]
fn t1_t2_used_and_earlier_steps_are_refused() {
    let mut fixture = Fixture::mandated();
    let anne = fixture.enter(ANNE);
    let before = fixture.accounts[ANNE].attempts;
    let last = fixture.accounts[ANNE].second_factor.last_step().unwrap();
    for step in [0, last - 1, last] {
        let again = known(CodeCheck::Good { step, offset: 0 });
        assert!(is_used(fixture.give(ANNE, anne, again)));
    }
    assert_eq!(fixture.accounts[ANNE].attempts, before);
}

#[test]
fn t3_used_code_is_refused_by_every_command() {
    let mut fixture = Fixture::enabled();
    let half = fixture.log_in(ANNE);
    let code = fixture.good();
    let anne = fixture.give(ANNE, half, code).map(session_of).unwrap();
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
        Command::ChangeAddress {
            code,
            sent: digest(4),
        },
    ] {
        assert!(is_used(fixture.ask(ANNE, anne, command)), "{command:?}");
    }
    let (reset_code, aloud) = (digest(RESET_CODE), false);
    let reset = Command::Reset {
        reset_code,
        aloud,
        code,
    };
    assert!(is_used(fixture.about(ANNE, anne, CLAIRE, reset)));
}

#[test]
fn t6_t7_recovery_code_is_used_once() {
    let mut fixture = Fixture::with_codes();
    fixture.enroll(DAVID);
    let half = fixture.log_in(DAVID);
    let first = fixture.recover(DAVID, half, CODES);
    assert!(matches!(first, Ok(Grant::Recovering { left: 9, .. })));
    fixture.wait(limits::PENDING);
    let half = fixture.log_in(DAVID);
    let again = fixture.recover(DAVID, half, CODES);
    assert_eq!(again, Err(Refusal::WrongRecoveryCode));
}

#[test]
fn t8_resynchronization_refuses_used_and_distant_steps() {
    let mut fixture = Fixture::mandated();
    let half = fixture.log_in(ANNE);
    let last = fixture.accounts[ANNE].second_factor.last_step().unwrap();
    let good = |step, drift| PairCheck::Good { step, drift };
    assert!(is_used(fixture.resynchronize(ANNE, half, good(last, 0))));
    for drift in [5, -5, i8::MIN] {
        let far = fixture.resynchronize(ANNE, half, good(last + 9, drift));
        assert_eq!(far, Err(Refusal::WrongCode { behind: None }));
    }
    assert_eq!(fixture.accounts[ANNE].attempts.total, 3);
    fixture
        .resynchronize(ANNE, half, good(last + 9, -4))
        .unwrap();
    let bound = fixture.accounts[ANNE].second_factor;
    let bound = bound.iter().next().unwrap();
    assert_eq!((bound.step, bound.drift), (last + 9, -4));
}

#[test]
fn t13_t14_hundredth_failure_disables_across_sessions() {
    let mut fixture = Fixture::enabled();
    fixture.enroll(DAVID);
    for failures in 1..=100 {
        assert_eq!(fixture.notified(Event::ReplaceAdvised), failures > 50);
        let half = fixture.log_in(DAVID);
        assert_eq!(half.level, Level::HalfLogin);
        let answer = fixture.wrong(DAVID, half, CodeSource::KnownDevice);
        assert_eq!(answer, Err(Refusal::WrongCode { behind: None }));
        fixture.wait(limits::WAIT_MAX);
    }
    let bound = fixture.accounts[DAVID].second_factor;
    let why = DisabledBy::Failures;
    assert!(matches!(bound, SecondFactor::Disabled { why: found, .. } if found == why));
    assert!(fixture.notified(Event::DisabledByFailures));
    assert_eq!(fixture.log_in(DAVID).level, Level::RecoveryOnly);
}

#[test]
fn t19_t24_incomplete_session_has_no_rights() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrollOnly);
    let answer = fixture.ask(CLAIRE, claire, Command::LogOutEverywhere);
    assert_eq!(answer, Err(Refusal::EnrollOnly(fixture.mandate())));
    let anne = fixture.log_in(ANNE);
    let answer = fixture.about(ANNE, anne, CLAIRE, Command::Deactivate);
    assert_eq!(answer, Err(Refusal::CodeRequired(fixture.mandate())));
}

/// Returns the decision when the organization's row or the roster cannot be read.
fn unreadable(
    fixture: &Fixture,
    [organization, roster]: [bool; 2],
    who: usize,
    session: Option<&Session>,
    command: &Command,
) -> Decision {
    let snapshot = Snapshot {
        organization: organization.then_some(&fixture.organization),
        roster: roster.then_some(&fixture.roster),
        actor: &fixture.accounts[who],
        session,
        subject: None,
    };
    let session = SessionId(9);
    let command = aimed(command, snapshot.actor);
    decide(&snapshot, &command, fixture.now, Fresh { session })
}

#[test]
fn t20_unreadable_rules_require_second_factor() {
    let fixture = Fixture::mandated();
    let log_in = Command::LogIn { access: ACCESS };
    let unavailable = Err(Refusal::PolicyUnavailable);
    for (who, expected) in [(ANNE, Ok(Level::HalfLogin)), (DAVID, unavailable)] {
        let decision = unreadable(&fixture, [false; 2], who, None, &log_in);
        let level = decision.answer.map(|grant| session_of(grant).level);
        assert_eq!(level, expected);
    }
    let roles = RoleSet::of(RoleId(77));
    let strange = Account {
        roles,
        ..fixture.accounts[DAVID].clone()
    };
    assert!(required(Some(&fixture.organization), &strange, fixture.now).is_required());
}

/// No row is written that depends on an unreadable one.
#[test]
fn t20_administrator_changes_require_readable_rows() {
    let mut fixture = Fixture::with_codes();
    let anne = fixture.enter(ANNE);
    let (code, access) = (fixture.good(), ACCESS);
    let (link, break_glass) = (digest(LINK), digest(BREAK_GLASS));
    let recover = Command::UseRecoveryCode {
        code: Some(digest(CODES)),
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
        Command::ReportLost {
            authenticator: NEWEST,
            link,
        },
        Command::ReportUnrecognized { link },
        Command::OpenBreakGlass { break_glass },
    ] {
        for readable in [[true, false], [false, true]] {
            let decision = unreadable(&fixture, readable, ANNE, Some(&anne), &command);
            let unavailable = Err(Refusal::PolicyUnavailable);
            assert_eq!(decision.answer, unavailable, "{command:?}");
            assert!(decision.changes.is_empty(), "{command:?}");
        }
    }
}

#[test]
fn t28_pending_enrollment_satisfies_nothing() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, claire, None).unwrap();
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::EnrollOnly));
    let other = fixture.log_in(CLAIRE);
    assert_eq!(other.level, Level::EnrollOnly);
    assert_eq!(fixture.confirm(CLAIRE, other), Err(Refusal::NotYours));
    for check in [CodeCheck::Absent, CodeCheck::Malformed, WRONG.check] {
        assert!(fixture.confirm_with(CLAIRE, claire, check, None).is_err());
        let bound = fixture.accounts[CLAIRE].second_factor;
        assert_eq!(bound, SecondFactor::None, "{check:?}");
    }
    let session = fixture.confirm(CLAIRE, claire).unwrap();
    assert_eq!(fixture.current_level(CLAIRE, session), Ok(Level::Level2));
}

#[test]
fn t29_reset_never_lowers_requirement() {
    let mut fixture = Fixture::enabled();
    fixture.enroll(DAVID);
    let anne = fixture.enter(ANNE);
    fixture.reset(ANNE, anne, DAVID).unwrap();
    assert!(fixture.accounts[DAVID].toggle);
    assert_eq!(fixture.log_in(DAVID).level, Level::EnrollOnly);
}

/// Where the owner asked for no code at log-in, the password alone gives rights, and still takes no session away.
#[test]
fn t81_password_alone_ends_no_sessions_of_codes() {
    let mut fixture = Fixture::enabled();
    fixture.enroll(DAVID);
    let david = fixture.turned_off(DAVID);
    assert_eq!(david.level, Level::Level1);
    let ended = fixture.ask(DAVID, david, Command::LogOutEverywhere);
    assert_eq!(ended, Err(Refusal::StepUp));
    let code = fixture.good();
    let david = session_of(fixture.give(DAVID, david, code).unwrap());
    fixture
        .ask(DAVID, david, Command::LogOutEverywhere)
        .unwrap();

    // Nor does a report of loss, which takes the password alone, open it.
    fixture.report_lost(DAVID).unwrap();
    let david = fixture.log_in(DAVID);
    assert_eq!(david.level, Level::Level1);
    let ended = fixture.ask(DAVID, david, Command::LogOutEverywhere);
    assert!(matches!(ended, Err(Refusal::Suspended { .. })), "{ended:?}");
}
