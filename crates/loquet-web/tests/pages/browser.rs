//! Browsers that walk through the pages: forms are filled in from the page that shows them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

use crate::site::Site;

/// One browser: its cookies and the page it shows.
pub(crate) struct Browser<'a> {
    pub(crate) site: &'a Site,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) page: String,
    pub(crate) address: Option<IpAddr>,
}

/// An answer, before any redirect is followed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn to(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |to| to.to_str().unwrap())
    }
}

impl Browser<'_> {
    /// Sends a request as it is.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request
                .headers_mut()
                .insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        if let Some(address) = self.address {
            request.extensions_mut().insert(address);
        }
        let origin = request.headers_mut().get_mut(header::ORIGIN);
        if let Some(origin) = origin.filter(|origin| *origin == "https://creche.example") {
            *origin = self.site.origin().parse().unwrap();
        }
        let response = self.site.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let (pair, rest) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        // Every page that any test comes by is read.
        assert_eq!(crate::typography::page_faults(&body), [""; 0]);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Opens a page, following redirects.
    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let answer = self
                .send(Request::get(&path).body(Body::empty()).unwrap())
                .await;
            if !answer.status.is_redirection() {
                self.page.clone_from(&answer.body);
                return answer;
            }
            path = answer.to().to_owned();
            if path == "/" {
                return answer;
            }
        }
        panic!("redirects without end at {path}");
    }

    /// Fills in the form of the present page that goes to `action`, and sends it.
    pub(crate) async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let attempt = self
            .attempt(action)
            .unwrap_or_else(|| panic!("no form for {action} in {}", self.page));
        let mut all = vec![("attempt", attempt.as_str())];
        if self.page.contains("name=\"after_wrong_code\"") {
            all.push(("after_wrong_code", "yes"));
        }
        all.extend_from_slice(fields);
        let answer = self.post(action, &all).await;
        if !answer.status.is_redirection() {
            self.page.clone_from(&answer.body);
        }
        answer
    }

    /// The hidden attempt of the form that goes to `action`.
    pub(crate) fn attempt(&self, action: &str) -> Option<String> {
        let form = self.page.split(&format!("action=\"{action}\"")).nth(1)?;
        Some(between(form, "name=\"attempt\" value=\"", "\"").to_owned())
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(post_request(path, body)).await
    }

    /// Chooses a language.
    pub(crate) async fn speak(&mut self, language: &str) {
        let fields = [("language", language), ("back", "/mfa/account")];
        let answer = self.post("/mfa/language", &fields).await;
        assert_eq!(answer.to(), "/mfa/account");
    }

    /// Logs in with the password and opens the page that this leads to.
    pub(crate) async fn log_in(&mut self, account: u64) -> Answer {
        self.page = self
            .send(Request::get("/log-in").body(Body::empty()).unwrap())
            .await
            .body;
        let answer = self
            .submit("/log-in", &[("login", &account.to_string())])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let to = answer.to().to_owned();
        if to == "/" {
            answer
        } else {
            self.open(&to).await
        }
    }

    /// Enrolls at the page that shows the QR code, by the key that is typed instead of a scan.
    pub(crate) async fn enrol(&mut self) -> String {
        self.shows("data-testid=\"qr\"");
        self.open("/mfa/enroll/key").await;
        let key = between(&self.page, "data-text=\"", "\"").to_owned();
        self.open("/mfa/enroll").await;
        let code = self.site.code(&key);
        let answer = self.submit("/mfa/enroll/confirm", &[("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        key
    }

    /// An administrator enables, enrolls, and is at Level2 with a recent code.
    pub(crate) async fn enable(&mut self, account: u64) -> String {
        self.log_in(account).await;
        self.open("/mfa/admin/enable").await;
        let code = between(&self.page, "data-text=\"", "\"")
            .rsplit('-')
            .next()
            .unwrap()
            .to_owned();
        let answer = self.submit("/mfa/admin/enable", &[("group", &code)]).await;
        assert_eq!(answer.to(), "/mfa/enroll", "{code}: {}", self.page);
        self.open("/mfa/enroll").await;
        self.submit("/mfa/enroll", &[]).await;
        self.open("/mfa/enroll").await;
        self.enrol().await
    }

    /// Sends a form of the first mandate on its page, with the fields that say which it is.
    pub(crate) async fn submit_mandate(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let field = |name| format!("name=\"{name}\" value=\"");
        let role = between(&self.page, &field("role"), "\"").to_owned();
        let demands = between(&self.page, &field("demands"), "\"").to_owned();
        let which = [("role", role.as_str()), ("demands", &demands)];
        self.submit(action, &[&which[..], fields].concat()).await
    }

    /// The same, where it is done.
    pub(crate) async fn changes_mandate(&mut self, action: &str, fields: &[(&str, &str)]) {
        self.open("/mfa/admin/mandate").await;
        let answer = self.submit_mandate(action, fields).await;
        assert_eq!(answer.to(), "/mfa/admin?done=imposed", "{}", answer.body);
    }

    /// Requires a code of the employees at once.
    pub(crate) async fn impose(&mut self) {
        let fields = [("start", "now"), ("confirmed", "yes")];
        self.changes_mandate("/mfa/admin/mandate/announce", &fields)
            .await;
    }

    /// Resets another user with a code of this key. Returns the reset code.
    pub(crate) async fn reset(&mut self, account: u64, key: &str) -> String {
        let path = format!("/mfa/admin/people/{account:032x}/reset");
        self.open(&path).await;
        let code = self.site.code(key);
        self.submit(&path, &[("code", &code)]).await;
        between(&self.page, "data-text=\"", "\"").to_owned()
    }

    /// Logs in, begins an enrollment, and finishes it. Returns the key.
    pub(crate) async fn log_in_and_enroll(&mut self, account: u64) -> String {
        self.log_in(account).await;
        self.open("/mfa/enroll").await;
        self.submit("/mfa/enroll", &[]).await;
        self.open("/mfa/enroll").await;
        self.enrol().await
    }

    /// Sends a form that is done, and goes on to `to`.
    pub(crate) async fn leads(&mut self, action: &str, fields: &[(&str, &str)], to: &str) {
        let answer = self.submit(action, fields).await;
        assert_eq!(answer.to(), to, "{}", answer.body);
    }

    /// The page says so.
    #[track_caller]
    pub(crate) fn shows(&self, what: &str) {
        assert!(self.page.contains(what), "no {what} in {}", self.page);
    }

    /// What it complains about says so.
    #[track_caller]
    pub(crate) fn complains(&self, of: &str) {
        let error = self.error();
        assert!(error.contains(of), "{error}");
    }

    /// What the page complains about.
    pub(crate) fn error(&self) -> String {
        let error = self
            .page
            .split("data-testid=\"error\">")
            .nth(1)
            .unwrap_or_else(|| panic!("no error in {}", self.page));
        let mut text = String::new();
        let mut inside = false;
        for c in error
            .split("</div>")
            .next()
            .unwrap()
            .split("</p>")
            .next()
            .unwrap()
            .chars()
        {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.replace("&#39;", "'")
    }
}

pub(crate) fn post_request(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "creche.example")
        .header(header::ORIGIN, "https://creche.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into())
        .unwrap()
}

/// The text after `start` and before `end`.
pub(crate) fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = text
        .split(start)
        .nth(1)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap()
}
