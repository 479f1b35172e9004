//! Lost answers, conflicts without end, a full disk; and the past advisories over the memory store.

use std::sync::Arc;

use loquet::flow::{LogIn, VerifyCode};
use loquet::store::{Commit, Fault, MemoryStore, Store, Writes};
use loquet::{HostTx, Refusal, ServiceError, blocking};
use loquet_testkit::flaky::{FlakyStore, Weather};
use loquet_testkit::house::{ANNE, DENIS, House, rule};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn past_advisories_over_memory() {
    loquet_testkit::advisories::all(MemoryStore::new).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_over_memory() {
    loquet_testkit::keys::all(|| {
        let store = FlakyStore::default();
        move || store.clone()
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_over_memory() {
    loquet_testkit::audit::all(|| {
        let store = FlakyStore::default();
        move || store.clone()
    })
    .await;
}

#[tokio::test]
async fn a_restore_voids_what_may_have_been_used_over_memory() {
    let store = FlakyStore::default();
    let same = store.clone();
    let (told, _) = loquet_testkit::restore::story(store, || {}, |_| same).await;
    assert!(told.lost.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_connection_lost_at_each_step_over_memory() {
    loquet_testkit::cut::at_each_step(MemoryStore::new).await;
}

/// The same form reached another node too, whose commit came first.
#[tokio::test]
async fn a_lost_answer_is_not_taken_for_what_another_was_granted() {
    let store = FlakyStore::default();
    let house = House::over(store.clone()).await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone);
    let form = || VerifyCode {
        stamp,
        typed: typed.clone().into(),
    };
    let request = House::request();
    store.expect(Weather::KeepBack);
    assert!(house.service.run(form(), &request).await.is_err());
    store.expect(Weather::Overtaken);
    let second = house.service.run(form(), &request).await.unwrap().granted();
    assert_eq!(rule(second), Refusal::AlreadyCompleted);
}

#[tokio::test]
async fn a_refused_form_sent_again_hears_the_same_and_costs_nothing() {
    let house = House::over(MemoryStore::new()).await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.wrong_code(&phone);
    let request = House::request();
    for _ in 0..3 {
        let typed = typed.clone().into();
        let answer = house
            .service
            .run(VerifyCode { stamp, typed }, &request)
            .await;
        let refusal = rule(answer.unwrap().granted());
        assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
        assert_eq!(house.attempts(ANNE).await.total, 1);
    }
}

/// A host's transaction over the memory store.
struct Transaction(Arc<MemoryStore>, Writes);

impl HostTx for Transaction {
    fn apply(&mut self, writes: &Writes) -> Result<Commit, Fault> {
        self.1 = writes.clone();
        Ok(Commit::Done)
    }

    fn commit(self) -> Result<(), Fault> {
        match blocking::wait(self.0.commit(self.1))? {
            Commit::Done => Ok(()),
            Commit::Stale => Err(Fault::NotCommitted("somebody was faster".into())),
        }
    }
}

#[tokio::test]
async fn a_grant_is_the_hosts_to_commit_and_a_refusal_is_not() {
    let store = Arc::new(MemoryStore::new());
    let house = House::over(Arc::clone(&store)).await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let mut asked = 0;
    let typed = house.wrong_code(&phone).into();
    let wrong = house
        .service
        .run_in(VerifyCode { stamp, typed }, &House::request(), |granted| {
            asked += 1;
            granted.commit_in(Transaction(Arc::clone(&store), Writes::default()))
        })
        .await;
    assert!(wrong.unwrap().granted().is_err());
    assert_eq!((asked, house.attempts(ANNE).await.total), (0, 1));

    let typed = house.code(&phone);
    let give = || VerifyCode {
        stamp,
        typed: typed.clone().into(),
    };
    let failed = house
        .service
        .run_in(give(), &House::request(), |_| {
            Err(Fault::NotCommitted("the host's own row was refused".into()))
        })
        .await;
    assert!(matches!(
        failed,
        Err(ServiceError::Store(Fault::NotCommitted(_)))
    ));
    let done = house
        .service
        .run_in(give(), &House::request(), |granted| {
            granted.commit_in(Transaction(Arc::clone(&store), Writes::default()))
        })
        .await;
    let entered = done.unwrap().granted();
    assert!(entered.is_ok(), "the code was not used up: {entered:?}");
    assert!(matches!(
        rule(house.run(give()).await),
        Refusal::AlreadyUsed { .. } | Refusal::StaleLogIn
    ));
}

#[tokio::test]
async fn a_lost_answer_or_question_is_no_lost_code() {
    for weather in [Weather::LoseAnswer, Weather::LoseQuestion] {
        let store = FlakyStore::default();
        let house = House::over(store.clone()).await;
        let (phone, _) = house.enabled().await;
        let stamp = house.log_in(ANNE).await.stamp;
        let typed = house.code(&phone);
        store.expect(weather);
        let form = || VerifyCode {
            stamp,
            typed: typed.clone().into(),
        };
        let request = House::request();
        let first = house.service.run(form(), &request).await.unwrap().granted();
        assert!(first.is_ok(), "{weather:?}: {first:?}");
        // Once means once, whatever was lost.
        let again = house.service.run(form(), &request).await.unwrap().granted();
        assert_eq!(rule(again), Refusal::AlreadyCompleted, "{weather:?}");
        let other = house.run(form()).await;
        assert!(
            matches!(rule(other), Refusal::AlreadyUsed { .. }),
            "{weather:?}"
        );
        assert!(house.service.verify_audit(ANNE.into()).await.is_ok());
    }
}

#[tokio::test]
async fn a_store_that_never_commits_reveals_nothing() {
    for weather in [Weather::AlwaysStale, Weather::AlwaysLost] {
        let store = FlakyStore::default();
        let house = House::over(store.clone()).await;
        let (phone, _) = house.enabled().await;
        let stamp = house.log_in(ANNE).await.stamp;
        let (right, wrong) = (house.code(&phone), house.wrong_code(&phone));
        store.expect(weather);
        let before = store.commits();
        for typed in [right, wrong] {
            let answer = house
                .service
                .run(
                    VerifyCode {
                        stamp,
                        typed: typed.into(),
                    },
                    &House::request(),
                )
                .await;
            assert!(
                matches!(answer, Err(ServiceError::Busy)),
                "{weather:?}: {answer:?}"
            );
        }
        assert_eq!(
            store.commits(),
            before + 32,
            "bounded, and the same for right and wrong"
        );
        store.expect(Weather::Fair);
        assert_eq!(house.attempts(ANNE).await.total, 0);
    }
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_changes_nothing() {
    let store = FlakyStore::default();
    let house = House::over(store.clone()).await;
    store.expect(Weather::Full);
    let log_in = LogIn {
        account: DENIS.into(),
    };
    let answer = house.service.run(log_in, &House::request()).await;
    assert!(
        matches!(answer, Err(ServiceError::Store(Fault::NotCommitted(_)))),
        "{answer:?}"
    );
    store.expect(Weather::Fair);
    assert_eq!(house.service.verify_audit(DENIS.into()).await.unwrap(), 0);
    assert!(house.run(log_in).await.is_ok());
}

#[tokio::test]
async fn whoever_was_turned_away_is_counted_when_the_disk_has_room_again() {
    let store = FlakyStore::default();
    let house = House::over(store.clone()).await;
    let service = &house.service;
    service.turned_away(house.org);
    let nobody = LogIn {
        account: 1_000_u64.into(),
    };
    assert!(house.run(nobody).await.is_err());
    store.expect(Weather::Full);
    assert!(service.tidy().await.is_err());
    store.expect(Weather::Fair);
    service.tidy().await.unwrap();
    let next = House::at(store, house.clock.clone()).await.service;
    assert_eq!(next.denied(house.org).await.unwrap(), 1);
    assert_eq!(next.denied_to_nobody().await.unwrap(), 1);
}
