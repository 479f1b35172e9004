//! A service with a second factor, on pages of its own: `cargo run --example axum`. Open <http://127.0.0.1:3000> and log in
//! as `ada`, an administrator (password `lovelace`), or as `bob` (`builder`).

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Form, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, middleware::from_fn_with_state, routing::get, routing::post};
use loquet::{Client, Error, Keyring, Mfa, NewAccount, Refusal, RoleId};
use loquet_sqlite::SqliteStore;
use loquet_web::{BoxError, CookieSessions, Language, Problem, Progress, User, guard};

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
type Answer = Result<Response, Sorry>;

/// An error as a page that says it.
struct Sorry(Problem);

impl<E: Into<Error>> From<E> for Sorry {
    fn from(error: E) -> Self {
        Self(error.into().into())
    }
}

impl IntoResponse for Sorry {
    fn into_response(self) -> Response {
        let text = self.0.sentence(Language::English);
        (
            self.0.status(),
            page(&format!("{text} <a href=/>Go on</a>")),
        )
            .into_response()
    }
}

fn page(body: &str) -> Response {
    let head = "<meta name=viewport content=width=device-width><title>Shop</title>";
    Html(format!("<!doctype html>{head}{body}")).into_response()
}

fn form(text: &str, action: &str, inputs: &str) -> Response {
    let form = format!("<form method=post action={action}>{inputs}<button>OK</button></form>");
    page(&format!("<p>{text}</p>{form}"))
}

const CODE: &str = "<input name=code autocomplete=one-time-code autofocus>";

async fn show_log_in() -> Response {
    let inputs = "<input name=name autofocus><input name=password type=password>";
    form("Name and password?", "/log-in", inputs)
}

async fn log_in(State(sessions): Sessions, peer: Peer, Form(typed): Form<Typed>) -> Answer {
    let given = (&*typed.name, &*typed.password);
    let Some(user) = USERS.iter().find(|user| (user.0, user.1) == given) else {
        return Ok(show_log_in().await);
    };
    let login = sessions.mfa().log_in(user.2, Client::at(peer.ip()));
    Ok(sessions.go_on(&login.await?))
}

async fn show_code() -> Response {
    form("What does your app show?", "/code", CODE)
}

async fn verify(State(sessions): Sessions, me: Progress, Form(typed): Form<Typed>) -> Answer {
    let mfa = sessions.mfa();
    let verified = mfa.verify_code(me.session(), typed.code, me.client());
    Ok(sessions.go_on(&verified.await?))
}

/// The QR code, once the enrollment has begun. A user whom an administrator reset types the reset code first.
async fn show_enroll(me: Progress) -> Answer {
    let Some(offer) = me.offer() else {
        let text = "Enroll your phone. (Were you given a reset code?)";
        return Ok(form(text, "/enroll", "<input name=code>"));
    };
    let (svg, key) = (offer.svg("QR code")?, &*offer.key_grouped);
    let text = format!("Scan this, or type {key}. What does the app show? {}", *svg);
    Ok(form(&text, "/enroll/confirm", CODE))
}

async fn enroll(State(sessions): Sessions, me: Progress, Form(typed): Form<Typed>) -> Answer {
    let mfa = sessions.mfa();
    let begun = mfa.begin_enrollment(me.session(), typed.code, me.client());
    let next = match begun.await {
        // Five minutes after the password, it is asked for again.
        Err(Error::Refused(Refusal::PasswordRequired)) => "/log-in",
        begun => begun.map(|_| "/enroll")?,
    };
    Ok(Redirect::to(next).into_response())
}

async fn confirm(State(sessions): Sessions, me: Progress, Form(typed): Form<Typed>) -> Answer {
    let mfa = sessions.mfa();
    let confirmed = mfa.confirm_enrollment(me.session(), typed.code, me.client());
    Ok(sessions.go_on(&confirmed.await?))
}

/// An administrator enables the second factor, once, and keeps a code for the day when every phone is lost.
async fn show_enable(State(sessions): Sessions, user: User) -> Answer {
    let code = sessions.mfa().admin(&user).propose_break_glass().await?;
    let text = format!("Write down {}. Its last group?", *code.expose());
    Ok(form(&text, "/enable", CODE))
}

async fn enable(State(sessions): Sessions, user: User, Form(typed): Form<Typed>) -> Answer {
    sessions.mfa().admin(&user).enable(typed.code).await?;
    Ok(Redirect::to("/enroll").into_response())
}

/// A page that takes a `User` is reached with full rights alone.
async fn home(user: User) -> Response {
    let (name, shown) = (user.external_id(), user.assurance());
    let links = "<a href=/enroll>Enroll</a>, <a href=/enable>enable</a>, or log out:";
    form(&format!("Hello {name}, {shown:?}. {links}"), "/log-out", "")
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
    let sessions = CookieSessions::new(mfa).https(false); // on the loopback address alone
    Ok(Router::new()
        .route("/", get(home))
        .route("/log-in", get(show_log_in).post(log_in))
        .route("/code", get(show_code).post(verify))
        .route("/enroll", get(show_enroll).post(enroll))
        .route("/enroll/confirm", post(confirm))
        .route("/enable", get(show_enable).post(enable))
        .route("/log-out", post(log_out))
        .layer(from_fn_with_state(sessions.scheme(), guard))
        .with_state(sessions))
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
