//! The demonstration's own pages: log-in and home.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use loquet_policy::{Access, OrgId};
use loquet_web::{Fields, Host, Language, NotAForm, Pages, Viewer, Visit, guard, refusal};
use maud::{Markup, html};
use zeroize::Zeroizing;

use crate::host::{Demo, LOG_IN};
use crate::people::ORGANISATION;
use crate::phrase::{Crowd, MAX_PHRASE, Phrases};
use crate::places;
use crate::throttle::Throttle;

/// The longest name that is looked up, in bytes.
const MAX_LOGIN: usize = 64;

/// What the handlers share.
#[derive(Clone)]
struct App {
    pages: Pages<Demo>,
    org: OrgId,
    phrases: Phrases,
    throttle: Arc<Throttle>,
}

/// All routes.
pub(crate) fn router(pages: &Pages<Demo>, org: OrgId, phrases: Phrases) -> Router {
    let app = App {
        pages: pages.clone(),
        org,
        phrases,
        throttle: Arc::default(),
    };
    Router::new()
        .route("/", get(home))
        .route(LOG_IN, get(show_log_in).post(log_in))
        .route(places::PATH, get(show_place).post(choose_place))
        .fallback(nowhere)
        .with_state(app)
        .layer(DefaultBodyLimit::max(4 * 1024))
        .layer(middleware::from_fn(guard))
        .merge(pages.router())
        .layer(middleware::from_fn(places::pretend))
}

/// Where the visitor appears to be, and other places to appear from.
async fn show_place(State(app): State<App>, visit: Visit) -> Response {
    let language = visit.language;
    let viewer = match app.pages.viewer(&visit).await {
        Ok(viewer) => viewer,
        Err(response) => return response,
    };
    let now = app.pages.address(&visit);
    let form = match app
        .pages
        .form(places::PATH, &places::choices(language, now))
    {
        Ok(form) => form,
        Err(fault) => return app.pages.unavailable(&visit, &fault),
    };
    let title = language.say("Où suis-je\u{a0}?", "Where am I?");
    let body = html! {
        section.card data-testid="place-page" {
            header {
                h1 { (title) }
                p.soft { (language.say(
                    "Un service en ligne voit d'où viennent ses visiteurs. Choisissez d'où vous apparaissez, pour essayer les règles de connexion. Cette page n'existe que dans la démonstration, et seulement sur votre propre ordinateur.",
                    "An online service sees where its visitors come from. Choose where you appear from, to try the rules for logging in. This page is part of the demonstration alone, and only on your own computer.",
                )) }
            }
            (places::line(language, now))
            (form)
            div.row { a.button href="/" data-testid="go-on" { (language.say("Continuer", "Go on")) } }
        }
    };
    app.pages
        .show(&visit, StatusCode::OK, title, viewer, true, body)
}

async fn choose_place(fields: Result<Fields, NotAForm>) -> Response {
    match fields {
        Ok(fields) => places::choose(&fields),
        Err(fault) => fault.into_response(),
    }
}

async fn home(State(app): State<App>, visit: Visit) -> Response {
    let person = match app.pages.viewer(&visit).await {
        Ok(Viewer::Person {
            name,
            administrator,
        }) => Viewer::Person {
            name,
            administrator,
        },
        Ok(Viewer::Nobody | Viewer::Halfway) => return Redirect::to(LOG_IN).into_response(),
        Err(response) => return response,
    };
    let body = welcome(visit.language, &person);
    let title = visit.language.say("Accueil", "Home");
    app.pages
        .show(&visit, StatusCode::OK, title, person, false, body)
}

fn welcome(language: Language, viewer: &Viewer) -> Markup {
    let (name, administrator) = match viewer {
        Viewer::Person {
            name,
            administrator,
        } => (name.as_str(), *administrator),
        Viewer::Nobody | Viewer::Halfway => ("", false),
    };
    let first = name.split(' ').next().unwrap_or_default();
    html! {
        header data-testid="home-page" {
            h1 { (language.say("Bonjour", "Hello")) " " (first) }
            p.soft { (language.say("Bienvenue à la garderie À petits pas.", "Welcome to the À petits pas nursery.")) }
        }
        section.card {
            div.empty {
                h2 { (language.say("Rien de nouveau aujourd'hui", "Nothing new today")) }
                p { (language.say(
                    "Les messages, les présences et les photos de la journée apparaîtront ici.",
                    "The day's messages, attendance and photos will appear here.",
                )) }
            }
        }
        div.cards {
            section.card {
                header {
                    h2 { (language.say("Votre compte", "Your account")) }
                    p.soft { (language.say(
                        "Protégez-le par un code à usage unique sur votre téléphone.",
                        "Protect it with a one-time code on your phone.",
                    )) }
                }
                div.row { a.button.plain href="/mfa/account" data-testid="account" { (language.say("Mon compte", "My account")) } }
            }
            @if administrator {
                section.card {
                    header {
                        h2 { "Administration" }
                        p.soft { (language.say(
                            "L'authentification multi-facteur de toute l'organisation.",
                            "Multi-factor log-in for the whole organisation.",
                        )) }
                    }
                    div.row { a.button.plain href="/mfa/admin" data-testid="admin" { "Administration" } }
                }
            }
        }
    }
}

/// The log-in page: the form, or, to whoever has given the pass phrase, the QR code or the field for the six digits.
async fn show_log_in(State(app): State<App>, visit: Visit) -> Response {
    if let Some(page) = app.pages.interim(&visit).await {
        return page;
    }
    match app.pages.viewer(&visit).await {
        Ok(Viewer::Person { .. }) => Redirect::to("/").into_response(),
        Ok(Viewer::Nobody | Viewer::Halfway) => draw(&app, &visit, "", None),
        Err(response) => response,
    }
}

async fn log_in(
    State(app): State<App>,
    visit: Visit,
    fields: Result<Fields, NotAForm>,
) -> Response {
    let language = visit.language;
    let fields = match fields {
        Ok(fields) => fields,
        Err(fault) => {
            return draw(
                &app,
                &visit,
                "",
                Some((fault.status(), fault.sentence(language))),
            );
        }
    };
    let Ok(attempt) = fields.attempt() else {
        let lost = NotAForm::Attempt;
        return draw(
            &app,
            &visit,
            "",
            Some((lost.status(), lost.sentence(language))),
        );
    };
    let (login, phrase) = match (
        fields.text("login", MAX_LOGIN),
        fields.text("phrase", MAX_PHRASE),
    ) {
        (Ok(login), Ok(phrase)) => (login.to_owned(), Zeroizing::new(phrase.to_owned())),
        (Err(fault), _) | (_, Err(fault)) => {
            let name = if fault.field == "login" {
                language.say("Identifiant\u{a0}: ", "Name: ")
            } else {
                language.say("Phrase de passe\u{a0}: ", "Pass phrase: ")
            };
            let text = format!("{name}{}", fault.sentence(language));
            let typed = fields.text("login", MAX_LOGIN).unwrap_or_default();
            return draw(
                &app,
                &visit,
                typed,
                Some((StatusCode::UNPROCESSABLE_ENTITY, &text)),
            );
        }
    };
    match check(&app, &visit, login.clone(), phrase).await {
        Err(response) => response,
        Ok(Verdict::Wrong) => draw(
            &app,
            &visit,
            &login,
            Some((StatusCode::UNPROCESSABLE_ENTITY, refusal::neutral(language))),
        ),
        Ok(Verdict::Wait(seconds)) => {
            let text = language.say(
                format!("Trop d'essais. Réessayez dans {seconds} s."),
                format!("Too many tries. Try again in {seconds} s."),
            );
            draw(
                &app,
                &visit,
                &login,
                Some((StatusCode::TOO_MANY_REQUESTS, &text)),
            )
        }
        Ok(Verdict::Crowd) => {
            let text = language.say(
                "Trop de personnes se connectent en ce moment. Réessayez dans un instant.",
                "Too many people are logging in at the moment. Try again in a moment.",
            );
            draw(
                &app,
                &visit,
                &login,
                Some((StatusCode::SERVICE_UNAVAILABLE, text)),
            )
        }
        Ok(Verdict::NotFromHere) => {
            let text = language.say(
                "Les connexions ne sont pas permises depuis cette adresse.",
                "Logging in is not allowed from this address.",
            );
            draw(&app, &visit, &login, Some((StatusCode::FORBIDDEN, text)))
        }
        Ok(Verdict::Right(account)) => match app.pages.admit(&visit, account, attempt).await {
            Ok(response) => response,
            Err(sentence) => draw(
                &app,
                &visit,
                &login,
                Some((StatusCode::FORBIDDEN, &sentence)),
            ),
        },
    }
}

enum Verdict {
    Right(loquet_policy::AccountId),
    Wrong,
    Wait(u64),
    Crowd,
    NotFromHere,
}

/// The pass phrase, after what costs less: the place, and how often it was tried.
async fn check(
    app: &App,
    visit: &Visit,
    login: String,
    phrase: Zeroizing<String>,
) -> Result<Verdict, Response> {
    let address = app.pages.address(visit);
    match app.pages.service().may_try(app.org, address).await {
        Ok(Access::Allowed) => {}
        Ok(Access::Denied | Access::Unknown) => return Ok(Verdict::NotFromHere),
        Err(fault) => return Err(app.pages.unavailable(visit, &fault)),
    }
    if let Err(seconds) = app.throttle.begin(&login, address, Instant::now()) {
        return Ok(Verdict::Wait(seconds));
    }
    let found = match app.pages.host().database.person(login.clone()).await {
        Ok(found) => found,
        Err(fault) => return Err(app.pages.unavailable(visit, &*fault)),
    };
    let (account, stored) = found.unzip();
    match (app.phrases.is_right(phrase, stored).await, account) {
        (Ok(true), Some(account)) => {
            app.throttle.succeeded(&login, address);
            Ok(Verdict::Right(account))
        }
        (Ok(_), _) => {
            app.pages.service().turned_away(app.org);
            Ok(Verdict::Wrong)
        }
        (Err(Crowd), _) => {
            // Nothing was looked at: it costs no try.
            app.throttle.returned(&login, address);
            Ok(Verdict::Crowd)
        }
    }
}

fn draw(app: &App, visit: &Visit, login: &str, trouble: Option<(StatusCode, &str)>) -> Response {
    let language = visit.language;
    let form = html! {
        @if let Some((_, text)) = trouble {
            div.notice.bad role="alert" data-testid="error" { p { (text) } }
        }
        div.field {
            label for="login" { (language.say("Identifiant", "Name")) }
            input #login name="login" type="text" value=(login) autocomplete="username" autocapitalize="none" spellcheck="false"
                maxlength=(MAX_LOGIN) required autofocus[login.is_empty()];
        }
        div.field {
            label for="phrase" { (language.say("Phrase de passe", "Pass phrase")) }
            input #phrase name="phrase" type="password" autocomplete="current-password" maxlength=(MAX_PHRASE) required
                autofocus[!login.is_empty()];
        }
        button.button.wide type="submit" data-testid="log-in" { (language.say("Connexion", "Log in")) }
    };
    let form = match app.pages.form(LOG_IN, &form) {
        Ok(form) => form,
        Err(fault) => return app.pages.unavailable(visit, &fault),
    };
    let body = html! {
        section.card data-testid="log-in-page" {
            header {
                h1 { (language.say("Connexion", "Log in")) }
                p.soft { (language.say("Votre espace", "Your space at")) " " (ORGANISATION) "." }
            }
            (form)
            (places::line(language, app.pages.address(visit)))
        }
    };
    let status = trouble.map_or(StatusCode::OK, |(status, _)| status);
    app.pages.show(
        visit,
        status,
        language.say("Connexion", "Log in"),
        Viewer::Nobody,
        true,
        body,
    )
}

async fn nowhere(State(app): State<App>, visit: Visit) -> Response {
    let language = visit.language;
    let title = language.say("Page introuvable", "No such page");
    let body = html! {
        section.card {
            div.empty {
                h1 { (title) }
                p { (language.say("Cette page n'existe pas, ou plus.", "There is no such page, or no longer.")) }
                a.button href=(app.pages.host().home()) { (language.say("Accueil", "Home")) }
            }
        }
    };
    app.pages.show(
        &visit,
        StatusCode::NOT_FOUND,
        title,
        Viewer::Nobody,
        true,
        body,
    )
}
