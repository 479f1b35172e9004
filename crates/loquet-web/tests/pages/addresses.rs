//! The address of notices, and the password that is asked again.

use axum::http::StatusCode;
use loquet::{Deliver, DeliveryError, Letter};

use crate::guards::{PAGE, get_as};
use crate::letters::address_code;
use crate::site::{HELENE, JULIE, Site};

#[tokio::test]
async fn notice_address_change_needs_a_code_when_bound() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/account/address").await;
    helene.shows("quatorze jours");
    for bad in ["no address", "a@b,c@d"] {
        helene
            .submit(
                "/mfa/account/address",
                &[("address", bad), ("code", "000000")],
            )
            .await;
        helene.complains("forme attendue");
    }
    let code = site.code(&key);
    let fields = [("address", "helene@example.org"), ("code", code.as_str())];
    let sent = "/mfa/account?done=sent";
    helene.leads("/mfa/account/address", &fields, sent).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/account/address").await;
    let fields = [("address", "julie@example.org")];
    julie.leads("/mfa/account/address", &fields, sent).await;
}

#[tokio::test]
async fn new_address_counts_after_its_code_is_typed() {
    let site = Site::open().await;
    let provision = site.operator.provision();
    let old = "julie@example.org".parse().unwrap();
    provision.set_address(JULIE, old).await.unwrap();
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    let (change, confirm) = ("/mfa/account/address", "/mfa/account/address/confirm");
    julie.open(change).await;
    let fields = [("address", "julie@example.com")];
    julie.leads(change, &fields, "/mfa/account?done=sent").await;
    julie.open("/mfa/account?done=sent").await;
    julie.shows("data-testid=\"address\">julie@example.org<");
    julie.shows("data-testid=\"pending-address\">En attente\u{a0}: julie@example.com<");
    let code = address_code(&site, JULIE).await;
    for (typed, said) in [
        ("123 456", "8\u{a0}chiffres"),
        ("", "champ"),
        ("0000 0000", "pas celui que nous avons envoyé"),
    ] {
        let answer = julie.submit(confirm, &[("address_code", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        julie.complains(said);
    }
    let fields = [("address_code", code.as_str())];
    julie
        .leads(confirm, &fields, "/mfa/account?done=address")
        .await;
    julie.open("/mfa/account?done=address").await;
    julie.shows("data-testid=\"address\">julie@example.com<");
    assert!(!julie.page.contains("pending-address"));

    // A code that has expired is not asked for; the form for another knows the address.
    julie.open(change).await;
    let fields = [("address", "julie@example.net")];
    julie.leads(change, &fields, "/mfa/account?done=sent").await;
    julie.open("/mfa/account").await;
    let attempt = julie.attempt(confirm).unwrap();
    site.clock.advance(600);
    let late = [("attempt", attempt.as_str()), ("address_code", "12345678")];
    let answer = julie.post(confirm, &late).await;
    assert!(answer.body.contains("plus valable"), "{}", answer.body);
    julie.open("/mfa/account").await;
    julie.shows("Son code n’est plus valable");
    assert!(julie.attempt(confirm).is_none());
    julie.open(change).await;
    julie.shows("value=\"julie@example.net\"");
}

/// An address that refuses notices is named to its owner and to administrators.
#[tokio::test]
async fn failing_address_is_named_on_both_pages() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let provision = site.operator.provision();
    let address = "julie@example.org".parse().unwrap();
    provision.set_address(JULIE, address).await.unwrap();
    let mut julie = site.browser();
    julie.log_in_and_enroll(JULIE).await;
    let round = site.operator.deliver(&Refuses).await.unwrap();
    assert!(round.failed > 0, "{round:?}");
    let said = "n’arrivent pas à julie@example.org\u{a0}: cette adresse les a refusés";
    julie.open("/mfa/account").await;
    julie.shows(said);
    helene.open("/mfa/admin/people").await;
    helene.shows(said);
}

/// A mail server that refuses every address.
struct Refuses;

impl Deliver for Refuses {
    async fn deliver(&self, _: &Letter) -> Result<(), DeliveryError> {
        Err(DeliveryError::Permanent("550 no such user".into()))
    }
}

/// T41: a thief at an open browser can neither bind a phone nor redirect the notices.
#[tokio::test]
async fn t41_password_is_asked_again_and_leads_back() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    site.clock.advance(301);
    let thief = julie.cookies.clone();
    julie.open("/mfa/account/address").await;
    let fields = [("address", "thief@example.net")];
    let again = "/again?next=%2Fmfa%2Faccount%2Faddress";
    julie.leads("/mfa/account/address", &fields, again).await;
    julie.open("/mfa/enroll").await;
    let again = "/again?next=%2Fmfa%2Fenroll";
    julie.leads("/mfa/enroll", &[], again).await;
    julie.open(again).await;
    let login = JULIE.to_string();
    let fields = [("login", login.as_str()), ("next", "/mfa/enroll")];
    julie.leads("/again", &fields, "/mfa/enroll").await;
    julie.open("/mfa/enroll").await;
    julie.leads("/mfa/enroll", &[], "/mfa/enroll").await;
    julie.open("/mfa/enroll").await;
    julie.shows("data-testid=\"qr\"");
    // The session of before is over.
    let mut old = site.browser();
    old.cookies = thief;
    let answer = get_as(&mut old, "/mfa/account", PAGE).await;
    assert_eq!(answer.to(), "/log-in");

    // Only a path of this service is followed.
    site.clock.advance(301);
    for next in ["//evil.example", "https://evil.example"] {
        julie.open("/again").await;
        let fields = [("login", login.as_str()), ("next", next)];
        julie.leads("/again", &fields, "/").await;
    }
}

#[tokio::test]
async fn forms_without_a_page_lead_home() {
    let site = Site::open().await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    let login = JULIE.to_string();
    for next in ["/mfa/log-out", "/mfa/language"] {
        julie.open("/again").await;
        let fields = [("login", login.as_str()), ("next", next)];
        julie.leads("/again", &fields, next).await;
        assert_eq!(julie.open(next).await.to(), "/");
    }
    assert_eq!(julie.open("/mfa/account").await.status, StatusCode::OK);
}
