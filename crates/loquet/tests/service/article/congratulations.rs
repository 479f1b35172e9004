//! « Félicitations pour la Sécurisation de Votre Compte ! »

use loquet::flow::{
    BeginEnrollment, CancelMandate, EnableMfa, LogOutEverywhere, Reset, ScheduleMandate,
    SetDevicesRemembered, TurnOff,
};
use loquet::{Clock, Level, Refusal, RoleId};
use loquet_policy::{Start, limits};
use loquet_testkit::house::{ANNE, BRUNO, CHLOE, DENIS, rule};

use super::house;

/// « Vous êtes désormais prêt à sécuriser votre compte, et nous vous félicitons pour cette décision importante. »
#[tokio::test]
async fn where_it_is_enabled_everybody_may_secure_the_own_account() {
    let house = house().await;
    let stamp = house.log_in(DENIS).await.stamp;
    let reset_code = "".into();
    let early = BeginEnrollment { stamp, reset_code };
    assert_eq!(rule(house.run(early).await), Refusal::NotEnabled);
    house.enabled().await;
    for account in [BRUNO, CHLOE, DENIS] {
        let stamp = house.log_in(account).await.stamp;
        assert_eq!(stamp.level(), Level::Level1, "nobody must yet");
        house.enroll(stamp).await;
    }
}

/// « Une fois que vous avez activé l'authentification multi-facteur (AMF), il n'est plus possible de revenir en
/// arrière. »
#[tokio::test]
async fn once_enabled_there_is_no_way_back() {
    let house = house().await;
    let (_, stamp) = house.imposed().await;
    let role = RoleId::EMPLOYEE;
    let cancel = CancelMandate { stamp, role };
    assert_eq!(rule(house.run(cancel).await).code(), "LATCHED");
    let again = EnableMfa {
        stamp,
        typed_back: "".into(),
    };
    assert_eq!(rule(house.run(again).await).code(), "ALREADY_ENABLED");
    let standing = house.standing(&stamp).await;
    assert!(standing.organization.is_enabled());
}

#[tokio::test]
async fn enabling_asks_for_the_last_group_of_the_break_glass_code() {
    let house = house().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let wrong = EnableMfa {
        stamp,
        typed_back: "AAAAAA".into(),
    };
    assert_eq!(
        rule(house.run(wrong).await),
        Refusal::BreakGlassCodeNotConfirmed
    );
    let parent = house.log_in(DENIS).await.stamp;
    assert_eq!(
        house
            .service
            .propose_break_glass(&parent)
            .await
            .unwrap()
            .unwrap_err(),
        Refusal::NotAdmin
    );
}

/// « L'AMF ajoute une couche supplémentaire de sécurité en exigeant une vérification supplémentaire en plus de votre
/// mot de passe. »
#[tokio::test]
async fn the_code_comes_in_addition_to_the_password() {
    let house = house().await;
    let (phone, _) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    assert_eq!(stamp.level(), Level::HalfLogin);
    let entered = house.give(stamp, &house.code(&phone)).await.unwrap();
    assert_eq!(entered.stamp.level(), Level::Level2);
    assert_ne!(entered.stamp, stamp, "a new session");
}

/// « Avant de commencer, il est important de noter que l'AMF est disponible sur une base volontaire pour les comptes
/// parents, étant donné que les risques sont moindres. »
#[tokio::test]
async fn a_parent_may_and_need_not() {
    let house = house().await;
    house.imposed().await;
    let parent = house.log_in(DENIS).await;
    assert_eq!(parent.stamp.level(), Level::Level1);
    assert!(!parent.requirement.is_required());
    let (_, stamp) = house.enroll(parent.stamp).await;
    let standing = house.standing(&stamp).await;
    assert!(
        standing.requirement.toggle,
        "confirming an enrollment switches the question on"
    );
    assert_eq!(house.log_in(DENIS).await.stamp.level(), Level::HalfLogin);
}

/// « Cependant, elle est recommandée de le rendre obligatoire pour les employés et peut être imposée par les
/// administrateurs pour tous les comptes employés. »
#[tokio::test]
async fn enabling_recommends_the_mandate_which_covers_all_employees() {
    let house = house().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let break_glass = house
        .service
        .propose_break_glass(&stamp)
        .await
        .unwrap()
        .unwrap();
    let typed_back = break_glass.expose().rsplit('-').next().unwrap().into();
    let enabled = house.run(EnableMfa { stamp, typed_back }).await.unwrap();
    assert_eq!(enabled.propose, RoleId::EMPLOYEE);
    assert_eq!(enabled.from, house.clock.now().plus(limits::NOTICE));
    let (_, stamp) = house.enroll(stamp).await;
    let (role, date) = (enabled.propose, house.clock.now().plus(limits::NOTICE));
    let start = Start::At(date);
    let imposed = house
        .run(ScheduleMandate { stamp, role, start })
        .await
        .unwrap();
    assert_eq!((imposed.role, imposed.date), (role, date));
    assert_eq!(house.log_in(CHLOE).await.stamp.level(), Level::Level1);
    house.clock.advance(limits::NOTICE);
    for (account, level) in [
        (ANNE, Level::HalfLogin),
        // An administrator is covered as an employee.
        (BRUNO, Level::EnrollOnly),
        (CHLOE, Level::EnrollOnly),
        (DENIS, Level::Level1),
    ] {
        assert_eq!(house.log_in(account).await.stamp.level(), level);
    }
}

/// « Cette fonctionnalité garantit que seules les personnes autorisées auront accès aux données confidentielles. »
#[tokio::test]
async fn half_a_log_in_reaches_nothing() {
    let house = house().await;
    house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    let standing = house.standing(&stamp).await;
    assert_eq!(standing.level, Level::HalfLogin);
    assert_eq!(
        house
            .service
            .users(&stamp)
            .await
            .unwrap()
            .unwrap_err()
            .code(),
        "CODE_REQUIRED"
    );
    assert_eq!(
        rule(house.run(SetDevicesRemembered { stamp, on: true }).await).code(),
        "CODE_REQUIRED"
    );
    assert_eq!(
        rule(house.run(LogOutEverywhere { stamp }).await).code(),
        "CODE_REQUIRED"
    );
}

/// « Pour les Administrateurs : Vous avez la possibilité d'imposer l'AMF pour tous les employés. »
#[tokio::test]
async fn an_employee_under_the_mandate_must_enroll_and_cannot_switch_it_off() {
    let house = house().await;
    let (role, start) = (RoleId::EMPLOYEE, Start::Now { confirmed: true });
    let stamp = house.log_in(CHLOE).await.stamp;
    house.imposed().await;
    assert_eq!(
        rule(house.run(ScheduleMandate { stamp, role, start }).await).code(),
        "ENROLL_ONLY"
    );
    let (phone, stamp) = house.enroll(house.log_in(CHLOE).await.stamp).await;
    assert_eq!(
        rule(house.run(ScheduleMandate { stamp, role, start }).await),
        Refusal::NotAdmin
    );
    let typed = house.code(&phone).into();
    let refusal = rule(house.run(TurnOff { stamp, typed }).await);
    assert!(
        matches!(refusal, Refusal::Mandated(loquet_policy::Cause { role: Some(RoleId::EMPLOYEE), by: Some(by), .. }) if by == ANNE.into()),
        "{refusal:?}"
    );
}

/// « Si un employé perd son code OTP, il devra demander à un autre administrateur de réinitialiser son compte. »
#[tokio::test]
async fn another_administrator_resets_and_the_reset_code_opens_the_new_enrollment() {
    let house = house().await;
    let (phone, anne) = house.imposed().await;
    let chloe = house.log_in(CHLOE).await.stamp;
    let (old, chloe) = house.enroll(chloe).await;
    let typed = house.code(&phone).into();
    let reset = Reset {
        stamp: anne,
        subject: CHLOE.into(),
        aloud: false,
        typed,
    };
    let reset_code = house.run(reset).await.unwrap().reset_code;

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
        Level::EnrollOnly,
        "a reset never lowers the requirement"
    );
    let without = BeginEnrollment {
        stamp: half,
        reset_code: "".into(),
    };
    assert_eq!(rule(house.run(without).await).code(), "RESET_CODE_REQUIRED");
    let wrong = BeginEnrollment {
        stamp: half,
        reset_code: "not a reset code".into(),
    };
    assert_eq!(rule(house.run(wrong).await), Refusal::WrongResetCode);
    let right = BeginEnrollment {
        stamp: half,
        reset_code: reset_code.expose().to_lowercase().into(),
    };
    let offer = house.run(right).await.unwrap();
    let (new, _) = house.confirm(half, &offer).await;

    let half = house.log_in(CHLOE).await.stamp;
    assert!(matches!(
        rule(house.give(half, &house.code(&old)).await),
        Refusal::WrongCode { .. }
    ));
    assert!(house.give(half, &house.code(&new)).await.is_ok());
}

/// « Les administrateurs eux-mêmes peuvent également rencontrer des situations où ils doivent faire appel à un autre
/// administrateur pour réinitialiser leur code OTP en cas de perte. »
#[tokio::test]
async fn an_administrator_is_reset_by_the_other_and_never_by_oneself() {
    let house = house().await;
    let (phone, anne) = house.imposed().await;
    let bruno = house.log_in(BRUNO).await.stamp;
    house.enroll(bruno).await;
    let typed = house.code(&phone).into();
    let oneself = Reset {
        stamp: anne,
        subject: ANNE.into(),
        aloud: false,
        typed,
    };
    assert_eq!(rule(house.run(oneself).await), Refusal::SelfReset);
    let typed = house.code(&phone).into();
    let other = Reset {
        stamp: anne,
        subject: BRUNO.into(),
        aloud: false,
        typed,
    };
    assert!(house.run(other).await.is_ok());
    assert_eq!(house.log_in(BRUNO).await.stamp.level(), Level::EnrollOnly);
}
