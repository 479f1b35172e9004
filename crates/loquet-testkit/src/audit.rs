//! The audit log, over any store: what it says, what a checkpoint vouches for, what may be forgotten.

use loquet::audit::{Broken, Record};
use loquet::store::{MemoryStore, Store};
use loquet::{Checkpoint, CheckpointError, Clock, Config, Error, Keyring, Mfa, Operator, UnixTime};

use crate::fixture::{ANNE, CHLOE, DENIS, Fixture, HOME, refusal};

/// Runs all of them; `fresh` makes an empty store, and gives what opens it again and again.
pub async fn all<S: Store, O: Fn() -> S>(mut fresh: impl FnMut() -> O) {
    records_say_who_what_where_and_why(fresh()).await;
    only_signed_records_may_be_forgotten(fresh()).await;
    rejections_are_counted(fresh()).await;
}

/// Returns an account's records, oldest first.
pub async fn records(operator: &Operator, account: u64) -> Vec<(u64, Record)> {
    let mut records = Vec::new();
    let each = |seq, record| {
        records.push((seq, record));
        Ok(())
    };
    operator.audit(account.into(), each).await.unwrap();
    records
}

/// Returns what is found of every chain: the account, and how many records it has had or why it is broken.
pub async fn verified(
    operator: &Operator,
    against: Option<&Checkpoint>,
) -> Vec<(String, Result<u64, Broken>)> {
    let mut found = Vec::new();
    operator
        .verify_audits(against, |account| {
            found.push((account.external_id, account.chain))
        })
        .await
        .unwrap();
    found
}

async fn records_say_who_what_where_and_why<S: Store>(open: impl Fn() -> S) {
    let fixture = Fixture::over(open()).await;
    let (phone, session) = fixture.imposed().await;
    let anne = fixture.user(&session).await;
    let half = fixture.log_in(ANNE).await.session;
    let wrong = fixture.wrong_code(&phone);
    assert!(fixture.verify(&half, &wrong).await.is_err());
    let typed = fixture.code(&phone);
    assert!(fixture.mfa.account(&anne).turn_off(typed).await.is_err());
    let typed = fixture.code(&phone);
    let rules = format!("default deny\nallow {HOME}\ndeny 203.0.113.8\n");
    let admin = fixture.mfa.admin(&anne);
    admin.set_access_rules(&rules, typed).await.unwrap();
    for away in ["203.0.113.8", "198.51.100.1"] {
        let from = Fixture::client_at(away);
        assert!(fixture.mfa.log_in(ANNE, from).await.is_err());
    }
    let log = records(&fixture.operator, ANNE).await;
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

async fn only_signed_records_may_be_forgotten<S: Store>(open: impl Fn() -> S) {
    let fixture = Fixture::over(open()).await;
    let operator = &fixture.operator;
    fixture.imposed().await;
    fixture.log_in(CHLOE).await;
    let count = records(operator, ANNE).await.len() as u64;
    let early = fixture.clock.now();
    fixture.clock.advance(1000);
    fixture.log_in(CHLOE).await;
    let signed: Checkpoint = operator
        .checkpoint()
        .await
        .unwrap()
        .to_string()
        .parse()
        .unwrap();
    assert_eq!(signed.records(), count + 2);
    fixture.clock.advance(1000);
    fixture.log_in(CHLOE).await;
    fixture.log_in(DENIS).await;

    let stranger = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [5; 32]))
        .open_operator()
        .await;
    let foreign = stranger.unwrap().checkpoint().await.unwrap();
    assert!(matches!(
        operator.forget_audit(&foreign, early).await,
        Err(Error::Config(Config::Checkpoint(CheckpointError::Forged)))
    ));
    assert_eq!(
        operator.forget_audit(&signed, UnixTime(0)).await.unwrap(),
        0
    );

    // By age first: one of Chloé's two signed records is young.
    let before = UnixTime(early.0 + 1);
    assert_eq!(
        operator.forget_audit(&signed, before).await.unwrap(),
        count + 1
    );
    assert_eq!(operator.forget_audit(&signed, before).await.unwrap(), 0);
    let kept = records(operator, CHLOE).await;
    assert!(kept.iter().map(|(seq, _)| *seq).eq([2, 3]), "{kept:?}");
    // By what was signed: her third is not.
    let end = UnixTime(u64::MAX);
    assert_eq!(operator.forget_audit(&signed, end).await.unwrap(), 1);
    assert_eq!(records(operator, CHLOE).await.len(), 1);
    assert!(records(operator, ANNE).await.is_empty());

    fixture.log_in(CHLOE).await;
    let next = Fixture::at(open(), fixture.clock.clone()).await.operator;
    remaining_chains_verify(&[operator, &next], &signed, count).await;
    let later = next.checkpoint().await.unwrap();
    assert_eq!(later.records(), count + 5);
    assert_eq!(operator.forget_audit(&later, end).await.unwrap(), 3);
    let found = verified(operator, Some(&later)).await;
    assert!(found.iter().all(|(_, chain)| chain.is_ok()));
}

/// For this process and the next, against the checkpoint and without it.
async fn remaining_chains_verify(operators: &[&Operator; 2], signed: &Checkpoint, count: u64) {
    for operator in operators {
        for against in [None, Some(signed)] {
            let found = verified(operator, against).await;
            let counts: Vec<_> = found
                .iter()
                .map(|(_, chain)| chain.clone().unwrap())
                .collect();
            assert_eq!(counts, [count, 0, 4, 1]);
        }
        assert_eq!(operator.verify_audit(CHLOE.into()).await.unwrap(), 4);
    }
}

async fn rejections_are_counted<S: Store>(open: impl Fn() -> S) {
    let fixture = Fixture::over(open()).await;
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&phone);
    let rules = format!("default deny\nallow {HOME}\n");
    let admin = fixture.mfa.admin(&anne);
    admin.set_access_rules(&rules, typed).await.unwrap();
    let operator = &fixture.operator;
    for (address, times) in [(HOME, 2), ("198.51.100.1", 3)] {
        for _ in 0..times {
            let client = Fixture::client_at(address);
            assert!(operator.may_try(&client).await.is_ok());
        }
    }
    operator.provision().count_rejection().unwrap();
    // A name that no account has: no row is written for it, and no chain grows.
    for id in 0..5_u64 {
        let account = 1_000 + id;
        let refused = refusal(operator.log_in(account, Fixture::client()).await);
        assert_eq!(refused.code(), "UNKNOWN_ACCOUNT");
    }
    assert_eq!(operator.rejections(fixture.org).await.unwrap(), 4);
    assert_eq!(operator.rejections_of_unknown_accounts().await.unwrap(), 5);
    operator.forget_old_attempts().await.unwrap();
    let next = Fixture::at(open(), fixture.clock.clone()).await.operator;
    let away = Fixture::client_at("198.51.100.2");
    assert!(next.may_try(&away).await.is_ok());
    let unknown = next.log_in(1_000_u64, Fixture::client()).await;
    assert!(unknown.is_err());
    assert_eq!(next.rejections(fixture.org).await.unwrap(), 5);
    next.forget_old_attempts().await.unwrap();
    for operator in [operator, &next] {
        assert_eq!(operator.rejections(fixture.org).await.unwrap(), 5);
        assert_eq!(operator.rejections_of_unknown_accounts().await.unwrap(), 6);
        let chain = operator.verify_audit(1_000_u64.into()).await;
        assert!(!chain.is_ok_and(|records| records > 0));
    }
}
