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
