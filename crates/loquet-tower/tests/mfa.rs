//! Which sessions reach a handler behind the layer.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::request::Parts;
use http::{Extensions, Request, Response, StatusCode};
use loquet::store::MemoryStore;
use loquet::{Authorized, Mfa, MfaSession};
use loquet_testkit::fixture::{ANNE, CHLOE, DENIS, Fixture, HOME};
use loquet_testkit::flaky::{FlakyStore, Weather};
use loquet_tower::{ClientAddressLayer, ClientSource, Denied, Deny, MfaRequiredLayer};
use tower::ServiceExt;

fn app<D>(layer: MfaRequiredLayer<D>) -> Router
where
    D: Deny<Body> + Send + Sync + 'static,
{
    let peer = |_: &Extensions| HOME.parse().ok();
    Router::new()
        .route(
            "/",
            get(|Extension(user): Extension<Authorized>| async move {
                user.external_id().to_owned()
            }),
        )
        .layer(layer)
        .layer(ClientAddressLayer::new(ClientSource::direct(peer)))
}

async fn ask(app: &Router, session: Option<MfaSession>) -> StatusCode {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn session_reaches_what_it_has_shown() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let any = app(MfaRequiredLayer::new(fixture.mfa.clone()));
    let code = app(MfaRequiredLayer::new(fixture.mfa.clone()).with_code());
    assert_eq!(ask(&any, None).await, StatusCode::UNAUTHORIZED);
    let (_, anne) = fixture.imposed().await;
    assert_eq!(ask(&any, Some(anne)).await, StatusCode::OK);
    assert_eq!(ask(&code, Some(anne)).await, StatusCode::OK);
    let parent = fixture.log_in(DENIS).await.session;
    assert_eq!(ask(&any, Some(parent)).await, StatusCode::OK);
    assert_eq!(ask(&code, Some(parent)).await, StatusCode::UNAUTHORIZED);
    for half in [
        fixture.log_in(ANNE).await.session,
        fixture.log_in(CHLOE).await.session,
    ] {
        assert_eq!(ask(&any, Some(half)).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn logged_out_session_is_refused() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let app = app(MfaRequiredLayer::new(fixture.mfa.clone()));
    let parent = fixture.log_in(DENIS).await.session;
    assert_eq!(ask(&app, Some(parent)).await, StatusCode::OK);
    fixture.mfa.log_out(&parent).await.unwrap();
    assert_eq!(ask(&app, Some(parent)).await, StatusCode::UNAUTHORIZED);
}

/// Answers with the name of the reason.
#[derive(Debug, Clone, Copy)]
struct Named;

impl Deny<Body> for Named {
    fn deny(&self, _: &Parts, denied: &Denied) -> Response<Body> {
        Response::new(Body::from(format!("{denied:?}")))
    }
}

#[tokio::test]
async fn ended_and_foreign_sessions_are_refused() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let parent = fixture.log_in(DENIS).await.session;
    let provision = fixture.mfa.provision();
    let other = provision.ensure_organization(10_u64.into(), "Office").await;
    let other = fixture.mfa.organization(other.unwrap());
    let denied = async |mfa: &Mfa| {
        let app = app(MfaRequiredLayer::new(mfa.clone()).deny_with(Named));
        let request = Request::get("/").extension(parent);
        let answer = app.oneshot(request.body(Body::empty()).unwrap()).await;
        let body = axum::body::to_bytes(answer.unwrap().into_body(), 1000).await;
        String::from_utf8(body.unwrap().to_vec()).unwrap()
    };
    assert_eq!(denied(&other).await, "Refused(UnknownAccount)");
    fixture.mfa.log_out(&parent).await.unwrap();
    assert_eq!(denied(&fixture.mfa).await, "Owes(LogIn)");
}

#[tokio::test]
async fn unknown_address_is_refused_under_access_rules() {
    let fixture = Fixture::over(MemoryStore::new()).await;
    let (phone, anne) = fixture.enabled().await;
    let user = fixture.user(&anne).await;
    let code = fixture.code(&phone);
    fixture
        .mfa
        .admin(&user)
        .set_access_rules("default deny\nallow 203.0.113.7", code)
        .await
        .unwrap();
    let layer = || MfaRequiredLayer::new(fixture.mfa.clone());
    assert_eq!(ask(&app(layer()), Some(anne)).await, StatusCode::OK);
    // Without the layer that establishes the client, its address is unknown.
    let unknown = Router::new().route("/", get(|| async {})).layer(layer());
    assert_eq!(ask(&unknown, Some(anne)).await, StatusCode::FORBIDDEN);
    // A client of the host's own will do as well.
    let known = unknown.layer(Extension(Fixture::client()));
    assert_eq!(ask(&known, Some(anne)).await, StatusCode::OK);
}

#[tokio::test]
async fn failing_store_lets_no_request_through() {
    let store = FlakyStore::default();
    let fixture = Fixture::over(store.clone()).await;
    let parent = fixture.log_in(DENIS).await.session;
    let app = app(MfaRequiredLayer::new(fixture.mfa.clone()));
    store.expect(Weather::Blind);
    assert_eq!(
        ask(&app, Some(parent)).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    store.expect(Weather::Fair);
    assert_eq!(ask(&app, Some(parent)).await, StatusCode::OK);
}
