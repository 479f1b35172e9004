//! Tower layers over `http` types: whose request this is, and whether it may come from there.
//!
//! [`ClientAddressLayer`] establishes the client's address and puts a [`Resolved`](loquet_ipfilter::Resolved) into the
//! request's extensions. [`IpFilterLayer`] does the same, asks the filter, adds the
//! [`FilterDecision`], and answers 403 before any handler runs.
//!
//! [`MfaRequiredLayer`] asks what the request's session is worth now and lets only those through that have shown what
//! the rules require.
//!
//! How the address is established is said once, in a [`ClientSource`], which cannot be built for a set-up that would
//! leave every client unknown.

mod client;
mod filter;
mod mfa;

pub use client::{ClientAddressLayer, ClientAddressService, ClientSource, PeerAddress};
pub use filter::{
    FilterDecision, Forbidden, IpFilterLayer, IpFilterService, Person, Refuse, ResponseFuture,
};
pub use mfa::{CheckedFuture, Denied, Deny, MfaRequiredLayer, MfaRequiredService, StatusOnly};
