//! An administrator who has never seen CIDR notation locks the service to Canada and the two daycares, is told
//! first who would lose access, and undoes it.

use crate::browser::Scripts;
use crate::journey::Journey;
use crate::phone::Phone;

const LAVAL: u8 = 1;
const QUEBEC: u8 = 3;
const FRANCE: u8 = 4;

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

    /// Before anything is restricted.
    async fn everybody_comes_from_everywhere(&self) {
        self.comes_and_goes("sofia", LAVAL).await;
        self.comes_and_goes("julie", QUEBEC).await;
        self.comes_and_goes("karim", FRANCE).await;
        self.comes_and_goes("thomas", FRANCE).await;
        self.comes_and_goes("thomas", QUEBEC).await;
    }

    /// Hélène enables and enrolls, and looks at where people may log in from.
    async fn helene_opens_the_plan(&mut self) -> Phone {
        self.go_to(LAVAL).await;
        self.browser.picture("connexion-depuis-laval").await;
        self.log_in("helene").await;
        self.browser.find("home-page").await;
        self.enable().await;
        let phone = self.enroll().await;
        self.browser.find("bound").await;

        self.open("/mfa/admin/access").await;
        self.browser
            .says("Tout le monde peut se connecter de partout.")
            .await;
        self.browser.picture("partout").await;
        phone
    }

    /// The other centre alone would lock out the administrator who chooses it.
    async fn a_plan_that_locks_out_is_refused(&mut self) {
        self.browser.fill("name", "Garderie Rosemont").await;
        self.browser.fill("network", "198.51.100").await;
        self.browser.click("add-typed").await;
        self.browser.find("error").await;
        self.browser.says("Ce n’est pas une adresse.").await;
        self.browser.picture("pas-une-adresse").await;
        // The name is still there: only what was wrong is typed again.
        self.browser.fill("network", "198.51.100.23").await;
        self.browser.click("add-typed").await;
        self.lists(2).await;
        self.browser.click("apply").await;
        self.browser.find("error").await;
        self.browser.says("vous enfermeraient dehors").await;
        self.browser.picture("dehors").await;
    }

    /// Told first who would lose access.
    async fn canada_and_both_centres_are_applied(&mut self, phone: &mut Phone) {
        self.browser.fill("name", "Garderie Laval").await;
        self.browser.click("add-here").await;
        self.lists(3).await;
        self.browser
            .select("#country option[value='CA']")
            .await
            .click()
            .await
            .unwrap();
        self.browser.click("add-country").await;
        self.lists(4).await;
        assert_eq!(
            self.browser.text("what-if-count").await,
            "1 personne perdrait l’accès :"
        );
        self.browser.says("Karim Haddad").await;
        self.browser
            .says("Ne pourraient plus se connecter de certains endroits : Thomas Roy.")
            .await;
        self.browser.says("de 5 personnes sur 6").await;
        self.browser.picture("ce-qui-changerait").await;
        self.give(&phone.fresh().await, "apply").await;
        self.browser.find("done").await;
        let spots = self.browser.text("spots").await;
        for place in [
            "Canada",
            "Garderie Laval",
            "Garderie Rosemont",
            "Partout ailleurs",
        ] {
            assert!(spots.contains(place), "{spots}");
        }
        self.browser.picture("en-vigueur").await;
        self.log_out().await;
    }

    /// From Laval, by its own button.
    async fn the_change_is_undone(&mut self, phone: &mut Phone) {
        self.comes_and_goes("julie", QUEBEC).await;
        self.is_refused("karim", FRANCE).await;
        self.browser.picture("refuse").await;
        self.is_refused("helene", FRANCE).await;

        self.go_to(LAVAL).await;
        self.log_in_with("helene", phone).await;
        self.open("/mfa/admin/access").await;
        self.browser.click("undo").await;
        self.browser.find("done").await;
        self.browser.says("Le dernier changement est annulé").await;
        self.browser.find("everywhere").await;
        self.browser.says("Rétablir le changement").await;
        self.browser.picture("annule").await;
        self.log_out().await;
        self.comes_and_goes("karim", FRANCE).await;
    }
}

#[tokio::test]
async fn access_from_canada_and_two_centres() {
    let mut journey = Journey::start("lieux", Scripts::Blocked).await;
    journey.everybody_comes_from_everywhere().await;
    let mut phone = journey.helene_opens_the_plan().await;
    journey.a_plan_that_locks_out_is_refused().await;
    journey
        .canada_and_both_centres_are_applied(&mut phone)
        .await;
    journey.the_change_is_undone(&mut phone).await;
    journey.browser.close().await;
}
