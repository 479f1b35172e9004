//! A whole service with a second factor, on pages of its own: `cargo run --example axum`.
//!
//! Open <http://127.0.0.1:3000> and log in as `ada`, an administrator (password `correct horse`), or as `bob` (password
//! `battery staple`).

use std::net::SocketAddr;

use argon2::{Argon2, PasswordVerifier as _};
use axum::extract::{ConnectInfo, Form, FromRequestParts};
use axum::http::{StatusCode, header::CACHE_CONTROL, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use loquet::{Authorized, Client, Error, Keyring, LoggedIn, Mfa, MfaSession, NewAccount};
use loquet::{NextStep, Refusal, RoleId};
use loquet_sqlite::SqliteStore;

/// Your users: name, id, role and password hash. An unknown name is checked against `NOBODY`, which takes as long.
#[rustfmt::skip]
const USERS: [(&str, u64, Option<RoleId>, &str); 2] = [
    ("ada", 1, Some(RoleId::ADMINISTRATOR), "$argon2id$v=19$m=19456,t=2,p=1$FlT16Jdtn+1KulNoT1Zbow$LWlJxXrqNw8y4Yyq6KSxjX+Wg9OQmb4QPT+rEhKb61c"),
    ("bob", 2, None, "$argon2id$v=19$m=19456,t=2,p=1$EClagK65Yi+Pm/nB1ewiww$zybYNYb3YmOekJW2CgEgv2Jaz8ECrXjcqgMzJ7ETlF8"),
];
#[rustfmt::skip]
const NOBODY: (&str, u64, Option<RoleId>, &str) = ("", 0, None, "$argon2id$v=19$m=19456,t=2,p=1$m7cD5JGrYwgZfgwvNGxgdA$A8quZUO2lz3IwK5XpJLJjwTHSsitl47nh+MbeosMCuM");

/// What a request brings: its session, from a cookie, and the client that it came from.
struct Visit {
    mfa: Mfa,
    session: Option<MfaSession>,
    client: Client,
}

impl FromRequestParts<Mfa> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, mfa: &Mfa) -> Result<Self, Problem> {
        let jar = CookieJar::from_headers(&parts.headers);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            mfa: mfa.clone(),
            session: jar
                .get("mfa")
                .and_then(|cookie| cookie.value().parse().ok()),
            client: Client::new(peer.map(|peer| peer.ip())),
        })
    }
}

impl Visit {
    fn session(&self) -> Result<&MfaSession, Error> {
        self.session.as_ref().ok_or(Refusal::LogInRequired.into())
    }

    /// The guard: the user of a session that owes nothing.
    async fn user(&self) -> Result<Authorized, Error> {
        self.mfa.authorize(self.session()?, &self.client).await
    }
}

/// An error as an answer: it leads to the step that is owed first, or says what is wrong.
struct Problem(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match (self.0.next_step(), self.0.refusal()) {
            (Some(step), _) => to(step).into_response(),
            (_, Some(refusal)) => (StatusCode::FORBIDDEN, page(refusal.code())).into_response(),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, page("Try again")).into_response(),
        }
    }
}

fn to(step: NextStep) -> Redirect {
    Redirect::to(match step {
        NextStep::Done => "/",
        NextStep::SecondFactor => "/code",
        NextStep::Enroll => "/enroll",
        _ => "/log-in",
    })
}

/// Keeps the session that a step of the log-in returned, and leads to the next step.
fn go_on(login: LoggedIn) -> impl IntoResponse {
    let cookie = Cookie::build(("mfa", login.session.expose()))
        .path("/")
        .secure(true);
    let cookie = cookie.http_only(true).same_site(SameSite::Strict);
    (CookieJar::new().add(cookie), to(login.next))
}

fn page(body: &str) -> impl IntoResponse + use<> {
    let html = format!("<!doctype html><title>Shop</title>{body} <p><a href=/>Home</a>");
    ([(CACHE_CONTROL, "no-store")], Html(html))
}

fn form(question: &str, action: &str, inputs: &str) -> String {
    format!(
        "<h1>{question}</h1><form method=post action={action}>{inputs}<button>OK</button></form>"
    )
}

const CODE: &str = "<input name=code autocomplete=one-time-code autofocus>";

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    password: String,
    code: String,
}

type Answer<T> = Result<T, Problem>;

async fn show_log_in() -> impl IntoResponse {
    let inputs = "<input name=name><input name=password type=password>";
    page(&form("Who are you?", "/log-in", inputs))
}

async fn log_in(visit: Visit, Form(typed): Form<Typed>) -> Answer<Response> {
    let known = USERS.iter().find(|user| user.0 == typed.name);
    let (_, id, _, hash) = *known.unwrap_or(&NOBODY);
    if Argon2::default()
        .verify_password(typed.password.as_bytes(), hash)
        .is_err()
    {
        return Ok(page("Wrong name or password").into_response());
    }
    let login = visit.mfa.log_in(id.into(), visit.client).await?;
    Ok(go_on(login).into_response())
}

async fn show_code() -> impl IntoResponse {
    page(&form("What does your app show?", "/code", CODE))
}

async fn code(visit: Visit, Form(typed): Form<Typed>) -> Answer<impl IntoResponse> {
    let login = visit
        .mfa
        .verify_code(visit.session()?, typed.code, visit.client)
        .await?;
    Ok(go_on(login))
}

async fn show_enroll(visit: Visit) -> Answer<impl IntoResponse> {
    let offer = visit
        .mfa
        .begin_enrollment(visit.session()?, "", visit.client)
        .await?;
    let form = form(
        "Scan this with your app. What does it show?",
        "/enroll",
        CODE,
    );
    Ok(page(&format!(
        "{}<p>{}{form}",
        *offer.svg, *offer.key_grouped
    )))
}

async fn enroll(visit: Visit, Form(typed): Form<Typed>) -> Answer<impl IntoResponse> {
    let login = visit
        .mfa
        .confirm_enrollment(visit.session()?, typed.code, visit.client)
        .await?;
    Ok(go_on(login))
}

/// An administrator enables the second factor, once, and keeps a code for the day when every phone is lost.
async fn show_enable(visit: Visit) -> Answer<impl IntoResponse> {
    let code = visit
        .mfa
        .admin(&visit.user().await?)
        .propose_break_glass()
        .await?;
    let form = form("Write this down. Which is its last group?", "/enable", CODE);
    Ok(page(&format!("{}{form}", *code.expose())))
}

async fn enable(visit: Visit, Form(typed): Form<Typed>) -> Answer<Redirect> {
    visit
        .mfa
        .admin(&visit.user().await?)
        .enable(typed.code)
        .await?;
    Ok(to(NextStep::Enroll))
}

async fn home(visit: Visit) -> Answer<impl IntoResponse> {
    let user = visit.user().await?;
    let links = "<a href=/enable>Enable</a> <a href=/enroll>Enroll</a>";
    let form = form(user.external_id(), "/log-out", "");
    Ok(page(&format!("{form}{:?} {links}", user.assurance())))
}

async fn log_out(visit: Visit) -> Answer<Redirect> {
    visit.mfa.log_out(visit.session()?).await?;
    Ok(to(NextStep::LogIn))
}

async fn app(mfa: Mfa) -> Result<Router, Error> {
    for (name, id, role, _) in USERS {
        let user = NewAccount::new(id, name).roles(role);
        mfa.provision().ensure_account(user).await?;
    }
    Ok(Router::new()
        .route("/", get(home))
        .route("/log-in", get(show_log_in).post(log_in))
        .route("/code", get(show_code).post(code))
        .route("/enroll", get(show_enroll).post(enroll))
        .route("/enable", get(show_enable).post(enable))
        .route("/log-out", post(log_out))
        .with_state(mfa))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mfa = Mfa::builder(SqliteStore::open("shop.db")?)
        .keyring(Keyring::load_or_create("shop.keys")?)
        .issuer("Shop")
        .open()
        .await?;
    let app = app(mfa)
        .await?
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
