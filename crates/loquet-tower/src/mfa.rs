//! Letting only sessions through that have shown what the rules require of them now.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use http::{Request, Response, StatusCode, request};
use loquet::{Level, Refusal, ServiceError, Stamp};
use loquet_ipfilter::Resolved;
use tower_layer::Layer;
use tower_service::Service;

/// Why a request did not reach its handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum Denied {
    /// No [`Stamp`] in the request's extensions: nobody is logged in.
    NoSession,
    /// The session is over, or may not come from there.
    Over(Refusal),
    /// The session owes a code or an enrollment first.
    Owes(Level),
    /// Nobody can tell, which never allows.
    Unavailable(ServiceError),
}

/// Writes the answer to a request that was let through to no handler.
pub trait Deny<B>: Clone {
    /// The answer. `request` is what came, without its body, so that a page can send the person on to log in.
    fn deny(&self, request: &request::Parts, denied: &Denied) -> Response<B>;
}

/// The plain answer, without a body: 401 to whoever must log in or finish logging in, 403 to a place that is not allowed,
/// 503 when nobody can tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusOnly;

impl<B: Default> Deny<B> for StatusOnly {
    fn deny(&self, _request: &request::Parts, denied: &Denied) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = match denied {
            Denied::Over(Refusal::AccessDenied | Refusal::AccessUnknown) => StatusCode::FORBIDDEN,
            Denied::NoSession | Denied::Over(_) | Denied::Owes(_) => StatusCode::UNAUTHORIZED,
            Denied::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        response
    }
}

/// Lets a request through if its session is worth at least what the rules require now.
///
/// A session layer of the host puts the [`Stamp`] into the request's extensions;
/// [`ClientAddressLayer`](crate::ClientAddressLayer) puts the client there, without which the address is unknown. Handlers
/// find the [`Standing`](loquet::Standing). The rules are asked on every request, so that a reset, a mandate or a new
/// access rule holds from the next one on.
#[derive(Debug, Clone)]
pub struct MfaRequiredLayer<D = StatusOnly> {
    service: loquet::Service,
    least: Level,
    deny: D,
}

impl MfaRequiredLayer {
    /// Whoever has shown all that is required: `Level1` where nothing is, `Level2` where a code is.
    #[must_use]
    pub const fn new(service: loquet::Service) -> Self {
        Self {
            service,
            least: Level::Level1,
            deny: StatusOnly,
        }
    }

    /// Whoever has given a code, required or not.
    #[must_use]
    pub const fn with_code(mut self) -> Self {
        self.least = Level::Level2;
        self
    }
}

impl<D> MfaRequiredLayer<D> {
    /// The same with another answer to those who are not let through.
    #[must_use]
    pub fn deny_with<E>(self, deny: E) -> MfaRequiredLayer<E> {
        MfaRequiredLayer {
            service: self.service,
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
            let stamp = request.extensions().get::<Stamp>().copied();
            let address = request
                .extensions()
                .get::<Resolved>()
                .and_then(|client| client.address);
            let denied = match stamp {
                None => Denied::NoSession,
                Some(stamp) => match layer.service.check(&stamp, address).await {
                    Err(error) => Denied::Unavailable(error),
                    Ok(Err(refusal)) => Denied::Over(refusal),
                    Ok(Ok(standing)) if rank(standing.level) >= rank(layer.least) => {
                        request.extensions_mut().insert(standing);
                        return inner.call(request).await;
                    }
                    Ok(Ok(standing)) => Denied::Owes(standing.level),
                },
            };
            let (parts, _body) = request.into_parts();
            Ok(layer.deny.deny(&parts, &denied))
        }))
    }
}

/// Only these two levels carry rights.
const fn rank(level: Level) -> u8 {
    match level {
        Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly => 0,
        Level::Level1 => 1,
        Level::Level2 => 2,
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
