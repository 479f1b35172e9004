//! Letters over a transport of `lettre`.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport, Message};
use loquet::store::BoxError;
use loquet::{Address, Deliver, Letter};

use crate::Rendered;

/// A letter that cannot become a message; its notice waits in the outbox.
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

/// Delivers letters over a transport, one message to each address. `W` writes them, usually with a
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
/// A message whose acceptance got lost is sent again with the same `Message-ID`, by which mailboxes show it once. A letter
/// to several addresses is sent to each of them, and delivered when all have been accepted; one that is refused keeps the
/// notice in the outbox, and the others receive it again.
///
/// A user of whom Loquet was told no address ([`NewAccount::address`](loquet::NewAccount::address)) gets no message, and the
/// letter counts as delivered. `W` sees such letters too, with [`Letter::addresses`] and [`Letter::already_told`] empty.
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

    /// Returns the messages that a letter becomes, one for each address that the round has not told yet.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn messages(&self, letter: &Letter) -> Result<Vec<Message>, MailError> {
        self.each_message(letter).into_iter().collect()
    }

    fn each_message(&self, letter: &Letter) -> Vec<Result<Message, MailError>> {
        let Some(rendered) = (self.write)(letter) else {
            return Vec::new();
        };
        let message = |address| self.message(letter, &rendered, address);
        letter.addresses.iter().map(message).collect()
    }

    fn message(
        &self,
        letter: &Letter,
        rendered: &Rendered,
        address: &Address,
    ) -> Result<Message, MailError> {
        let to = address
            .as_str()
            .parse()
            .map_err(|why| MailError::BadAddress(letter.external_id.clone(), why))?;
        Ok(Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(self.id(letter, address)))
            .subject(rendered.subject.as_str())
            .header(ContentType::TEXT_PLAIN)
            .body(rendered.body.clone())?)
    }

    /// The same for the same letter to the same address.
    fn id(&self, letter: &Letter, address: &Address) -> String {
        let mut hash = DefaultHasher::new();
        address.hash(&mut hash);
        let (notice, to, host) = (letter.notice, letter.to, self.from.email.domain());
        format!("<{notice}.{to}.{:016x}@{host}>", hash.finish())
    }
}

impl<T, W> Deliver for Post<T, W>
where
    T: AsyncTransport + Sync,
    T::Error: Error + Send + Sync + 'static,
    W: Fn(&Letter) -> Option<Rendered> + Sync,
{
    async fn deliver(&self, letter: &Letter) -> Result<(), BoxError> {
        let mut first: Result<(), BoxError> = Ok(());
        for message in self.each_message(letter) {
            let sent = match message {
                Ok(message) => self.transport.send(message).await.map_err(BoxError::from),
                Err(error) => Err(error.into()),
            };
            first = first.and(sent.map(|_| ()));
        }
        first
    }
}
