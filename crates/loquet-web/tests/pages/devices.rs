//! Devices that their owners had remembered, as browsers see them.

use crate::browser::{Browser, between};
use crate::site::{HELENE, JULIE, Site};
use crate::tokens::{assign, shown};
use axum::http::{StatusCode, header};
use loquet::Clock as _;

/// Hélène enables and lets people have devices remembered; Julie enrolls and logs out.
async fn ready<'s>(site: &'s Site, helene: &mut Browser<'s>) -> String {
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/devices").await;
    helene
        .leads("/mfa/admin/devices", &[("on", "yes")], "/mfa/admin/devices")
        .await;
    let mut julie = site.browser();
    julie.log_in_and_enroll(JULIE).await
}

/// The password again, in a browser that forgets its session and keeps its device's cookie.
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
async fn device_is_remembered_when_ticked() {
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
        julie.page.contains("Aucun appareil n’est retenu")
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
    other
        .leads(
            "/mfa/account/devices/forget",
            &[("number", &number)],
            "/mfa/account?done=forgotten",
        )
        .await;
    assert_eq!(
        julie.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );

    // All of them: every session is over, the cookie of this browser gone.
    code(&site, &mut other, &key, true).await.unwrap();
    other.open("/mfa/account").await;
    other
        .leads("/mfa/account/devices/forget-all", &[], "/log-in")
        .await;
    assert!(!other.cookies.keys().any(|name| name.contains("device")));
}

/// A session that was left open elsewhere is ended from here, and no other.
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = ready(&site, &mut helene).await;
    let [mut left, mut other, mut here] = [(); 3].map(|()| site.browser());
    for julie in [&mut left, &mut other, &mut here] {
        code(&site, julie, &key, false).await;
    }
    here.open("/mfa/account").await;
    let ends = |page: &str| page.matches("data-testid=\"end-session\"").count();
    // The one of her enrollment is live too.
    assert_eq!(ends(&here.page), 3, "{}", here.page);
    assert_eq!(here.page.matches("data-testid=\"this-session\"").count(), 1);
    // The newest first: this one, `other`, `left`.
    let list = here.page.split("name=\"session\" value=\"").nth(2).unwrap();
    let id = list.split('"').next().unwrap().to_owned();
    let (end, fields) = ("/mfa/account/sessions/end", [("session", id.as_str())]);
    here.leads(end, &fields, "/mfa/account?done=ended").await;
    here.open("/mfa/account?done=ended").await;
    here.shows("La connexion a pris fin");
    assert_eq!(ends(&here.page), 2);
    assert_eq!(
        left.open("/mfa/account").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(other.open("/mfa/account").await.status, StatusCode::OK);

    // Once more, and what no page sends.
    here.submit(end, &fields).await;
    assert_eq!(ends(&here.page), 2, "{}", here.page);
    here.leads(end, &[("session", "-1")], "/mfa/account").await;

    // More than five stand behind a word.
    for _ in 0..4 {
        code(&site, &mut site.browser(), &key, false).await;
    }
    here.open("/mfa/account").await;
    here.shows("Connexions plus anciennes (2)");
}

#[tokio::test]
async fn devices_are_not_offered_unless_enabled() {
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

/// Julie, a parent, asks for no code at log-in: the pages that need one ask for it, and come back.
#[tokio::test]
async fn t81_logging_out_everywhere_leads_to_code_page() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = ready(&site, &mut helene).await;
    let mut julie = site.browser();
    code(&site, &mut julie, &key, true).await;
    julie.open("/mfa/account/off").await;
    let off = site.code(&key);
    julie.submit("/mfa/account/off", &[("code", &off)]).await;
    again(&mut julie).await;
    julie.open("/mfa/account").await;
    let session = between(&julie.page, "name=\"session\" value=\"", "\"").to_owned();
    for (page, fields) in [
        ("log-out-everywhere", vec![]),
        ("sessions/end", vec![("session", session.as_str())]),
        ("devices/forget", vec![("number", "1")]),
        ("devices/forget-all", vec![]),
    ] {
        julie.open("/mfa/account").await;
        let page = format!("/mfa/account/{page}");
        let to = "/mfa/step-up?next=%2Fmfa%2Faccount";
        julie.leads(&page, &fields, to).await;
    }
    julie.open("/mfa/step-up?next=%2Fmfa%2Faccount").await;
    let code = site.code(&key);
    let fields = [("code", code.as_str()), ("next", "/mfa/account")];
    julie.leads("/mfa/step-up", &fields, "/mfa/account").await;
    julie.open("/mfa/account").await;
    julie
        .leads("/mfa/account/log-out-everywhere", &[], "/log-in")
        .await;
}

/// The cookie of a known device changes at each log-in, with two codes too.
#[tokio::test]
async fn two_codes_are_given_on_known_device() {
    const AHEAD: u64 = 4;
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    helene.open("/mfa/admin/devices").await;
    helene
        .leads("/mfa/admin/devices", &[("on", "yes")], "/mfa/admin/devices")
        .await;
    assign(&site, JULIE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enroll").await;
    julie.leads("/mfa/enroll", &[], "/mfa/enroll").await;
    julie.open("/mfa/enroll").await;
    julie.confirm_token("/mfa/account?done=enrolled").await;
    site.clock.advance(120);
    julie.cookies.clear();
    julie.log_in(JULIE).await;
    let code = shown(site.clock.now(), 0);
    let fields = [("code", code.as_str()), ("remember", "yes")];
    julie.leads("/mfa/code", &fields, "/").await;
    julie.cookies.retain(|name, _| name.contains("device"));
    let known = julie.cookies.clone();
    assert_eq!(known.len(), 1);

    site.clock.advance(600);
    julie.log_in(JULIE).await;
    julie.open("/mfa/code/two").await;
    let [first, next] = [0, 1].map(|more| shown(site.clock.now(), AHEAD + more));
    let right = [("code", first.as_str()), ("next_code", next.as_str())];
    julie.leads("/mfa/code/two", &right, "/").await;
    julie.cookies.retain(|name, _| name.contains("device"));
    assert!(julie.cookies.len() == 1 && julie.cookies != known);
}

/// Its devices are forgotten with an authenticator that is removed; the session on one of them, which removed it, goes on.
#[tokio::test]
async fn removal_forgets_devices_and_keeps_its_own_session() {
    let site = Site::with(true).await;
    let mut helene = site.browser();
    let phone = ready(&site, &mut helene).await;
    let mut julie = site.browser();
    code(&site, &mut julie, &phone, true).await.unwrap();
    julie.add_app(&phone).await;
    julie.open("/mfa/account/authenticators/2").await;
    let typed = site.code(&phone);
    let (action, to) = (
        "/mfa/account/authenticators/2/remove",
        "/mfa/account?done=removed",
    );
    julie.leads(action, &[("code", &typed)], to).await;
    julie.open(to).await;
    julie.shows("C’est retiré");
    julie.shows("Aucun appareil n");
}
