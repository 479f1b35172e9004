//! What the rules of one organization may cost all others.

use std::net::Ipv4Addr;
use std::sync::Arc;

use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{CompileLimits, Config, Error, Keyring, Mfa, Refusal, RulesChange};
use loquet_ipfilter::{CompileError, Country, Geo, Limit};
use loquet_testkit::fixture::{ANNE, DENIS, Fixture, HOME};

use super::{again, enabled, may, set};

/// A range of 158 networks for each of 510 tags, in 16 KiB.
fn ranges_for_tags() -> String {
    let mut text = String::from("precedence most-specific\ndefault allow\n");
    for tag in 100..610 {
        text += &format!("for tag {tag} deny ::1-ffff::fffe\n");
    }
    text
}

#[tokio::test]
async fn t60_costly_rules_are_refused_when_set() {
    let (fixture, phone, anne) = enabled().await;
    let text = ranges_for_tags();
    assert!(text.len() < fixture.mfa.rules_limit());
    set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
        .await
        .unwrap();
    let refused = set(&fixture, &phone, &anne, &text).await;
    let Err(Error::Config(Config::Conflict(CompileError::TooLarge { limit, rule }))) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(limit, Limit::Networks(50_000));
    // It stops at the rule that goes beyond.
    assert!(rule.is_some_and(|rule| rule.line < 400), "{rule:?}");
    let what_if = fixture.mfa.admin(&anne).what_if_access_rules(&text).await;
    assert!(matches!(what_if, Err(Error::Config(Config::Conflict(_)))));
    assert_eq!(may(&fixture, DENIS, HOME).await, Ok(()), "nothing changed");
    assert_eq!(
        may(&fixture, DENIS, "198.51.100.9").await,
        Err(Refusal::AccessDenied)
    );
}

/// A service of whose organizations the rules may cost no more.
async fn costing(limits: CompileLimits) -> (Fixture, Phone) {
    let store = Arc::new(MemoryStore::new());
    let usual = Fixture::over(store.clone()).await;
    let (phone, _) = usual.enabled().await;
    let operator = Mfa::builder(store)
        .keyring(Keyring::single(1, [7; 32]))
        .clock(usual.clock.clone())
        .rules_memory(1)
        .rules_cost(limits)
        .open_operator()
        .await
        .unwrap();
    (Fixture::of(&operator, usual.org, usual.clock), phone)
}

#[tokio::test]
async fn t60_rules_cost_is_the_hosts() {
    let (fixture, phone) = costing(CompileLimits {
        networks: 1,
        ..CompileLimits::default()
    })
    .await;
    let anne = again(&fixture, &phone).await;
    let two = "allow 203.0.113.0/24\ndeny 203.0.113.1";
    let refused = set(&fixture, &phone, &anne, two)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with("line 2: "), "{refused}");
    assert!(
        set(&fixture, &phone, &anne, "allow 203.0.113.0/24")
            .await
            .is_ok()
    );
    assert_eq!(may(&fixture, DENIS, HOME).await, Ok(()));
}

/// A database that gives a country twice as many networks keeps no organization out; a larger one does, until the operator
/// suspends the rules.
#[tokio::test]
async fn t60_rules_in_force_outlive_larger_databases() {
    let (fixture, phone) = costing(CompileLimits {
        located: 1_000,
        ..CompileLimits::default()
    })
    .await;
    let canada = Country::from_code("CA").unwrap();
    let geo = |count: u32| {
        let network = |at: u32| {
            let address = Ipv4Addr::from_bits((24 << 24) + (at << 5));
            (format!("{address}/28").parse().unwrap(), canada)
        };
        Geo::default().with_countries(1_790_000_000, (0..count).map(network))
    };
    fixture.operator.set_geo(geo(900));
    let session = fixture.enter(ANNE, &phone).await;
    let there = Fixture::client_at("24.0.0.1");
    let anne = fixture.mfa.authorize(&session, &there).await.unwrap();
    let answer = set(&fixture, &phone, &anne, "allow country CA")
        .await
        .unwrap();
    assert_eq!(answer, RulesChange::InForce);
    fixture.operator.set_geo(geo(1_800));
    assert_eq!(may(&fixture, DENIS, "24.0.0.2").await, Ok(()));
    let refused = set(&fixture, &phone, &anne, "allow country CA US")
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("more than 1000 networks"),
        "{refused}"
    );
    fixture.operator.set_geo(geo(2_700));
    let unknown = Err(Refusal::AccessUnknown);
    assert_eq!(may(&fixture, DENIS, "24.0.0.2").await, unknown);
    let suspended = fixture.operator.suspend_access_rules(ANNE.into()).await;
    suspended.unwrap();
    assert_eq!(may(&fixture, DENIS, HOME).await, Ok(()));
}
