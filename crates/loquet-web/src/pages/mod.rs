//! The handlers: from a request to a ceremony, and from what became of it to a page.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod administration;
pub(crate) mod code;
pub(crate) mod devices;
pub(crate) mod enrol;
pub(crate) mod mandate;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod recover;
pub(crate) mod repudiate;
pub(crate) mod seal;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::store::AttemptId;
use maud::Markup;

use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::Setting;
use crate::{Pages, Viewer, Visit};

/// What a form answers when it is not taken: the page again, with what is wrong, and not "done".
pub(crate) const NOT_TAKEN: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The status of a page that may have something to complain about.
pub(crate) const fn status(trouble: Option<&Trouble>) -> StatusCode {
    if trouble.is_some() {
        NOT_TAKEN
    } else {
        StatusCode::OK
    }
}

impl<H: Host> Pages<H> {
    /// The setting of a page whose forms start anew.
    pub(crate) fn setting<'a>(
        &'a self,
        visit: &Visit,
        trouble: Option<&'a Trouble>,
    ) -> Result<Setting<'a>, Stop> {
        Ok(Setting {
            language: visit.language,
            base: &self.0.base,
            attempt: AttemptId::random()?,
            trouble,
        })
    }

    /// Goes on to a page of ours.
    pub(crate) fn go(&self, rest: &str) -> Response {
        Redirect::to(&format!("{}{rest}", self.0.base)).into_response()
    }

    /// A page for somebody with a session.
    pub(crate) async fn page_for(
        &self,
        visit: &Visit,
        here: &Here,
        trouble: Option<&Trouble>,
        title: &str,
        narrow: bool,
        body: Markup,
    ) -> Result<Response, Stop> {
        let viewer = self.viewer_of(here).await?;
        Ok(self.show(visit, status(trouble), title, viewer, narrow, body))
    }

    /// Who looks, for the frame.
    pub(crate) async fn viewer_of(&self, here: &Here) -> Result<Viewer, Stop> {
        if !here.is_logged_in() {
            return Ok(Viewer::Halfway);
        }
        let name = self
            .0
            .host
            .name(here.stamp.account())
            .await?
            .unwrap_or_default();
        Ok(Viewer::Person {
            name,
            administrator: here.is_administrator(),
        })
    }
}
