//! Letting only sessions through that have shown what the rules require of them now.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use http::{Extensions, Request, Response, StatusCode, request};
use loquet::{Assurance, Authorized, Client, Error, Mfa, MfaSession, NextStep, Refusal};
use loquet_ipfilter::Resolved;
use tower_layer::Layer;
use tower_service::Service;

/// Why a request did not reach its handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum Denied {
    /// There is no [`MfaSession`] in the request's extensions.
    NoSession,
    /// The session owes a step of the log-in first.
    Owes(NextStep),
    /// The session has full rights, but no code was given in it.
    CodeNeeded,
    /// The access rules deny the client, or the session is of an account that this service does not know (of another
    /// organization). A session that is over owes a log-in: [`Owes`](Self::Owes).
    Refused(Refusal),
    /// The store or the configuration is at fault, which never allows.
    Unavailable(Error),
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        match (error.next_step(), error) {
            (Some(step), _) => Self::Owes(step),
            (None, Error::Refused(refusal)) => Self::Refused(refusal),
            (None, error) => Self::Unavailable(error),
        }
    }
}

/// Writes the response to a denied request.
pub trait Deny<B>: Clone {
    /// Returns the answer. `request` is what came, without its body, so that a page can send the browser on to log in.
    fn deny(&self, request: &request::Parts, denied: &Denied) -> Response<B>;
}

/// The plain answer, without a body: 401 where a log-in is owed or not complete, 403 where the access rules deny the client,
/// 503 when the store does not answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusOnly;

impl<B: Default> Deny<B> for StatusOnly {
    fn deny(&self, _request: &request::Parts, denied: &Denied) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = match denied {
            Denied::Refused(Refusal::AccessDenied | Refusal::AccessUnknown) => {
                StatusCode::FORBIDDEN
            }
            Denied::Refused(Refusal::PolicyUnavailable) | Denied::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Denied::NoSession | Denied::Refused(_) | Denied::Owes(_) | Denied::CodeNeeded => {
                StatusCode::UNAUTHORIZED
            }
        };
        response
    }
}

/// Lets a request through if [`Mfa::authorize`] does, and puts the [`Authorized`] into its extensions.
///
/// A session layer of the host puts the [`MfaSession`] into the request's extensions. The client is a [`Client`] that the
/// host put there, or else the one that [`ClientAddressLayer`](crate::ClientAddressLayer) found; without either its address is
/// unknown. The rules are asked on every request, so that a reset, a mandate, a log-out or a new access rule holds from the next one on.
#[derive(Debug, Clone)]
pub struct MfaRequiredLayer<D = StatusOnly> {
    mfa: Mfa,
    least: Assurance,
    deny: D,
}

impl MfaRequiredLayer {
    /// Creates a layer that requires what the rules require: a code where one is due, the password alone elsewhere.
    #[must_use]
    pub const fn new(mfa: Mfa) -> Self {
        Self {
            mfa,
            least: Assurance::Aal1,
            deny: StatusOnly,
        }
    }

    /// Requires a code of every session, whatever the rules require.
    #[must_use]
    pub const fn with_code(mut self) -> Self {
        self.least = Assurance::Aal2;
        self
    }
}

fn client(extensions: &Extensions) -> Client {
    let resolved = || Client::new(extensions.get::<Resolved>().and_then(|it| it.address));
    extensions.get().copied().unwrap_or_else(resolved)
}

impl<D> MfaRequiredLayer<D> {
    async fn check(
        &self,
        session: Option<MfaSession>,
        client: &Client,
    ) -> Result<Authorized, Denied> {
        let session = session.ok_or(Denied::NoSession)?;
        let user = self.mfa.authorize(&session, client).await?;
        if user.assurance() < self.least {
            return Err(Denied::CodeNeeded);
        }
        Ok(user)
    }

    /// The same with another answer to those who are not let through.
    #[must_use]
    pub fn deny_with<E>(self, deny: E) -> MfaRequiredLayer<E> {
        MfaRequiredLayer {
            mfa: self.mfa,
            least: self.least,
            deny,
        }
    }
}

impl<S, D: Clone> Layer<S> for MfaRequiredLayer<D> {
    type Service = MfaRequiredService<S, D>;

    fn layer(&self, inner: S) -> Self::Service {
        MfaRequiredService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`MfaRequiredLayer`].
#[derive(Debug, Clone)]
pub struct MfaRequiredService<S, D = StatusOnly> {
    inner: S,
    layer: MfaRequiredLayer<D>,
}

impl<S, D, B, A> Service<Request<B>> for MfaRequiredService<S, D>
where
    S: Service<Request<B>, Response = Response<A>> + Clone + Send + 'static,
    S::Future: Send,
    D: Deny<A> + Send + Sync + 'static,
    B: Send + 'static,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = CheckedFuture<Response<A>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was made ready is the one to call; its clone takes its place.
        let clone = self.inner.clone();
        let mut inner = core::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        CheckedFuture(Box::pin(async move {
            let session = request.extensions().get().copied();
            let client = client(request.extensions());
            match layer.check(session, &client).await {
                Ok(user) => {
                    request.extensions_mut().insert(user);
                    inner.call(request).await
                }
                Err(denied) => {
                    let (parts, _body) = request.into_parts();
                    Ok(layer.deny.deny(&parts, &denied))
                }
            }
        }))
    }
}

/// The answer of the inner service, or the refusal.
pub struct CheckedFuture<R, E>(Pin<Box<dyn Future<Output = Result<R, E>> + Send>>);

impl<R, E> fmt::Debug for CheckedFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckedFuture(..)")
    }
}

impl<R, E> Future for CheckedFuture<R, E> {
    type Output = Result<R, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}
