//! The demo as the pages' host.

use std::error::Error;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::response::Html;
use loquet::{AccountId, MfaSession, RoleId};
use loquet_web::{BoxError, Brand, Language, Page, PagesHost, SavedSession, SessionKey, document};

use crate::database::Database;
use crate::people::{self, ORGANIZATION};
use crate::places::{self, Pretended};

/// Two small feet.
const LOGO: &str = include_str!("logo.svg");

/// Where people log in.
pub(crate) const LOG_IN: &str = "/connexion";

/// Where they give the password again.
pub(crate) const AGAIN: &str = "/connexion/encore";

/// "À petits pas" as the pages see it.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    pub(crate) database: Database,
}

impl PagesHost for Demo {
    async fn load(&self, browser: SessionKey) -> Result<Option<SavedSession>, BoxError> {
        self.database.session(browser).await
    }

    async fn save(
        &self,
        browser: SessionKey,
        session: MfaSession,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        self.database.keep(browser, session, replaces).await
    }

    async fn used(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.database.used(browser).await
    }

    async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.database.end(browser).await
    }

    async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        self.database.name(account).await
    }

    fn role(&self, role: RoleId, language: Language) -> Option<String> {
        people::plural(role, language).map(str::to_owned)
    }

    /// The peer of the socket. Behind a proxy this would be the proxy's address, and a layer of `loquet-tower` with the
    /// list of trusted proxies would have to say whose it is.
    fn address(&self, request: &Extensions) -> Option<IpAddr> {
        if let Some(Pretended(address)) = request.get() {
            return Some(*address);
        }
        request
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip().to_canonical())
    }

    fn frame(&self, page: Page) -> Html<String> {
        let language = page.language;
        let brand = Brand {
            name: ORGANIZATION,
            logo: Html(LOGO),
            home: self.home(),
            links: &[
                (language.say("Accueil", "Home"), self.home()),
                (
                    language.say("Où suis-je? (démo)", "Where am I? (demo)"),
                    places::PATH,
                ),
            ],
            foot: language.say(
                "Une démonstration de Loquet. Ces personnes n’existent pas.",
                "A demonstration of Loquet. These people do not exist.",
            ),
        };
        document(&page, &brand)
    }

    fn log_in(&self) -> &str {
        LOG_IN
    }

    fn password_page(&self) -> &str {
        AGAIN
    }

    fn report(&self, fault: &(dyn Error + 'static)) {
        let mut out = io::stderr().lock();
        // A closed standard error is no reason to stop.
        drop(writeln!(out, "loquet-demo: {fault}"));
    }
}
