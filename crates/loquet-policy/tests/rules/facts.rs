//! Functions that change nothing: requirements, forecasts, the roster and sets.

use crate::fixture::*;
use loquet_policy::*;

fn mandate(role: RoleId, by: u64, state: MandateState) -> Mandate {
    let by = AccountId::from(by);
    Mandate {
        kind: MandateKind::SecondFactor,
        role,
        by,
        state,
    }
}

fn define(id: u16, implies: Option<RoleId>) -> RoleDefinition {
    let (id, rank) = (RoleId(id), 1);
    RoleDefinition { id, rank, implies }
}

/// Two mandates cover one account; the earlier one is the reason, whatever its role.
#[test]
fn earliest_mandate_is_the_reason() {
    let mut fixture = Fixture::enabled();
    fixture.accounts[CLAIRE].roles = RoleSet::new([PARENT, EMPLOYEE]).unwrap();
    let at = |moment| fixture.now.plus(moment);
    let in_force = |moment| MandateState::InForce { since: at(moment) };
    let announced = |moment| MandateState::Announced {
        since: fixture.now,
        date: at(moment),
        postponements: 0,
    };
    for (parents, employees, earlier) in [(1, 2, 1u64), (2, 1, 2), (3, 3, 1)] {
        let found = |state: &dyn Fn(u64) -> MandateState, now| {
            let mut organization = fixture.organization.clone();
            organization.mandates = vec![
                mandate(PARENT, 1, state(parents)),
                mandate(EMPLOYEE, 2, state(employees)),
            ];
            required(Some(&organization), &fixture.accounts[CLAIRE], now)
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
fn requirement_is_empty_before_enabling() {
    let mut fixture = Fixture::new();
    let since = UnixTime(0);
    fixture.organization.mandates = vec![mandate(EMPLOYEE, 1, MandateState::InForce { since })];
    fixture.accounts[DAVID].roles = RoleSet::of(RoleId(77));
    for account in &fixture.accounts {
        let found = required(Some(&fixture.organization), account, fixture.now);
        assert_eq!(found, Requirement::default());
    }
    let other = Organization::new(OrgId::from(2u64));
    let requirement = required(Some(&other), &fixture.accounts[CLAIRE], fixture.now);
    assert!(requirement.unreadable && requirement.is_required());
}

/// Implied roles are covered, and a circle of implications ends.
#[test]
fn mandate_covers_implying_roles() {
    let fixture = Fixture::mandated();
    let (ten, eleven, twenty) = (RoleId(10), RoleId(11), RoleId(20));
    let roles = [
        define(10, Some(eleven)),
        define(11, Some(EMPLOYEE)),
        define(20, Some(RoleId(21))),
        define(21, Some(twenty)),
        define(1, Some(PARENT)),
    ];
    let organization = fixture.organization.clone().with_roles(roles);
    // The employee role is redefined.
    assert_eq!(organization.roles.len(), 7);
    assert!(covers(&organization, &RoleSet::of(ten), PARENT));
    // The longest possible chain.
    let chain = fixture.organization.clone();
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
        let mut account = fixture.accounts[DAVID].clone();
        account.roles = RoleSet::of(role);
        let found = required(Some(&organization), &account, fixture.now);
        assert_eq!(found.mandate.is_some(), covered, "{role:?}");
    }
}

#[test]
fn requirement_lists_its_reasons() {
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
fn roster_lists_active_administrators_once() {
    let fixture = Fixture::enabled();
    let anne = &fixture.accounts[ANNE];
    let mut list = Roster::new(fixture.organization.id);
    for who in [BRUNO, ANNE, CLAIRE, DAVID, ANNE] {
        list.admit(&fixture.accounts[who]);
    }
    let listed: Vec<_> = list
        .administrators
        .iter()
        .map(|entry| entry.account)
        .collect();
    assert_eq!(listed, [anne.id, fixture.accounts[BRUNO].id]);
    assert_eq!((list.enrolled(), list.marks), (2, 3));
    assert_eq!(list.administrator(anne.id).unwrap().mark, 3);
    let id = AccountId::from(9u64);
    let (org, since) = (OrgId::from(2u64), fixture.now);
    let status = Status::Deactivated { since };
    let second_factor = SecondFactor::None;
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
                second_factor,
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
    let Fixture {
        organization,
        roster,
        accounts,
        ..
    } = Fixture::enabled();
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

/// Rows of two organizations, or a session of another account, do not belong together.
#[test]
fn rows_of_another_organization_are_refused() {
    let mut fixture = Fixture::enabled();
    let other = fixture.enter(BRUNO);
    let elsewhere = OrgId::from(2u64);
    let mut organization = fixture.organization.clone();
    organization.id = elsewhere;
    let roster = Roster::new(elsewhere);
    let mut subject = fixture.accounts[CLAIRE].clone();
    subject.org = elsewhere;
    let own = Snapshot {
        organization: Some(&fixture.organization),
        roster: Some(&fixture.roster),
        actor: &fixture.accounts[ANNE],
        session: None,
        subject: None,
    };
    let (organization, roster) = (Some(&organization), Some(&roster));
    let (session, subject) = (Some(&other), Some(&subject));
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
            let decision = decide(&snapshot, &command, fixture.now, Fresh { session });
            assert_eq!(decision.answer, Err(Refusal::UnknownAccount));
            assert!(decision.changes.is_empty());
        }
    }
    assert_eq!(
        fixture.current_level(ANNE, other),
        Err(Refusal::UnknownAccount)
    );
}

#[test]
fn next_log_in_is_refused_for_deactivated_account() {
    let mut fixture = Fixture::enabled();
    let next = |fixture: &Fixture| {
        next_log_in(
            &fixture.organization,
            &fixture.accounts[CLAIRE],
            fixture.now,
        )
    };
    fixture.accounts[CLAIRE].status = Status::Deactivated { since: fixture.now };
    assert_eq!(next(&fixture), Err(Refusal::LogInRefused));
    fixture.accounts[CLAIRE].org = OrgId::from(2u64);
    assert_eq!(next(&fixture), Err(Refusal::UnknownAccount));
}

/// Enabling again and announcing the same date change nothing.
#[test]
fn unchanged_policy_changes_no_log_in() {
    let (mandated, mut announced) = (Fixture::mandated(), Fixture::enabled());
    let anne = announced.enter(ANNE);
    announced.schedule_mandate(anne, EMPLOYEE, 20).unwrap();
    let (role, date) = (EMPLOYEE, announced.in_days(20));
    for (mut fixture, change) in [
        (mandated, PolicyChange::Enable),
        (
            announced,
            PolicyChange::Mandate {
                kind: MandateKind::SecondFactor,
                role,
                date,
            },
        ),
    ] {
        fixture.wait(5 * limits::DAY);
        let (by, now) = (fixture.accounts[BRUNO].id, fixture.now);
        let plan = Plan { change, by, now };
        for at in [now, fixture.in_days(10), fixture.in_days(20)] {
            let differences = what_if(&fixture.organization, plan, &fixture.accounts, at);
            assert_eq!(differences.count(), 0, "{change:?}");
        }
    }
}

/// A scheduled change is forecast from the second at which it is due.
#[test]
fn forecast_includes_due_changes() {
    let mut fixture = Fixture::mandated();
    fixture.wait(15 * limits::DAY);
    let (by, due, now) = (fixture.accounts[ANNE].id, fixture.in_days(1), fixture.now);
    let seconds = 20 * limits::DAY;
    let setting = Setting::EnrollmentWindow { seconds };
    fixture.organization.scheduled = vec![Scheduled { setting, by, due }];
    let change = PolicyChange::NoMandate {
        kind: MandateKind::SecondFactor,
        role: EMPLOYEE,
    };
    let plan = Plan { change, by, now };
    let claire = [&fixture.accounts[CLAIRE]];
    let mut found = what_if(&fixture.organization, plan, claire, due);
    let level = found.next().unwrap().before.map(|(level, _)| level);
    assert_eq!(level, Ok(Level::EnrollOnly));
}

/// Each error names what was wrong.
#[test]
fn error_messages_name_the_problem() {
    let two = RoleSet::new([PARENT, EMPLOYEE]).unwrap();
    assert_eq!(
        (two.len(), two.is_empty(), RoleSet::EMPTY.is_empty()),
        (2, false, true)
    );
    let said = TooManyRoles.to_string();
    assert_eq!(said, "an account holds at most 8 roles");
    let odd = ParseSessionError::Level(7).to_string();
    assert!(odd.contains("byte 28") && odd.ends_with(": 7"), "{odd}");
    assert!(
        ParseSessionError::Reserved
            .to_string()
            .contains("bytes 29 to 31")
    );
}

#[test]
fn mandate_is_proposed_for_the_highest_role_below_administrators() {
    let mut organization = Organization::new(OrgId::from(1u64));
    assert_eq!(organization.proposed_role(), EMPLOYEE);
    organization.roles.clear();
    let rank = |id: u16, rank: u8| RoleDefinition {
        id: RoleId(id),
        rank,
        implies: None,
    };
    assert!(organization.define([rank(2, 9)]));
    assert_eq!(organization.proposed_role(), ADMINISTRATOR);
    assert!(organization.define([rank(12, 1), rank(10, 3), rank(11, 2)]));
    assert_eq!(organization.proposed_role(), RoleId(10));
    // What is defined stays as it is, and in order.
    assert!(!organization.define([rank(10, 0)]));
    let ids: Vec<u16> = organization.roles.iter().map(|role| role.id.0).collect();
    assert_eq!(ids, [2, 10, 11, 12]);
    assert_eq!(organization.role(RoleId(10)).unwrap().rank, 3);
}
