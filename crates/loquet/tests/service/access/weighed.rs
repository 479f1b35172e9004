//! Rules weighed before they hold: whom they keep out, what they open, how long they are.

use loquet::testing::Phone;
use loquet::{Config, Error, Geo, Keyring, Mfa, Refusal, RoleId, RulesChange};
use loquet_ipfilter::Country;
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, HOME, refusal};

use super::{AWAY, again, enabled, may, set};

/// The default of `MfaBuilder::rules_limit`.
const RULES_LIMIT: usize = 16 * 1024;

#[tokio::test]
async fn what_if_counts_who_would_lose_access() {
    let (fixture, phone, anne) = enabled().await;
    for (account, address) in [
        (CHLOE, AWAY),
        (CHLOE, "198.51.100.10"),
        (DENIS, AWAY),
        (DENIS, HOME),
    ] {
        may(&fixture, account, address).await.unwrap();
    }
    let admin = fixture.mfa.admin(&anne);
    let what_if = async |text: &str| admin.what_if_access_rules(text).await.unwrap();
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
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    assert!(may(&fixture, CHLOE, AWAY).await.is_err() && may(&fixture, DENIS, HOME).await.is_ok());
    // An account that is kept out already loses nothing.
    assert_eq!(what_if("allow 203.0.113.7/32").await.affected, []);
    let chloe = fixture.log_in(CHLOE).await.session;
    let chloe = fixture.user(&chloe).await;
    let asked = fixture.mfa.admin(&chloe).what_if_access_rules("").await;
    assert_eq!(refusal(asked), Refusal::NotAdmin);
    // The administrator's session is over by then.
    fixture.clock.advance(31 * 24 * 3600);
    let late = admin.what_if_access_rules("").await;
    assert_eq!(refusal(late), Refusal::StaleLogIn);
}

#[tokio::test]
async fn countries_come_from_the_hosts_table() {
    let (fixture, phone, anne) = enabled().await;
    let rules = "place \"Canada\" = country CA\nallow place \"Canada\"";
    let unknown = set(&fixture, &phone, &anne, rules).await;
    assert_eq!(refusal(unknown), Refusal::WouldLockOut);
    let canada = Country::from_code("CA").unwrap();
    // Not a range of documentation: those have no country.
    let geo =
        Geo::default().with_countries(1_790_000_000, [("24.48.0.0/16".parse().unwrap(), canada)]);
    fixture.operator.set_geo(geo);
    let session = fixture.enter(ANNE, &phone).await;
    let there = Fixture::client_at("24.48.1.1");
    let anne = fixture.mfa.authorize(&session, &there).await.unwrap();
    let answer = set(&fixture, &phone, &anne, rules).await.unwrap();
    assert_eq!(answer, RulesChange::InForce);
    assert_eq!(may(&fixture, DENIS, "24.48.9.9").await, Ok(()));
    assert_eq!(may(&fixture, DENIS, HOME).await, Err(Refusal::AccessDenied));
    fixture.operator.set_geo(Geo::default());
    assert_eq!(
        may(&fixture, DENIS, "24.48.9.9").await,
        Err(Refusal::AccessDenied),
        "unknown never allows"
    );
}

/// Opened: told to all, and in force after 72 hours. The first code of a minute is used up by the refusal without one.
async fn opens(fixture: &Fixture, phone: &Phone, text: &str) {
    let anne = again(fixture, phone).await;
    let without = fixture.mfa.admin(&anne).set_access_rules(text, "").await;
    let without = refusal(without);
    assert!(
        matches!(without, Refusal::StepUp | Refusal::NotFresh),
        "what opens needs a code of its own"
    );
    let typed = fixture.code(phone);
    let admin = fixture.mfa.admin(&anne);
    let answer = admin.set_access_rules(text, typed).await.unwrap();
    assert!(matches!(answer, RulesChange::Due(_)), "{answer:?}");
}

#[tokio::test]
async fn opening_waits_and_closing_holds_at_once() {
    let (fixture, phone, anne) = enabled().await;
    set(&fixture, &phone, &anne, "allow 203.0.113.0/28")
        .await
        .unwrap();
    opens(&fixture, &phone, "allow 203.0.113.0/28\nallow 203.0.113.16").await;
    assert_eq!(
        may(&fixture, DENIS, "203.0.113.16").await,
        Err(Refusal::AccessDenied)
    );
    fixture.clock.advance(3 * 24 * 3600);
    assert_eq!(may(&fixture, DENIS, "203.0.113.16").await, Ok(()));
    let anne = again(&fixture, &phone).await;
    let answer = set(&fixture, &phone, &anne, "allow 203.0.113.0/28").await;
    assert_eq!(answer.unwrap(), RulesChange::InForce);
}

#[tokio::test]
async fn opening_for_some_waits() {
    let (fixture, phone, anne) = enabled().await;
    let before = "allow 203.0.113.0/24";
    set(&fixture, &phone, &anne, before).await.unwrap();
    let parents = "for tag 0 allow 198.51.100.0/24";
    let employees = "for tag 1 deny 203.0.113.200";
    opens(
        &fixture,
        &phone,
        &format!("{before}\n{parents}\n{employees}"),
    )
    .await;
}

#[tokio::test]
async fn t61_every_opening_waits() {
    let (fixture, phone, anne) = enabled().await;
    let admin = fixture.mfa.admin(&anne);
    // Chloé is an employee and a parent.
    admin.add_role(CHLOE, RoleId::MEMBER, "").await.unwrap();
    let office = "default deny\nallow 203.0.113.0/24";
    set(&fixture, &phone, &anne, office).await.unwrap();
    for more in [
        "allow 2002::/16 2001::/32 64:ff9b::/96 64:ff9b:1::/48",
        "embedded trusted",
    ] {
        opens(&fixture, &phone, &format!("{office}\n{more}")).await;
    }
    let head = format!("precedence first-match\n{office}");
    let deny = format!("for tag {} deny 198.51.100.0/24", RoleId::STAFF.0);
    let allow = format!("for tag {} allow 198.51.100.0/24", RoleId::MEMBER.0);
    let anne = again(&fixture, &phone).await;
    fixture
        .mfa
        .admin(&anne)
        .set_access_rules("", "")
        .await
        .unwrap_err();
    fixture
        .operator
        .suspend_access_rules(ANNE.into())
        .await
        .unwrap();
    let first = format!("{head}\n{deny}\n{allow}");
    set(&fixture, &phone, &anne, &first).await.unwrap();
    let denied = Err(Refusal::AccessDenied);
    assert_eq!(may(&fixture, CHLOE, AWAY).await, denied);
    opens(&fixture, &phone, &format!("{head}\n{allow}\n{deny}")).await;
    assert_eq!(may(&fixture, CHLOE, AWAY).await, denied);
    // A deny rule more, and an allow rule less, hold at once.
    let anne = again(&fixture, &phone).await;
    for tighter in [format!("{first}\ndeny 203.0.113.9"), head] {
        let answer = set(&fixture, &phone, &anne, &tighter).await.unwrap();
        assert_eq!(answer, RulesChange::InForce);
    }
}

#[tokio::test]
async fn allowing_unknown_addresses_waits() {
    let (fixture, phone, anne) = enabled().await;
    let all = "default deny\nallow 0.0.0.0/1\nallow 128.0.0.0/1\nallow ::/1\nallow 8000::/1";
    let answer = set(&fixture, &phone, &anne, all).await.unwrap();
    assert_eq!(answer, RulesChange::InForce);
    opens(&fixture, &phone, "default allow").await;
}

fn long(bytes: usize) -> String {
    let rules = "allow 203.0.113.0/24\n";
    format!("{rules}#{}", "x".repeat(bytes - rules.len() - 1))
}

#[tokio::test]
async fn rules_limit_is_the_hosts() {
    let (fixture, phone, anne) = enabled().await;
    assert_eq!(fixture.mfa.rules_limit(), RULES_LIMIT);
    let over = set(&fixture, &phone, &anne, &long(RULES_LIMIT + 1)).await;
    assert!(
        matches!(
            over,
            Err(Error::Config(Config::RulesTooLong { bytes, limit: RULES_LIMIT }))
                if bytes == RULES_LIMIT + 1
        ),
        "{over:?}"
    );
    assert!(
        set(&fixture, &phone, &anne, &long(RULES_LIMIT))
            .await
            .is_ok()
    );
    let store = loquet::store::MemoryStore::new();
    let builder = Mfa::builder(store)
        .keyring(Keyring::single(1, [7; 32]))
        .rules_limit(100_000);
    assert_eq!(builder.open().await.unwrap().rules_limit(), 100_000);
}
