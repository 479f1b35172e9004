//! Rules weighed before they hold: whom they keep out, what they open, how long they are.

use loquet::flow::{BadRules, RULES_LIMIT, RulesChange};
use loquet::testing::Phone;
use loquet::{Refusal, Refused};
use loquet_ipfilter::{Country, Geo};
use loquet_testkit::house::{ANNE, CHLOE, DENIS, HOME, House, rule};

use super::{AWAY, again, from, house, may, set};

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
        let rules = house.service.read_rules(anne, text, "").unwrap();
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
    let rules = house.service.read_rules(chloe, "", "").unwrap();
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
    let rules = house.service.read_rules(anne, "", "").unwrap();
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
    let set = house.service.read_rules(anne, rules, "").unwrap();
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

/// Opened: told to all, and in force after 72 hours. The first code of a minute is used up by the refusal without one.
async fn opens(house: &House, phone: &Phone, text: &str) {
    let stamp = again(house, phone).await;
    let without = set(house, stamp, text).await;
    assert!(
        matches!(rule(without), Refusal::StepUp | Refusal::NotFresh),
        "what opens needs a code of its own"
    );
    let typed = house.code(phone);
    let rules = house.service.read_rules(stamp, text, &typed).unwrap();
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
    assert!(
        house
            .service
            .read_rules(anne, &long(RULES_LIMIT), "")
            .is_ok()
    );
    assert!(matches!(
        house.service.read_rules(anne, &long(RULES_LIMIT + 1), ""),
        Err(BadRules::TooLong { bytes, limit: RULES_LIMIT }) if bytes == RULES_LIMIT + 1
    ));
    house.service.set_rules_limit(100_000);
    assert!(house.service.read_rules(anne, &long(100_000), "").is_ok());
    assert!(house.service.read_rules(anne, &long(100_001), "").is_err());
}
