//! Break-glass: the envelope with the code, for an organisation whose last administrator lost the phone.

use loquet::flow::{
    BeginEnrollment, CollectTicket, ConfirmEnrollment, EnableMfa, GiveCode, LogIn, OpenBreakGlass,
    ReportLost, SetAccessRules,
};
use loquet::testing::Phone;
use loquet::{Clock, Level, Refusal, Request};
use loquet_policy::{Event, limits};

use crate::house::{ANNE, BRUNO, House, rule};
use crate::letters::{post, to};

/// A stolen envelope is of no use while one administrator can log in.
pub async fn break_glass_is_stopped_by_any_administrators_code(house: House) {
    let (seal, phone) = sealed(&house).await;
    let bruno = house.log_in(BRUNO).await.stamp;
    house.enroll(bruno).await;
    post(&house).await;
    let open = || OpenBreakGlass {
        account: BRUNO.into(),
        typed: seal.clone().into(),
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
    let typed = house.code(&phone).into();
    house.run(GiveCode { stamp, typed }).await.unwrap();
    house.clock.advance(limits::BREAK_GLASS);
    let collect = CollectTicket {
        account: BRUNO.into(),
        typed: seal.clone().into(),
    };
    assert_eq!(rule(house.run(collect).await).code(), "NOT_SEALED");
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
        assert_eq!(rule(house.run(wrong).await), Refusal::WrongSeal);
    }
    assert_eq!(rule(house.run(open()).await).code(), "NOT_SEALED");
}

/// The rules may be what locked everybody out.
pub async fn break_glass_ignores_the_access_rules_and_renews_the_seal(house: House) {
    let (seal, phone) = sealed(&house).await;
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone).into();
    let stamp = house.run(GiveCode { stamp, typed }).await.unwrap().stamp;
    let rules = SetAccessRules::new(stamp, "default deny\nallow 203.0.113.7/32", "").unwrap();
    house.run(rules).await.unwrap();
    let account = ANNE.into();
    house.run(ReportLost { account }).await.unwrap();

    let away = || Request::new("198.51.100.9".parse().ok()).unwrap();
    let open = OpenBreakGlass {
        account,
        typed: seal.clone().into(),
    };
    house
        .service
        .run(open, &away())
        .await
        .unwrap()
        .granted()
        .unwrap();
    let refused = house
        .service
        .run(LogIn { account }, &away())
        .await
        .unwrap()
        .granted();
    assert_eq!(rule(refused), Refusal::AccessDenied);
    house.clock.advance(limits::BREAK_GLASS);
    let collect = CollectTicket {
        account,
        typed: seal.into(),
    };
    let handed = house.run(collect).await.unwrap();
    let expires = house.clock.now().plus(limits::BREAK_GLASS_TICKET);
    assert_eq!(handed.expires, expires);

    let entered = house
        .service
        .run(LogIn { account }, &away())
        .await
        .unwrap()
        .granted()
        .unwrap();
    let stamp = entered.stamp;
    let begin = BeginEnrollment {
        stamp,
        ticket: handed.ticket.expose().to_string().into(),
    };
    let offer = house
        .service
        .run(begin, &away())
        .await
        .unwrap()
        .granted()
        .unwrap();
    let phone = Phone::scan(&offer).unwrap();
    let new = house.service.propose_seal(&stamp).await.unwrap().unwrap();
    let new = new.expose();
    let confirm = ConfirmEnrollment {
        stamp,
        typed: house.code(&phone).into(),
        seal_typed_back: new.rsplit('-').next().unwrap().into(),
    };
    let bound = house
        .service
        .run(confirm, &away())
        .await
        .unwrap()
        .granted()
        .unwrap();
    assert_eq!(bound.stamp.level(), Level::Level2);
}

/// Anne enables and writes the code down.
async fn sealed(house: &House) -> (String, Phone) {
    let stamp = house.log_in(ANNE).await.stamp;
    let seal = house.service.propose_seal(&stamp).await.unwrap().unwrap();
    let seal = seal.expose().to_string();
    let typed_back = seal.rsplit('-').next().unwrap().into();
    house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    let (phone, _) = house.enroll(stamp).await;
    (seal, phone)
}
