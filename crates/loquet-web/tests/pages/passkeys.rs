//! Passkeys, and the mandates that demand them, with a relying party that pretends.

use axum::http::StatusCode;
use loquet_policy::limits;

use crate::browser::{Answer, Browser, between};
use crate::site::{HELENE, MARC, Site};

pub(crate) const ANNOUNCE: &str = "/mfa/admin/mandate/announce";
/// Requires passkeys of the administrators at once.
pub(crate) const NOW: [(&str, &str); 4] = [
    ("role", "2"),
    ("demands", "passkey"),
    ("start", "now"),
    ("confirmed", "yes"),
];
const LED: &str = "Ajoutez une clé d’accès";

impl Browser<'_> {
    /// Sends a form of the page with the answer of passkey `number`, which has counted so far.
    pub(crate) async fn touch(
        &mut self,
        action: &str,
        number: u32,
        fields: &[(&str, &str)],
    ) -> Answer {
        self.site.clock.advance(1);
        let word = match self.page.contains("data-passkey=\"create\"") {
            true => "create",
            false => "sign",
        };
        let asked = between(&self.page, "data-options=\"", "\"");
        let count = loquet::Clock::now(&self.site.clock).0 % 100_000_000;
        let answer = format!("{word} {asked} {number} {count}");
        let fields = [&[("passkey", answer.as_str())][..], fields].concat();
        self.submit(action, &fields).await
    }

    /// Enables, and enrolls with a passkey alone.
    pub(crate) async fn enable_with_passkey(&mut self, number: u32) {
        self.log_in(HELENE).await;
        self.open("/mfa/admin/enable").await;
        let code = between(&self.page, "data-text=\"", "\"");
        let group = code.rsplit('-').next().unwrap().to_owned();
        self.submit("/mfa/admin/enable", &[("group", &group)]).await;
        self.open("/mfa/enroll").await;
        self.submit("/mfa/enroll", &[]).await;
        self.open("/mfa/enroll").await;
        self.bind(number).await;
    }

    /// Confirms the enrollment on the page with a new passkey.
    async fn bind(&mut self, number: u32) {
        let bound = self.touch("/mfa/enroll/confirm", number, &[]).await;
        assert_eq!(bound.status, StatusCode::SEE_OTHER, "{}", bound.body);
    }

    /// Adds a passkey with a code of the app.
    pub(crate) async fn add_passkey(&mut self, key: &str, number: u32) {
        let add = "/mfa/account/authenticators/add";
        self.open(add).await;
        let code = self.site.code(key);
        self.leads(add, &[("code", &code)], "/mfa/enroll").await;
        self.open("/mfa/enroll").await;
        self.bind(number).await;
    }

    /// Requires passkeys of the administrators at once.
    pub(crate) async fn require_passkeys(&mut self) {
        self.open("/mfa/admin/mandate").await;
        self.leads(ANNOUNCE, &NOW, "/mfa/admin?done=imposed").await;
    }

    pub(crate) async fn log_in_with_code(&mut self, account: u64, key: &str) {
        self.log_in(account).await;
        let code = self.site.code(key);
        let answer = self.submit("/mfa/code", &[("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }

    pub(crate) fn hides(&self, what: &str) {
        assert!(!self.page.contains(what), "{what} in {}", self.page);
    }
}

#[tokio::test]
async fn code_leads_to_the_passkey_that_is_required() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    let mut marc = site.browser();
    let key = marc.log_in_and_enroll(MARC).await;
    helene.require_passkeys().await;

    // The session that he has can do no more either.
    marc.open("/mfa/account").await;
    marc.shows(LED);
    let mut marc = site.browser();
    marc.log_in_with_code(MARC, &key).await;
    for page in [
        "/log-in",
        "/mfa/enroll",
        "/mfa/code",
        "/mfa/account",
        "/mfa/admin",
        "/mfa/admin/mandate",
        "/mfa/step-up",
        "/mfa/enroll/key",
    ] {
        marc.open(page).await;
        marc.shows(LED);
        marc.shows("Une clé d’accès est obligatoire pour les administrateurs depuis le 15\u{a0}janvier\u{a0}2027, imposée par Hélène Tremblay");
        marc.shows("action=\"/mfa/account/authenticators/add\"");
        marc.hides("data-testid=\"qr\"");
    }
    marc.submit("/mfa/log-out", &[]).await;
    marc.open("/mfa/account").await;
    marc.hides(LED);

    let mut marc = site.browser();
    marc.log_in_with_code(MARC, &key).await;
    marc.open("/log-in").await;
    let add = "/mfa/account/authenticators/add";
    marc.submit(add, &[("code", "000000")]).await;
    marc.complains("Ce code n’est pas le bon");
    marc.shows("imposée par Hélène Tremblay");
    // A wrong one costs a wait of a second.
    site.clock.advance(1);
    let code = site.code(&key);
    marc.leads(add, &[("code", &code)], "/mfa/enroll").await;
    for page in ["/mfa/account", "/mfa/enroll", "/mfa/enroll/key", add] {
        marc.open(page).await;
        marc.shows("data-testid=\"passkey-page\"");
        marc.shows("imposée par Hélène Tremblay");
        marc.hides("data-testid=\"qr\"");
    }
    let bound = marc.touch("/mfa/enroll/confirm", 8, &[]).await;
    assert_eq!(bound.to(), "/");
    assert_eq!(marc.open("/mfa/account").await.status, StatusCode::OK);
    marc.shows("data-testid=\"authenticators\"");
}

/// Passkeys are required, and Marc, who has an app and passkey 8, gave his password. Returns the app's key too.
async fn at_code_page(site: &Site) -> (String, Browser<'_>) {
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    let mut marc = site.browser();
    let key = marc.log_in_and_enroll(MARC).await;
    marc.add_passkey(&key, 8).await;
    helene.require_passkeys().await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    (key, marc)
}

#[tokio::test]
async fn no_page_asks_the_holder_of_a_required_passkey_for_a_code() {
    let site = Site::with_passkeys().await;
    let (key, mut marc) = at_code_page(&site).await;
    marc.shows("data-testid=\"code-page\"");
    marc.shows("data-passkey=\"get\"");
    marc.hides("name=\"code\"");
    // What an older page sends is refused, and says so.
    let code = site.code(&key);
    marc.submit("/mfa/code", &[("code", &code)]).await;
    marc.complains("utilisez votre clé d’accès");
    let logged_in = marc.touch("/mfa/code", 8, &[]).await;
    assert_eq!(logged_in.to(), "/");
    marc.open("/mfa/step-up").await;
    marc.hides("name=\"code\"");

    // The last one stays.
    site.clock.advance(limits::SETTLING);
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    marc.touch("/mfa/code", 8, &[]).await;
    let page = "/mfa/account/authenticators/2";
    marc.open(page).await;
    marc.shows("la dernière ne peut pas être retirée");
    marc.touch(&format!("{page}/remove"), 8, &[]).await;
    marc.complains("Une clé d’accès est rendue obligatoire pour les administrateurs par Hélène");
}

#[tokio::test]
async fn suspended_passkey_leaves_the_ways_out() {
    let site = Site::with_passkeys().await;
    let (_, mut marc) = at_code_page(&site).await;
    marc.open("/mfa/account/lost").await;
    marc.submit("/mfa/account/lost", &[("authenticator", "2")])
        .await;
    marc.log_in(MARC).await;
    marc.shows("aucune de vos clés d’accès ne peut servir");
    marc.shows("<details class=\"more\" open>");
    marc.hides("name=\"code\"");
    assert_eq!(marc.attempt("/mfa/code"), None);
}

#[tokio::test]
async fn first_enrollment_under_a_passkey_mandate_takes_a_passkey() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    helene.require_passkeys().await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    marc.shows("data-testid=\"passkey-page\"");
    marc.shows("imposée par Hélène Tremblay");
    marc.hides("data-testid=\"qr\"");
    marc.submit("/mfa/enroll/cancel", &[]).await;
    marc.open("/mfa/enroll").await;
    marc.shows("data-testid=\"enrol-start-page\"");
    marc.hides("Afficher le code QR");
    marc.submit("/mfa/enroll", &[]).await;
    marc.open("/mfa/enroll").await;
    marc.bind(8).await;
    assert_eq!(marc.open("/mfa/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn app_is_enough_for_three_days_after_a_reset() {
    let site = Site::with_passkeys().await;
    let mut helene = site.browser();
    helene.enable_with_passkey(7).await;
    site.browser().log_in_and_enroll(MARC).await;
    helene.require_passkeys().await;
    let reset = format!("/mfa/admin/people/{MARC:032x}/reset");
    helene.open(&reset).await;
    helene.touch(&reset, 7, &[]).await;
    let code = between(&helene.page, "data-text=\"", "\"").to_owned();
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    let fields = [("reset_code", code.as_str())];
    marc.leads("/mfa/enroll", &fields, "/log-in").await;
    marc.open("/log-in").await;
    let key = marc.enrol().await;
    marc.open("/mfa/account").await;
    marc.shows("Ajoutez une clé d’accès avant le 18\u{a0}janvier");

    let mut again = site.browser();
    again.log_in_with_code(MARC, &key).await;
    assert_eq!(again.open("/mfa/account").await.status, StatusCode::OK);
    site.clock.advance(limits::CODES_AFTER_RESET);
    let mut late = site.browser();
    late.log_in(MARC).await;
    again.open("/mfa/account").await;
    for browser in [late, again] {
        browser.shows("data-testid=\"recovery-page\"");
        browser.shows("le délai pour en ajouter une est passé");
        browser.hides("désactivée");
    }
}

/// Each page that comes by is read: no word of it is French.
#[tokio::test]
async fn pages_of_passkeys_are_told_in_english() {
    let site = Site::with_passkeys().await;
    let english = || {
        let mut browser = site.browser();
        let language = ("loquet-language".to_owned(), "en".to_owned());
        browser.cookies.extend([language]);
        browser
    };
    let mut helene = english();
    helene.enable_with_passkey(7).await;
    let mut marc = english();
    let key = marc.log_in_and_enroll(MARC).await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("Passkey required of administrators");
    let date = [NOW[0], NOW[1], ("start", "date"), ("date", "2027-02-01")];
    helene
        .leads(ANNOUNCE, &date, "/mfa/admin?done=imposed")
        .await;
    helene.open("/mfa/admin").await;
    helene.shows("Passkey of administrators: Announced for 1\u{a0}February");
    helene.open("/mfa/admin/mandate").await;
    marc.open("/mfa/account").await;
    marc.shows("a passkey will be required at each of your log-ins");
    let cancel = "/mfa/admin/mandate/cancel";
    helene
        .leads(cancel, &NOW[..2], "/mfa/admin?done=imposed")
        .await;
    helene.require_passkeys().await;
    helene.open("/mfa/admin/mandate").await;

    let mut marc = english();
    marc.log_in_with_code(MARC, &key).await;
    let add = "/mfa/account/authenticators/add";
    marc.open(add).await;
    marc.shows("A passkey has been mandatory for administrators since 15");
    let code = site.code(&key);
    marc.leads(add, &[("code", &code)], "/mfa/enroll").await;
    marc.open("/mfa/enroll").await;
    marc.bind(8).await;
    let mut marc = english();
    marc.log_in(MARC).await;
    marc.touch("/mfa/code", 8, &[]).await;
    site.clock.advance(limits::SETTLING);
    let mut marc = english();
    marc.log_in(MARC).await;
    marc.touch("/mfa/code", 8, &[]).await;
    marc.open("/mfa/step-up").await;
    marc.open("/mfa/account/authenticators/2").await;
    marc.touch("/mfa/account/authenticators/2/remove", 8, &[])
        .await;
    marc.complains("A passkey is mandatory for administrators");
}
