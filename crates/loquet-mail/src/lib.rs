//! Notices by mail: [`Post`] hands Loquet's letters to a transport of `lettre`.
//!
//! What a letter says is the host's: it knows its people's language and its own name. `write` turns a [`Letter`] into a
//! subject and a text; [`Post`] addresses it to every address that must hear (the present one, and one that it replaced
//! less than 14 days before), and sends one message to each. Which transport, with which TLS, is chosen by the features of
//! the host's own `lettre`.
//!
//! ```no_run
//! use lettre::{AsyncSmtpTransport, Tokio1Executor};
//! use loquet_mail::{Post, Text};
//! # async fn example(service: loquet::Service) -> Result<(), Box<dyn std::error::Error>> {
//!
//! // For real: AsyncSmtpTransport::<Tokio1Executor>::relay("smtp.example.org")?, with credentials.
//! let smtp = AsyncSmtpTransport::<Tokio1Executor>::unencrypted_localhost();
//! let post = Post::new(smtp, "Garderie <no-reply@example.org>".parse()?, |letter: &loquet::Letter| {
//!     let mut body = format!("{}: {:?}\n", letter.organization, letter.event);
//!     if let Some(link) = &letter.link {
//!         body += &format!("That was not you? https://example.org/mfa/not-me/{}\n", link.expose().as_str());
//!     }
//!     Some(Text { subject: "About your account".into(), body })
//! });
//! // Every few seconds:
//! let round = service.deliver(&post).await?;
//! # let _ = round;
//! # Ok(())
//! # }
//! ```
//!
//! # Once, at least
//! A message whose acceptance got lost is sent again, with the same `Message-ID`: mailboxes that look at it show one. A
//! letter to several addresses is delivered when all of them have been accepted; one that refuses keeps the notice in the
//! outbox, and the others hear of it again.

use std::error::Error;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport, Message};
use loquet::store::BoxError;
use loquet::{Deliver, Letter};

/// What a message says. Plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// As many as it takes.
    pub body: String,
}

/// A letter that cannot become a message; its notice waits in the outbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Loquet was told no address of this person: see `flow::SetAddress`.
    #[error("there is no address of {0:?}")]
    NoAddress(String),
    /// An address that no mail can go to.
    #[error("the address of {0:?} cannot be written to: {1}")]
    BadAddress(String, #[source] lettre::address::AddressError),
    /// The message cannot be built.
    #[error("the message cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Delivers letters over a transport. `W` writes them; it answers `None` for what people need not be told by mail, which
/// then counts as delivered.
#[derive(Debug)]
pub struct Post<T, W> {
    transport: T,
    from: Mailbox,
    write: W,
}

impl<T, W> Post<T, W>
where
    W: Fn(&Letter) -> Option<Text>,
{
    /// Sends as `from`.
    pub const fn new(transport: T, from: Mailbox, write: W) -> Self {
        Self {
            transport,
            from,
            write,
        }
    }

    /// The messages that a letter becomes, one for each address.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn messages(&self, letter: &Letter) -> Result<Vec<Message>, MailError> {
        let Some(Text { subject, body }) = (self.write)(letter) else {
            return Ok(Vec::new());
        };
        if letter.addresses.is_empty() {
            return Err(MailError::NoAddress(letter.external_id.clone()));
        }
        (1..)
            .zip(&letter.addresses)
            .map(|(number, address): (u32, _)| {
                let to = address
                    .as_str()
                    .parse()
                    .map_err(|why| MailError::BadAddress(letter.external_id.clone(), why))?;
                let host = self.from.email.domain();
                let id = format!("<{}.{}.{number}@{host}>", letter.notice, letter.to);
                Ok(Message::builder()
                    .from(self.from.clone())
                    .to(Mailbox::new(None, to))
                    .message_id(Some(id))
                    .subject(subject.as_str())
                    .header(ContentType::TEXT_PLAIN)
                    .body(body.clone())?)
            })
            .collect()
    }
}

impl<T, W> Deliver for Post<T, W>
where
    T: AsyncTransport + Sync,
    T::Error: Error + Send + Sync + 'static,
    W: Fn(&Letter) -> Option<Text> + Sync,
{
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        for message in self.messages(letter)? {
            self.transport.send(message).await?;
        }
        Ok(())
    }
}
