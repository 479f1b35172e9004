//! Who is there, for the host's own routes.

use std::future::Future;
use std::ops::Deref;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::{Authorized, Client, Error, LoginProgress, Mfa, MfaSession};

use crate::host::{BoxError, Host};
use crate::mount::Pages;
use crate::problem::Problem;
use crate::refusal::{Names, sentence};
use crate::visit::Visit;

/// Where the extractors and guards find the service and a request's session: the state of a router.
///
/// [`Pages`] finds the session by its cookie. [`Mfa`] finds an [`MfaSession`] and a [`Client`] in the request's extensions,
/// where a layer of the host has put them. A host with a state of its own writes one of the two in a few lines:
///
/// ```
/// use axum::http::request::Parts;
/// use loquet::{Client, Mfa, MfaSession};
/// use loquet_web::{BoxError, SessionSource};
///
/// #[derive(Clone)]
/// struct App { mfa: Mfa }
///
/// impl SessionSource for App {
///     fn mfa(&self) -> &Mfa {
///         &self.mfa
///     }
///     fn client(&self, request: &Parts) -> Client {
///         self.mfa.client(request) // or the address of the socket
///     }
///     async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
///         Ok(request.extensions.get().copied()) // or a look into the host's session table
///     }
/// }
/// ```
pub trait SessionSource: Clone + Send + Sync + 'static {
    /// Returns the service.
    fn mfa(&self) -> &Mfa;

    /// Returns the client that a request comes from.
    fn client(&self, request: &Parts) -> Client;

    /// Returns the session that the host keeps for a request.
    fn session(
        &self,
        request: &mut Parts,
    ) -> impl Future<Output = Result<Option<MfaSession>, BoxError>> + Send;

    /// Answers a request that is not let through, and one whose session could not be loaded. The default answers with the
    /// problem itself; [`Pages`] sends a browser that owes a step to the log-in page, and tells it in a page of other reasons.
    fn reject(&self, request: &Parts, rejection: Rejection) -> Response {
        let _ = request;
        rejection.into_response()
    }
}

/// Why a request is not let through.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// Loquet refused, or could not answer.
    Problem(Problem),
    /// The host could not load the session.
    Host(BoxError),
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Host(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

impl SessionSource for Mfa {
    fn mfa(&self) -> &Mfa {
        self
    }

    fn client(&self, request: &Parts) -> Client {
        request.extensions.get().copied().unwrap_or_default()
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        Ok(request.extensions.get().copied())
    }
}

impl<H: Host> SessionSource for Pages<H> {
    fn mfa(&self) -> &Mfa {
        self.mfa()
    }

    fn client(&self, request: &Parts) -> Client {
        Client::new(self.0.host.address(&request.extensions))
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        let visit = Visit::of(request);
        match visit.key(self.0.marking) {
            Some(key) => self.0.host.load(key).await,
            None => Ok(None),
        }
    }

    fn reject(&self, request: &Parts, rejection: Rejection) -> Response {
        let accepts = request.headers.get(header::ACCEPT);
        let is_browser = accepts
            .and_then(|kinds| kinds.to_str().ok())
            .is_some_and(|kinds| kinds.contains("text/html"));
        match rejection {
            Rejection::Problem(problem) if is_browser => self.tell(request, &problem),
            Rejection::Problem(problem) => {
                if problem.status().is_server_error() {
                    self.0.host.report(problem.error());
                }
                problem.into_response()
            }
            Rejection::Host(fault) => self.unavailable(&Visit::of(request), &*fault),
        }
    }
}

impl<H: Host> Pages<H> {
    /// The page for a browser that is not let through.
    fn tell(&self, request: &Parts, problem: &Problem) -> Response {
        let visit = Visit::of(request);
        match problem.error() {
            Error::Refused(_) if problem.status() == StatusCode::UNAUTHORIZED => {
                Redirect::to(self.0.host.log_in()).into_response()
            }
            Error::Refused(refusal) => {
                let text = sentence(refusal, visit.language, Names::default());
                self.log_in_message(&visit, problem.status(), &text)
            }
            fault => self.unavailable(&visit, fault),
        }
    }
}

/// The user of a request, with full rights: an extractor for handlers of the host. It authorizes once per request and keeps
/// the answer in the request's extensions.
///
/// ```
/// use loquet_web::User;
///
/// async fn greeting(user: User) -> String {
///     format!("Hello {}", user.external_id())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct User(pub Authorized);

impl Deref for User {
    type Target = Authorized;

    fn deref(&self) -> &Authorized {
        &self.0
    }
}

/// How far the log-in of a request has come, for pages of the host that belong to the log-in: an extractor for handlers of a
/// session whose password was right. It is no authorization; [`User`] is.
#[derive(Debug, Clone)]
pub struct Progress(pub LoginProgress);

impl Deref for Progress {
    type Target = LoginProgress;

    fn deref(&self) -> &LoginProgress {
        &self.0
    }
}

async fn session<S: SessionSource>(
    source: &S,
    request: &mut Parts,
) -> Result<MfaSession, Rejection> {
    let session = source.session(request).await.map_err(Rejection::Host)?;
    session.ok_or(Rejection::Problem(Problem::no_session()))
}

async fn user<S: SessionSource>(source: &S, request: &mut Parts) -> Result<User, Rejection> {
    if let Some(user) = request.extensions.get::<User>() {
        return Ok(user.clone());
    }
    let known = request.extensions.get::<Progress>();
    let user = match known.and_then(|progress| progress.user()) {
        Some(user) => user.clone(),
        None => {
            let session = session(source, request).await?;
            let client = source.client(request);
            source.mfa().authorize(&session, &client).await?
        }
    };
    let user = User(user);
    request.extensions.insert(user.clone());
    Ok(user)
}

async fn progress<S: SessionSource>(
    source: &S,
    request: &mut Parts,
) -> Result<Progress, Rejection> {
    if let Some(progress) = request.extensions.get::<Progress>() {
        return Ok(progress.clone());
    }
    let session = session(source, request).await?;
    let client = source.client(request);
    let progress = Progress(source.mfa().login_progress(&session, &client).await?);
    request.extensions.insert(progress.clone());
    Ok(progress)
}

impl<S: SessionSource> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(request: &mut Parts, source: &S) -> Result<Self, Response> {
        let user = user(source, request).await;
        user.map_err(|why| source.reject(request, why))
    }
}

impl<S: SessionSource> FromRequestParts<S> for Progress {
    type Rejection = Response;

    async fn from_request_parts(request: &mut Parts, source: &S) -> Result<Self, Response> {
        let progress = progress(source, request).await;
        progress.map_err(|why| source.reject(request, why))
    }
}

/// Middleware that lets through only users with full rights: `from_fn_with_state(mfa, require_mfa::<Mfa>)`, or
/// with [`Pages`] for both. Handlers behind it take [`User`] without another read of the store.
///
/// ```
/// use axum::{Router, middleware, routing::get};
/// use loquet::Mfa;
/// use loquet_web::{User, require_mfa};
///
/// fn private(mfa: Mfa) -> Router {
///     Router::new()
///         .route("/invoices", get(|user: User| async move { user.external_id().to_owned() }))
///         .layer(middleware::from_fn_with_state(mfa.clone(), require_mfa::<Mfa>))
///         .with_state(mfa)
/// }
/// ```
pub async fn require_mfa<S: SessionSource>(
    State(source): State<S>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match user(&source, &mut parts).await {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(why) => source.reject(&parts, why),
    }
}

/// Middleware that lets through every session whose password was right, also while it owes a step. Handlers behind it take
/// [`Progress`] without another read of the store.
pub async fn require_password<S: SessionSource>(
    State(source): State<S>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match progress(&source, &mut parts).await {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(why) => source.reject(&parts, why),
    }
}
