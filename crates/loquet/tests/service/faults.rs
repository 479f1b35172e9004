//! Lost answers, conflicts without end, a full disk; and the past advisories over the memory store.

use loquet::store::{Fault, MemoryStore};
use loquet::{Attempt, Error, Refusal, Unavailable};
use loquet_testkit::fixture::{ANNE, DENIS, Fixture, refusal};
use loquet_testkit::flaky::{FlakyStore, Weather};

fn fresh() -> impl Fn() -> FlakyStore {
    let store = FlakyStore::default();
    move || store.clone()
}

fn form() -> Attempt {
    Attempt::new(Fixture::client()).idempotency_key("form")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn past_advisories_over_memory() {
    loquet_testkit::advisories::all(MemoryStore::new).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_over_memory() {
    loquet_testkit::keys::all(fresh).await;
}

#[tokio::test]
async fn forgeries_over_memory() {
    loquet_testkit::forgery::all(MemoryStore::new).await;
}

#[tokio::test]
async fn audit_log_over_memory() {
    loquet_testkit::audit::all(fresh).await;
}

#[tokio::test]
async fn restore_voids_used_codes_over_memory() {
    let store = FlakyStore::default();
    let same = store.clone();
    let (told, _) = loquet_testkit::restore::story(store, || {}, |_| same).await;
    assert!(told.lost.is_empty(), "{told:?}");
}

#[tokio::test]
async fn connection_lost_at_each_step_over_memory() {
    loquet_testkit::cut::at_each_step(MemoryStore::new).await;
}

/// The same attempt reached another node too, whose commit came first.
#[tokio::test]
async fn lost_answer_is_not_anothers_grant() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&phone);
    let attempt = Attempt::default();
    let verify = || fixture.mfa.verify_code(&session, typed.as_str(), attempt);
    store.expect(Weather::KeepBack);
    assert!(verify().await.is_err());
    store.expect(Weather::Overtaken);
    assert_eq!(refusal(verify().await), Refusal::AlreadyCompleted);
}

#[tokio::test]
async fn repeated_refusal_costs_nothing() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, _) = fixture.enabled().await;
    let session = fixture.log_in(ANNE).await.session;
    let typed = fixture.wrong_code(&phone);
    for (attempt, failures) in [(form(), 1), (Attempt::default(), 2)] {
        for _ in 0..3 {
            let answer = fixture.mfa.verify_code(&session, typed.as_str(), attempt);
            let refusal = refusal(answer.await);
            assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
            assert_eq!(fixture.failures(ANNE).await, failures);
        }
    }
}

#[tokio::test]
async fn lost_answer_loses_no_code() {
    for weather in [Weather::LoseAnswer, Weather::LoseQuestion] {
        let store = FlakyStore::default();
        let fixture = Fixture::over(store.clone()).await;
        let (phone, _) = fixture.enabled().await;
        let session = fixture.log_in(ANNE).await.session;
        let typed = fixture.code(&phone);
        let verify = || fixture.mfa.verify_code(&session, typed.as_str(), form());
        store.expect(weather);
        let first = verify().await;
        assert!(first.is_ok(), "{weather:?}: {first:?}");
        // Once means once, whatever was lost.
        let again = verify().await;
        assert_eq!(refusal(again), Refusal::AlreadyCompleted, "{weather:?}");
        let other = fixture.log_in(ANNE).await.session;
        let other = fixture.verify(&other, &typed).await;
        assert!(
            matches!(refusal(other), Refusal::AlreadyUsed { .. }),
            "{weather:?}"
        );
        assert!(fixture.operator.verify_audit(ANNE.into()).await.is_ok());
    }
}

#[tokio::test]
async fn store_that_never_commits_reveals_nothing() {
    for weather in [Weather::AlwaysStale, Weather::AlwaysLost] {
        let store = FlakyStore::default();
        let fixture = Fixture::over(store.clone()).await;
        let (phone, _) = fixture.enabled().await;
        let session = fixture.log_in(ANNE).await.session;
        let (right, wrong) = (fixture.code(&phone), fixture.wrong_code(&phone));
        store.expect(weather);
        let before = store.commits();
        for typed in [right, wrong] {
            let answer = fixture.verify(&session, &typed).await;
            assert!(
                matches!(answer, Err(Error::Busy)),
                "{weather:?}: {answer:?}"
            );
        }
        assert_eq!(
            store.commits(),
            before + 32,
            "bounded, and the same for right and wrong"
        );
        store.expect(Weather::Fair);
        assert_eq!(fixture.failures(ANNE).await, 0);
    }
}

#[tokio::test]
async fn full_disk_changes_nothing() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    store.expect(Weather::Full);
    let answer = fixture.mfa.log_in(DENIS, Fixture::client()).await;
    assert!(
        matches!(
            answer,
            Err(Error::Unavailable(Unavailable::Store(Fault::NotCommitted(
                _
            ))))
        ),
        "{answer:?}"
    );
    store.expect(Weather::Fair);
    let records = fixture.operator.verify_audit(DENIS.into()).await;
    assert_eq!(records.unwrap(), 0);
    fixture.log_in(DENIS).await;
}

#[tokio::test]
async fn rejections_survive_a_full_disk() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    fixture.mfa.provision().count_rejection().unwrap();
    let unknown = fixture.mfa.log_in(1_000_u64, Fixture::client());
    assert!(unknown.await.is_err());
    let operator = &fixture.operator;
    store.expect(Weather::Full);
    assert!(operator.forget_old_attempts().await.is_err());
    store.expect(Weather::Fair);
    operator.forget_old_attempts().await.unwrap();
    let next = Fixture::at(store, fixture.clock.clone()).await.operator;
    assert_eq!(next.rejections(fixture.org).await.unwrap(), 1);
    assert_eq!(next.rejections_of_unknown_accounts().await.unwrap(), 1);
}
