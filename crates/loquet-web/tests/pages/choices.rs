//! Recovery codes, the organisation's choices, the break-glass code, the address of notices.

use axum::http::StatusCode;
use loquet::Request;
use loquet::flow::{CollectTicket, OpenBreakGlass, ReportLost};
use loquet_policy::limits;

use crate::site::{Browser, HELENE, JULIE, MARC, Site, between, code_at};

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
async fn offering(site: &Site, helene: &mut Browser<'_>) -> String {
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/options").await;
    let chosen = [("kind", "recovery-codes"), ("value", "on")];
    let asked = helene.submit("/mfa/admin/options", &chosen).await;
    assert!(asked.body.contains("weaken-page"), "{}", asked.body);
    let code = site.code(&key);
    let with_code = [chosen[0], chosen[1], ("code", &code)];
    let taken = helene.submit("/mfa/admin/options", &with_code).await;
    assert_eq!(taken.to(), "/mfa/admin/options?done=set", "{}", taken.body);
    key
}

#[tokio::test]
async fn a_weaker_choice_waits_in_sight_and_is_stopped_by_the_other_administrator() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = offering(&site, &mut helene).await;
    let mut marc = site.browser();
    marc.log_in(MARC).await;
    marc.open("/mfa/enrol").await;
    marc.submit("/mfa/enrol", &[]).await;
    marc.open("/mfa/enrol").await;
    marc.enrol().await;
    marc.open("/mfa/admin").await;
    assert!(marc.page.contains("est en attente"), "{}", marc.page);
    marc.open("/mfa/admin/options").await;
    assert!(
        marc.page
            .contains("Des codes de récupération seront proposés")
    );
    let stopped = marc
        .submit("/mfa/admin/options/stop", &[("kind", "recovery-codes")])
        .await;
    assert_eq!(
        stopped.to(),
        "/mfa/admin/options?done=stopped",
        "{}",
        stopped.body
    );
    marc.open("/mfa/admin/options").await;
    assert!(!marc.page.contains("data-testid=\"waiting\""));

    // What does not weaken holds at once; a value beyond the limits is said beside its field.
    step_up(&mut helene, &key).await;
    helene.open("/mfa/admin/options").await;
    let shorter = [("kind", "ticket-life"), ("value", "2")];
    let taken = helene.submit("/mfa/admin/options", &shorter).await;
    assert_eq!(taken.to(), "/mfa/admin/options?done=set", "{}", taken.body);
    helene.open("/mfa/admin/options").await;
    assert!(helene.page.contains("value=\"2\""), "{}", helene.page);
    for (kind, value, field) in [
        ("ticket-life", "73", "ticket-life-error"),
        ("enrollment-window", "0", "enrollment-window-error"),
        ("ticket-life", "soon", "ticket-life-error"),
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
async fn the_strict_latch_is_closed_once_and_parents_cannot_switch_off() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enrol").await;
    julie.submit("/mfa/enrol", &[]).await;
    julie.open("/mfa/enrol").await;
    let key = julie.enrol().await;

    helene.open("/mfa/admin/options/latch").await;
    assert!(helene.page.contains("Fermer pour toujours"));
    let closed = helene.submit("/mfa/admin/options/latch", &[]).await;
    assert_eq!(
        closed.to(),
        "/mfa/admin/options?done=set",
        "{}",
        closed.body
    );
    helene.open("/mfa/admin/options").await;
    assert!(helene.page.contains("data-testid=\"strict\""));
    let decided = "cela a été décidé par Hélène Tremblay le 15\u{a0}janvier\u{a0}2027.";
    assert!(helene.page.contains(decided), "{}", helene.page);
    assert!(!helene.page.contains("data-testid=\"latch\""));
    julie.open("/mfa/account").await;
    assert!(
        julie
            .page
            .contains("Il n'est plus possible de revenir en arrière"),
        "{}",
        julie.page
    );
    julie.open("/mfa/account/off").await;
    let code = site.code(&key);
    let refused = julie.submit("/mfa/account/off", &[("code", &code)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn recovery_codes_are_shown_beside_the_qr_code_and_one_brings_a_person_back() {
    let site = Site::open().await;
    let mut helene = site.browser();
    offering(&site, &mut helene).await;
    site.clock.advance(limits::WEAKENING);
    assert_eq!(site.service.tick().await.unwrap(), 1);

    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enrol").await;
    julie.submit("/mfa/enrol", &[]).await;
    julie.open("/mfa/enrol").await;
    let shown = |page: &str| -> Vec<String> {
        let codes = all_between(page, "data-testid=\"recovery-code\">", "<");
        codes.into_iter().map(str::to_owned).collect()
    };
    let codes = shown(&julie.page);
    assert_eq!(codes.len(), 10, "{}", julie.page);
    assert!(julie.page.contains("data-print") && julie.page.contains("data-copy=\"codes\""));
    // What is shown only once stands above the button that leads away from it.
    let at = |what: &str| julie.page.find(what).unwrap();
    assert!(at("data-testid=\"recovery-codes\"") < at("data-testid=\"connect\""));
    julie.enrol().await;
    julie.open("/mfa/account/lost").await;
    assert!(julie.page.contains("l'un de vos codes de récupération"));
    julie.open("/mfa/account").await;
    assert!(
        julie
            .page
            .contains("Il vous reste 10\u{a0}codes de récupération"),
        "{}",
        julie.page
    );
    julie.open("/mfa/enrol").await;
    assert!(
        !codes.iter().any(|code| julie.page.contains(code.as_str())),
        "shown once"
    );

    // Without the phone, with the paper.
    let mut lost = site.browser();
    lost.log_in(JULIE).await;
    assert!(
        lost.page.contains("data-testid=\"use-recovery\""),
        "{}",
        lost.page
    );
    lost.open("/mfa/recover").await;
    lost.submit("/mfa/recover", &[("recovery", "123456")]).await;
    assert!(
        lost.error().contains("26\u{a0}lettres et chiffres"),
        "{}",
        lost.error()
    );
    let wrong = codes[0].replace(['A', 'B', 'C', 'D'], "E");
    lost.submit("/mfa/recover", &[("recovery", &wrong)]).await;
    assert!(
        lost.error()
            .contains("Ce n'est pas un code de récupération"),
        "{}",
        lost.error()
    );
    let used = lost
        .submit("/mfa/recover", &[("recovery", &codes[0].to_lowercase())])
        .await;
    assert_eq!(used.to(), "/log-in", "{}", used.body);
    lost.open("/log-in").await;
    let fresh = shown(&lost.page);
    assert!(fresh.len() == 10 && fresh != codes);
    assert!(
        lost.page.contains("Votre code de récupération est accepté")
            && !lost.page.contains("billet"),
        "{}",
        lost.page
    );
    lost.enrol().await;
    lost.open("/mfa/account").await;
    assert!(lost.page.contains("Il vous reste 10\u{a0}codes"));
    let ended = julie.open("/mfa/account").await;
    assert_eq!(
        ended.status,
        StatusCode::FORBIDDEN,
        "her other session is over"
    );
}

#[tokio::test]
async fn the_break_glass_code_is_renewed_with_its_last_group_and_a_fresh_code() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/seal").await;
    let seal = between(&helene.page, "data-text=\"", "\"").to_owned();
    let group = seal.rsplit('-').next().unwrap();
    let code = site.code(&key);
    let wrong = [("group", "WRONG"), ("code", code.as_str())];
    helene.submit("/mfa/admin/seal", &wrong).await;
    assert!(
        helene.error().contains("dernier groupe"),
        "{}",
        helene.error()
    );
    let right = [("group", group), ("code", code.as_str())];
    let renewed = helene.submit("/mfa/admin/seal", &right).await;
    assert_eq!(renewed.to(), "/mfa/admin?done=sealed", "{}", renewed.body);
    helene.open("/mfa/admin/seal").await;
    assert!(!helene.page.contains(&seal), "the next one is another");
}

#[tokio::test]
async fn whoever_comes_in_by_break_glass_writes_down_the_new_code_first() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    helene.open("/mfa/admin/enable").await;
    let seal = between(&helene.page, "data-text=\"", "\"").to_owned();
    let group = seal.rsplit('-').next().unwrap();
    helene
        .submit("/mfa/admin/enable", &[("group", group)])
        .await;
    helene.open("/mfa/enrol").await;
    helene.submit("/mfa/enrol", &[]).await;
    helene.open("/mfa/enrol").await;
    helene.enrol().await;

    let account = HELENE.into();
    let request = || Request::new(None).unwrap();
    let host = &site.service;
    let lost = ReportLost { account };
    host.run(lost, &request()).await.unwrap().granted().unwrap();
    let typed = seal.clone().into();
    let open = OpenBreakGlass { account, typed };
    host.run(open, &request()).await.unwrap().granted().unwrap();
    site.clock.advance(limits::BREAK_GLASS);
    let collect = CollectTicket {
        account,
        typed: seal.into(),
    };
    let handed = host
        .run(collect, &request())
        .await
        .unwrap()
        .granted()
        .unwrap();

    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let ticket = handed.ticket.expose();
    helene.submit("/mfa/enrol", &[("ticket", &ticket)]).await;
    helene.open("/log-in").await;
    assert!(
        helene.page.contains("data-testid=\"new-seal\""),
        "{}",
        helene.page
    );
    let new = between(&helene.page, "data-testid=\"seal\" data-text=\"", "\"").to_owned();
    helene.open("/mfa/enrol/key").await;
    let key = between(&helene.page, "data-text=\"", "\"").to_owned();
    helene.open("/mfa/enrol").await;
    let code = code_at(&key, loquet::Clock::now(&site.clock));
    helene
        .submit("/mfa/enrol/confirm", &[("code", &code)])
        .await;
    assert!(
        helene.error().contains("code de secours"),
        "{}",
        helene.error()
    );
    let group = new.rsplit('-').next().unwrap();
    let fields = [("code", code.as_str()), ("group", group)];
    let bound = helene.submit("/mfa/enrol/confirm", &fields).await;
    assert_eq!(bound.status, StatusCode::SEE_OTHER, "{}", bound.body);
}

#[tokio::test]
async fn the_address_of_notices_is_changed_with_a_code_and_the_page_says_who_is_told() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/account/address").await;
    assert!(helene.page.contains("quatorze jours"));
    for bad in ["no address", "a@b,c@d"] {
        helene
            .submit(
                "/mfa/account/address",
                &[("address", bad), ("code", "000000")],
            )
            .await;
        assert!(
            helene.error().contains("forme attendue"),
            "{}",
            helene.error()
        );
    }
    let code = site.code(&key);
    let fields = [("address", "helene@example.org"), ("code", code.as_str())];
    let changed = helene.submit("/mfa/account/address", &fields).await;
    assert_eq!(
        changed.to(),
        "/mfa/account?done=address",
        "{}",
        changed.body
    );
    helene.open("/mfa/account?done=address").await;
    assert!(helene.page.contains("helene@example.org"));
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/account/address").await;
    let changed = julie
        .submit("/mfa/account/address", &[("address", "julie@example.org")])
        .await;
    assert_eq!(
        changed.to(),
        "/mfa/account?done=address",
        "{}",
        changed.body
    );
}

#[tokio::test]
async fn a_form_sent_again_with_another_code_is_looked_at() {
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
