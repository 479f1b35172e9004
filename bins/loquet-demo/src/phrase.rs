//! Pass phrases: Argon2id, hashed off the runtime's threads, a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// The longest pass phrase that is looked at, in bytes: hashing a longer one would only be work for an attacker to order.
pub(crate) const MAX_PHRASE: usize = 256;

/// Hashes that run at the same time: each takes 19 MiB, and a crowd at the door must not take the machine's memory.
const AT_ONCE: usize = 4;

/// Checks pass phrases.
#[derive(Debug, Clone)]
pub(crate) struct Phrases {
    seats: Arc<Semaphore>,
    /// The hash of a phrase that nobody has, for names that nobody has: both answers take the same work.
    nobody: Arc<str>,
}

/// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC text of a phrase's hash, with a random salt.
pub(crate) fn hash(phrase: &str) -> Result<String, String> {
    argon2()
        .hash_password(phrase.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|fault| fault.to_string())
}

impl Phrases {
    pub(crate) fn new() -> Result<Self, String> {
        let nobody = hash("a phrase that nobody has")?.into();
        Ok(Self {
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            nobody,
        })
    }

    /// Whether `phrase` is the one of `stored`; never for `None`, after the same work.
    pub(crate) async fn is_right(&self, phrase: String, stored: Option<String>) -> bool {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let Ok(_seat) = self.seats.acquire().await else {
            return false;
        };
        let check = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stored)
                .is_ok_and(|hash| argon2().verify_password(phrase.as_bytes(), &hash).is_ok())
        });
        check.await.unwrap_or(false) && is_known
    }
}
