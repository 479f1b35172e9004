//! Where notices go, and whom a mandate's concern.

use crate::house::*;
use loquet_policy::*;

#[test]
fn an_address_is_changed_by_its_owner_with_a_fresh_code_where_one_can_be_had() {
    let mut house = House::enabled();
    let david = house.log_in(DAVID);
    let change = |code| Command::ChangeAddress { code };
    assert!(house.ask(DAVID, Some(david), change(ABSENT)).is_ok());
    house.enroll(CLAIRE);
    let claire = house.enter(CLAIRE);
    house.notices.clear();
    assert_eq!(
        house.ask(CLAIRE, Some(claire), change(ABSENT)),
        Err(Refusal::StepUp)
    );
    let code = house.good();
    assert!(house.ask(CLAIRE, Some(claire), change(code)).is_ok());
    let account = house.accounts[CLAIRE].id;
    let told = Notice {
        to: Audience::Owner { account },
        event: Event::AddressChanged,
    };
    assert_eq!(house.notices, [told]);
    assert!(
        matches!(
            house.ask(CLAIRE, Some(claire), change(code)),
            Err(Refusal::AlreadyUsed { .. })
        ),
        "the code is used up"
    );
    // Whoever reports the phone lost with a stolen pass phrase cannot lead its letters elsewhere.
    house.ask(CLAIRE, None, Command::ReportLost).unwrap();
    let thief = house.log_in(CLAIRE);
    assert!(house.ask(CLAIRE, Some(thief), change(ABSENT)).is_err());
    assert_eq!(house.ask(CLAIRE, None, change(ABSENT)), Ok(Grant::Done));
}

#[test]
fn a_mandate_covers_its_role_and_those_that_imply_it() {
    let cook = RoleDefinition {
        id: RoleId(7),
        rank: 1,
        implies: Some(RoleId::EMPLOYEE),
    };
    let organisation = Organisation::new(OrgId::from(1u64)).with_roles([cook]);
    for (role, covered) in [
        (RoleId::PARENT, false),
        (RoleId::EMPLOYEE, true),
        (RoleId::ADMINISTRATOR, true),
        (RoleId(7), true),
        (RoleId(8), false),
    ] {
        let roles = RoleSet::of(role);
        assert_eq!(
            covers(&organisation, &roles, RoleId::EMPLOYEE),
            covered,
            "{role:?}"
        );
    }
}
