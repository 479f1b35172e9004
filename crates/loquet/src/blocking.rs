//! Without async: the same futures, driven by the thread that asks.

use std::future::Future;

/// Waits for a future on the present thread, for hosts without an async runtime.
///
/// No runtime is started: the calling thread polls the future and sleeps until the store answers. The store must not need
/// a runtime of its own; [`MemoryStore`](crate::store::MemoryStore) and `loquet_sqlite::SqliteStore` don't, one over `sqlx`
/// does. On a worker of an async runtime it would hold that up: use `.await` there, or `spawn_blocking` around what is not
/// `Send` ([`Mfa::committing_in`](crate::Mfa::committing_in)).
///
/// ```
/// use loquet::{Keyring, Mfa, Wait, store::MemoryStore};
/// let mfa = Mfa::builder(MemoryStore::new()).keyring(Keyring::single(1, [7; 32])).issuer("Shop").open().wait()?;
/// # Ok::<(), loquet::Error>(())
/// ```
pub trait Wait: Future + Sized {
    /// Waits for its output.
    fn wait(self) -> Self::Output {
        pollster::block_on(self)
    }
}

impl<F: Future> Wait for F {}

/// Waits for a future on the present thread; see [`Wait`].
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    future.wait()
}
