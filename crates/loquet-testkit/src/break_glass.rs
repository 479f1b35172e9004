//! Break-glass: the envelope with the code, for an organization whose last administrator lost the phone.

use loquet::Refusal;
use loquet::flow::{CollectResetCode, EnableMfa, OpenBreakGlass};
use loquet::testing::Phone;
use loquet_policy::{Event, limits};

use crate::house::{ANNE, BRUNO, House, rule};
use crate::letters::{post, to};

/// A stolen envelope is of no use while one administrator can log in.
pub async fn break_glass_is_stopped_by_any_administrators_code(house: House) {
    let (break_glass, phone) = sealed(&house).await;
    let bruno = house.log_in(BRUNO).await.stamp;
    house.enroll(bruno).await;
    post(&house).await;
    let open = || OpenBreakGlass {
        account: BRUNO.into(),
        typed: break_glass.clone().into(),
    };
    let ready = house.run(open()).await.unwrap();
    assert!(matches!(
        rule(house.run(open()).await),
        Refusal::AlreadyOpen { .. }
    ));
    let letters = post(&house).await;
    let opening = Event::BreakGlassOpening {
        account: BRUNO.into(),
        ready,
    };
    for administrator in [ANNE, BRUNO] {
        assert!(
            to(&letters, administrator)
                .iter()
                .any(|letter| letter.event == opening)
        );
    }
    let stamp = house.log_in(ANNE).await.stamp;
    house.give(stamp, &house.code(&phone)).await.unwrap();
    house.clock.advance(limits::BREAK_GLASS);
    let collect = CollectResetCode {
        account: BRUNO.into(),
        typed: break_glass.clone().into(),
    };
    assert_eq!(rule(house.run(collect).await).code(), "NO_BREAK_GLASS_CODE");
    let letters = post(&house).await;
    assert!(
        letters
            .iter()
            .any(|letter| letter.event == Event::BreakGlassCancelled { by: ANNE.into() })
    );
    // The code lies in its envelope again; ten wrong ones void it.
    for _ in 0..10 {
        let wrong = OpenBreakGlass {
            account: BRUNO.into(),
            typed: "nonsense".into(),
        };
        assert_eq!(rule(house.run(wrong).await), Refusal::WrongBreakGlassCode);
    }
    assert_eq!(rule(house.run(open()).await).code(), "NO_BREAK_GLASS_CODE");
}

/// Anne enables and writes the code down.
async fn sealed(house: &House) -> (String, Phone) {
    let stamp = house.log_in(ANNE).await.stamp;
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap();
    let break_glass = break_glass.expose().to_string();
    let typed_back = break_glass.rsplit('-').next().unwrap().into();
    house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    let (phone, _) = house.enroll(stamp).await;
    (break_glass, phone)
}
