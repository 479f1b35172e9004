//! Only sessions that have shown what is required reach a handler, from where they may.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::{Extensions, Request, StatusCode};
use loquet::store::MemoryStore;
use loquet::{Stamp, Standing};
use loquet_testkit::flaky::{FlakyStore, Weather};
use loquet_testkit::house::{ANNE, CHLOE, DENIS, HOME, House};
use loquet_tower::{ClientAddressLayer, ClientSource, MfaRequiredLayer};
use tower::ServiceExt;

fn app(layer: MfaRequiredLayer) -> Router {
    let peer = |_: &Extensions| HOME.parse().ok();
    Router::new()
        .route(
            "/",
            get(|Extension(standing): Extension<Standing>| async move { standing.external_id }),
        )
        .layer(layer)
        .layer(ClientAddressLayer::new(ClientSource::direct(peer)))
}

async fn ask(app: &Router, stamp: Option<Stamp>) -> StatusCode {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    request.extensions_mut().extend(
        stamp
            .map(|stamp| {
                let mut extensions = Extensions::new();
                extensions.insert(stamp);
                extensions
            })
            .unwrap_or_default(),
    );
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_session_gets_as_far_as_it_has_shown() {
    let house = House::over(MemoryStore::new()).await;
    let any = app(MfaRequiredLayer::new(house.service.clone()));
    let code = app(MfaRequiredLayer::new(house.service.clone()).with_code());
    assert_eq!(ask(&any, None).await, StatusCode::UNAUTHORIZED);
    let (_, anne) = house.imposed().await;
    assert_eq!(ask(&any, Some(anne)).await, StatusCode::OK);
    assert_eq!(ask(&code, Some(anne)).await, StatusCode::OK);
    let parent = house.log_in(DENIS).await.stamp;
    assert_eq!(ask(&any, Some(parent)).await, StatusCode::OK);
    assert_eq!(ask(&code, Some(parent)).await, StatusCode::UNAUTHORIZED);
    for half in [
        house.log_in(ANNE).await.stamp,
        house.log_in(CHLOE).await.stamp,
    ] {
        assert_eq!(ask(&any, Some(half)).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_session_from_a_place_that_is_not_allowed_gets_nowhere() {
    let house = House::over(MemoryStore::new()).await;
    let (_, anne) = house.enabled().await;
    let rules = house
        .service
        .read_rules(anne, "default deny\nallow 203.0.113.7", "")
        .unwrap();
    house.run(rules).await.unwrap();
    let layer = || MfaRequiredLayer::new(house.service.clone());
    assert_eq!(ask(&app(layer()), Some(anne)).await, StatusCode::OK);
    // Without the layer that establishes the client, nobody can tell where it is.
    let unknown = Router::new().route("/", get(|| async {})).layer(layer());
    assert_eq!(ask(&unknown, Some(anne)).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_through() {
    let store = FlakyStore::default();
    let house = House::over(store.clone()).await;
    let parent = house.log_in(DENIS).await.stamp;
    let app = app(MfaRequiredLayer::new(house.service.clone()));
    store.expect(Weather::Blind);
    assert_eq!(
        ask(&app, Some(parent)).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
    store.expect(Weather::Fair);
    assert_eq!(ask(&app, Some(parent)).await, StatusCode::OK);
}
