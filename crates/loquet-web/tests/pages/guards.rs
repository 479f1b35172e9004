//! The guards and extractors of a host's own routes, and what a page costs.

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::{Request, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use loquet::{Client, Mfa};
use loquet_web::{User, require_mfa};
use tower::ServiceExt;

use crate::browser::{Answer, Browser};
use crate::site::{HELENE, JULIE, Site};

pub(crate) async fn get_as(browser: &mut Browser<'_>, path: &str, accept: &str) -> Answer {
    let request = Request::get(path).header(header::ACCEPT, accept);
    browser.send(request.body(Body::empty()).unwrap()).await
}

pub(crate) const PROGRAM: &str = "application/json";
pub(crate) const PAGE: &str = "text/html,application/xhtml+xml";

#[tokio::test]
async fn route_without_session_is_problem_or_redirect() {
    let site = Site::open().await;
    let mut stranger = site.browser();
    for path in ["/private", "/halfway", "/unguarded"] {
        let answer = get_as(&mut stranger, path, PROGRAM).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        let kind = &answer.headers[header::CONTENT_TYPE];
        assert_eq!(kind, "application/problem+json");
        assert_eq!(
            answer.body,
            r#"{"code":"LOGIN_REQUIRED","detail":"Log in first.","status":401,"title":"Unauthorized","type":"about:blank"}"#
        );
        let answer = get_as(&mut stranger, path, PAGE).await;
        assert_eq!(answer.to(), "/log-in");
    }
}

#[tokio::test]
async fn incomplete_log_in_reaches_only_its_own_routes() {
    let site = Site::open().await;
    let key = site.browser().enable(HELENE).await;
    let mut helene = site.browser();
    helene.log_in(HELENE).await;
    let answer = get_as(&mut helene, "/halfway", PROGRAM).await;
    assert_eq!(
        (answer.status, &*answer.body),
        (StatusCode::OK, "SecondFactor")
    );
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer.body.contains(r#""code":"CODE_REQUIRED""#),
        "{}",
        answer.body
    );
    let owed = r#""next_step":"second_factor""#;
    assert!(answer.body.contains(owed), "{}", answer.body);

    let code = site.code(&key);
    helene.submit("/mfa/code", &[("code", &code)]).await;
    for path in ["/private", "/unguarded"] {
        let answer = get_as(&mut helene, path, PROGRAM).await;
        assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "Hélène"));
    }
    assert_eq!(get_as(&mut helene, "/dangerous", PAGE).await.body, "done");
    site.clock.advance(301);
    let stale = get_as(&mut helene, "/dangerous", PROGRAM).await;
    assert_eq!(stale.status, StatusCode::UNAUTHORIZED);
    assert!(stale.body.contains(owed), "{}", stale.body);
}

#[tokio::test]
async fn denied_browser_is_told_in_a_page() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/admin/access").await;
    let rules = "default deny\nallow 203.0.113.7";
    let (code, to) = (site.code(&key), "/mfa/admin/access?done=saved");
    let fields = [("rules", rules), ("code", code.as_str())];
    helene.leads("/mfa/admin/access", &fields, to).await;
    helene.address = "198.51.100.1".parse().ok();
    let answer = get_as(&mut helene, "/private", PAGE).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("depuis cette adresse"),
        "{}",
        answer.body
    );
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert!(answer.body.contains("ACCESS_DENIED"), "{}", answer.body);
    // A session ends from anywhere: its owner may have moved, or the rules may be new.
    helene.leads("/mfa/log-out", &[], "/log-in").await;
    helene.address = site.browser().address;
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn session_owes_a_code_after_twelve_hours() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    for _ in 0..12 {
        let answer = get_as(&mut helene, "/private", PROGRAM).await;
        assert_eq!(answer.status, StatusCode::OK);
        site.clock.advance(3599);
    }
    site.clock.advance(12);
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    helene.open("/log-in").await;
    let code = site.code(&key);
    helene.leads("/mfa/code", &[("code", &code)], "/").await;
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn idle_session_owes_its_code_until_given() {
    let site = Site::open().await;
    let mut helene = site.browser();
    let key = helene.enable(HELENE).await;
    helene.open("/mfa/account").await;
    site.clock.advance(3600);
    for _ in 0..2 {
        helene.open("/mfa/account").await;
        helene.shows("data-testid=\"code-page\"");
        let answer = get_as(&mut helene, "/private", PROGRAM).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let code = site.code(&key);
    helene.leads("/mfa/code", &[("code", &code)], "/").await;
    let answer = get_as(&mut helene, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn logged_out_session_is_over_for_copies() {
    let site = Site::open().await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/account").await;
    let mut copy = site.browser();
    copy.cookies = julie.cookies.clone();
    julie.leads("/mfa/log-out", &[], "/log-in").await;
    let answer = get_as(&mut copy, "/private", PROGRAM).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_page_reads_the_store_once() {
    let site = Site::open().await;
    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let mut half = site.browser();
    half.log_in(HELENE).await;
    let mut julie = site.browser();
    julie.log_in(JULIE).await;
    julie.open("/mfa/enroll").await;
    julie.submit("/mfa/enroll", &[]).await;
    let enrolling = [
        "/mfa/enroll",
        "/mfa/enroll/key",
        "/mfa/account",
        "/private",
        "/unguarded",
    ];
    for (browser, paths) in [
        (&mut half, &["/log-in", "/halfway"][..]),
        (&mut julie, &enrolling[..]),
        (&mut helene, &["/mfa/admin", "/mfa/admin/mandate"][..]),
    ] {
        for path in paths {
            let before = site.loads();
            let answer = get_as(browser, path, PAGE).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(site.loads() - before, 1, "{path}");
        }
    }
}

#[tokio::test]
async fn plain_mfa_is_state_enough() {
    let site = Site::open().await;
    let mfa = site.operator.mfa().clone();
    let router = Router::new()
        .route(
            "/",
            get(|user: User| async move { user.external_id().to_owned() }),
        )
        .layer(from_fn_with_state(mfa.clone(), require_mfa::<Mfa>))
        .with_state(mfa.clone());
    let login = mfa.log_in(JULIE, Client::default()).await.unwrap();
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    let refused = router.clone().oneshot(request).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    request = Request::get("/").body(Body::empty()).unwrap();
    request.extensions_mut().insert(login.session);
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn second_extraction_asks_the_store_no_more() {
    let site = Site::open().await;
    let mfa: Mfa = site.operator.mfa().clone();
    let login = mfa.log_in(JULIE, Client::default()).await.unwrap();
    let request = Request::get("/").extension(login.session);
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    User::from_request_parts(&mut parts, &mfa).await.unwrap();
    let before = site.loads();
    let again = User::from_request_parts(&mut parts, &mfa).await.unwrap();
    assert_eq!((again.account_id(), site.loads()), (JULIE.into(), before));
}
