//! « Étapes de Configuration de l'AMF »

use loquet::testing::Phone;
use loquet::{Clock, NextStep, NotMeLink, Refusal, UnixTime};
use loquet_enrollment::{App, Qr};
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, refusal};
use loquet_testkit::letters::{post, to};

use super::{fixture, offered};

/// « OBLIGATOIRE : Assurez-vous de télécharger une application d'authentification multi-facteur. »
#[tokio::test]
async fn mandated_user_may_only_enroll() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let login = fixture.log_in(CHLOE).await;
    assert_eq!(login.next, NextStep::Enroll);
    let session = login.session;
    let refused = fixture.authorize(&session).await.unwrap_err();
    assert_eq!(refused.next_step(), Some(NextStep::Enroll));
    let out = fixture
        .mfa
        .log_out_everywhere(&session, Fixture::client())
        .await;
    assert_eq!(refusal(out).code(), "ENROLL_ONLY");
    let given = fixture.verify(&session, "123456").await;
    assert_eq!(refusal(given).code(), "ENROLL_ONLY");
    offered(&fixture, CHLOE).await;
}

/// « Nous vous recommandons fortement "Microsoft Authenticator". »
/// « Cette application est disponible dans l'App Store et le Play Store. »
#[tokio::test]
async fn microsoft_authenticator_is_recommended_first() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    let first = offer.advice.apps[0];
    assert_eq!(first.app.profile().name, "Microsoft Authenticator");
    assert!(first.works());
}

/// « *À noter que plusieurs applications de ce type sont disponibles (consultez votre technicien informatique pour plus
/// d'informations à ce sujet). »
/// « Pour l'exemple présent, nous utiliserons celle de Microsoft. »
/// « Cependant, pour ceux qui sont à l'aise ou habitués, vous pouvez également utiliser "Google Authenticator",
/// "1Password", ou "Trousseau d'accès". »
#[tokio::test]
async fn every_known_app_works() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    assert!(offer.advice.works_everywhere());
    let apps: Vec<App> = offer.advice.apps.iter().map(|fit| fit.app).collect();
    for app in [
        App::MicrosoftAuthenticator,
        App::GoogleAndroid,
        App::GoogleIos,
        App::OnePassword,
        App::ApplePasswords,
    ] {
        assert!(apps.contains(&app), "{app:?}");
    }
}

/// « Si l'utilisateur tente de se connecter sur son compte À petit pas et qu'il voit cette image sur la page de
/// connexion, cela signifie que la fonctionnalité du multi-facteur est activée dans le compte. »
#[tokio::test]
async fn only_enrolling_session_sees_the_offer() {
    let fixture = fixture().await;
    assert_eq!(fixture.log_in(CHLOE).await.next, NextStep::Done);
    fixture.imposed().await;
    let (session, offer) = offered(&fixture, CHLOE).await;
    assert!(offer.svg("QR").unwrap().starts_with("<svg "));
    assert_eq!(offer.issuer, "À petits pas");
    let shown = fixture
        .mfa
        .pending_enrollment(&session, &Fixture::client())
        .await
        .unwrap();
    assert_eq!(shown.unwrap(), offer);
    let parent = fixture.log_in(DENIS).await.session;
    let shown = fixture
        .mfa
        .pending_enrollment(&parent, &Fixture::client())
        .await
        .unwrap();
    assert!(shown.is_none());
}

/// « 1- L'utilisateur devra alors ouvrir l'application "Microsoft Authentificator" qui a été préalablement installée. »
/// « 2- Il devra ensuite cliquer sur le symbole "+" situé dans le coin supérieur droit de son écran. »
/// « 3- Il lui faudra par la suite sélectionner l'option "Autre compte" parmi les choix. »
/// « En cliquant sur cette option, le système demandera à l'utilisateur de scanner un code QR : L'utilisateur doit
/// scanner le code qui a été généré à l'écran lors de sa tentative de connexion à son compte sur À petits pas. »
#[tokio::test]
async fn qr_code_names_service_and_account() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    assert_eq!(offer.qr().unwrap(), Qr::encode(offer.uri.expose()).unwrap());
    let uri = offer.uri.expose();
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    assert!(uri.contains(":chloe@example.org?"), "{uri}");
    assert!(uri.contains("issuer=%C3%80%20petits%20pas"), "{uri}");
}

#[tokio::test]
async fn pending_enrollment_belongs_to_its_session() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let first = fixture.log_in(CHLOE).await.session;
    let second = fixture.log_in(CHLOE).await.session;
    let pending = async |session| {
        fixture
            .mfa
            .pending_enrollment(session, &Fixture::client())
            .await
            .unwrap()
    };
    let offer = fixture.begin(&first).await;
    let again = fixture.begin(&first).await;
    assert_eq!(offer.uri.expose(), again.uri.expose());
    let shown = pending(&first).await.unwrap();
    assert_eq!(offer.uri.expose(), shown.uri.expose());
    assert!(pending(&second).await.is_none());
    let other = fixture.begin(&second).await;
    assert_ne!(offer.uri.expose(), other.uri.expose());
    fixture.clock.advance(601);
    assert!(pending(&first).await.is_none(), "it expires");
}

/// « NOTE Si vous ne parvenez pas à scanner le code, il vous sera également possible d'entrer un code de façon manuelle
/// au besoin. »
#[tokio::test]
async fn manual_key_equals_scanned_key() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    let uri = offer.uri.expose();
    let key = offer.key_ungrouped.as_str();
    assert!(uri.contains(&format!("secret={key}")));
}

/// « 4- Une fois le code scanné, le compte figurera à l'application d'authentification, générant ainsi des codes
/// d'authentification uniques permettant à l'utilisateur d'accéder à son compte via l'application À petits pas. »
#[tokio::test]
async fn scanned_codes_log_in() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let session = fixture.log_in(CHLOE).await.session;
    let (phone, _) = fixture.enroll(&session).await;
    let session = fixture.enter(CHLOE, &phone).await;
    assert!(fixture.authorize(&session).await.is_ok());
}

/// « Le code à 6 chiffres sera suivi d'un décompte après lequel un nouveau code sera automatiquement généré, augmentant
/// ainsi la sécurité d'accès à votre compte. »
#[tokio::test]
async fn code_changes_every_thirty_seconds() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    let now = fixture.clock.now().0;
    fixture.clock.advance(300 - now % 30);
    let start = fixture.clock.now();
    let first = phone.code(start);
    assert_eq!(first.len(), 6);
    assert_eq!(phone.code(UnixTime(start.0 + 29)), first);
    let next = phone.code(UnixTime(start.0 + 30));
    assert_ne!(next, first);
    fixture.clock.advance(30);
    for (typed, good) in [(next, true), (first, false)] {
        let session = fixture.log_in(ANNE).await.session;
        let answer = fixture.verify(&session, &typed).await;
        assert_eq!(answer.is_ok(), good, "{answer:?}");
    }
}

/// « L'utilisateur devra alors saisir le numéro à 6 chiffres dans la section suivante de son compte de l'application À
/// petits pas, puis cliquer sur le bouton "Connexion". »
#[tokio::test]
async fn first_code_completes_enrollment_and_log_in() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (session, offer) = offered(&fixture, CHLOE).await;
    let phone = Phone::scan(&offer).unwrap();
    let confirm = |typed: String| {
        let client = Fixture::client();
        fixture.mfa.confirm_enrollment(&session, typed, client)
    };
    let wrong = refusal(confirm(fixture.wrong_code(&phone)).await);
    assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
    let login = confirm(fixture.code(&phone)).await.unwrap();
    assert_eq!(login.next, NextStep::Done);
    assert!(fixture.authorize(&login.session).await.is_ok());
}

/// « IMPORTANT: Vous devez conserver en tout temps l'application d'authentification, car vous en aurez besoin à chaque
/// connexion. »
#[tokio::test]
async fn every_log_in_owes_a_code() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    for _ in 0..3 {
        let login = fixture.log_in(ANNE).await;
        assert_eq!(login.next, NextStep::SecondFactor);
        let typed = fixture.code(&phone);
        fixture.verify(&login.session, &typed).await.unwrap();
        fixture.clock.advance(24 * 3600);
    }
}

/// « Il ne faut donc pas supprimer cette application une fois votre multi-facteur mis en place. »
#[tokio::test]
async fn deleted_app_cannot_be_replaced_alone() {
    let fixture = fixture().await;
    let (_, live) = fixture.enabled().await;
    let half = fixture.log_in(ANNE).await.session;
    for (session, due) in [(half, "CODE_REQUIRED"), (live, "ALREADY_BOUND")] {
        let begun = fixture
            .mfa
            .begin_enrollment(&session, "", Fixture::client())
            .await;
        assert_eq!(refusal(begun).code(), due);
    }
}

#[tokio::test]
async fn old_phone_works_until_replaced() {
    let fixture = fixture().await;
    let (old, session) = fixture.enabled().await;
    let anne = fixture.user(&session).await;
    let typed = fixture.code(&old);
    let account = fixture.mfa.account(&anne);
    let offer = account.replace_authenticator(typed).await.unwrap();
    fixture.enter(ANNE, &old).await;
    let (new, _) = fixture.confirm(&session, &offer).await;
    let half = fixture.log_in(ANNE).await.session;
    let typed = fixture.code(&old);
    let wrong = refusal(fixture.verify(&half, &typed).await);
    assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
    let typed = fixture.code(&new);
    assert!(fixture.verify(&half, &typed).await.is_ok());
}

#[tokio::test]
async fn reported_loss_ends_sessions_and_suspends_phone() {
    let fixture = fixture().await;
    let (phone, session) = fixture.enabled().await;
    let lost = fixture.mfa.report_lost(ANNE, Fixture::client());
    lost.await.unwrap();
    let over = fixture.authorize(&session).await;
    assert_eq!(refusal(over), Refusal::StaleLogIn);
    let login = fixture.log_in(ANNE).await;
    assert_eq!(login.next, NextStep::Recover);
    let typed = fixture.code(&phone);
    let refused = refusal(fixture.verify(&login.session, &typed).await);
    assert!(matches!(refused, Refusal::Suspended { .. }), "{refused:?}");
}

/// A thief of the password reports the phone lost. Its owner still has it, and reads the mail.
#[tokio::test]
async fn t31_owner_undoes_report_by_letter_and_code() {
    let fixture = fixture().await;
    let (phone, _) = fixture.enabled().await;
    post(&fixture).await;
    let report = || fixture.mfa.report_lost(ANNE, Fixture::client());
    report().await.unwrap();
    let letters = post(&fixture).await;
    let link = to(&letters, ANNE).iter().find_map(|letter| letter.link);
    let link = link.unwrap().expose().parse::<NotMeLink>().unwrap();
    let half = fixture.log_in(ANNE).await.session;
    let undo = |typed: String| {
        let client = Fixture::client();
        fixture.mfa.undo_report(&half, &link, typed, client)
    };
    let wrong = refusal(undo(fixture.wrong_code(&phone)).await);
    assert!(matches!(wrong, Refusal::WrongCode { .. }), "{wrong:?}");
    let login = undo(fixture.code(&phone)).await.unwrap();
    fixture.authorize(&login.session).await.unwrap();
    let again = refusal(report().await);
    assert!(matches!(again, Refusal::ReportsRefused { .. }), "{again:?}");
    fixture.enter(ANNE, &phone).await;
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session() {
    let fixture = fixture().await;
    let one = fixture.log_in(DENIS).await.session;
    let two = fixture.log_in(DENIS).await.session;
    let out = fixture.mfa.log_out_everywhere(&one, Fixture::client());
    out.await.unwrap();
    for session in [one, two] {
        let over = fixture.authorize(&session).await;
        assert_eq!(refusal(over), Refusal::StaleLogIn);
    }
}
