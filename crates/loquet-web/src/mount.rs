//! The pages over one service and one host, and what every one of them does.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use loquet::{Client, Mfa, NoEntropy};
use maud::PreEscaped;

use crate::cookie::Marking;
use crate::form_id::FormId;
use crate::guard::Scheme;
use crate::host::PagesHost;
use crate::layout::{Content, Page, Viewer};
use crate::parts;
use crate::views::message::{Message, message};
use crate::visit::Visit;

/// How the pages are mounted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The path under which they lie: "/mfa".
    pub base: String,
    /// Whether browsers come over https. If so cookies are `Secure` and carry the `__Host-` prefix, and answers tell browsers to
    /// come over https alone for a year (HSTS); only a demo on the loopback address can do without.
    pub https: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base: "/mfa".to_owned(),
            https: true,
        }
    }
}

/// The pages over one service and one host. Cloning is cheap.
pub struct Pages<H>(pub(crate) Arc<Inner<H>>);

pub(crate) struct Inner<H> {
    pub(crate) mfa: Mfa,
    pub(crate) host: H,
    pub(crate) base: Arc<str>,
    pub(crate) marking: Marking,
}

impl<H> Clone for Pages<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H> fmt::Debug for Pages<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("base", &self.0.base)
            .finish_non_exhaustive()
    }
}

impl<H: PagesHost> Pages<H> {
    /// Creates the pages of `mfa` within `host`.
    #[must_use]
    pub fn new(mfa: Mfa, host: H, settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            mfa,
            host,
            base: settings.base.trim_end_matches('/').into(),
            marking: Marking {
                secure: settings.https,
            },
        }))
    }

    /// Returns the embedding service.
    #[must_use]
    pub fn host(&self) -> &H {
        &self.0.host
    }

    /// Returns the service that the pages show.
    #[must_use]
    pub fn mfa(&self) -> &Mfa {
        &self.0.mfa
    }

    /// Returns the address that a request comes from, as the host says.
    #[must_use]
    pub fn address(&self, visit: &Visit) -> Option<IpAddr> {
        self.0.host.address(&visit.extensions)
    }

    /// Returns how browsers come here, for [`guard`](crate::guard()) around the host's own routes.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.0.marking.scheme()
    }

    pub(crate) fn client(&self, visit: &Visit) -> Client {
        Client::new(self.address(visit))
    }

    /// Draws a form of the host's own that is sent by POST, with the id that [`Pages::admit`] takes. `inside` is written
    /// into it as it is.
    ///
    /// # Errors
    /// [`NoEntropy`], which a running system does not show.
    pub fn form(&self, action: &str, inside: Html<&str>) -> Result<Html<String>, NoEntropy> {
        let inside = PreEscaped(inside.0.to_owned());
        Ok(Html(
            parts::post(action, FormId::random()?, &inside).into_string(),
        ))
    }

    /// Answers with a page in the host's frame.
    #[must_use]
    pub fn show(&self, visit: &Visit, status: StatusCode, content: Content<'_>) -> Response {
        let form_id = match FormId::random() {
            Ok(form_id) => form_id,
            Err(fault) => {
                self.0.host.report(&fault);
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        };
        let page = Page {
            language: visit.language,
            title: content.title.to_owned(),
            body: content.body,
            viewer: content.viewer,
            narrow: content.narrow,
            place: visit.place.clone(),
            base: Arc::clone(&self.0.base),
            form_id,
        };
        (status, self.0.host.frame(page)).into_response()
    }

    /// Answers when the store or the host fails; the operator's log gets the fault. Sending the same form again
    /// is safe: its attempt finds its own outcome.
    pub fn unavailable(&self, visit: &Visit, fault: &(dyn Error + 'static)) -> Response {
        self.0.host.report(fault);
        let language = visit.language;
        let say = Message {
            title: language.say("Un instant", "One moment"),
            text: language.say(
                "Le service ne répond pas en ce moment. Rien n’est perdu\u{a0}: réessayez dans un instant.",
                "The service is not answering at the moment. Nothing is lost: try again in a moment.",
            ),
            on: (language.say("Réessayer", "Try again"), self.0.host.home()),
        };
        self.message(visit, StatusCode::SERVICE_UNAVAILABLE, &say)
    }

    /// A page that says one thing to any visitor.
    pub(crate) fn message(
        &self,
        visit: &Visit,
        status: StatusCode,
        said: &Message<'_>,
    ) -> Response {
        let content = Content {
            title: said.title,
            viewer: Viewer::Visitor,
            narrow: true,
            body: Html(message(said).into_string()),
        };
        self.show(visit, status, content)
    }

    /// The same, with the way to log in.
    pub(crate) fn log_in_message(&self, visit: &Visit, status: StatusCode, text: &str) -> Response {
        let language = visit.language;
        let said = Message {
            title: language.say("Connexion", "Log in"),
            text,
            on: (language.say("Se connecter", "Log in"), self.0.host.log_in()),
        };
        self.message(visit, status, &said)
    }
}
