//! The demo's own routes, and the pages beside the log-in.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, middleware};
use loquet::NoEntropy;
use loquet_web::{Content, Fields, Language, NotAForm, Pages, PagesHost, Viewer, Visit, guard};
use maud::{Markup, PreEscaped, html};

use crate::brake::Brake;
use crate::host::{AGAIN, Demo, LOG_IN};
use crate::log_in::{log_in, show_again, show_log_in};
use crate::password::Checker;
use crate::{places, rebinding};

/// A request must arrive whole and be answered in this time.
const REQUEST_TIME: Duration = Duration::from_secs(5);

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) pages: Pages<Demo>,
    pub(crate) checker: Checker,
    pub(crate) brake: Arc<Brake>,
}

/// All routes.
pub(crate) fn router(app: App) -> Router {
    let (mounted, scheme) = (app.pages.router(), app.pages.scheme());
    Router::new()
        .route("/", get(home))
        .route(LOG_IN, get(show_log_in).post(log_in))
        .route(AGAIN, get(show_again).post(log_in))
        .route(places::PATH, get(show_place).post(choose_place))
        .fallback(not_found)
        .with_state(app)
        .layer(DefaultBodyLimit::max(4 * 1024))
        .merge(mounted)
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn(rebinding::refuse_names))
        .layer(middleware::from_fn_with_state(scheme, guard))
        .layer(middleware::from_fn(places::pretend))
}

/// Gives up on a form that does not arrive.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIME, next.run(request)).await;
    answer.unwrap_or_else(|_| NotAForm::Body(StatusCode::REQUEST_TIMEOUT).into_response())
}

/// Where the visitor appears to be, and other places to appear from.
async fn show_place(State(app): State<App>, visit: Visit) -> Response {
    let language = visit.language;
    let viewer = match app.pages.viewer(&visit).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    let now = app.pages.address(&visit);
    let form = match form(&app, places::PATH, places::choices(language, now)) {
        Ok(form) => form,
        Err(fault) => return app.pages.unavailable(&visit, &fault),
    };
    let title = language.say("Où suis-je?", "Where am I?");
    let body = html! {
        section.card data-testid="place-page" {
            header {
                h1 { (title) }
                p.soft { (language.say(
                    "Un service en ligne voit d’où viennent ses visiteurs. Choisissez d’où vous apparaissez, pour essayer les règles de connexion. Cette page n’existe que dans la démonstration, et seulement sur votre propre ordinateur.",
                    "An online service sees where its visitors come from. Choose where you appear from, to try the rules for logging in. This page is part of the demonstration alone, and only on your own computer.",
                )) }
            }
            (places::line(language, now))
            (form)
            div.row { a.button href="/" data-testid="go-on" { (language.say("Continuer", "Go on")) } }
        }
    };
    app.pages
        .show(&visit, StatusCode::OK, narrow(title, viewer, body))
}

/// A form of ours, to be written into a page as it is.
pub(crate) fn form(
    app: &App,
    action: &str,
    inside: Markup,
) -> Result<PreEscaped<String>, NoEntropy> {
    let inside = inside.into_string();
    let form = app.pages.form(action, Html(&inside))?;
    Ok(PreEscaped(form.0))
}

pub(crate) fn narrow(title: &str, viewer: Viewer, body: Markup) -> Content<'_> {
    Content {
        title,
        viewer,
        narrow: true,
        body: Html(body.into_string()),
    }
}

async fn choose_place(fields: Result<Fields, NotAForm>) -> Response {
    match fields {
        Ok(fields) => places::choose(&fields),
        Err(fault) => fault.into_response(),
    }
}

async fn home(State(app): State<App>, visit: Visit) -> Response {
    let viewer = match app.pages.viewer(&visit).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    let Viewer::Person {
        name,
        administrator,
    } = &viewer
    else {
        return Redirect::to(LOG_IN).into_response();
    };
    let body = welcome(visit.language, name, *administrator);
    let title = visit.language.say("Accueil", "Home");
    let content = Content {
        title,
        viewer,
        narrow: false,
        body: Html(body.into_string()),
    };
    app.pages.show(&visit, StatusCode::OK, content)
}

fn welcome(language: Language, name: &str, administrator: bool) -> Markup {
    let first = name.split(' ').next().unwrap_or_default();
    html! {
        header data-testid="home-page" {
            h1 { (language.say("Bonjour", "Hello")) " " (first) }
            p.soft { (language.say("Bienvenue à la garderie À petits pas.", "Welcome to the À petits pas daycare.")) }
        }
        div.cards {
            (card(
                language.say("Votre compte", "Your account"),
                language.say("Comment vous vous connectez, et où vont vos avis.", "How you log in, and where your notices go."),
                html! { a.button.plain href="/mfa/account" data-testid="account" { (language.say("Mon compte", "My account")) } },
            ))
            @if administrator {
                (card(
                    "Administration",
                    language.say("L’authentification multi-facteur de toute l’organisation.", "Multi-factor log-in for the whole organization."),
                    html! { a.button.plain href="/mfa/admin" data-testid="admin" { "Administration" } },
                ))
            }
        }
    }
}

fn card(title: &str, text: &str, button: Markup) -> Markup {
    html! {
        section.card {
            header { h2 { (title) } p.soft { (text) } }
            div.row { (button) }
        }
    }
}

async fn not_found(State(app): State<App>, visit: Visit) -> Response {
    let language = visit.language;
    let title = language.say("Page introuvable", "No such page");
    let body = html! {
        section.card {
            div.empty {
                h1 { (title) }
                p { (language.say("Cette page n’existe pas, ou plus.", "There is no such page, or no longer.")) }
                a.button href=(app.pages.host().home()) { (language.say("Accueil", "Home")) }
            }
        }
    };
    let content = narrow(title, Viewer::Visitor, body);
    app.pages.show(&visit, StatusCode::NOT_FOUND, content)
}
