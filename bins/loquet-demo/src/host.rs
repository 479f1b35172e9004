//! The demo as the pages' host.

use std::error::Error;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use loquet::Stamp;
use loquet_policy::AccountId;
use loquet_web::{BoxError, Brand, Host, Page, SessionKey, document};
use maud::{Markup, html};

use crate::database::Database;
use crate::people::ORGANISATION;
use crate::places::{self, Pretended};

/// Where people log in.
pub(crate) const LOG_IN: &str = "/connexion";

/// "À petits pas" as the pages see it.
#[derive(Debug, Clone)]
pub(crate) struct Demo {
    pub(crate) database: Database,
}

impl Host for Demo {
    async fn load(&self, browser: SessionKey) -> Result<Option<Stamp>, BoxError> {
        self.database.session(browser).await
    }

    async fn save(
        &self,
        browser: SessionKey,
        stamp: Stamp,
        replaces: Option<SessionKey>,
    ) -> Result<(), BoxError> {
        self.database.keep(browser, stamp, replaces).await
    }

    async fn end(&self, browser: SessionKey) -> Result<(), BoxError> {
        self.database.end(browser).await
    }

    async fn name(&self, account: AccountId) -> Result<Option<String>, BoxError> {
        self.database.name(account).await
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

    fn frame(&self, page: Page) -> Markup {
        let language = page.language;
        let brand = Brand {
            name: ORGANISATION,
            logo: &logo(),
            home: self.home(),
            links: &[
                (language.say("Accueil", "Home"), self.home()),
                (
                    language.say("Où suis-je\u{a0}? (démo)", "Where am I? (demo)"),
                    places::PATH,
                ),
            ],
            foot: language.say(
                "Une démonstration de Loquet. Ces personnes n'existent pas.",
                "A demonstration of Loquet. These people do not exist.",
            ),
        };
        document(&page, &brand)
    }

    fn log_in(&self) -> &str {
        LOG_IN
    }

    fn report(&self, fault: &(dyn Error + 'static)) {
        let mut out = io::stderr().lock();
        // Nobody is left to tell when standard error is closed.
        drop(writeln!(out, "loquet-demo: {fault}"));
    }
}

/// Two small feet.
fn logo() -> Markup {
    html! {
        svg viewBox="0 0 32 32" fill="currentColor" aria-hidden="true" {
            ellipse cx="10.5" cy="19" rx="4.6" ry="6.4" transform="rotate(-12 10.5 19)" {}
            circle cx="5.6" cy="10.6" r="1.7" {}
            circle cx="8.6" cy="8.6" r="1.8" {}
            circle cx="12" cy="8.4" r="1.9" {}
            circle cx="15.2" cy="10.2" r="1.7" {}
            g transform="translate(12.6 3.2) scale(0.82)" {
                ellipse cx="14.5" cy="21.5" rx="4.6" ry="6.4" transform="rotate(12 14.5 21.5)" {}
                circle cx="9.8" cy="12.6" r="1.7" {}
                circle cx="13" cy="10.8" r="1.9" {}
                circle cx="16.4" cy="11" r="1.8" {}
                circle cx="19.4" cy="13" r="1.7" {}
            }
        }
    }
}
