//! « Que faire si l'utilisateur n'arrive pas à scanner le code QR ? »

use loquet::flow::ConfirmEnrollment;
use loquet::testing::Phone;
use loquet::{Clock, Level, Refusal, UnixTime};
use loquet_enrollment::ManualKey;
use loquet_otp::Totp;
use loquet_testkit::house::{CHLOE, rule};

use super::{house, offered};

/// What an app shows that was given the key by hand: its codes are ours, and the scanned phone's are not.
fn shown(key: &str, now: UnixTime) -> String {
    let key = ManualKey::parse(key).unwrap();
    let totp = Totp::default();
    totp.generate(&key.secret().key(totp.algorithm), now.0)
        .to_string()
}

/// « Pas de panique ! ;-) »
/// « 1- Celui-ci pourra cliquer sur le bouton "Difficulté a capturer". »
/// « 2- Il pourra ensuite "Copier" le code manuel et cliquer sur le bouton "RETOUR". »
#[tokio::test]
async fn going_back_and_forth_shows_the_same_picture_and_key() {
    let house = house().await;
    house.imposed().await;
    let (stamp, offer) = offered(&house, CHLOE).await;
    house.clock.advance(60);
    for _ in 0..3 {
        let again = house.service.pending(&stamp).await.unwrap().unwrap();
        assert_eq!(again, offer);
        let again = house.begin(stamp).await;
        assert_eq!(again, offer, "not even the deadline moves");
    }
}

/// « NOTE : Le code manuel à entrer est la série de chiffres et des lettres »
#[tokio::test]
async fn the_key_is_of_letters_and_digits_that_nobody_confuses() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
    let key = offer.key_ungrouped.as_str();
    assert_eq!(key.len(), 32, "160 bits");
    assert!(
        key.chars().all(|it| matches!(it, 'A'..='Z' | '2'..='7')),
        "neither 0 nor 1 nor 8"
    );
    assert_eq!(offer.key_grouped.replace(' ', ""), key);
}

/// « 3- Finalement, l'utilisateur pourra "Coller" le code d'authentification manuel dans son application
/// d'authentification multi-facteur. »
/// « Au lieu de scanner le code QR, l'utilisateur devra cliquer à ce moment sur le bouton illustré ci-bas. »
/// « 4- Une fois le code entré manuellement, le compte figurera à l'application d'authentification, générant ainsi des
/// codes d'authentification uniques permettant à l'utilisateur d'accéder à son compte À petits pas. »
#[tokio::test]
async fn a_pasted_or_typed_key_makes_the_codes_of_the_picture() {
    let house = house().await;
    house.imposed().await;
    let (_, offer) = offered(&house, CHLOE).await;
    let scanned = Phone::scan(&offer).unwrap();
    let (pasted, read) = (&offer.key_ungrouped, &offer.key_grouped);
    for key in [pasted.to_string(), read.to_string(), read.to_lowercase()] {
        for step in 0..10 {
            let now = UnixTime(house.clock.now().0 + 30 * step);
            assert_eq!(shown(&key, now), scanned.code(now));
        }
    }
}

/// « Le code à 6 chiffres sera suivi d'un décompte après lequel un nouveau code sera automatiquement généré, augmentant
/// ainsi la sécurité d'accès à votre compte. »
/// « 4- L'utilisateur devra alors saisir le numéro à 6 chiffres dans la section suivante de son compte À petits pas,
/// puis cliquer sur le bouton "Connexion". »
#[tokio::test]
async fn the_code_of_a_typed_key_confirms_while_its_count_lasts() {
    let house = house().await;
    house.imposed().await;
    let (stamp, offer) = offered(&house, CHLOE).await;
    let typed = shown(&offer.key_grouped, house.clock.now());
    let confirm = |typed: String| ConfirmEnrollment {
        stamp,
        typed: typed.into(),
        break_glass_typed_back: "".into(),
    };
    // Until it changes, and as long again for slow fingers; not longer.
    house.clock.advance(90);
    assert!(matches!(
        rule(house.run(confirm(typed)).await),
        Refusal::WrongCode { .. }
    ));
    let typed = shown(&offer.key_grouped, house.clock.now());
    assert!(house.run(confirm(typed)).await.is_ok());
}

/// « Bravo! »
/// « L'utilisateur sera connecté dans son compte sur l'application À petits pas ! »
#[tokio::test]
async fn whoever_typed_the_key_is_in_and_comes_in_again() {
    let house = house().await;
    house.imposed().await;
    let (stamp, offer) = offered(&house, CHLOE).await;
    let confirm = ConfirmEnrollment {
        stamp,
        typed: shown(&offer.key_grouped, house.clock.now()).into(),
        break_glass_typed_back: "".into(),
    };
    let entered = house.run(confirm).await.unwrap();
    let standing = house.service.check(&entered.stamp, None).await.unwrap();
    assert_eq!(standing.unwrap().level, Level::Level2);
    house.clock.advance(30);
    let stamp = house.log_in(CHLOE).await.stamp;
    let entered = house
        .give(stamp, &shown(&offer.key_grouped, house.clock.now()))
        .await
        .unwrap();
    assert_eq!(entered.stamp.level(), Level::Level2);
}
