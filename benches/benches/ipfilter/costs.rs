//! What else a decision costs: databases, headers, and the whole layer.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{Extensions, Request, Response};
use loquet_benches::{Case, case, compare};
use loquet_ipfilter::{Asn, Country, Filter, Geo, HeaderKind, Prefix, Rules, SharedFilter};
use loquet_tower::{ClientSource, IpFilterLayer};
use tower_layer::Layer;
use tower_service::Service;

use crate::document::Document;
use crate::lists::Seeded;
use crate::look_ups::{ASKED, Found, RUN, run};

pub const ONE_ANSWER: &str = "place, address, operator and precedence in one answer";
pub const HEADERS: &str = "from headers to decision, one request";

/// Place, address, network operator and precedence in one answer, beside one look-up in a country database.
pub fn one_answer(v4: &[Prefix], document: &mut Document) {
    let country =
        |at: usize| Country::from_code(["CA", "US", "FR", "BR", "DE"][at % 5]).expect("a country");
    let countries = v4
        .iter()
        .enumerate()
        .map(|(at, prefix)| (*prefix, country(at / 64)));
    let asns = v4
        .iter()
        .enumerate()
        .map(|(at, prefix)| (*prefix, Asn(at as u32 / 16)));
    let geo = Geo::default()
        .with_countries(1, countries)
        .with_asns(1, asns);
    let text = "precedence most-specific\nplace \"Canada\" = country CA\nallow place \"Canada\"\ndeny asn 7 8 9\n\
                allow 24.48.0.0/16\ndeny 24.48.7.0/24\ndeny country BR asn 100 200 300\nallow country FR\n";
    let rules = Rules::parse_text(text).expect("rules");
    let filter = Filter::compile(&rules, Some(&geo)).expect("a filter");
    let mut seeded = Seeded(5);
    let asked: Vec<Ipv4Addr> = (0..ASKED)
        .map(|_| Ipv4Addr::from_bits(seeded.next() as u32))
        .collect();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/geoip/GeoIP2-Country-Test.mmdb"
    );
    let reader = maxminddb::Reader::open_readfile(path).ok();
    let mut cases = vec![
        run("loquet", &asked, |a: Ipv4Addr| {
            filter.decide_before_login(Some(a.into())) as Found
        }),
        run("loquet with its rule", &asked, |a: Ipv4Addr| {
            filter.check_before_login(Some(a.into())).decision as Found
        }),
    ];
    if let Some(reader) = &reader {
        cases.push(run("maxminddb, one look-up", &asked, |a: Ipv4Addr| {
            let found = reader.lookup(a.into()).expect("a look-up");
            found
                .decode::<maxminddb::geoip2::Country>()
                .expect("a record")
                .is_some()
                .into()
        }));
    }
    let table = compare(ONE_ANSWER, "loquet", cases);
    for row in table.rows() {
        let (nanoseconds, ratio) = (row.nanoseconds / RUN as f64, row.ratio);
        document.cost(
            &format!("{ONE_ANSWER}: {}", row.name),
            format!(
                "{nanoseconds:.0} ns, {ratio:.1} times, {} allocations",
                row.allocations / RUN as u64
            ),
        );
    }
    println!("its index: {} bytes", filter.index_bytes().0);
}

/// Three hops before the service, and what a browser sends.
pub fn headers(document: &mut Document) {
    let rules = "default deny\nallow 203.0.113.0/24\ndeny 203.0.113.64/26";
    let rules = Rules::parse_text(rules).expect("rules");
    let filter = Arc::new(SharedFilter::new(
        Filter::compile(&rules, None).expect("a filter"),
    ));
    let xff = "198.51.100.7, 203.0.113.9, 10.0.0.3";
    let forwarded = "for=198.51.100.7, for=203.0.113.9;proto=https, for=10.0.0.3";
    let mut cases = Vec::new();
    for (name, kind, value) in [
        ("x-forwarded-for", HeaderKind::XForwardedFor, xff),
        ("forwarded", HeaderKind::Forwarded, forwarded),
    ] {
        cases.push(decision(name, kind, value, &filter));
    }
    cases.push(whole_layer(xff, &filter));
    let table = compare(HEADERS, "x-forwarded-for", cases);
    for row in table.rows() {
        document.cost(
            &format!("{HEADERS}: {}", row.name),
            format!("{:.0} ns, {} allocations", row.nanoseconds, row.allocations),
        );
    }
}

/// What the layer asks of the filter: the client, the rules of this moment, the decision.
fn decision<'a>(
    name: &'static str,
    kind: HeaderKind,
    value: &'static str,
    filter: &Arc<SharedFilter>,
) -> Case<'a> {
    let (source, filter) = (source(kind), Arc::clone(filter));
    let request = request(kind, value);
    case(name, move || {
        let client = source.resolve(&request);
        filter.current().decide_before_login(client.address)
    })
}

/// All that a request meets in the layer, extensions and the future's box included. The request comes back in the
/// response, and goes in again.
fn whole_layer<'a>(value: &'static str, filter: &Arc<SharedFilter>) -> Case<'a> {
    let kind = HeaderKind::XForwardedFor;
    let mut service = IpFilterLayer::new(source(kind), Arc::clone(filter)).layer(Echo);
    let mut request = Some(request(kind, value));
    case("x-forwarded-for, the whole layer", move || {
        let future = service.call(request.take().expect("it came back"));
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(Ok(response)) = pin!(future).poll(&mut context) {
            request = response.into_body();
        }
    })
}

fn source(kind: HeaderKind) -> ClientSource {
    let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|text| text.parse().expect("a prefix"));
    let peer = |_: &Extensions| Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    ClientSource::behind(kind, trusted, peer).expect("proxies")
}

fn request(kind: HeaderKind, value: &str) -> Request<()> {
    let others = [
        "host",
        "user-agent",
        "accept",
        "accept-language",
        "accept-encoding",
        "cookie",
        "dnt",
        "connection",
    ];
    let request = others
        .into_iter()
        .fold(Request::builder(), |request, name| {
            request.header(name, "something")
        });
    let request = request.header(kind.name(), value).body(());
    request.expect("a request")
}

/// Answers with the request.
struct Echo;

impl Service<Request<()>> for Echo {
    type Response = Response<Option<Request<()>>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Some(request))))
    }
}
