//! Questions that change nothing: who must, and why; lists and sets; whose rows belong together.

use crate::house::*;
use loquet_policy::*;

fn mandate(role: RoleId, by: u64, state: MandateState) -> Mandate {
    let by = AccountId::from(by);
    Mandate { role, by, state }
}

fn define(id: u16, implies: Option<RoleId>) -> RoleDefinition {
    let (id, rank) = (RoleId(id), 1);
    RoleDefinition { id, rank, implies }
}

/// Two mandates cover one account: the earliest is the reason that is given, whichever role it is of.
#[test]
fn of_several_mandates_the_earliest_is_the_reason() {
    let mut house = House::enabled();
    house.accounts[CLAIRE].roles = RoleSet::new([PARENT, EMPLOYEE]).unwrap();
    let at = |moment| house.now.plus(moment);
    let in_force = |moment| MandateState::InForce { since: at(moment) };
    let announced = |moment| MandateState::Announced {
        since: house.now,
        date: at(moment),
        postponements: 0,
    };
    for (parents, employees, earlier) in [(1, 2, 1u64), (2, 1, 2), (3, 3, 1)] {
        let found = |state: &dyn Fn(u64) -> MandateState, now| {
            let mut organization = house.organization.clone();
            organization.mandates = vec![
                mandate(PARENT, 1, state(parents)),
                mandate(EMPLOYEE, 2, state(employees)),
            ];
            required(Some(&organization), &house.accounts[CLAIRE], now)
        };
        let now = found(&in_force, at(9));
        assert_eq!(now.mandate.unwrap().by, earlier.into());
        assert_eq!(now.announced, None);
        let later = found(&announced, at(0));
        assert_eq!(later.announced.unwrap().by, earlier.into());
        assert!(!later.is_required());
    }
}

#[test]
fn nothing_is_required_before_enabling_and_the_strictest_by_another_organization() {
    let mut house = House::new();
    let since = UnixTime(0);
    house.organization.mandates = vec![mandate(EMPLOYEE, 1, MandateState::InForce { since })];
    house.accounts[DAVID].roles = RoleSet::of(RoleId(77));
    for account in &house.accounts {
        let found = required(Some(&house.organization), account, house.now);
        assert_eq!(found, Requirement::default());
    }
    let other = Organization::new(OrgId::from(2u64));
    let requirement = required(Some(&other), &house.accounts[CLAIRE], house.now);
    assert!(requirement.unreadable && requirement.is_required());
}

/// An administrator is covered as an employee, and whoever an embedder says is one too; a circle of roles ends.
#[test]
fn a_mandate_covers_its_role_and_those_that_imply_it() {
    let house = House::mandated();
    let (ten, eleven, twenty) = (RoleId(10), RoleId(11), RoleId(20));
    let roles = [
        define(10, Some(eleven)),
        define(11, Some(EMPLOYEE)),
        define(20, Some(RoleId(21))),
        define(21, Some(twenty)),
        define(1, Some(PARENT)),
    ];
    let organization = house.organization.clone().with_roles(roles);
    // The employee was defined anew.
    assert_eq!(organization.roles.len(), 7);
    assert!(covers(&organization, &RoleSet::of(ten), PARENT));
    // As long a chain as there are roles.
    let chain = house.organization.clone();
    let chain = chain.with_roles([define(1, Some(PARENT))]);
    assert!(covers(&chain, &RoleSet::of(ADMINISTRATOR), PARENT));
    for (role, covered) in [
        (ten, true),
        (eleven, true),
        (ADMINISTRATOR, true),
        (EMPLOYEE, true),
        (PARENT, false),
        (twenty, false),
        (RoleId(8), false),
    ] {
        let both = RoleSet::new([PARENT, role]).unwrap();
        assert_eq!(covers(&organization, &both, EMPLOYEE), covered, "{role:?}");
        let mut account = house.accounts[DAVID].clone();
        account.roles = RoleSet::of(role);
        let found = required(Some(&organization), &account, house.now);
        assert_eq!(found.mandate.is_some(), covered, "{role:?}");
    }
}

#[test]
fn each_requirement_gives_its_reason() {
    let nothing = Requirement::default();
    let (toggle, unreadable) = (true, true);
    for (requirement, codes) in [
        (nothing, &[][..]),
        (Requirement { toggle, ..nothing }, &["TOGGLE"]),
        (
            Requirement {
                unreadable,
                ..nothing
            },
            &["POLICY_UNREADABLE"],
        ),
    ] {
        let reasons: Vec<_> = requirement.reasons().map(|reason| reason.code).collect();
        assert_eq!(reasons, codes);
    }
}

#[test]
fn the_list_holds_each_active_administrator_once_in_order() {
    let house = House::enabled();
    let anne = &house.accounts[ANNE];
    let mut list = Roster::new(house.organization.id);
    for who in [BRUNO, ANNE, CLAIRE, DAVID, ANNE] {
        list.admit(&house.accounts[who]);
    }
    let listed: Vec<_> = list
        .administrators
        .iter()
        .map(|entry| entry.account)
        .collect();
    assert_eq!(listed, [anne.id, house.accounts[BRUNO].id]);
    assert_eq!((list.enrolled(), list.marks), (2, 3));
    assert_eq!(list.administrator(anne.id).unwrap().mark, 3);
    let id = AccountId::from(9u64);
    let (org, since) = (OrgId::from(2u64), house.now);
    let status = Status::Deactivated { since };
    let authenticator = Authenticator::None;
    for (stranger, listed) in [
        (
            Account {
                id,
                org,
                ..anne.clone()
            },
            2,
        ),
        (
            Account {
                id,
                status,
                ..anne.clone()
            },
            2,
        ),
        (
            Account {
                id,
                authenticator,
                ..anne.clone()
            },
            3,
        ),
    ] {
        list.admit(&stranger);
        assert_eq!((list.administrators.len(), list.enrolled()), (listed, 2));
    }
}

#[test]
fn changes_are_empty_when_no_row_is_written() {
    let House {
        organization,
        roster,
        accounts,
        ..
    } = House::enabled();
    let none = Changes::default();
    assert!(none.is_empty());
    let (organization, roster) = (Some(organization), Some(roster));
    let (actor, subject) = (accounts.first().cloned(), accounts.last().cloned());
    for changes in [
        Changes {
            organization,
            ..none.clone()
        },
        Changes {
            roster,
            ..none.clone()
        },
        Changes {
            actor,
            ..none.clone()
        },
        Changes { subject, ..none },
    ] {
        assert!(!changes.is_empty());
    }
}

/// Rows of two organizations, and a stamp of somebody else, do not belong together.
#[test]
fn a_stranger_to_the_organization_hears_of_no_account() {
    let mut house = House::enabled();
    let stamp = house.enter(BRUNO);
    let elsewhere = OrgId::from(2u64);
    let mut organization = house.organization.clone();
    organization.id = elsewhere;
    let roster = Roster::new(elsewhere);
    let mut subject = house.accounts[CLAIRE].clone();
    subject.org = elsewhere;
    let own = Snapshot {
        organization: Some(&house.organization),
        roster: Some(&house.roster),
        actor: &house.accounts[ANNE],
        session: None,
        subject: None,
    };
    let (organization, roster) = (Some(&organization), Some(&roster));
    let (session, subject) = (Some(&stamp), Some(&subject));
    for snapshot in [
        Snapshot {
            organization,
            ..own
        },
        Snapshot { roster, ..own },
        Snapshot { session, ..own },
        Snapshot { subject, ..own },
    ] {
        for command in [Command::ApplyDue, Command::Deactivate, Command::LogOut] {
            let session = SessionId(9);
            let decision = decide(&snapshot, &command, house.now, Fresh { session });
            assert_eq!(decision.answer, Err(Refusal::UnknownAccount));
            assert!(decision.changes.is_empty());
        }
    }
    assert_eq!(house.standing(ANNE, stamp), Err(Refusal::UnknownAccount));
}

#[test]
fn the_next_log_in_of_who_left_or_belongs_elsewhere_is_refused() {
    let mut house = House::enabled();
    let next = |house: &House| entrance(&house.organization, &house.accounts[CLAIRE], house.now);
    house.accounts[CLAIRE].status = Status::Deactivated { since: house.now };
    assert_eq!(next(&house), Err(Refusal::LogInRefused));
    house.accounts[CLAIRE].org = OrgId::from(2u64);
    assert_eq!(next(&house), Err(Refusal::UnknownAccount));
}

/// What holds already changes nothing: enabling again, the same date.
#[test]
fn what_holds_already_changes_no_log_in() {
    let (mandated, mut announced) = (House::mandated(), House::enabled());
    let anne = announced.enter(ANNE);
    announced.announce(anne, EMPLOYEE, 20).unwrap();
    let (role, date) = (EMPLOYEE, announced.in_days(20));
    for (mut house, change) in [
        (mandated, PolicyChange::Enable),
        (announced, PolicyChange::Mandate { role, date }),
    ] {
        house.wait(5 * limits::DAY);
        let (by, now) = (house.accounts[BRUNO].id, house.now);
        let plan = Plan { change, by, now };
        for at in [now, house.in_days(10), house.in_days(20)] {
            let differences = what_if(&house.organization, plan, &house.accounts, at);
            assert_eq!(differences.count(), 0, "{change:?}");
        }
    }
}

/// A change that waits is foreseen from the second on at which it is due.
#[test]
fn a_forecast_knows_what_is_due_by_then() {
    let mut house = House::mandated();
    house.wait(15 * limits::DAY);
    let (by, due, now) = (house.accounts[ANNE].id, house.in_days(1), house.now);
    let seconds = 20 * limits::DAY;
    let setting = Setting::EnrollmentWindow { seconds };
    house.organization.scheduled = vec![Scheduled { setting, by, due }];
    let change = PolicyChange::NoMandate { role: EMPLOYEE };
    let plan = Plan { change, by, now };
    let claire = [&house.accounts[CLAIRE]];
    let mut found = what_if(&house.organization, plan, claire, due);
    let level = found.next().unwrap().before.map(|(level, _)| level);
    assert_eq!(level, Ok(Level::EnrollOnly));
}

/// Errors are for people: each says what was wrong.
#[test]
fn an_error_says_what_was_wrong() {
    let two = RoleSet::new([PARENT, EMPLOYEE]).unwrap();
    assert_eq!(
        (two.len(), two.is_empty(), RoleSet::EMPTY.is_empty()),
        (2, false, true)
    );
    let said = TooManyRoles.to_string();
    assert_eq!(said, "an account holds at most 8 roles");
    let odd = StampError::Level(7).to_string();
    assert!(odd.contains("byte 28") && odd.ends_with(": 7"), "{odd}");
    assert!(StampError::Reserved.to_string().contains("bytes 29 to 31"));
}
