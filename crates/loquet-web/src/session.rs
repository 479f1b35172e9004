//! Who is here, and how each step of the log-in replaces the session.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use loquet::devices::DeviceId;
use loquet::{
    AccountHandle, AccountId, AdminHandle, Authorized, Error, LoggedIn, LoginProgress, MfaSession,
    NextStep, Refusal,
};
use maud::Markup;

use crate::cookie::{self, SessionKey, SessionToken};
use crate::form::Form;
use crate::form_id::FormId;
use crate::host::{BoxError, PagesHost, SavedSession};
use crate::layout::{Content, Viewer};
use crate::mount::Pages;
use crate::parts::{AFTER_WRONG_CODE, Codes, Trouble};
use crate::views::Setting;
use crate::views::message::{Message, message};
use crate::views::passkey::{Asks, Passkey};
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

impl From<Error> for Stop {
    fn from(fault: Error) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<loquet::NoEntropy> for Stop {
    fn from(fault: loquet::NoEntropy) -> Self {
        Self::Fault(fault.into())
    }
}

/// A request of a browser with a session, and how far its log-in has come.
pub(crate) struct Here<H> {
    pub(crate) pages: Pages<H>,
    pub(crate) visit: Visit,
    pub(crate) key: SessionKey,
    pub(crate) session: MfaSession,
    pub(crate) progress: LoginProgress,
    /// Whether this form was shown again after a wrong code.
    pub(crate) after_wrong_code: bool,
}

/// Why there is no session.
pub(crate) enum Absent {
    /// The browser has none.
    NoSession,
    /// It had one, which ended for this reason.
    Ended(SessionKey, Refusal),
    /// It has one that is refused from this address.
    Elsewhere(Refusal),
}

impl<H: PagesHost> Pages<H> {
    /// The answer of a handler that stopped.
    pub(crate) fn stopped(&self, visit: &Visit, stop: Stop) -> Response {
        match stop {
            Stop::Answer(response) => *response,
            Stop::Fault(fault) => self.unavailable(visit, &*fault),
        }
    }

    /// Returns who is here, if there is a session.
    pub(crate) async fn here(&self, visit: &Visit) -> Result<Result<Here<H>, Absent>, Stop> {
        let Some(key) = visit.key(self.0.marking) else {
            return Ok(Err(Absent::NoSession));
        };
        let Some(SavedSession { session, last_seen }) = self.0.host.load(key).await? else {
            return Ok(Err(Absent::NoSession));
        };
        let client = self.client(visit).last_seen(last_seen);
        match self.0.mfa.login_progress(&session, &client).await {
            Ok(progress) => {
                if progress.user().is_some() {
                    self.0.host.used(key).await?;
                }
                Ok(Ok(Here {
                    pages: self.clone(),
                    visit: visit.clone(),
                    key,
                    session,
                    progress,
                    after_wrong_code: false,
                }))
            }
            Err(Error::Refused(
                refusal @ (Refusal::AccessDenied
                | Refusal::AccessUnknown
                | Refusal::PolicyUnavailable),
            )) => Ok(Err(Absent::Elsewhere(refusal))),
            Err(Error::Refused(refusal)) => Ok(Err(Absent::Ended(key, refusal))),
            Err(fault) => Err(fault.into()),
        }
    }

    /// A visitor with a session; others are sent to log in, and told why their session is over.
    pub(crate) async fn any_session(&self, visit: &Visit) -> Result<Here<H>, Stop> {
        match self.here(visit).await? {
            Ok(here) => Ok(here),
            Err(Absent::NoSession) => Err(Redirect::to(self.0.host.log_in()).into()),
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

    /// The path of the page for the next step.
    pub(crate) fn way(&self, next: NextStep) -> &str {
        match next {
            NextStep::Done => self.0.host.home(),
            _ => self.0.host.log_in(),
        }
    }

    /// This browser as a device of the account, by its cookie.
    pub(crate) async fn device(
        &self,
        visit: &Visit,
        account: AccountId,
    ) -> Result<Option<DeviceId>, Stop> {
        let tag = self.0.mfa.device_cookie_tag(account).await?;
        Ok(visit.device(&self.0.marking.device_name(tag)))
    }

    /// Gives the browser a new cookie for the new session, and the device's new cookie where there is one; forgets the old
    /// session, and goes on.
    pub(crate) async fn hand_over(
        &self,
        old: Option<SessionKey>,
        login: &LoggedIn,
        to: &str,
    ) -> Result<Response, Stop> {
        let token = SessionToken::random()?;
        self.0.host.save(token.key(), login.session, old).await?;
        let mut response = Redirect::to(to).into_response();
        cookie::set(&mut response, &self.0.marking.session(token.value()));
        if let Some(id) = login.device {
            let tag = self.0.mfa.device_cookie_tag(login.account).await?;
            cookie::set(&mut response, &self.0.marking.device(tag, id));
        }
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

impl<H: PagesHost> Here<H> {
    /// The user where nothing is owed; a log-in that is not complete goes on first.
    pub(crate) fn user(&self) -> Result<&Authorized, Stop> {
        let user = self.progress.user();
        user.ok_or_else(|| Redirect::to(self.pages.0.host.log_in()).into())
    }

    /// The same with what the form says of how it came to be shown.
    pub(crate) fn with(self, form: &Form) -> Self {
        Self {
            after_wrong_code: form.fields.is_ticked(AFTER_WRONG_CODE),
            ..self
        }
    }

    /// What the user does with their own account, by this form.
    pub(crate) fn account(&self, form: &Form) -> Result<AccountHandle<'_>, Stop> {
        let handle = self.pages.0.mfa.account(self.user()?);
        Ok(handle.idempotency_key(form.id))
    }

    /// What the administrator does, by this form.
    pub(crate) fn admin(&self, form: &Form) -> Result<AdminHandle<'_>, Stop> {
        Ok(self.reading_admin()?.idempotency_key(form.id))
    }

    /// What the administrator may see.
    pub(crate) fn reading_admin(&self) -> Result<AdminHandle<'_>, Stop> {
        Ok(self.pages.0.mfa.admin(self.user()?))
    }

    /// Replaces the browser's session and goes on.
    pub(crate) async fn hand_over(&self, login: &LoggedIn, to: &str) -> Result<Response, Stop> {
        self.pages.hand_over(Some(self.key), login, to).await
    }

    /// The setting of a page whose forms start anew.
    pub(crate) fn setting<'a>(&'a self, trouble: Option<&'a Trouble>) -> Result<Setting<'a>, Stop> {
        let mut codes = Codes::present(self.overview());
        // A passkey is required, and there is one: no code counts.
        codes.none |= self.is_bound() && !self.overview().accepts_codes();
        Ok(Setting {
            language: self.visit.language,
            base: &self.pages.0.base,
            form_id: FormId::random()?,
            trouble,
            codes,
            passkey: self.progress.passkey_request().map(|options| Passkey {
                asks: Asks::Known,
                options,
                alone: codes.none,
            }),
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
            body: Html(body.into_string()),
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
        let name = self.pages.0.host.name(self.account_id()).await?;
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
