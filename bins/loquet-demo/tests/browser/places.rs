//! An administrator who has never seen CIDR notation locks the service to Canada and the two day-care centres, is told
//! first who would lose access, and undoes it.

use crate::browser::Scripts;
use crate::journey::Journey;

impl Journey {
    /// Appears from another place from now on.
    pub(crate) async fn go_to(&self, place: u8) {
        self.open("/endroit").await;
        let chosen = format!("[data-testid='place-{place}'][aria-pressed='true']");
        if self.browser.count(&chosen).await == 0 {
            self.browser.click(&format!("place-{place}")).await;
            self.browser.select(&chosen).await;
        }
        self.open("/connexion").await;
    }

    async fn comes_and_goes(&self, login: &str, place: u8) {
        self.go_to(place).await;
        self.log_in(login).await;
        self.browser.find("home-page").await;
        self.log_out().await;
    }

    /// Waits for the page on which so many places stand, everywhere else included.
    async fn lists(&self, places: usize) {
        let last = format!("[data-testid='spots'] li:nth-child({places})");
        self.browser.select(&last).await;
    }

    async fn is_refused(&self, login: &str, place: u8) {
        self.go_to(place).await;
        self.log_in(login).await;
        self.browser.find("error").await;
        self.browser
            .says("Les connexions ne sont pas permises depuis cette adresse.")
            .await;
    }
}

const LAVAL: u8 = 1;
const QUEBEC: u8 = 3;
const FRANCE: u8 = 4;

#[tokio::test]
async fn canada_and_the_two_day_care_centres_and_back() {
    let mut journey = Journey::start("lieux", Scripts::Blocked).await;
    journey.comes_and_goes("sofia", LAVAL).await;
    journey.comes_and_goes("julie", QUEBEC).await;
    journey.comes_and_goes("karim", FRANCE).await;
    journey.comes_and_goes("thomas", FRANCE).await;
    journey.comes_and_goes("thomas", QUEBEC).await;

    journey.go_to(LAVAL).await;
    journey.browser.picture("connexion-depuis-laval").await;
    journey.log_in("helene").await;
    journey.browser.find("home-page").await;
    journey.enable().await;
    let mut phone = journey.enroll().await;
    journey.browser.find("bound").await;

    journey.open("/mfa/admin/access").await;
    journey
        .browser
        .says("Tout le monde peut se connecter de partout.")
        .await;
    journey.browser.picture("partout").await;

    // The other centre alone would lock out whoever chooses it.
    journey.browser.fill("name", "Garderie Rosemont").await;
    journey.browser.fill("network", "198.51.100").await;
    journey.browser.click("add-typed").await;
    journey.browser.find("error").await;
    journey.browser.says("Ce n'est pas une adresse.").await;
    journey.browser.picture("pas-une-adresse").await;
    // The name is still there: only what was wrong is typed again.
    journey.browser.fill("network", "198.51.100.23").await;
    journey.browser.click("add-typed").await;
    journey.lists(2).await;
    journey.browser.click("apply").await;
    journey.browser.find("error").await;
    journey.browser.says("vous enfermeraient dehors").await;
    journey.browser.picture("dehors").await;

    journey.browser.fill("name", "Garderie Laval").await;
    journey.browser.click("add-here").await;
    journey.lists(3).await;
    journey
        .browser
        .select("#country option[value='CA']")
        .await
        .click()
        .await
        .unwrap();
    journey.browser.click("add-country").await;
    journey.lists(4).await;
    assert_eq!(
        journey.browser.text("what-if-count").await,
        "1 personne perdrait l'accès :"
    );
    journey.browser.says("Karim Haddad").await;
    journey
        .browser
        .says("Ne pourraient plus se connecter de certains endroits : Thomas Roy.")
        .await;
    journey.browser.says("de 5 personnes sur 6").await;
    journey.browser.picture("ce-qui-changerait").await;
    journey.browser.click("apply").await;
    journey.browser.find("done").await;
    let spots = journey.browser.text("spots").await;
    for place in [
        "Canada",
        "Garderie Laval",
        "Garderie Rosemont",
        "Partout ailleurs",
    ] {
        assert!(spots.contains(place), "{spots}");
    }
    journey.browser.picture("en-vigueur").await;
    journey.log_out().await;

    journey.comes_and_goes("julie", QUEBEC).await;
    journey.is_refused("karim", FRANCE).await;
    journey.browser.picture("refuse").await;
    journey.is_refused("helene", FRANCE).await;

    journey.go_to(LAVAL).await;
    journey.log_in_with("helene", &mut phone).await;
    journey.open("/mfa/admin/access").await;
    journey.browser.click("undo").await;
    journey.browser.find("done").await;
    journey
        .browser
        .says("Le dernier changement est annulé")
        .await;
    journey.browser.find("everywhere").await;
    journey.browser.says("Rétablir le changement").await;
    journey.browser.picture("annule").await;
    journey.log_out().await;
    journey.comes_and_goes("karim", FRANCE).await;
    journey.browser.close().await;
}
