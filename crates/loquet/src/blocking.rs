//! Without async: the same service, driven by the thread that asks.
//!
//! No runtime is started and none is parked. The calling thread polls the one future itself and sleeps until the store
//! answers; what decides is the very same code. The store must not need a runtime of its own:
//! [`MemoryStore`](crate::store::MemoryStore) and `loquet_sqlite::SqliteStore` don't, one over `sqlx` does.
//!
//! ```
//! use loquet::{Keyring, NewAccount, Request, RoleId, blocking, flow, store::MemoryStore};
//!
//! let mfa = blocking::Service::open(MemoryStore::new(), Keyring::single(1, [7; 32]))?;
//! let org = mfa.ensure_organization(1_u64.into(), "My service")?;
//! let marie = NewAccount { id: 2_u64.into(), external_id: "marie", label: "marie@example.org", roles: &[RoleId::PARENT] };
//! let marie = mfa.ensure_account(org, marie)?;
//! let stamp = mfa.run(flow::LogIn { account: marie }, &Request::new(None)?)?.granted()?.stamp;
//! assert!(mfa.check(&stamp, None)?.is_ok());
//! // What has no method here is waited for:
//! let everybody = blocking::wait(mfa.service().everybody(org))?;
//! # assert_eq!(everybody.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Inside an async runtime it would hold up a worker: use [`crate::Service`] there.

use std::future::Future;
use std::net::IpAddr;

use loquet_policy::{AccountId, OrgId, Refusal};

use crate::accept::Settled;
use crate::flow::{Ceremony, Offer, Request};
use crate::host_tx::{Committed, Granted};
use crate::seal::Keyring;
use crate::service::{NewAccount, ServiceError, Standing};
use crate::stamp::Stamp;
use crate::store::{Fault, Store};

/// Runs a future of Loquet's to its end on the present thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(future)
}

/// [`crate::Service`] for threads. Clone it freely: all clones are one.
#[derive(Debug, Clone)]
pub struct Service(crate::Service);

impl From<crate::Service> for Service {
    fn from(service: crate::Service) -> Self {
        Self(service)
    }
}

impl Service {
    /// See [`crate::Service::open`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn open(store: impl Store, ring: Keyring) -> Result<Self, ServiceError> {
        wait(crate::Service::open(store, ring)).map(Self)
    }

    /// The service behind, whose other methods [`wait`] waits for.
    #[must_use]
    pub const fn service(&self) -> &crate::Service {
        &self.0
    }

    /// See [`crate::Service::run`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn run<C: Ceremony>(
        &self,
        ceremony: C,
        request: &Request,
    ) -> Result<Settled<C::Grant>, ServiceError> {
        wait(self.0.run(ceremony, request))
    }

    /// See [`crate::Service::run_in`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn run_in<C: Ceremony>(
        &self,
        ceremony: C,
        request: &Request,
        host: impl for<'a> FnMut(Granted<'a>) -> Result<Committed<'a>, Fault>,
    ) -> Result<Settled<C::Grant>, ServiceError> {
        wait(self.0.run_in(ceremony, request, host))
    }

    /// See [`crate::Service::check`].
    ///
    /// # Errors
    /// [`ServiceError`]; the inner refusal says why the session is over.
    pub fn check(
        &self,
        stamp: &Stamp,
        address: Option<IpAddr>,
    ) -> Result<Result<Standing, Refusal>, ServiceError> {
        wait(self.0.check(stamp, address))
    }

    /// See [`crate::Service::pending`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn pending(&self, stamp: &Stamp) -> Result<Option<Offer>, ServiceError> {
        wait(self.0.pending(stamp))
    }

    /// See [`crate::Service::ensure_organization`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn ensure_organization(&self, id: OrgId, name: &str) -> Result<OrgId, ServiceError> {
        wait(self.0.ensure_organization(id, name))
    }

    /// See [`crate::Service::ensure_account`].
    ///
    /// # Errors
    /// [`ServiceError`].
    pub fn ensure_account(
        &self,
        org: OrgId,
        new: NewAccount<'_>,
    ) -> Result<AccountId, ServiceError> {
        wait(self.0.ensure_account(org, new))
    }
}
