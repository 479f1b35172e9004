//! The article's sentences, in its order, as tests over the whole library: real ceremonies, a store, a phone that shares no
//! code with us.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::net::IpAddr;

use loquet::flow::{
    BeginEnrollment, BeginReplacement, CollectTicket, ConfirmEnrollment, EnableMfa, GiveCode,
    LogIn, LogOutEverywhere, OpenBreakGlass, ReportLost, Reset, RulesChange, SetAccessRules,
    SwitchOff, SwitchOn,
};
use loquet::store::MemoryStore;
use loquet::testing::Phone;
use loquet::{AccountId, Clock, Level, Refusal, Refused, Request, RoleId};
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, House, rule};

async fn house() -> House {
    House::over(MemoryStore::new()).await
}

// « Une fois que vous avez activé l'authentification multi-facteur (AMF), il n'est plus possible de revenir en arrière. »
#[tokio::test]
async fn once_enabled_there_is_no_way_back() {
    let house = house().await;
    let (_, stamp) = house.enabled().await;
    let again = EnableMfa {
        stamp,
        typed_back: String::new(),
    };
    assert_eq!(rule(house.run(again).await), Refusal::AlreadyEnabled);
    let standing = house.service.check(&stamp, None).await.unwrap().unwrap();
    assert!(standing.organisation.is_enabled());
}

#[tokio::test]
async fn enabling_asks_for_the_last_group_of_the_break_glass_code() {
    let house = house().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let wrong = EnableMfa {
        stamp,
        typed_back: "AAAAAA".into(),
    };
    assert_eq!(rule(house.run(wrong).await), Refusal::SealNotConfirmed);
    let parent = house.log_in(DENIS).await.stamp;
    assert_eq!(
        house
            .service
            .propose_seal(&parent)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::NotAdmin
    );
}

// « … disponible sur une base volontaire pour les comptes parents … »
#[tokio::test]
async fn a_parent_may_and_need_not() {
    let house = house().await;
    house.imposed().await;
    let parent = house.log_in(DENIS).await;
    assert_eq!(parent.stamp.level(), Level::Level1);
    let (phone, stamp) = house.enroll(parent.stamp).await;
    let standing = house.service.check(&stamp, None).await.unwrap().unwrap();
    assert!(
        standing.requirement.toggle,
        "confirming an enrollment switches the question on"
    );

    let half = house.log_in(DENIS).await.stamp;
    assert_eq!(half.level(), Level::HalfLogin);
    let typed = house.code(&phone);
    let full = house
        .run(GiveCode { stamp: half, typed })
        .await
        .unwrap()
        .stamp;
    assert_eq!(full.level(), Level::Level2);

    // « Il doit désactiver l'option : "La connexion multi-facteur est requise pour votre compte". »
    let typed = house.code(&phone);
    house.run(SwitchOff { stamp: full, typed }).await.unwrap();
    assert_eq!(house.log_in(DENIS).await.stamp.level(), Level::Level1);
    let stamp = house.log_in(DENIS).await.stamp;
    let typed = house.code(&phone);
    house.run(SwitchOn { stamp, typed }).await.unwrap();
    assert_eq!(house.log_in(DENIS).await.stamp.level(), Level::HalfLogin);
}

// « … peut être imposée par les administrateurs pour tous les comptes employés. »
#[tokio::test]
async fn an_employee_under_the_mandate_must_enroll_and_cannot_switch_it_off() {
    let house = house().await;
    house.imposed().await;
    let employee = house.log_in(CHLOE).await;
    assert_eq!(employee.stamp.level(), Level::EnrolOnly);
    let (phone, stamp) = house.enroll(employee.stamp).await;
    let typed = house.code(&phone);
    let refusal = rule(house.run(SwitchOff { stamp, typed }).await);
    assert!(
        matches!(refusal, Refusal::Mandated { role: RoleId::EMPLOYEE, by: Some(by), .. } if by == ANNE.into()),
        "{refusal:?}"
    );
    // An administrator is covered as an employee.
    assert_eq!(house.log_in(BRUNO).await.stamp.level(), Level::EnrolOnly);
}

// « Si un employé perd son code OTP, il devra demander à un autre administrateur de réinitialiser son compte. »
#[tokio::test]
async fn another_administrator_resets_and_the_ticket_opens_the_new_enrollment() {
    let house = house().await;
    let (phone, anne) = house.imposed().await;
    let chloe = house.log_in(CHLOE).await.stamp;
    let (old, chloe) = house.enroll(chloe).await;
    let typed = house.code(&phone);
    let reset = Reset {
        stamp: anne,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    let ticket = house.run(reset).await.unwrap().ticket;

    assert_eq!(
        house
            .service
            .check(&chloe, None)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::StaleLogIn
    );
    let half = house.log_in(CHLOE).await.stamp;
    assert_eq!(
        half.level(),
        Level::EnrolOnly,
        "a reset never lowers the requirement"
    );
    let without = BeginEnrollment {
        stamp: half,
        ticket: String::new(),
    };
    assert_eq!(rule(house.run(without).await), Refusal::TicketRequired);
    let wrong = BeginEnrollment {
        stamp: half,
        ticket: "not a ticket".into(),
    };
    assert_eq!(rule(house.run(wrong).await), Refusal::WrongTicket);
    let right = BeginEnrollment {
        stamp: half,
        ticket: ticket.expose().to_lowercase(),
    };
    let offer = house.run(right).await.unwrap();
    let (new, _) = house.confirm(half, &offer).await;

    let half = house.log_in(CHLOE).await.stamp;
    let typed = house.code(&old);
    assert!(matches!(
        rule(house.run(GiveCode { stamp: half, typed }).await),
        Refusal::WrongCode { .. }
    ));
    let typed = house.code(&new);
    assert!(house.run(GiveCode { stamp: half, typed }).await.is_ok());
}

// « Les administrateurs eux-mêmes peuvent également … faire appel à un autre administrateur … »
#[tokio::test]
async fn an_administrator_is_reset_by_the_other_and_never_by_oneself() {
    let house = house().await;
    let (phone, anne) = house.imposed().await;
    let bruno = house.log_in(BRUNO).await.stamp;
    house.enroll(bruno).await;
    let typed = house.code(&phone);
    let oneself = Reset {
        stamp: anne,
        subject: ANNE.into(),
        aloud: false,
        typed,
    };
    assert_eq!(rule(house.run(oneself).await), Refusal::SelfReset);
    let typed = house.code(&phone);
    let other = Reset {
        stamp: anne,
        subject: BRUNO.into(),
        aloud: false,
        typed,
    };
    assert!(house.run(other).await.is_ok());
    assert_eq!(house.log_in(BRUNO).await.stamp.level(), Level::EnrolOnly);
}

// « Le code … généré à l'écran lors de sa tentative de connexion … » : shown again to the same session, to no other.
#[tokio::test]
async fn a_pending_enrollment_belongs_to_its_session_alone() {
    let house = house().await;
    house.imposed().await;
    let first = house.log_in(CHLOE).await.stamp;
    let second = house.log_in(CHLOE).await.stamp;
    let offer = house
        .run(BeginEnrollment {
            stamp: first,
            ticket: String::new(),
        })
        .await
        .unwrap();
    let again = house
        .run(BeginEnrollment {
            stamp: first,
            ticket: String::new(),
        })
        .await
        .unwrap();
    assert_eq!(offer.uri.expose(), again.uri.expose());
    let shown = house.service.pending(&first).await.unwrap().unwrap();
    assert_eq!(offer.uri.expose(), shown.uri.expose());
    assert!(house.service.pending(&second).await.unwrap().is_none());
    let other = house
        .run(BeginEnrollment {
            stamp: second,
            ticket: String::new(),
        })
        .await
        .unwrap();
    assert_ne!(offer.uri.expose(), other.uri.expose());
    house.clock.advance(601);
    assert!(
        house.service.pending(&first).await.unwrap().is_none(),
        "it expires"
    );
}

// « Le code à 6 chiffres sera suivi d'un décompte après lequel un nouveau code sera automatiquement généré … »
#[tokio::test]
async fn a_code_is_accepted_once_and_a_wrong_one_counts() {
    let house = house().await;
    let (phone, _) = house.enabled().await;
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone);
    assert!(
        house
            .run(GiveCode {
                stamp: half,
                typed: typed.clone()
            })
            .await
            .is_ok()
    );
    let other = house.log_in(ANNE).await.stamp;
    let (left, right) = typed.split_at(3);
    let spaced = format!(" {left} {right} ");
    for again in [typed, spaced] {
        let refusal = rule(
            house
                .run(GiveCode {
                    stamp: other,
                    typed: again,
                })
                .await,
        );
        assert!(
            matches!(refusal, Refusal::AlreadyUsed { wait: 1..=30 }),
            "{refusal:?}"
        );
    }
    let before = house.attempts(ANNE).await;
    let typed = house.wrong_code(&phone);
    let refusal = rule(
        house
            .run(GiveCode {
                stamp: other,
                typed,
            })
            .await,
    );
    assert!(matches!(refusal, Refusal::WrongCode { .. }), "{refusal:?}");
    let after = house.attempts(ANNE).await;
    assert_eq!(after.total, before.total + 1);
    let malformed = GiveCode {
        stamp: other,
        typed: "12345".into(),
    };
    assert_eq!(rule(house.run(malformed).await), Refusal::Malformed);
    assert_eq!(house.attempts(ANNE).await, after);
}

#[tokio::test]
async fn the_same_form_again_gets_no_second_session() {
    let house = house().await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let typed = house.code(&phone);
    let request = House::request();
    let form = || GiveCode {
        stamp,
        typed: typed.clone(),
    };
    assert!(
        house
            .service
            .run(form(), &request)
            .await
            .unwrap()
            .granted()
            .is_ok()
    );
    let again = house.service.run(form(), &request).await.unwrap().granted();
    assert_eq!(rule(again), Refusal::AlreadyCompleted);
}

// « IMPORTANT: Vous devez conserver en tout temps l'application d'authentification … »
#[tokio::test]
async fn a_new_phone_replaces_the_old_one_which_works_until_then() {
    let house = house().await;
    let (old, stamp) = house.enabled().await;
    let typed = house.code(&old);
    let offer = house.run(BeginReplacement { stamp, typed }).await.unwrap();
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.code(&old);
    assert!(house.run(GiveCode { stamp: half, typed }).await.is_ok());
    let (new, _) = house.confirm(stamp, &offer).await;
    let half = house.log_in(ANNE).await.stamp;
    let typed = house.code(&old);
    assert!(matches!(
        rule(house.run(GiveCode { stamp: half, typed }).await),
        Refusal::WrongCode { .. }
    ));
    let typed = house.code(&new);
    assert!(house.run(GiveCode { stamp: half, typed }).await.is_ok());
}

#[tokio::test]
async fn a_reported_loss_ends_every_session_and_disables_the_phone() {
    let house = house().await;
    let (phone, stamp) = house.enabled().await;
    house
        .run(ReportLost {
            account: ANNE.into(),
        })
        .await
        .unwrap();
    assert_eq!(
        house
            .service
            .check(&stamp, None)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::StaleLogIn
    );
    let half = house.log_in(ANNE).await.stamp;
    assert_eq!(half.level(), Level::RecoveryOnly);
    let typed = house.code(&phone);
    let refusal = rule(house.run(GiveCode { stamp: half, typed }).await);
    assert!(
        matches!(refusal, Refusal::Disabled | Refusal::RecoverFirst),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session() {
    let house = house().await;
    let one = house.log_in(DENIS).await.stamp;
    let two = house.log_in(DENIS).await.stamp;
    house.run(LogOutEverywhere { stamp: one }).await.unwrap();
    for stamp in [one, two] {
        assert_eq!(
            house
                .service
                .check(&stamp, None)
                .await
                .unwrap()
                .unwrap_err(),
            Refusal::StaleLogIn
        );
    }
}

// « … restreindre les connexions selon l'appareil, l'endroit ou l'adresse IP utilisée … »
#[tokio::test]
async fn log_ins_are_restricted_by_address_and_nobody_locks_themself_out() {
    let house = house().await;
    let (phone, stamp) = house.enabled().await;
    let rules = |text: &str, typed: &str| SetAccessRules::new(stamp, text, typed).unwrap();
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
    assert!(SetAccessRules::new(stamp, "allow 010.0.0.1", "").is_err());

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

#[tokio::test]
async fn a_stricter_rule_holds_at_once() {
    let house = house().await;
    let (_, stamp) = house.enabled().await;
    let rules = |text: &str| SetAccessRules::new(stamp, text, "").unwrap();
    assert_eq!(
        house
            .run(rules("default allow\ndeny 198.51.100.0/24"))
            .await
            .unwrap(),
        RulesChange::InForce
    );
    let stricter = rules("default allow\ndeny 198.51.100.0/24\ndeny 192.0.2.0/24");
    assert_eq!(house.run(stricter).await.unwrap(), RulesChange::InForce);
}

#[tokio::test]
async fn every_decision_about_a_person_is_in_an_unbroken_chain() {
    let house = house().await;
    house.imposed().await;
    let records = house.service.verify_audit(ANNE.into()).await.unwrap();
    assert_eq!(records, 5, "log in, enable, begin, confirm, announce");
}

// Whoever is locked out although nobody was careless: the envelope.
#[tokio::test]
async fn break_glass_lets_the_last_administrator_back_in_after_a_day() {
    let house = house().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let seal = house
        .service
        .propose_seal(&stamp)
        .await
        .unwrap()
        .unwrap()
        .expose();
    let typed_back = seal.rsplit('-').next().unwrap().to_owned();
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
        Refusal::WrongSeal
    );
    let ready = house.run(open(&seal)).await.unwrap();
    let collect = || CollectTicket {
        account: ANNE.into(),
        typed: seal.to_string(),
    };
    assert!(matches!(
        rule(house.run(collect()).await),
        Refusal::TooEarly { .. }
    ));
    house.clock.advance(ready.0 - house.clock.now().0);
    let ticket = house.run(collect()).await.unwrap().ticket;

    let stamp = house.log_in(ANNE).await.stamp;
    let begin = BeginEnrollment {
        stamp,
        ticket: ticket.expose().to_string(),
    };
    let offer = house.run(begin).await.unwrap();
    let phone = Phone::scan(&offer).unwrap();
    // The enrollment that follows renews the seal before it confirms.
    let confirm = |typed: String, seal_typed_back: &str| ConfirmEnrollment {
        stamp,
        typed,
        seal_typed_back: seal_typed_back.into(),
    };
    let without = house.run(confirm(house.code(&phone), "")).await;
    assert_eq!(rule(without), Refusal::SealFirst);
    let new = house
        .service
        .propose_seal(&stamp)
        .await
        .unwrap()
        .unwrap()
        .expose();
    assert_ne!(*new, *seal);
    let last = new.rsplit('-').next().unwrap();
    let bound = house.run(confirm(house.code(&phone), last)).await.unwrap();
    assert_eq!(bound.stamp.level(), Level::Level2);
    assert_eq!(rule(house.run(open(&seal)).await), Refusal::WrongSeal);
}
