//! A service with these pages, over a memory store.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use loquet::testing::TestClock;
use loquet::{AccountId, Clock, Keyring, NewAccount, OrgId, RoleId, Service, Stamp, UnixTime};
use loquet_testkit::flaky::FlakyStore;
use loquet_web::{
    BoxError, Brand, Fields, Host, Page, Pages, SessionKey, Settings, Visit, document, guard,
};
use maud::{Markup, html};

use crate::browser::Browser;

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

/// The password is always right here: the field names the account.
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
    pub(crate) router: Router,
    pub(crate) clock: TestClock,
    store: FlakyStore,
    pub(crate) service: Service,
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::with(false).await
    }

    pub(crate) async fn with(https: bool) -> Self {
        let clock = TestClock::at(1_800_000_000);
        let store = FlakyStore::default();
        let service =
            Service::with_clock(store.clone(), Keyring::single(1, [7; 32]), clock.clone()).unwrap();
        let org = service
            .ensure_organization(OrgId::from(1_u64), "À petits pas")
            .await
            .unwrap();
        for (number, name, role) in PEOPLE {
            let login = name.split(' ').next().unwrap();
            service
                .ensure_account(
                    org,
                    NewAccount {
                        id: number.into(),
                        external_id: login,
                        label: &format!("{login}@x.example"),
                        roles: &[role],
                    },
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
            store,
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

    pub(crate) fn commits(&self) -> u32 {
        self.store.commits()
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
