//! Requirements of the metadata (`crates/loquet/docs/conformance.md`) that no other test shows.

use crate::house::*;
use loquet_policy::*;

/// NIST SP 800-63B-4 §4.2.3: whoever gets back in without the old phone is told about it.
#[test]
fn every_way_back_in_is_told() {
    let mut house = House::with_codes();
    house.enroll(DAVID);
    let [by, account] = [ANNE, DAVID].map(|who| house.accounts[who].id);
    let told = |house: &House, event| {
        let to = Audience::Owner { account };
        house.notices.contains(&Notice { to, event })
    };
    let half = house.log_in(DAVID);
    house.recover(DAVID, half, CODES).unwrap();
    assert!(told(&house, Event::RecoveryCodeUsed { left: 9 }));
    let anne = house.enter(ANNE);
    house.reset(ANNE, anne, DAVID).unwrap();
    assert!(told(&house, Event::Reset { account, by }));
    let half = house.log_in(DAVID);
    house.begin(DAVID, half, Some(RESET_CODE)).unwrap();
    house.confirm(DAVID, half).unwrap();
    let purpose = Purpose::Reset;
    assert!(told(&house, Event::Bound { purpose }));
    let link = digest(LINK);
    house
        .host(DAVID, Command::ReportUnrecognized { link })
        .unwrap();
    assert!(told(&house, Event::ReportedUnrecognized));
    house.open(ANNE, BREAK_GLASS).unwrap();
    let ready = house.now.plus(limits::BREAK_GLASS);
    assert!(house.told(Event::BreakGlassOpening { account: by, ready }));
}

/// NIST SP 800-63B-4 §4.5, OWASP ASVS 7.4.2.
#[test]
fn who_has_left_has_no_session_and_no_authenticator() {
    let mut house = House::mandated();
    let claire = house.enroll(CLAIRE);
    let anne = house.enter(ANNE);
    house
        .about(ANNE, anne, CLAIRE, Command::Deactivate)
        .unwrap();
    assert_eq!(house.standing(CLAIRE, claire), Err(Refusal::LogInRefused));
    // What a stranger hears who has found out the password says nothing about who left.
    assert_eq!(house.try_log_in(CLAIRE), Err(Refusal::LogInRefused));
    assert_eq!(house.accounts[CLAIRE].authenticator, Authenticator::None);
}

/// OWASP ASVS 7.5.1: whoever reports the phone lost with a stolen password cannot lead its owner's letters elsewhere.
#[test]
fn an_address_is_changed_by_its_owner_with_a_fresh_code_where_one_can_be_had() {
    let mut house = House::enabled();
    let david = house.log_in(DAVID);
    let change = |code| Command::ChangeAddress { code };
    house.ask(DAVID, david, change(ABSENT)).unwrap();
    let anne = house.enter(ANNE);
    assert_eq!(house.ask(ANNE, anne, change(ABSENT)), Err(Refusal::StepUp));
    let code = house.good();
    house.ask(ANNE, anne, change(code)).unwrap();
    assert!(house.told(Event::AddressChanged));
    house.host(ANNE, Command::ReportLost).unwrap();
    let thief = house.log_in(ANNE);
    house.ask(ANNE, thief, change(ABSENT)).unwrap_err();
    assert_eq!(house.host(ANNE, change(ABSENT)), Ok(Grant::Done));
}

/// OWASP ASVS 6.3.3: employees must from the announced date on, and whoever becomes one later at once.
#[test]
fn administrators_impose_it_on_all_employees() {
    let mut house = House::enabled();
    let (claire, david) = (house.log_in(CLAIRE), house.log_in(DAVID));
    let anne = house.enter(ANNE);
    let date = house.now.plus(limits::NOTICE);
    let (role, start) = (EMPLOYEE, Start::At(date));
    let announce = Command::ScheduleMandate { role, start };
    assert_eq!(house.ask(CLAIRE, claire, announce), Err(Refusal::NotAdmin));
    house.ask(ANNE, anne, announce).unwrap();
    house.wait(limits::NOTICE - 1);
    assert!(!is_due(&house.organization, house.now));
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::Level1));
    house.wait(1);
    assert!(is_due(&house.organization, house.now));
    assert_eq!(house.standing(CLAIRE, claire), Ok(Level::EnrollOnly));
    assert_eq!(house.log_in(CLAIRE).level, Level::EnrollOnly);
    let state = MandateState::InForce { since: date };
    assert_eq!(house.organization.mandates[0].state, state);
    assert!(house.told(Event::MandateInForce { role }));
    assert_eq!(house.standing(DAVID, david), Ok(Level::Level1));
    let anne = house.enter(ANNE);
    house.add_role(ANNE, anne, DAVID, EMPLOYEE).unwrap();
    assert_eq!(house.standing(DAVID, david), Ok(Level::EnrollOnly));
}
