//! The audit log, over any store: what it says, what a checkpoint vouches for, what may be forgotten.

use loquet::audit::{Broken, Record};
use loquet::flow::{LogIn, TurnOff, VerifyCode};
use loquet::store::Store;
use loquet::{Checkpoint, CheckpointError, Clock, Keyring, Request, Service, ServiceError};

use crate::house::{ANNE, CHLOE, DENIS, HOME, House};

/// All of it; `fresh` makes an empty store, and gives what opens it again and again.
pub async fn all<S: Store, O: Fn() -> S>(mut fresh: impl FnMut() -> O) {
    every_record_says_who_what_from_where_and_by_which_rule(fresh()).await;
    what_a_checkpoint_signed_may_be_forgotten_and_nothing_else(fresh()).await;
    whoever_is_turned_away_unknown_is_counted(fresh()).await;
}

/// An account's records, oldest first.
pub async fn records(service: &Service, account: u64) -> Vec<(u64, Record)> {
    let mut records = Vec::new();
    let each = |seq, record| {
        records.push((seq, record));
        Ok(())
    };
    service.audit(account.into(), each).await.unwrap();
    records
}

/// What is found of every chain: the account, and how many records it has had or why it is broken.
pub async fn verified(
    service: &Service,
    against: Option<&Checkpoint>,
) -> Vec<(String, Result<u64, Broken>)> {
    let mut found = Vec::new();
    service
        .verify_audits(against, |account| {
            found.push((account.external_id, account.chain))
        })
        .await
        .unwrap();
    found
}

async fn every_record_says_who_what_from_where_and_by_which_rule<S: Store>(open: impl Fn() -> S) {
    let house = House::over(open()).await;
    let (phone, anne) = house.imposed().await;
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.wrong_code(&phone).into();
    let wrong = VerifyCode { stamp: half, typed };
    assert!(house.run(wrong).await.is_err());
    let typed = house.code(&phone).into();
    assert!(house.run(TurnOff { stamp: anne, typed }).await.is_err());
    let typed = house.code(&phone);
    let rules = format!("default deny\nallow {HOME}\ndeny 203.0.113.8\n");
    let rules = house.service.read_rules(anne, &rules, &typed).unwrap();
    house.run(rules).await.unwrap();
    for away in ["203.0.113.8", "198.51.100.1"] {
        let from = Request::new(Some(away.parse().unwrap())).unwrap();
        let account = ANNE.into();
        let answer = house.service.run(LogIn { account }, &from).await.unwrap();
        assert!(answer.granted().is_err());
    }
    let log = records(&house.service, ANNE).await;
    let count = log.len() as u64;
    assert!((1..=count).eq(log.iter().map(|(seq, _)| *seq)));
    assert!(
        log.iter()
            .all(|(_, record)| record.actor == ANNE.into() && record.policy > 0)
    );
    let last: Vec<_> = log
        .iter()
        .rev()
        .take(6)
        .map(|(_, record)| {
            let from = record.address.unwrap().to_string();
            let rule = record.rule.clone().unwrap();
            format!("{} {} {from}: {rule}", record.what, record.verdict)
        })
        .collect();
    assert_eq!(
        last,
        [
            "log_in ACCESS_DENIED 198.51.100.1: access default",
            "log_in ACCESS_DENIED 203.0.113.8: access line 3",
            "set_access_rules GRANTED 203.0.113.7: request GRANTED",
            "turn_off MANDATED 203.0.113.7: requirement of role 1",
            "verify_code WRONG_CODE 203.0.113.7: code",
            "log_in GRANTED 203.0.113.7: requirement HALF_LOGIN, requirement MANDATE of role 1, requirement TOGGLE",
        ]
    );
}

async fn what_a_checkpoint_signed_may_be_forgotten_and_nothing_else<S: Store>(
    open: impl Fn() -> S,
) {
    let house = House::over(open()).await;
    let service = &house.service;
    house.imposed().await;
    house.log_in(CHLOE).await;
    let count = records(service, ANNE).await.len() as u64;
    let early = house.clock.now();
    house.clock.advance(1000);
    house.log_in(CHLOE).await;
    let signed: Checkpoint = service
        .checkpoint()
        .await
        .unwrap()
        .to_string()
        .parse()
        .unwrap();
    assert_eq!(signed.records(), count + 2);
    house.clock.advance(1000);
    house.log_in(CHLOE).await;
    house.log_in(DENIS).await;

    let stranger = Service::new(
        loquet::store::MemoryStore::new(),
        Keyring::single(1, [5; 32]),
    );
    let foreign = stranger.unwrap().checkpoint().await.unwrap();
    assert!(matches!(
        service.forget_audit(&foreign, early).await,
        Err(ServiceError::Checkpoint(CheckpointError::Forged))
    ));
    assert_eq!(
        service
            .forget_audit(&signed, loquet::UnixTime(0))
            .await
            .unwrap(),
        0
    );

    // By age first: one of Chloé's two signed records is young.
    let before = loquet::UnixTime(early.0 + 1);
    assert_eq!(
        service.forget_audit(&signed, before).await.unwrap(),
        count + 1
    );
    assert_eq!(service.forget_audit(&signed, before).await.unwrap(), 0);
    let kept = records(service, CHLOE).await;
    assert!(kept.iter().map(|(seq, _)| *seq).eq([2, 3]), "{kept:?}");
    // By what was signed: her third is not.
    let end = loquet::UnixTime(u64::MAX);
    assert_eq!(service.forget_audit(&signed, end).await.unwrap(), 1);
    assert_eq!(records(service, CHLOE).await.len(), 1);
    assert!(records(service, ANNE).await.is_empty());

    house.log_in(CHLOE).await;
    let next = House::at(open(), house.clock.clone()).await.service;
    what_is_left_is_whole(&[service, &next], &signed, count).await;
    let later = next.checkpoint().await.unwrap();
    assert_eq!(later.records(), count + 5);
    assert_eq!(service.forget_audit(&later, end).await.unwrap(), 3);
    let found = verified(service, Some(&later)).await;
    assert!(found.iter().all(|(_, chain)| chain.is_ok()));
}

/// For this process and the next, against the checkpoint and without it, and it goes on.
async fn what_is_left_is_whole(services: &[&Service; 2], signed: &Checkpoint, count: u64) {
    for service in services {
        for against in [None, Some(signed)] {
            let found = verified(service, against).await;
            let counts: Vec<_> = found
                .iter()
                .map(|(_, chain)| chain.clone().unwrap())
                .collect();
            assert_eq!(counts, [count, 0, 4, 1]);
        }
        assert_eq!(service.verify_audit(CHLOE.into()).await.unwrap(), 4);
    }
}

async fn whoever_is_turned_away_unknown_is_counted<S: Store>(open: impl Fn() -> S) {
    let house = House::over(open()).await;
    let (phone, anne) = house.enabled().await;
    let typed = house.code(&phone);
    let rules = format!("default deny\nallow {HOME}\n");
    let rules = house.service.read_rules(anne, &rules, &typed).unwrap();
    house.run(rules).await.unwrap();
    let service = &house.service;
    for (address, times) in [(HOME, 2), ("198.51.100.1", 3)] {
        for _ in 0..times {
            let address = Some(address.parse().unwrap());
            assert!(service.may_try(house.org, address).await.is_ok());
        }
    }
    service.turned_away(house.org);
    // A name that nobody has: no row is written for it, and no chain grows.
    for id in 0..5_u64 {
        let account = (1_000 + id).into();
        let refused = house.run(LogIn { account }).await.unwrap_err();
        assert_eq!(refused.code(), "UNKNOWN_ACCOUNT");
    }
    assert_eq!(service.denied(house.org).await.unwrap(), 4);
    assert_eq!(service.denied_to_nobody().await.unwrap(), 5);
    service.tidy().await.unwrap();
    let next = House::at(open(), house.clock.clone()).await.service;
    let away = Some("198.51.100.2".parse().unwrap());
    assert!(next.may_try(house.org, away).await.is_ok());
    let log_in = LogIn {
        account: 1_000_u64.into(),
    };
    let settled = next.run(log_in, &House::request()).await.unwrap();
    assert!(settled.granted().is_err());
    assert_eq!(next.denied(house.org).await.unwrap(), 5);
    next.tidy().await.unwrap();
    for service in [service, &next] {
        assert_eq!(service.denied(house.org).await.unwrap(), 5);
        assert_eq!(service.denied_to_nobody().await.unwrap(), 6);
        let chain = service.verify_audit(1_000_u64.into()).await;
        assert!(!chain.is_ok_and(|records| records > 0));
    }
}
