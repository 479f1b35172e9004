//! Shorter ways through: in English and in the dark, and without a script.

use crate::browser::Scripts;
use crate::journey::Journey;

#[tokio::test]
async fn path_in_english_in_the_dark() {
    let mut journey = Journey::start("en", Scripts::Run).await;
    journey.browser.darken().await;
    journey.browser.click("language").await;
    journey.browser.find("log-in-page").await;
    journey.browser.says("Password").await;
    journey.browser.picture("log-in").await;

    journey.log_in("helene").await;
    journey.browser.find("home-page").await;
    journey.browser.says("Hello Hélène").await;
    journey.enable().await;
    journey.browser.says("Secure your account").await;
    journey.browser.click("begin").await;
    journey.browser.says("Scan this QR code").await;
    journey.browser.says("Trouble scanning?").await;
    journey.browser.picture("qr-code").await;
    let mut phone = journey.scan().await;
    journey.browser.click("cannot-scan").await;
    journey.browser.says("Don’t worry!").await;
    journey.browser.picture("manual-key").await;
    journey.browser.click("back").await;
    journey.give(&phone.wrong(), "connect").await;
    journey.browser.find("error").await;
    journey.browser.says("This code is not right.").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("bound").await;
    journey
        .browser
        .says("Multi-factor log-in is required for your account")
        .await;
    journey.browser.picture("my-account").await;

    journey.log_out().await;
    journey.log_in("helene").await;
    journey.browser.find("code-page").await;
    journey.give(&phone.used(), "connect").await;
    journey.browser.find("error").await;
    journey
        .browser
        .says("This code has been used; each works only once.")
        .await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("home-page").await;

    journey.open("/mfa/admin/people").await;
    journey.browser.find("people-page").await;
    journey.browser.says("One of 6 people is enrolled.").await;
    journey.browser.picture("people").await;
    journey.browser.close().await;
}

#[tokio::test]
async fn path_without_javascript() {
    let mut journey = Journey::start("noscript", Scripts::Blocked).await;
    journey.log_in("helene").await;
    journey.browser.find("home-page").await;
    journey.enable().await;
    journey.browser.find("enrol-start-page").await;
    journey.browser.click("begin").await;
    let mut phone = journey.scan().await;
    journey.browser.click("cannot-scan").await;
    journey.browser.find("key-page").await;
    let copy = journey.browser.find("copy").await;
    assert!(
        !copy.is_displayed().await.unwrap(),
        "a button that needs a script hides without one"
    );
    assert_eq!(
        journey.browser.text("key").await.replace(' ', ""),
        phone.key()
    );
    journey.browser.picture("manual-key").await;
    journey.browser.click("back").await;
    journey.give(&phone.fresh().await, "connect").await;
    journey.browser.find("bound").await;

    // The switch of "Mon compte" is a form, and so is the menu's end of it.
    journey.browser.click("switch").await;
    journey.browser.find("question-page").await;
    journey.give(&phone.fresh().await, "confirm").await;
    assert_eq!(journey.switch().await, "false");
    journey.browser.picture("account").await;
    journey.log_out().await;
    journey.log_in("helene").await;
    journey.browser.find("home-page").await;

    // The language too.
    journey.browser.click("language").await;
    journey.browser.says("Hello Hélène").await;
    journey.browser.close().await;
}
