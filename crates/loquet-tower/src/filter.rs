//! Refusing a request by where it comes from, before any handler runs.

use core::fmt;
use core::future::Future;
use core::net::IpAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use http::{Request, Response, StatusCode, request};
use loquet_ipfilter::{Decision, DeviceTier, Filter, Origin, SharedFilter, Tag, Verdict};
use tower_layer::Layer;
use tower_service::Service;

use crate::ClientSource;

/// Who is logged in, for a session layer to put into the request's extensions before the filter is asked.
///
/// Without it the filter judges a stranger: only rules without a group, and the default, can refuse.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The groups of the person.
    pub tags: Arc<[Tag]>,
    /// How well the person's device is known.
    pub device: DeviceTier,
}

impl Person {
    fn at(&self, address: Option<IpAddr>) -> Origin<'_> {
        Origin {
            address,
            tags: &self.tags,
            device: self.device,
        }
    }
}

/// What the filter decided about a request. The rule that decided takes longer to find and is looked up when a caller
/// asks for it, in the same version of the rules.
#[derive(Debug, Clone)]
pub struct FilterDecision {
    decision: Decision,
    address: Option<IpAddr>,
    person: Option<Person>,
    filter: Arc<Filter>,
}

impl FilterDecision {
    fn about(address: Option<IpAddr>, person: Option<Person>, filter: Arc<Filter>) -> Self {
        let decision = match &person {
            Some(person) => filter.decide(&person.at(address)),
            None => filter.decide_before_login(address),
        };
        Self {
            decision,
            address,
            person,
            filter,
        }
    }

    /// Allow or deny.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// The decision with the rule that made it, for a log line or a page.
    pub fn verdict(&self) -> Verdict {
        match &self.person {
            Some(person) => self.filter.check(&person.at(self.address)),
            None => self.filter.check_before_login(self.address),
        }
    }
}

/// Writes the answer to a refused request.
pub trait Refuse<B>: Clone {
    /// The answer. `request` is what came, without its body, so that the language can be chosen.
    ///
    /// The verdict is for the operator's log: what a stranger reads should not tell which rule refused.
    fn refuse(&self, request: &request::Parts, verdict: &Verdict) -> Response<B>;
}

/// The plain refusal: status 403 with an empty body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forbidden;

impl<B: Default> Refuse<B> for Forbidden {
    fn refuse(&self, _request: &request::Parts, _verdict: &Verdict) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    }
}

/// Establishes the client's address, asks the filter, and refuses or lets through.
///
/// Handlers find the [`Resolved`](loquet_ipfilter::Resolved) client and the [`FilterDecision`] in the request's extensions.
/// The filter is read anew for each request, so replaced rules hold from the next request on, for live sessions too.
#[derive(Debug, Clone)]
pub struct IpFilterLayer<R = Forbidden> {
    source: ClientSource,
    filter: Arc<SharedFilter>,
    refuse: R,
}

impl IpFilterLayer {
    /// A layer that refuses with an empty 403.
    #[must_use]
    pub const fn new(source: ClientSource, filter: Arc<SharedFilter>) -> Self {
        Self {
            source,
            filter,
            refuse: Forbidden,
        }
    }
}

impl<R> IpFilterLayer<R> {
    /// The same with another answer to refused requests.
    #[must_use]
    pub fn refuse_with<Q>(self, refuse: Q) -> IpFilterLayer<Q> {
        IpFilterLayer {
            source: self.source,
            filter: self.filter,
            refuse,
        }
    }
}

impl<S, R: Clone> Layer<S> for IpFilterLayer<R> {
    type Service = IpFilterService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        IpFilterService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`IpFilterLayer`].
#[derive(Debug, Clone)]
pub struct IpFilterService<S, R = Forbidden> {
    inner: S,
    layer: IpFilterLayer<R>,
}

impl<S, R, B, A> Service<Request<B>> for IpFilterService<S, R>
where
    S: Service<Request<B>, Response = Response<A>>,
    R: Refuse<A>,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let resolved = self.layer.source.resolve(&request);
        let decided = FilterDecision::about(
            resolved.address,
            request.extensions().get::<Person>().cloned(),
            self.layer.filter.current(),
        );
        let refused = match decided.decision {
            Decision::Allow => None,
            Decision::Deny => Some(decided.verdict()),
        };
        request.extensions_mut().insert(resolved);
        request.extensions_mut().insert(decided);
        let Some(verdict) = refused else {
            return ResponseFuture(Answer::Inner(Box::pin(self.inner.call(request))));
        };
        let (parts, _body) = request.into_parts();
        ResponseFuture(Answer::Refused(Some(
            self.layer.refuse.refuse(&parts, &verdict),
        )))
    }
}

/// The answer of the inner service, or the refusal.
pub struct ResponseFuture<F, A>(Answer<F, A>);

// The box spares `unsafe` pin projection; it costs one allocation a request, which is nothing beside a handler.
enum Answer<F, A> {
    Inner(Pin<Box<F>>),
    Refused(Option<Response<A>>),
}

// The response is taken out whole and never pinned.
impl<F, A> Unpin for ResponseFuture<F, A> {}

impl<F, A> fmt::Debug for ResponseFuture<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = match self.0 {
            Answer::Inner(_) => "let through",
            Answer::Refused(_) => "refused",
        };
        f.debug_tuple("ResponseFuture").field(&which).finish()
    }
}

impl<F: Future<Output = Result<Response<A>, E>>, A, E> Future for ResponseFuture<F, A> {
    type Output = Result<Response<A>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Answer::Inner(inner) => inner.as_mut().poll(context),
            // A future that is polled again after it was ready stays pending, which its contract leaves open.
            Answer::Refused(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
        }
    }
}
