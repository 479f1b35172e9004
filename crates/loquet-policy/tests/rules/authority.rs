//! What is asked of the rules beside commands.

use crate::fixture::*;
use loquet_policy::*;

type Question = fn(&Snapshot<'_>, UnixTime) -> Result<(), Refusal>;

impl Fixture {
    fn may(&self, question: Question, who: usize, session: Session) -> Result<(), Refusal> {
        question(&self.snapshot(who, &session), self.now)
    }
}

#[test]
fn administration_requires_an_administrator_in_full() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let half = fixture.log_in(ANNE);
    let claire = fixture.log_in(CLAIRE);
    let (owed, not_admin) = (Refusal::CodeRequired(Cause::default()), Refusal::NotAdmin);
    for question in [
        may_see_administration,
        may_administer,
        may_see_break_glass_code,
    ] {
        assert_eq!(fixture.may(question, ANNE, anne), Ok(()));
        assert_eq!(fixture.may(question, CLAIRE, claire), Err(not_admin));
        let refused = fixture.may(question, ANNE, half).unwrap_err();
        assert_eq!(refused.next_step(), owed.next_step(), "{refused:?}");
    }
    fixture.wait(limits::RECENT);
    assert_eq!(fixture.may(may_administer, ANNE, anne), Ok(()));
    fixture.wait(1);
    let stale = Err(Refusal::NotFresh);
    assert_eq!(fixture.may(may_administer, ANNE, anne), stale);
    assert_eq!(fixture.may(may_see_administration, ANNE, anne), Ok(()));
}

#[test]
fn nothing_is_administered_before_enabling() {
    let mut fixture = Fixture::new();
    let anne = fixture.log_in(ANNE);
    assert_eq!(fixture.may(may_see_administration, ANNE, anne), Ok(()));
    let refused = fixture.may(may_administer, ANNE, anne);
    assert_eq!(refused, Err(Refusal::NotEnabled));
}

#[test]
fn host_creates_no_administrator_once_enabled() {
    for (fixture, administrators) in [(Fixture::new(), true), (Fixture::enabled(), false)] {
        let may = |who: usize| may_create(&fixture.organization, &fixture.accounts[who]);
        assert_eq!((may(ANNE), may(CLAIRE)), (administrators, true));
    }
}

#[test]
fn break_glass_code_is_shown_to_enrolling_administrator() {
    let mut fixture = Fixture::mandated();
    let anne = fixture.enter(ANNE);
    fixture.reset(ANNE, anne, BRUNO).unwrap();
    let bruno = fixture.log_in(BRUNO);
    let refused = fixture.may(may_see_break_glass_code, BRUNO, bruno);
    assert!(
        matches!(refused, Err(Refusal::EnrollOnly(_))),
        "by a reset: {refused:?}"
    );
    fixture.open_and_collect(BRUNO);
    let bruno = fixture.log_in(BRUNO);
    assert_eq!(fixture.may(may_see_break_glass_code, BRUNO, bruno), Ok(()));
    let refused = fixture.may(may_see_administration, BRUNO, bruno);
    assert!(
        matches!(refused, Err(Refusal::EnrollOnly(_))),
        "{refused:?}"
    );
}

#[test]
fn only_break_glass_bypasses_access_rules() {
    let mut fixture = Fixture::enabled();
    let refusals = [
        (Access::Denied, Refusal::AccessDenied),
        (Access::Unknown, Refusal::AccessUnknown),
    ];
    for (access, refusal) in refusals {
        let refused = may_enter(&fixture.accounts[BRUNO], access, fixture.now);
        assert_eq!(refused, Err(refusal));
    }
    fixture.open_and_collect(BRUNO);
    for (access, _) in refusals {
        assert_eq!(
            may_enter(&fixture.accounts[BRUNO], access, fixture.now),
            Ok(())
        );
    }
    fixture.wait(limits::DAY * 365);
    let late = may_enter(&fixture.accounts[BRUNO], Access::Denied, fixture.now);
    assert_eq!(late, Err(Refusal::AccessDenied));
}

#[test]
fn code_within_requires_a_code() {
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let check = |level, seconds, age| require_code_within(&anne, level, seconds, anne.at.plus(age));
    assert_eq!(check(Level::Level2, 60, 60), Ok(()));
    assert_eq!(check(Level::Level2, 60, 61), Err(Refusal::NotFresh));
    assert_eq!(check(Level::Level1, 60, 0), Err(Refusal::NotFresh));
}

#[test]
fn only_deactivated_accounts_are_erased() {
    let mut fixture = Fixture::enabled();
    let active = &fixture.accounts[CLAIRE];
    assert_eq!(may_erase(active), Err(Refusal::NotDeactivated));
    assert_eq!(may_lend_name(active), Err(Refusal::NotAdmin));
    assert_eq!(may_lend_name(&fixture.accounts[ANNE]), Ok(()));
    assert_eq!(may_rename(active), Ok(()));
    fixture.host(CLAIRE, Command::HostDeactivate).unwrap();
    let since = fixture.now;
    let refused = may_rename(&fixture.accounts[CLAIRE]);
    assert_eq!(refused, Err(Refusal::IsDeactivated { since }));
    assert_eq!(may_erase(&fixture.accounts[CLAIRE]), Ok(()));
    let anne = fixture.enter(ANNE);
    fixture.accounts[CLAIRE].erased = true;
    let back = fixture.reactivate(anne, CLAIRE, &[EMPLOYEE]);
    assert_eq!(back, Err(Refusal::UnknownAccount));
    fixture.accounts[CLAIRE].erased = false;
    assert!(fixture.reactivate(anne, CLAIRE, &[EMPLOYEE]).is_ok());
}

/// T86: one administrator deactivates or demotes the others, and renews the break-glass code, so that the envelope is void.
#[test]
fn t86_operator_appoints_where_one_administrator_took_over() {
    let mut fixture = Fixture::enabled();
    let reset_code = digest(RESET_CODE);
    let appoint = Command::AppointAdministrator { reset_code };
    let mallory = fixture.enter(ANNE);
    let role = ADMINISTRATOR;
    let demoted = fixture.about(ANNE, mallory, BRUNO, Command::RemoveRole { role });
    demoted.unwrap();
    let code = fixture.good();
    let (break_glass, typed_back) = (digest(9), true);
    let renew = Command::RenewBreakGlassCode {
        break_glass,
        typed_back,
        code,
    };
    fixture.ask(ANNE, mallory, renew).unwrap();
    assert_eq!(fixture.open(BRUNO, BREAK_GLASS), Err(Refusal::NotAdmin));

    // The host changes the password, which ends the sessions, and appoints.
    let by_owner = false;
    let changed = fixture.host(ANNE, Command::PasswordChanged { by_owner });
    changed.unwrap();
    assert!(fixture.current_level(ANNE, mallory).is_err());
    assert_eq!(fixture.host(BRUNO, appoint), Ok(Grant::Done));
    let account = fixture.accounts[BRUNO].id;
    assert!(fixture.notified(Event::AppointedByHost { account }));
    assert_eq!(fixture.host(BRUNO, appoint), Err(Refusal::Unchanged));
    let bruno = fixture.enter(BRUNO);
    let deactivated = fixture.about(BRUNO, bruno, ANNE, Command::Deactivate);
    deactivated.unwrap();
    let code = fixture.good();
    let renew = Command::RenewBreakGlassCode {
        break_glass,
        typed_back,
        code,
    };
    fixture.ask(BRUNO, bruno, renew).unwrap();
}

/// One without an authenticator, or deactivated, enrolls with the code that the host hands over.
#[test]
fn appointed_administrator_without_authenticator_enrolls_with_the_code() {
    let reset_code = digest(RESET_CODE);
    let appoint = Command::AppointAdministrator { reset_code };
    let mut fixture = Fixture::new();
    assert_eq!(fixture.host(CLAIRE, appoint), Err(Refusal::NotEnabled));
    let mut fixture = Fixture::enabled();
    let anne = fixture.enter(ANNE);
    let deactivated = fixture.about(ANNE, anne, BRUNO, Command::Deactivate);
    deactivated.unwrap();
    for who in [BRUNO, CLAIRE] {
        let appointed = fixture.host(who, appoint);
        assert!(
            matches!(appointed, Ok(Grant::ResetCodeIssued { .. })),
            "{appointed:?}"
        );
        let session = fixture.log_in(who);
        let refused = fixture.begin(who, session, None);
        assert!(
            matches!(refused, Err(Refusal::ResetCodeRequired(_))),
            "{refused:?}"
        );
        fixture.begin(who, session, Some(RESET_CODE)).unwrap();
        fixture.confirm(who, session).unwrap();
        let session = fixture.enter(who);
        // On no probation.
        fixture.reset(who, session, ANNE).unwrap();
        let anne = fixture.log_in(ANNE);
        fixture.begin(ANNE, anne, Some(RESET_CODE)).unwrap();
        fixture.confirm(ANNE, anne).unwrap();
    }
    fixture.accounts[DAVID].erased = true;
    assert_eq!(fixture.host(DAVID, appoint), Err(Refusal::UnknownAccount));
}
