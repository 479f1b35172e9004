//! The layers around an axum router and around a bare service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::{Extensions, Request, Response, StatusCode, request};
use loquet_ipfilter::{
    DeviceTier, Filter, HeaderKind, Proxy, ProxyError, Reason, Resolved, Rules, SharedFilter, Tag,
    Verdict,
};
use loquet_tower::{
    ClientAddressLayer, ClientSource, FilterDecision, IpFilterLayer, Person, Refuse,
};
use tower::{ServiceBuilder, ServiceExt, service_fn};

#[derive(Clone)]
struct Peer(IpAddr);

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>().map(|peer| peer.0)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn behind() -> ClientSource {
    ClientSource::behind(
        HeaderKind::XForwardedFor,
        ["10.0.0.0/8".parse().unwrap()],
        peer,
    )
    .unwrap()
}

fn shared(text: &str) -> Arc<SharedFilter> {
    let rules = Rules::parse_text(text).unwrap();
    Arc::new(SharedFilter::new(Filter::compile(&rules, None).unwrap()))
}

fn request(from: Option<&str>, forwarded: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().uri("/");
    if let Some(value) = forwarded {
        request = request.header("x-forwarded-for", value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    if let Some(address) = from {
        request.extensions_mut().insert(Peer(ip(address)));
    }
    request
}

/// A router that counts how often its handler ran.
fn counted(layer: IpFilterLayer) -> (Router, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let inner = Arc::clone(&runs);
    let handler = move |Extension(client): Extension<Resolved>,
                        Extension(decided): Extension<FilterDecision>| async move {
        inner.fetch_add(1, Ordering::SeqCst);
        format!(
            "{:?} by {:?}",
            client.address.unwrap(),
            decided.verdict().rule.map(|rule| rule.line)
        )
    };
    (Router::new().route("/", get(handler)).layer(layer), runs)
}

async fn status(router: &Router, request: Request<Body>) -> StatusCode {
    router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn allowed_request_reaches_handler_with_verdict() {
    let (router, runs) = counted(IpFilterLayer::new(
        behind(),
        shared("default deny\nallow 203.0.113.0/28"),
    ));
    let response = router
        .oneshot(request(Some("10.0.0.1"), Some("203.0.113.7")))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = axum::body::to_bytes(response.into_body(), 1_000)
        .await
        .unwrap();
    assert_eq!(body, "203.0.113.7 by Some(2)");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refused_request_runs_no_handler() {
    let (router, runs) = counted(IpFilterLayer::new(
        behind(),
        shared("default deny\nallow 203.0.113.0/28"),
    ));
    for (from, forwarded) in [
        (Some("10.0.0.1"), Some("203.0.113.99")),
        (Some("10.0.0.1"), None),
        (Some("10.0.0.1"), Some("203.0.113.7, unknown")),
        (Some("198.51.100.1"), Some("203.0.113.7")),
        (None, Some("203.0.113.7")),
    ] {
        let response = router
            .clone()
            .oneshot(request(from, forwarded))
            .await
            .unwrap();
        assert_eq!(
            response.status(),
            StatusCode::FORBIDDEN,
            "{from:?} {forwarded:?}"
        );
        assert!(
            axum::body::to_bytes(response.into_body(), 1_000)
                .await
                .unwrap()
                .is_empty()
        );
    }
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn several_header_lines_count_as_one_list() {
    let (router, _) = counted(IpFilterLayer::new(
        behind(),
        shared("default deny\nallow 203.0.113.0/28"),
    ));
    let mut request = request(Some("10.0.0.1"), Some("203.0.113.7"));
    request
        .headers_mut()
        .append("X-Forwarded-For", "198.51.100.1".parse().unwrap());
    assert_eq!(status(&router, request).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn replaced_rules_hold_from_the_next_request_on() {
    let filter = shared("default allow");
    let (router, _) = counted(IpFilterLayer::new(
        ClientSource::direct(peer),
        Arc::clone(&filter),
    ));
    assert_eq!(
        status(&router, request(Some("192.0.2.1"), None)).await,
        StatusCode::OK
    );
    let rules = Rules::parse_text("default allow\ndeny 192.0.2.0/24").unwrap();
    let before = filter.replace(Filter::compile(&rules, None).unwrap());
    assert_eq!(
        status(&router, request(Some("192.0.2.1"), None)).await,
        StatusCode::FORBIDDEN
    );
    drop(filter.replace(Arc::unwrap_or_clone(before)));
    assert_eq!(
        status(&router, request(Some("192.0.2.1"), None)).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn tag_rules_wait_for_the_user() {
    let rules = "default deny\nfor tag 1 allow 192.0.2.0/24 device known\nfor tag 2 deny 192.0.2.0/24\nallow 192.0.2.9";
    let (router, _) = counted(IpFilterLayer::new(
        ClientSource::direct(peer),
        shared(rules),
    ));
    let with = |address: &str, tags: &[u32], device| {
        let mut request = request(Some(address), None);
        let tags = tags.iter().map(|tag| Tag(*tag)).collect();
        request.extensions_mut().insert(Person { tags, device });
        request
    };
    assert_eq!(
        status(&router, with("192.0.2.1", &[1], DeviceTier::Known)).await,
        StatusCode::OK
    );
    assert_eq!(
        status(&router, with("192.0.2.1", &[1], DeviceTier::Unknown)).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        status(&router, with("192.0.2.9", &[2], DeviceTier::Known)).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        status(&router, with("192.0.2.9", &[], DeviceTier::Unknown)).await,
        StatusCode::OK
    );
    assert_eq!(
        status(&router, request(Some("192.0.2.9"), None)).await,
        StatusCode::OK
    );
    assert_eq!(
        status(&router, request(Some("198.51.100.1"), None)).await,
        StatusCode::FORBIDDEN
    );
}

#[derive(Clone)]
struct Teapot;

impl Refuse<&'static str> for Teapot {
    fn refuse(&self, request: &request::Parts, verdict: &Verdict) -> Response<&'static str> {
        assert!(!verdict.is_allowed());
        assert_eq!(
            request
                .extensions
                .get::<Resolved>()
                .map(|client| client.reason),
            Some(Reason::Direct)
        );
        let mut response = Response::new("no");
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    }
}

#[tokio::test]
async fn layer_wraps_any_http_service() {
    let layer =
        IpFilterLayer::new(ClientSource::direct(peer), shared("default deny")).refuse_with(Teapot);
    let inner = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new("yes")) });
    let response = ServiceBuilder::new()
        .layer(layer)
        .service(inner)
        .oneshot(request(Some("192.0.2.1"), None))
        .await;
    let response = response.unwrap();
    assert_eq!(
        (response.status(), *response.body()),
        (StatusCode::IM_A_TEAPOT, "no")
    );
}

#[tokio::test]
async fn client_address_layer_resolves_and_refuses_none() {
    let seen = service_fn(|request: Request<Body>| async move {
        Ok::<_, Infallible>(request.extensions().get::<Resolved>().cloned().unwrap())
    });
    let mut service = ServiceBuilder::new()
        .layer(ClientAddressLayer::new(behind()))
        .service(seen);
    let known = (&mut service)
        .oneshot(request(Some("10.0.0.1"), Some("192.0.2.1")))
        .await
        .unwrap();
    assert_eq!(
        (known.address, known.reason),
        (Some(ip("192.0.2.1")), Reason::Named)
    );
    let unknown = service
        .oneshot(request(Some("10.0.0.1"), None))
        .await
        .unwrap();
    assert_eq!(
        (unknown.address, unknown.reason),
        (None, Reason::HeaderMissing)
    );
}

#[tokio::test]
async fn t42_requests_of_unix_socket_name_their_client() {
    let source = |proxy| ClientSource::behind(HeaderKind::XForwardedFor, [proxy], peer).unwrap();
    let header = "6.6.6.6, 203.0.113.7";
    for (proxy, from, expected) in [
        (Proxy::UnixSocket, None, StatusCode::OK),
        (Proxy::UnixSocket, Some("10.0.0.1"), StatusCode::FORBIDDEN),
        ("10.0.0.0/8".parse().unwrap(), None, StatusCode::FORBIDDEN),
    ] {
        let rules = shared("default deny\nallow 203.0.113.0/28");
        let (router, _) = counted(IpFilterLayer::new(source(proxy), rules));
        assert_eq!(
            status(&router, request(from, Some(header))).await,
            expected,
            "{proxy}"
        );
    }
}

#[test]
fn setup_without_any_client_address_is_refused() {
    let behind = |trusted: &[Proxy]| {
        ClientSource::behind(HeaderKind::Forwarded, trusted.iter().copied(), peer)
            .map(drop)
            .map_err(|fault| fault.to_string())
    };
    assert_eq!(behind(&[]), Err(ProxyError::NoProxies.to_string()));
    assert_eq!(behind(&["10.0.0.0/8".parse().unwrap()]), Ok(()));
}
