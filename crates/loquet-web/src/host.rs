//! What the embedding service does for the pages.

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;

use axum::http::Extensions;
use axum::response::Html;
use loquet::{AccountId, MfaSession, RoleId, UnixTime};

use crate::{Language, Page, SessionKey};

/// Any error of a host, for its own log.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The session that a host keeps for a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedSession {
    /// As it was given to [`PagesHost::save`].
    pub session: MfaSession,
    /// When it was last used, where the host keeps that: see
    /// [`SessionLimits::inactivity`](loquet::SessionLimits::inactivity).
    pub last_seen: Option<UnixTime>,
}

impl From<MfaSession> for SavedSession {
    fn from(session: MfaSession) -> Self {
        Self {
            session,
            last_seen: None,
        }
    }
}

/// The service that the pages are mounted in: it keeps browsers' sessions, knows users' names, and draws the frame around
/// each page.
///
/// Sessions live in a table of the host: a [`SessionKey`] (32 bytes, the hash of a cookie), the 56 bytes of the
/// [`MfaSession`], and whatever else the host wants to keep with them. The 56 bytes are a bearer credential: a person who can
/// write that table can put an administrator's under the hash of a cookie of their own. Guard it like passwords, or keep
/// none ([`CookieSessions`](crate::CookieSessions)).
pub trait PagesHost: Send + Sync + 'static {
    /// Returns the session that is kept for this browser.
    fn load(
        &self,
        browser: SessionKey,
    ) -> impl Future<Output = Result<Option<SavedSession>, BoxError>> + Send;

    /// Keeps a session for this browser, and forgets what was kept for `replaces`, in one step: a session has a new cookie
    /// after each step of the log-in, so that a cookie planted or read before is worth nothing after.
    fn save(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Writes down that a browser's session was used now, where the host keeps [`SavedSession::last_seen`]: it is called
    /// for sessions that owe nothing, so that an idle one does not become a used one by asking for its page.
    fn used(&self, browser: SessionKey) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = browser;
        async { Ok(()) }
    }

    /// Forgets a browser's session.
    fn end(&self, browser: SessionKey) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Returns the name of an account's owner.
    fn name(
        &self,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<String>, BoxError>> + Send;

    /// Returns what pages call the users who have a role, in the plural and with the article ("le personnel"). For a role
    /// without such a name the pages use the one of [`loquet::Role`], or their own where it is one of the three that Loquet
    /// defines.
    fn role(&self, role: RoleId, language: Language) -> Option<String> {
        let _ = (role, language);
        None
    }

    /// Returns the address that a request comes from: what a layer of `loquet-tower` put into its extensions, or the peer of
    /// its socket. `None` is unknown, which no access rule lets in.
    fn address(&self, request: &Extensions) -> Option<IpAddr>;

    /// Draws the whole document around a page; [`document`](crate::document) does it with the host's name and menu.
    fn frame(&self, page: Page) -> Html<String>;

    /// Returns the path of the page after log-in.
    fn home(&self) -> &str {
        "/"
    }

    /// Returns the path of the log-in page. It shows [`Pages::interim`](crate::Pages::interim) instead of its form to a
    /// browser that has given the password already.
    fn log_in(&self) -> &str;

    /// Returns the path of the page that asks a user who is logged in for the password again. Its form goes to a handler that
    /// checks the password, as carefully as the log-in does, and answers with
    /// [`Pages::readmit`](crate::Pages::readmit) and the `next` of the page's query ([`Visit::parameter`](crate::Visit::parameter)),
    /// which leads back. It is asked for before a first enrollment, and before a change of the notice address where nothing
    /// is bound, unless the password was given in the last five minutes.
    fn password_page(&self) -> &str;

    /// Writes a fault to the operator's log. The page says only that something is wrong and that nothing was lost.
    fn report(&self, fault: &(dyn Error + 'static));
}
