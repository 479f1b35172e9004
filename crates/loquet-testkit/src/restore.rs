//! A store that was put back to an earlier time.

use loquet::flow::{BeginEnrollment, Reset, UseRecoveryCode};
use loquet::store::Store;
use loquet::testing::Phone;
use loquet::{Refusal, Restored};

use crate::audit::{records, verified};
use crate::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};

/// Takes a store, lets `back` put it to where it was when `mark` was called, and checks that nothing of before counts
/// again. Says what the restore told, and how many records of Chloé's were made in between.
///
/// A store that cannot go back stays as it is: the same must hold.
pub async fn story<S: Store>(
    store: S,
    mark: impl FnOnce(),
    back: impl FnOnce(House) -> S,
) -> (Restored, u64) {
    let house = House::over(store).await;
    let (phone, anne) = house.enabled().await;
    let anne = house.offering(&phone, anne).await;
    let denis = house.log_in(DENIS).await.stamp;
    let offer = house.begin(denis).await;
    let codes = house.service.recovery_codes(&denis).await.unwrap();
    let (deniss, denis) = house.confirm(denis, &offer).await;
    let chloe = house.log_in(CHLOE).await.stamp;
    let (chloes, chloe) = house.enroll(chloe).await;
    let bruno = house.log_in(BRUNO).await.stamp;
    house.enroll(bruno).await;
    let typed = house.code(&phone).into();
    let reset = Reset {
        stamp: anne,
        subject: BRUNO.into(),
        aloud: false,
        typed,
    };
    let reset_code = house.run(reset).await.unwrap().reset_code;
    let taken = house.service.mark_backup().await.unwrap();
    mark();

    // What is lost: a code that was used, and a recovery code.
    house.clock.advance(3600);
    let half = house.log_in(CHLOE).await.stamp;
    let used = house.code(&chloes);
    assert!(house.give(half, &used).await.is_ok());
    let lost = records(&house.service, CHLOE).await.len() as u64;
    let kept = house.service.checkpoint().await.unwrap();

    let clock = house.clock.clone();
    let house = House::at(back(house), clock).await;
    let told = house.service.restored(Some(&kept)).await.unwrap();
    assert_eq!((told.taken, told.accounts), (Some(taken), 4));
    assert_eq!(told.reset_codes, ["bruno"]);
    assert_eq!(told.recovery, ["chloe", "denis"]);

    for stamp in [anne, chloe, denis, half] {
        let now = house.service.check(&stamp, None).await.unwrap();
        assert_eq!(now.unwrap_err(), Refusal::StaleLogIn);
    }
    let half = house.log_in(CHLOE).await.stamp;
    let again = house.give(half, &used).await;
    assert!(matches!(rule(again), Refusal::AlreadyUsed { .. }));
    let stamp = house.log_in(DENIS).await.stamp;
    for code in codes.iter().take(2) {
        let typed = code.expose().to_string().into();
        let burnt = house.run(UseRecoveryCode { stamp, typed }).await;
        assert_eq!(rule(burnt), Refusal::WrongRecoveryCode);
    }
    let stamp = house.log_in(BRUNO).await.stamp;
    let reset_code = reset_code.expose().to_string().into();
    let void = house.run(BeginEnrollment { stamp, reset_code }).await;
    assert!(void.is_err(), "{void:?}");

    everybody_goes_on(&house, [(ANNE, &phone), (CHLOE, &chloes), (DENIS, &deniss)]).await;
    (told, lost)
}

/// A minute later, as before; Bruno after another reset.
async fn everybody_goes_on(house: &House, phones: [(u64, &Phone); 3]) {
    house.clock.advance(60);
    for (account, phone) in phones {
        let stamp = house.log_in(account).await.stamp;
        assert!(
            house.give(stamp, &house.code(phone)).await.is_ok(),
            "{account}"
        );
    }
    let log = records(&house.service, CHLOE).await;
    assert_eq!(
        log.iter()
            .filter(|(_, record)| record.what == "restore")
            .count(),
        1
    );
    assert!(
        verified(&house.service, None)
            .await
            .iter()
            .all(|(_, chain)| chain.is_ok())
    );
}
