//! Access rules: taken back by an administrator or the operator, and what is above them.

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{
    Access, Authorized, BreakGlassCode, Client, Clock, Error, MandateKind, MfaSession, NextStep,
    Refusal, RoleId, RulesChange, Start, UNDO,
};
use loquet_policy::{Event, limits};
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::letters::{post, to};

mod cost;
mod weighed;

const AWAY: &str = "198.51.100.9";

async fn may(fixture: &Fixture, account: u64, address: &str) -> Result<(), Refusal> {
    let client = Fixture::client_at(address);
    let login = fixture.mfa.log_in(account, client).await;
    match login {
        Ok(_) => Ok(()),
        refused => Err(refusal(refused)),
    }
}

async fn set(
    fixture: &Fixture,
    phone: &Phone,
    user: &Authorized,
    text: &str,
) -> Result<RulesChange, Error> {
    let code = fixture.code(phone);
    fixture.mfa.admin(user).set_access_rules(text, code).await
}

/// Multi-factor log-in is enabled, and Anne is in.
async fn enabled() -> (Fixture, Phone, Authorized) {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    (fixture, phone, anne)
}

async fn again(fixture: &Fixture, phone: &Phone) -> Authorized {
    let session = fixture.enter(ANNE, phone).await;
    fixture.user(&session).await
}

async fn undo(fixture: &Fixture, user: &Authorized) -> Result<RulesChange, Error> {
    fixture.mfa.admin(user).undo_access_rules().await
}

async fn undoable_until(fixture: &Fixture, user: &Authorized) -> Option<loquet::UnixTime> {
    let admin = fixture.mfa.admin(user);
    admin.access_rules_undoable_until().await.unwrap()
}

#[tokio::test]
async fn denied_client_sees_no_secret() {
    let (fixture, phone, anne) = enabled().await;
    let (mfa, home, away) = (&fixture.mfa, Fixture::client(), away());
    let session = fixture.log_in(DENIS).await.session;
    mfa.begin_enrollment(&session, "", home).await.unwrap();
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    assert!(matches!(
        mfa.pending_enrollment(&session, &home).await,
        Ok(Some(_))
    ));
    let offer = mfa.pending_enrollment(&session, &away).await;
    assert_eq!(refusal(offer), Refusal::AccessDenied);
    let codes = mfa.pending_recovery_codes(&session, &away).await;
    assert_eq!(refusal(codes), Refusal::AccessDenied);
    let glass = mfa.proposed_break_glass_code(&session, &away).await;
    assert_eq!(refusal(glass), Refusal::AccessDenied);
}

/// What was authorized elsewhere before the rules changed shows nothing from there any more.
#[tokio::test]
async fn denied_administrator_reads_nothing() {
    let (fixture, phone, anne) = enabled().await;
    let session = fixture.enter(ANNE, &phone).await;
    let elsewhere = fixture.mfa.authorize(&session, &away()).await.unwrap();
    let admin = fixture.mfa.admin(&elsewhere);
    assert!(admin.users().await.is_ok());
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    let denied = Refusal::AccessDenied;
    assert_eq!(refusal(admin.users().await), denied);
    assert_eq!(refusal(admin.user(BRUNO).await), denied);
    assert_eq!(refusal(admin.access_rules().await), denied);
    assert_eq!(refusal(admin.propose_break_glass().await), denied);
    assert_eq!(refusal(admin.audit(BRUNO, |_, _| Ok(())).await), denied);
    assert!(fixture.mfa.admin(&anne).users().await.is_ok());
}

#[tokio::test]
async fn rules_are_undone_within_a_day() {
    let (fixture, phone, anne) = enabled().await;
    assert_eq!(refusal(undo(&fixture, &anne).await), Refusal::Unchanged);
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    let denied = Err(Refusal::AccessDenied);
    assert_eq!(may(&fixture, DENIS, AWAY).await, denied);
    assert!(undoable_until(&fixture, &anne).await.is_some());
    let undone = undo(&fixture, &anne).await.unwrap();
    assert_eq!(undone, RulesChange::InForce);
    assert_eq!(may(&fixture, DENIS, AWAY).await, Ok(()), "there were none");
    // And the undoing is undone.
    undo(&fixture, &anne).await.unwrap();
    assert_eq!(may(&fixture, DENIS, AWAY).await, denied);
    // What was closed the day before yesterday waits like everything that opens.
    fixture.clock.advance(UNDO);
    let anne = again(&fixture, &phone).await;
    assert_eq!(refusal(undo(&fixture, &anne).await), Refusal::Unchanged);
    assert_eq!(undoable_until(&fixture, &anne).await, None);
}

#[tokio::test]
async fn undoing_to_and_fro_extends_nothing() {
    let (fixture, phone, anne) = enabled().await;
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    fixture.clock.advance(UNDO - 600);
    let anne = again(&fixture, &phone).await;
    for _ in 0..3 {
        assert_eq!(undo(&fixture, &anne).await.unwrap(), RulesChange::InForce);
    }
    fixture.clock.advance(600);
    let anne = again(&fixture, &phone).await;
    assert_eq!(refusal(undo(&fixture, &anne).await), Refusal::Unchanged);
}

#[tokio::test]
async fn undoing_needs_administrator_who_stays_in() {
    let (fixture, phone, anne) = enabled().await;
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    let parent = fixture.log_in(DENIS).await.session;
    let parent = fixture.user(&parent).await;
    assert_eq!(refusal(undo(&fixture, &parent).await), Refusal::NotAdmin);
    fixture.clock.advance(301);
    assert_eq!(refusal(undo(&fixture, &anne).await), Refusal::NotFresh);
    let session = fixture.enter(ANNE, &phone).await;
    // Back to rules under which the address of the administrator is not allowed: refused.
    let suspended = fixture.operator.suspend_access_rules(ANNE.into()).await;
    suspended.unwrap();
    let away = Fixture::client_at(AWAY);
    let anne = fixture.mfa.authorize(&session, &away).await.unwrap();
    let undone = undo(&fixture, &anne).await;
    assert_eq!(refusal(undone), Refusal::WouldLockOut);
}

#[tokio::test]
async fn operator_suspends_and_rolls_back_rules() {
    let (fixture, phone, anne) = enabled().await;
    let operator = &fixture.operator;
    let suspend = |account: u64| operator.suspend_access_rules(account.into());
    let back = || operator.roll_back_access_rules(ANNE.into());
    assert_eq!(refusal(suspend(ANNE).await), Refusal::Unchanged);
    assert_eq!(refusal(back().await), Refusal::Unchanged);
    assert_eq!(refusal(suspend(DENIS).await), Refusal::NotAdmin);

    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    set(&fixture, &phone, &anne, "allow 203.0.113.0/25")
        .await
        .unwrap();
    suspend(ANNE).await.unwrap();
    assert_eq!(may(&fixture, DENIS, AWAY).await, Ok(()));
    back().await.unwrap();
    assert_eq!(in_force(&fixture, &anne).await, "allow 203.0.113.0/25");
    back().await.unwrap();
    assert_eq!(
        may(&fixture, DENIS, AWAY).await,
        Ok(()),
        "twice is back again"
    );
    suspend(ANNE).await.unwrap_err();

    let letters = post(&fixture).await;
    for administrator in [ANNE, BRUNO] {
        let told = to(&letters, administrator);
        let times = |event| told.iter().filter(|letter| letter.event == event).count();
        assert_eq!(times(Event::AccessRulesSuspended), 1, "{told:?}");
        assert_eq!(times(Event::AccessRulesRolledBack), 2, "{told:?}");
    }
    assert!(operator.verify_audit(ANNE.into()).await.unwrap() > 0);
}

async fn in_force(fixture: &Fixture, user: &Authorized) -> String {
    fixture.mfa.admin(user).access_rules().await.unwrap()
}

#[tokio::test]
async fn rollback_undoes_the_last_change() {
    let (fixture, phone, anne) = enabled().await;
    for len in 24..30 {
        let text = format!("allow 203.0.113.0/{len}");
        set(&fixture, &phone, &anne, &text).await.unwrap();
    }
    let back = fixture.operator.roll_back_access_rules(ANNE.into()).await;
    back.unwrap();
    assert_eq!(in_force(&fixture, &anne).await, "allow 203.0.113.0/28");
}

#[tokio::test]
async fn undoing_ends_after_a_day() {
    for (waited, undone) in [(UNDO - 60, true), (UNDO, false)] {
        let (fixture, phone, anne) = enabled().await;
        set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
            .await
            .unwrap();
        fixture.clock.advance(waited);
        // The session is old by then, and owes a code.
        assert_eq!(refusal(undo(&fixture, &anne).await).code(), "CODE_REQUIRED");
        let now = fixture.clock.now().0;
        let anne = again(&fixture, &phone).await;
        fixture.clock.set(now);
        let answer = undo(&fixture, &anne).await;
        assert_eq!(answer.is_ok(), undone, "after {waited} s: {answer:?}");
    }
}

// Policy, "People": the reset code of a break-glass ignores the access filter.
#[tokio::test]
async fn break_glass_overrides_access_rules() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let session = fixture.log_in(ANNE).await.session;
    let break_glass = fixture.enable(&fixture.user(&session).await).await;
    let (phone, session) = fixture.enroll(&session).await;
    let anne = fixture.user(&session).await;
    let start = Start::Now { confirmed: true };
    let admin = fixture.mfa.admin(&anne);
    let scheduled = admin
        .schedule_mandate(RoleId::STAFF, MandateKind::SecondFactor, start)
        .await;
    scheduled.unwrap();
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    let operator = &fixture.operator;
    let opened = operator.open_break_glass(BRUNO.into(), break_glass.as_str());
    opened.await.unwrap();
    let away = away();
    let may_try = || fixture.mfa.may_try(&away);
    assert_eq!(may_try().await.unwrap(), Access::Denied);
    assert_eq!(may(&fixture, BRUNO, AWAY).await, Err(Refusal::AccessDenied));
    fixture.clock.advance(limits::BREAK_GLASS);
    let collected = operator.collect_reset_code(BRUNO.into(), break_glass.as_str());
    let issued = collected.await.unwrap();
    let expires = fixture.clock.now().plus(limits::BREAK_GLASS_RESET_CODE);
    assert_eq!(issued.expires, expires);
    assert_eq!(
        may_try().await.unwrap(),
        Access::Allowed,
        "its holder must get as far as the password"
    );
    assert_eq!(
        may(&fixture, CHLOE, AWAY).await,
        Err(Refusal::AccessDenied),
        "and no other account further"
    );
    let session = enrolled_away(&fixture, &issued.reset_code.expose()).await;
    // Enrolled again, the rules hold: the operator suspends them if they are what is wrong.
    let authorize = || fixture.mfa.authorize(&session, &away);
    assert_eq!(refusal(authorize().await), Refusal::AccessDenied);
    operator.suspend_access_rules(BRUNO.into()).await.unwrap();
    assert!(authorize().await.is_ok());
}

fn away() -> Client {
    Fixture::client_at(AWAY)
}

/// Bruno enrolls with his reset code where the rules let no one in.
async fn enrolled_away(fixture: &Fixture, reset_code: &str) -> MfaSession {
    let (mfa, away) = (&fixture.mfa, away());
    let login = mfa.log_in(BRUNO, away).await.unwrap();
    assert_eq!(login.next, NextStep::Enroll);
    let session = login.session;
    let progress = || mfa.login_progress(&session, &away);
    assert!(progress().await.is_ok());
    let begun = mfa.begin_enrollment(&session, reset_code, away).await;
    let offer = begun.unwrap();
    fixture.clock.advance(400);
    assert!(progress().await.is_ok());
    let phone = Phone::scan(&offer).unwrap();
    let break_glass = mfa
        .proposed_break_glass_code(&session, &away)
        .await
        .unwrap();
    let (typed, last) = (fixture.code(&phone), last_group(&break_glass));
    let confirmed = mfa
        .confirm_enrollment_after_break_glass(&session, typed, last, away)
        .await
        .unwrap();
    assert_eq!(confirmed.next, NextStep::Done);
    confirmed.session
}

fn last_group(break_glass: &BreakGlassCode) -> String {
    let code = break_glass.expose();
    code.rsplit('-').next().unwrap().to_owned()
}

/// A thief of an administrator's cookie cannot shut users out, not even within five minutes of a code.
#[tokio::test]
async fn t76_rules_that_close_take_a_code_of_their_own() {
    let (fixture, phone, anne) = enabled().await;
    let rules = "default deny\nallow 203.0.113.7";
    let shut = fixture.mfa.admin(&anne).set_access_rules(rules, "").await;
    assert_eq!(refusal(shut), Refusal::StepUp);
    assert_eq!(may(&fixture, DENIS, AWAY).await, Ok(()));
    let set = set(&fixture, &phone, &anne, rules).await;
    assert_eq!(set.unwrap(), RulesChange::InForce);
    assert_eq!(may(&fixture, DENIS, AWAY).await, Err(Refusal::AccessDenied));
}
