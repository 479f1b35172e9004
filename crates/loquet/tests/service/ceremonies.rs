//! The ceremonies beyond the article's path, over the memory store. SQLite runs the same ones.

use loquet::Clock;
use loquet::flow::{ChangeAddress, HostDeactivate, MoveMandate, ScheduleMandate, SetAddress};
use loquet::store::{BoxError, MemoryStore, PAGE};
use loquet::{Deliver, Letter, Refused, RoleId};
use loquet_policy::{Event, Start, UnixTime, limits};
use loquet_testkit::flaky::FlakyStore;
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, House};
use loquet_testkit::letters::{post, to};

#[tokio::test]
async fn letters_reach_those_whom_they_concern() {
    loquet_testkit::letters::all(MemoryStore::new).await;
}

#[tokio::test]
async fn recovery_options_reset_codes_and_break_glass() {
    loquet_testkit::ceremonies::all(MemoryStore::new).await;
}

/// What two nodes over one store say to one person, of the reminders alone.
async fn reminded(nodes: &[House; 2], account: u64) -> Vec<Event> {
    let [one, two] = nodes;
    let (first, second) = tokio::join!(one.service.tick(), two.service.tick());
    first.unwrap();
    second.unwrap();
    let letters = post(one).await;
    to(&letters, account)
        .iter()
        .map(|letter| letter.event)
        .filter(|event| {
            matches!(
                event,
                Event::MandateReminder { .. } | Event::MandateInForce { .. }
            )
        })
        .collect()
}

#[tokio::test]
async fn people_are_reminded_seven_days_and_one_day_before_a_date_and_at_it_once() {
    let store = FlakyStore::default();
    let one = House::over(store.clone()).await;
    let two = House::at(store, one.clock.clone()).await;
    let clock = one.clock.clone();
    let (_, stamp) = one.enabled().await;
    let role = RoleId::EMPLOYEE;
    let date = clock.now().plus(20 * limits::DAY);
    let start = Start::At(date);
    one.run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    let later = date.plus(10 * limits::DAY);
    one.run(MoveMandate {
        stamp,
        role,
        date: later,
    })
    .await
    .unwrap();
    let nodes = [one, two];
    let until = |moment: UnixTime| clock.advance(moment.0.saturating_sub(clock.now().0));
    let before = |days: u64| UnixTime(later.0.saturating_sub(days.saturating_mul(limits::DAY)));
    let reminder = Event::MandateReminder { role, date: later };
    let force = Event::MandateInForce { role };
    for (moment, said) in [
        (UnixTime(before(7).0.saturating_sub(1)), vec![]),
        (before(7), vec![reminder]),
        (before(7), vec![]),
        (before(6), vec![]),
        (before(1), vec![reminder]),
        (before(1), vec![]),
        (later, vec![force]),
        (later.plus(limits::DAY), vec![]),
    ] {
        until(moment);
        assert_eq!(reminded(&nodes, CHLOE).await, said, "{moment:?}");
    }
    assert!(reminded(&nodes, DENIS).await.is_empty());
    assert!(nodes[0].service.verify_audit(ANNE.into()).await.is_ok());
}

#[tokio::test]
async fn a_date_told_the_day_before_and_a_host_that_slept_remind_once() {
    let house = House::over(MemoryStore::new()).await;
    let (_, stamp) = house.enabled().await;
    let role = RoleId::EMPLOYEE;
    let date = house.clock.now().plus(limits::NOTICE);
    let start = Start::At(date);
    house
        .run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    post(&house).await;
    assert_eq!(house.service.tick().await.unwrap(), 0, "just told");
    // Nobody ticked for days: of two reminders that are due, one is said.
    house.clock.advance(limits::NOTICE.saturating_sub(60));
    assert_eq!(house.service.tick().await.unwrap(), 1);
    let letters = post(&house).await;
    assert_eq!(to(&letters, CHLOE).len(), 1);
    // At the date, from whoever ticks first.
    house.clock.advance(60);
    assert_eq!(house.service.tick().await.unwrap(), 1);
    let letters = post(&house).await;
    assert_eq!(to(&letters, CHLOE)[0].event, Event::MandateInForce { role });
}

/// An administrator is told of what is about employees as one of them, and of what is about parents as an administrator:
/// once of each.
#[tokio::test]
async fn an_administrator_hears_of_a_mandate_once() {
    let house = House::over(MemoryStore::new()).await;
    let (_, stamp) = house.enabled().await;
    post(&house).await;
    for (role, others) in [(RoleId::EMPLOYEE, CHLOE), (RoleId::PARENT, DENIS)] {
        let date = house.clock.now().plus(20 * limits::DAY);
        let start = Start::At(date);
        house
            .run(ScheduleMandate { stamp, role, start })
            .await
            .unwrap();
        let letters = post(&house).await;
        let told = Event::MandateAnnounced { role, date };
        for account in [ANNE, BRUNO, others] {
            let events: Vec<Event> = to(&letters, account).iter().map(|it| it.event).collect();
            assert_eq!(events, [told], "account {account}, role {}", role.0);
        }
    }
}

#[tokio::test]
async fn the_owner_too_changes_the_address_only_while_those_before_leave_room() {
    let house = House::over(MemoryStore::new()).await;
    let stamp = house.log_in(DENIS).await.stamp;
    let change = |n: u32| ChangeAddress {
        stamp,
        address: format!("a{n}@example.org").parse().unwrap(),
        typed: "".into(),
    };
    for n in 0..8 {
        house.run(change(n)).await.unwrap();
    }
    assert_eq!(house.run(change(9)).await, Err(Refused::TooManyAddresses));
}

/// Of a first address nobody is told, and of nothing else is anybody left untold.
#[tokio::test]
async fn a_first_address_hides_no_other_notice() {
    let house = House::over(MemoryStore::new()).await;
    let (_, stamp) = house.enabled().await;
    let role = RoleId::EMPLOYEE;
    let start = Start::At(house.clock.now().plus(limits::NOTICE));
    house
        .run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    post(&house).await;
    house.clock.advance(limits::NOTICE);
    let set = SetAddress {
        account: CHLOE.into(),
        address: "chloe@example.org".parse().unwrap(),
    };
    house.run(set).await.unwrap();
    let letters = post(&house).await;
    let events: Vec<Event> = to(&letters, CHLOE).iter().map(|it| it.event).collect();
    assert_eq!(events, [Event::MandateInForce { role }]);
}

/// A post office on strike.
struct Strike;

impl Deliver for Strike {
    async fn deliver(&self, _: &Letter) -> Result<(), BoxError> {
        Err("no letters today".into())
    }
}

#[tokio::test]
async fn what_is_not_delivered_waits_and_says_why() {
    let house = House::over(MemoryStore::new()).await;
    house.enabled().await;
    let round = house.service.deliver(&Strike).await.unwrap();
    assert_eq!(round.letters, 0);
    assert!(round.waiting > 1, "{round:?}");
    let fault = round.fault.unwrap().to_string();
    assert!(fault.contains("no letters today"), "{fault}");
    let letters = post(&house).await;
    assert_eq!(u32::try_from(letters.len()).unwrap(), round.waiting);
}

/// More than a page of the outbox that cannot be delivered ends all the same.
#[tokio::test]
async fn a_long_strike_is_gone_through_once() {
    let house = House::over(MemoryStore::new()).await;
    for n in 0..PAGE {
        let set = SetAddress {
            account: DENIS.into(),
            address: format!("a{n}@example.org").parse().unwrap(),
        };
        house.run(set).await.unwrap();
        house.clock.advance(limits::ADDRESS_OVERLAP);
    }
    let set = SetAddress {
        account: DENIS.into(),
        address: "denis@example.org".parse().unwrap(),
    };
    house.run(set).await.unwrap();
    house.enabled().await;
    let round = house.service.deliver(&Strike).await.unwrap();
    assert!(usize::try_from(round.waiting).unwrap() > PAGE);
}

#[tokio::test]
async fn whoever_left_hears_of_no_mandate() {
    let house = House::over(MemoryStore::new()).await;
    let (_, stamp) = house.enabled().await;
    let account = CHLOE.into();
    house.run(HostDeactivate { account }).await.unwrap();
    post(&house).await;
    let role = RoleId::EMPLOYEE;
    let start = Start::At(house.clock.now().plus(limits::NOTICE));
    house
        .run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    let letters = post(&house).await;
    assert!(to(&letters, CHLOE).is_empty(), "{letters:?}");
    assert!(!to(&letters, BRUNO).is_empty());
}
