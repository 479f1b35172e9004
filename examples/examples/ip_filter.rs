//! An axum service that refuses requests by where they come from, before any handler runs.
//!
//! `cargo run --example axum` asks itself four questions, as clients behind a proxy would, and prints what became of them;
//! `cargo run --example axum -- serve` listens on 127.0.0.1:3000.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, Request};
use axum::routing::get;
use axum::{Extension, Router};
use loquet_ipfilter::{Filter, HeaderKind, Resolved, Rules, SharedFilter};
use loquet_tower::{ClientSource, FilterDecision, IpFilterLayer};
use tower::ServiceExt;

const RULES: &str = r#"
default deny
place "Garderie Laval" = 203.0.113.0/28
allow place "Garderie Laval"
deny 203.0.113.13/32       # the visitors' network
"#;

fn app() -> Result<Router, Box<dyn std::error::Error>> {
    // Replace what is in it, and the next request meets the new rules: `filter.replace(…)`.
    let filter = Arc::new(SharedFilter::new(Filter::compile(
        &Rules::parse_text(RULES)?,
        None,
    )?));
    // One reverse proxy on this machine, which writes X-Forwarded-For. What others write there counts for nothing; a
    // set-up in which the client's address could not be established is refused here, and not at the first request.
    let source = ClientSource::behind(
        HeaderKind::XForwardedFor,
        ["127.0.0.1/32".parse()?],
        |request: &Extensions| -> Option<IpAddr> {
            Some(request.get::<ConnectInfo<SocketAddr>>()?.0.ip())
        },
    )?;
    Ok(Router::new()
        .route("/", get(hello))
        .layer(IpFilterLayer::new(source, filter)))
}

/// Handlers find the client and the filter's decision in the request's extensions.
async fn hello(
    Extension(client): Extension<Resolved>,
    Extension(decided): Extension<FilterDecision>,
) -> String {
    let line = decided.verdict().rule.map_or(0, |rule| rule.line);
    match client.address {
        Some(address) => format!("welcome, {address}: line {line} let you in"),
        None => "nobody knows where you are".to_owned(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = app()?;
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        return Ok(axum::serve(listener, service).await?);
    }
    for (peer, forwarded) in [
        ("127.0.0.1:1", Some("203.0.113.2")),
        ("127.0.0.1:1", Some("203.0.113.13")),
        // Nobody but the proxy may say who the client is; and a proxy that says nothing leaves it unknown.
        ("198.51.100.9:1", Some("203.0.113.2")),
        ("127.0.0.1:1", None),
    ] {
        let mut request = Request::get("/");
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let mut request = request.body(Body::empty())?;
        let peer: SocketAddr = peer.parse()?;
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = app.clone().oneshot(request).await?;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1024).await?;
        writeln!(
            io::stdout(),
            "{peer} forwarding {forwarded:?}: {status} {}",
            String::from_utf8_lossy(&body)
        )?;
    }
    Ok(())
}
