//! Multi-factor log-in that a service embeds.
//!
//! A [`Service`] runs ceremonies ([`flow`]) over a [`store`]: log-in, codes, enrollment, the owner's switch, an
//! administrator's mandate and reset. Each is decided by a pure function, committed once, and only then told
//! ([`accept`]). Secrets are sealed before a store sees them ([`seal`]); every decision about a person is recorded in an
//! authenticated chain ([`audit`]).
//!
//! ```
//! use loquet::{Keyring, NewAccount, Request, RoleId, Service, flow, store::MemoryStore};
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//!
//! let service = Service::new(MemoryStore::new(), Keyring::single(1, [7; 32]))?;
//! let creche = service.ensure_organization(1_u64.into(), "À petits pas").await?;
//! let marie = NewAccount { id: 2_u64.into(), external_id: "marie", label: "marie@example.org", roles: &[RoleId::PARENT] };
//! let marie = service.ensure_account(creche, marie).await?;
//!
//! // Your service has checked the password:
//! let request = Request::new(Some("203.0.113.7".parse()?))?;
//! let entered = service.run(flow::LogIn { account: marie }, &request).await?.granted();
//! let stamp = entered.expect("nothing is required of parents yet").stamp;
//!
//! // On every request of the session:
//! assert!(service.check(&stamp, request.address).await?.is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! What the standards ask of a verifier, and which test holds it, is in [`conformance`]. `cargo xtask mutants loquet`
//! changes one operator or function at a time, and lists the changes that no test notices.

pub mod accept;
pub mod audit;
pub mod blocking;
mod book;
#[cfg(feature = "contract")]
pub mod contract;
pub mod device;
pub mod disk;
mod edge;
pub mod flow;
mod hash;
pub mod host_tx;
mod lanes;
mod notices;
pub mod observe;
pub mod paper;
mod records;
pub mod seal;
mod service;
mod stamp;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use accept::{Accepted, Settled};
pub use audit::{Checkpoint, CheckpointError};
pub use book::{Address, AddressError};
pub use edge::{Clock, NoEntropy, SystemClock, random};
pub use flow::{Refused, Request};
pub use host_tx::{Committed, Granted, HostTx};
pub use loquet_policy::{AccountId, Level, OrgId, Refusal, RoleId, UnixTime};
pub use notices::{Deliver, Delivered, Letter};
pub use paper::{BreakGlassCode, NotMeLink, ResetCode};
pub use seal::Keyring;
pub use service::{
    Affected, NewAccount, Person, Resealed, Restored, Sealed, Service, ServiceError, Standing,
    Verified, WhatIf,
};
pub use stamp::Stamp;

#[cfg(doc)]
#[doc = include_str!("../docs/conformance.md")]
pub mod conformance {}
