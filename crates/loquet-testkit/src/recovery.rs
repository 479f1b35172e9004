//! Recovery codes: offered after a wait, shown while pending, used once.

use loquet::flow::{
    BeginEnrollment, Choice, Recovering, RulesChange, UpdateSettings, UseRecoveryCode,
};
use loquet::paper::RecoveryCode;
use loquet::testing::Phone;
use loquet::{Level, Refusal, Stamp};
use loquet_policy::{Event, limits};

use crate::house::{ANNE, DENIS, House, rule};
use crate::letters::{post, to};

fn begin(stamp: Stamp) -> BeginEnrollment {
    BeginEnrollment {
        stamp,
        reset_code: "".into(),
    }
}

fn recover(stamp: Stamp, code: &RecoveryCode) -> UseRecoveryCode {
    UseRecoveryCode {
        stamp,
        typed: code.expose().to_lowercase().into(),
    }
}

impl House {
    /// Recovery codes are offered from now on.
    pub(crate) async fn offering(&self, phone: &Phone, stamp: Stamp) -> Stamp {
        let typed = self.code(phone).into();
        let choice = Choice::RecoveryCodes { offered: true };
        let due = self
            .run(UpdateSettings {
                stamp,
                choice,
                typed,
            })
            .await
            .unwrap();
        assert!(matches!(due, RulesChange::Due(_)), "{due:?}");
        self.clock.advance(limits::WEAKENING);
        self.service.tick().await.unwrap();
        let stamp = self.log_in(ANNE).await.stamp;
        self.give(stamp, &self.code(phone)).await.unwrap().stamp
    }

    /// Denis enrolls where codes are offered, and writes them down.
    async fn denis_with_codes(&self) -> (Phone, Stamp, Vec<RecoveryCode>) {
        let (phone, stamp) = self.enabled().await;
        self.offering(&phone, stamp).await;
        let stamp = self.log_in(DENIS).await.stamp;
        let offer = self.begin(stamp).await;
        let codes = self.service.recovery_codes(&stamp).await.unwrap();
        let (phone, stamp) = self.confirm(stamp, &offer).await;
        (phone, stamp, codes)
    }

    async fn left(&self, account: u64) -> usize {
        let people = self.service.everybody(self.org).await.unwrap();
        let person = people
            .iter()
            .find(|person| person.account.id == account.into());
        person.unwrap().account.recovery.len()
    }
}

/// Nothing is offered before the wait is over, and nothing counts before the enrollment does.
pub async fn recovery_codes_are_offered_after_a_wait_and_shown_while_pending(house: House) {
    let (phone, stamp) = house.enabled().await;
    let early = house.log_in(DENIS).await.stamp;
    house.begin(early).await;
    assert!(
        house
            .service
            .recovery_codes(&early)
            .await
            .unwrap()
            .is_empty()
    );
    house.offering(&phone, stamp).await;

    let stamp = house.log_in(DENIS).await.stamp;
    let offer = house.begin(stamp).await;
    let shown = house.service.recovery_codes(&stamp).await.unwrap();
    assert_eq!(shown.len(), limits::RECOVERY_CODES);
    assert_eq!(shown, house.service.recovery_codes(&stamp).await.unwrap());
    let other = house.log_in(DENIS).await.stamp;
    assert!(
        house
            .service
            .recovery_codes(&other)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(house.left(DENIS).await, 0);
    let (_, stamp) = house.confirm(stamp, &offer).await;
    assert_eq!(house.left(DENIS).await, limits::RECOVERY_CODES);
    assert!(
        house
            .service
            .recovery_codes(&stamp)
            .await
            .unwrap()
            .is_empty()
    );
}

/// The paper, once.
pub async fn a_recovery_code_opens_one_enrollment_for_ten_minutes(house: House) {
    let (old, stamp, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let elsewhere = house.log_in(DENIS).await.stamp;
    post(&house).await;
    let Recovering { entered, left, .. } = house.run(recover(half, &codes[3])).await.unwrap();
    assert_eq!((entered.stamp.level(), left), (Level::EnrollOnly, 9));
    let letters = post(&house).await;
    assert_eq!(
        to(&letters, DENIS)[0].event,
        Event::RecoveryCodeUsed { left: 9 }
    );

    assert_eq!(
        house
            .service
            .check(&stamp, None)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::StaleLogIn
    );
    assert!(house.run(recover(elsewhere, &codes[4])).await.is_err());
    let typed = house.code(&old);
    let stamp = house.log_in(DENIS).await.stamp;
    assert!(house.give(stamp, &typed).await.is_err());
    assert_eq!(
        rule(house.run(begin(stamp)).await).code(),
        "RESET_CODE_REQUIRED"
    );

    let offer = house.begin(entered.stamp).await;
    let new = house.service.recovery_codes(&entered.stamp).await.unwrap();
    let (phone, _) = house.confirm(entered.stamp, &offer).await;
    let half = house.log_in(DENIS).await.stamp;
    for burnt in [&codes[3], &codes[4]] {
        assert_eq!(
            rule(house.run(recover(half, burnt)).await),
            Refusal::WrongRecoveryCode,
            "the set was replaced"
        );
    }
    assert!(house.give(half, &house.code(&phone)).await.is_ok());
    let half = house.log_in(DENIS).await.stamp;
    assert!(house.run(recover(half, &new[0])).await.is_ok());
}

/// Whoever does not finish has the rest of the paper.
pub async fn a_recovery_that_lapses_leaves_the_other_codes(house: House) {
    let (_, _, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let first = house
        .run(recover(half, &codes[0]))
        .await
        .unwrap()
        .entered
        .stamp;
    house.clock.advance(limits::PENDING);
    assert!(house.run(begin(first)).await.is_err());
    let half = house.log_in(DENIS).await.stamp;
    assert_eq!(half.level(), Level::RecoveryOnly);
    assert_eq!(
        rule(house.run(recover(half, &codes[0])).await),
        Refusal::WrongRecoveryCode
    );
    let recovering = house.run(recover(half, &codes[1])).await.unwrap();
    assert_eq!(recovering.left, 8);
    let offer = house.begin(recovering.entered.stamp).await;
    house.confirm(recovering.entered.stamp, &offer).await;
}

/// No second budget for guessing.
pub async fn wrong_recovery_codes_share_the_budget(house: House) {
    let (_, _, codes) = house.denis_with_codes().await;
    let half = house.log_in(DENIS).await.stamp;
    let before = house.attempts(DENIS).await.total;
    let mut typed = codes[0].expose().to_string();
    let other = if typed.starts_with('A') { "B" } else { "A" };
    typed.replace_range(..1, other);
    let wrong = UseRecoveryCode {
        stamp: half,
        typed: typed.into(),
    };
    let refusal = rule(house.run(wrong).await);
    assert_eq!(refusal, Refusal::WrongRecoveryCode);
    assert_eq!(house.attempts(DENIS).await.total, before + 1);
    let malformed = UseRecoveryCode {
        stamp: half,
        typed: "123456".into(),
    };
    assert_eq!(rule(house.run(malformed).await), Refusal::Malformed);
    assert_eq!(house.attempts(DENIS).await.total, before + 1);
    let anne = house.log_in(ANNE).await.stamp;
    let none = house.run(recover(anne, &codes[0])).await;
    assert_eq!(rule(none), Refusal::WrongRecoveryCode, "another's paper");
}
