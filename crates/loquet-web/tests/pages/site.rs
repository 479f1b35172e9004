//! A service with these pages, over a memory store.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::net::IpAddr;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use loquet::testing::TestClock;
use loquet::{
    AccountId, Client, Clock, Keyring, Mfa, MfaBuilder, MfaSession, NewAccount, Operator, Role,
    RoleId, UnixTime,
};
use loquet_testkit::flaky::FlakyStore;
use loquet_testkit::pretend::Pretend;
use loquet_web::{
    BoxError, Brand, Fields, Language, Page, Pages, PagesHost, Progress, SavedSession, SessionKey,
    Settings, User, Visit, document, guard, require_mfa, require_password,
};

use crate::browser::Browser;

pub(crate) const HELENE: u64 = 1;
pub(crate) const MARC: u64 = 2;
pub(crate) const SOFIA: u64 = 3;
pub(crate) const JULIE: u64 = 5;
pub(crate) const PEOPLE: [(u64, &str, RoleId); 4] = [
    (HELENE, "Hélène Tremblay", RoleId::ADMINISTRATOR),
    (MARC, "Marc Gagnon", RoleId::ADMINISTRATOR),
    (SOFIA, "Sofia Bouchard", RoleId::STAFF),
    (JULIE, "Julie Lavoie", RoleId::MEMBER),
];

/// Sessions in memory. The address is what a test puts into the request.
#[derive(Debug)]
pub(crate) struct TestHost {
    clock: TestClock,
    sessions: Mutex<HashMap<SessionKey, SavedSession>>,
}

impl TestHost {
    pub(crate) fn new(clock: TestClock) -> Self {
        Self {
            clock,
            sessions: Mutex::default(),
        }
    }
}

impl PagesHost for TestHost {
    async fn load(&self, browser: SessionKey) -> Result<Option<SavedSession>, BoxError> {
        Ok(self.sessions.lock().unwrap().get(&browser).copied())
    }
    async fn save(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        let mut sessions = self.sessions.lock().unwrap();
        if let Some(old) = replaces {
            sessions.remove(&old);
        }
        let last_seen = Some(self.clock.now());
        sessions.insert(browser, SavedSession { session, last_seen });
        Ok(())
    }
    async fn used(&self, browser: SessionKey) -> Result<(), BoxError> {
        let mut sessions = self.sessions.lock().unwrap();
        sessions.get_mut(&browser).unwrap().last_seen = Some(self.clock.now());
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
    fn role(&self, role: RoleId, language: Language) -> Option<String> {
        let is_renamed = role == RoleId::STAFF && language == Language::English;
        is_renamed.then(|| "educators".to_owned())
    }
    fn address(&self, request: &Extensions) -> Option<IpAddr> {
        request.get::<IpAddr>().copied()
    }
    fn frame(&self, page: Page) -> Html<String> {
        let brand = Brand {
            name: "À petits pas",
            logo: Html(""),
            home: "/",
            links: &[],
            foot: "",
        };
        document(&page, &brand)
    }
    fn log_in(&self) -> &str {
        "/log-in"
    }
    fn password_page(&self) -> &str {
        "/again"
    }
    fn report(&self, fault: &(dyn Error + 'static)) {
        panic!("{fault}");
    }
}

async fn show_log_in(State(pages): State<Pages<TestHost>>, visit: Visit) -> Response {
    match pages.interim(&visit).await {
        Some(page) => page,
        None => pages.form("/log-in", Html("")).unwrap().into_response(),
    }
}

/// The password is always right here: the field names the account.
async fn log_in(State(pages): State<Pages<TestHost>>, visit: Visit, fields: Fields) -> Response {
    let account: u64 = fields.text("login", 20).unwrap().parse().unwrap();
    match pages
        .admit(&visit, AccountId::from(account), fields.form_id().unwrap())
        .await
    {
        Ok(response) => response,
        Err(sentence) => (StatusCode::FORBIDDEN, sentence).into_response(),
    }
}

async fn show_again(State(pages): State<Pages<TestHost>>) -> Response {
    let form = pages.form("/again", Html("")).unwrap();
    form.into_response()
}

/// The same, where the user is here already.
async fn again(State(pages): State<Pages<TestHost>>, visit: Visit, fields: Fields) -> Response {
    let account: u64 = fields.text("login", 20).unwrap().parse().unwrap();
    let next = fields.text("next", 512).unwrap();
    let form = fields.form_id().unwrap();
    match pages.readmit(&visit, account.into(), form, next).await {
        Ok(response) => response,
        Err(sentence) => (StatusCode::FORBIDDEN, sentence).into_response(),
    }
}

/// The owner has changed the password.
async fn change_password(
    State(pages): State<Pages<TestHost>>,
    visit: Visit,
    user: User,
) -> Response {
    let client = Client::new(pages.address(&visit));
    let mfa = pages.mfa();
    let changed = mfa.password_changed(user.account_id(), Some(user.session()), client);
    let login = changed.await.unwrap().unwrap();
    pages.go_on(&visit, login, "/private").await
}

/// The service.
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) clock: TestClock,
    https: bool,
    store: FlakyStore,
    pub(crate) operator: Operator,
}

/// Routes of the host's own behind the guards.
fn private(pages: &Pages<TestHost>) -> Router {
    let owned = |user: User| async move { user.external_id().to_owned() };
    let halfway = |progress: Progress| async move { format!("{:?}", progress.next()) };
    let dangerous = |State(pages): State<Pages<TestHost>>, visit: Visit, user: User| async move {
        match user.require_code_within(300) {
            Ok(()) => "done".into_response(),
            Err(refused) => pages.refuse(&visit, refused),
        }
    };
    let state = pages.clone();
    Router::new()
        .route("/private", get(owned))
        .route("/dangerous", get(dangerous))
        .nest("/nested", Router::new().route("/dangerous", get(dangerous)))
        .route("/password", post(change_password))
        .layer(from_fn_with_state(
            state.clone(),
            require_mfa::<Pages<TestHost>>,
        ))
        .merge(
            Router::new()
                .route("/halfway", get(halfway))
                .layer(from_fn_with_state(
                    state.clone(),
                    require_password::<Pages<TestHost>>,
                )),
        )
        .route("/unguarded", get(owned))
        .with_state(state)
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::with(false).await
    }

    pub(crate) async fn with(https: bool) -> Self {
        Self::of_roles(https, Vec::new()).await
    }

    /// Where the organization has these roles.
    pub(crate) async fn of_roles(https: bool, roles: Vec<Role>) -> Self {
        Self::built(https, |builder| builder.roles(roles)).await
    }

    /// Where passkeys are taken, by a relying party that pretends.
    pub(crate) async fn with_passkeys() -> Self {
        Self::built(false, |builder| builder.passkeys(Pretend("creche.example"))).await
    }

    pub(crate) async fn built(https: bool, with: impl FnOnce(MfaBuilder) -> MfaBuilder) -> Self {
        let clock = TestClock::at(1_800_000_000);
        let store = FlakyStore::default();
        let builder = Mfa::builder(store.clone())
            .keyring(Keyring::single(1, [7; 32]))
            .issuer("À petits pas")
            .clock(clock.clone());
        let operator = with(builder).open_operator().await.unwrap();
        for (number, name, role) in PEOPLE {
            let login = name.split(' ').next().unwrap();
            let label = format!("{login}@x.example");
            let account = NewAccount::new(number, login).label(&label).role(role);
            let made = operator.provision().ensure_account(account).await;
            made.unwrap();
        }
        let mut settings = Settings::default();
        settings.https = https;
        let host = TestHost::new(clock.clone());
        let pages = Pages::new(operator.mfa().clone(), host, &settings);
        let router = Router::new()
            .route("/log-in", get(show_log_in).post(log_in))
            .route("/again", get(show_again).post(again))
            .with_state(pages.clone())
            .layer(from_fn_with_state(pages.scheme(), guard))
            .merge(private(&pages))
            .merge(pages.router());
        Self {
            router,
            clock,
            https,
            store,
            operator,
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

    /// Where its pages come from.
    pub(crate) fn origin(&self) -> &'static str {
        if self.https {
            "https://creche.example"
        } else {
            "http://creche.example"
        }
    }

    /// The same service for every organization.
    pub(crate) async fn unscoped(&self) -> Mfa {
        let builder = Mfa::builder(self.store.clone())
            .keyring(Keyring::single(1, [7; 32]))
            .clock(self.clock.clone());
        builder.open().await.unwrap()
    }

    pub(crate) fn commits(&self) -> u32 {
        self.store.commits()
    }

    pub(crate) fn loads(&self) -> u32 {
        self.store.loads()
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
