//! Guards and extractors over several services, sessions and clients in one request.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use loquet::{Client, Mfa, MfaSession, OrgId, SessionLimits};
use loquet_ipfilter::ClientAddress;
use loquet_web::{
    CookieSessions, Progress, SessionSource, StepPaths, User, require_mfa, require_password,
};
use tower::ServiceExt;

use crate::site::{HELENE, JULIE, SOFIA, Site};

/// The service for all organizations, for Julie's, and for another.
async fn tenants(site: &Site) -> [Mfa; 3] {
    let all = site.unscoped().await;
    assert_eq!(all.organization_id(), None);
    let home = site.operator.mfa().organization_id().unwrap();
    let provision = all.provision();
    let other = provision.ensure_organization(OrgId::from(10_u64), "Office");
    let other = other.await.unwrap();
    [all.clone(), all.organization(home), all.organization(other)]
}

async fn session(mfa: &Mfa, account: u64) -> MfaSession {
    let login = mfa.log_in(account, Client::default()).await;
    login.unwrap().session
}

fn request(session: MfaSession) -> Parts {
    let request = Request::get("/").extension(session).body(()).unwrap();
    request.into_parts().0
}

#[tokio::test]
async fn inner_guard_of_another_organization_refuses() {
    let site = Site::open().await;
    let [all, home, other] = tenants(&site).await;
    let session = session(&all, JULIE).await;
    for (outer, inner, status) in [
        (&all, &other, StatusCode::UNAUTHORIZED),
        (&home, &other, StatusCode::UNAUTHORIZED),
        (&all, &home, StatusCode::OK),
        (&home, &all, StatusCode::OK),
    ] {
        let route = || Router::new().route("/", get(|_: User| async {}));
        let full = from_fn_with_state(outer.clone(), require_mfa::<Mfa>);
        let half = from_fn_with_state(outer.clone(), require_password::<Mfa>);
        let own = from_fn_with_state(inner.clone(), require_mfa::<Mfa>);
        for router in [
            route().layer(own.clone()).layer(full.clone()),
            route().layer(own).layer(half.clone()),
            // The extractor is the inner guard.
            route().layer(full),
            route().layer(half),
        ] {
            let request = Request::get("/").extension(session);
            let request = request.body(Body::empty()).unwrap();
            let router = router.with_state(inner.clone());
            let answer = router.oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{outer:?} {inner:?}");
        }
    }
}

#[tokio::test]
async fn progress_of_another_organization_is_refused_too() {
    let site = Site::open().await;
    let [all, home, other] = tenants(&site).await;
    let mut request = request(session(&all, JULIE).await);
    let progress = Progress::from_request_parts(&mut request, &all).await;
    assert!(progress.is_ok());
    let before = site.loads();
    let progress = Progress::from_request_parts(&mut request, &home).await;
    assert_eq!((progress.is_ok(), site.loads()), (true, before));
    let refused = Progress::from_request_parts(&mut request, &other).await;
    let status = refused.err().map(|answer| answer.status());
    assert_eq!(status, Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn cached_user_holds_for_same_session_and_client() {
    let site = Site::open().await;
    let mfa = site.operator.mfa().clone();
    let [julie, sofia] = [session(&mfa, JULIE).await, session(&mfa, SOFIA).await];
    let mut request = request(julie);
    let user = User::from_request_parts(&mut request, &mfa).await.unwrap();
    assert_eq!((user.account_id(), user.session()), (JULIE.into(), &julie));
    request.extensions.insert(sofia);
    let user = User::from_request_parts(&mut request, &mfa).await.unwrap();
    assert_eq!((user.account_id(), user.session()), (SOFIA.into(), &sofia));
    let address = "203.0.113.9".parse().ok();
    request.extensions.insert(Client::new(address));
    let user = User::from_request_parts(&mut request, &mfa).await.unwrap();
    assert_eq!(user.address(), address);
}

#[tokio::test]
async fn client_is_the_hosts_or_the_layers() {
    let site = Site::open().await;
    let mfa = site.operator.mfa().clone();
    let mut request = Request::new(()).into_parts().0;
    assert_eq!(mfa.client(&request), Client::default());
    let peer = "203.0.113.9".parse().ok();
    let resolved = ClientAddress::Direct.resolve(peer, []);
    request.extensions.insert(resolved);
    assert_eq!(mfa.client(&request), Client::new(peer));
    let own = Client::new("203.0.113.7".parse().ok());
    request.extensions.insert(own);
    assert_eq!(mfa.client(&request), own);
}

#[tokio::test]
async fn another_store_or_kind_of_client_finds_nothing() {
    let site = Site::open().await;
    let mfa = site.operator.mfa();
    let app = mfa.for_clients("app", SessionLimits::default());
    let elsewhere = Site::open().await;
    for other in [&app, elsewhere.operator.mfa()] {
        let mut request = request(session(mfa, JULIE).await);
        let user = User::from_request_parts(&mut request, mfa).await;
        assert!(user.is_ok());
        let other = User::from_request_parts(&mut request, other).await;
        let status = other.err().map(|answer| answer.status());
        assert_eq!(status, Some(StatusCode::UNAUTHORIZED));
    }
}

async fn ask(router: &Router, path: &str, cookie: &str, accept: &str) -> Response {
    let request = Request::get(path)
        .header(COOKIE, cookie)
        .header(ACCEPT, accept)
        .extension(ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 1))))
        .body(Body::empty())
        .unwrap();
    router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn cookie_sessions_lead_to_the_next_step() {
    let site = Site::open().await;
    let sessions = CookieSessions::new(site.operator.mfa().clone());
    let router = Router::new()
        .route(
            "/",
            get(|user: User| async move { format!("{:?}", user.address()) }),
        )
        .with_state(sessions.clone());
    let stranger = ask(&router, "/", "a=b", "text/html").await;
    assert_eq!(stranger.headers()[LOCATION], "/log-in");
    let program = ask(&router, "/", "a=b", "*/*").await;
    assert_eq!(program.status(), StatusCode::UNAUTHORIZED);

    let mut helene = site.browser();
    helene.enable(HELENE).await;
    let login = sessions.mfa().log_in(HELENE, Client::default()).await;
    let half = sessions.go_on(&login.unwrap());
    assert_eq!(half.headers()[LOCATION], "/code");
    let half = half.headers()[SET_COOKIE].to_str().unwrap();
    let half = half.split(';').next().unwrap();
    let owed = ask(&router, "/", half, "text/html").await;
    assert_eq!(owed.headers()[LOCATION], "/code");

    let login = sessions.mfa().log_in(JULIE, Client::default()).await;
    let done = sessions.go_on(&login.unwrap());
    assert_eq!(done.headers()[LOCATION], "/");
    let done = done.headers()[SET_COOKIE].to_str().unwrap();
    let (cookie, marks) = done.split_once(';').unwrap();
    assert_eq!(marks, " HttpOnly; SameSite=Lax; Secure; Path=/");
    let home = ask(&router, "/", cookie, "text/html").await;
    let body = axum::body::to_bytes(home.into_body(), 100).await.unwrap();
    assert_eq!(body, "Some(203.0.113.7)");
    let left = sessions.leave();
    assert_eq!(left.headers()[LOCATION], "/log-in");
    let removed = left.headers()[SET_COOKIE].to_str().unwrap();
    assert!(removed.ends_with("Max-Age=0"), "{removed}");
    let moved = sessions.paths(StepPaths {
        home: "/shop",
        ..StepPaths::default()
    });
    let login = moved.mfa().log_in(JULIE, Client::default()).await;
    let to = moved.go_on(&login.unwrap());
    assert_eq!(to.headers()[LOCATION], "/shop");
    let login = moved.mfa().log_in(JULIE, Client::default()).await.unwrap();
    for (asked, led) in [("/export", "/export"), ("//evil.example", "/shop")] {
        let to = moved.go_on_to(&login, asked);
        assert_eq!(to.headers()[LOCATION], led);
    }
    let half = moved.mfa().log_in(HELENE, Client::default()).await.unwrap();
    let owed = moved.go_on_to(&half, "/export");
    assert_eq!(owed.headers()[LOCATION], "/code");
    let plain = moved.https(false).go_on(&half);
    let plain = plain.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(plain.starts_with("loquet=") && !plain.contains("Secure"));
}
