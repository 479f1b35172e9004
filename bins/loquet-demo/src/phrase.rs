//! Pass phrases: Argon2id, hashed off the runtime's threads, a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The longest pass phrase that is looked at, in bytes: hashing a longer one would only be work for an attacker to order.
pub(crate) const MAX_PHRASE: usize = 256;

/// Hashes that run at the same time: each takes 19 MiB, and a crowd at the door must not take the machine's memory.
const AT_ONCE: usize = 4;

/// Who waits for one of these. Whoever comes beyond is sent away at once: an unbounded queue would keep the owner waiting
/// for as long as a crowd likes, and every one who waits holds a connection.
const WAITING: usize = 64;

/// The room before the hashes is full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Crowd;

/// Checks pass phrases.
#[derive(Debug, Clone)]
pub(crate) struct Phrases {
    seats: Arc<Semaphore>,
    /// Seats, and those who wait for one.
    room: Arc<Semaphore>,
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
            room: Arc::new(Semaphore::new(AT_ONCE.saturating_add(WAITING))),
            nobody,
        })
    }

    /// Whether `phrase` is the one of `stored`; never for `None`, after the same work.
    ///
    /// # Errors
    /// [`Crowd`], before any work.
    pub(crate) async fn is_right(
        &self,
        phrase: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, Crowd> {
        let _place = self.room.try_acquire().map_err(|_| Crowd)?;
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let _seat = self.seats.acquire().await.map_err(|_| Crowd)?;
        let check = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stored)
                .is_ok_and(|hash| argon2().verify_password(phrase.as_bytes(), &hash).is_ok())
        });
        Ok(check.await.unwrap_or(false) && is_known)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn right() -> Zeroizing<String> {
        Zeroizing::new("right".into())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_crowd_is_sent_away_at_once_and_the_next_one_is_served() {
        let phrases = Phrases::new().unwrap();
        let stored = hash("right").unwrap();
        // Everybody has a place and nobody a seat.
        let seats = phrases.seats.clone().acquire_many_owned(4).await.unwrap();
        let waiting: Vec<_> = (0..AT_ONCE + WAITING)
            .map(|_| {
                let (phrases, stored) = (phrases.clone(), stored.clone());
                tokio::spawn(async move { phrases.is_right(right(), Some(stored)).await })
            })
            .collect();
        while phrases.room.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let beyond = phrases.is_right(right(), Some(stored.clone())).await;
        assert_eq!(beyond, Err(Crowd));
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        for gone in waiting {
            assert!(gone.await.is_err());
        }
        drop(seats);
        assert_eq!(phrases.is_right(right(), Some(stored)).await, Ok(true));
        assert_eq!(phrases.is_right(right(), None).await, Ok(false));
    }
}
