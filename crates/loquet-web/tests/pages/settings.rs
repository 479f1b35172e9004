//! Recovery codes, the organization's settings, the break-glass code.

use axum::http::StatusCode;
use loquet::{Client, MandateKind, Role, RoleId};
use loquet_policy::limits;

use crate::browser::{Browser, between};
use crate::site::{HELENE, JULIE, MARC, Site, code_at};

fn all_between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start)
        .skip(1)
        .map(|rest| rest.split(end).next().unwrap())
        .collect()
}

/// Gives a fresh code where a page asks for one.
async fn step_up(browser: &mut Browser<'_>, key: &str) {
    let code = browser.site.code(key);
    browser.open("/mfa/step-up").await;
    browser.submit("/mfa/step-up", &[("code", &code)]).await;
}

/// Recovery codes are offered from now on.
pub(crate) async fn offering(site: &Site, helene: &mut Browser<'_>) -> String {
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/options").await;
    let chosen = [("kind", "recovery-codes"), ("value", "on")];
    let asked = helene.submit("/mfa/admin/options", &chosen).await;
    assert!(asked.body.contains("weaken-page"), "{}", asked.body);
    let code = site.code(&key);
    let with_code = [chosen[0], chosen[1], ("code", &code)];
    helene
        .leads(
            "/mfa/admin/options",
            &with_code,
            "/mfa/admin/options?done=set",
        )
        .await;
    key
}

#[tokio::test]
async fn weaker_setting_waits_and_can_be_stopped() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = offering(&site, &mut helene).await;
    let mut marc = site.browser();
    marc.log_in_and_enroll(MARC).await;
    marc.open("/mfa/admin").await;
    marc.shows("est en attente");
    marc.open("/mfa/admin/options").await;
    marc.shows("Des codes de récupération seront proposés");
    marc.leads(
        "/mfa/admin/options/stop",
        &[("kind", "recovery-codes")],
        "/mfa/admin/options?done=stopped",
    )
    .await;
    marc.open("/mfa/admin/options").await;
    assert!(!marc.page.contains("data-testid=\"waiting\""));

    // What does not weaken holds at once; a value beyond the limits is said beside its field.
    step_up(&mut helene, &key).await;
    helene.open("/mfa/admin/options").await;
    let shorter = [("kind", "reset-code-life"), ("value", "2")];
    helene
        .leads(
            "/mfa/admin/options",
            &shorter,
            "/mfa/admin/options?done=set",
        )
        .await;
    helene.open("/mfa/admin/options").await;
    helene.shows("value=\"2\"");
    for (kind, value, field) in [
        ("reset-code-life", "73", "reset-code-life-error"),
        ("enrollment-window", "0", "enrollment-window-error"),
        ("reset-code-life", "soon", "reset-code-life-error"),
        ("nonsense", "1", "data-testid=\"options\""),
    ] {
        helene.open("/mfa/admin/options").await;
        let refused = helene
            .submit("/mfa/admin/options", &[("kind", kind), ("value", value)])
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{kind} {value}"
        );
        assert!(
            refused.body.contains(field) || kind == "nonsense",
            "{}",
            refused.body
        );
    }
}

#[tokio::test]
async fn strict_latch_keeps_members_from_switching_off() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let mut julie = site.browser();
    let key = julie.log_in_and_enroll(JULIE).await;

    helene.open("/mfa/admin/options/latch").await;
    helene.shows("Fermer pour toujours");
    helene
        .leads(
            "/mfa/admin/options/latch",
            &[],
            "/mfa/admin/options?done=set",
        )
        .await;
    helene.open("/mfa/admin/options").await;
    helene.shows("data-testid=\"strict\"");
    let decided = "cela a été décidé par Hélène Tremblay le 15\u{a0}janvier\u{a0}2027.";
    helene.shows(decided);
    assert!(!helene.page.contains("data-testid=\"latch\""));
    julie.open("/mfa/account").await;
    julie.shows("Il n’est plus possible de revenir en arrière");
    julie.open("/mfa/account/off").await;
    julie.shows(decided);
    assert_eq!(julie.attempt("/mfa/account/off"), None, "{}", julie.page);
    let (attempt, code) = ("ab".repeat(16), site.code(&key));
    let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
    let refused = julie.post("/mfa/account/off", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// The recovery codes on a page.
fn shown(page: &str) -> Vec<String> {
    let codes = all_between(page, "data-testid=\"recovery-code\">", "<");
    codes.into_iter().map(str::to_owned).collect()
}

/// Recovery codes are offered, and Julie is about to scan.
async fn about_to_scan(site: &Site) -> Browser<'_> {
    offering(site, &mut site.browser()).await;
    site.clock.advance(limits::WEAKENING);
    assert_eq!(site.operator.apply_due().await.unwrap(), 1);
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enroll").await;
    julie.submit("/mfa/enroll", &[]).await;
    julie.open("/mfa/enroll").await;
    julie
}

#[tokio::test]
async fn recovery_codes_stand_beside_the_qr_code() {
    let site = Site::open().await;
    let mut julie = about_to_scan(&site).await;
    let codes = shown(&julie.page);
    assert_eq!(codes.len(), 10, "{}", julie.page);
    julie.shows("data-print");
    julie.shows("data-copy=\"codes\"");
    // What is shown only once stands above the button that leads away from it.
    let at = |what: &str| julie.page.find(what).unwrap();
    assert!(at("data-testid=\"recovery-codes\"") < at("data-testid=\"connect\""));
    julie.enrol().await;
    julie.open("/mfa/account/lost").await;
    julie.shows("l’un de vos codes de récupération");
    julie.open("/mfa/account").await;
    julie.shows("Il vous reste 10\u{a0}codes de récupération");
    julie.open("/mfa/enroll").await;
    assert!(!codes.iter().any(|code| julie.page.contains(code.as_str())));
}

#[tokio::test]
async fn recovery_code_opens_a_new_enrollment() {
    let site = Site::open().await;
    let mut julie = about_to_scan(&site).await;
    let codes = shown(&julie.page);
    julie.enrol().await;
    let mut lost = site.browser();
    lost.log_in(JULIE).await;
    lost.shows("data-testid=\"use-recovery\"");
    lost.open("/mfa/recover").await;
    lost.submit("/mfa/recover", &[("recovery", "123456")]).await;
    lost.complains("26\u{a0}lettres et chiffres");
    let (first, rest) = codes[0].split_at(1);
    let wrong = [if first == "E" { "F" } else { "E" }, rest].concat();
    lost.submit("/mfa/recover", &[("recovery", &wrong)]).await;
    lost.complains("Ce n’est pas un code de récupération");
    // A wrong one costs a wait of a second.
    site.clock.advance(1);
    let right = codes[0].to_lowercase();
    lost.leads("/mfa/recover", &[("recovery", &right)], "/log-in")
        .await;
    lost.open("/log-in").await;
    let fresh = shown(&lost.page);
    assert!(fresh.len() == 10 && fresh != codes);
    lost.shows("Votre code de récupération est accepté");
    // It is this session that may, and no other.
    let mut other = site.browser();
    other.log_in(JULIE).await;
    other.open("/log-in").await;
    other.shows("utilisé dans une autre session");
    assert!(!other.page.contains("data-testid=\"begin\""));
    assert!(
        !lost.page.contains("code de réinitialisation"),
        "{}",
        lost.page
    );
    lost.enrol().await;
    lost.open("/mfa/account").await;
    lost.shows("Il vous reste 10\u{a0}codes");
    // Her other session is over.
    let ended = julie.open("/mfa/account").await;
    assert_eq!(ended.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn recovery_codes_are_renewed_and_kept_as_a_file() {
    let site = Site::open().await;
    let mut julie = about_to_scan(&site).await;
    let codes = shown(&julie.page);
    let key = julie.enrol().await;
    julie.open("/mfa/account").await;
    julie.shows("data-testid=\"renew-codes\"");
    let page = "/mfa/account/recovery-codes";
    julie.open(page).await;
    julie.submit(page, &[("code", "123")]).await;
    assert!(shown(&julie.page).is_empty());
    let code = site.code(&key);
    julie.submit(page, &[("code", &code)]).await;
    let new = shown(&julie.page);
    assert!(new.len() == 10 && new.iter().all(|code| !codes.contains(code)));
    julie.shows("Ils valent dès maintenant");
    let file = between(&julie.page, "href=\"data:text/plain,", "\"");
    assert_eq!(file, new.join("%0D%0A") + "%0D%0A");

    let mut lost = site.browser();
    lost.log_in(JULIE).await;
    lost.open("/mfa/recover").await;
    lost.submit("/mfa/recover", &[("recovery", &codes[1])])
        .await;
    lost.complains("Ce n’est pas un code de récupération");
    site.clock.advance(1);
    lost.leads("/mfa/recover", &[("recovery", &new[1])], "/log-in")
        .await;
}

#[tokio::test]
async fn break_glass_renewal_needs_group_and_fresh_code() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/break-glass").await;
    let code = between(&helene.page, "data-text=\"", "\"").to_owned();
    let group = code.rsplit('-').next().unwrap();
    let code = site.code(&key);
    let wrong = [("group", "WRONG"), ("code", code.as_str())];
    helene.submit("/mfa/admin/break-glass", &wrong).await;
    helene.complains("dernier groupe");
    let right = [("group", group), ("code", code.as_str())];
    helene
        .leads(
            "/mfa/admin/break-glass",
            &right,
            "/mfa/admin?done=break-glass",
        )
        .await;
    helene.open("/mfa/admin/break-glass").await;
    assert!(!helene.page.contains(&code), "the next one is another");
}

/// Hélène has lost her app, and break-glass gave her a reset code.
pub(crate) async fn reset_code_by_break_glass(site: &Site) -> String {
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    helene.open("/mfa/admin/enable").await;
    let code = between(&helene.page, "data-text=\"", "\"").to_owned();
    let group = code.rsplit('-').next().unwrap();
    helene
        .submit("/mfa/admin/enable", &[("group", group)])
        .await;
    helene.open("/mfa/enroll").await;
    helene.submit("/mfa/enroll", &[]).await;
    helene.open("/mfa/enroll").await;
    helene.enrol().await;

    let account = HELENE.into();
    let operator = &site.operator;
    let lost = operator.report_lost(account, Client::default()).await;
    lost.unwrap();
    let opened = operator.open_break_glass(account, code.as_str()).await;
    opened.unwrap();
    site.clock.advance(limits::BREAK_GLASS);
    let handed = operator.collect_reset_code(account, code).await.unwrap();
    handed.reset_code.expose().to_string()
}

#[tokio::test]
async fn break_glass_enrollment_asks_for_the_new_code() {
    let site = Site::open().await;
    let reset_code = reset_code_by_break_glass(&site).await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    helene
        .submit("/mfa/enroll", &[("reset_code", &reset_code)])
        .await;
    helene.open("/log-in").await;
    helene.shows("data-testid=\"new-break-glass\"");
    let new = between(
        &helene.page,
        "data-testid=\"break-glass\" data-text=\"",
        "\"",
    )
    .to_owned();
    helene.open("/mfa/enroll/key").await;
    let key = between(&helene.page, "data-text=\"", "\"").to_owned();
    helene.open("/mfa/enroll").await;
    let code = code_at(&key, loquet::Clock::now(&site.clock));
    helene
        .submit("/mfa/enroll/confirm", &[("code", &code)])
        .await;
    helene.complains("code de secours");
    let group = new.rsplit('-').next().unwrap();
    let fields = [("code", code.as_str()), ("group", group)];
    let bound = helene.submit("/mfa/enroll/confirm", &fields).await;
    assert_eq!(bound.status, StatusCode::SEE_OTHER, "{}", bound.body);
}

#[tokio::test]
async fn same_form_with_another_code_is_verified() {
    let site = Site::open().await;
    let key = site.browser().enable(HELENE).await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let attempt = helene.attempt("/mfa/code").unwrap();
    let wrong = [("attempt", attempt.as_str()), ("code", "000000")];
    let first = helene.post("/mfa/code", &wrong).await;
    assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The browser's "back" shows the old form, with its old attempt.
    let code = site.code(&key);
    let right = [("attempt", attempt.as_str()), ("code", code.as_str())];
    let second = helene.post("/mfa/code", &right).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.body);
}

#[tokio::test]
async fn mandate_is_for_the_hosts_own_role() {
    let clerks = Role::new(RoleId(10), "clerks").rank(1);
    let roles = vec![Role::administrator("chiefs").rank(2), clerks];
    let site = Site::of_roles(false, roles).await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/mandate").await;
    helene.shows("clerks");
    helene.impose().await;
    let all = site.operator.organizations().await.unwrap();
    assert!(
        all[0]
            .mandate(RoleId(10), MandateKind::SecondFactor)
            .is_some()
    );
}
