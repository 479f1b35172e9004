//! « Félicitations pour la Sécurisation de Votre Compte ! »

use loquet::{Assurance, Clock, MandateKind, NextStep, Refusal, RoleId, Start};
use loquet_policy::{Cause, limits};
use loquet_testkit::fixture::{ANNE, BRUNO, CHLOE, DENIS, Fixture, refusal};

use super::fixture;

/// « Vous êtes désormais prêt à sécuriser votre compte, et nous vous félicitons pour cette décision importante. »
#[tokio::test]
async fn everyone_may_enroll_once_enabled() {
    let fixture = fixture().await;
    let session = fixture.log_in(DENIS).await.session;
    let early = fixture
        .mfa
        .begin_enrollment(&session, "", Fixture::client())
        .await;
    assert_eq!(refusal(early), Refusal::NotEnabled);
    fixture.enabled().await;
    for account in [BRUNO, CHLOE, DENIS] {
        let login = fixture.log_in(account).await;
        assert_eq!(login.next, NextStep::Done, "no one must yet");
        fixture.enroll(&login.session).await;
    }
}

/// « Une fois que vous avez activé l'authentification multi-facteur (AMF), il n'est plus possible de revenir en
/// arrière. »
#[tokio::test]
async fn enabling_is_final() {
    let fixture = fixture().await;
    let (_, session) = fixture.imposed().await;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let cancelled = admin
        .cancel_mandate(RoleId::STAFF, MandateKind::SecondFactor)
        .await;
    assert_eq!(refusal(cancelled).code(), "LATCHED");
    assert_eq!(refusal(admin.enable("").await).code(), "ALREADY_ENABLED");
    let overview = fixture.mfa.account(&anne).overview().await.unwrap();
    assert!(overview.organization().is_enabled());
}

#[tokio::test]
async fn enabling_needs_last_group_of_break_glass_code() {
    let fixture = fixture().await;
    let session = fixture.log_in(ANNE).await.session;
    let anne = fixture.user(&session).await;
    let wrong = fixture.mfa.admin(&anne).enable("AAAAAA").await;
    assert_eq!(refusal(wrong), Refusal::BreakGlassCodeNotConfirmed);
    let parent = fixture.log_in(DENIS).await.session;
    let parent = fixture.user(&parent).await;
    let proposed = fixture.mfa.admin(&parent).propose_break_glass().await;
    assert_eq!(refusal(proposed), Refusal::NotAdmin);
}

/// « L'AMF ajoute une couche supplémentaire de sécurité en exigeant une vérification supplémentaire en plus de votre
/// mot de passe. »
#[tokio::test]
async fn code_is_required_after_the_password() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let half = fixture.log_in(ANNE).await;
    assert_eq!(half.next, NextStep::SecondFactor);
    let typed = fixture.code(&phone);
    let login = fixture.verify(&half.session, &typed).await.unwrap();
    assert_eq!(login.next, NextStep::Done);
    assert_ne!(login.session, half.session, "a new session");
    let anne = fixture.user(&login.session).await;
    assert_eq!(anne.assurance(), Assurance::Aal2);
}

/// « Avant de commencer, il est important de noter que l'AMF est disponible sur une base volontaire pour les comptes
/// parents, étant donné que les risques sont moindres. »
#[tokio::test]
async fn parent_may_enroll_voluntarily() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let parent = fixture.log_in(DENIS).await;
    assert_eq!(parent.next, NextStep::Done);
    assert!(!parent.requirement.is_required());
    let (_, session) = fixture.enroll(&parent.session).await;
    let denis = fixture.user(&session).await;
    let overview = fixture.mfa.account(&denis).overview().await.unwrap();
    assert!(
        overview.requirement().toggle,
        "confirming an enrollment turns it on"
    );
    assert_eq!(fixture.log_in(DENIS).await.next, NextStep::SecondFactor);
}

/// « Cependant, elle est recommandée de le rendre obligatoire pour les employés et peut être imposée par les
/// administrateurs pour tous les comptes employés. »
#[tokio::test]
async fn enabling_proposes_mandate_for_all_employees() {
    let fixture = fixture().await;
    let session = fixture.log_in(ANNE).await.session;
    let anne = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&anne);
    let proposed = admin.propose_break_glass().await.unwrap().expose();
    let last_group = proposed.rsplit('-').next().unwrap();
    let enabled = admin.enable(last_group).await.unwrap();
    assert_eq!(enabled.propose, RoleId::STAFF);
    assert_eq!(enabled.from, fixture.clock.now().plus(limits::NOTICE));
    let (_, session) = fixture.enroll(&session).await;
    let anne = fixture.user(&session).await;
    let (role, date) = (enabled.propose, fixture.clock.now().plus(limits::NOTICE));
    let admin = fixture.mfa.admin(&anne);
    let imposed = admin
        .schedule_mandate(role, MandateKind::SecondFactor, Start::At(date))
        .await
        .unwrap();
    assert_eq!((imposed.role, imposed.date), (role, date));
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::Done);
    fixture.clock.advance(limits::NOTICE);
    for (account, next) in [
        (ANNE, NextStep::SecondFactor),
        // An administrator is covered as an employee.
        (BRUNO, NextStep::Enroll),
        (CHLOE, NextStep::Enroll),
        (DENIS, NextStep::Done),
    ] {
        assert_eq!(fixture.log_in(account).await.next, next);
    }
}

/// « Cette fonctionnalité garantit que seules les personnes autorisées auront accès aux données confidentielles. »
#[tokio::test]
async fn half_log_in_reaches_nothing() {
    let fixture = fixture().await;
    fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    let progress = fixture.progress(&half).await;
    assert_eq!(progress.next(), NextStep::SecondFactor);
    // Neither "My account" nor administration can be asked for without being authorized.
    let refused = refusal(fixture.authorize(&half).await);
    assert_eq!(refused.code(), "CODE_REQUIRED");
    let (mfa, client) = (&fixture.mfa, Fixture::client());
    let out = mfa.log_out_everywhere(&half, client).await;
    assert_eq!(refusal(out).code(), "CODE_REQUIRED");
    let begun = mfa.begin_enrollment(&half, "", client).await;
    assert_eq!(refusal(begun).code(), "CODE_REQUIRED");
}

/// « Pour les Administrateurs : Vous avez la possibilité d'imposer l'AMF pour tous les employés. »
#[tokio::test]
async fn mandated_employee_must_enroll() {
    let fixture = fixture().await;
    let (role, start) = (RoleId::STAFF, Start::Now { confirmed: true });
    let before = fixture.log_in(CHLOE).await.session;
    let chloe = fixture.user(&before).await;
    fixture.imposed().await;
    let admin = fixture.mfa.admin(&chloe);
    let early = admin
        .schedule_mandate(role, MandateKind::SecondFactor, start)
        .await;
    assert_eq!(refusal(early).code(), "ENROLL_ONLY");
    assert_eq!(
        refusal(fixture.authorize(&before).await).code(),
        "ENROLL_ONLY"
    );
    let session = fixture.log_in(CHLOE).await.session;
    let (phone, session) = fixture.enroll(&session).await;
    let chloe = fixture.user(&session).await;
    let admin = fixture.mfa.admin(&chloe);
    let scheduled = admin
        .schedule_mandate(role, MandateKind::SecondFactor, start)
        .await;
    assert_eq!(refusal(scheduled), Refusal::NotAdmin);
    let account = fixture.mfa.account(&chloe);
    let off = refusal(account.turn_off(fixture.code(&phone)).await);
    let by_anne = |by| by == ANNE.into();
    assert!(
        matches!(off, Refusal::Mandated(Cause { role: Some(RoleId::STAFF), by: Some(by), .. }) if by_anne(by)),
        "{off:?}"
    );
}

/// « Si un employé perd son code OTP, il devra demander à un autre administrateur de réinitialiser son compte. »
#[tokio::test]
async fn reset_code_of_another_administrator_opens_enrollment() {
    let fixture = fixture().await;
    let (phone, session) = fixture.imposed().await;
    let anne = fixture.user(&session).await;
    let chloe = fixture.log_in(CHLOE).await.session;
    let (old, chloe) = fixture.enroll(&chloe).await;
    let typed = fixture.code(&phone);
    let admin = fixture.mfa.admin(&anne);
    let issued = admin.reset(CHLOE, false, typed).await;
    let reset_code = issued.unwrap().reset_code;

    let over = fixture.authorize(&chloe).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);
    let login = fixture.log_in(CHLOE).await;
    let half = login.session;
    assert_eq!(
        login.next,
        NextStep::Enroll,
        "a reset never lowers the requirement"
    );
    let begin = |typed: String| {
        let client = Fixture::client();
        fixture.mfa.begin_enrollment(&half, typed, client)
    };
    let without = refusal(begin(String::new()).await);
    assert_eq!(without.code(), "RESET_CODE_REQUIRED");
    let wrong = begin("not a reset code".into()).await;
    assert_eq!(refusal(wrong), Refusal::WrongResetCode);
    fixture.clock.advance(limits::SESSION_WAIT);
    let offer = begin(reset_code.expose().to_lowercase()).await.unwrap();
    let (new, _) = fixture.confirm(&half, &offer).await;

    let half = fixture.log_in(CHLOE).await.session;
    let typed = fixture.code(&old);
    let wrong = refusal(fixture.verify(&half, &typed).await);
    assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
    let typed = fixture.code(&new);
    assert!(fixture.verify(&half, &typed).await.is_ok());
}

/// « Les administrateurs eux-mêmes peuvent également rencontrer des situations où ils doivent faire appel à un autre
/// administrateur pour réinitialiser leur code OTP en cas de perte. »
#[tokio::test]
async fn administrator_is_reset_only_by_another() {
    let fixture = fixture().await;
    let (phone, session) = fixture.imposed().await;
    let anne = fixture.user(&session).await;
    let bruno = fixture.log_in(BRUNO).await.session;
    fixture.enroll(&bruno).await;
    let admin = fixture.mfa.admin(&anne);
    let oneself = admin.reset(ANNE, false, fixture.code(&phone)).await;
    assert_eq!(refusal(oneself), Refusal::SelfReset);
    let other = admin.reset(BRUNO, false, fixture.code(&phone)).await;
    assert!(other.is_ok());
    assert_eq!(fixture.log_in(BRUNO).await.next, NextStep::Enroll);
}
