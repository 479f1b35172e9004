//! Requirements of the ledger (`crates/loquet/docs/conformance.md`) that no other story tells.

use crate::house::*;
use loquet_policy::*;

/// NIST SP 800-63B-4 §4.2.3: whoever gets back in without the old phone is told about it.
#[test]
fn every_way_back_in_is_told() {
    let mut house = House::enabled();
    house.organisation.options.recovery_codes = true;
    house.enroll(DAVID);
    let [anne, david] = [ANNE, DAVID].map(|who| house.accounts[who].id);
    let told = |house: &House, event| {
        house.notices.contains(&Notice {
            to: Audience::Owner { account: david },
            event,
        })
    };

    let half = house.log_in(DAVID);
    let recover = Command::UseRecoveryCode {
        code: Some(digest(10)),
        vantage: Vantage::Stranger,
        access: Access::Allowed,
    };
    house.ask(DAVID, Some(half), recover).unwrap();
    assert!(told(&house, Event::RecoveryCodeUsed { left: 9 }));

    let session = house.enter(ANNE);
    house.reset(ANNE, session, DAVID).unwrap();
    assert!(told(
        &house,
        Event::Reset {
            account: david,
            by: anne
        }
    ));

    let half = house.log_in(DAVID);
    house.begin(DAVID, half, Some(TICKET)).unwrap();
    house.notices.clear();
    house.confirm(DAVID, half).unwrap();
    assert!(
        house
            .notices
            .iter()
            .any(|notice| matches!(notice.event, Event::Bound { .. })
                && notice.to == Audience::Owner { account: david })
    );

    house
        .ask(DAVID, None, Command::Repudiate { link: digest(LINK) })
        .unwrap();
    assert!(told(&house, Event::Repudiated));

    let open = Command::BreakGlass { seal: digest(SEAL) };
    house.notices.clear();
    house.ask(ANNE, None, open).unwrap();
    assert!(house.notices.iter().any(
        |notice| matches!(notice.event, Event::BreakGlassOpening { account, .. } if account == anne)
    ));
}

/// NIST SP 800-63B-4 §4.5, OWASP ASVS 7.4.2.
#[test]
fn who_has_left_has_no_session_and_no_authenticator() {
    let mut house = House::mandated();
    house.enroll(CLAIRE);
    let claire = house.enter(CLAIRE);
    let anne = house.enter(ANNE);
    house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
    assert_eq!(house.standing(CLAIRE, claire), Err(Refusal::LogInRefused));
    // What a stranger hears who has found out the pass phrase says nothing about who left.
    assert_eq!(house.try_log_in(CLAIRE), Err(Refusal::LogInRefused));
    assert!(!matches!(
        house.accounts[CLAIRE].authenticator,
        Authenticator::Active { .. }
    ));
}
