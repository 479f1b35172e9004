//! Establishing the client's address, once per request.

use core::fmt;
use core::net::IpAddr;
use core::task::{Context, Poll};
use std::sync::Arc;

use http::{Extensions, Request};
use loquet_ipfilter::{ClientAddress, HeaderKind, Proxy, ProxyError, Resolved, TrustedProxies};
use tower_layer::Layer;
use tower_service::Service;

/// Finds the socket's peer address in a request's extensions, where the server put it.
///
/// Closures implement it; for axum: `|e: &Extensions| e.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())`.
pub trait PeerAddress: Send + Sync + 'static {
    /// The peer's address; `None` is a connection without one, such as a Unix socket's. It makes the client unknown, unless
    /// [`ClientSource::behind`] trusts [`Proxy::UnixSocket`].
    fn peer(&self, extensions: &Extensions) -> Option<IpAddr>;
}

impl<F: Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static> PeerAddress for F {
    fn peer(&self, extensions: &Extensions) -> Option<IpAddr> {
        self(extensions)
    }
}

/// How the client's address is established, checked. Cheap to clone.
#[derive(Clone)]
pub struct ClientSource {
    shared: Arc<(ClientAddress, Box<dyn PeerAddress>)>,
}

impl fmt::Debug for ClientSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSource")
            .field("address", &self.shared.0)
            .finish_non_exhaustive()
    }
}

impl ClientSource {
    /// Clients connect to this service themselves; every forwarding header is ignored.
    #[must_use]
    pub fn direct(peer: impl PeerAddress) -> Self {
        Self {
            shared: Arc::new((ClientAddress::Direct, Box::new(peer))),
        }
    }

    /// Clients come through these proxies, which write this header.
    ///
    /// ```
    /// # use core::net::IpAddr;
    /// # use http::Extensions;
    /// # use loquet_tower::ClientSource;
    /// use loquet_tower::loquet_ipfilter::{HeaderKind, Proxy};
    ///
    /// let peer = |request: &Extensions| request.get::<IpAddr>().copied();
    /// let balancer = "10.0.0.0/8".parse::<Proxy>()?;
    /// ClientSource::behind(HeaderKind::XForwardedFor, [balancer], peer)?;
    /// // The service listens on a Unix socket that only the proxy of this machine can open.
    /// ClientSource::behind(HeaderKind::XForwardedFor, [Proxy::UnixSocket], peer)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ProxyError`] when no proxy or every address would be trusted.
    pub fn behind(
        header: HeaderKind,
        trusted: impl IntoIterator<Item = Proxy>,
        peer: impl PeerAddress,
    ) -> Result<Self, ProxyError> {
        let address = ClientAddress::Behind(header, TrustedProxies::new(trusted)?);
        Ok(Self {
            shared: Arc::new((address, Box::new(peer))),
        })
    }

    /// The client of one request.
    #[must_use]
    pub fn resolve<B>(&self, request: &Request<B>) -> Resolved {
        let (address, peer) = &*self.shared;
        let lines = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
        address.resolve(peer.peer(request.extensions()), lines)
    }
}

/// Puts the [`Resolved`] client into the request's extensions.
#[derive(Debug, Clone)]
pub struct ClientAddressLayer {
    source: ClientSource,
}

impl ClientAddressLayer {
    /// A layer over this source.
    #[must_use]
    pub const fn new(source: ClientSource) -> Self {
        Self { source }
    }
}

impl<S> Layer<S> for ClientAddressLayer {
    type Service = ClientAddressService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientAddressService {
            inner,
            source: self.source.clone(),
        }
    }
}

/// The service of [`ClientAddressLayer`].
#[derive(Debug, Clone)]
pub struct ClientAddressService<S> {
    inner: S,
    source: ClientSource,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for ClientAddressService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let resolved = self.source.resolve(&request);
        request.extensions_mut().insert(resolved);
        self.inner.call(request)
    }
}
