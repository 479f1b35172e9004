//! The article's path, as browsers without scripts walk it.

use crate::site::{HELENE, JULIE, MARC, SOFIA, Site, between, code_at};
use axum::http::StatusCode;
use loquet::Clock;

#[tokio::test]
async fn an_employee_is_shown_the_qr_code_at_log_in_and_then_asked_for_six_digits() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    let answer = helene
        .submit("/mfa/admin/mandate/announce", &[("start", "now")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        helene.error().contains("confirmer que chacun"),
        "{}",
        helene.error()
    );
    let answer = helene
        .submit(
            "/mfa/admin/mandate/announce",
            &[("start", "now"), ("confirmed", "yes")],
        )
        .await;
    assert_eq!(answer.to(), "/mfa/admin?done=imposed", "{}", answer.body);

    let mut sofia = site.browser();
    sofia.log_in(SOFIA).await;
    assert!(sofia.page.contains("Difficulté à capturer\u{a0}?"));
    assert!(sofia.page.contains("imposée par Hélène Tremblay"));
    assert!(sofia.page.contains("data-countdown=\"600\""));
    sofia.open("/mfa/enrol/key").await;
    assert!(sofia.page.contains(">Copier<") && sofia.page.contains(">Retour<"));
    sofia.open("/mfa/enrol").await;
    let key = sofia.enrol().await;
    assert_eq!(sofia.open("/mfa/account").await.status, StatusCode::OK);

    // The next log-in asks for the code alone, and not for one that was used.
    let mut again = site.browser();
    again.log_in(SOFIA).await;
    assert!(
        again.page.contains("data-testid=\"code-page\"")
            && !again.page.contains("data-testid=\"qr\"")
    );
    let used = code_at(&key, site.clock.now());
    let answer = again.submit("/mfa/code", &[("code", &used)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.error().starts_with("Ce code a déjà servi"),
        "{}",
        again.error()
    );
    assert!(again.page.contains("data-countdown=\"30\""));
    again.submit("/mfa/code", &[("code", "000000")]).await;
    assert!(
        again.error().starts_with("Ce code n'est pas le bon"),
        "{}",
        again.error()
    );
    again.submit("/mfa/code", &[("code", "12a456")]).await;
    assert!(
        again
            .error()
            .starts_with("Un code se compose de 6\u{a0}chiffres"),
        "{}",
        again.error()
    );
    let code = site.code(&key);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(
        again.submit("/mfa/code", &[("code", &spaced)]).await.to(),
        "/"
    );

    // The mandate's reason stands beside the switch, and the rules hold what the page says.
    again.open("/mfa/account").await;
    assert!(
        between(&again.page, "data-testid=\"switch-reason\">", "<")
            .contains("les employés par Hélène Tremblay")
    );
    again.open("/mfa/account/off").await;
    let code = site.code(&key);
    again.submit("/mfa/account/off", &[("code", &code)]).await;
    assert!(
        again.error().contains("vous ne pouvez pas la désactiver"),
        "{}",
        again.error()
    );
}

#[tokio::test]
async fn a_parent_switches_it_on_and_off_again() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    assert_eq!(julie.log_in(JULIE).await.to(), "/");
    julie.open("/mfa/account").await;
    assert!(
        julie
            .page
            .contains("La connexion multi-facteur est requise pour votre compte")
    );
    assert!(julie.page.contains("aria-checked=\"false\""));
    julie.open("/mfa/account/on").await;
    julie.submit("/mfa/enrol", &[]).await;
    julie.open("/mfa/enrol").await;
    let key = julie.enrol().await;
    julie.open("/mfa/account").await;
    assert!(julie.page.contains("aria-checked=\"true\""));
    julie.open("/mfa/account/off").await;
    let code = site.code(&key);
    assert_eq!(
        julie
            .submit("/mfa/account/off", &[("code", &code)])
            .await
            .to(),
        "/mfa/account?done=off"
    );
    julie.open("/mfa/account?done=off").await;
    assert!(
        julie.page.contains("aria-checked=\"false\"")
            && julie.page.contains("Votre application reste liée")
    );
    // Switched on again with the app that stayed bound.
    julie.open("/mfa/account/on").await;
    let code = site.code(&key);
    assert_eq!(
        julie
            .submit("/mfa/account/on", &[("code", &code)])
            .await
            .to(),
        "/mfa/account?done=on"
    );
}

#[tokio::test]
async fn a_reset_hands_over_a_ticket_that_the_next_enrollment_asks_for() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    marc.open("/mfa/enrol").await;
    marc.submit("/mfa/enrol", &[]).await;
    marc.open("/mfa/enrol").await;
    marc.enrol().await;

    let (own, other) = (format!("{HELENE:032x}"), format!("{MARC:032x}"));
    helene.open("/mfa/admin/people").await;
    assert!(
        helene.page.contains("Marc Gagnon")
            && !helene.page.contains(&format!("/people/{own}/reset"))
    );
    let path = format!("/mfa/admin/people/{own}/reset");
    helene.open(&path).await;
    let code = site.code(&key);
    helene.submit(&path, &[("code", &code)]).await;
    assert!(
        helene
            .error()
            .starts_with("Personne ne réinitialise son propre compte"),
        "{}",
        helene.error()
    );
    let path = format!("/mfa/admin/people/{other}/reset");
    helene.open(&path).await;
    let code = site.code(&key);
    let attempt = helene.attempt(&path).unwrap();
    let answer = helene.submit(&path, &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let ticket = between(&helene.page, "data-text=\"", "\"").to_owned();
    assert_eq!(ticket.len(), 30, "{ticket}");
    // Sending the form again shows no ticket.
    let again = helene
        .post(&path, &[("attempt", &attempt), ("code", &code)])
        .await;
    assert!(!again.body.contains(&ticket));

    // Marc's session is over, and his next log-in asks for the ticket.
    assert_eq!(
        marc.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    marc.log_in(MARC).await;
    assert!(marc.page.contains("name=\"ticket\""), "{}", marc.page);
    marc.submit("/mfa/enrol", &[("ticket", "AAAAA-BBBBB")])
        .await;
    assert!(
        marc.error().starts_with("Ce billet n'est pas valable"),
        "{}",
        marc.error()
    );
    let answer = marc
        .submit("/mfa/enrol", &[("ticket", &ticket.to_lowercase())])
        .await;
    assert_eq!(answer.to(), "/log-in", "{}", answer.body);
    marc.open("/log-in").await;
    marc.enrol().await;
}

#[tokio::test]
async fn replacing_keeps_the_old_app_until_the_new_one_is_confirmed_and_a_loss_ends_everything() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let old = helene.enable(HELENE).await;
    helene.open("/mfa/account/replace").await;
    let code = site.code(&old);
    assert_eq!(
        helene
            .submit("/mfa/account/replace", &[("code", &code)])
            .await
            .to(),
        "/mfa/enrol"
    );
    helene.open("/mfa/enrol").await;
    let new = helene.enrol().await;
    assert_ne!(old, new);
    let mut again = site.browser();
    again.log_in(HELENE).await;
    let code = site.code(&old);
    again.submit("/mfa/code", &[("code", &code)]).await;
    assert!(
        again.error().starts_with("Ce code n'est pas le bon"),
        "{}",
        again.error()
    );
    let code = site.code(&new);
    assert_eq!(
        again.submit("/mfa/code", &[("code", &code)]).await.to(),
        "/"
    );

    again.open("/mfa/account/lost").await;
    let answer = again.submit("/mfa/account/lost", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(again.cookies.is_empty());
    assert_eq!(
        helene.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    again.log_in(HELENE).await;
    assert!(
        again.page.contains("data-testid=\"recovery-page\""),
        "{}",
        again.page
    );
}

#[tokio::test]
async fn rules_about_addresses_refuse_to_lock_out_their_author_and_then_hold() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    assert!(helene.page.contains("203.0.113.7"));
    for (rules, expected) in [
        (
            "allow 198.51.100.0/24\ndefault deny",
            "Ces règles vous enfermeraient dehors",
        ),
        (
            "allow 203.0.113.0/24\nalow 10.0.0.0/8",
            "Ces règles ne se lisent pas",
        ),
    ] {
        let answer = helene
            .submit("/mfa/admin/access", &[("rules", rules), ("code", "")])
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(helene.error().starts_with(expected), "{}", helene.error());
        assert!(
            helene.page.contains(rules.lines().last().unwrap()),
            "what was typed is kept"
        );
    }
    assert!(helene.error().contains("line 2"), "{}", helene.error());
    let code = site.code(&key);
    // 16 KiB are not more for a browser's way of ending lines.
    let rules = format!(
        "allow 203.0.113.0/24{}\r\ndefault deny",
        "\r\n#abc".repeat(3_000)
    );
    let answer = helene
        .submit("/mfa/admin/access", &[("rules", &rules), ("code", &code)])
        .await;
    assert_eq!(
        answer.to(),
        "/mfa/admin/access?done=saved",
        "{}",
        answer.body
    );

    let mut elsewhere = site.browser();
    elsewhere.address = "198.51.100.1".parse().ok();
    elsewhere.page = elsewhere.open("/log-in").await.body;
    let answer = elsewhere.submit("/log-in", &[("login", "5")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("pas permises depuis cette adresse"),
        "{}",
        answer.body
    );
    // A session that is carried elsewhere counts for nothing there, and is not ended by it.
    let home = helene.address;
    helene.address = elsewhere.address;
    assert_eq!(
        helene.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    helene.address = home;
    assert_eq!(helene.open("/mfa/account").await.status, StatusCode::OK);

    // Taking them away opens: it needs a code and waits, and any administrator stops it.
    helene.open("/mfa/admin/access").await;
    let code = site.code(&key);
    let answer = helene
        .submit("/mfa/admin/access", &[("rules", ""), ("code", &code)])
        .await;
    assert!(
        answer.body.contains("elles prendront effet le"),
        "{}",
        answer.body
    );
    helene.open("/mfa/admin/access").await;
    assert!(helene.page.contains("data-testid=\"waiting\""));
    assert_eq!(
        helene.submit("/mfa/admin/access/cancel", &[]).await.to(),
        "/mfa/admin/access"
    );
    helene.open("/mfa/admin/access").await;
    assert!(!helene.page.contains("data-testid=\"waiting\""));
}

#[tokio::test]
async fn an_announced_date_moves_twice_and_can_be_cancelled_before_it() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    let early = [("start", "date"), ("date", "2027-01-16")];
    helene.submit("/mfa/admin/mandate/announce", &early).await;
    assert!(
        helene.error().contains("sept jours de préavis"),
        "{}",
        helene.error()
    );
    let answer = helene
        .submit(
            "/mfa/admin/mandate/announce",
            &[("start", "date"), ("date", "2027-02-01")],
        )
        .await;
    assert_eq!(answer.to(), "/mfa/admin?done=imposed", "{}", answer.body);
    let mut sofia = site.browser();
    sofia.log_in(SOFIA).await;
    sofia.open("/mfa/account").await;
    assert!(
        sofia
            .page
            .contains("À compter du 1er\u{a0}février\u{a0}2027")
    );
    for date in ["2027-02-10", "2027-02-20"] {
        helene.open("/mfa/admin/mandate").await;
        assert_eq!(
            helene
                .submit("/mfa/admin/mandate/move", &[("date", date)])
                .await
                .to(),
            "/mfa/admin?done=imposed"
        );
    }
    helene.open("/mfa/admin/people").await;
    let why =
        "annoncée par Hélène Tremblay pour les employés à compter du 20\u{a0}février\u{a0}2027";
    assert!(helene.page.contains(why), "{}", helene.page);
    helene.open("/mfa/admin/mandate").await;
    assert!(helene.attempt("/mfa/admin/mandate/move").is_none());
    // After five minutes a fresh code is asked for, and leads back.
    site.clock.advance(301);
    let answer = helene.submit("/mfa/admin/mandate/cancel", &[]).await;
    assert_eq!(
        answer.to(),
        "/mfa/step-up?next=%2Fmfa%2Fadmin%2Fmandate",
        "{}",
        answer.body
    );
    helene
        .open("/mfa/step-up?next=%2Fmfa%2Fadmin%2Fmandate")
        .await;
    let code = site.code(&key);
    let answer = helene
        .submit(
            "/mfa/step-up",
            &[("code", &code), ("next", "/mfa/admin/mandate")],
        )
        .await;
    assert_eq!(answer.to(), "/mfa/admin/mandate");
    helene.open("/mfa/admin/mandate").await;
    assert_eq!(
        helene.submit("/mfa/admin/mandate/cancel", &[]).await.to(),
        "/mfa/admin?done=imposed"
    );
    helene.open("/mfa/admin").await;
    assert!(helene.page.contains("Pas imposée"));
}

#[tokio::test]
async fn the_language_is_french_until_english_is_chosen() {
    let site = Site::open().await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/account").await;
    assert!(julie.page.contains("<html lang=\"fr\">"));
    let answer = julie
        .post(
            "/mfa/language",
            &[("language", "en"), ("back", "/mfa/account")],
        )
        .await;
    assert_eq!(answer.to(), "/mfa/account");
    julie.open("/mfa/account").await;
    assert!(julie.page.contains("<html lang=\"en\">"));
    assert!(
        julie
            .page
            .contains("Multi-factor log-in is required for your account")
    );
    // Nowhere else than to this site.
    let answer = julie
        .post(
            "/mfa/language",
            &[("language", "fr"), ("back", "//evil.example/")],
        )
        .await;
    assert_eq!(answer.to(), "/");
}
