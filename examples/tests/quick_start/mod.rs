//! The quick start, walked through by an administrator, and its copy in the README.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use loquet::store::MemoryStore;
use loquet::testing::{Phone, TestClock};
use loquet::{Clock, Keyring, Mfa};
use tower::ServiceExt as _;

#[allow(dead_code, reason = "its `main` listens on a port and keeps files")]
#[path = "../../examples/axum.rs"]
mod service;

/// A browser that keeps one cookie.
struct Browser {
    service: Router,
    cookie: String,
}

/// An answer: its status, where it leads, and its text.
struct Answer(StatusCode, String, String);

impl Browser {
    async fn ask(&mut self, request: Request<Body>) -> Answer {
        let answer = self.service.clone().oneshot(request).await.unwrap();
        let text = |name| {
            let value = answer.headers().get(name);
            value.map_or("", |value| value.to_str().unwrap()).to_owned()
        };
        let (cookie, location) = (text(SET_COOKIE), text(LOCATION));
        if let Some((cookie, rest)) = cookie.split_once(';') {
            assert!(rest.contains("HttpOnly"));
            cookie.clone_into(&mut self.cookie);
        }
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
        let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
        Answer(status, location, body)
    }

    fn request(&self, method: &str, path: &str, form: &str) -> Request<Body> {
        let peer = SocketAddr::new(IpAddr::from([203, 0, 113, 7]), 1);
        Request::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, &self.cookie)
            .header(ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(peer))
            .body(Body::from(form.to_owned()))
            .unwrap()
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(self.request("GET", path, "")).await
    }

    /// Posts a form and returns where the answer leads.
    async fn post(&mut self, path: &str, form: &str) -> String {
        let Answer(status, location, body) = self.ask(self.request("POST", path, form)).await;
        match status {
            StatusCode::SEE_OTHER => location,
            _ => format!("{status}: {body}"),
        }
    }

    async fn log_in(&mut self, password: &str) -> String {
        self.post("/log-in", &format!("name=ada&password={password}"))
            .await
    }
}

/// The last word before a mark.
fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    let (text, _) = text.split_once(mark).unwrap();
    text.rsplit(' ').next().unwrap()
}

#[tokio::test]
async fn quick_start_asks_for_a_code() {
    let clock = TestClock::at(1_790_000_000);
    let mfa = Mfa::builder(MemoryStore::new())
        .keyring(Keyring::single(1, [7; 32]))
        .issuer("Shop")
        .clock(clock.clone())
        .open()
        .await
        .unwrap();
    let service = service::app(mfa).await.unwrap();
    let cookie = String::new();
    let mut browser = Browser { service, cookie };

    assert_eq!(browser.get("/").await.1, "/log-in");
    let again = browser.log_in("wrong").await;
    assert!(again.starts_with("200 OK: ") && again.contains("Name and password?"));
    assert_eq!(browser.get("/").await.1, "/log-in");
    assert_eq!(browser.log_in("lovelace").await, "/");
    assert!(browser.get("/").await.2.contains("Hello ada, Aal1."));

    let page = browser.get("/enable").await.2;
    let last_group = before(&page, ". Its last").rsplit('-').next().unwrap();
    let refused = browser.post("/enable", "code=no").await;
    assert!(refused.contains("422") && refused.contains("Go on"));
    let form = format!("code={last_group}");
    assert_eq!(browser.post("/enable", &form).await, "/enroll");
    assert!(!browser.get("/enroll").await.2.contains("<svg "));
    assert_eq!(browser.post("/enroll", "code=").await, "/enroll");

    let page = browser.get("/enroll").await.2;
    assert!(page.contains("<svg "));
    let (_, key) = page.split_once("or type ").unwrap();
    let key = key.split('.').next().unwrap().replace(' ', "");
    let phone = Phone::from_uri(&format!("otpauth://totp/Shop:ada?secret={key}&issuer=Shop"));
    let phone = phone.unwrap();
    let code = |clock: &TestClock| format!("code={}", phone.code(clock.now()));
    assert_eq!(browser.post("/enroll/confirm", &code(&clock)).await, "/");
    assert!(browser.get("/").await.2.contains("Hello ada, Aal2."));

    let old = browser.cookie.clone();
    assert_eq!(browser.post("/log-out", "").await, "/log-in");
    browser.cookie = old;
    assert_eq!(browser.get("/").await.1, "/log-in");

    clock.advance(30);
    assert_eq!(browser.log_in("lovelace").await, "/code");
    assert_eq!(browser.get("/").await.1, "/code");
    let wrong = browser.post("/code", "code=000000").await;
    assert!(wrong.contains("422") && wrong.contains("Go on"), "{wrong}");
    assert_eq!(browser.post("/code", &code(&clock)).await, "/");
    assert!(browser.get("/").await.2.contains("Hello ada, Aal2."));
}

#[test]
fn readme_quotes_the_quick_start() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = fs::read_to_string(here.join("examples/axum.rs")).unwrap();
    let readme = fs::read_to_string(here.join("../README.md")).unwrap();
    assert!(readme.contains(&format!("```rust\n{code}```\n")));
}
