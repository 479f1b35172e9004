//! Devices that their owners had remembered, as browsers see them; places, as somebody plans them who knows no CIDR.

use crate::site::{Browser, HELENE, JULIE, Site, between};
use axum::http::{StatusCode, header};

/// Hélène enables and lets people have devices remembered; Julie enrolls and logs out.
async fn ready<'s>(site: &'s Site, helene: &mut Browser<'s>) -> String {
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/devices").await;
    let answer = helene.submit("/mfa/admin/devices", &[("on", "yes")]).await;
    assert_eq!(answer.to(), "/mfa/admin/devices");
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enrol").await;
    julie.submit("/mfa/enrol", &[]).await;
    julie.open("/mfa/enrol").await;
    julie.enrol().await
}

/// The pass phrase again, in a browser that forgets its session and keeps its device's cookie.
async fn again(julie: &mut Browser<'_>) {
    julie.cookies.retain(|name, _| name.contains("device"));
    julie.log_in(JULIE).await;
}

async fn code(site: &Site, julie: &mut Browser<'_>, key: &str, ticked: bool) -> Option<String> {
    again(julie).await;
    let code = site.code(key);
    let mut fields = vec![("code", code.as_str())];
    if ticked {
        fields.push(("remember", "yes"));
    }
    let answer = julie.submit("/mfa/code", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookies = answer.headers.get_all(header::SET_COOKIE);
    let mut lines = cookies.iter().map(|line| line.to_str().unwrap());
    lines
        .find(|line| line.contains("loquet-device-"))
        .map(str::to_owned)
}

#[tokio::test]
async fn a_device_is_remembered_when_ticked_and_forgotten_when_asked() {
    let site = Site::with(true).await;
    let mut helene = site.browser();
    let key = ready(&site, &mut helene).await;
    let mut julie = site.browser();
    assert_eq!(
        code(&site, &mut julie, &key, false).await,
        None,
        "off until ticked"
    );
    julie.open("/mfa/account").await;
    assert!(
        julie.page.contains("Aucun appareil n'est retenu")
            || julie.page.contains("Aucun appareil n&#39;est retenu"),
        "{}",
        julie.page
    );

    let line = code(&site, &mut julie, &key, true).await.unwrap();
    assert!(line.starts_with("__Host-loquet-device-"), "{line}");
    for mark in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(mark), "{line}");
    }
    julie.open("/mfa/account").await;
    assert!(
        julie.page.contains("data-testid=\"this-device\"")
            && julie.page.contains("Réseau 203.0.113.x")
    );

    // Known now: not asked again, and its cookie changes.
    again(&mut julie).await;
    assert!(
        julie.page.contains("data-testid=\"code-page\"")
            && !julie.page.contains("data-testid=\"remember\"")
    );
    let next = code(&site, &mut julie, &key, false).await.unwrap();
    assert_ne!(next, line);

    // Forgotten from another browser: this one is logged out.
    let mut other = site.browser();
    code(&site, &mut other, &key, false).await;
    other.open("/mfa/account").await;
    let number = between(&other.page, "name=\"number\" value=\"", "\"").to_owned();
    let answer = other
        .submit("/mfa/account/devices/forget", &[("number", &number)])
        .await;
    assert_eq!(answer.to(), "/mfa/account?done=forgotten");
    assert_eq!(
        julie.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );

    // All of them: every session is over, the cookie of this browser gone.
    code(&site, &mut other, &key, true).await.unwrap();
    other.open("/mfa/account").await;
    let answer = other.submit("/mfa/account/devices/forget-all", &[]).await;
    assert_eq!(answer.to(), "/log-in");
    assert!(!other.cookies.keys().any(|name| name.contains("device")));
}

#[tokio::test]
async fn nobody_is_offered_what_the_organisation_does_not_offer() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = ready(&site, &mut helene).await;
    helene.open("/mfa/admin/devices").await;
    helene.submit("/mfa/admin/devices", &[("on", "no")]).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    assert!(!julie.page.contains("data-testid=\"remember\""));
    assert_eq!(
        code(&site, &mut julie, &key, true).await,
        None,
        "a form by hand changes nothing"
    );
    julie.open("/mfa/account").await;
    assert!(!julie.page.contains("data-testid=\"devices\""));
    let refused = julie.open("/mfa/admin/devices").await;
    assert_ne!(refused.status, StatusCode::OK);
}

#[tokio::test]
async fn places_are_planned_step_by_step_and_nothing_holds_before_it_is_put_in_force() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    let draft = |page: &str| between(page, "name=\"draft\" value=\"", "\"").replace("&quot;", "\"");
    let plan = "/mfa/admin/access/plan";
    let before = draft(&helene.page);
    let here = [
        ("draft", before.as_str()),
        ("do", "here"),
        ("name", "Garderie Laval"),
        ("answer", "allow"),
    ];
    let answer = helene.submit(plan, &here).await;
    assert_eq!(answer.status, StatusCode::OK);
    let planned = draft(&helene.page);
    assert!(
        planned.contains("place \"Garderie Laval\" = 203.0.113.7/32"),
        "{planned}"
    );
    assert!(
        helene.page.contains("Personne ne perdrait"),
        "{}",
        helene.page
    );
    // Nothing holds yet; and a plan that somebody made up is read like any other.
    let mut elsewhere = site.browser();
    elsewhere.address = "198.51.100.1".parse().ok();
    elsewhere.log_in(JULIE).await;
    let made_up = [("draft", "allow 0.0.0.0/0"), ("do", "apply")];
    assert_eq!(
        helene.submit(plan, &made_up).await.to(),
        "/mfa/admin/access"
    );
    let bad = [
        ("draft", planned.as_str()),
        ("do", "typed"),
        ("name", "x"),
        ("network", "203.0.113"),
    ];
    assert_eq!(
        helene.submit(plan, &bad).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(draft(&helene.page), planned, "what was planned is kept");
    for typed in ["value=\"x\"", "value=\"203.0.113\""] {
        assert!(helene.page.contains(typed), "what was typed is kept");
    }
    let long = "é".repeat(65);
    let bad = [
        ("draft", planned.as_str()),
        ("do", "here"),
        ("name", long.as_str()),
    ];
    helene.submit(plan, &bad).await;
    assert!(helene.error().contains("trop long"), "{}", helene.error());
    assert!(helene.page.contains(&long), "what was typed is kept");
    let locks_out = planned.replace("203.0.113.7", "198.51.100.9");
    let bad = [
        ("draft", locks_out.as_str()),
        ("do", "apply"),
        ("name", "Le parc"),
    ];
    helene.submit(plan, &bad).await;
    assert!(
        helene.error().contains("enfermeraient dehors"),
        "{}",
        helene.error()
    );
    assert!(
        helene.page.contains("value=\"Le parc\""),
        "what was typed is kept"
    );
    let removed = [("draft", planned.as_str()), ("do", "remove 0")];
    helene.submit(plan, &removed).await;
    assert!(draft(&helene.page).contains("default allow"));

    let apply = [("draft", planned.as_str()), ("do", "apply")];
    assert_eq!(
        helene.submit(plan, &apply).await.to(),
        "/mfa/admin/access?done=saved"
    );
    elsewhere.page = elsewhere.open("/log-in").await.body;
    assert_eq!(
        elsewhere.submit("/log-in", &[("login", "5")]).await.status,
        StatusCode::FORBIDDEN
    );
    helene.open("/mfa/admin/access").await;
    assert_eq!(
        helene.submit("/mfa/admin/access/undo", &[]).await.to(),
        "/mfa/admin/access?done=undone"
    );
    elsewhere.page = elsewhere.open("/log-in").await.body;
    assert_eq!(
        elsewhere.submit("/log-in", &[("login", "5")]).await.status,
        StatusCode::SEE_OTHER
    );
    // Rules of another shape stay as they were written.
    helene.open("/mfa/admin/access").await;
    helene
        .submit(
            "/mfa/admin/access",
            &[("rules", "allow 203.0.113.0/24"), ("code", "")],
        )
        .await;
    helene.open("/mfa/admin/access").await;
    assert!(
        helene.page.contains("data-testid=\"by-hand\"") && !helene.page.contains("name=\"draft\"")
    );
}
