//! From enabling to the reset, as browsers without scripts walk it.

use crate::browser::between;
use crate::site::{HELENE, JULIE, MARC, SOFIA, Site, code_at};
use axum::http::StatusCode;
use loquet::Clock;

#[tokio::test]
async fn mandated_user_enrolls_at_log_in() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    let answer = helene
        .submit_mandate("/mfa/admin/mandate/announce", &[("start", "now")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    helene.complains("confirmer que chacun");
    helene.impose().await;

    let mut sofia = site.browser();
    sofia.log_in(SOFIA).await;
    sofia.shows("Difficulté à capturer?");
    sofia.shows("imposée par Hélène Tremblay");
    sofia.shows("data-countdown=\"600\"");
    sofia.open("/mfa/enroll/key").await;
    assert!(sofia.page.contains(">Copier<") && sofia.page.contains(">Retour<"));
    sofia.open("/mfa/enroll").await;
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
    again.complains("Ce code a déjà servi");
    again.shows("data-countdown=\"30\"");
    again.submit("/mfa/code", &[("code", "000000")]).await;
    again.complains("Ce code n’est pas le bon");
    again.submit("/mfa/code", &[("code", "12a456")]).await;
    again.complains("Ce n’est pas un code\u{a0}: saisissez les chiffres");
    let code = site.code(&key);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    again.leads("/mfa/code", &[("code", &spaced)], "/").await;

    // The mandate's reason stands beside the switch, and the rules hold what the page says.
    again.open("/mfa/account").await;
    assert!(
        between(&again.page, "data-testid=\"switch-reason\">", "<")
            .contains("le personnel par Hélène Tremblay")
    );
    // Where the form would be the same stands, and the form itself is refused.
    let told = "vous ne pouvez pas la désactiver";
    again.open("/mfa/account/off").await;
    again.shows(told);
    assert_eq!(again.attempt("/mfa/account/off"), None, "{}", again.page);
    let (attempt, code) = ("ab".repeat(16), site.code(&key));
    let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
    let refused = again.post("/mfa/account/off", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains(told), "{}", refused.body);
}

#[tokio::test]
async fn member_switches_on_and_off() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    let mut julie = site.browser();
    assert_eq!(julie.log_in(JULIE).await.to(), "/");
    julie.open("/mfa/account").await;
    julie.shows("La connexion multi-facteur est requise pour votre compte");
    julie.shows("aria-checked=\"false\"");
    julie.open("/mfa/account/on").await;
    julie.submit("/mfa/enroll", &[]).await;
    julie.open("/mfa/enroll").await;
    let key = julie.enrol().await;
    julie.open("/mfa/account").await;
    julie.shows("aria-checked=\"true\"");
    julie.open("/mfa/account/off").await;
    let code = site.code(&key);
    julie
        .leads(
            "/mfa/account/off",
            &[("code", &code)],
            "/mfa/account?done=off",
        )
        .await;
    julie.open("/mfa/account?done=off").await;
    assert!(
        julie.page.contains("aria-checked=\"false\"")
            && julie.page.contains("Votre application reste liée")
    );
    // Switched on again with the app that stayed bound.
    julie.open("/mfa/account/on").await;
    let code = site.code(&key);
    julie
        .leads(
            "/mfa/account/on",
            &[("code", &code)],
            "/mfa/account?done=on",
        )
        .await;
}

#[tokio::test]
async fn next_enrollment_asks_for_the_reset_code() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    let mut marc = site.browser();
    marc.log_in_and_enroll(MARC).await;

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
    helene.complains("Personne ne réinitialise son propre compte");
    let path = format!("/mfa/admin/people/{other}/reset");
    helene.open(&path).await;
    let code = site.code(&key);
    let attempt = helene.attempt(&path).unwrap();
    let answer = helene.submit(&path, &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let reset_code = between(&helene.page, "data-text=\"", "\"").to_owned();
    assert_eq!(reset_code.len(), 30, "{reset_code}");
    // Sending the form again shows no reset code.
    let again = helene
        .post(&path, &[("attempt", &attempt), ("code", &code)])
        .await;
    assert!(!again.body.contains(&reset_code));

    // Marc's session is over, and his next log-in asks for the reset code.
    assert_eq!(
        marc.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    marc.log_in(MARC).await;
    marc.shows("name=\"reset_code\"");
    marc.submit("/mfa/enroll", &[("reset_code", "AAAAA-BBBBB")])
        .await;
    marc.complains("Ce code de réinitialisation n’est pas valable");
    // A wrong one costs a wait of a second.
    site.clock.advance(1);
    let fields = [("reset_code", &*reset_code.to_lowercase())];
    marc.leads("/mfa/enroll", &fields, "/log-in").await;
    marc.open("/log-in").await;
    marc.enrol().await;
}

#[tokio::test]
async fn replaced_app_stays_valid_until_confirmation() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let old = helene.enable(HELENE).await;
    helene.open("/mfa/account/replace").await;
    let code = site.code(&old);
    helene
        .leads("/mfa/account/replace", &[("code", &code)], "/mfa/enroll")
        .await;
    helene.open("/mfa/enroll").await;
    let new = helene.enrol().await;
    assert_ne!(old, new);
    let mut again = site.browser();
    again.log_in(HELENE).await;
    let code = site.code(&old);
    again.submit("/mfa/code", &[("code", &code)]).await;
    again.complains("Ce code n’est pas le bon");
    let code = site.code(&new);
    again.leads("/mfa/code", &[("code", &code)], "/").await;

    again.open("/mfa/account/lost").await;
    let answer = again.submit("/mfa/account/lost", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(again.cookies.is_empty());
    assert_eq!(
        helene.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    again.log_in(HELENE).await;
    again.shows("data-testid=\"recovery-page\"");
}

#[tokio::test]
async fn access_rules_never_lock_out_their_author() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    helene.shows("203.0.113.7");
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
        helene.complains(expected);
        assert!(
            helene.page.contains(rules.lines().last().unwrap()),
            "what was typed is kept"
        );
    }
    helene.complains("line 2");
    let code = site.code(&key);
    // 16 KiB are not more for a browser's way of ending lines.
    let rules = format!(
        "allow 203.0.113.0/24{}\r\ndefault deny",
        "\r\n#abc".repeat(3_000)
    );
    helene
        .leads(
            "/mfa/admin/access",
            &[("rules", &rules), ("code", &code)],
            "/mfa/admin/access?done=saved",
        )
        .await;

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
}

#[tokio::test]
async fn removed_rules_wait_and_can_be_stopped() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    let code = site.code(&key);
    let rules = [("rules", "allow 203.0.113.0/24"), ("code", code.as_str())];
    let saved = "/mfa/admin/access?done=saved";
    helene.leads("/mfa/admin/access", &rules, saved).await;
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
    helene.shows("data-testid=\"waiting\"");
    helene
        .leads("/mfa/admin/access/cancel", &[], "/mfa/admin/access")
        .await;
    helene.open("/mfa/admin/access").await;
    assert!(!helene.page.contains("data-testid=\"waiting\""));
}

#[tokio::test]
async fn announced_date_moves_twice() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    let early = [("start", "date"), ("date", "2027-01-16")];
    helene
        .submit_mandate("/mfa/admin/mandate/announce", &early)
        .await;
    helene.complains("sept jours de préavis");
    let later = [("start", "date"), ("date", "2027-02-01")];
    helene
        .changes_mandate("/mfa/admin/mandate/announce", &later)
        .await;
    let mut sofia = site.browser();
    sofia.log_in(SOFIA).await;
    sofia.open("/mfa/account").await;
    sofia.shows("À compter du 1er\u{a0}février\u{a0}2027");
    for date in ["2027-02-10", "2027-02-20"] {
        helene
            .changes_mandate("/mfa/admin/mandate/move", &[("date", date)])
            .await;
    }
    helene.open("/mfa/admin/people").await;
    let why =
        "annoncée par Hélène Tremblay pour le personnel à compter du 20\u{a0}février\u{a0}2027";
    helene.shows(why);
    helene.open("/mfa/admin/mandate").await;
    assert!(helene.attempt("/mfa/admin/mandate/move").is_none());
    helene
        .changes_mandate("/mfa/admin/mandate/cancel", &[])
        .await;
    helene.open("/mfa/admin").await;
    helene.shows("Pas imposée");
}

#[tokio::test]
async fn fresh_code_is_asked_after_five_minutes() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/options/latch").await;
    site.clock.advance(301);
    let step_up = "/mfa/step-up?next=%2Fmfa%2Fadmin%2Foptions%2Flatch";
    helene.leads("/mfa/admin/options/latch", &[], step_up).await;
    helene.open(step_up).await;
    let next = "/mfa/admin/options/latch";
    let code = site.code(&key);
    let fields = [("code", code.as_str()), ("next", next)];
    helene.leads("/mfa/step-up", &fields, next).await;
    helene.open(next).await;
    let set = "/mfa/admin/options?done=set";
    helene.leads(next, &[], set).await;
}

#[tokio::test]
async fn pages_call_roles_as_the_host_does() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.impose().await;
    for (language, name) in [("en", "educators"), ("fr", "le personnel")] {
        let mut sofia = site.browser();
        let cookie = ("loquet-language".to_owned(), language.to_owned());
        sofia.cookies.extend([cookie]);
        sofia.log_in(SOFIA).await;
        sofia.shows(name);
    }
}

#[tokio::test]
async fn language_is_french_unless_english_is_chosen() {
    let site = Site::open().await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/account").await;
    julie.shows("<html lang=\"fr\">");
    let answer = julie
        .post(
            "/mfa/language",
            &[("language", "en"), ("back", "/mfa/account")],
        )
        .await;
    assert_eq!(answer.to(), "/mfa/account");
    julie.open("/mfa/account").await;
    julie.shows("<html lang=\"en\">");
    julie.shows("Multi-factor log-in is required for your account");
    // Nowhere else than to this site.
    let answer = julie
        .post(
            "/mfa/language",
            &[("language", "fr"), ("back", "//evil.example/")],
        )
        .await;
    assert_eq!(answer.to(), "/");
}
