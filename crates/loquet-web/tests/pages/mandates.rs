//! The page of mandates, where passkeys are taken.

use axum::http::StatusCode;
use loquet_policy::limits;

use crate::passkeys::{ANNOUNCE, NOW};
use crate::site::{HELENE, MARC, Site};

#[tokio::test]
async fn passkey_mandate_is_announced_moved_and_cancelled() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("Clé d’accès obligatoire pour les administrateurs");
    helene.shows("Clé d’accès obligatoire pour le personnel");
    helene.shows("Il n’est alors plus possible de revenir en arrière");
    let of = [NOW[0], NOW[1]];
    let fields = |more: &[(&'static str, &'static str)]| [&of[..], more].concat();
    helene.submit(ANNOUNCE, &fields(&[("start", "now")])).await;
    helene.complains("confirmer que chacun");
    helene.shows("id=\"confirmed-passkey-2-error\"");
    let imposed = "/mfa/admin?done=imposed";
    let announce = fields(&[("start", "date"), ("date", "2027-02-01")]);
    helene.leads(ANNOUNCE, &announce, imposed).await;
    helene.open("/mfa/admin").await;
    helene.shows("Clé d’accès pour les administrateurs\u{a0}: Annoncée pour le 1er\u{a0}février");
    helene.open("/mfa/admin/mandate").await;
    helene.shows("data-testid=\"announced-passkey-2\"");

    let mut marc = site.browser();
    marc.log_in_and_enroll(MARC).await;
    marc.open("/mfa/account").await;
    marc.shows("une clé d’accès sera exigée à chacune de vos connexions");
    helene.open("/mfa/account").await;
    helene.hides("data-testid=\"announced\"");

    helene.open("/mfa/admin/mandate").await;
    let later = fields(&[("date", "2027-02-10")]);
    helene
        .leads("/mfa/admin/mandate/move", &later, imposed)
        .await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("10\u{a0}février");
    helene
        .leads("/mfa/admin/mandate/cancel", &of, imposed)
        .await;
    helene.open("/mfa/admin/mandate").await;
    helene.hides("data-testid=\"announced-passkey-2\"");
    helene.require_passkeys().await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("data-testid=\"in-force-passkey-2\"");
}

#[tokio::test]
async fn mandate_form_names_a_mandate_of_its_page() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    let commits = site.commits();
    let long = "2".repeat(300);
    for (role, demands) in [
        ("", "passkey"),
        ("2", ""),
        ("99", "passkey"),
        ("2", "second-factor"),
        ("2", "nonsense"),
        ("-1", "passkey"),
        (&long, "passkey"),
        ("2", &long),
    ] {
        helene.open("/mfa/admin/mandate").await;
        let fields = [("role", role), ("demands", demands), NOW[2], NOW[3]];
        let answer = helene.submit(ANNOUNCE, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        helene.complains("n’est pas arrivé entier");
    }
    assert_eq!(site.commits(), commits);
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    helene.hides("value=\"passkey\"");
    helene.submit(ANNOUNCE, &NOW).await;
    helene.complains("n’est pas arrivé entier");
}

#[tokio::test]
async fn passkey_mandate_takes_its_authors_passkey() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("ajoutez-en une d’abord");
    helene.hides("data-testid=\"announce-passkey-2\"");
    helene.submit(ANNOUNCE, &NOW).await;
    helene.complains("ajoutez d’abord la vôtre");

    helene.add_passkey(&key, 7).await;
    site.clock.advance(limits::SETTLING);
    let mut helene = site.browser();
    helene.log_in_with_code(HELENE, &key).await;
    helene.open("/mfa/admin/mandate").await;
    helene.submit(ANNOUNCE, &NOW).await;
    helene.complains("confirmez d’abord avec la vôtre");
    helene.shows("href=\"/mfa/step-up?next=%2Fmfa%2Fadmin%2Fmandate\"");
    helene
        .open("/mfa/step-up?next=%2Fmfa%2Fadmin%2Fmandate")
        .await;
    let next = [("next", "/mfa/admin/mandate")];
    let proved = helene.touch("/mfa/step-up", 7, &next).await;
    assert_eq!(proved.to(), "/mfa/admin/mandate");
    helene.require_passkeys().await;
}
