//! The service, of which each node runs one. Its sessions are in the database too.

use axum::extract::{Form, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware::from_fn_with_state, routing::get, routing::post};
use loquet::{AccountId, Client, LoggedIn, Mfa, MfaSession, NextStep};
use loquet_web::{BoxError, Problem, Progress, Scheme, SessionSource, User, guard};
use sqlx::postgres::PgPool;

/// In place of your users; each has the password `password`.
pub(crate) const USERS: [&str; 8] = [
    "ada", "bob", "carol", "dave", "erin", "frank", "grace", "heidi",
];

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) mfa: Mfa,
    pub(crate) pool: PgPool,
    pub(crate) node: String,
}

pub(crate) fn app(shop: Shop) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/log-in", post(log_in))
        .route("/code", post(verify))
        .layer(from_fn_with_state(Scheme::Http, guard))
        .with_state(shop)
}

#[derive(serde::Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

async fn log_in(State(shop): State<Shop>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let Some(user) = id(&typed.name).filter(|_| typed.password == "password") else {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY.into_response());
    };
    let login = shop.mfa.log_in(user, Client::default()).await?;
    Ok(shop.keep(&login, None).await)
}

async fn verify(
    State(shop): State<Shop>,
    me: Progress,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let verified = shop.mfa.verify_code(me.session(), typed.code, me.client());
    Ok(shop.keep(&verified.await?, cookie(&headers)).await)
}

async fn home(State(shop): State<Shop>, user: User) -> String {
    format!("node {}: Hello {}.", shop.node, user.external_id())
}

impl Shop {
    /// Stores the session in place of an earlier one. The step that led to it is committed, or there would be none to store;
    /// should this fail, the user logs in again.
    async fn keep(&self, login: &LoggedIn, replaces: Option<[u8; 16]>) -> Response {
        match self.store(login, replaces).await {
            Ok(cookie) => {
                let cookie = format!("shop={cookie:032x}; HttpOnly; SameSite=Lax; Path=/");
                let said = match login.next {
                    NextStep::Done => "welcome",
                    _ => "a code is owed",
                };
                ([(SET_COOKIE, cookie)], said).into_response()
            }
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    /// Returns the new cookie. The table has only its hash, of which a thief makes no cookie.
    async fn store(&self, login: &LoggedIn, replaces: Option<[u8; 16]>) -> Result<u128, BoxError> {
        let cookie = loquet::random()?;
        let mut change = self.pool.begin().await?;
        let forget = sqlx::query("DELETE FROM shop_session WHERE cookie = sha256($1)");
        forget.bind(replaces).execute(&mut *change).await?;
        let keep = sqlx::query("INSERT INTO shop_session VALUES (sha256($1), $2)");
        let keep = keep.bind(cookie).bind(login.session.to_bytes());
        keep.execute(&mut *change).await?;
        change.commit().await?;
        Ok(u128::from_be_bytes(cookie))
    }
}

impl SessionSource for Shop {
    fn mfa(&self) -> &Mfa {
        &self.mfa
    }

    /// The peer is the front, and access rules need none here; else see `loquet-tower`.
    fn client(&self, _: &Parts) -> Client {
        Client::default()
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        let sql = "SELECT mfa FROM shop_session WHERE cookie = sha256($1)";
        let found: Option<Vec<u8>> = sqlx::query_scalar(sql)
            .bind(cookie(&request.headers))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.map(|it| MfaSession::from_bytes(&it)).transpose()?)
    }
}

/// The bits of the request's cookie.
fn cookie(headers: &HeaderMap) -> Option<[u8; 16]> {
    let line = headers.get(COOKIE)?.to_str().ok()?;
    let value = line.split("; ").find_map(|it| it.strip_prefix("shop="))?;
    Some(u128::from_str_radix(value, 16).ok()?.to_be_bytes())
}

fn id(name: &str) -> Option<AccountId> {
    let (number, _) = (1_u64..).zip(USERS).find(|(_, user)| *user == name)?;
    Some(number.into())
}
