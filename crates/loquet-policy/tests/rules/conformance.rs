//! Requirements of `crates/loquet/docs/conformance.md` that no other test covers.

use crate::fixture::*;
use loquet_policy::*;

/// NIST SP 800-63B-4 §4.2.3: account recovery is notified to the owner.
#[test]
fn every_recovery_is_notified() {
    let mut fixture = Fixture::with_codes();
    fixture.enroll(DAVID);
    let [by, account] = [ANNE, DAVID].map(|who| fixture.accounts[who].id);
    let notified = |fixture: &Fixture, event| {
        let to = Audience::Owner { account };
        fixture.notices.contains(&Notice { to, event })
    };
    let half = fixture.log_in(DAVID);
    fixture.recover(DAVID, half, CODES).unwrap();
    assert!(notified(&fixture, Event::RecoveryCodeUsed { left: 9 }));
    let anne = fixture.enter(ANNE);
    fixture.reset(ANNE, anne, DAVID).unwrap();
    assert!(notified(&fixture, Event::Reset { account, by }));
    let half = fixture.log_in(DAVID);
    fixture.begin(DAVID, half, Some(RESET_CODE)).unwrap();
    fixture.confirm(DAVID, half).unwrap();
    let purpose = Purpose::Reset;
    assert!(notified(&fixture, Event::Bound { purpose }));
    let link = digest(LINK);
    fixture
        .host(DAVID, Command::ReportUnrecognized { link })
        .unwrap();
    assert!(notified(&fixture, Event::ReportedUnrecognized));
    fixture.open(ANNE, BREAK_GLASS).unwrap();
    let ready = fixture.now.plus(limits::BREAK_GLASS);
    assert!(fixture.notified(Event::BreakGlassOpening { account: by, ready }));
}

/// NIST SP 800-63B-4 §4.5, OWASP ASVS 7.4.2.
#[test]
fn deactivated_account_has_no_session_or_authenticator() {
    let mut fixture = Fixture::mandated();
    let claire = fixture.enroll(CLAIRE);
    let anne = fixture.enter(ANNE);
    fixture
        .about(ANNE, anne, CLAIRE, Command::Deactivate)
        .unwrap();
    assert_eq!(
        fixture.current_level(CLAIRE, claire),
        Err(Refusal::LogInRefused)
    );
    // The refusal does not tell a stranger who knows the password that the account is deactivated.
    assert_eq!(fixture.try_log_in(CLAIRE), Err(Refusal::LogInRefused));
    assert_eq!(fixture.accounts[CLAIRE].authenticator, Authenticator::None);
}

/// OWASP ASVS 7.5.1: a thief of the password cannot redirect the owner's notices by reporting the phone lost.
#[test]
fn address_change_requires_fresh_code_when_bound() {
    let mut fixture = Fixture::enabled();
    let david = fixture.log_in(DAVID);
    let change = |code| Command::ChangeAddress { code };
    fixture.ask(DAVID, david, change(ABSENT)).unwrap();
    let anne = fixture.enter(ANNE);
    assert_eq!(
        fixture.ask(ANNE, anne, change(ABSENT)),
        Err(Refusal::StepUp)
    );
    let code = fixture.good();
    fixture.ask(ANNE, anne, change(code)).unwrap();
    assert!(fixture.notified(Event::AddressChanged));
    fixture.report_lost(ANNE).unwrap();
    let thief = fixture.log_in(ANNE);
    fixture.ask(ANNE, thief, change(ABSENT)).unwrap_err();
    assert_eq!(fixture.host(ANNE, change(ABSENT)), Ok(Grant::Done));
}

/// OWASP ASVS 6.3.3: a mandate binds employees from its date, and later ones at once.
#[test]
fn mandate_covers_all_employees_from_its_date() {
    let mut fixture = Fixture::enabled();
    let (claire, david) = (fixture.log_in(CLAIRE), fixture.log_in(DAVID));
    let anne = fixture.enter(ANNE);
    let date = fixture.now.plus(limits::NOTICE);
    let (role, start) = (EMPLOYEE, Start::At(date));
    let schedule_mandate = Command::ScheduleMandate { role, start };
    assert_eq!(
        fixture.ask(CLAIRE, claire, schedule_mandate),
        Err(Refusal::NotAdmin)
    );
    fixture.ask(ANNE, anne, schedule_mandate).unwrap();
    fixture.wait(limits::NOTICE - 1);
    assert!(!is_due(&fixture.organization, fixture.now));
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::Level1));
    fixture.wait(1);
    assert!(is_due(&fixture.organization, fixture.now));
    assert_eq!(fixture.current_level(CLAIRE, claire), Ok(Level::EnrollOnly));
    assert_eq!(fixture.log_in(CLAIRE).level, Level::EnrollOnly);
    let state = MandateState::InForce { since: date };
    assert_eq!(fixture.organization.mandates[0].state, state);
    assert!(fixture.notified(Event::MandateInForce { role }));
    assert_eq!(fixture.current_level(DAVID, david), Ok(Level::Level1));
    let anne = fixture.enter(ANNE);
    fixture.add_role(ANNE, anne, DAVID, EMPLOYEE).unwrap();
    assert_eq!(fixture.current_level(DAVID, david), Ok(Level::EnrollOnly));
}
