//! From where people log in: rules taken back, and the way in that is above them.

use loquet::flow::{
    BeginEnrollment, Ceremony, CollectResetCode, ConfirmEnrollment, EnableMfa, LogIn,
    OpenBreakGlass, RollBackRules, RulesChange, ScheduleMandate, SuspendRules, Typed, UNDO,
    UndoRules,
};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{BreakGlassCode, Clock, Level, Refusal, Refused, Request, ResetCode, RoleId, Stamp};
use loquet_policy::{Access, Event, Start, limits};
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};
use loquet_testkit::letters::{post, to};

mod weighed;

const AWAY: &str = "198.51.100.9";

fn from(address: &str) -> Request {
    Request::new(Some(address.parse().unwrap())).unwrap()
}

async fn may(house: &House, account: u64, address: &str) -> Result<(), Refusal> {
    let account = account.into();
    let answer = house
        .service
        .run(LogIn { account }, &from(address))
        .await
        .unwrap();
    answer
        .granted()
        .map(drop)
        .map_err(|refused| rule::<()>(Err(refused)))
}

async fn set(house: &House, stamp: Stamp, text: &str) -> Result<RulesChange, Refused> {
    house
        .run(house.service.read_rules(stamp, text, "").unwrap())
        .await
}

async fn house() -> (House, Phone, Stamp) {
    let house = House::over(MemoryStore::new()).await;
    let (phone, anne) = house.enabled().await;
    (house, phone, anne)
}

async fn again(house: &House, phone: &Phone) -> Stamp {
    let stamp = house.log_in(ANNE).await.stamp;
    house.give(stamp, &house.code(phone)).await.unwrap().stamp
}

#[tokio::test]
async fn a_change_is_undone_at_once_for_a_day_and_opens_nothing_that_was_not_open() {
    let (house, phone, anne) = house().await;
    assert_eq!(
        rule(house.run(UndoRules::new(anne)).await),
        Refusal::Unchanged
    );
    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    assert_eq!(may(&house, DENIS, AWAY).await, Err(Refusal::AccessDenied));
    assert!(
        house
            .service
            .undoable_until(&anne)
            .await
            .unwrap()
            .unwrap()
            .is_some()
    );
    assert_eq!(
        house.run(UndoRules::new(anne)).await.unwrap(),
        RulesChange::InForce
    );
    assert_eq!(may(&house, DENIS, AWAY).await, Ok(()), "there were none");
    // And the undoing is undone.
    house.run(UndoRules::new(anne)).await.unwrap();
    assert_eq!(may(&house, DENIS, AWAY).await, Err(Refusal::AccessDenied));
    // What was closed the day before yesterday waits like everything that opens.
    house.clock.advance(UNDO);
    let anne = again(&house, &phone).await;
    assert_eq!(
        rule(house.run(UndoRules::new(anne)).await),
        Refusal::Unchanged
    );
    assert_eq!(
        house.service.undoable_until(&anne).await.unwrap().unwrap(),
        None
    );
}

#[tokio::test]
async fn undoing_needs_an_administrator_with_a_recent_code_who_stays_in() {
    let (house, phone, anne) = house().await;
    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    let parent = house.log_in(DENIS).await.stamp;
    assert_eq!(
        rule(house.run(UndoRules::new(parent)).await),
        Refusal::NotAdmin
    );
    house.clock.advance(301);
    assert_eq!(
        rule(house.run(UndoRules::new(anne)).await),
        Refusal::NotFresh
    );
    let anne = again(&house, &phone).await;
    // Back to rules under which the place of whoever asks is not allowed: refused.
    house
        .run(SuspendRules {
            account: ANNE.into(),
        })
        .await
        .unwrap();
    let away = from(AWAY);
    let undo = house
        .service
        .run(UndoRules::new(anne), &away)
        .await
        .unwrap();
    assert_eq!(undo.granted(), Err(Refused::WouldLockOut));
}

#[tokio::test]
async fn the_host_suspends_and_rolls_back_and_every_administrator_hears_of_it() {
    let (house, _, anne) = house().await;
    let suspend = SuspendRules {
        account: ANNE.into(),
    };
    let back = RollBackRules {
        account: ANNE.into(),
    };
    assert_eq!(rule(house.run(suspend).await), Refusal::Unchanged);
    assert_eq!(rule(house.run(back).await), Refusal::Unchanged);
    let parent = SuspendRules {
        account: DENIS.into(),
    };
    assert_eq!(rule(house.run(parent).await), Refusal::NotAdmin);

    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    set(&house, anne, "allow 203.0.113.0/25").await.unwrap();
    house.run(suspend).await.unwrap();
    assert_eq!(may(&house, DENIS, AWAY).await, Ok(()));
    house.run(back).await.unwrap();
    assert_eq!(
        house.service.access_rules(&anne).await.unwrap().unwrap(),
        "allow 203.0.113.0/25"
    );
    house.run(back).await.unwrap();
    assert_eq!(
        may(&house, DENIS, AWAY).await,
        Ok(()),
        "twice is back again"
    );
    house.run(suspend).await.unwrap_err();

    let letters = post(&house).await;
    for administrator in [ANNE, BRUNO] {
        let told = to(&letters, administrator);
        let times = |event| told.iter().filter(|letter| letter.event == event).count();
        assert_eq!(times(Event::AccessRulesSuspended), 1, "{told:?}");
        assert_eq!(times(Event::AccessRulesRolledBack), 2, "{told:?}");
    }
    assert!(house.service.verify_audit(ANNE.into()).await.unwrap() > 0);
}

#[tokio::test]
async fn a_rollback_after_many_changes_undoes_the_last() {
    let (house, _, anne) = house().await;
    for len in 24..30 {
        let text = format!("allow 203.0.113.0/{len}");
        set(&house, anne, &text).await.unwrap();
    }
    let back = RollBackRules {
        account: ANNE.into(),
    };
    house.run(back).await.unwrap();
    assert_eq!(
        house.service.access_rules(&anne).await.unwrap().unwrap(),
        "allow 203.0.113.0/28"
    );
}

#[tokio::test]
async fn undoing_at_once_ends_with_the_day() {
    for (waited, undone) in [(UNDO - 1, true), (UNDO, false)] {
        let (house, _, anne) = house().await;
        set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
        house.clock.advance(waited);
        // The session is old by then: whoever must give a code again has not been refused for the day.
        let refusal = rule(house.run(UndoRules::new(anne)).await);
        let due = if undone {
            Refusal::NotFresh
        } else {
            Refusal::Unchanged
        };
        assert_eq!(refusal, due, "after {waited} s");
    }
}

// Policy, "People": the reset code of a break-glass ignores the access filter.
#[tokio::test]
async fn break_glass_is_above_the_access_rules_on_every_request() {
    let house = House::over(MemoryStore::new()).await;
    let stamp = house.log_in(ANNE).await.stamp;
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap();
    let typed_back = last_group(&break_glass);
    house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    let (_, anne) = house.enroll(stamp).await;
    let role = RoleId::EMPLOYEE;
    let start = Start::Now { confirmed: true };
    let mandate = ScheduleMandate {
        stamp: anne,
        role,
        start,
    };
    house.run(mandate).await.unwrap();
    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    let account = BRUNO.into();
    let typed = || break_glass.expose().to_string().into();
    let open = OpenBreakGlass {
        account,
        typed: typed(),
    };
    away(&house, open).await.unwrap();
    let may_try = || house.service.may_try(house.org, from(AWAY).address);
    assert_eq!(may_try().await.unwrap(), Access::Denied);
    assert_eq!(may(&house, BRUNO, AWAY).await, Err(Refusal::AccessDenied));
    house.clock.advance(limits::BREAK_GLASS);
    let collect = CollectResetCode {
        account,
        typed: typed(),
    };
    let handed = house.run(collect).await.unwrap();
    let expires = house.clock.now().plus(limits::BREAK_GLASS_RESET_CODE);
    assert_eq!(handed.expires, expires);
    assert_eq!(
        may_try().await.unwrap(),
        Access::Allowed,
        "somebody must get as far as the password"
    );
    assert_eq!(
        may(&house, CHLOE, AWAY).await,
        Err(Refusal::AccessDenied),
        "and nobody else further"
    );
    let stamp = enrolled_away(&house, handed.reset_code).await;
    // Enrolled again, the rules hold: the host suspends them if they are what is wrong.
    let standing = || house.service.check(&stamp, from(AWAY).address);
    assert_eq!(
        standing().await.unwrap().unwrap_err(),
        Refusal::AccessDenied
    );
    house.run(SuspendRules { account }).await.unwrap();
    assert!(standing().await.unwrap().is_ok());
}

/// Bruno enrolls with his reset code where the rules let nobody in.
async fn enrolled_away(house: &House, reset_code: ResetCode) -> Stamp {
    let account = BRUNO.into();
    let stamp = away(house, LogIn { account }).await.unwrap().stamp;
    assert_eq!(stamp.level(), Level::EnrollOnly);
    let standing = || house.service.check(&stamp, from(AWAY).address);
    assert!(standing().await.unwrap().is_ok());
    let reset_code = reset_code.expose().to_string().into();
    let offer = away(house, BeginEnrollment { stamp, reset_code })
        .await
        .unwrap();
    house.clock.advance(400);
    assert!(standing().await.unwrap().is_ok());
    let phone = Phone::scan(&offer).unwrap();
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap();
    let confirm = ConfirmEnrollment {
        stamp,
        typed: house.code(&phone).into(),
        break_glass_typed_back: last_group(&break_glass),
    };
    let stamp = away(house, confirm).await.unwrap().stamp;
    assert_eq!(stamp.level(), Level::Level2);
    stamp
}

fn last_group(break_glass: &BreakGlassCode) -> Typed {
    break_glass.expose().rsplit('-').next().unwrap().into()
}

async fn away<C: Ceremony>(house: &House, ceremony: C) -> Result<C::Grant, Refused> {
    let settled = house.service.run(ceremony, &from(AWAY)).await;
    settled.unwrap().granted()
}
