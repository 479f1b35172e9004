//! Reports of loss, and codes of 128 bits: what the password alone may do, and what wrong ones cost.

use crate::demanded::{PASSKEY, add_passkey, enter_by, of_phone, with_passkey};
use crate::fixture::*;
use loquet_policy::*;

/// The session that presented wrong codes waits 1, 2, 4 … 30 seconds. Another session does not, and nothing is ever void.
#[test]
fn t32_wrong_reset_codes_cost_only_waits() {
    let mut fixture = Fixture::claire_reset();
    let claire = fixture.log_in(CLAIRE);
    let reset_due = fixture.accounts[CLAIRE].second_factor;
    // The last one of the day is another session's.
    let most = usize::from(limits::SESSION_WAITS_A_DAY) - 1;
    for wait in [1, 2, 4, 8, 16].into_iter().chain([30; 200]).take(most) {
        let answer = fixture.begin(CLAIRE, claire, Some(99));
        assert_eq!(answer, Err(Refusal::WrongResetCode));
        fixture.wait(wait - 1);
        let throttled = fixture.begin(CLAIRE, claire, Some(RESET_CODE));
        assert_eq!(throttled, Err(Refusal::Throttled { wait: 1 }));
        fixture.wait(1);
    }
    let other = fixture.log_in(CLAIRE);
    fixture.begin(CLAIRE, other, Some(99)).unwrap_err();
    assert_eq!(fixture.accounts[CLAIRE].second_factor, reset_due);
    assert_eq!(fixture.accounts[CLAIRE].attempts, Attempts::default());
    // From then on a wrong code writes nothing, and the right one counts.
    let before = fixture.accounts[CLAIRE].clone();
    let other = fixture.log_in(CLAIRE);
    for _ in 0..200 {
        let answer = fixture.begin(CLAIRE, other, Some(99));
        assert_eq!(answer, Err(Refusal::WrongResetCode));
        assert_eq!(fixture.accounts[CLAIRE], before);
    }
    fixture.begin(CLAIRE, other, Some(RESET_CODE)).unwrap();
}

/// Recovery codes have their own waits. They neither wait behind six-digit codes nor spend a failure.
#[test]
fn t32_recovery_codes_do_not_wait_behind_codes() {
    let mut fixture = Fixture::with_codes();
    let anne = fixture.enter(ANNE);
    for _ in 0..8 {
        fixture.wrong(ANNE, anne, CodeSource::Stranger).unwrap_err();
    }
    let attempts = fixture.accounts[ANNE].attempts;
    assert!(attempts.stranger.until > fixture.now);
    let thieves = [(); limits::SESSION_WAITS + 1].map(|()| fixture.log_in(ANNE));
    for thief in thieves {
        let wrong = fixture.recover(ANNE, thief, 99);
        assert_eq!(wrong, Err(Refusal::WrongRecoveryCode));
    }
    assert_eq!(fixture.accounts[ANNE].attempts, attempts);
    let throttled = fixture.recover(ANNE, thieves[limits::SESSION_WAITS], CODES);
    assert_eq!(throttled, Err(Refusal::Throttled { wait: 1 }));
    fixture.recover(ANNE, anne, CODES).unwrap();
}

/// A restore or an import may leave an account without the authenticator that it once had.
#[test]
fn t33_once_bound_never_enrolls_by_password() {
    let mut fixture = Fixture::enabled();
    fixture.accounts[DAVID].ever = true;
    let david = fixture.log_in(DAVID);
    let required = Err(Refusal::ResetCodeRequired(Cause::default()));
    assert_eq!(fixture.begin(DAVID, david, None), required);
    fixture.accounts[DAVID].toggle = true;
    assert_eq!(fixture.try_log_in(DAVID).map(drop), required.map(drop));
}

/// A thief of the password suspends the authenticator once, and again only after 30 days or a change of the password.
#[test]
fn t31_undone_report_is_refused_for_thirty_days() {
    let mut fixture = Fixture::mandated();
    let link = Evidence::Link(digest(UNDO));
    let undone = |fixture: &mut Fixture| {
        fixture.report_lost(ANNE).unwrap();
        let anne = fixture.log_in(ANNE);
        assert_eq!(anne.level, Level::RecoveryOnly);
        let session = fixture.undo(ANNE, anne, link).map(session_of).unwrap();
        assert_eq!(fixture.current_level(ANNE, session), Ok(Level::Level2));
        assert_eq!(fixture.current_level(ANNE, anne), Err(Refusal::StaleLogIn));
    };
    undone(&mut fixture);
    let until = fixture.now.plus(limits::REPORTS_REFUSED);
    fixture.wait(limits::REPORTS_REFUSED - 1);
    let refused = Err(Refusal::ReportsRefused { until });
    assert_eq!(fixture.report_lost(ANNE), refused);
    fixture.wait(1);
    undone(&mut fixture);
    let by_owner = false;
    fixture
        .host(ANNE, Command::PasswordChanged { by_owner })
        .unwrap();
    undone(&mut fixture);
}

/// Nor do a reset and a recovery code, each of which leads to another authenticator, let the same password report again.
#[test]
fn t64_report_is_refused_after_reset_too() {
    for by_recovery_code in [false, true] {
        let mut fixture = Fixture::with_codes();
        fixture.report_lost(ANNE).unwrap();
        let until = fixture.now.plus(limits::REPORTS_REFUSED);
        fixture.wait(60);
        let anne = if by_recovery_code {
            let session = fixture.log_in(ANNE);
            session_of(fixture.recover(ANNE, session, CODES).unwrap())
        } else {
            let bruno = fixture.enter(BRUNO);
            fixture.reset(BRUNO, bruno, ANNE).unwrap();
            fixture.log_in(ANNE)
        };
        fixture.begin(ANNE, anne, Some(RESET_CODE)).unwrap();
        fixture.confirm(ANNE, anne).unwrap();
        let refused = Err(Refusal::ReportsRefused { until });
        assert_eq!(fixture.report_lost(ANNE), refused);
        fixture.wait(limits::REPORTS_REFUSED - 60);
        fixture.report_lost(ANNE).unwrap();
    }
}

/// Neither the password with the link nor the password with the phone undoes a report, and a wrong code counts.
#[test]
fn t31_report_needs_link_and_code_to_undo() {
    let mut fixture = Fixture::mandated();
    fixture.wait(100);
    fixture.report_lost(ANNE).unwrap();
    let reported = Some(fixture.now.plus(limits::REPORTS_REFUSED));
    let anne = fixture.log_in(ANNE);
    let wrong_link = fixture.undo(ANNE, anne, Evidence::Link(digest(99)));
    assert_eq!(wrong_link, Err(Refusal::WrongLink));
    assert_eq!(fixture.accounts[ANNE].attempts.total, 0);
    fixture.wait(1);
    let link = Evidence::Link(digest(UNDO));
    let wrong_code = fixture.undo_with(ANNE, anne, link, WRONG);
    assert_eq!(wrong_code, Err(Refusal::WrongCode { behind: None }));
    assert_eq!(fixture.accounts[ANNE].attempts.total, 1);
    let state = fixture.accounts[ANNE].factor_at(fixture.now);
    let FactorState::Suspended { since } = state else {
        panic!("{state:?}");
    };
    let suspended = Err(Refusal::Suspended { since });
    assert_eq!(fixture.verify_code(ANNE, anne), suspended);
    let bruno = fixture.enter(BRUNO);
    assert_eq!(fixture.accounts[ANNE].reports_refused_until, reported);
    fixture.undo_report_of(BRUNO, bruno, ANNE).unwrap();
    assert!(fixture.accounts[ANNE].reports_refused_until > reported);
    let listed = fixture.roster.administrator(fixture.accounts[ANNE].id);
    assert!(listed.is_some_and(|it| it.enrolled && !it.suspended));
    fixture.enter(ANNE);
}

/// A thief of the password uses up what strangers have, then reports the phone lost. The owner's link and code still count.
#[test]
fn t31_report_is_undone_after_eighty_failures() {
    let mut fixture = Fixture::mandated();
    fixture.accounts[ANNE].attempts.total = limits::FAILURES - limits::RESERVE;
    fixture.report_lost(ANNE).unwrap();
    let anne = fixture.log_in(ANNE);
    let code = Submitted {
        source: CodeSource::Stranger,
        ..fixture.good()
    };
    let link = Evidence::Link(digest(UNDO));
    fixture.undo_with(ANNE, anne, link, code).unwrap();
}

/// A report by the password alone does not make a new administrator the only one who could act.
#[test]
fn t31_report_ends_no_probation() {
    let mut fixture = Fixture::mandated();
    fixture.enroll(CLAIRE);
    let bruno = fixture.enter(BRUNO);
    fixture
        .add_role(BRUNO, bruno, CLAIRE, ADMINISTRATOR)
        .unwrap();
    fixture.report_lost(ANNE).unwrap();
    fixture.report_lost(BRUNO).unwrap();
    let claire = fixture.enter(CLAIRE);
    let reset = fixture.reset(CLAIRE, claire, ANNE);
    let undone = fixture.undo_report_of(CLAIRE, claire, ANNE);
    for answer in [reset, undone] {
        assert!(matches!(answer, Err(Refusal::TooNew { .. })), "{answer:?}");
    }
}

/// Where an authenticator is bound, a change of address that the host began is confirmed with a recent code.
#[test]
fn bound_account_confirms_address_with_recent_code() {
    let mut fixture = Fixture::enabled();
    fixture.enroll(DAVID);
    let david = fixture.turned_off(DAVID);
    let sent = digest(5);
    let code = ABSENT;
    fixture
        .host(DAVID, Command::ChangeAddress { code, sent })
        .unwrap();
    let confirm = Command::ConfirmAddress { code: Some(sent) };
    assert_eq!(fixture.ask(DAVID, david, confirm), Err(Refusal::StepUp));
    let david = fixture.verify_code(DAVID, david).unwrap();
    assert_eq!(fixture.ask(DAVID, david, confirm), Ok(Grant::Done));
}

/// A report of the passkey by the password alone does not make a new administrator the only one who could act.
#[test]
fn t31_report_of_a_passkey_ends_no_probation() {
    let mut fixture = with_passkey();
    let anne = enter_by(&mut fixture, ANNE, PASSKEY, 7);
    let (role, code) = (ADMINISTRATOR, fixture.signed(PASSKEY, 8));
    fixture
        .about(ANNE, anne, CLAIRE, Command::AddRole { role, code })
        .unwrap();
    let lost = Command::ReportLost {
        authenticator: PASSKEY,
        link: digest(UNDO),
    };
    fixture.host(ANNE, lost).unwrap();
    let claire = enter_by(&mut fixture, CLAIRE, PASSKEY, 6);
    let code = fixture.signed(PASSKEY, 7);
    let (reset_code, aloud) = (digest(RESET_CODE), false);
    let reset = Command::Reset {
        reset_code,
        aloud,
        code,
    };
    let refused = fixture.about(CLAIRE, claire, ANNE, reset);
    assert!(
        matches!(refused, Err(Refusal::TooNew { .. })),
        "{refused:?}"
    );
}

/// The phished code of a session does not redirect the letters beside a passkey, also where the host began it.
#[test]
fn t103_code_confirms_no_address_of_the_host_beside_a_passkey() {
    let mut fixture = Fixture::enabled();
    add_passkey(&mut fixture, ANNE);
    let half = fixture.log_in(ANNE);
    let code = of_phone(&mut fixture);
    let by_code = fixture.give(ANNE, half, code).map(session_of).unwrap();
    let (code, sent) = (ABSENT, digest(ADDRESS));
    fixture
        .host(ANNE, Command::ChangeAddress { code, sent })
        .unwrap();
    let confirm = Command::ConfirmAddress { code: Some(sent) };
    let refused = fixture.ask(ANNE, by_code, confirm);
    assert_eq!(refused, Err(Refusal::PasskeyRequired));
    let by_passkey = enter_by(&mut fixture, ANNE, PASSKEY, 6);
    assert!(fixture.ask(ANNE, by_passkey, confirm).is_ok());
}

/// A change of address that the password alone began ends with the first enrollment.
#[test]
fn first_enrollment_ends_a_change_of_address() {
    let mut fixture = Fixture::enabled();
    let david = fixture.log_in(DAVID);
    let (code, sent) = (ABSENT, digest(ADDRESS));
    fixture
        .ask(DAVID, david, Command::ChangeAddress { code, sent })
        .unwrap();
    let david = fixture.enroll(DAVID);
    let confirm = Command::ConfirmAddress { code: Some(sent) };
    let refused = fixture.ask(DAVID, david, confirm);
    assert_eq!(refused, Err(Refusal::NoAddressCode));
}
