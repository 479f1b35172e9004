//! « Informations Supplémentaires », and what follows from the article without standing in it.

use std::net::IpAddr;

use loquet::devices::DeviceId;
use loquet::testing::Phone;
use loquet::{Attempt, Client, Clock, Error, Geo, NextStep, Refusal, RulesChange};
use loquet_enrollment::{App, Support};
use loquet_ipfilter::Country;
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, HOME, refusal};

use super::{fixture, offered};

/// « Amisgest n'est pas la seule à offrir cette option. »
/// « Votre service informatique vous a probablement déjà proposé cette fonctionnalité pour vos comptes Office 365. »
#[tokio::test]
async fn two_services_share_no_codes() {
    let (ours, other) = (fixture().await, fixture().await);
    let (phone, _) = ours.enabled().await;
    let (office, _) = other.enabled().await;
    let typed = ours.code(&phone);
    assert_ne!(office.code(ours.clock.now()), typed);
    let session = ours.log_in(ANNE).await.session;
    let answer = ours.verify(&session, &office.code(ours.clock.now())).await;
    assert!(matches!(refusal(answer), Refusal::WrongCode { .. }));
}

/// « Nous vous recommandons donc d'utiliser l'application Microsoft Authenticator sur votre mobile pour gérer
/// l'authentification multi-facteur. »
#[tokio::test]
async fn microsoft_authenticator_honours_every_parameter() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    let fit = App::MicrosoftAuthenticator;
    let fit = offer.advice.apps.iter().find(|it| it.app == fit).unwrap();
    assert_eq!((fit.support, fit.parameter), (Support::Honored, None));
}

/// « En plus de l'authentification par OTP, il est également possible d'utiliser la Gestion sécurisée des accès avec
/// filtrage par IP dans Amisgest, permettant de restreindre les connexions selon l'appareil, l'endroit ou l'adresse IP
/// utilisée. »
#[tokio::test]
async fn access_rules_restrict_log_ins_by_address() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let (mfa, admin) = (&fixture.mfa, fixture.mfa.admin(&anne));
    let elsewhere = admin
        .set_access_rules("default deny\nallow 198.51.100.0/24", fixture.code(&phone))
        .await;
    assert_eq!(refusal(elsewhere), Refusal::WouldLockOut);
    let here = admin
        .set_access_rules("default deny\nallow 203.0.113.0/28", fixture.code(&phone))
        .await;
    assert_eq!(here.unwrap(), RulesChange::InForce);

    let parent = |address: Option<&str>| {
        let client = Client::new(address.map(|a| a.parse::<IpAddr>().unwrap()));
        mfa.log_in(DENIS, client)
    };
    for (address, refused) in [
        (Some("198.51.100.9"), Some(Refusal::AccessDenied)),
        (None, Some(Refusal::AccessUnknown)),
        (Some("203.0.113.15"), None),
    ] {
        let answer = parent(address).await;
        let found = answer.err().map(|error| *error.refusal().unwrap());
        assert_eq!(found, refused, "{address:?}");
    }
    let away = Fixture::client_at("198.51.100.9");
    let from_away = || mfa.authorize(&session, &away);
    assert_eq!(refusal(from_away().await), Refusal::AccessDenied);

    // Opening again waits, so that the other administrator can see it.
    let opened = admin.set_access_rules("", fixture.code(&phone)).await;
    assert!(matches!(opened, Ok(RulesChange::Due(_))), "{opened:?}");
    let unreadable = admin.set_access_rules("allow 010.0.0.1", "").await;
    assert!(matches!(unreadable, Err(Error::Config(_))));

    // It holds from its hour on, even if no one could log in meanwhile to write it down.
    assert!(from_away().await.is_err());
    fixture.clock.advance(72 * 3600);
    let owes_code = from_away().await.unwrap_err();
    assert_eq!(owes_code.next_step(), Some(NextStep::SecondFactor));
    assert!(parent(Some("198.51.100.9")).await.is_ok());
}

/// « Cela offre une protection supplémentaire en limitant l'accès à des lieux ou des appareils spécifiques. »
#[tokio::test]
async fn rules_allow_country_and_remembered_device() {
    const CANADA: &str = "24.48.1.1";
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let canada = Country::from_code("CA").unwrap();
    let places = [("24.48.0.0/16".parse().unwrap(), canada)];
    let geo = Geo::default().with_countries(1_790_000_000, places);
    let mfa = &fixture.mfa;
    fixture.operator.set_geo(geo);
    let there =
        |device: Option<DeviceId>, address: &str| Fixture::client_at(address).device(device);
    let text = "place \"Canada\" = country CA\nallow place \"Canada\"\nallow any device known";
    let anne = mfa.authorize(&session, &there(None, CANADA)).await.unwrap();
    let admin = mfa.admin(&anne);
    admin.remember_devices(true).await.unwrap();
    let set = admin.set_access_rules(text, fixture.code(&phone)).await;
    assert_eq!(set.unwrap(), RulesChange::InForce);

    let log_in = async |client: Client| mfa.log_in(ANNE, client).await;
    let stranger = log_in(there(None, HOME)).await;
    assert_eq!(refusal(stranger), Refusal::AccessDenied);
    let session = log_in(there(None, CANADA)).await.unwrap().session;
    let attempt = Attempt::new(there(None, CANADA)).remember_device(true);
    let login = mfa
        .verify_code(&session, fixture.code(&phone), attempt)
        .await;
    let device = login.unwrap().device;
    assert!(device.is_some(), "remembered, as the user asked");
    assert!(log_in(there(device, HOME)).await.is_ok());
}

#[tokio::test]
async fn every_decision_is_in_the_audit_chain() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let records = fixture.operator.verify_audit(ANNE.into()).await.unwrap();
    assert_eq!(records, 5, "log in, enable, begin, confirm, announce");
}

/// The last administrator is locked out: the envelope.
#[tokio::test]
async fn break_glass_recovers_last_administrator() {
    let fixture = fixture().await;
    let session = fixture.log_in(ANNE).await.session;
    let break_glass = fixture.enable(&fixture.user(&session).await).await;
    fixture.enroll(&session).await;
    let lost = fixture.mfa.report_lost(ANNE, Fixture::client()).await;
    lost.unwrap();

    let operator = &fixture.operator;
    let open = |typed: &str| operator.open_break_glass(ANNE.into(), typed.to_owned());
    assert_eq!(
        refusal(open("AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA").await),
        Refusal::WrongBreakGlassCode
    );
    let ready = open(&break_glass).await.unwrap();
    let collect = || operator.collect_reset_code(ANNE.into(), break_glass.as_str());
    assert!(matches!(refusal(collect().await), Refusal::TooEarly { .. }));
    fixture.clock.advance(ready.0 - fixture.clock.now().0);
    let reset_code = collect().await.unwrap().reset_code;

    let new = enrolled_anew(&fixture, &reset_code.expose()).await;
    assert_ne!(new, break_glass);
    assert_eq!(
        refusal(open(&break_glass).await),
        Refusal::WrongBreakGlassCode
    );
}

/// The enrollment that follows renews the break-glass code before it confirms.
async fn enrolled_anew(fixture: &Fixture, reset_code: &str) -> String {
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let session = fixture.log_in(ANNE).await.session;
    let begun = mfa.begin_enrollment(&session, reset_code, client).await;
    let phone = Phone::scan(&begun.unwrap()).unwrap();
    let without = mfa
        .confirm_enrollment(&session, fixture.code(&phone), client)
        .await;
    assert_eq!(refusal(without), Refusal::BreakGlassCodeFirst);
    let proposed = mfa
        .proposed_break_glass_code(&session, &Fixture::client())
        .await
        .unwrap();
    let new = proposed.expose();
    let last = new.rsplit('-').next().unwrap();
    let typed = fixture.code(&phone);
    let login = mfa
        .confirm_enrollment_after_break_glass(&session, typed, last, client)
        .await;
    assert_eq!(login.unwrap().next, NextStep::Done);
    new.to_string()
}
