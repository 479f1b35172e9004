//! Letters over a transport of `lettre`.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp;
use lettre::transport::smtp::response::{Category, Code, Detail};
use lettre::{AsyncTransport, Message};
use loquet::{Address, Deliver, DeliveryError, Letter};

use crate::Rendered;

/// A letter that cannot become a message, now or later.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// An address that no mail can go to.
    #[error("the address of {0:?} cannot be written to: {1}")]
    BadAddress(String, #[source] lettre::address::AddressError),
    /// The message cannot be built.
    #[error("the message cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Delivers letters over a transport, one message for each letter. `W` writes them, usually with a
/// [`Renderer`](crate::Renderer); it returns `None` for a letter that is not to be mailed, which then counts as delivered.
/// Which transport, with which TLS, is chosen by the features of the host's own `lettre`.
///
/// ```no_run
/// use lettre::{AsyncSmtpTransport, Tokio1Executor};
/// use loquet_mail::{Language, Post, Renderer};
/// # async fn example(operator: loquet::Operator) -> Result<(), Box<dyn std::error::Error>> {
/// // For real: AsyncSmtpTransport::<Tokio1Executor>::relay("smtp.example.org")?, with credentials.
/// let smtp = AsyncSmtpTransport::<Tokio1Executor>::unencrypted_localhost();
/// let renderer = Renderer::new("https://shop.example/mfa");
/// let post = Post::new(smtp, "Shop <no-reply@shop.example>".parse()?, move |letter: &loquet::Letter| {
///     Some(renderer.render(letter, Language::French))
/// });
/// operator.run_maintenance(&post).await?;
/// # Ok(()) }
/// ```
///
/// # At least once
/// A message whose acceptance got lost is sent again with the same `Message-ID`, by which mailboxes show it once.
///
/// # What is refused for good
/// - an address that cannot be parsed;
/// - an address that the server refuses with 501, 550, 551 or 553 (RFC 5321 §4.2.2), except with the enhanced codes 5.2.z
///   (mailbox full or disabled) and 5.7.z (policy) of RFC 3463;
/// - an address beyond ASCII where the server has no SMTPUTF8.
///
/// Everything else is tried again: replies 4yz, a connection that fails, and replies 5yz that are about the session rather
/// than the address, such as 535 where the host's own credentials have expired.
///
/// A user of whom Loquet was told no address ([`NewAccount::address`](loquet::NewAccount::address)) gets no message, and the
/// letter counts as delivered. `W` sees such letters too, without [`Letter::address`].
#[derive(Debug)]
pub struct Post<T, W> {
    transport: T,
    from: Mailbox,
    write: W,
}

impl<T, W> Post<T, W>
where
    W: Fn(&Letter) -> Option<Rendered>,
{
    /// Creates a delivery that sends as `from`.
    pub const fn new(transport: T, from: Mailbox, write: W) -> Self {
        Self {
            transport,
            from,
            write,
        }
    }

    /// Returns the message that a letter becomes, if any.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn message(&self, letter: &Letter) -> Result<Option<Message>, MailError> {
        let (Some(rendered), Some(address)) = ((self.write)(letter), &letter.address) else {
            return Ok(None);
        };
        let to = address
            .as_str()
            .parse()
            .map_err(|why| MailError::BadAddress(letter.external_id.clone(), why))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(self.id(letter, address)))
            .subject(rendered.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(rendered.body)?;
        Ok(Some(message))
    }

    /// The same for the same letter to the same address.
    fn id(&self, letter: &Letter, address: &Address) -> String {
        let mut hash = DefaultHasher::new();
        address.hash(&mut hash);
        let (notice, to, host) = (letter.notice, letter.to, self.from.email.domain());
        format!("<{notice}.{to}.{:016x}@{host}>", hash.finish())
    }
}

/// Whether the server refuses the address for good, and not only this message.
fn is_permanent(error: &(dyn Error + 'static), address: Option<&Address>) -> bool {
    let Some(error) = error.downcast_ref::<smtp::Error>() else {
        return false;
    };
    // 552 and 554, and 550 with 5.2.z or 5.7.z, may be over tomorrow.
    let text = error.to_string();
    let passes = text.contains("5.2.") || text.contains("5.7.");
    let is_of_address = |code: Code| match (code.category, code.detail) {
        (Category::Syntax, Detail::One) => true,
        (Category::MailSystem, Detail::Zero) => !passes,
        (Category::MailSystem, detail) => matches!(detail, Detail::One | Detail::Three),
        _ => false,
    };
    // `lettre` itself refuses an address that the server cannot take.
    let is_beyond_ascii = address.is_some_and(|it| !it.as_str().is_ascii()) && error.is_client();
    is_beyond_ascii || error.is_permanent() && error.status().is_some_and(is_of_address)
}

impl<T, W> Deliver for Post<T, W>
where
    T: AsyncTransport + Sync,
    T::Error: Error + Send + Sync + 'static,
    W: Fn(&Letter) -> Option<Rendered> + Sync,
{
    async fn deliver(&self, letter: &Letter) -> Result<(), DeliveryError> {
        let message = self.message(letter);
        let Some(message) = message.map_err(|why| DeliveryError::Permanent(why.into()))? else {
            return Ok(());
        };
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if is_permanent(&error, letter.address.as_ref()) => {
                Err(DeliveryError::Permanent(error.into()))
            }
            Err(error) => Err(DeliveryError::Temporary(error.into())),
        }
    }
}
