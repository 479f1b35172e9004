//! « Informations Supplémentaires », and what follows from the article without standing in it.

use std::net::IpAddr;

use loquet::device::DeviceId;
use loquet::flow::{
    BeginEnrollment, CollectResetCode, ConfirmEnrollment, EnableMfa, LogIn, OpenBreakGlass,
    ReportLost, RulesChange, SetDevicesRemembered, VerifyCode,
};
use loquet::testing::Phone;
use loquet::{AccountId, Clock, Level, Refusal, Refused, Request, ResetCode};
use loquet_enrollment::{App, Support};
use loquet_ipfilter::{Country, Geo};
use loquet_testkit::house::{ANNE, CHLOE, DENIS, HOME, House, rule};

use super::{house, offered};

/// « Amisgest n'est pas la seule à offrir cette option. »
/// « Votre service informatique vous a probablement déjà proposé cette fonctionnalité pour vos comptes Office 365. »
#[tokio::test]
async fn in_one_app_two_services_stand_apart() {
    let (ours, other) = (house().await, house().await);
    let (phone, _) = ours.enabled().await;
    let (office, _) = other.enabled().await;
    let typed = ours.code(&phone);
    assert_ne!(office.code(ours.clock.now()), typed);
    let stamp = ours.log_in(ANNE).await.stamp;
    assert!(matches!(
        rule(ours.give(stamp, &office.code(ours.clock.now())).await),
        Refusal::WrongCode { .. }
    ));
}

/// « Nous vous recommandons donc d'utiliser l'application Microsoft Authenticator sur votre mobile pour gérer
/// l'authentification multi-facteur. »
#[tokio::test]
async fn microsoft_authenticator_honours_all_that_is_asked_of_it() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
    let fit = App::MicrosoftAuthenticator;
    let fit = offer.advice.fits.iter().find(|it| it.app == fit).unwrap();
    assert_eq!((fit.support, fit.cause), (Support::Honoured, None));
}

/// « En plus de l'authentification par OTP, il est également possible d'utiliser la Gestion sécurisée des accès avec
/// filtrage par IP dans Amisgest, permettant de restreindre les connexions selon l'appareil, l'endroit ou l'adresse IP
/// utilisée. »
#[tokio::test]
async fn log_ins_are_restricted_by_address_and_nobody_locks_themself_out() {
    let house = house().await;
    let (phone, stamp) = house.enabled().await;
    let read = |text: &str, typed: &str| house.service.read_rules(stamp, text, typed);
    let rules = |text: &str, typed: &str| read(text, typed).unwrap();
    let elsewhere = rules("default deny\nallow 198.51.100.0/24", "");
    assert_eq!(
        house.run(elsewhere).await.unwrap_err(),
        Refused::WouldLockOut
    );
    let here = rules("default deny\nallow 203.0.113.0/28", "");
    assert_eq!(house.run(here).await.unwrap(), RulesChange::InForce);

    let from = |address: Option<&str>| {
        Request::new(address.map(|a| a.parse::<IpAddr>().unwrap())).unwrap()
    };
    let parent = LogIn {
        account: AccountId::from(DENIS),
    };
    for (address, refusal) in [
        (Some("198.51.100.9"), Some(Refusal::AccessDenied)),
        (None, Some(Refusal::AccessUnknown)),
        (Some("203.0.113.15"), None),
    ] {
        let answer = house
            .service
            .run(parent, &from(address))
            .await
            .unwrap()
            .granted();
        assert_eq!(answer.err(), refusal.map(Refused::Rule), "{address:?}");
    }
    let away = Some("198.51.100.9".parse().unwrap());
    assert_eq!(
        house
            .service
            .check(&stamp, away)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::AccessDenied
    );

    // Opening again waits, so that the other administrator can see it.
    let typed = house.code(&phone);
    let opened = house.run(rules("", &typed)).await.unwrap();
    assert!(matches!(opened, RulesChange::Due(_)));
    assert!(read("allow 010.0.0.1", "").is_err());

    // It holds from its hour on, even if nobody could log in meanwhile to write it down.
    assert!(house.service.check(&stamp, away).await.unwrap().is_err());
    house.clock.advance(72 * 3600);
    assert_ne!(
        house.service.check(&stamp, away).await.unwrap().err(),
        Some(Refusal::AccessDenied)
    );
    let from_away = house
        .service
        .run(parent, &from(Some("198.51.100.9")))
        .await
        .unwrap();
    assert!(from_away.granted().is_ok());
}

/// « Cela offre une protection supplémentaire en limitant l'accès à des lieux ou des appareils spécifiques. »
#[tokio::test]
async fn rules_let_in_from_a_country_and_from_a_remembered_device() {
    let house = house().await;
    let (phone, stamp) = house.enabled().await;
    house
        .run(SetDevicesRemembered { stamp, on: true })
        .await
        .unwrap();
    let canada = Country::from_code("CA").unwrap();
    let places = [("24.48.0.0/16".parse().unwrap(), canada)];
    let geo = Geo::default().with_countries(1_790_000_000, places);
    house.service.set_places(geo);
    let there = |device: Option<DeviceId>, address: &str| Request {
        device,
        remember: true,
        ..Request::new(Some(address.parse().unwrap())).unwrap()
    };
    const CANADA: &str = "24.48.1.1";
    let text = "place \"Canada\" = country CA\nallow place \"Canada\"\nallow any device known";
    let rules = house.service.read_rules(stamp, text, "").unwrap();
    let set = house.service.run(rules, &there(None, CANADA)).await;
    assert_eq!(set.unwrap().granted(), Ok(RulesChange::InForce));

    let account = ANNE.into();
    let log_in = async |request: Request| {
        let answer = house.service.run(LogIn { account }, &request).await;
        answer.unwrap().granted()
    };
    let stranger = log_in(there(None, HOME)).await;
    assert_eq!(rule(stranger), Refusal::AccessDenied);
    let stamp = log_in(there(None, CANADA)).await.unwrap().stamp;
    let typed = house.code(&phone).into();
    let code = VerifyCode { stamp, typed };
    let entered = house.service.run(code, &there(None, CANADA)).await.unwrap();
    let device = entered.granted().unwrap().device;
    assert!(device.is_some(), "remembered, as the person asked");
    assert!(log_in(there(device, HOME)).await.is_ok());
}

#[tokio::test]
async fn every_decision_about_a_person_is_in_an_unbroken_chain() {
    let house = house().await;
    house.imposed().await;
    let records = house.service.verify_audit(ANNE.into()).await.unwrap();
    assert_eq!(records, 5, "log in, enable, begin, confirm, announce");
}

/// Whoever is locked out although nobody was careless: the envelope.
#[tokio::test]
async fn break_glass_lets_the_last_administrator_back_in_after_a_day() {
    let house = house().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap()
        .expose();
    let typed_back = break_glass.rsplit('-').next().unwrap().into();
    house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    house.enroll(stamp).await;
    house
        .run(ReportLost {
            account: ANNE.into(),
        })
        .await
        .unwrap();

    let open = |typed: &str| OpenBreakGlass {
        account: ANNE.into(),
        typed: typed.into(),
    };
    assert_eq!(
        rule(house.run(open("AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA")).await),
        Refusal::WrongBreakGlassCode
    );
    let ready = house.run(open(&break_glass)).await.unwrap();
    let collect = || CollectResetCode {
        account: ANNE.into(),
        typed: break_glass.to_string().into(),
    };
    assert!(matches!(
        rule(house.run(collect()).await),
        Refusal::TooEarly { .. }
    ));
    house.clock.advance(ready.0 - house.clock.now().0);
    let reset_code = house.run(collect()).await.unwrap().reset_code;

    let new = enrolled_anew(&house, reset_code).await;
    assert_ne!(new, *break_glass);
    assert_eq!(
        rule(house.run(open(&break_glass)).await),
        Refusal::WrongBreakGlassCode
    );
}

/// The enrollment that follows renews the break-glass code before it confirms.
async fn enrolled_anew(house: &House, reset_code: ResetCode) -> String {
    let stamp = house.log_in(ANNE).await.stamp;
    let begin = BeginEnrollment {
        stamp,
        reset_code: reset_code.expose().to_string().into(),
    };
    let offer = house.run(begin).await.unwrap();
    let phone = Phone::scan(&offer).unwrap();
    let confirm = |typed: String, break_glass_typed_back: &str| ConfirmEnrollment {
        stamp,
        typed: typed.into(),
        break_glass_typed_back: break_glass_typed_back.into(),
    };
    let without = house.run(confirm(house.code(&phone), "")).await;
    assert_eq!(rule(without), Refusal::BreakGlassCodeFirst);
    let new = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap()
        .expose();
    let last = new.rsplit('-').next().unwrap();
    let bound = house.run(confirm(house.code(&phone), last)).await.unwrap();
    assert_eq!(bound.stamp.level(), Level::Level2);
    new.to_string()
}
