//! A parent has her laptop remembered, is told of a log-in from another device, and forgets devices: one, and all.

use crate::browser::{Browser, Scripts};
use crate::journey::Journey;

const LAVAL: u8 = 1;
const QUEBEC: u8 = 3;

impl Journey {
    /// Sits down at the other device.
    fn turn_to(&mut self, other: &mut Browser) {
        std::mem::swap(&mut self.browser, other);
    }

    /// Waits for "Mon compte" with so many devices in the list.
    async fn has_devices(&self, count: usize) {
        self.open("/mfa/account").await;
        self.browser.find("devices").await;
        let css = "[data-testid='devices'] li";
        assert_eq!(self.browser.count(css).await, count);
    }

    async fn helene_lets_people_have_devices_remembered(&mut self) {
        self.log_in("helene").await;
        self.browser.find("home-page").await;
        self.enable().await;
        self.enroll().await;
        self.browser.find("bound").await;
        self.open("/mfa/admin/devices").await;
        self.browser.find("devices-page").await;
        self.browser.picture("desactive").await;
        self.browser.click("devices-on").await;
        self.browser.find("devices-off").await;
        self.browser.picture("permis").await;
        self.log_out().await;
    }
}

#[tokio::test]
async fn devices_are_remembered_listed_told_of_and_forgotten() {
    let mut journey = Journey::start("appareils", Scripts::Blocked).await;
    journey.helene_lets_people_have_devices_remembered().await;

    // Julie, on her laptop at the nursery. Nothing is kept before she asks for it.
    journey.go_to(LAVAL).await;
    journey.log_in("julie").await;
    journey.browser.find("home-page").await;
    journey.open("/mfa/account").await;
    journey.browser.click("switch").await;
    let mut phone = journey.enroll().await;
    journey.browser.find("bound").await;
    journey.has_devices(0).await;
    journey.browser.says("Aucun appareil n'est retenu.").await;
    journey.browser.picture("aucun").await;
    journey.log_out().await;
    journey.log_in("julie").await;
    journey.browser.find("code-page").await;
    journey.browser.picture("code-et-case").await;
    journey.browser.click("remember").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("home-page").await;
    journey.demo.tells("julie", "DeviceRemembered");

    // On her telephone at home, without a tick: she is told of it.
    let mut telephone = Browser::start("appareils-telephone", Scripts::Blocked).await;
    journey.turn_to(&mut telephone);
    journey.go_to(QUEBEC).await;
    journey.log_in("julie").await;
    journey.browser.find("code-page").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("home-page").await;
    journey.demo.tells("julie", "NewDevice");
    journey.has_devices(1).await;
    assert_eq!(
        journey.browser.count("[data-testid='this-device']").await,
        0
    );
    journey.log_out().await;

    // With a tick it is remembered too, and asked no more whether it should be; the code still is.
    journey.log_in("julie").await;
    journey.browser.click("remember").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("home-page").await;
    journey.has_devices(2).await;
    journey.browser.picture("deux").await;
    let here = "li:has([data-testid='this-device'])";
    let here = journey.browser.select(here).await.text().await.unwrap();
    assert!(here.contains("Réseau 24.48.1.x, Canada"), "{here}");
    journey.log_out().await;
    journey.log_in("julie").await;
    // What stands below the box is there, so the box would be.
    journey.browser.find("lost").await;
    assert!(!journey.browser.has("remember").await);
    journey.browser.picture("code-appareil-retenu").await;

    // On the laptop she forgets the telephone: a log-in that was begun on it ends there.
    journey.turn_to(&mut telephone);
    journey.has_devices(2).await;
    let forget = "li:not(:has([data-testid='this-device'])) [data-testid='forget']";
    journey.browser.select(forget).await.click().await.unwrap();
    journey.browser.find("done").await;
    journey.browser.picture("oublie").await;
    journey.has_devices(1).await;
    journey.browser.find("this-device").await;
    journey.turn_to(&mut telephone);
    journey.give(&phone.wrong(), "connect").await;
    journey.browser.says("Votre connexion a pris fin").await;
    journey.browser.picture("connexion-terminee").await;

    // And all of them: every session ends, this one too, and the cookie is worth nothing.
    journey.turn_to(&mut telephone);
    journey.browser.click("forget-all").await;
    journey.browser.find("log-in-page").await;
    journey.browser.picture("tout-oublie").await;
    journey.demo.tells("julie", "DevicesForgotten");
    journey.log_in("julie").await;
    journey.browser.find("code-page").await;
    journey.browser.find("remember").await;

    journey.browser.close().await;
    telephone.close().await;
}
