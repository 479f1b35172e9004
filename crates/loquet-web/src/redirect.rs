//! Where a browser goes on to from a handler of the host's own: after a step, and when it is refused.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::{Error, LoggedIn, NextStep, Refusal};

use crate::host::PagesHost;
use crate::mount::Pages;
use crate::problem::Problem;
use crate::refusal::{Names, sentence};
use crate::session::Stop;
use crate::visit::Visit;

impl<H: PagesHost> Pages<H> {
    /// Answers a request that is refused, in a handler of the host's own as the guards do.
    ///
    /// A browser, that is a request whose `Accept` names `text/html`, is led to what it must do first:
    ///
    /// | problem | answer |
    /// |---|---|
    /// | a recent code is needed (`NOT_FRESH`, `STEP_UP`) | on to `{base}/step-up?next=` with the path of this request, which leads back there; an account without an authenticator on to `{base}/enroll` from there |
    /// | the password is asked for again (`PASSWORD_REQUIRED`) | on to [`PagesHost::password_page`], which leads back there |
    /// | the log-in is not complete, or the session is over (every other 401) | on to [`PagesHost::log_in`] |
    /// | any other refusal | a page that says it, with the problem's status |
    /// | the store or the configuration is at fault | a page, and the fault to [`PagesHost::report`] |
    ///
    /// After a form the path of this request is opened as a page, so let a page lie under it. Every other request gets the
    /// problem as JSON.
    ///
    /// ```
    /// use axum::extract::State;
    /// use axum::response::{IntoResponse, Response};
    /// use loquet_web::{PagesHost, Pages, User, Visit};
    ///
    /// /// Asks for a code again unless one was given within five minutes.
    /// async fn export<H: PagesHost>(State(pages): State<Pages<H>>, visit: Visit, user: User) -> Response {
    ///     match user.require_code_within(300) {
    ///         Ok(()) => "all the data".into_response(),
    ///         Err(refused) => pages.refuse(&visit, refused),
    ///     }
    /// }
    /// ```
    pub fn refuse(&self, visit: &Visit, problem: impl Into<Problem>) -> Response {
        let problem = problem.into();
        if !visit.wants_page {
            if problem.status().is_server_error() {
                self.0.host.report(problem.error());
            }
            return problem.into_response();
        }
        match problem.error() {
            Error::Refused(Refusal::NotFresh | Refusal::StepUp) => {
                self.to_step_up(&visit.place).into_response()
            }
            Error::Refused(Refusal::PasswordRequired) => {
                self.to_password(&visit.place).into_response()
            }
            Error::Refused(_) if problem.status() == StatusCode::UNAUTHORIZED => {
                Redirect::to(self.0.host.log_in()).into_response()
            }
            Error::Refused(refusal) => {
                let text = sentence(refusal, visit.language, Names::default());
                self.log_in_message(visit, problem.status(), &text)
            }
            fault => self.unavailable(visit, fault),
        }
    }

    /// The way to the page that asks for a code and then leads to `next` (empty: home).
    pub(crate) fn to_step_up(&self, next: &str) -> Redirect {
        with_next(&format!("{}/step-up", self.0.base), next)
    }

    /// The way to the host's page that asks for the password again.
    pub(crate) fn to_password(&self, next: &str) -> Redirect {
        with_next(self.0.host.password_page(), next)
    }

    /// Keeps the session that an operation returned, in place of the one that the browser has, and goes on to `to`; to the
    /// log-in page while a step is owed. The answer sets the session's new cookie, and the device's where it has changed.
    ///
    /// After a changed password for example, which ends every session but this one:
    ///
    /// ```
    /// use axum::extract::State;
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use loquet::Client;
    /// use loquet_web::{PagesHost, Pages, User, Visit};
    ///
    /// async fn change_password<H: PagesHost>(
    ///     State(pages): State<Pages<H>>,
    ///     visit: Visit,
    ///     user: User,
    /// ) -> Response {
    ///     // Here the host checks the old password and writes the new one down.
    ///     let client = Client::new(pages.address(&visit));
    ///     let changed = pages
    ///         .mfa()
    ///         .password_changed(user.account_id(), Some(user.session()), client);
    ///     match changed.await {
    ///         Ok(Some(login)) => pages.go_on(&visit, login, "/account").await,
    ///         Ok(None) => Redirect::to(pages.host().log_in()).into_response(),
    ///         Err(error) => pages.refuse(&visit, error),
    ///     }
    /// }
    /// ```
    pub async fn go_on(&self, visit: &Visit, login: LoggedIn, to: &str) -> Response {
        let response = self.try_go_on(visit, &login, to).await;
        response.unwrap_or_else(|stop| self.stopped(visit, stop))
    }

    async fn try_go_on(&self, visit: &Visit, login: &LoggedIn, to: &str) -> Result<Response, Stop> {
        let to = match login.next {
            NextStep::Done => to,
            owed => self.way(owed),
        };
        let old = visit.key(self.0.marking);
        self.hand_over(old, login, to).await
    }
}

fn with_next(page: &str, next: &str) -> Redirect {
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Redirect::to(&format!("{page}?next={next}"))
}
