//! A service with a second factor, on pages of its own: `cargo run --example axum`. Open <http://127.0.0.1:3000> and log in
//! as `ada`, an administrator (password `lovelace`), or as `bob` (`builder`).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Form, State};
use axum::response::{Html, IntoResponse, Response};
use axum::{Router, middleware::from_fn, routing::get, routing::post};
use loquet::{Client, Error, Keyring, Mfa, NewAccount, RoleId};
use loquet_sqlite::SqliteStore;
use loquet_web::{BoxError, CookieSessions, Problem, Progress, User, guard};

/// In place of your users and of your check of their passwords.
const USERS: [(&str, &str, u64, RoleId); 2] = [
    ("ada", "lovelace", 1, RoleId::ADMINISTRATOR),
    ("bob", "builder", 2, RoleId::MEMBER),
];

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    password: String,
    code: String,
}

type Sessions = State<CookieSessions>;
type Peer = ConnectInfo<SocketAddr>;
type Answer = Result<Response, Problem>;

fn page(text: &str, action: &str, inputs: &str) -> Response {
    let head = "<meta name=viewport content=width=device-width><title>Shop</title>";
    let form = format!("<form method=post action={action}>{inputs}<button>OK</button></form>");
    Html(format!("<!doctype html>{head}<p>{text}</p>{form}")).into_response()
}

const CODE: &str = "<input name=code autocomplete=one-time-code autofocus>";

async fn show_log_in() -> Response {
    let inputs = "<input name=name autofocus><input name=password type=password>";
    page("Name and password?", "/log-in", inputs)
}

async fn log_in(State(sessions): Sessions, peer: Peer, Form(typed): Form<Typed>) -> Answer {
    let given = (&*typed.name, &*typed.password);
    let Some(user) = USERS.iter().find(|user| (user.0, user.1) == given) else {
        return Ok(show_log_in().await);
    };
    let login = sessions.mfa().log_in(user.2, Client::at(peer.ip())).await?;
    Ok(sessions.go_on(&login))
}

async fn show_code() -> Response {
    page("What does your app show?", "/code", CODE)
}

async fn verify(State(sessions): Sessions, me: Progress, Form(typed): Form<Typed>) -> Answer {
    let verified = sessions
        .mfa()
        .verify_code(me.session(), typed.code, me.client());
    Ok(sessions.go_on(&verified.await?))
}

async fn show_enroll(State(sessions): Sessions, me: Progress) -> Answer {
    let offer = sessions
        .mfa()
        .begin_enrollment(me.session(), "", me.client())
        .await?;
    let (svg, key) = (offer.svg("QR code")?, &*offer.key_grouped);
    let text = format!(
        "Scan this with your app, or type {key}. What does it show? {}",
        *svg
    );
    Ok(page(&text, "/enroll", CODE))
}

async fn enroll(State(sessions): Sessions, me: Progress, Form(typed): Form<Typed>) -> Answer {
    let confirmed = sessions
        .mfa()
        .confirm_enrollment(me.session(), typed.code, me.client());
    Ok(sessions.go_on(&confirmed.await?))
}

/// An administrator enables the second factor, once, and keeps a code for the day when every phone is lost.
async fn show_enable(State(sessions): Sessions, user: User) -> Answer {
    let code = sessions.mfa().admin(&user).propose_break_glass().await?;
    let text = format!("Write down {}. Its last group?", *code.expose());
    Ok(page(&text, "/enable", CODE))
}

async fn enable(State(sessions): Sessions, user: User, Form(typed): Form<Typed>) -> Answer {
    sessions.mfa().admin(&user).enable(typed.code).await?;
    let text = "Enabled. <a href=/enroll>Enroll your phone</a>, or log out:";
    Ok(page(text, "/log-out", ""))
}

/// A page that takes a `User` is reached with full rights alone.
async fn home(user: User) -> Response {
    let (name, shown) = (user.external_id(), user.assurance());
    let links = "<a href=/enroll>Enroll</a>, <a href=/enable>enable</a>, or log out:";
    page(&format!("Hello {name}, {shown:?}. {links}"), "/log-out", "")
}

async fn log_out(State(sessions): Sessions, me: Progress) -> Answer {
    sessions.mfa().log_out(me.session()).await?;
    Ok(sessions.leave())
}

pub(crate) async fn app(mfa: Mfa) -> Result<Router, Error> {
    for (name, _, id, role) in USERS {
        let user = NewAccount::new(id, name).role(role);
        mfa.provision().ensure_account(user).await?;
    }
    Ok(Router::new()
        .route("/", get(home))
        .route("/log-in", get(show_log_in).post(log_in))
        .route("/code", get(show_code).post(verify))
        .route("/enroll", get(show_enroll).post(enroll))
        .route("/enable", get(show_enable).post(enable))
        .route("/log-out", post(log_out))
        .layer(from_fn(guard))
        .with_state(CookieSessions::new(mfa)))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mfa = Mfa::builder(SqliteStore::open("shop.db")?)
        .keyring(Keyring::load_or_create("shop.keys")?)
        .issuer("Shop")
        .open()
        .await?;
    let app = app(mfa).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}
