//! Steps that every pass takes.

use crate::browser::{Browser, Scripts};
use crate::demo::Demo;
use crate::phone::Phone;

/// A demonstration and its user.
pub(crate) struct Journey {
    pub(crate) demo: Demo,
    pub(crate) browser: Browser,
}

impl Journey {
    pub(crate) async fn start(pass: &'static str, scripts: Scripts) -> Self {
        let demo = Demo::start();
        let browser = Browser::start(pass, scripts).await;
        browser.open(&demo.address).await;
        Self { demo, browser }
    }

    pub(crate) async fn open(&self, path: &str) {
        self.browser
            .open(&format!("{}{path}", self.demo.address))
            .await;
    }

    /// The password; what follows depends on the account.
    pub(crate) async fn log_in(&self, login: &str) {
        self.browser.find("log-in-page").await;
        self.browser.fill("login", login).await;
        self.browser
            .fill("password", &self.demo.password(login))
            .await;
        self.browser.click("log-in").await;
    }

    /// Password and code.
    pub(crate) async fn log_in_with(&self, login: &str, phone: &mut Phone) {
        self.log_in(login).await;
        self.browser.find("code-page").await;
        assert_eq!(
            self.browser.qr_codes().await,
            [""; 0],
            "an enrolled user sees no QR code"
        );
        self.give(&phone.fresh().await, "connect").await;
        self.browser.find("home-page").await;
    }

    /// Through the menu of three small lines.
    pub(crate) async fn log_out(&self) {
        self.browser.click("menu").await;
        self.browser.click("log-out").await;
        self.browser.find("log-in-page").await;
    }

    /// A code, and the button that sends it.
    pub(crate) async fn give(&self, code: &str, button: &str) {
        self.browser.fill("code", code).await;
        self.browser.click(button).await;
    }

    /// From the QR code on the page to an authenticator that holds it. The page is left as it was.
    pub(crate) async fn scan(&self) -> Phone {
        self.browser.find("enrol-page").await;
        let codes = self.browser.qr_codes().await;
        let [uri] = codes.as_slice() else {
            panic!("one QR code was expected, not {}", codes.len());
        };
        let phone = Phone::scan(uri);
        // The secret is on the screen and in nothing else: at rest it is encrypted.
        assert!(!holds(&self.demo.bytes(), phone.key().as_bytes()));
        phone
    }

    /// Begins an enrollment, scans, and confirms it with a first code.
    pub(crate) async fn enroll(&self) -> Phone {
        self.browser.find("enrol-start-page").await;
        self.browser.click("begin").await;
        let mut phone = self.scan().await;
        self.give(&phone.fresh().await, "connect").await;
        phone
    }

    /// As an administrator who just logged in, for the first time in this organization: enables, with the break-glass code
    /// typed back.
    pub(crate) async fn enable(&self) {
        self.open("/mfa/admin").await;
        self.enable_here().await;
    }

    /// The same on the page of the administration.
    pub(crate) async fn enable_here(&self) {
        self.browser.click("enable").await;
        let code = self.browser.text("break-glass").await;
        let group = code.rsplit(['-', ' ']).next().unwrap().to_owned();
        self.browser.fill("group", &group).await;
        self.browser.click("confirm").await;
    }
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
