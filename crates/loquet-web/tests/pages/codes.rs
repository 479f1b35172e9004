//! Codes as people paste them, and what is said of wrong ones.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use loquet::Clock;

use crate::browser::{Browser, between};
use crate::site::{HELENE, JULIE, MARC, SOFIA, Site, code_at};

/// The opening tags of a page's fields of this name.
fn fields<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let name = format!(" name=\"{name}\"");
    let tags = page.split("<input").skip(1);
    let tags = tags.filter_map(|rest| rest.split_once('>'));
    tags.map(|(tag, _)| tag)
        .filter(|tag| tag.contains(&name))
        .collect()
}

/// No field for a code keeps a browser from sending what was pasted into it.
fn sends_all(browser: &Browser<'_>, name: &str) {
    let found = fields(&browser.page, name);
    assert!(!found.is_empty(), "no {name} in {}", browser.page);
    for tag in found {
        assert!(!tag.contains(" pattern="), "{tag}");
        assert!(!tag.contains("type=\"number\""), "{tag}");
        if name == "code" {
            assert!(tag.contains("inputmode=\"numeric\""), "{tag}");
            assert!(tag.contains("autocomplete=\"one-time-code\""), "{tag}");
        }
    }
}

#[tokio::test]
async fn t47_code_field_sends_every_spelling() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    for page in [
        "/mfa/step-up",
        "/mfa/account/off",
        "/mfa/account/replace",
        "/mfa/account/address",
        "/mfa/admin/access",
        "/mfa/admin/break-glass",
        &format!("/mfa/admin/people/{SOFIA:032x}/reset"),
    ] {
        helene.open(page).await;
        sends_all(&helene, "code");
    }
    for between in [
        " ", "\u{a0}", "\u{2009}", "\u{202f}", "\u{2013}", "-", "\t", "\u{200e}", "\u{202c}",
        "\u{feff}", "\r\n",
    ] {
        for at in [0, 3, 6] {
            let code = site.code(&key);
            let (first, last) = code.split_at(at);
            let typed = format!("{first}{between}{last}");
            helene.open("/mfa/step-up").await;
            let fields = [("code", typed.as_str()), ("next", "/mfa/account")];
            helene.leads("/mfa/step-up", &fields, "/mfa/account").await;
        }
    }
    let commits = site.commits();
    helene.open("/mfa/step-up").await;
    for digits in ["１２３４５６", "١٢٣٤٥٦", "12345²"] {
        helene.submit("/mfa/step-up", &[("code", digits)]).await;
        helene.complains("chiffres d’une autre écriture");
    }
    assert_eq!(site.commits(), commits);
}

#[tokio::test]
async fn t47_printed_codes_are_taken_in_every_spelling() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    site.browser().log_in_and_enroll(MARC).await;
    let reset_code = helene.reset(MARC, &key).await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    sends_all(&marc, "reset_code");
    let pasted = format!(
        "\t{}\u{200b}\r\n",
        reset_code.replace('-', "\t").to_lowercase()
    );
    marc.leads("/mfa/enroll", &[("reset_code", &pasted)], "/log-in")
        .await;
}

#[tokio::test]
async fn t49_tenth_wrong_code_tells_enrollment_ended() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    for (language, told) in [
        (
            "fr",
            "cette activation a pris fin. L’entrée que votre application a enregistrée ne vaut plus rien",
        ),
        (
            "en",
            "this enrollment has ended. The entry that your app stored is void: delete it",
        ),
    ] {
        julie
            .cookies
            .insert("loquet-language".to_owned(), language.to_owned());
        julie.open("/mfa/enroll").await;
        julie.submit("/mfa/enroll", &[]).await;
        julie.open("/mfa/enroll/key").await;
        let key = between(&julie.page, "data-text=\"", "\"").to_owned();
        julie.open("/mfa/enroll").await;
        for _ in 0..10 {
            julie.shows("data-testid=\"qr\"");
            let wrong = wrong(&site, &key);
            let answer = julie
                .submit("/mfa/enroll/confirm", &[("code", &wrong)])
                .await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        julie.complains(told);
        assert!(!julie.page.contains("data-testid=\"qr\""), "{}", julie.page);
        // The way on is on the same page.
        julie.shows("data-testid=\"begin\"");
    }
    julie.submit("/mfa/enroll", &[]).await;
    julie.open("/mfa/enroll").await;
    julie.enrol().await;
}

#[tokio::test]
async fn ended_replacement_leaves_the_old_app() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    let old = julie.log_in_and_enroll(JULIE).await;
    julie.open("/mfa/account/replace").await;
    let code = site.code(&old);
    let fields = [("code", code.as_str())];
    julie
        .leads("/mfa/account/replace", &fields, "/mfa/enroll")
        .await;
    julie.open("/mfa/enroll").await;
    for _ in 0..10 {
        let wrong = wrong(&site, &old);
        julie
            .submit("/mfa/enroll/confirm", &[("code", &wrong)])
            .await;
    }
    julie.complains("cette activation a pris fin");
    julie.shows("data-testid=\"replace\"");
    julie.open("/mfa/account/replace").await;
    let code = site.code(&old);
    let fields = [("code", code.as_str())];
    julie
        .leads("/mfa/account/replace", &fields, "/mfa/enroll")
        .await;
}

/// Six digits that are not right.
fn wrong(site: &Site, key: &str) -> String {
    let now = site.clock.now();
    let near: Vec<String> = (0..100)
        .map(|step| code_at(key, loquet::UnixTime(now.0 - 1500 + 30 * step)))
        .collect();
    let mut numbers = (0..1_000_000).map(|number| format!("{number:06}"));
    numbers.find(|code| !near.contains(code)).unwrap()
}

#[tokio::test]
async fn second_wrong_code_hints_at_the_clock() {
    let site = Site::open().await;
    let key = site.browser().enable(HELENE).await;
    let hint = "data-testid=\"check-clock\"";
    let now = site.clock.now();
    // Of two steps ahead, and of no step: told alike.
    for typed in [
        code_at(&key, loquet::UnixTime(now.0 + 90)),
        wrong(&site, &key),
    ] {
        let mut helene = site.browser();
        helene.log_in(HELENE).await;
        helene.submit("/mfa/code", &[("code", &typed)]).await;
        helene.complains("Ce code n’est pas le bon");
        assert!(!helene.page.contains(hint), "{}", helene.page);
        // What is no code is not counted, and forgets nothing.
        helene.submit("/mfa/code", &[("code", "12")]).await;
        assert!(!helene.page.contains(hint), "{}", helene.page);
        helene.submit("/mfa/code", &[("code", &typed)]).await;
        helene.complains("Ce code n’est pas le bon");
        helene.shows("Vérifiez aussi que votre téléphone règle l’heure automatiquement.");
        helene.shows(hint);
    }
}

#[tokio::test]
async fn browser_language_is_the_pages_language() {
    let site = Site::open().await;
    for (accepted, language) in [
        ("en", "en"),
        ("en-US,en;q=0.9,fr;q=0.8", "en"),
        ("fr-CA,fr;q=0.9", "fr"),
        ("de", "fr"),
    ] {
        let path = format!("/mfa/not-me/{JULIE:032x}-{}", "A".repeat(26));
        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, accepted);
        let answer = site
            .browser()
            .send(request.body(Body::empty()).unwrap())
            .await;
        let lang = format!("<html lang=\"{language}\">");
        assert!(answer.body.contains(&lang), "{accepted}: {}", answer.body);
    }
}
