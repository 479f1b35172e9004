//! A letter, and what delivers it.

use std::future::Future;

use loquet_policy::{AccountId, Event, OrgId, UnixTime};

use crate::account::address_code::AddressCode;
use crate::account::addresses::Address;
use crate::enrollment::codes::NotMeLink;
use crate::error::Error;
use crate::store::BoxError;

/// A message for one person, to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Letter {
    /// The notice's number in the outbox: with `to` and `address` it tells a letter that comes twice.
    pub notice: u64,
    /// Whom to tell.
    pub to: AccountId,
    /// The host's name for that person.
    pub external_id: String,
    /// The address to write to. Each address of the reader gets a letter of its own, the oldest first; `None` where Loquet
    /// was told none.
    pub address: Option<Address>,
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub organization: String,
    /// When it happened.
    pub at: UnixTime,
    /// What happened.
    pub event: Event,
    /// The host's name for the account that the event is about, where it is about another account than the reader's: an
    /// administrator is told whose account was reset, and whose authenticator was disabled. None where the event is the
    /// reader's own or the whole organization's.
    pub about: Option<String>,
    /// In the letters about an enrollment and about a reported loss, to the owner: "that was not me". A letter about an
    /// enrollment that is delivered after its link has expired brings none. `loquet-web` answers the one under
    /// `/not-me/LINK` with [`Mfa::report_unrecognized`](crate::Mfa::report_unrecognized), the other under
    /// `/undo-report/LINK` with [`Mfa::undo_report`](crate::Mfa::undo_report). Only the letter to the oldest address has
    /// one, as long as that receives notices: a new one may be a thief's.
    pub link: Option<NotMeLink>,
    /// In the letter to a new notice address: the code to type back, with
    /// [`AccountHandle::confirm_address`](crate::AccountHandle::confirm_address).
    pub code: Option<AddressCode>,
}

/// How a round of deliveries went.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Delivered {
    /// Letters that were delivered.
    pub letters: u32,
    /// Letters that wait for the next round.
    pub waiting: u32,
    /// Letters that were given up: their address was refused for good, or could not be reached for seven days. The account
    /// says so, to its owner and to the administrators.
    pub failed: u32,
    /// The first fault of what waits, if any.
    pub fault: Option<Error>,
}

/// Why a letter was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It may succeed later: the letter waits for the next round, for seven days at most.
    #[error(transparent)]
    Temporary(#[from] BoxError),
    /// It can never succeed: there is no such mailbox, or the address cannot be written to. The letter is given up.
    #[error(transparent)]
    Permanent(BoxError),
}

/// Delivers letters: by mail, by a message in the host's own pages, as the host likes.
///
/// ```
/// # use loquet::{Deliver, DeliveryError, Letter};
/// struct Mailer;
///
/// impl Deliver for Mailer {
///     async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
///         if let Some(address) = &letter.address {
///             println!("To {address}: {:?}", letter.event);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Deliver: Sync {
    /// Delivers one letter to its one address. The same letter may come twice, where the service stopped before it noted
    /// the first delivery. After a temporary error it waits for the next round; after three, so does what else goes to its
    /// address. A letter without an address is no error.
    ///
    /// A round waits for each letter: return an error after some time rather than never.
    fn deliver(&self, letter: &Letter) -> impl Future<Output = Result<(), DeliveryError>> + Send;
}
