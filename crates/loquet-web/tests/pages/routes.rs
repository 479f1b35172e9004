//! Every route, for whom it is, and what a stranger can have of it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use http_body::Frame;

use crate::browser::{Answer, Browser, between, post_request};
use crate::site::{HELENE, JULIE, Site};

/// What an answer to a stranger may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// There is no such form, or no such page.
    Absent,
    /// The way to the log-in page: without a session nothing of the request is read, and the store is not asked.
    Redirect,
    /// A page or a file from this program alone; of a form at most [`FORM`] bytes are read.
    Own,
}
use Cost::{Absent, Own, Redirect};

/// The largest form of a stranger, in bytes.
const FORM: usize = 16 * 1024;

/// The path, what GET costs, what POST costs. A new route is listed here with what it costs a stranger.
const ROUTES: [(&str, Cost, Cost); 48] = [
    ("/not-me/{link}", Own, Own),
    ("/language", Own, Own),
    ("/static/{file}", Own, Absent),
    ("/code", Redirect, Redirect),
    ("/code/two", Redirect, Redirect),
    ("/step-up", Redirect, Redirect),
    ("/log-out", Own, Redirect),
    ("/enroll", Redirect, Redirect),
    ("/enroll/key", Redirect, Absent),
    ("/enroll/confirm", Redirect, Redirect),
    ("/enroll/cancel", Redirect, Redirect),
    ("/recover", Redirect, Redirect),
    ("/account", Redirect, Absent),
    ("/account/on", Redirect, Redirect),
    ("/account/off", Redirect, Redirect),
    ("/account/replace", Redirect, Redirect),
    ("/account/recovery-codes", Redirect, Redirect),
    ("/account/lost", Redirect, Redirect),
    ("/account/authenticators/add", Redirect, Redirect),
    ("/account/authenticators/{id}", Redirect, Redirect),
    ("/account/authenticators/{id}/remove", Redirect, Redirect),
    ("/account/log-out-everywhere", Redirect, Redirect),
    ("/account/sessions/end", Redirect, Redirect),
    ("/account/devices/forget", Redirect, Redirect),
    ("/account/devices/forget-all", Redirect, Redirect),
    ("/account/address", Redirect, Redirect),
    ("/account/address/confirm", Redirect, Redirect),
    ("/undo-report", Redirect, Redirect),
    ("/undo-report/{link}", Redirect, Redirect),
    ("/admin", Redirect, Absent),
    ("/admin/enable", Redirect, Redirect),
    ("/admin/mandate", Redirect, Absent),
    ("/admin/mandate/announce", Redirect, Redirect),
    ("/admin/mandate/move", Redirect, Redirect),
    ("/admin/mandate/cancel", Redirect, Redirect),
    ("/admin/people", Redirect, Absent),
    ("/admin/people/{id}/reset", Redirect, Redirect),
    ("/admin/people/{id}/undo-report", Redirect, Redirect),
    ("/admin/access", Redirect, Redirect),
    ("/admin/access/plan", Redirect, Redirect),
    ("/admin/access/undo", Redirect, Redirect),
    ("/admin/access/cancel", Redirect, Redirect),
    ("/admin/devices", Redirect, Redirect),
    ("/admin/options", Redirect, Redirect),
    ("/admin/options/stop", Redirect, Redirect),
    ("/admin/options/latch", Redirect, Redirect),
    ("/admin/break-glass", Redirect, Redirect),
    ("/log-in", Own, Absent),
];

/// The router's lists of routes, as they stand in its source.
fn routed() -> Vec<&'static str> {
    let source = include_str!("../../src/router.rs");
    let lists = between(
        source,
        "fn for_all_visitors",
        "/// A page: changes nothing.",
    );
    let mut paths: Vec<&str> = lists
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with('/'))
        .collect();
    assert!(paths.len() > 30, "{paths:?}");
    // The log-in page is the host's, and stands for its own routes.
    paths.push("/log-in");
    paths.sort_unstable();
    paths
}

#[test]
fn t48_every_route_is_listed_with_its_cost() {
    let mut listed: Vec<&str> = ROUTES.iter().map(|(path, ..)| *path).collect();
    listed.sort_unstable();
    assert_eq!(listed, routed(), "say in ROUTES what each costs a stranger");
}

/// A form without an end, which counts what was read of it.
struct Endless(Arc<AtomicUsize>);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = Bytes::from_static(&[b'a'; 1024]);
        let read = self.0.fetch_add(piece.len(), Ordering::SeqCst);
        assert!(read < 1 << 20, "the form is read without a bound");
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

/// What was seen of one request of a stranger.
struct Seen {
    answer: Answer,
    loads: u32,
    commits: u32,
}

async fn ask(site: &Site, stranger: &mut Browser<'_>, request: Request<Body>) -> Seen {
    let before = (site.loads(), site.commits());
    let answer = stranger.send(request).await;
    Seen {
        answer,
        loads: site.loads() - before.0,
        commits: site.commits() - before.1,
    }
}

fn place(path: &str) -> String {
    if path == "/log-in" {
        return path.to_owned();
    }
    let link = format!("{JULIE:032x}-{}", "A".repeat(26));
    let path = path
        .replace("{link}", &link)
        .replace("{id}", &format!("{JULIE:032x}"))
        .replace("{file}", "loquet.css");
    format!("/mfa{path}")
}

/// Browsers of strangers: one without cookies, one with invented ones.
fn strangers(site: &Site) -> [Browser<'_>; 2] {
    let mut inventor = site.browser();
    for name in ["loquet", "loquet-device-00000000"] {
        inventor.cookies.insert(name.to_owned(), "ab".repeat(16));
    }
    [site.browser(), inventor]
}

fn check(what: &str, seen: &Seen, cost: Cost) {
    let Seen { answer, .. } = seen;
    let cost_of_store = (seen.loads, seen.commits);
    assert_eq!(cost_of_store, (0, 0), "reads and writes of {what}");
    match cost {
        Absent => assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{what}"),
        Redirect => assert_eq!(answer.to(), "/log-in", "{what}: {}", answer.body),
        Own => assert_ne!(answer.to(), "/log-in", "{what}"),
    }
    let keeps = answer.headers.get_all(header::SET_COOKIE).iter();
    let keeps: Vec<_> = keeps
        .filter(|line| !line.as_bytes().starts_with(b"loquet-language"))
        .collect();
    assert!(keeps.is_empty(), "{what} sets {keeps:?}");
}

#[tokio::test]
async fn t48_strangers_cost_what_the_list_says() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    for (path, get, post) in ROUTES {
        for mut stranger in strangers(&site) {
            let place = place(path);
            let request = Request::get(&place).body(Body::empty()).unwrap();
            let seen = ask(&site, &mut stranger, request).await;
            check(&format!("GET {path}"), &seen, get);
            if path == "/log-in" {
                continue;
            }
            let form = format!("attempt={}&language=en&code=123456", "ab".repeat(16));
            let seen = ask(&site, &mut stranger, post_request(&place, form)).await;
            check(&format!("POST {path}"), &seen, post);
            // No other method has a cost at all.
            let mut other = post_request(&place, "");
            *other.method_mut() = Method::PUT;
            let seen = ask(&site, &mut stranger, other).await;
            check(&format!("PUT {path}"), &seen, Absent);
        }
    }
}

#[tokio::test]
async fn t48_forms_of_strangers_are_bounded() {
    let site = Site::open().await;
    for (path, _, post) in ROUTES {
        let read = Arc::new(AtomicUsize::new(0));
        let body = Body::new(Endless(Arc::clone(&read)));
        if path == "/log-in" {
            continue;
        }
        let request = post_request(&place(path), body);
        let seen = ask(&site, &mut site.browser(), request).await;
        let read = read.load(Ordering::SeqCst);
        let most = if matches!(post, Own) { FORM + 1024 } else { 0 };
        assert!(read <= most, "POST {path} read {read} bytes");
        assert_eq!((seen.loads, seen.commits), (0, 0), "POST {path}");
        if most > 0 {
            assert_eq!(seen.answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        }
    }
}

#[tokio::test]
async fn t48_invented_links_cost_known_and_unknown_alike() {
    let site = Site::open().await;
    site.browser().enable(HELENE).await;
    // An account that has a link to report, one that has none, and two that do not exist.
    site.browser().log_in_and_enroll(JULIE).await;
    let mut costs = Vec::new();
    for account in [JULIE, HELENE, 2, 4711] {
        let link = format!("/mfa/not-me/{account:032x}-{}", "A".repeat(26));
        for _ in 0..3 {
            let form = format!("attempt={}", "cd".repeat(16));
            let seen = ask(&site, &mut site.browser(), post_request(&link, form)).await;
            assert_eq!(seen.answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            costs.push((account, seen.loads, seen.commits));
        }
    }
    let are_free = costs
        .iter()
        .all(|(_, loads, commits)| (*loads, *commits) == (0, 0));
    assert!(are_free, "account, reads, writes: {costs:?}");
}
