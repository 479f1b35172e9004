//! « Comment l'utilisateur peut activer et désactiver le multi-facteur dans son compte … ? »

use loquet::{Assurance, NextStep, Refusal};
use loquet_testkit::fixture::{CHLOE, DENIS, refusal};

use super::fixture;

/// « 1- Une fois connecté dans son compte, l'utilisateur doit cliquer sur les 3 petites lignes en haut à gauche et
/// cliquer sur "Mon compte". »
#[tokio::test]
async fn account_page_shows_the_requirement() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let overview = async |account| {
        let session = fixture.log_in(account).await.session;
        let (_, session) = fixture.enroll(&session).await;
        let user = fixture.user(&session).await;
        fixture.mfa.account(&user).overview().await.unwrap()
    };
    let denis = overview(DENIS).await;
    assert!(denis.requirement().toggle, "the owner's wish");
    assert!(denis.requirement().mandate.is_none());
    let chloe = overview(CHLOE).await;
    assert!(chloe.requirement().mandate.is_some(), "the mandate");
}

/// « 2- L'utilisateur peut désactiver la fonctionnalité du multi-facteur. »
/// « Il doit désactiver l'option : "La connexion multi-facteur est requise pour votre compte". »
#[tokio::test]
async fn owner_turns_it_off_and_on() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let session = fixture.log_in(DENIS).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let denis = fixture.user(&session).await;
    let account = fixture.mfa.account(&denis);
    let without = account.turn_off("").await;
    assert_eq!(refusal(without), Refusal::StepUp, "not without a code");
    account.turn_off(fixture.code(&phone)).await.unwrap();
    let login = fixture.log_in(DENIS).await;
    assert_eq!(login.next, NextStep::Done);
    let denis = fixture.user(&login.session).await;
    assert_eq!(denis.assurance(), Assurance::Aal1);
    let account = fixture.mfa.account(&denis);
    let login = account.turn_on(fixture.code(&phone)).await.unwrap();
    let denis = fixture.user(&login.unwrap().session).await;
    assert_eq!(denis.assurance(), Assurance::Aal2);
    assert_eq!(fixture.log_in(DENIS).await.next, NextStep::SecondFactor);
}
