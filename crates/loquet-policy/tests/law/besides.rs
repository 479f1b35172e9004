//! What somebody else began, what is not due yet, what nobody changed: things that stay as they are.

use crate::house::*;
use loquet_policy::*;

fn changes(house: &House, who: usize, whom: usize, session: Session, command: Command) -> Changes {
    let snapshot = Snapshot {
        organisation: Some(&house.organisation),
        roster: Some(&house.roster),
        actor: &house.accounts[who],
        session: Some(&session),
        subject: (who != whom).then(|| &house.accounts[whom]),
    };
    let fresh = Fresh {
        session: SessionId(900),
    };
    decide(&snapshot, &command, house.now, fresh).changes
}

fn begin_replacement(house: &mut House, who: usize, session: Session) -> Result<Grant, Refusal> {
    let code = house.good();
    let recovery = RecoverySet::EMPTY;
    let command = Command::BeginReplacement { code, recovery };
    house.ask(who, Some(session), command)
}

#[test]
fn a_first_enrollment_is_not_shown_as_a_replacement() {
    let mut house = House::enabled();
    let david = house.log_in(DAVID);
    house.begin(DAVID, david, None).unwrap();
    assert_eq!(
        begin_replacement(&mut house, DAVID, david),
        Err(Refusal::NoAuthenticator)
    );
}

#[test]
fn nobody_abandons_what_another_session_began() {
    let mut house = House::enabled();
    let (one, other) = (house.log_in(DAVID), house.log_in(DAVID));
    house.begin(DAVID, one, None).unwrap();
    assert_eq!(
        house.ask(DAVID, Some(other), Command::AbandonEnrollment),
        Err(Refusal::NothingPending)
    );
    assert_eq!(
        house.ask(DAVID, Some(one), Command::AbandonEnrollment),
        Ok(Grant::Done)
    );
}

#[test]
fn of_two_enrollments_the_one_that_timed_out_goes_and_the_other_stays() {
    let mut house = House::enabled();
    let (one, other) = (house.log_in(DAVID), house.log_in(DAVID));
    house.begin(DAVID, one, None).unwrap();
    house.wait(60);
    house.begin(DAVID, other, None).unwrap();
    house.wait(limits::PENDING - 60);
    house.ask(DAVID, Some(other), Command::Settle).unwrap();
    let pendings: Vec<SessionId> = house.accounts[DAVID]
        .pendings
        .iter()
        .flatten()
        .map(|pending| pending.session)
        .collect();
    assert_eq!(pendings, [other.id]);
}

fn set(house: &mut House, setting: Setting) -> Grant {
    let anne = house.enter(ANNE);
    let code = house.good();
    let command = Command::Change { setting, code };
    house.ask(ANNE, Some(anne), command).unwrap()
}

const WIDE: Setting = Setting::EnrollmentWindow {
    seconds: 30 * limits::DAY,
};
const PAPER: Setting = Setting::RecoveryCodes { offered: true };

#[test]
fn a_change_that_is_due_takes_no_other_along() {
    let mut house = House::enabled();
    set(&mut house, WIDE);
    house.wait(limits::DAY);
    set(&mut house, PAPER);
    house.wait(limits::WEAKENING - limits::DAY);
    let david = house.log_in(DAVID);
    house.ask(DAVID, Some(david), Command::Settle).unwrap();
    let options = &house.organisation.options;
    assert_eq!(options.enrollment_window, 30 * limits::DAY);
    assert!(!options.recovery_codes, "a day later");
    house.wait(limits::DAY);
    house.ask(DAVID, Some(david), Command::Settle).unwrap();
    assert!(house.organisation.options.recovery_codes);
}

#[test]
fn cancelling_one_change_cancels_no_other() {
    let mut house = House::enabled();
    set(&mut house, WIDE);
    let anne = house.enter(ANNE);
    let cancel = |kind| Command::CancelChange { kind };
    assert_eq!(
        house.ask(ANNE, Some(anne), cancel(SettingKind::RecoveryCodes)),
        Err(Refusal::NothingScheduled)
    );
    assert_eq!(
        house.ask(ANNE, Some(anne), cancel(SettingKind::EnrollmentWindow)),
        Ok(Grant::Done)
    );
}

#[test]
fn whoever_comes_back_as_an_administrator_among_others_must_have_been_one() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    house.about(ANNE, anne, CLAIRE, Command::Leave).unwrap();
    let code = house.good();
    let roles = RoleSet::new([RoleId::EMPLOYEE, RoleId::ADMINISTRATOR]).unwrap();
    let rehire = Command::Rehire {
        roles,
        ticket: digest(TICKET),
        code,
    };
    assert_eq!(
        house.about(ANNE, anne, CLAIRE, rehire),
        Err(Refusal::EnrolFirst),
        "promoted only once enrolled"
    );
}

#[test]
fn rows_that_nobody_changed_are_not_written() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    let code = ABSENT;
    let role = RoleId::PARENT;
    let unchanged = changes(&house, ANNE, DAVID, anne, Command::AddRole { role, code });
    assert!(unchanged.subject.is_none(), "a parent already");
    let david = house.log_in(DAVID);
    house.begin(DAVID, david, None).unwrap();
    let early = changes(&house, DAVID, DAVID, david, Command::RemoveAuthenticator);
    assert!(early.is_empty(), "what was begun has not timed out");
    // Enrolled already, and on the list as that.
    begin_replacement(&mut house, ANNE, anne).unwrap();
    let check = house.good().check;
    let confirm = Command::ConfirmEnrollment {
        check,
        link: digest(LINK),
        seal: None,
        access: Access::Allowed,
    };
    let replaced = changes(&house, ANNE, ANNE, anne, confirm);
    assert!(replaced.actor.is_some() && replaced.roster.is_none());
    assert!(replaced.organisation.is_none());
}

#[test]
fn the_pass_phrase_given_a_moment_ago_is_no_code_given_a_moment_ago() {
    let mut house = House::enabled();
    let anne = house.enter(ANNE);
    let code = house.good();
    house
        .ask(ANNE, Some(anne), Command::SwitchOff { code })
        .unwrap();
    let anne = house.log_in(ANNE);
    assert_eq!(anne.level, Level::Level1);
    let (role, start) = (RoleId::EMPLOYEE, Start::Now { confirmed: true });
    assert_eq!(
        house.ask(ANNE, Some(anne), Command::Announce { role, start }),
        Err(Refusal::NotFresh)
    );
}

#[test]
fn an_account_made_after_the_mandate_has_its_whole_window() {
    let mut house = House::mandated();
    house.wait(100 * limits::DAY);
    house.accounts[CLAIRE].created = house.now;
    house.wait(limits::ENROLLMENT_WINDOW - 1);
    let claire = house.log_in(CLAIRE);
    assert_eq!(claire.level, Level::EnrolOnly);
    house.begin(CLAIRE, claire, None).unwrap();
    house.wait(1);
    let late = house.try_log_in(CLAIRE);
    assert!(matches!(late, Err(Refusal::TicketRequired(_))), "{late:?}");
}

#[test]
fn one_of_several_roles_is_enough_and_implications_reach_to_their_end() {
    let mut organisation = Organisation::new(OrgId::from(1u64));
    let both = RoleSet::new([RoleId::PARENT, RoleId::EMPLOYEE]).unwrap();
    assert!(covers(&organisation, &both, RoleId::EMPLOYEE));
    assert!(covers(&organisation, &both, RoleId::PARENT));
    // As long a chain as there are roles.
    for role in &mut organisation.roles {
        if role.id == RoleId::EMPLOYEE {
            role.implies = Some(RoleId::PARENT);
        }
    }
    let administrator = RoleSet::of(RoleId::ADMINISTRATOR);
    assert!(covers(&organisation, &administrator, RoleId::PARENT));
}

/// Whoever calls these with another organisation's row is told the strictest, not what that row says.
#[test]
fn the_rules_of_another_organisation_are_no_rules() {
    let house = House::enabled();
    let other = Organisation::new(OrgId::from(2u64));
    let claire = &house.accounts[CLAIRE];
    let requirement = required(Some(&other), claire, house.now);
    assert!(requirement.unreadable && requirement.is_required());
    assert_eq!(
        may_switch_off(Some(&other), claire, house.now),
        Err(Refusal::PolicyUnavailable)
    );
}

#[test]
fn each_requirement_gives_its_reason() {
    let codes = |requirement: Requirement| {
        let reasons = requirement.reasons();
        reasons.map(|reason| reason.code).collect::<Vec<_>>()
    };
    let nothing = Requirement::default();
    assert_eq!(codes(nothing), [""; 0]);
    let toggle = true;
    assert_eq!(codes(Requirement { toggle, ..nothing }), ["TOGGLE"]);
    let unreadable = true;
    let requirement = Requirement {
        unreadable,
        ..nothing
    };
    assert_eq!(codes(requirement), ["POLICY_UNREADABLE"]);
}

/// Errors are for people: each says what was wrong.
#[test]
fn what_is_too_much_says_how_much_is_possible() {
    assert_eq!(
        TooManyRoles.to_string(),
        format!("an account holds at most {} roles", limits::ROLES)
    );
    let codes = limits::RECOVERY_CODES;
    assert_eq!(
        TooManyCodes.to_string(),
        format!("a set has at most {codes} recovery codes")
    );
    let odd = StampError::Level(7).to_string();
    assert!(odd.contains("byte 28") && odd.ends_with(": 7"), "{odd}");
    let set = RecoverySet::new((0..3).map(digest)).unwrap();
    assert_eq!(format!("{set:?}"), "RecoverySet(3 left)");
}
