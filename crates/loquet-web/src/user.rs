//! Who is there, for the host's own routes.

use std::ops::Deref;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use loquet::{Authorized, Client, Error, LoginProgress, Mfa, MfaSession, OrgId, Refusal};

use crate::problem::Problem;
use crate::source::{Rejection, SessionSource};

/// The user of a request, with full rights: an extractor for handlers of the host.
///
/// It authorizes once per request: behind [`require_mfa`] it costs no read of the store. The answer is kept for the same
/// session, client and organization alone; a guard of another organization asks anew.
///
/// ```
/// use loquet_web::User;
///
/// async fn greeting(user: User) -> String {
///     format!("Hello {}", user.external_id())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct User {
    authorized: Authorized,
    session: MfaSession,
    client: Client,
}

impl User {
    /// Returns the session, for [`Mfa::verify_code`] and the other steps that take one.
    #[must_use]
    pub const fn session(&self) -> &MfaSession {
        &self.session
    }

    /// Returns the client, for the attempts of those steps.
    #[must_use]
    pub const fn client(&self) -> Client {
        self.client
    }
}

impl Deref for User {
    type Target = Authorized;

    fn deref(&self) -> &Authorized {
        &self.authorized
    }
}

impl From<User> for Authorized {
    fn from(user: User) -> Self {
        user.authorized
    }
}

/// How far the log-in of a request has come, for pages of the host that belong to the log-in: an extractor for handlers of a
/// session whose password was right. It is no authorization; [`User`] is.
///
/// ```
/// use axum::extract::State;
/// use loquet::Mfa;
/// use loquet_web::{Problem, Progress};
///
/// async fn give_code(
///     State(mfa): State<Mfa>,
///     progress: Progress,
///     typed: String,
/// ) -> Result<(), Problem> {
///     let login = mfa.verify_code(progress.session(), typed, progress.client()).await?;
///     // Here the host keeps `login.session` in place of the earlier one.
/// #   let _ = login;
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Progress {
    progress: LoginProgress,
    session: MfaSession,
    client: Client,
}

impl Progress {
    /// Returns the session, for [`Mfa::verify_code`], [`Mfa::begin_enrollment`] and the other steps that take one.
    #[must_use]
    pub const fn session(&self) -> &MfaSession {
        &self.session
    }

    /// Returns the client, for the attempts of those steps.
    #[must_use]
    pub const fn client(&self) -> Client {
        self.client
    }
}

impl Deref for Progress {
    type Target = LoginProgress;

    fn deref(&self) -> &LoginProgress {
        &self.progress
    }
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
struct Asked {
    session: MfaSession,
    client: Client,
}

impl Asked {
    /// The guard before may have written down that the session is used now.
    fn is_same(&self, other: &Self) -> bool {
        let seen = |asked: &Self| asked.client.last_seen(None);
        self.session == other.session && seen(self) == seen(other)
    }

    async fn of<S: SessionSource>(source: &S, request: &mut Parts) -> Result<Self, Rejection> {
        let session = source.session(request).await.map_err(Rejection::Host)?;
        let session = session.ok_or(Rejection::Problem(Problem::no_session()))?;
        let client = source.client(request);
        Ok(Self { session, client })
    }

    /// What was found about the same before, in an organization that this service serves too.
    fn known<T: Of>(&self, request: &Parts, mfa: &Mfa) -> Option<T> {
        let found = request.extensions.get::<Found<T>>()?;
        let org = found.what.organization();
        let is_served = mfa.organization_id().is_none_or(|id| id == org)
            && mfa.shares_sessions_with(&found.mfa);
        (found.asked.is_same(self) && is_served).then(|| found.what.clone())
    }

    fn keep<T: Of>(self, request: &mut Parts, mfa: &Mfa, what: &T) {
        request.extensions.insert(Found {
            asked: self,
            mfa: mfa.clone(),
            what: what.clone(),
        });
    }
}

/// What a guard or an extractor found, in the request's extensions for the next one.
#[derive(Clone)]
struct Found<T> {
    asked: Asked,
    mfa: Mfa,
    what: T,
}

/// What is known of an account of one organization.
trait Of: Clone + Send + Sync + 'static {
    fn organization(&self) -> OrgId;
}

impl Of for User {
    fn organization(&self) -> OrgId {
        self.authorized.organization()
    }
}

impl Of for Progress {
    fn organization(&self) -> OrgId {
        self.overview().organization().id()
    }
}

/// To a guard a session of an account that this service does not know, of another organization for example, is none.
fn refused(error: Error) -> Rejection {
    match error {
        Error::Refused(Refusal::UnknownAccount) => Rejection::Problem(Problem::no_session()),
        error => error.into(),
    }
}

async fn user<S: SessionSource>(source: &S, request: &mut Parts) -> Result<User, Rejection> {
    let asked = Asked::of(source, request).await?;
    let Asked { session, client } = asked;
    if let Some(user) = asked.known::<User>(request, source.mfa()) {
        return Ok(user);
    }
    let progress = asked.known::<Progress>(request, source.mfa());
    let authorized = match progress.and_then(|progress| progress.user().cloned()) {
        Some(user) => user,
        None => {
            let authorized = source.mfa().authorize(&session, &client).await;
            authorized.map_err(refused)?
        }
    };
    source.used(request).await.map_err(Rejection::Host)?;
    let user = User {
        authorized,
        session,
        client,
    };
    asked.keep(request, source.mfa(), &user);
    Ok(user)
}

async fn progress<S: SessionSource>(
    source: &S,
    request: &mut Parts,
) -> Result<Progress, Rejection> {
    let asked = Asked::of(source, request).await?;
    let Asked { session, client } = asked;
    if let Some(progress) = asked.known::<Progress>(request, source.mfa()) {
        return Ok(progress);
    }
    let progress = source.mfa().login_progress(&session, &client).await;
    let progress = Progress {
        progress: progress.map_err(refused)?,
        session,
        client,
    };
    if progress.user().is_some() {
        source.used(request).await.map_err(Rejection::Host)?;
    }
    asked.keep(request, source.mfa(), &progress);
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
/// with [`Pages`](crate::Pages) for both. Handlers behind it take [`User`] without another read of the store.
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
