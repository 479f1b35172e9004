//! « Étapes de Configuration de l'AMF »

use loquet::flow::{
    BeginEnrollment, BeginReplacement, ConfirmEnrollment, LogOutEverywhere, ReportLost,
};
use loquet::testing::Phone;
use loquet::{Clock, Level, Refusal, UnixTime};
use loquet_enrollment::{App, Qr};
use loquet_testkit::house::{ANNE, CHLOE, DENIS, rule};

use super::{house, offered};

/// « OBLIGATOIRE : Assurez-vous de télécharger une application d'authentification multi-facteur. »
#[tokio::test]
async fn whoever_must_and_has_no_app_gets_nowhere_but_to_the_enrollment() {
    let house = house().await;
    house.imposed().await;
    let stamp = house.log_in(CHLOE).await.stamp;
    assert_eq!(stamp.level(), Level::EnrollOnly);
    assert_eq!(
        rule(house.run(LogOutEverywhere { stamp }).await).code(),
        "ENROLL_ONLY"
    );
    assert_eq!(
        rule(house.give(stamp, "123456").await).code(),
        "ENROLL_ONLY"
    );
    offered(&house, CHLOE).await;
}

/// « Nous vous recommandons fortement "Microsoft Authenticator". »
/// « Cette application est disponible dans l'App Store et le Play Store. »
#[tokio::test]
async fn microsoft_authenticator_is_advised_first_by_its_name_in_the_shops() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
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
async fn every_known_app_shows_right_codes() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
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
async fn a_log_in_that_must_enroll_is_shown_the_picture_and_no_other_is() {
    let house = house().await;
    let before = house.log_in(CHLOE).await.stamp;
    assert_eq!(before.level(), Level::Level1);
    house.imposed().await;
    let (stamp, offer) = offered(&house, CHLOE).await;
    assert!(offer.svg.starts_with("<svg "));
    assert_eq!(offer.issuer, "À petits pas");
    let shown = house.service.pending(&stamp).await.unwrap().unwrap();
    assert_eq!(shown, offer);
    let parent = house.log_in(DENIS).await.stamp;
    assert!(house.service.pending(&parent).await.unwrap().is_none());
}

/// « 1- L'utilisateur devra alors ouvrir l'application "Microsoft Authentificator" qui a été préalablement installée. »
/// « 2- Il devra ensuite cliquer sur le symbole "+" situé dans le coin supérieur droit de son écran. »
/// « 3- Il lui faudra par la suite sélectionner l'option "Autre compte" parmi les choix. »
/// « En cliquant sur cette option, le système demandera à l'utilisateur de scanner un code QR : L'utilisateur doit
/// scanner le code qui a été généré à l'écran lors de sa tentative de connexion à son compte sur À petits pas. »
#[tokio::test]
async fn what_an_app_scans_is_the_account_of_this_service() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
    assert_eq!(offer.qr, Qr::encode(offer.uri.expose()).unwrap());
    let uri = offer.uri.expose();
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    assert!(uri.contains(":chloe@example.org?"), "{uri}");
    assert!(uri.contains("issuer=%C3%80%20petits%20pas"), "{uri}");
}

#[tokio::test]
async fn a_pending_enrollment_belongs_to_its_session_alone() {
    let house = house().await;
    house.imposed().await;
    let first = house.log_in(CHLOE).await.stamp;
    let second = house.log_in(CHLOE).await.stamp;
    let offer = house.begin(first).await;
    let again = house.begin(first).await;
    assert_eq!(offer.uri.expose(), again.uri.expose());
    let shown = house.service.pending(&first).await.unwrap().unwrap();
    assert_eq!(offer.uri.expose(), shown.uri.expose());
    assert!(house.service.pending(&second).await.unwrap().is_none());
    let other = house.begin(second).await;
    assert_ne!(offer.uri.expose(), other.uri.expose());
    house.clock.advance(601);
    assert!(
        house.service.pending(&first).await.unwrap().is_none(),
        "it expires"
    );
}

/// « NOTE Si vous ne parvenez pas à scanner le code, il vous sera également possible d'entrer un code de façon manuelle
/// au besoin. »
#[tokio::test]
async fn the_key_stands_beside_the_picture_and_is_the_same() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
    let uri = offer.uri.expose();
    let key = offer.key_ungrouped.as_str();
    assert!(uri.contains(&format!("secret={key}")));
}

/// « 4- Une fois le code scanné, le compte figurera à l'application d'authentification, générant ainsi des codes
/// d'authentification uniques permettant à l'utilisateur d'accéder à son compte via l'application À petits pas. »
#[tokio::test]
async fn a_scanned_account_makes_codes_that_let_in() {
    let house = house().await;
    house.imposed().await;
    let (phone, _) = house.enroll(house.log_in(CHLOE).await.stamp).await;
    let stamp = house.log_in(CHLOE).await.stamp;
    let entered = house.give(stamp, &house.code(&phone)).await.unwrap();
    assert_eq!(entered.stamp.level(), Level::Level2);
}

/// « Le code à 6 chiffres sera suivi d'un décompte après lequel un nouveau code sera automatiquement généré, augmentant
/// ainsi la sécurité d'accès à votre compte. »
#[tokio::test]
async fn six_digits_change_every_thirty_seconds_and_the_old_ones_are_over() {
    let house = house().await;
    let (phone, _) = house.enabled().await;
    let now = house.clock.now().0;
    house.clock.advance(300 - now % 30);
    let start = house.clock.now();
    let first = phone.code(start);
    assert_eq!(first.len(), 6);
    assert_eq!(phone.code(UnixTime(start.0 + 29)), first);
    let next = phone.code(UnixTime(start.0 + 30));
    assert_ne!(next, first);
    house.clock.advance(30);
    for (typed, good) in [(next, true), (first, false)] {
        let stamp = house.log_in(ANNE).await.stamp;
        let answer = house.give(stamp, &typed).await;
        assert_eq!(answer.is_ok(), good, "{answer:?}");
    }
}

/// « L'utilisateur devra alors saisir le numéro à 6 chiffres dans la section suivante de son compte de l'application À
/// petits pas, puis cliquer sur le bouton "Connexion". »
#[tokio::test]
async fn the_first_code_finishes_the_enrollment_and_the_log_in() {
    let house = house().await;
    house.imposed().await;
    let (stamp, offer) = offered(&house, CHLOE).await;
    let phone = Phone::scan(&offer).unwrap();
    let confirm = |typed: String| ConfirmEnrollment {
        stamp,
        typed: typed.into(),
        break_glass_typed_back: "".into(),
    };
    let wrong = confirm(house.wrong_code(&phone));
    assert!(matches!(
        rule(house.run(wrong).await),
        Refusal::WrongCode { .. }
    ));
    let typed = house.code(&phone);
    let entered = house.run(confirm(typed)).await.unwrap();
    assert_eq!(entered.stamp.level(), Level::Level2);
}

/// « IMPORTANT: Vous devez conserver en tout temps l'application d'authentification, car vous en aurez besoin à chaque
/// connexion. »
#[tokio::test]
async fn a_code_is_due_at_every_log_in() {
    let house = house().await;
    let (phone, _) = house.enabled().await;
    for _ in 0..3 {
        let stamp = house.log_in(ANNE).await.stamp;
        assert_eq!(stamp.level(), Level::HalfLogin);
        house.give(stamp, &house.code(&phone)).await.unwrap();
        house.clock.advance(24 * 3600);
    }
}

/// « Il ne faut donc pas supprimer cette application une fois votre multi-facteur mis en place. »
#[tokio::test]
async fn whoever_deletes_the_app_cannot_enroll_another_alone() {
    let house = house().await;
    let (_, live) = house.enabled().await;
    let stamp = house.log_in(ANNE).await.stamp;
    for stamp in [stamp, live] {
        let reset_code = "".into();
        let refusal = rule(house.run(BeginEnrollment { stamp, reset_code }).await);
        let half = stamp.level() == Level::HalfLogin;
        let due = if half {
            "CODE_REQUIRED"
        } else {
            "ALREADY_BOUND"
        };
        assert_eq!(refusal.code(), due);
    }
}

#[tokio::test]
async fn a_new_phone_replaces_the_old_one_which_works_until_then() {
    let house = house().await;
    let (old, stamp) = house.enabled().await;
    let typed = house.code(&old).into();
    let offer = house.run(BeginReplacement { stamp, typed }).await.unwrap();
    let half = house.log_in(ANNE).await.stamp;
    assert!(house.give(half, &house.code(&old)).await.is_ok());
    let (new, _) = house.confirm(stamp, &offer).await;
    let half = house.log_in(ANNE).await.stamp;
    assert!(matches!(
        rule(house.give(half, &house.code(&old)).await),
        Refusal::WrongCode { .. }
    ));
    assert!(house.give(half, &house.code(&new)).await.is_ok());
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
    let refusal = rule(house.give(half, &house.code(&phone)).await);
    assert!(
        matches!(
            refusal,
            Refusal::Disabled { .. } | Refusal::RecoverFirst { .. }
        ),
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
