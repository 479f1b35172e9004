//! Passkeys, in a real browser with an authenticator of its own (WebAuthn Level 3 §11, by the DevTools protocol).

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, Scripts};
use crate::journey::Journey;
use crate::phone::Phone;

/// A security key, or what a computer has built in.
struct Key {
    id: String,
}

impl Key {
    async fn plug_in(browser: &Browser) -> Self {
        browser.cdp("WebAuthn.enable", json!({})).await;
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "usb", "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        } });
        let added = browser
            .cdp("WebAuthn.addVirtualAuthenticator", options)
            .await;
        let id = added["authenticatorId"].as_str().unwrap().to_owned();
        Self { id }
    }

    async fn set(&self, browser: &Browser, command: &str, name: &str, value: bool) {
        let command = format!("WebAuthn.{command}");
        let parameters = json!({ "authenticatorId": self.id, name: value });
        browser.cdp(&command, parameters).await;
    }

    async fn credentials(&self, browser: &Browser) -> Vec<Value> {
        let asked = json!({ "authenticatorId": self.id });
        let held = browser.cdp("WebAuthn.getCredentials", asked).await;
        held["credentials"].as_array().unwrap().clone()
    }

    /// Puts its only credential back with another count, as a copy has it.
    async fn count(&self, browser: &Browser, count: u64) {
        let [mut credential] = self.credentials(browser).await.try_into().unwrap();
        let asked =
            json!({ "authenticatorId": self.id, "credentialId": credential["credentialId"] });
        browser.cdp("WebAuthn.removeCredential", asked).await;
        credential["signCount"] = json!(count);
        let added = json!({ "authenticatorId": self.id, "credential": credential });
        browser.cdp("WebAuthn.addCredential", added).await;
    }

    async fn unplug(self, browser: &Browser) {
        let asked = json!({ "authenticatorId": self.id });
        browser
            .cdp("WebAuthn.removeVirtualAuthenticator", asked)
            .await;
    }
}

impl Journey {
    /// Hélène plugs a key in and enables.
    async fn enabled(pass: &'static str) -> (Self, Key) {
        let journey = Self::start(pass, Scripts::Run).await;
        journey.browser.open(&journey.demo.open.clone()).await;
        let key = Key::plug_in(&journey.browser).await;
        journey.log_in("helene").await;
        journey.browser.find("home-page").await;
        journey.open_local("/mfa/admin").await;
        journey.enable_here().await;
        (journey, key)
    }

    /// Hélène enables, sets up an app and registers a key beside it.
    async fn with_key(pass: &'static str) -> (Self, Phone, Key) {
        let (mut journey, key) = Self::enabled(pass).await;
        let mut phone = journey.enroll().await;
        journey.browser.says("Félicitations").await;
        journey.open_local("/mfa/account/authenticators/add").await;
        journey.give(&phone.fresh().await, "confirm").await;
        journey.browser.find("enrol-page").await;
        journey.browser.picture("add").await;
        journey.browser.click("passkey").await;
        journey.browser.says("Votre clé d’accès est liée").await;
        journey.demo.tells("helene", "Bound");
        assert_eq!(key.credentials(&journey.browser).await.len(), 1);
        (journey, phone, key)
    }

    /// Hélène enables, and sets up a key and no app.
    async fn with_key_alone(pass: &'static str) -> (Self, Key) {
        let (journey, key) = Self::enabled(pass).await;
        journey.browser.find("enrol-start-page").await;
        journey.browser.click("begin").await;
        journey.browser.find("enrol-page").await;
        journey.browser.click("passkey").await;
        journey.browser.says("Votre clé d’accès est liée").await;
        (journey, key)
    }

    async fn open_local(&self, path: &str) {
        self.browser
            .open(&format!("{}{path}", self.demo.open))
            .await;
    }

    async fn log_in_to_code(&self) {
        self.log_out().await;
        self.log_in("helene").await;
        self.browser.find("code-page").await;
    }
}

/// "Done means": a log-in with the key; the key is lost; in with the phone, and the key is removed.
#[tokio::test]
async fn key_logs_in_is_lost_and_removed() {
    let (mut journey, mut phone, key) = Journey::with_key("key").await;
    journey.log_in_to_code().await;
    journey.browser.picture("code-or-key").await;
    journey.browser.click("passkey").await;
    journey.browser.find("home-page").await;

    // Lost: unplugged, and reported with the password alone.
    key.unplug(&journey.browser).await;
    journey.log_in_to_code().await;
    journey.open_local("/mfa/account/lost").await;
    journey.browser.find("question-page").await;
    let choices = "return [...document.querySelectorAll('label.choice')].findIndex(it => it.textContent.includes('Clé'))";
    let which = journey.browser.run(choices).await.as_u64().unwrap();
    let tick = format!("document.querySelectorAll('input[name=authenticator]')[{which}].click()");
    journey.browser.run(&tick).await;
    journey.browser.click("confirm").await;
    journey.browser.says("Page de connexion").await;
    journey.demo.tells("helene", "ReportedLost");

    journey.open_local("/connexion").await;
    journey.log_in_with("helene", &mut phone).await;
    journey.open_local("/mfa/account").await;
    journey.browser.picture("lost-key").await;
    let manage = "[...document.querySelectorAll('[data-testid=authenticators] li')].find(it => it.textContent.includes('Clé')).querySelector('a').click()";
    journey.browser.run(manage).await;
    journey.browser.find("authenticator-page").await;
    journey.give(&phone.fresh().await, "remove").await;
    journey.browser.says("retiré de votre compte").await;
    assert!(!journey.browser.page_text().await.contains("Clé d’accès du"));
    journey.browser.close().await;
}

/// What the browser or the key refuses is said on the page, and the code still logs in.
#[tokio::test]
async fn refused_key_leaves_the_code() {
    let (journey, mut phone, key) = Journey::with_key("refused").await;
    let browser = &journey.browser;
    journey.log_in_to_code().await;

    // The user is not verified, who was at the registration.
    key.set(browser, "setUserVerified", "isUserVerified", false)
        .await;
    browser.click("passkey").await;
    browser.says("a été annulée, ou a trop tardé").await;
    key.set(browser, "setUserVerified", "isUserVerified", true)
        .await;

    // The options' time is over before the key is touched.
    key.set(browser, "setAutomaticPresenceSimulation", "enabled", false)
        .await;
    let hurry = "const it = document.querySelector('[data-passkey]'); const o = JSON.parse(it.dataset.options);\
                 o.timeout = 1; it.dataset.options = JSON.stringify(o); history.replaceState(null, '', location);";
    browser.run(hurry).await;
    browser
        .run("const get = navigator.credentials.get.bind(navigator.credentials); navigator.credentials.get = (o) => get({ ...o, signal: AbortSignal.timeout(200) });")
        .await;
    browser.click("passkey").await;
    browser.says("La clé d’accès n’a pas fonctionné").await;
    key.set(browser, "setAutomaticPresenceSimulation", "enabled", true)
        .await;

    // Another challenge than the page's own: that of an answer which was made for another session.
    journey.open_local("/mfa/code").await;
    browser
        .run("const it = document.querySelector('[data-passkey]'); it.querySelector('input').value = '{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"e30\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}'; it.closest('form').submit();")
        .await;
    browser.says("n’a pas été reconnue").await;
    tokio::time::sleep(Duration::from_secs(2)).await;

    journey.give(&phone.fresh().await, "connect").await;
    browser.find("home-page").await;
    journey.browser.close().await;
}

/// A key that counts less than before was copied: it is refused, suspended and told.
#[tokio::test]
async fn copied_key_is_refused_and_suspended() {
    let (mut journey, mut phone, key) = Journey::with_key("copy").await;
    let browser = &journey.browser;
    journey.log_in_to_code().await;
    browser.click("passkey").await;
    browser.find("home-page").await;
    journey.log_in_to_code().await;
    key.count(browser, 0).await;
    browser.click("passkey").await;
    browser.says("Il existe peut-être une copie").await;
    journey.demo.tells("helene", "PasskeyCloned");
    journey.open_local("/connexion").await;
    journey.log_in_with("helene", &mut phone).await;
    journey.open_local("/mfa/account").await;
    browser.says("Copie possible").await;
    journey.browser.picture("copied-key").await;
    journey.browser.close().await;
}

/// An answer for another origin does not verify: the same machine by its number, whose pages the browser knows no key for.
#[tokio::test]
async fn key_works_for_its_own_origin_alone() {
    let (journey, mut phone, _key) = Journey::with_key("origin").await;
    let browser = &journey.browser;
    browser
        .open(&format!("{}/connexion", journey.demo.address))
        .await;
    journey.log_in("helene").await;
    browser.find("code-page").await;
    browser.click("passkey").await;
    browser.says("La clé d’accès n’a pas fonctionné").await;
    journey.give(&phone.fresh().await, "connect").await;
    browser.find("home-page").await;
    journey.browser.close().await;
}

/// An account may have a key and no app: the first one, and the only one.
#[tokio::test]
async fn key_alone_protects_an_account() {
    let (mut journey, _key) = Journey::with_key_alone("alone").await;
    journey.log_in_to_code().await;
    journey.browser.picture("code").await;
    assert!(!journey.browser.has("code").await);
    journey.browser.click("connect").await;
    journey.browser.find("home-page").await;
    journey.open_local("/mfa/account").await;
    journey.browser.picture("account").await;

    // Lost and found: the link in the letter and the key undo the report.
    journey.log_in_to_code().await;
    journey.open_local("/mfa/account/lost").await;
    journey.browser.says("J’ai perdu ma clé d’accès").await;
    journey.browser.click("confirm").await;
    journey.browser.says("Page de connexion").await;
    let link = journey.demo.link("helene", "ReportedLost");
    journey.open_local("/connexion").await;
    journey.log_in("helene").await;
    journey.browser.find("recovery-page").await;
    journey
        .browser
        .says("Votre clé d’accès est suspendue")
        .await;
    journey.open_local(&link).await;
    journey.browser.find("undo-report-page").await;
    journey.browser.picture("undo").await;
    journey.browser.click("undo-report").await;
    journey.browser.find("home-page").await;
    journey.browser.close().await;
}

/// Required of every administrator: Marc's code leads to a key, and from then on the key alone logs him in.
#[tokio::test]
async fn required_key_is_added_with_a_code_and_replaces_it() {
    let (mut journey, _key) = Journey::with_key_alone("required").await;
    journey.log_out().await;
    journey.log_in("marc").await;
    journey.browser.find("home-page").await;
    journey.open_local("/mfa/enroll").await;
    let mut phone = journey.enroll().await;
    journey.browser.says("Félicitations").await;
    journey.log_in_to_code().await;
    journey.browser.click("connect").await;
    journey.browser.find("home-page").await;

    journey.open_local("/mfa/admin/mandate").await;
    journey.browser.find("mandate-page-passkey-2").await;
    journey.browser.picture("mandates").await;
    // By a date; the demo's clock does not reach it, so that the announcement makes way for one that holds at once.
    journey.browser.click("announce-passkey-2").await;
    journey.browser.find("done").await;
    journey.demo.tells("marc", "MandateAnnounced");
    journey.open_local("/mfa/admin/mandate").await;
    journey.browser.find("announced-passkey-2").await;
    journey.browser.click("cancel-passkey-2").await;
    journey.browser.find("done").await;
    journey.open_local("/mfa/admin/mandate").await;
    journey.browser.click("start-now-passkey-2").await;
    journey.browser.click("confirmed-passkey-2").await;
    journey.browser.click("announce-passkey-2").await;
    journey.browser.find("done").await;
    journey.demo.tells("marc", "MandateInForce");
    journey.log_out().await;

    journey.log_in("marc").await;
    journey.browser.find("code-page").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey
        .browser
        .says("Une clé d’accès est obligatoire pour les administrateurs")
        .await;
    journey.browser.picture("led").await;
    journey.give(&phone.fresh().await, "confirm").await;
    journey.browser.find("passkey-page").await;
    journey.browser.picture("key").await;
    assert_eq!(journey.browser.qr_codes().await, [""; 0]);
    journey.browser.click("connect").await;
    journey.browser.find("home-page").await;

    journey.log_out().await;
    journey.log_in("marc").await;
    journey.browser.find("code-page").await;
    journey.browser.picture("key-only").await;
    assert_eq!(journey.browser.count("input[name=code]").await, 0);
    journey.browser.click("connect").await;
    journey.browser.find("home-page").await;
    journey.browser.close().await;
}
