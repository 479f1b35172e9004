//! The service without async: threads, and no runtime anywhere.

use std::thread;

use loquet::store::MemoryStore;
use loquet::{Assurance, Client, Error, Refusal, Unavailable, Wait};
use loquet_testkit::fixture::{ANNE, Fixture, refusal};
use loquet_testkit::flaky::{FlakyStore, Weather};

#[test]
fn one_of_many_threads_logs_in() {
    let fixture = Fixture::over(MemoryStore::new()).wait();
    let (phone, _) = fixture.enabled().wait();
    let sessions: Vec<_> = (0..32)
        .map(|_| fixture.log_in(ANNE).wait().session)
        .collect();
    let typed = fixture.code(&phone);
    let answers: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = sessions
            .into_iter()
            .map(|session| {
                let (mfa, typed) = (&fixture.mfa, typed.clone());
                scope.spawn(move || mfa.verify_code(&session, typed, Fixture::client()).wait())
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut accepted = 0;
    for answer in answers {
        match answer {
            Ok(login) => {
                let anne = fixture.user(&login.session).wait();
                assert_eq!(anne.assurance(), Assurance::Aal2);
                accepted += 1;
            }
            refused => assert!(matches!(refusal(refused), Refusal::AlreadyUsed { .. })),
        }
    }
    assert_eq!(accepted, 1);
    assert!(fixture.operator.verify_audit(ANNE.into()).wait().unwrap() > 0);
}

#[test]
fn failing_store_is_an_error_when_blocking() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).wait();
    let session = fixture.log_in(ANNE).wait().session;
    let authorize = || fixture.mfa.authorize(&session, &Client::default()).wait();
    store.expect(Weather::Blind);
    assert!(matches!(
        authorize(),
        Err(Error::Unavailable(Unavailable::Store(_)))
    ));
    store.expect(Weather::Fair);
    assert!(authorize().is_ok());
    assert!(
        fixture
            .mfa
            .pending_enrollment(&session, &Fixture::client())
            .wait()
            .unwrap()
            .is_none()
    );
}
