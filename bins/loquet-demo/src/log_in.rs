//! The log-in with name and password.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::{Access, Client};
use loquet_web::{Fields, Language, NotAForm, Viewer, Visit, refusal};
use maud::html;
use zeroize::Zeroizing;

use crate::host::{AGAIN, LOG_IN};
use crate::pages::{App, form, narrow};
use crate::password::{MAX_PASSWORD, Place};
use crate::people::ORGANIZATION;
use crate::places;

/// The longest name that is looked up, in characters.
const MAX_LOGIN: usize = 64;

/// The log-in page: the form, or, once the password was right, the QR code or the field for the six digits.
pub(crate) async fn show_log_in(State(app): State<App>, visit: Visit) -> Response {
    if let Some(page) = app.pages.interim(&visit).await {
        return page;
    }
    match app.pages.viewer(&visit).await {
        Ok(Viewer::Person { .. }) => Redirect::to("/").into_response(),
        Ok(Viewer::Visitor | Viewer::Halfway) => draw(&app, &visit, &Typed::default(), None),
        Err(response) => response,
    }
}

/// The form again, for someone who is here: before a first enrollment for example.
pub(crate) async fn show_again(State(app): State<App>, visit: Visit) -> Response {
    let next = visit.parameter("next");
    let typed = Typed {
        login: "",
        next: next.as_deref(),
    };
    draw(&app, &visit, &typed, None)
}

/// What the form shows again.
#[derive(Default)]
struct Typed<'a> {
    login: &'a str,
    /// Where to go on to, of someone who is here already.
    next: Option<&'a str>,
}

/// Why a log-in is refused.
struct Trouble {
    status: StatusCode,
    /// The sentence above the form.
    text: String,
    /// Seconds to wait before the next try.
    wait: Option<u64>,
}

impl Trouble {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            wait: None,
        }
    }
}

pub(crate) async fn log_in(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    visit: Visit,
    fields: Result<Fields, NotAForm>,
) -> Response {
    let (shown, trouble) = match &fields {
        Ok(fields) => match try_log_in(&app, &visit, peer, fields).await {
            Ok(response) => return response,
            Err(trouble) => {
                let shown = Typed {
                    login: fields.text("login", MAX_LOGIN).unwrap_or(""),
                    next: next_of(fields),
                };
                (shown, trouble)
            }
        },
        Err(fault) => {
            let text = fault.sentence(visit.language);
            (Typed::default(), Trouble::new(fault.status(), text))
        }
    };
    let wait = trouble.wait;
    let mut response = draw(&app, &visit, &shown, Some(trouble));
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Where the form of someone who is here leads back to.
fn next_of(fields: &Fields) -> Option<&str> {
    fields.text("next", 512).ok()
}

async fn try_log_in(
    app: &App,
    visit: &Visit,
    peer: SocketAddr,
    fields: &Fields,
) -> Result<Response, Trouble> {
    let language = visit.language;
    let login = typed(fields, "login", MAX_LOGIN, language)?;
    let password = Zeroizing::new(typed(fields, "password", MAX_PASSWORD, language)?.to_owned());
    let form_id = fields.form_id().map_err(|fault| {
        let text = fault.sentence(language);
        Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    })?;

    // The checks that cost less than a hash come first.
    let (mfa, address) = (app.pages.mfa(), app.pages.address(visit));
    match mfa.may_try(&Client::new(address)).await {
        Ok(Access::Allowed) => {}
        Ok(Access::Denied | Access::Unknown) => {
            let text = language.say(
                "Les connexions ne sont pas permises depuis cette adresse.",
                "Logging in is not allowed from this address.",
            );
            return Err(Trouble::new(StatusCode::FORBIDDEN, text));
        }
        Err(fault) => return Ok(app.pages.unavailable(visit, &fault)),
    }
    // By the true address, also where the visitor pretends to be elsewhere.
    let place = take_place(app, login, Some(peer.ip().to_canonical()), language)?;
    let person = match app.pages.host().database.person(login.to_owned()).await {
        Ok(person) => person,
        Err(fault) => return Ok(app.pages.unavailable(visit, &*fault)),
    };
    let (account, stored) = person.unzip();
    let is_right = match app.checker.check(place, password, stored).await {
        Ok(is_right) => is_right,
        Err(fault) => return Ok(app.pages.unavailable(visit, &*fault)),
    };
    if let (true, Some(account)) = (is_right, account) {
        let admitted = match next_of(fields) {
            Some(next) => app.pages.readmit(visit, account, form_id, next).await,
            None => app.pages.admit(visit, account, form_id).await,
        };
        // The status too is that of a wrong password: what is refused may be a deactivated account.
        return admitted.map_err(|text| Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, text));
    }
    match mfa.provision().count_rejection() {
        Ok(()) => Err(Trouble::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            refusal::neutral(language),
        )),
        Err(fault) => Ok(app.pages.unavailable(visit, &fault)),
    }
}

/// Takes a place in the queue for the hash, and only then counts the try: one that finds no place costs its sender nothing.
fn take_place(
    app: &App,
    login: &str,
    address: Option<IpAddr>,
    language: Language,
) -> Result<Place, Trouble> {
    let place = app.checker.queue(address).ok_or_else(|| {
        let text = language.say(
            "Trop de personnes se connectent en ce moment. Réessayez dans un instant.",
            "Too many people are logging in at the moment. Try again in a moment.",
        );
        Trouble::new(StatusCode::SERVICE_UNAVAILABLE, text)
    })?;
    app.brake.count(login, address).map_err(|seconds| Trouble {
        wait: Some(seconds),
        ..Trouble::new(
            StatusCode::TOO_MANY_REQUESTS,
            language.say(
                format!("Trop d’essais. Réessayez dans {seconds}\u{a0}s."),
                format!("Too many tries. Try again in {seconds}\u{a0}s."),
            ),
        )
    })?;
    Ok(place)
}

/// The text of a field, or what is wrong with it.
fn typed<'a>(
    fields: &'a Fields,
    field: &'static str,
    most: usize,
    language: Language,
) -> Result<&'a str, Trouble> {
    fields.text(field, most).map_err(|fault| {
        let name = if field == "login" {
            language.say("Identifiant", "Name")
        } else {
            language.say("Mot de passe", "Password")
        };
        let text = format!("{name}\u{a0}: {}", fault.sentence(language));
        Trouble::new(StatusCode::UNPROCESSABLE_ENTITY, text)
    })
}

fn draw(app: &App, visit: &Visit, shown: &Typed<'_>, trouble: Option<Trouble>) -> Response {
    let language = visit.language;
    let login = shown.login;
    let inside = html! {
        @if let Some(trouble) = &trouble {
            div.notice.bad role="alert" data-testid="error" { p { (trouble.text) } }
        }
        @if let Some(next) = shown.next { input type="hidden" name="next" value=(next); }
        div.field {
            label for="login" { (language.say("Identifiant", "Name")) }
            input #login name="login" type="text" value=(login) autocomplete="username" autocapitalize="none" spellcheck="false"
                maxlength=(MAX_LOGIN) required autofocus[login.is_empty()];
        }
        div.field {
            label for="password" { (language.say("Mot de passe", "Password")) }
            input #password name="password" type="password" autocomplete="current-password" maxlength=(MAX_PASSWORD) required
                autofocus[!login.is_empty()];
        }
        button.button.wide type="submit" data-testid="log-in" { (language.say("Connexion", "Log in")) }
    };
    let action = if shown.next.is_some() { AGAIN } else { LOG_IN };
    let form = match form(app, action, inside) {
        Ok(form) => form,
        Err(fault) => return app.pages.unavailable(visit, &fault),
    };
    let body = html! {
        section.card data-testid="log-in-page" {
            header {
                h1 { (language.say("Connexion", "Log in")) }
                @if shown.next.is_some() {
                    p.soft { (language.say("Redonnez votre mot de passe pour continuer.", "Enter your password again to go on.")) }
                } @else {
                    p.soft { (language.say("Votre espace", "Your space at")) " " (ORGANIZATION) "." }
                }
            }
            (form)
            (places::line(language, app.pages.address(visit)))
        }
    };
    let status = trouble.map_or(StatusCode::OK, |trouble| trouble.status);
    let title = language.say("Connexion", "Log in");
    let content = narrow(title, Viewer::Visitor, body);
    app.pages.show(visit, status, content)
}
