//! Who is here, and how a session is handed from one level to the next.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::Entered;
use loquet::store::AttemptId;
use loquet::{Level, Refusal, Stamp, Standing};
use maud::Markup;

use crate::cookie::{self, SessionKey, SessionToken};
use crate::host::{BoxError, Host};
use crate::layout::{Content, Viewer};
use crate::mount::Pages;
use crate::parts::Trouble;
use crate::views::Setting;
use crate::views::message::{Message, message};
use crate::visit::Visit;

/// Why a handler ends before its end.
pub(crate) enum Stop {
    /// With another answer than its own.
    Answer(Box<Response>),
    /// With a fault of the store or the host, for the operator.
    Fault(BoxError),
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self::Answer(Box::new(response))
    }
}

impl From<Redirect> for Stop {
    fn from(redirect: Redirect) -> Self {
        redirect.into_response().into()
    }
}

impl From<BoxError> for Stop {
    fn from(fault: BoxError) -> Self {
        Self::Fault(fault)
    }
}

impl From<loquet::ServiceError> for Stop {
    fn from(fault: loquet::ServiceError) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<loquet::NoEntropy> for Stop {
    fn from(fault: loquet::NoEntropy) -> Self {
        Self::Fault(fault.into())
    }
}

/// A request of a browser with a session, and what that session is worth at this moment.
pub(crate) struct Here<H> {
    pub(crate) pages: Pages<H>,
    pub(crate) visit: Visit,
    pub(crate) key: SessionKey,
    pub(crate) stamp: Stamp,
    pub(crate) standing: Standing,
}

/// Nobody is here.
pub(crate) enum Absent {
    /// This browser has no session.
    Stranger,
    /// It had one, and this ended it.
    Ended(SessionKey, Refusal),
    /// It has one that counts only elsewhere.
    Elsewhere(Refusal),
}

impl<H: Host> Pages<H> {
    /// The answer of a handler that stopped.
    pub(crate) fn stopped(&self, visit: &Visit, stop: Stop) -> Response {
        match stop {
            Stop::Answer(response) => *response,
            Stop::Fault(fault) => self.unavailable(visit, &*fault),
        }
    }

    /// Who is here, if anybody.
    pub(crate) async fn here(&self, visit: &Visit) -> Result<Result<Here<H>, Absent>, Stop> {
        let Some(key) = visit.key(self.0.marking) else {
            return Ok(Err(Absent::Stranger));
        };
        let Some(stamp) = self.0.host.load(key).await? else {
            return Ok(Err(Absent::Stranger));
        };
        Ok(
            match self.0.service.check(&stamp, self.address(visit)).await? {
                Ok(standing) => Ok(Here {
                    pages: self.clone(),
                    visit: visit.clone(),
                    key,
                    stamp,
                    standing,
                }),
                Err(
                    refusal @ (Refusal::AccessDenied
                    | Refusal::AccessUnknown
                    | Refusal::PolicyUnavailable),
                ) => Err(Absent::Elsewhere(refusal)),
                Err(refusal) => Err(Absent::Ended(key, refusal)),
            },
        )
    }

    /// Somebody with a session of any level; others are sent to log in, and told why they are no longer here.
    pub(crate) async fn anybody(&self, visit: &Visit) -> Result<Here<H>, Stop> {
        match self.here(visit).await? {
            Ok(here) => Ok(here),
            Err(Absent::Stranger) => Err(Redirect::to(self.0.host.log_in()).into()),
            Err(Absent::Ended(key, refusal)) => {
                Err(self.farewell(visit, key, &refusal).await?.into())
            }
            Err(Absent::Elsewhere(refusal)) => {
                let text = self.sentence(&refusal, visit.language).await?;
                let status = StatusCode::FORBIDDEN;
                Err(self.log_in_message(visit, status, &text).into())
            }
        }
    }

    /// Where somebody of this level goes on.
    pub(crate) fn way(&self, level: Level) -> &str {
        match level {
            Level::Level1 | Level::Level2 => self.0.host.home(),
            Level::HalfLogin | Level::RecoveryOnly | Level::EnrollOnly => self.0.host.log_in(),
        }
    }

    /// Hands a session over, and the device's new cookie with it, where the device is remembered.
    pub(crate) async fn hand_over_on(
        &self,
        old: Option<SessionKey>,
        entered: &Entered,
        to: &str,
    ) -> Result<Response, Stop> {
        let mut response = self.hand_over(old, entered.stamp, to).await?;
        if let Some(id) = entered.device {
            let account = entered.stamp.account();
            cookie::set(&mut response, &self.0.marking.device(account, id));
        }
        Ok(response)
    }

    /// Gives the browser a new cookie for a stamp, forgets the old one, and goes on.
    pub(crate) async fn hand_over(
        &self,
        old: Option<SessionKey>,
        stamp: Stamp,
        to: &str,
    ) -> Result<Response, Stop> {
        let token = SessionToken::random()?;
        self.0.host.save(token.key(), stamp, old).await?;
        let mut response = Redirect::to(to).into_response();
        cookie::set(&mut response, &self.0.marking.session(&token));
        Ok(response)
    }

    /// Forgets a browser's session; `response` tells the browser so.
    pub(crate) async fn let_go(
        &self,
        key: SessionKey,
        mut response: Response,
    ) -> Result<Response, Stop> {
        self.0.host.end(key).await?;
        cookie::set(&mut response, &self.0.marking.forget_session());
        Ok(response)
    }

    pub(crate) async fn farewell(
        &self,
        visit: &Visit,
        key: SessionKey,
        refusal: &Refusal,
    ) -> Result<Response, Stop> {
        let text = self.sentence(refusal, visit.language).await?;
        let page = self.log_in_message(visit, StatusCode::FORBIDDEN, &text);
        self.let_go(key, page).await
    }
}

impl<H: Host> Here<H> {
    /// The setting of a page whose forms start anew.
    pub(crate) fn setting<'a>(&'a self, trouble: Option<&'a Trouble>) -> Result<Setting<'a>, Stop> {
        Ok(Setting {
            language: self.visit.language,
            base: &self.pages.0.base,
            attempt: AttemptId::random()?,
            trouble,
        })
    }

    /// A page. With something to complain about its form was not taken: that is its status, and not "done".
    pub(crate) async fn page(
        &self,
        trouble: Option<&Trouble>,
        title: &str,
        narrow: bool,
        body: Markup,
    ) -> Result<Response, Stop> {
        let status = match trouble {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        let content = Content {
            title,
            viewer: self.viewer().await?,
            narrow,
            body,
        };
        Ok(self.pages.show(&self.visit, status, content))
    }

    /// A page that says one thing.
    pub(crate) async fn message(
        &self,
        status: StatusCode,
        said: &Message<'_>,
    ) -> Result<Response, Stop> {
        let mut response = self.page(None, said.title, true, message(said)).await?;
        *response.status_mut() = status;
        Ok(response)
    }

    /// Who looks, for the frame.
    pub(crate) async fn viewer(&self) -> Result<Viewer, Stop> {
        if !self.is_logged_in() {
            return Ok(Viewer::Halfway);
        }
        let name = self.pages.0.host.name(self.stamp.account()).await?;
        Ok(Viewer::Person {
            name: name.unwrap_or_default(),
            administrator: self.is_administrator(),
        })
    }

    /// Goes on to a page of ours.
    pub(crate) fn go(&self, rest: &str) -> Response {
        Redirect::to(&format!("{}{rest}", self.pages.0.base)).into_response()
    }
}
