//! Sessions that live in cookies alone.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::{Client, LoggedIn, Mfa, MfaSession, NextStep};
use loquet_ipfilter::Resolved;

use crate::cookie::{self, Marking};
use crate::guard::Scheme;
use crate::host::BoxError;
use crate::source::{Rejection, SessionSource};
use crate::visit::{Visit, own_path};

/// Sessions for a service that keeps none of its own: each lies in a cookie of its browser, `__Host-loquet` (`HttpOnly`,
/// `SameSite=Lax`, `Secure`). The cookie is authenticated and ends with its session, so that a copy of it is worth nothing
/// after a log-out. An idle session ends by its age alone.
///
/// It is the state of a router whose handlers take [`User`](crate::User) and [`Progress`](crate::Progress). The client's
/// address is what a layer of `loquet-tower` found, or else the peer of the socket. A browser that lacks a step is led to
/// its page; a program gets the [`Problem`](crate::Problem). Devices are not remembered.
///
/// ```
/// use axum::{Router, extract::State, response::Response, routing::{get, post}};
/// use loquet_web::{CookieSessions, Problem, Progress, User};
///
/// fn app(mfa: loquet::Mfa) -> Router {
///     Router::new()
///         .route("/", get(async |user: User| format!("Hello {}", user.external_id())))
///         .route("/code", post(verify))
///         .with_state(CookieSessions::new(mfa))
/// }
///
/// async fn verify(
///     State(sessions): State<CookieSessions>,
///     here: Progress,
///     code: String,
/// ) -> Result<Response, Problem> {
///     let login = sessions.mfa().verify_code(here.session(), code, here.client()).await?;
///     Ok(sessions.go_on(&login))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct CookieSessions {
    mfa: Mfa,
    paths: StepPaths,
    marking: Marking,
}

/// The paths of the pages to which a browser is led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepPaths {
    /// Where nothing is owed.
    pub home: &'static str,
    /// The form for name and password.
    pub log_in: &'static str,
    /// The field for the code.
    pub code: &'static str,
    /// The QR code.
    pub enroll: &'static str,
    /// The field for a recovery code.
    pub recover: &'static str,
}

impl Default for StepPaths {
    fn default() -> Self {
        Self {
            home: "/",
            log_in: "/log-in",
            code: "/code",
            enroll: "/enroll",
            recover: "/recover",
        }
    }
}

impl CookieSessions {
    /// Creates them, with the paths of [`StepPaths::default`].
    #[must_use]
    pub fn new(mfa: Mfa) -> Self {
        Self {
            mfa,
            paths: StepPaths::default(),
            marking: Marking { secure: true },
        }
    }

    /// Sets whether browsers come over https; they do unless this says otherwise. Without it the cookie is not `Secure` and
    /// has no `__Host-` prefix: for a demonstration on the loopback address, where Safari keeps no `Secure` cookie.
    #[must_use]
    pub const fn https(mut self, https: bool) -> Self {
        self.marking.secure = https;
        self
    }

    /// Returns how browsers come here, for [`guard`](crate::guard()).
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.marking.scheme()
    }

    /// Sets the paths of the pages.
    #[must_use]
    pub const fn paths(mut self, paths: StepPaths) -> Self {
        self.paths = paths;
        self
    }

    /// Returns the service.
    #[must_use]
    pub const fn mfa(&self) -> &Mfa {
        &self.mfa
    }

    /// Answers after a step of the log-in: sets the new session's cookie, and leads to the page of the next step.
    #[must_use]
    pub fn go_on(&self, login: &LoggedIn) -> Response {
        self.go_on_to(login, self.paths.home)
    }

    /// The same, but leads to `path` where nothing is owed. A `path` that leaves this site is replaced by home.
    ///
    /// A dangerous route that needs a code of the last five minutes sends the browser to the code page with its own path,
    /// and the code page's form sends that path along:
    ///
    /// ```
    /// use axum::response::{IntoResponse, Redirect, Response};
    /// use loquet_web::User;
    ///
    /// async fn export(user: User) -> Response {
    ///     match user.require_code_within(300) {
    ///         Ok(()) => "all the data".into_response(),
    ///         Err(_) => Redirect::to("/code?next=/export").into_response(),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn go_on_to(&self, login: &LoggedIn, path: &str) -> Response {
        let to = match login.next {
            NextStep::Done => Redirect::to(own_path(path).unwrap_or(self.paths.home)),
            owed => self.to(owed),
        };
        let mut response = to.into_response();
        let session = self.marking.session(login.session.expose());
        cookie::set(&mut response, &session);
        response
    }

    /// Answers after a log-out: removes the cookie, and leads to the log-in page.
    #[must_use]
    pub fn leave(&self) -> Response {
        let mut response = Redirect::to(self.paths.log_in).into_response();
        cookie::set(&mut response, &self.marking.forget_session());
        response
    }

    fn to(&self, step: NextStep) -> Redirect {
        Redirect::to(match step {
            NextStep::Done => self.paths.home,
            NextStep::SecondFactor => self.paths.code,
            NextStep::Enroll => self.paths.enroll,
            NextStep::Recover => self.paths.recover,
            _ => self.paths.log_in,
        })
    }
}

impl SessionSource for CookieSessions {
    fn mfa(&self) -> &Mfa {
        &self.mfa
    }

    fn client(&self, request: &Parts) -> Client {
        let peer = request.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|it| it.ip().to_canonical());
        let resolved = request.extensions.get::<Resolved>();
        Client::new(resolved.map_or(peer, |it| it.address))
    }

    async fn session(&self, request: &mut Parts) -> Result<Option<MfaSession>, BoxError> {
        let mut sent = cookie::values(&request.headers, self.marking.session_name());
        Ok(sent.find_map(|value| value.parse().ok()))
    }

    fn reject(&self, request: &Parts, rejection: Rejection) -> Response {
        match &rejection {
            Rejection::Problem(problem)
                if Visit::of(request).wants_page
                    && problem.status() == StatusCode::UNAUTHORIZED =>
            {
                let step = problem.next_step().unwrap_or(NextStep::LogIn);
                self.to(step).into_response()
            }
            _ => rejection.into_response(),
        }
    }
}
