//! Who may open which page.

use axum::http::StatusCode;
use loquet::Refusal;

use crate::host::PagesHost;
use crate::mount::Pages;
use crate::session::{Here, Stop};
use crate::views::message::Message;
use crate::visit::Visit;

/// Whom a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Every visitor with a session, also while the log-in is not complete.
    AnySession,
    /// Every user who is logged in.
    Person,
    Administrator,
    /// An administrator whose authenticator is bound, where the organization has enabled it.
    EnrolledAdministrator,
}

impl<H: PagesHost> Pages<H> {
    /// The visitor, if the page is for them. Others are sent to what they must do first, or told that this is not theirs.
    pub(crate) async fn permit(&self, visit: &Visit, who: Who) -> Result<Here<H>, Stop> {
        let here = self.any_session(visit).await?;
        if who >= Who::Person {
            here.user()?;
        }
        if who >= Who::Administrator && !here.is_administrator() {
            return Err(here.not_theirs().await?);
        }
        if who == Who::EnrolledAdministrator {
            if !here.organization().is_enabled() {
                return Err(here.go("/admin").into());
            }
            if !here.is_bound() {
                return Err(here.go("/enroll").into());
            }
        }
        Ok(here)
    }
}

impl<H: PagesHost> Here<H> {
    async fn not_theirs(&self) -> Result<Stop, Stop> {
        let language = self.visit.language;
        let text = self.pages.sentence(&Refusal::NotAdmin, language).await?;
        let said = Message {
            title: "Administration",
            text: &text,
            on: (language.say("Retour", "Back"), self.pages.0.host.home()),
        };
        Ok(self.message(StatusCode::FORBIDDEN, &said).await?.into())
    }
}
