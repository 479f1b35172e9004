//! Tower layers over `http` types: which client a request comes from, whether it may come from there, and whether its
//! session has shown what is required. The crate knows no web framework; extractors for axum are in `loquet-web`, and find the
//! client that these layers resolved.
//!
//! | layer | puts into the request's extensions | answers itself |
//! |---|---|---|
//! | [`ClientAddressLayer`] | the [`Resolved`](loquet_ipfilter::Resolved) client | never |
//! | [`IpFilterLayer`] | the same, and the [`FilterDecision`] | 403 where the filter denies |
//! | [`MfaRequiredLayer`] | the [`Authorized`](loquet::Authorized) user | 401, 403 or 503 where there is none |
//!
//! A [`ClientSource`] says once how the client's address is established. It cannot be built for a set-up that would leave
//! every client unknown.
//!
//! # Edge rules and organization rules
//! There are two places for access rules, in the same grammar:
//!
//! - *Edge rules* belong to the operator of the service. [`IpFilterLayer`] asks them before any handler, for every request,
//!   log-in page and static files included. They are in a configuration file, and a mistake in them is mended there.
//! - *Organization rules* belong to an organization's administrators, who set them in the pages of `loquet-web` or with
//!   [`set_access_rules`](loquet::AdminHandle::set_access_rules). Loquet asks them where it knows the account: at log-in,
//!   at every code, and on every request by [`Mfa::authorize`](loquet::Mfa::authorize), so that they also see roles and
//!   remembered devices. They cannot lock out the administrator who sets them, and break-glass passes them.
//!
//! A request must pass both. Neither layer reads the other's rules: do not compile an organization's rules into
//! [`IpFilterLayer`], which would hide the log-in page from an administrator whom break-glass must let in.
//!
//! ```
//! use std::net::IpAddr;
//! use std::sync::Arc;
//!
//! use http::Extensions;
//! use loquet_tower::loquet_ipfilter::{Filter, Rules, SharedFilter};
//! use loquet_tower::{ClientSource, IpFilterLayer, MfaRequiredLayer};
//! use tower::ServiceBuilder;
//!
//! # fn layers(mfa: loquet::Mfa) -> Result<(), Box<dyn std::error::Error>> {
//! let client = ClientSource::direct(|request: &Extensions| request.get::<IpAddr>().copied());
//! let edge = Filter::compile(&Rules::parse_text("default allow\ndeny 198.51.100.0/24")?, None)?;
//! let layers = ServiceBuilder::new()
//!     .layer(IpFilterLayer::new(client, Arc::new(SharedFilter::new(edge)))) // the edge rules
//!     // here the host's session layer, which puts the `MfaSession` into the extensions
//!     .layer(MfaRequiredLayer::new(mfa)); // the organization's rules, and the second factor
//! # let _ = layers;
//! # Ok(()) }
//! ```

mod client;
mod filter;
mod mfa;

/// The filter: its rules are in the layers' signatures.
pub use loquet_ipfilter;

pub use client::{ClientAddressLayer, ClientAddressService, ClientSource, PeerAddress};
pub use filter::{
    FilterDecision, Forbidden, IpFilterLayer, IpFilterService, Person, Refuse, ResponseFuture,
};
pub use mfa::{CheckedFuture, Denied, Deny, MfaRequiredLayer, MfaRequiredService, StatusOnly};
