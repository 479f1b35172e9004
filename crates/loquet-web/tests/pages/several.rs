//! An owner with several authenticators.

use axum::http::StatusCode;
use loquet_policy::limits;

use crate::browser::Browser;
use crate::letters::link;
use crate::site::{HELENE, JULIE, MARC, Site};
use crate::tokens::{assign, shown};

const FIRST: &str = "/mfa/account/authenticators/1";
const SECOND: &str = "/mfa/account/authenticators/2";
const REMOVE_FIRST: &str = "/mfa/account/authenticators/1/remove";

impl Browser<'_> {
    /// Adds an app with a code of one that is bound. Returns the key.
    pub(crate) async fn add_app(&mut self, bound: &str) -> String {
        self.open("/mfa/account").await;
        self.shows("data-testid=\"add\"");
        self.open("/mfa/account/authenticators/add").await;
        let code = self.site.code(bound);
        self.leads(
            "/mfa/account/authenticators/add",
            &[("code", &code)],
            "/mfa/enroll",
        )
        .await;
        self.open("/mfa/enroll").await;
        self.enrol().await
    }

    async fn log_in_with(&mut self, account: u64, key: &str) {
        self.log_in(account).await;
        self.give_code(key).await;
    }

    async fn give_code(&mut self, key: &str) {
        let code = self.site.code(key);
        self.submit("/mfa/code", &[("code", &code)]).await;
        let answer = self.open("/mfa/account").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

/// Julie with two apps, logged in by a code of the second.
async fn two_apps(site: &Site) -> (Browser<'_>, String, String) {
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    let phone = julie.log_in_and_enroll(JULIE).await;
    let tablet = julie.add_app(&phone).await;
    (julie, phone, tablet)
}

#[tokio::test]
async fn second_app_is_added_named_and_removes_the_first_once_settled() {
    let site = Site::open().await;
    let (mut julie, phone, tablet) = two_apps(&site).await;
    julie.open("/mfa/account").await;
    julie.shows("Applications d’authentification");
    julie.shows("Récente\u{a0}: d’ici le");
    julie.open(SECOND).await;
    let name = [("name", " Tablette & <co> ")];
    julie
        .leads(SECOND, &name, "/mfa/account?done=renamed")
        .await;
    julie.open("/mfa/account?done=renamed").await;
    julie.shows("<strong>Tablette &amp; &lt;co&gt;</strong>");

    julie.open(FIRST).await;
    let own = site.code(&phone);
    julie.submit(REMOVE_FIRST, &[("code", &own)]).await;
    julie.complains("La preuve vient de l’application");
    let recent = site.code(&tablet);
    julie.submit(REMOVE_FIRST, &[("code", &recent)]).await;
    julie.complains("Cette application ou clé d’accès est récente");

    site.clock.advance(limits::SETTLING);
    let mut later = site.browser();
    later.log_in_with(JULIE, &tablet).await;
    later.open(FIRST).await;
    let code = site.code(&tablet);
    later
        .leads(
            REMOVE_FIRST,
            &[("code", &code)],
            "/mfa/account?done=removed",
        )
        .await;
    later.open("/mfa/account?done=removed").await;
    later.shows("C’est retiré");
    assert!(!later.page.contains("data-testid=\"authenticators\""));
    let gone = later.open(FIRST).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    // The last one stays: its page has no way to remove it.
    later.open(SECOND).await;
    assert!(!later.page.contains("data-testid=\"remove\""));
    let mut old = site.browser();
    old.log_in(JULIE).await;
    old.submit("/mfa/code", &[("code", &site.code(&phone))])
        .await;
    old.complains("n’est pas le bon");
}

#[tokio::test]
async fn name_requires_a_recent_code_and_a_short_text() {
    let site = Site::open().await;
    let (mut julie, ..) = two_apps(&site).await;
    julie.open(SECOND).await;
    julie.submit(SECOND, &[("name", &"é".repeat(41))]).await;
    julie.complains("40\u{a0}caractères au plus");
    julie.submit(SECOND, &[("name", "a\u{7}")]).await;
    julie.complains("caractère invisible");
    julie.submit(SECOND, &[("name", "\u{202e}enohp")]).await;
    julie.complains("n’a pas la forme attendue");
    site.clock.advance(limits::RECENT + 1);
    julie.open(SECOND).await;
    let stale = julie.submit(SECOND, &[("name", "Tablette")]).await;
    assert!(
        stale.to().starts_with("/mfa/step-up?next="),
        "{}",
        stale.to()
    );
}

#[tokio::test]
async fn lost_one_is_chosen_and_the_other_logs_in() {
    let site = Site::open().await;
    let (mut julie, phone, tablet) = two_apps(&site).await;
    julie.open("/mfa/account/lost?authenticator=1").await;
    julie.shows("value=\"1\" required checked");
    julie.submit("/mfa/account/lost", &[]).await;
    julie.complains("Ce champ est vide");
    julie
        .submit("/mfa/account/lost", &[("authenticator", "x")])
        .await;
    julie.complains("n’a pas la forme attendue");
    julie
        .submit("/mfa/account/lost", &[("authenticator", "9")])
        .await;
    julie.complains("Cette application ou clé d’accès n’est pas");
    julie
        .submit("/mfa/account/lost", &[("authenticator", "1")])
        .await;
    julie.shows("Reconnectez-vous avec une autre de vos applications");

    let mut again = site.browser();
    again.log_in(JULIE).await;
    again
        .submit("/mfa/code", &[("code", &site.code(&phone))])
        .await;
    again.complains("n’est pas le bon");
    again.give_code(&tablet).await;
    again.shows("Perte signalée");
    // One alone is left to report, and is not chosen.
    again.open("/mfa/account/lost").await;
    assert!(!again.page.contains("type=\"radio\""));
}

/// The link in the letter opens its form also while another one logs in.
#[tokio::test]
async fn t96_report_of_one_of_two_is_undone_by_its_link() {
    let site = Site::open().await;
    let (mut julie, phone, _) = two_apps(&site).await;
    julie.open("/mfa/account/lost").await;
    julie
        .submit("/mfa/account/lost", &[("authenticator", "1")])
        .await;
    let path = format!("/mfa/undo-report/{}", link(&site, JULIE).await);
    let mut marc = site.browser();
    marc.log_in_and_enroll(MARC).await;
    marc.open("/mfa/admin/people").await;
    marc.shows("2 en tout");
    marc.shows("data-testid=\"undo-report\"");
    let mut again = site.browser();
    again.log_in(JULIE).await;
    again.open(&path).await;
    again.shows("Annuler le signalement");
    let code = site.code(&phone);
    again.submit(&path, &[("code", &code)]).await;
    again.open("/mfa/account").await;
    assert!(!again.page.contains("Perte signalée"), "{}", again.page);
}

#[tokio::test]
async fn code_field_promises_only_what_app_and_token_share() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    assign(&site, JULIE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enroll").await;
    julie.submit("/mfa/enroll", &[]).await;
    julie.open("/mfa/enroll").await;
    julie.confirm_token("/mfa/account?done=enrolled").await;
    julie.open("/mfa/account/off").await;
    julie.shows("Code à 8\u{a0}chiffres");
    julie.open("/mfa/account/authenticators/add").await;
    site.clock.advance(120);
    let code = shown(loquet::Clock::now(&site.clock), 0);
    julie
        .leads(
            "/mfa/account/authenticators/add",
            &[("code", &code)],
            "/mfa/enroll",
        )
        .await;
    julie.open("/mfa/enroll").await;
    julie.shows("Code à 6\u{a0}chiffres");
    julie.enrol().await;
    julie.open("/mfa/account/off").await;
    julie.shows(">Code</label>");
    julie.shows("dans votre application");
    let mut again = site.browser();
    again.log_in(JULIE).await;
    again.shows(">Code</label>");
    again.shows("data-testid=\"two-codes\"");
}
