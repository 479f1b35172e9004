//! Passwords: Argon2id, hashed off the runtime's threads, a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use loquet_web::BoxError;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The longest password that is hashed, in characters.
pub(crate) const MAX_PASSWORD: usize = 256;

/// Hashes at the same time: each takes 19 MiB.
const AT_ONCE: usize = 4;

/// Checks at the same time, most of which wait for a hash. The next one is refused at once.
const WAITING: usize = 64;

/// Checks passwords.
#[derive(Debug, Clone)]
pub(crate) struct Checker {
    waiting: Arc<Semaphore>,
    seats: Arc<Semaphore>,
    /// Checked where no account has the name, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Checker {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            decoy: hash("the password of no account")?.into(),
        })
    }

    /// Returns whether the password has the stored hash. An error means that the server is too busy.
    pub(crate) async fn check(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, BoxError> {
        let _place = self.waiting.try_acquire()?;
        let seat = Arc::clone(&self.seats).acquire_owned().await?;
        let decoy = Arc::clone(&self.decoy);
        let work = move || {
            // A client that hangs up does not stop the hash: the seat stays with it.
            let _seat = seat;
            let hash = stored.as_deref().unwrap_or(&decoy);
            let verified = argon2().verify_password(password.as_bytes(), hash);
            verified.is_ok() && stored.is_some()
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

/// Returns the PHC text of a password's hash, with a random salt.
pub(crate) fn hash(password: &str) -> Result<String, String> {
    let hash = argon2().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|fault| fault.to_string())
}

/// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
