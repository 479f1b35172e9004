//! What the embedding service does for the pages.

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;

use axum::http::Extensions;
use loquet::Stamp;
use loquet_policy::{AccountId, RoleId};
use maud::Markup;

use crate::{Language, Page, SessionKey};

/// Any error of a host, for its own log.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The service that the pages are mounted in: it keeps browsers' sessions, knows people's names, and draws the frame around
/// each page.
///
/// Sessions live in a table of the host: a [`SessionKey`] (32 bytes, the hash of a cookie), the stamp's forty bytes, and
/// whatever else the host wants to keep with them.
pub trait Host: Send + Sync + 'static {
    /// The stamp that is kept for this browser.
    fn load(
        &self,
        browser: SessionKey,
    ) -> impl Future<Output = Result<Option<Stamp>, BoxError>> + Send;

    /// Keeps a stamp for this browser, and forgets what was kept for `replaces`, in one step: a session has a new cookie
    /// at each change of level, so that a cookie planted or read before is worth nothing after.
    fn save(
        &self,
        browser: SessionKey,
        stamp: Stamp,
        replaces: Option<SessionKey>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Forgets a browser's session.
    fn end(&self, browser: SessionKey) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// What people call the owner of an account.
    fn name(
        &self,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<String>, BoxError>> + Send;

    /// What people call those who have a role, in the plural and with the article ("les employés"). Asked for roles of the
    /// host's own; the three of the article have their names here.
    fn role(&self, role: RoleId, language: Language) -> Option<String> {
        let _ = (role, language);
        None
    }

    /// Where a request comes from: what a layer of `loquet-tower` put into its extensions, or the peer of its socket.
    /// `None` is unknown, which no access rule lets in.
    fn address(&self, request: &Extensions) -> Option<IpAddr>;

    /// Draws the whole document around a page; [`document`](crate::document) does it with the host's name and menu.
    fn frame(&self, page: Page) -> Markup;

    /// Where a person goes who is logged in.
    fn home(&self) -> &str {
        "/"
    }

    /// Where a person logs in. The page there shows [`Pages::interim`](crate::Pages::interim) instead of its form to a
    /// browser that has given the password already.
    fn log_in(&self) -> &str;

    /// Writes a fault to the operator's log. The person sees only that something is wrong and that nothing was lost.
    fn report(&self, fault: &(dyn Error + 'static));
}
