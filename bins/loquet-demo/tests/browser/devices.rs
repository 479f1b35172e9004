//! A parent has her laptop remembered, is told of a log-in from another device, and forgets devices: one, and all.

use crate::browser::{Browser, Scripts};
use crate::journey::Journey;
use crate::phone::Phone;

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

    /// Julie, on her laptop at the daycare. Nothing is kept before she asks for it.
    async fn a_laptop_is_remembered(&mut self) -> Phone {
        self.go_to(LAVAL).await;
        self.log_in("julie").await;
        self.browser.find("home-page").await;
        self.open("/mfa/account").await;
        self.browser.click("switch").await;
        let mut phone = self.enroll().await;
        self.browser.find("bound").await;
        self.has_devices(0).await;
        self.browser.says("Aucun appareil n’est retenu.").await;
        self.browser.picture("aucun").await;
        self.log_out().await;
        self.log_in("julie").await;
        self.browser.find("code-page").await;
        self.browser.picture("code-et-case").await;
        self.browser.click("remember").await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.demo.tells("julie", "DeviceRemembered");
        phone
    }

    /// On her telephone at home, without a tick: she is told of it.
    async fn another_device_is_told_of(&mut self, phone: &mut Phone) {
        self.go_to(QUEBEC).await;
        self.log_in("julie").await;
        self.browser.find("code-page").await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.demo.tells("julie", "NewDevice");
        self.has_devices(1).await;
        assert_eq!(self.browser.count("[data-testid='this-device']").await, 0);
        self.log_out().await;

        // With a tick it is remembered too, and asked no more whether it should be; the code still is.
        self.log_in("julie").await;
        self.browser.click("remember").await;
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
        self.has_devices(2).await;
        self.browser.picture("deux").await;
        let here = "li:has([data-testid='this-device'])";
        let here = self.browser.select(here).await.text().await.unwrap();
        assert!(here.contains("Réseau 24.48.1.x, Canada"), "{here}");
        self.log_out().await;
        self.log_in("julie").await;
        // What stands below the box is there, so the box would be.
        self.browser.find("lost").await;
        assert!(!self.browser.has("remember").await);
        self.browser.picture("code-appareil-retenu").await;
    }

    async fn devices_are_forgotten(&mut self, telephone: &mut Browser, phone: &Phone) {
        // On the laptop she forgets the telephone: a log-in that was begun on it ends there.
        self.turn_to(telephone);
        self.has_devices(2).await;
        let forget = "li:not(:has([data-testid='this-device'])) [data-testid='forget']";
        self.browser.select(forget).await.click().await.unwrap();
        self.browser.find("done").await;
        self.browser.picture("oublie").await;
        self.has_devices(1).await;
        self.browser.find("this-device").await;
        self.turn_to(telephone);
        self.give(&phone.wrong(), "connect").await;
        self.browser.says("Votre connexion a pris fin").await;
        self.browser.picture("connexion-terminee").await;

        // And all of them: every session ends, this one too, and the cookie is worth nothing.
        self.turn_to(telephone);
        self.browser.click("forget-all").await;
        self.browser.find("log-in-page").await;
        self.browser.picture("tout-oublie").await;
        self.demo.tells("julie", "DevicesForgotten");
        self.log_in("julie").await;
        self.browser.find("code-page").await;
        self.browser.find("remember").await;
    }
}

#[tokio::test]
async fn devices_are_remembered_listed_told_of_and_forgotten() {
    let mut journey = Journey::start("appareils", Scripts::Blocked).await;
    journey.helene_lets_people_have_devices_remembered().await;
    let mut phone = journey.a_laptop_is_remembered().await;
    let mut telephone = Browser::start("appareils-telephone", Scripts::Blocked).await;
    journey.turn_to(&mut telephone);
    journey.another_device_is_told_of(&mut phone).await;
    journey.devices_are_forgotten(&mut telephone, &phone).await;
    journey.browser.close().await;
    telephone.close().await;
}
