//! The same filter in Actix Web, which knows no tower layers: its middleware asks the framework-free core.
//!
//! `cargo run -p loquet-examples --features actix --example actix` asks itself four questions, as clients behind a proxy
//! would, and prints what became of them.

use std::io::{self, Write};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ReqData};
use actix_web::{App, Error, HttpMessage, error, test};
use loquet_ipfilter::{
    ClientAddress, Decision, Filter, HeaderKind, Resolved, Rules, SharedFilter, TrustedProxies,
};

const RULES: &str = r#"
default deny
place "Garderie Laval" = 203.0.113.0/28
allow place "Garderie Laval"
deny 203.0.113.13/32       # the visitors' network
"#;

/// What the middleware asks: who the client is, and whether it may come in.
struct Gate {
    client: ClientAddress,
    filter: SharedFilter,
}

fn gate() -> Result<Gate, Box<dyn std::error::Error>> {
    let proxies = TrustedProxies::new(["127.0.0.1/32".parse()?])?;
    Ok(Gate {
        client: ClientAddress::Behind(HeaderKind::XForwardedFor, proxies),
        filter: SharedFilter::new(Filter::compile(&Rules::parse_text(RULES)?, None)?),
    })
}

/// Refuses before any handler runs; puts the client and the filter that decided into the request's extensions.
async fn ask(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let gate = request
        .app_data::<Data<Gate>>()
        .ok_or_else(|| error::ErrorInternalServerError("no gate"))?
        .clone();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let headers = request.headers().iter();
    let lines = headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let client = gate.client.resolve(peer, lines);
    // Nobody is known yet: rules for groups wait until somebody is (`decide` with an `Origin`).
    let filter = gate.filter.current();
    if filter.decide_before_login(client.address) == Decision::Deny {
        // The rule, which `check_before_login` names, is for the operator's log.
        return Err(error::ErrorForbidden(""));
    }
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(filter);
    next.call(request).await
}

async fn hello(client: ReqData<Resolved>, filter: ReqData<Arc<Filter>>) -> String {
    let verdict = filter.check_before_login(client.address);
    let line = verdict.rule.map_or(0, |rule| rule.line);
    match client.address {
        Some(address) => format!("welcome, {address}: line {line} let you in"),
        None => "nobody knows where you are".to_owned(),
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In a server: `HttpServer::new(move || App::new().app_data(gate.clone()).wrap(from_fn(ask)) …)`.
    let gate = Data::new(gate()?);
    let app = App::new()
        .app_data(gate)
        .wrap(from_fn(ask))
        .route("/", web::get().to(hello));
    let app = test::init_service(app).await;
    for (peer, forwarded) in [
        ("127.0.0.1:1", Some("203.0.113.2")),
        ("127.0.0.1:1", Some("203.0.113.13")),
        // Nobody but the proxy may say who the client is; and a proxy that says nothing leaves it unknown.
        ("198.51.100.9:1", Some("203.0.113.2")),
        ("127.0.0.1:1", None),
    ] {
        let mut request = test::TestRequest::get().uri("/").peer_addr(peer.parse()?);
        if let Some(forwarded) = forwarded {
            request = request.insert_header(("x-forwarded-for", forwarded));
        }
        match test::try_call_service(&app, request.to_request()).await {
            Ok(answer) => {
                let status = answer.status();
                let body = test::read_body(answer).await;
                writeln!(
                    io::stdout(),
                    "{peer} forwarding {forwarded:?}: {status} {}",
                    String::from_utf8_lossy(&body)
                )?;
            }
            Err(refused) => {
                let status = refused.as_response_error().status_code();
                writeln!(io::stdout(), "{peer} forwarding {forwarded:?}: {status}")?;
            }
        }
    }
    Ok(())
}
