//! Passwords: Argon2id, hashed off the runtime's threads, a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use loquet_web::BoxError;
use tokio::sync::Semaphore;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;
use zeroize::Zeroizing;

use crate::brake::Try;

/// The longest password that is hashed, in characters.
pub(crate) const MAX_PASSWORD: usize = 256;

/// Hashes at the same time: each takes 19 MiB.
const AT_ONCE: usize = 4;

/// Checks at the same time, most of which wait for a hash. The next one is refused at once.
const WAITING: usize = 64;

/// One password to check.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) password: Zeroizing<String>,
    /// The stored hash; `None` where no account has the name. The answer is then "wrong", after the same work.
    pub(crate) stored: Option<String>,
    pub(crate) spent: Try,
}

/// Answers whether the password is right. An error means that the server is too busy.
pub(crate) type Checker = BoxCloneSyncService<Check, bool, BoxError>;

pub(crate) fn checker() -> Result<Checker, String> {
    let decoy: Arc<str> = hash("the password of no account")?.into();
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    let service = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(WAITING)
        .service_fn(move |check| verify(Arc::clone(&seats), Arc::clone(&decoy), check));
    Ok(BoxCloneSyncService::new(service))
}

async fn verify(seats: Arc<Semaphore>, decoy: Arc<str>, check: Check) -> Result<bool, BoxError> {
    let seat = seats.acquire_owned().await?;
    let work = move || {
        // A client that hangs up does not stop the hash: the seat and the try stay with it.
        let _seat = seat;
        let stored = check.stored.as_deref().unwrap_or(&decoy);
        let matches = PasswordHash::new(stored).is_ok_and(|hash| {
            argon2()
                .verify_password(check.password.as_bytes(), &hash)
                .is_ok()
        });
        let is_right = matches && check.stored.is_some();
        if !is_right {
            check.spent.keep();
        }
        is_right
    };
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// The PHC text of a password's hash, with a random salt.
pub(crate) fn hash(password: &str) -> Result<String, String> {
    argon2()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|fault| fault.to_string())
}

/// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}
