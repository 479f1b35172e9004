//! « Que faire si l'utilisateur n'arrive pas à scanner le code QR ? »

use loquet::testing::Phone;
use loquet::{Assurance, Clock, Refusal, UnixTime};
use loquet_enrollment::ManualKey;
use loquet_otp::Totp;
use loquet_testkit::fixture::{CHLOE, Fixture, refusal};

use super::{fixture, offered};

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
async fn repeated_begin_shows_the_same_offer() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (session, offer) = offered(&fixture, CHLOE).await;
    fixture.clock.advance(60);
    for _ in 0..3 {
        let again = fixture
            .mfa
            .pending_enrollment(&session, &Fixture::client())
            .await
            .unwrap();
        assert_eq!(again.unwrap(), offer);
        let again = fixture.begin(&session).await;
        assert_eq!(again, offer, "not even the deadline moves");
    }
}

/// « NOTE : Le code manuel à entrer est la série de chiffres et des lettres »
#[tokio::test]
async fn manual_key_has_unambiguous_characters() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
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
async fn typed_key_makes_the_scanned_codes() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (_, offer) = offered(&fixture, CHLOE).await;
    let scanned = Phone::scan(&offer).unwrap();
    let (pasted, read) = (&offer.key_ungrouped, &offer.key_grouped);
    for key in [pasted.to_string(), read.to_string(), read.to_lowercase()] {
        for step in 0..10 {
            let now = UnixTime(fixture.clock.now().0 + 30 * step);
            assert_eq!(shown(&key, now), scanned.code(now));
        }
    }
}

/// « Le code à 6 chiffres sera suivi d'un décompte après lequel un nouveau code sera automatiquement généré, augmentant
/// ainsi la sécurité d'accès à votre compte. »
/// « 4- L'utilisateur devra alors saisir le numéro à 6 chiffres dans la section suivante de son compte À petits pas,
/// puis cliquer sur le bouton "Connexion". »
#[tokio::test]
async fn typed_keys_code_confirms_within_its_window() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (session, offer) = offered(&fixture, CHLOE).await;
    let confirm = |typed: String| {
        let client = Fixture::client();
        fixture.mfa.confirm_enrollment(&session, typed, client)
    };
    let typed = shown(&offer.key_grouped, fixture.clock.now());
    // Until it changes, and as long again for slow fingers; not longer.
    fixture.clock.advance(90);
    let late = refusal(confirm(typed).await);
    assert!(matches!(late, Refusal::WrongCode { .. }), "{late:?}");
    let typed = shown(&offer.key_grouped, fixture.clock.now());
    assert!(confirm(typed).await.is_ok());
}

/// « Bravo! »
/// « L'utilisateur sera connecté dans son compte sur l'application À petits pas ! »
#[tokio::test]
async fn typed_key_logs_in_again() {
    let fixture = fixture().await;
    fixture.imposed().await;
    let (session, offer) = offered(&fixture, CHLOE).await;
    let typed = shown(&offer.key_grouped, fixture.clock.now());
    let confirmed = fixture
        .mfa
        .confirm_enrollment(&session, typed, Fixture::client());
    let session = confirmed.await.unwrap().session;
    assert_eq!(fixture.user(&session).await.assurance(), Assurance::Aal2);
    fixture.clock.advance(30);
    let session = fixture.log_in(CHLOE).await.session;
    let typed = shown(&offer.key_grouped, fixture.clock.now());
    let session = fixture.verify(&session, &typed).await.unwrap().session;
    assert_eq!(fixture.user(&session).await.assurance(), Assurance::Aal2);
}
