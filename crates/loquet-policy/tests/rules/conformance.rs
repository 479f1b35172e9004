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
    assert!(notified(
        &fixture,
        Event::Bound {
            purpose,
            passkey: false
        }
    ));
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
    assert_eq!(fixture.accounts[CLAIRE].second_factor, SecondFactor::None);
}

/// OWASP ASVS 7.5.1: a thief of the password cannot redirect the owner's notices by reporting the phone lost.
#[test]
fn address_change_requires_fresh_code_when_bound() {
    let mut fixture = Fixture::enabled();
    let david = fixture.log_in(DAVID);
    let sent = digest(ADDRESS);
    let change = |code| Command::ChangeAddress { code, sent };
    fixture.ask(DAVID, david, change(ABSENT)).unwrap();
    let anne = fixture.enter(ANNE);
    assert_eq!(
        fixture.ask(ANNE, anne, change(ABSENT)),
        Err(Refusal::StepUp)
    );
    let code = fixture.good();
    fixture.ask(ANNE, anne, change(code)).unwrap();
    assert!(fixture.notified(Event::AddressChangeBegun));
    fixture.report_lost(ANNE).unwrap();
    let thief = fixture.log_in(ANNE);
    fixture.ask(ANNE, thief, change(ABSENT)).unwrap_err();
    assert_eq!(fixture.host(ANNE, change(ABSENT)), Ok(Grant::Done));
}

/// NIST SP 800-63B-4 §3.1.3.2: a code that is sent to a new address is accepted once and for ten minutes; another one
/// resets no count, and ten wrong ones void what was sent for a day.
#[test]
fn sent_code_is_accepted_once_within_ten_minutes() {
    let mut fixture = Fixture::enabled();
    let sent = digest(ADDRESS);
    let confirm = |code: u8| Command::ConfirmAddress {
        code: Some(digest(code)),
    };
    let (wrong, void) = (Err(Refusal::WrongAddressCode), Err(Refusal::NoAddressCode));
    let begin = |fixture: &mut Fixture| {
        let david = fixture.log_in(DAVID);
        let change = Command::ChangeAddress { code: ABSENT, sent };
        (david, fixture.ask(DAVID, david, change))
    };
    let david = fixture.log_in(DAVID);
    assert_eq!(fixture.ask(DAVID, david, confirm(ADDRESS)), void);
    begin(&mut fixture).1.unwrap();
    fixture.wait(limits::ADDRESS_CODE);
    assert_eq!(fixture.ask(DAVID, david, confirm(ADDRESS)), void);
    begin(&mut fixture).1.unwrap();
    fixture.wait(limits::ADDRESS_CODE - 1);
    let malformed = Command::ConfirmAddress { code: None };
    assert_eq!(
        fixture.ask(DAVID, david, malformed),
        Err(Refusal::Malformed)
    );
    fixture.ask(DAVID, david, confirm(ADDRESS)).unwrap();
    assert!(fixture.notified(Event::AddressChanged));
    assert_eq!(fixture.ask(DAVID, david, confirm(ADDRESS)), void, "used");

    let (david, begun) = begin(&mut fixture);
    begun.unwrap();
    for n in 0..limits::ADDRESS_CODE_TRIES {
        assert_eq!(fixture.ask(DAVID, david, confirm(RESET_CODE)), wrong, "{n}");
        if n == 4 {
            begin(&mut fixture).1.unwrap();
        }
    }
    assert_eq!(fixture.ask(DAVID, david, confirm(ADDRESS)), void);
    fixture.wait(limits::DAY - 1);
    assert_eq!(
        begin(&mut fixture).1,
        Err(Refusal::TooManyAddressCodes { wait: 1 })
    );
    fixture.wait(1);
    let (david, begun) = begin(&mut fixture);
    begun.unwrap();
    fixture.ask(DAVID, david, confirm(ADDRESS)).unwrap();
}

/// A session that sends codes to strangers is bounded.
#[test]
fn ten_address_codes_are_sent_a_day() {
    let mut fixture = Fixture::enabled();
    let sent = digest(ADDRESS);
    let change = Command::ChangeAddress { code: ABSENT, sent };
    for n in 0..limits::ADDRESS_CODES_A_DAY {
        assert_eq!(fixture.host(DAVID, change), Ok(Grant::Done), "{n}");
        fixture.wait(60);
    }
    let wait = limits::DAY - 600;
    assert_eq!(
        fixture.host(DAVID, change),
        Err(Refusal::TooManyAddressCodes { wait })
    );
    fixture.wait(wait);
    assert_eq!(fixture.host(DAVID, change), Ok(Grant::Done));
}

/// OWASP ASVS 7.5.1: a thief of an open session, or of its cookie, binds no phone.
#[test]
fn t41_password_is_asked_before_first_enrollment() {
    let mut fixture = Fixture::mandated();
    let required = Err(Refusal::PasswordRequired);
    for who in [CLAIRE, DAVID] {
        let session = fixture.log_in(who);
        fixture.wait(limits::RECENT + 1);
        assert_eq!(fixture.begin(who, session, None).map(drop), required);
        let session = fixture.log_in(who);
        fixture.wait(limits::RECENT);
        fixture.begin(who, session, None).unwrap();
        // What was begun goes on.
        fixture.wait(limits::RECENT - 1);
        fixture.begin(who, session, None).unwrap();
        fixture.confirm(who, session).unwrap();
    }
}

#[test]
fn t41_password_is_asked_before_address_change() {
    let mut fixture = Fixture::enabled();
    let sent = digest(ADDRESS);
    let change = Command::ChangeAddress { code: ABSENT, sent };
    let david = fixture.log_in(DAVID);
    fixture.wait(limits::RECENT);
    fixture.ask(DAVID, david, change).unwrap();
    fixture.wait(1);
    assert_eq!(
        fixture.ask(DAVID, david, change),
        Err(Refusal::PasswordRequired)
    );
}

/// OWASP ASVS 6.3.3: a mandate binds employees from its date, and later ones at once.
#[test]
fn mandate_covers_all_employees_from_its_date() {
    let mut fixture = Fixture::enabled();
    let (claire, david) = (fixture.log_in(CLAIRE), fixture.log_in(DAVID));
    let anne = fixture.enter(ANNE);
    let date = fixture.now.plus(limits::NOTICE);
    let (role, start) = (EMPLOYEE, Start::At(date));
    let schedule_mandate = Command::ScheduleMandate {
        kind: MandateKind::SecondFactor,
        role,
        start,
    };
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
    assert!(fixture.notified(Event::MandateInForce {
        kind: MandateKind::SecondFactor,
        role
    }));
    assert_eq!(fixture.current_level(DAVID, david), Ok(Level::Level1));
    let anne = fixture.enter(ANNE);
    fixture.add_role(ANNE, anne, DAVID, EMPLOYEE).unwrap();
    assert_eq!(fixture.current_level(DAVID, david), Ok(Level::EnrollOnly));
}
