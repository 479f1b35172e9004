//! A service with these pages, and browsers that walk through it: forms are filled in from the page that shows them.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use loquet::store::{
    Commit, Cursor, Fault, MemoryStore, Page as StorePage, Query, RowKey, Store, Versioned, Writes,
};
use loquet::testing::TestClock;
use loquet::{AccountId, Clock, KeyRing, OrgId, RoleId, Service, Stamp, UnixTime};
use loquet_web::{
    BoxError, Brand, Fields, Host, Page, Pages, SessionKey, Settings, Visit, document, guard,
};
use maud::{Markup, html};
use tower::ServiceExt;

pub(crate) const HELENE: u64 = 1;
pub(crate) const MARC: u64 = 2;
pub(crate) const SOFIA: u64 = 3;
pub(crate) const JULIE: u64 = 5;
pub(crate) const PEOPLE: [(u64, &str, RoleId); 4] = [
    (HELENE, "Hélène Tremblay", RoleId::ADMINISTRATOR),
    (MARC, "Marc Gagnon", RoleId::ADMINISTRATOR),
    (SOFIA, "Sofia Bouchard", RoleId::EMPLOYEE),
    (JULIE, "Julie Lavoie", RoleId::PARENT),
];

/// A memory store that counts what is committed.
#[derive(Debug, Clone)]
struct Counting(Arc<MemoryStore>, Arc<AtomicUsize>);

impl Store for Counting {
    async fn load(&self, keys: &[RowKey]) -> Result<Vec<Versioned>, Fault> {
        self.0.load(keys).await
    }
    async fn commit(&self, writes: Writes) -> Result<Commit, Fault> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.commit(writes).await
    }
    async fn scan(&self, query: &Query, at: &Cursor) -> Result<StorePage, Fault> {
        self.0.scan(query, at).await
    }
    async fn delivered(&self, notice: u64) -> Result<(), Fault> {
        self.0.delivered(notice).await
    }
    async fn forget_attempts(&self, before: UnixTime, limit: u32) -> Result<u32, Fault> {
        self.0.forget_attempts(before, limit).await
    }

    async fn forget_audit(&self, account: AccountId, limit: u32) -> Result<u32, Fault> {
        self.0.forget_audit(account, limit).await
    }
}

/// Sessions in memory. The address is what a test puts into the request.
#[derive(Debug, Default)]
pub(crate) struct TestHost {
    sessions: Mutex<HashMap<SessionKey, Stamp>>,
}

impl Host for TestHost {
    async fn load(&self, browser: SessionKey) -> Result<Option<Stamp>, BoxError> {
        Ok(self.sessions.lock().unwrap().get(&browser).copied())
    }
    async fn save(
        &self,
        browser: SessionKey,
        stamp: Stamp,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        let mut sessions = self.sessions.lock().unwrap();
        if let Some(old) = replaces {
            sessions.remove(&old);
        }
        sessions.insert(browser, stamp);
        Ok(())
    }
    async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.sessions.lock().unwrap().remove(&browser);
        Ok(())
    }
    async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        let named = PEOPLE
            .iter()
            .find(|(number, ..)| AccountId::from(*number) == account);
        Ok(named.map(|(_, name, _)| (*name).to_owned()))
    }
    fn address(&self, request: &Extensions) -> Option<IpAddr> {
        request.get::<IpAddr>().copied()
    }
    fn frame(&self, page: Page) -> Markup {
        let brand = Brand {
            name: "À petits pas",
            logo: &html! {},
            home: "/",
            links: &[],
            foot: "",
        };
        document(&page, &brand)
    }
    fn log_in(&self) -> &str {
        "/log-in"
    }
    fn report(&self, fault: &(dyn Error + 'static)) {
        panic!("{fault}");
    }
}

async fn show_log_in(State(pages): State<Pages<TestHost>>, visit: Visit) -> Response {
    match pages.interim(&visit).await {
        Some(page) => page,
        None => pages
            .form("/log-in", &html! {})
            .unwrap()
            .into_string()
            .into_response(),
    }
}

/// The pass phrase is always right here: the field names the account.
async fn log_in(State(pages): State<Pages<TestHost>>, visit: Visit, fields: Fields) -> Response {
    let account: u64 = fields.text("login", 20).unwrap().parse().unwrap();
    match pages
        .admit(&visit, AccountId::from(account), fields.attempt().unwrap())
        .await
    {
        Ok(response) => response,
        Err(sentence) => (StatusCode::FORBIDDEN, sentence).into_response(),
    }
}

/// The service.
pub(crate) struct Site {
    router: Router,
    pub(crate) clock: TestClock,
    pub(crate) commits: Arc<AtomicUsize>,
    pub(crate) service: Service,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::with(false).await
    }

    pub(crate) async fn with(https: bool) -> Self {
        let commits = Arc::new(AtomicUsize::new(0));
        let clock = TestClock::at(1_800_000_000);
        let store = Counting(Arc::new(MemoryStore::new()), Arc::clone(&commits));
        let service =
            Service::with_clock(store, KeyRing::single(1, [7; 32]), clock.clone()).unwrap();
        let org = service
            .ensure_organisation(OrgId::from(1_u64), "À petits pas")
            .await
            .unwrap();
        for (number, name, role) in PEOPLE {
            let login = name.split(' ').next().unwrap();
            service
                .ensure_account(
                    org,
                    number.into(),
                    login,
                    &format!("{login}@x.example"),
                    [role],
                )
                .await
                .unwrap();
        }
        let mut settings = Settings::default();
        settings.https = https;
        let pages = Pages::new(service.clone(), TestHost::default(), &settings);
        let router = Router::new()
            .route("/log-in", get(show_log_in).post(log_in))
            .with_state(pages.clone())
            .layer(axum::middleware::from_fn(guard))
            .merge(pages.router());
        Self {
            router,
            clock,
            commits,
            service,
        }
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            site: self,
            cookies: BTreeMap::new(),
            page: String::new(),
            address: "203.0.113.7".parse().ok(),
        }
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// A code that was not used yet: the clock goes on to the next step.
    pub(crate) fn code(&self, key: &str) -> String {
        self.clock.advance(30);
        code_at(key, self.clock.now())
    }
}

/// What an authenticator app shows for a key that was typed into it: `totp-rs`, which shares no code with Loquet.
pub(crate) fn code_at(key: &str, now: UnixTime) -> String {
    totp_rs::Totp::from_url(format!("otpauth://totp/x:y?secret={key}&issuer=x"))
        .unwrap()
        .generate(now.0)
        .to_string()
}

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

    /// Logs in with the pass phrase and opens the page that this leads to.
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

    /// Enrolls at the page that shows the QR code, by the key that is typed where nobody can scan.
    pub(crate) async fn enrol(&mut self) -> String {
        assert!(self.page.contains("data-testid=\"qr\""), "{}", self.page);
        self.open("/mfa/enrol/key").await;
        let key = between(&self.page, "data-text=\"", "\"").to_owned();
        self.open("/mfa/enrol").await;
        let code = self.site.code(&key);
        let answer = self.submit("/mfa/enrol/confirm", &[("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        key
    }

    /// An administrator enables, enrolls, and is at Level2 with a recent code.
    pub(crate) async fn enable(&mut self, account: u64) -> String {
        self.log_in(account).await;
        self.open("/mfa/admin/enable").await;
        let seal = between(&self.page, "data-text=\"", "\"")
            .rsplit('-')
            .next()
            .unwrap()
            .to_owned();
        let answer = self.submit("/mfa/admin/enable", &[("group", &seal)]).await;
        assert_eq!(answer.to(), "/mfa/enrol", "{seal}: {}", self.page);
        self.open("/mfa/enrol").await;
        self.submit("/mfa/enrol", &[]).await;
        self.open("/mfa/enrol").await;
        self.enrol().await
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
