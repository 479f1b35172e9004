//! A store for Loquet in PostgreSQL: any number of nodes on one database.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! use loquet::{Keyring, Mfa};
//! use loquet_postgres::{PostgresStore, migrate};
//! use sqlx::PgPool;
//!
//! let pool = PgPool::connect("postgres://app@localhost/app").await?;
//! migrate(&pool).await?; // or `schema/0001_loquet.sql` by the service's own migration tool
//! let store = PostgresStore::open(pool.clone()).await?; // shares the service's pool
//! let mfa = Mfa::builder(store).keyring(Keyring::single(1, [7; 32])).issuer("Shop").open().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//! - **Two round trips.** A step of a log-in is one statement that reads all rows at one moment, and one that checks every
//!   version and writes all. No lock is held between them. [`pool_options`] says what the pool must not add.
//! - **Atomic.** Of any number of nodes that expect the same version, one wins, and what a decision has only read is as it
//!   was: each change happens at one moment. [`isolation`] says why, and why `READ COMMITTED` is enough.
//! - **Durable.** [`Commit::Done`](loquet::store::Commit::Done) comes after the commit. Where `synchronous_commit` is `off`,
//!   changes of Loquet turn it on for themselves.
//! - **One clock.** [`Mfa::now`](loquet::Mfa::now) goes by the database's clock, which each load brings along. A node whose
//!   clock is wrong neither consumes future time steps nor accepts old ones.
//! - **Clear outcomes.** A connection that breaks during a change is [`Fault::Unknown`](loquet::store::Fault::Unknown), and
//!   the attempt's row settles it; a timeout, a full pool or a deadlock has written nothing.
//! - **No state of a session.** Neither `LISTEN` nor a lock beyond its transaction nor a temporary table: PgBouncer may be
//!   in between, in transaction mode ([`operations`] says how).
//!
//! # Nothing is cached
//! Access rules, settings and roles are read with each decision, in the same statement. So all nodes follow a change from the
//! moment of its commit on. Compiled rules are kept, each node its own, and are used only if the text that was read is theirs.
//!
//! [`measured`] compares the log-ins a second with the same statements by hand.
//!
//! # Use in the service's database
//! The names of all tables and functions begin with `loquet_`; their version is in `loquet_schema`. [`migrate`] creates
//! them, and needs a role that may; [`PostgresStore::open`] only looks. [`ROLES`] gives the service's role what it needs and
//! no more.
//!
//! # Versions
//! PostgreSQL 14 or later: the suite runs on 15, and has passed on 14 and 18 too. `sqlx` stands in the API, at one version
//! (0.9): if Cargo found two of them, the service's pool would be of another type than this crate's.

mod clock;
mod fault;
mod host_transaction;
mod one;
mod open;
mod read;
mod receiver;
mod store;
mod write;

pub use fault::to_fault;
pub use host_transaction::HostTransaction;
pub use open::{OpenError, ROLES, SCHEMA, migrate, pool_options};
pub use receiver::Receiver;
pub use store::PostgresStore;

#[cfg(doc)]
#[doc = include_str!("../docs/isolation.md")]
pub mod isolation {}

#[cfg(doc)]
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
