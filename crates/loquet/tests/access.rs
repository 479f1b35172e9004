//! From where people log in: rules taken back, rules weighed, and the way in that is above them.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use loquet::flow::{
    Announce, BadRules, BeginEnrollment, CollectTicket, ConfirmEnrollment, GiveCode, LogIn,
    OpenBreakGlass, RULES_LIMIT, RollBackRules, RulesChange, SetAccessRules, SuspendRules, UNDO,
    UndoRules,
};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{Level, Refusal, Refused, Request, RoleId, Stamp};
use loquet_ipfilter::{Country, Geo};
use loquet_policy::{Access, Start};
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, HOME, House, rule};

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
        .run(SetAccessRules::new(stamp, text, "").unwrap())
        .await
}

async fn house() -> (House, Phone, Stamp) {
    let house = House::over(MemoryStore::new()).await;
    let (phone, anne) = house.enabled().await;
    (house, phone, anne)
}

async fn again(house: &House, phone: &Phone) -> Stamp {
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.code(phone).into();
    house.run(GiveCode { stamp, typed }).await.unwrap().stamp
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

    let told = house.service.everybody(house.org).await.unwrap().len();
    assert_eq!(told, 4);
    let letters = letters(&house).await;
    for name in ["anne", "bruno"] {
        assert_eq!(
            letters
                .matches(&format!("{name} AccessRulesSuspended"))
                .count(),
            1,
            "{letters}"
        );
        assert_eq!(
            letters
                .matches(&format!("{name} AccessRulesRolledBack"))
                .count(),
            2,
            "{letters}"
        );
    }
    assert!(house.service.verify_audit(ANNE.into()).await.unwrap() > 0);
}

async fn letters(house: &House) -> String {
    struct Post(std::sync::Mutex<String>);
    impl loquet::Deliver for Post {
        async fn deliver(&self, letter: &loquet::Letter) -> Result<(), loquet::store::BoxError> {
            *self.0.lock().unwrap() += &format!("{} {:?}\n", letter.external_id, letter.event);
            Ok(())
        }
    }
    let post = Post(std::sync::Mutex::default());
    house.service.deliver(&post).await.unwrap();
    post.0.into_inner().unwrap()
}

#[tokio::test]
async fn a_rollback_reaches_three_changes_back_and_no_further() {
    let (house, _, anne) = house().await;
    for len in 20..28 {
        set(
            &house,
            anne,
            &format!("allow 203.0.113.0/{len}")
                .replace("113.0/20", "112.0/20")
                .replace("113.0/21", "112.0/21")
                .replace("113.0/22", "112.0/22")
                .replace("113.0/23", "112.0/23"),
        )
        .await
        .unwrap();
    }
    let back = RollBackRules {
        account: ANNE.into(),
    };
    house.run(back).await.unwrap();
    assert_eq!(
        house.service.access_rules(&anne).await.unwrap().unwrap(),
        "allow 203.0.113.0/26"
    );
}

// Policy, "People": the ticket of a break-glass ignores the access filter.
#[tokio::test]
async fn break_glass_is_above_the_access_rules_on_every_request() {
    let house = House::over(MemoryStore::new()).await;
    let stamp = house.log_in(ANNE).await.stamp;
    let seal = house.service.propose_seal(&stamp).await.unwrap().unwrap();
    let typed_back = seal.expose().rsplit('-').next().unwrap().into();
    house
        .run(loquet::flow::EnableMfa { stamp, typed_back })
        .await
        .unwrap();
    let (_, anne) = house.enroll(stamp).await;
    let mandate = Announce {
        stamp: anne,
        role: RoleId::EMPLOYEE,
        start: Start::Now { confirmed: true },
    };
    house.run(mandate).await.unwrap();
    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    let open = OpenBreakGlass {
        account: BRUNO.into(),
        typed: seal.expose().to_string().into(),
    };
    house.run(open).await.unwrap();
    let away = from(AWAY).address;
    let may_try = || house.service.may_try(house.org, away);
    assert_eq!(may_try().await.unwrap(), Access::Denied);
    house.clock.advance(24 * 3600);
    let collect = CollectTicket {
        account: BRUNO.into(),
        typed: seal.expose().to_string().into(),
    };
    let ticket = house.run(collect).await.unwrap().ticket;

    assert_eq!(
        may_try().await.unwrap(),
        Access::Allowed,
        "somebody must get as far as the pass phrase"
    );
    assert_eq!(
        may(&house, CHLOE, AWAY).await,
        Err(Refusal::AccessDenied),
        "and nobody else further"
    );
    let bruno = house
        .service
        .run(
            LogIn {
                account: BRUNO.into(),
            },
            &from(AWAY),
        )
        .await
        .unwrap();
    let stamp = bruno.granted().unwrap().stamp;
    assert_eq!(stamp.level(), Level::EnrolOnly);
    assert!(house.service.check(&stamp, away).await.unwrap().is_ok());
    let begin = BeginEnrollment {
        stamp,
        ticket: ticket.expose().to_string().into(),
    };
    let offer = house
        .service
        .run(begin, &from(AWAY))
        .await
        .unwrap()
        .granted()
        .unwrap();
    house.clock.advance(400);
    assert!(house.service.check(&stamp, away).await.unwrap().is_ok());
    let phone = Phone::scan(&offer).unwrap();
    let seal = house.service.propose_seal(&stamp).await.unwrap().unwrap();
    let confirm = ConfirmEnrollment {
        stamp,
        typed: house.code(&phone).into(),
        seal_typed_back: seal.expose().rsplit('-').next().unwrap().into(),
    };
    let bound = house
        .service
        .run(confirm, &from(AWAY))
        .await
        .unwrap()
        .granted()
        .unwrap();
    assert_eq!(bound.stamp.level(), Level::Level2);
    // Enrolled again, the rules hold: the host suspends them if they are what is wrong.
    assert_eq!(
        house
            .service
            .check(&bound.stamp, away)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::AccessDenied
    );
    house
        .run(SuspendRules {
            account: BRUNO.into(),
        })
        .await
        .unwrap();
    assert!(
        house
            .service
            .check(&bound.stamp, away)
            .await
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn a_what_if_counts_the_people_who_would_lose_access_and_is_what_then_happens() {
    let (house, _, anne) = house().await;
    for (account, address) in [
        (CHLOE, AWAY),
        (CHLOE, "198.51.100.10"),
        (DENIS, AWAY),
        (DENIS, HOME),
    ] {
        may(&house, account, address).await.unwrap();
    }
    let what_if = async |text: &str| {
        let rules = SetAccessRules::new(anne, text, "").unwrap();
        house
            .service
            .what_if_rules(&anne, &rules)
            .await
            .unwrap()
            .unwrap()
    };
    let found = what_if("allow 203.0.113.0/24").await;
    let names: Vec<_> = found
        .affected
        .iter()
        .map(|it| (it.external_id.as_str(), it.lost.len(), it.everywhere))
        .collect();
    assert_eq!(names, [("chloe", 2, true), ("denis", 1, false)]);
    assert_eq!((found.seen, found.people, found.locked_out()), (3, 4, 1));
    // Rules for one role ask only of that role.
    let found = what_if("default allow\nfor tag 0 deny 198.51.100.0/24").await;
    assert_eq!(found.affected.len(), 1);
    // What it said comes true.
    set(&house, anne, "allow 203.0.113.0/24").await.unwrap();
    assert!(may(&house, CHLOE, AWAY).await.is_err() && may(&house, DENIS, HOME).await.is_ok());
    // Whoever is kept out already loses nothing.
    assert_eq!(what_if("allow 203.0.113.7/32").await.affected, []);
    let chloe = house.log_in(CHLOE).await.stamp;
    let rules = SetAccessRules::new(chloe, "", "").unwrap();
    assert_eq!(
        house
            .service
            .what_if_rules(&chloe, &rules)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::NotAdmin
    );
    // Thirty days later nothing is known.
    house.clock.advance(31 * 24 * 3600);
    let (house, anne) = (&house, house.log_in(ANNE).await.stamp);
    let rules = SetAccessRules::new(anne, "", "").unwrap();
    assert_eq!(
        house
            .service
            .what_if_rules(&anne, &rules)
            .await
            .unwrap()
            .unwrap_err()
            .code(),
        "CODE_REQUIRED"
    );
}

#[tokio::test]
async fn countries_come_from_the_hosts_table_and_are_unknown_without_it() {
    let (house, _, anne) = house().await;
    let rules = "place \"Canada\" = country CA\nallow place \"Canada\"";
    assert_eq!(set(&house, anne, rules).await, Err(Refused::WouldLockOut));
    let canada = Country::from_code("CA").unwrap();
    // Not a range of documentation: those have no country.
    let geo =
        Geo::default().with_countries(1_790_000_000, [("24.48.0.0/16".parse().unwrap(), canada)]);
    house.service.set_places(geo);
    let set = SetAccessRules::new(anne, rules, "").unwrap();
    let answer = house
        .service
        .run(set, &from("24.48.1.1"))
        .await
        .unwrap()
        .granted();
    assert_eq!(answer, Ok(RulesChange::InForce));
    assert_eq!(may(&house, DENIS, "24.48.9.9").await, Ok(()));
    assert_eq!(may(&house, DENIS, HOME).await, Err(Refusal::AccessDenied));
    house.service.set_places(Geo::default());
    assert_eq!(
        may(&house, DENIS, "24.48.9.9").await,
        Err(Refusal::AccessDenied),
        "unknown never allows"
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

/// Opened: told to all, and in force after 72 hours. The first code of a minute is used up by the refusal without one.
async fn opens(house: &House, phone: &Phone, text: &str) {
    let stamp = again(house, phone).await;
    let without = set(house, stamp, text).await;
    assert!(
        matches!(rule(without), Refusal::StepUp | Refusal::NotFresh),
        "what opens needs a code of its own"
    );
    let typed = house.code(phone);
    let rules = SetAccessRules::new(stamp, text, &typed).unwrap();
    let answer = house.run(rules).await.unwrap();
    assert!(matches!(answer, RulesChange::Due(_)), "{answer:?}");
}

#[tokio::test]
async fn one_address_more_waits_for_three_days_and_one_less_holds_at_once() {
    let (house, phone, anne) = house().await;
    set(&house, anne, "allow 203.0.113.0/28").await.unwrap();
    opens(&house, &phone, "allow 203.0.113.0/28\nallow 203.0.113.16").await;
    assert_eq!(
        may(&house, DENIS, "203.0.113.16").await,
        Err(Refusal::AccessDenied)
    );
    house.clock.advance(3 * 24 * 3600);
    assert_eq!(may(&house, DENIS, "203.0.113.16").await, Ok(()));
    let stamp = again(&house, &phone).await;
    let answer = set(&house, stamp, "allow 203.0.113.0/28").await;
    assert_eq!(answer, Ok(RulesChange::InForce));
}

#[tokio::test]
async fn what_opens_for_some_waits_though_it_closes_for_others() {
    let (house, phone, anne) = house().await;
    let before = "allow 203.0.113.0/24";
    set(&house, anne, before).await.unwrap();
    let parents = "for tag 0 allow 198.51.100.0/24";
    let employees = "for tag 1 deny 203.0.113.200";
    opens(&house, &phone, &format!("{before}\n{parents}\n{employees}")).await;
}

#[tokio::test]
async fn an_unknown_address_is_one_more() {
    let (house, phone, anne) = house().await;
    let all = "default deny\nallow 0.0.0.0/1\nallow 128.0.0.0/1\nallow ::/1\nallow 8000::/1";
    assert_eq!(set(&house, anne, all).await, Ok(RulesChange::InForce));
    opens(&house, &phone, "default allow").await;
}

#[tokio::test]
async fn rules_are_as_long_as_the_host_allows() {
    let (house, _, anne) = house().await;
    let long = |bytes: usize| {
        let rules = "allow 203.0.113.0/24\n";
        format!("{rules}#{}", "x".repeat(bytes - rules.len() - 1))
    };
    assert_eq!(house.service.rules_limit(), RULES_LIMIT);
    assert!(SetAccessRules::new(anne, &long(RULES_LIMIT), "").is_ok());
    assert!(matches!(
        SetAccessRules::new(anne, &long(RULES_LIMIT + 1), ""),
        Err(BadRules::TooLong { bytes, limit: RULES_LIMIT }) if bytes == RULES_LIMIT + 1
    ));
    house.service.set_rules_limit(100_000);
    let limit = house.service.rules_limit();
    assert!(SetAccessRules::within(limit, anne, &long(100_000), "").is_ok());
    assert!(SetAccessRules::within(limit, anne, &long(100_001), "").is_err());
}
