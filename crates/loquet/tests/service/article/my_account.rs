//! « Comment l'utilisateur peut activer et désactiver le multi-facteur dans son compte … ? »

use loquet::flow::{TurnOff, TurnOn};
use loquet::{Level, Refusal};
use loquet_testkit::house::{CHLOE, DENIS, rule};

use super::house;

/// « 1- Une fois connecté dans son compte, l'utilisateur doit cliquer sur les 3 petites lignes en haut à gauche et
/// cliquer sur "Mon compte". »
#[tokio::test]
async fn whoever_is_in_reads_what_is_required_of_the_account() {
    let house = house().await;
    house.imposed().await;
    let (_, stamp) = house.enroll(house.log_in(DENIS).await.stamp).await;
    let standing = house.standing(&stamp).await;
    assert!(standing.requirement.toggle, "the owner's wish");
    assert!(standing.requirement.mandate.is_none());
    let (_, stamp) = house.enroll(house.log_in(CHLOE).await.stamp).await;
    let standing = house.standing(&stamp).await;
    assert!(standing.requirement.mandate.is_some(), "the mandate");
}

/// « 2- L'utilisateur peut désactiver la fonctionnalité du multi-facteur. »
/// « Il doit désactiver l'option : "La connexion multi-facteur est requise pour votre compte". »
#[tokio::test]
async fn the_owner_switches_the_question_off_with_a_code_and_on_again() {
    let house = house().await;
    house.imposed().await;
    let (phone, stamp) = house.enroll(house.log_in(DENIS).await.stamp).await;
    let off = |typed: String| TurnOff {
        stamp,
        typed: typed.into(),
    };
    assert_eq!(
        rule(house.run(off(String::new())).await),
        Refusal::StepUp,
        "not without a code"
    );
    house.run(off(house.code(&phone))).await.unwrap();
    let stamp = house.log_in(DENIS).await.stamp;
    assert_eq!(stamp.level(), Level::Level1);
    let typed = house.code(&phone).into();
    let entered = house.run(TurnOn { stamp, typed }).await.unwrap();
    assert_eq!(entered.unwrap().stamp.level(), Level::Level2);
    assert_eq!(house.log_in(DENIS).await.stamp.level(), Level::HalfLogin);
}
