//! The document around every page.

use std::sync::Arc;

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{FormId, Language, parts};

/// A page without its frame, for [`PagesHost::frame`](crate::PagesHost::frame).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// The language that it is in.
    pub language: Language,
    /// What it is called.
    pub title: String,
    /// What stands in it.
    pub body: Html<String>,
    /// Who looks at it.
    pub viewer: Viewer,
    /// Whether it is one column of text or one form.
    pub narrow: bool,
    /// Where the language switch comes back to.
    pub place: String,
    /// Under which path the pages are mounted.
    pub base: Arc<str>,
    /// The id of the form with which the user logs out.
    pub form_id: FormId,
}

/// A page of the host's own, for [`Pages::show`](crate::Pages::show).
#[derive(Debug, Clone)]
pub struct Content<'a> {
    /// What it is called.
    pub title: &'a str,
    /// Who looks at it.
    pub viewer: Viewer,
    /// Whether it is one column of text or one form.
    pub narrow: bool,
    /// What stands in it.
    pub body: Html<String>,
}

/// Who looks at a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// A visitor who is not logged in.
    Visitor,
    /// A user whose password was right and who has not completed the log-in.
    Halfway,
    /// A user who is logged in.
    Person {
        /// The user's name.
        name: String,
        /// Whether the user is an administrator.
        administrator: bool,
    },
}

/// What a host adds to [`document`].
#[derive(Debug, Clone, Copy)]
pub struct Brand<'a> {
    /// The name of the service.
    pub name: &'a str,
    /// Its sign, as an SVG element in `currentColor`, written into the page as it is.
    pub logo: Html<&'a str>,
    /// Where the name leads.
    pub home: &'a str,
    /// Links of the menu, above those of these pages: text and path.
    pub links: &'a [(&'a str, &'a str)],
    /// A line at the foot.
    pub foot: &'a str,
}

/// Draws a whole document: the three small lines of the menu, the name, the switch of language, the page.
pub fn document(page: &Page, brand: &Brand<'_>) -> Html<String> {
    Html(whole(page, brand).into_string())
}

fn whole(page: &Page, brand: &Brand<'_>) -> Markup {
    let language = page.language;
    let file = |name: &str| {
        format!(
            "{}/static/{name}?v={}",
            page.base,
            env!("CARGO_PKG_VERSION")
        )
    };
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (page.title) " · " (brand.name) }
                link rel="stylesheet" href=(file("loquet.css"));
                link rel="icon" type="image/svg+xml" href=(file("icon.svg"));
                script defer src=(file("countdown.js")) {}
                script defer src=(file("copy.js")) {}
                script defer src=(file("passkey.js")) {}
            }
            body {
                a.skip href="#main" { (language.say("Aller au contenu", "Skip to content")) }
                header.bar {
                    (menu(page, brand))
                    a.brand href=(brand.home) { (PreEscaped(brand.logo.0)) (brand.name) }
                    (switch(page))
                }
                main #main .narrow[page.narrow] { (PreEscaped(&page.body.0)) }
                footer { (brand.foot) }
            }
        }
    }
}

fn menu(page: &Page, brand: &Brand<'_>) -> Markup {
    let language = page.language;
    let leave = parts::post(
        &format!("{}/log-out", page.base),
        page.form_id,
        &html! { button type="submit" data-testid="log-out" { (language.say("Se déconnecter", "Log out")) } },
    );
    match &page.viewer {
        Viewer::Visitor => html! {},
        Viewer::Halfway => html! { details.menu {
            summary aria-label="Menu" data-testid="menu" { span {} span {} span {} }
            nav { (leave) }
        } },
        Viewer::Person {
            name,
            administrator,
        } => html! { details.menu {
            summary aria-label="Menu" data-testid="menu" { span {} span {} span {} }
            nav {
                div.who { (name) }
                @for (text, path) in brand.links { a href=(path) { (text) } }
                a href=(format!("{}/account", page.base)) data-testid="menu-account" { (language.say("Mon compte", "My account")) }
                @if *administrator {
                    a href=(format!("{}/admin", page.base)) data-testid="menu-admin" { "Administration" }
                }
                (leave)
            }
        } },
    }
}

fn switch(page: &Page) -> Markup {
    let other = page.language.other();
    html! {
        form.language method="post" action=(format!("{}/language", page.base)) {
            input type="hidden" name="back" value=(page.place);
            button.button.quiet type="submit" name="language" value=(other.code()) lang=(other.code()) data-testid="language" {
                (other.say("Français", "English"))
            }
        }
    }
}
