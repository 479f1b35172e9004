//! Passwords: Argon2id, hashed off the runtime's threads, a few at a time, in memory that is taken once and kept.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use loquet_web::BoxError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::{Zeroize, Zeroizing};

use crate::shares::{Share, Shares};

/// The longest password that is hashed, in characters.
pub(crate) const MAX_PASSWORD: usize = 256;

/// Hashes at the same time: each fills [`MEMORY`].
const AT_ONCE: usize = 4;

/// Checks at the same time, most of which wait for a hash. The next one is refused at once.
const WAITING: usize = 64;

/// How many of them one address may take.
const OF_ONE_ADDRESS: usize = 8;

// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
/// Blocks of 1 KiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// What one hash fills. An allocator that is asked for it anew by each thread keeps one for each thread.
#[derive(Debug, Default)]
pub(crate) struct Memory(Vec<Block>);

/// A place in the queue of checks, and one of the share of the client's address.
pub(crate) type Place = (OwnedSemaphorePermit, Share);

/// Checks passwords.
#[derive(Debug, Clone)]
pub(crate) struct Checker {
    waiting: Arc<Semaphore>,
    shares: Shares,
    seats: Arc<Semaphore>,
    /// What the seats do not use at the moment.
    memories: Arc<Mutex<Vec<Memory>>>,
    /// Checked where no account has the name, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Checker {
    pub(crate) fn new() -> Result<Self, String> {
        let mut memory = Memory::default();
        let decoy = memory.hash("the password of no account")?.into();
        Ok(Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            shares: Shares::new(OF_ONE_ADDRESS),
            seats: Arc::new(Semaphore::new(AT_ONCE)),
            memories: Arc::new(Mutex::new(vec![memory])),
            decoy,
        })
    }

    /// Returns a place in the queue; `None` means that the queue, or the part of it that this address may take, is full.
    pub(crate) fn queue(&self, address: Option<IpAddr>) -> Option<Place> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().ok()?;
        Some((waiting, self.shares.take(address)?))
    }

    /// Returns whether the password has the stored hash.
    pub(crate) async fn check(
        &self,
        place: Place,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, BoxError> {
        let seat = Arc::clone(&self.seats).acquire_owned().await?;
        let (decoy, memories) = (Arc::clone(&self.decoy), Arc::clone(&self.memories));
        let work = move || {
            // A client that hangs up does not stop the hash, which keeps its places.
            let _places = (seat, place);
            let held = || memories.lock().unwrap_or_else(PoisonError::into_inner);
            // There are never more than seats.
            let mut memory = held().pop().unwrap_or_default();
            let is_right = memory.is_right(&password, stored.as_deref().unwrap_or(&decoy));
            held().push(memory);
            is_right && stored.is_some()
        };
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

impl Memory {
    /// Returns the PHC text of a password's hash, with a random salt.
    pub(crate) fn hash(&mut self, password: &str) -> Result<String, String> {
        let salt: [u8; 16] = loquet::random().map_err(|fault| fault.to_string())?;
        let hash = self.derive(password, &salt);
        let hash = hash.and_then(|hash| Ok(Output::new(&*hash)?));
        let text = hash.and_then(|hash| {
            let phc = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params()?)?,
                salt: Some(Salt::new(&salt)?),
                hash: Some(hash),
            };
            Ok(phc.to_string())
        });
        text.map_err(|fault: BoxError| fault.to_string())
    }

    /// Whether a password has this hash, which is one of [`hash`](Self::hash).
    fn is_right(&mut self, password: &str, phc: &str) -> bool {
        let Ok(PasswordHash {
            salt: Some(salt),
            hash: Some(expected),
            ..
        }) = PasswordHash::new(phc)
        else {
            return false;
        };
        let found = self.derive(password, &salt);
        // Compared in constant time.
        found.is_ok_and(|found| Output::new(&*found).is_ok_and(|found| found == expected))
    }

    fn derive(&mut self, password: &str, salt: &[u8]) -> Result<Zeroizing<[u8; OUTPUT]>, BoxError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?);
        let mut hash = Zeroizing::new([0; OUTPUT]);
        self.0.resize(argon2.params().block_count(), Block::new());
        let filled = argon2.hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            &mut *hash,
            &mut self.0,
        );
        // What is left in it would make guessing the password cheap.
        self.0.iter_mut().for_each(Block::zeroize);
        filled?;
        Ok(hash)
    }
}

fn params() -> Result<Params, argon2::Error> {
    Params::new(MEMORY, PASSES, LANES, Some(OUTPUT))
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;

    use super::*;

    #[test]
    fn only_the_right_password_has_the_hash() {
        let mut memory = Memory::default();
        let hash = memory.hash("quatre canards").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        // What the crate's own verifier, with memory of its own, finds too.
        let own = Argon2::default();
        own.verify_password(b"quatre canards", &*hash).unwrap();
        for (typed, is_right) in [
            ("quatre canards", true),
            ("cinq canards", false),
            ("", false),
        ] {
            assert_eq!(memory.is_right(typed, &hash), is_right, "{typed}");
        }
        assert!(!memory.is_right("quatre canards", "$argon2id$"));
        assert!(memory.0.iter().all(|block| block.as_ref() == [0; 128]));
    }

    #[test]
    fn address_takes_its_share_of_the_queue() {
        let checker = Checker::new().unwrap();
        let take = |from: [u8; 4]| checker.queue(Some(from.into()));
        let mut places: Vec<_> = (0..8).filter_map(|_| take([192, 0, 2, 1])).collect();
        assert!(places.len() == 8 && take([192, 0, 2, 1]).is_none());
        places.extend((2..=8).flat_map(|last| (0..8).filter_map(move |_| take([192, 0, 2, last]))));
        assert!(places.len() == WAITING && take([192, 0, 2, 9]).is_none());
        places.pop();
        assert!(take([192, 0, 2, 1]).is_none() && take([192, 0, 2, 9]).is_some());
    }

    #[tokio::test]
    async fn known_and_unknown_names_fill_the_same_memory() {
        let checker = Checker::new().unwrap();
        let stored = Memory::default().hash("right").unwrap();
        let check = |password: &str, stored: Option<&String>| {
            let password = Zeroizing::new(password.to_owned());
            let (checker, stored) = (checker.clone(), stored.cloned());
            let place = checker.queue(None).unwrap();
            async move { checker.check(place, password, stored).await.unwrap() }
        };
        let many = (0..OF_ONE_ADDRESS).map(|at| {
            let known = (at % 2 == 0).then_some(&stored);
            tokio::spawn(check(if at == 0 { "right" } else { "wrong" }, known))
        });
        let many: Vec<_> = many.collect();
        let mut right = Vec::new();
        for one in many {
            right.push(one.await.unwrap());
        }
        assert_eq!(right.iter().filter(|is_right| **is_right).count(), 1);
        let blocks = usize::try_from(MEMORY).unwrap();
        let are_full = |most: usize| {
            let memories = std::mem::take(&mut *checker.memories.lock().unwrap());
            assert!((1..=most).contains(&memories.len()), "{}", memories.len());
            assert!(memories.iter().all(|memory| memory.0.len() == blocks));
        };
        are_full(AT_ONCE);
        // No memory is left: each alone fills one. The password of the decoy opens no account.
        for stored in [None, Some(&stored)] {
            assert!(!check("the password of no account", stored).await);
            are_full(1);
        }
    }
}
