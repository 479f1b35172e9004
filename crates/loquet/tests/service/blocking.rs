//! The service without async: threads, and no runtime anywhere.

use std::thread;

use loquet::blocking::{Service, wait};
use loquet::flow::VerifyCode;
use loquet::store::MemoryStore;
use loquet::{Level, Refusal, ServiceError};
use loquet_testkit::flaky::{FlakyStore, Weather};
use loquet_testkit::house::{ANNE, House, rule};

#[test]
fn of_many_threads_with_the_same_code_one_is_let_in() {
    let house = wait(House::over(MemoryStore::new()));
    let service = Service::from(house.service.clone());
    let (phone, _) = wait(house.enabled());
    let stamps: Vec<_> = (0..32).map(|_| wait(house.log_in(ANNE)).stamp).collect();
    let typed = house.code(&phone);
    let accepted: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = stamps
            .into_iter()
            .map(|stamp| {
                let typed = typed.clone().into();
                let service = &service;
                scope.spawn(move || {
                    let code = VerifyCode { stamp, typed };
                    service.run(code, &House::request()).unwrap().granted()
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut let_in = 0;
    for answer in accepted {
        match answer {
            Ok(entered) => {
                assert_eq!(entered.stamp.level(), Level::Level2);
                assert!(service.check(&entered.stamp, None).unwrap().is_ok());
                let_in += 1;
            }
            refused => assert!(matches!(rule(refused), Refusal::AlreadyUsed { .. })),
        }
    }
    assert_eq!(let_in, 1);
    assert!(wait(service.service().verify_audit(ANNE.into())).unwrap() > 0);
}

#[test]
fn what_goes_wrong_is_an_answer_here_too() {
    let store = FlakyStore::default();
    let house = wait(House::over(store.clone()));
    let service = Service::from(house.service.clone());
    let stamp = wait(house.log_in(ANNE)).stamp;
    store.expect(Weather::Blind);
    assert!(matches!(
        service.check(&stamp, None),
        Err(ServiceError::Store(_))
    ));
    store.expect(Weather::Fair);
    assert!(service.check(&stamp, None).unwrap().is_ok());
    assert!(service.pending(&stamp).unwrap().is_none());
}
