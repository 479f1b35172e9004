//! A whole service with a second factor, on pages of its own: `cargo run --example axum`.
//!
//! Open <http://127.0.0.1:3000> and log in as `ada`, an administrator (password `correct horse`), or as `bob` (password
//! `battery staple`).

use std::net::SocketAddr;

use argon2::{Argon2, PasswordVerifier as _};
use axum::extract::{ConnectInfo, Form, FromRequestParts, State};
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{StatusCode, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use axum_extra::extract::CookieJar;
use loquet::{Authorized, Client, Error, Keyring, LoggedIn, Mfa, MfaSession, NewAccount};
use loquet::{NextStep, Refusal, RoleId};
use loquet_sqlite::SqliteStore;

/// Your users: name, id, role and password hash. An unknown name is checked against `UNKNOWN`, which takes as long.
#[rustfmt::skip]
const USERS: [(&str, u64, Option<RoleId>, &str); 2] = [
    ("ada", 1, Some(RoleId::ADMINISTRATOR), "$argon2id$v=19$m=19456,t=2,p=1$FlT16Jdtn+1KulNoT1Zbow$LWlJxXrqNw8y4Yyq6KSxjX+Wg9OQmb4QPT+rEhKb61c"),
    ("bob", 2, None, "$argon2id$v=19$m=19456,t=2,p=1$EClagK65Yi+Pm/nB1ewiww$zybYNYb3YmOekJW2CgEgv2Jaz8ECrXjcqgMzJ7ETlF8"),
];
#[rustfmt::skip]
const UNKNOWN: (&str, u64, Option<RoleId>, &str) = ("", 0, None, "$argon2id$v=19$m=19456,t=2,p=1$m7cD5JGrYwgZfgwvNGxgdA$A8quZUO2lz3IwK5XpJLJjwTHSsitl47nh+MbeosMCuM");

/// What a request brings: its session, from a cookie, and the client that it came from.
struct Visit(Mfa, MfaSession, Client);

impl FromRequestParts<Mfa> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, mfa: &Mfa) -> Result<Self, Problem> {
        let jar = CookieJar::from_headers(&parts.headers);
        let session = jar.get("mfa").and_then(|it| it.value().parse().ok());
        let session = session.ok_or(Refusal::LogInRequired)?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(
            mfa.clone(),
            session,
            Client::new(peer.map(|it| it.ip())),
        ))
    }
}

/// The guard: a handler that takes it is reached with full rights alone.
struct User(Mfa, Authorized);

impl FromRequestParts<Mfa> for User {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, mfa: &Mfa) -> Result<Self, Problem> {
        let Visit(mfa, session, client) = Visit::from_request_parts(parts, mfa).await?;
        let user = mfa.authorize(&session, &client).await?;
        Ok(Self(mfa, user))
    }
}

/// An error as an answer: it leads to the step that is owed first, or says what is wrong.
struct Problem(Error);

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match (self.0.next_step(), self.0.refusal()) {
            (Some(step), _) => to(step),
            (_, Some(refusal)) => (StatusCode::FORBIDDEN, refusal.code()).into_response(),
            _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

type Answer = Result<Response, Problem>;

fn to(step: NextStep) -> Response {
    let path = match step {
        NextStep::Done => "/",
        NextStep::SecondFactor => "/code",
        NextStep::Enroll => "/enroll",
        _ => "/log-in",
    };
    Redirect::to(path).into_response()
}

/// Keeps the session that a step of the log-in returned, and leads to the next step.
fn go_on(login: &LoggedIn) -> Answer {
    let session = login.session.expose();
    let cookie = format!("mfa={session}; Path=/; HttpOnly; Secure; SameSite=Strict");
    Ok(([(SET_COOKIE, cookie)], to(login.next)).into_response())
}

fn page(body: &str, action: &str, inputs: &str) -> Response {
    let form = format!("<form method=post action={action}>{inputs}<button>OK</button></form>");
    let html = format!("<!doctype html><title>Shop</title>{body} {form} <a href=/>Home</a>");
    ([(CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

const CODE: &str = "<input name=code autocomplete=one-time-code autofocus>";

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    password: String,
    code: String,
}

async fn show_log_in() -> Response {
    let inputs = "<input name=name> <input name=password type=password>";
    page("Name and password?", "/log-in", inputs)
}

type Peer = ConnectInfo<SocketAddr>;

async fn log_in(State(mfa): State<Mfa>, peer: Peer, Form(typed): Form<Typed>) -> Answer {
    let known = USERS.iter().find(|user| user.0 == typed.name);
    let (_, id, _, hash) = *known.unwrap_or(&UNKNOWN);
    let argon2 = Argon2::default();
    if let Err(_wrong) = argon2.verify_password(typed.password.as_bytes(), hash) {
        return Ok(to(NextStep::LogIn));
    }
    go_on(&mfa.log_in(id, Client::at(peer.ip())).await?)
}

async fn show_code() -> Response {
    page("What does your app show?", "/code", CODE)
}

async fn verify(Visit(mfa, session, client): Visit, Form(typed): Form<Typed>) -> Answer {
    go_on(&mfa.verify_code(&session, typed.code, client).await?)
}

async fn show_enroll(Visit(mfa, session, client): Visit) -> Answer {
    let offer = mfa.begin_enrollment(&session, "", client).await?;
    let (svg, key) = (offer.svg("QR code")?, &*offer.key_grouped);
    let body = format!(
        "Scan this with your app, or type {key}: what does it show? {}",
        *svg
    );
    Ok(page(&body, "/enroll", CODE))
}

async fn enroll(Visit(mfa, session, client): Visit, Form(typed): Form<Typed>) -> Answer {
    go_on(&mfa.confirm_enrollment(&session, typed.code, client).await?)
}

/// An administrator enables the second factor, once, and keeps a code for the day when every phone is lost.
async fn show_enable(User(mfa, user): User) -> Answer {
    let code = mfa.admin(&user).propose_break_glass().await?;
    let body = format!("Write down {}. Its last group?", *code.expose());
    Ok(page(&body, "/enable", CODE))
}

async fn enable(User(mfa, user): User, Form(typed): Form<Typed>) -> Answer {
    mfa.admin(&user).enable(typed.code).await?;
    Ok(to(NextStep::Enroll))
}

async fn home(User(_, user): User) -> Response {
    let (name, shown) = (user.external_id(), user.assurance());
    let links = "<a href=/enroll>Enroll</a>, <a href=/enable>enable</a>, log out:";
    page(&format!("Hello {name}, {shown:?}. {links}"), "/log-out", "")
}

async fn log_out(Visit(mfa, session, _): Visit) -> Answer {
    mfa.log_out(&session).await?;
    Ok(to(NextStep::LogIn))
}

pub(crate) async fn app(mfa: Mfa) -> Result<Router, Error> {
    for (name, id, role, _) in USERS {
        let user = NewAccount::new(id, name).roles(role);
        mfa.provision().ensure_account(user).await?;
    }
    Ok(Router::new()
        .route("/", get(home))
        .route("/log-in", get(show_log_in).post(log_in))
        .route("/code", get(show_code).post(verify))
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
