//! Where the extractors and guards find a request's session, and what they answer where they let it through to nothing.

use std::future::Future;

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use loquet::{Client, Error, Mfa, MfaSession, UnixTime};
use loquet_ipfilter::Resolved;

use crate::host::{BoxError, PagesHost};
use crate::mount::Pages;
use crate::problem::Problem;
use crate::visit::Visit;

/// Where the extractors and guards find the service and a request's session: the state of a router.
///
/// [`Pages`] finds the session by its cookie. [`Mfa`] finds an [`MfaSession`] in the request's extensions, where a layer of
/// the host has put it, and the client in a [`Client`] there, or else in what the `ClientAddressLayer` or the `IpFilterLayer`
/// of `loquet-tower` has put there. Without either the address is unknown. A host with a state of its own writes the trait in
/// a few lines:
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

    /// Returns the client that a request comes from. It is asked after [`session`](Self::session).
    fn client(&self, request: &Parts) -> Client;

    /// Returns the session that the host keeps for a request. Each guard and each extractor asks.
    fn session(
        &self,
        request: &mut Parts,
    ) -> impl Future<Output = Result<Option<MfaSession>, BoxError>> + Send;

    /// Writes down that the session was used now, where the host keeps [`Client::last_seen`]. It is called once a session
    /// was let through, never for one that owes a code.
    fn used(&self, request: &Parts) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = request;
        async { Ok(()) }
    }

    /// Answers a request that is not let through, and one whose session could not be loaded. The default answers with the
    /// problem itself; [`Pages`] answers as [`Pages::refuse`] does.
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
        let resolved = || Client::new(request.extensions.get::<Resolved>()?.address).into();
        let client = request.extensions.get().copied();
        client.or_else(resolved).unwrap_or_default()
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        Ok(request.extensions.get().copied())
    }
}

/// When the session of this request was last used.
#[derive(Clone, Copy)]
struct LastSeen(UnixTime);

impl<H: PagesHost> SessionSource for Pages<H> {
    fn mfa(&self) -> &Mfa {
        self.mfa()
    }

    fn client(&self, request: &Parts) -> Client {
        let seen = request.extensions.get().map(|LastSeen(time)| *time);
        Client::new(self.0.host.address(&request.extensions)).last_seen(seen)
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        let Some(key) = Visit::of(request).key(self.0.marking) else {
            return Ok(None);
        };
        let saved = self.0.host.load(key).await?;
        if let Some(seen) = saved.and_then(|it| it.last_seen) {
            request.extensions.insert(LastSeen(seen));
        }
        Ok(saved.map(|it| it.session))
    }

    async fn used(&self, request: &Parts) -> Result<(), BoxError> {
        match Visit::of(request).key(self.0.marking) {
            Some(key) => self.0.host.used(key).await,
            None => Ok(()),
        }
    }

    fn reject(&self, request: &Parts, rejection: Rejection) -> Response {
        let visit = Visit::of(request);
        match rejection {
            Rejection::Problem(problem) => self.refuse(&visit, problem),
            Rejection::Host(fault) if visit.wants_page => self.unavailable(&visit, &*fault),
            Rejection::Host(fault) => {
                self.0.host.report(&*fault);
                Rejection::Host(fault).into_response()
            }
        }
    }
}
