//! Loquet's notices as letters, in French and English.
//!
//! A [`Renderer`] turns a [`Letter`](loquet::Letter) into a subject and a plain text, for every event that Loquet tells; the
//! host only sends them, with the mailer that it has:
//!
//! ```
//! use loquet::{Deliver, DeliveryError, Letter};
//! use loquet_mail::{Language, Rendered, Renderer};
//!
//! struct Outgoing { renderer: Renderer }
//!
//! impl Deliver for Outgoing {
//!     async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
//!         // The language is the host's to know.
//!         let Rendered { subject, body } = self.renderer.render(letter, Language::English);
//!         if let Some(address) = &letter.address {
//!             println!("to {}: {subject}\n\n{body}", address.as_str()); // or the host's mailer
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # async fn round(operator: loquet::Operator) -> Result<(), loquet::Error> {
//! // Where the pages of `loquet-web` are mounted, for the links in the letters.
//! let outgoing = Outgoing { renderer: Renderer::new("https://shop.example/mfa") };
//! operator.run_maintenance(&outgoing).await?; // every minute
//! # Ok(()) }
//! ```
//!
//! # Features
//! - `lettre` (off by default) adds `Post`, which sends each letter over any transport of the `lettre` crate.
//!   A host with a mailer of its own does not need it.

mod language;
#[cfg(feature = "lettre")]
mod post;
mod renderer;
mod texts;
mod when;

pub use language::Language;
#[cfg(feature = "lettre")]
pub use post::{MailError, Post};
pub use renderer::{Rendered, Renderer};
pub use when::{day, moment};
