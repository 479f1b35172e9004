//! Which path leads where.

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use loquet::store::AttemptId;
use loquet::{NoEntropy, Service};
use maud::Markup;

use crate::cookie::Marking;
use crate::fields::{Fields, MAX_FORM, NotAForm};
use crate::host::Host;
use crate::pages::{
    access, account, address, administration, code, devices, enrol, mandate, options, people,
    recover, repudiate, seal,
};
use crate::session::{Stop, set_cookie};
use crate::views::message::message;
use crate::visit::own_path;
use crate::{Language, Page, Viewer, Visit, guard, parts};

/// How the pages are mounted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The path under which they lie: "/mfa".
    pub base: String,
    /// Whether browsers come over https. If so cookies are `Secure` and carry the `__Host-` prefix; only a demonstration on
    /// the loopback address can do without.
    pub https: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base: "/mfa".to_owned(),
            https: true,
        }
    }
}

/// The pages over one service and one host. Cloning is cheap.
pub struct Pages<H>(pub(crate) Arc<Inner<H>>);

pub(crate) struct Inner<H> {
    pub(crate) service: Service,
    pub(crate) host: H,
    pub(crate) base: Arc<str>,
    pub(crate) marking: Marking,
}

impl<H> Clone for Pages<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H> std::fmt::Debug for Pages<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages")
            .field("base", &self.0.base)
            .finish_non_exhaustive()
    }
}

impl<H: Host> Pages<H> {
    /// The pages of `service` within `host`.
    #[must_use]
    pub fn new(service: Service, host: H, settings: &Settings) -> Self {
        let base = settings.base.trim_end_matches('/').into();
        Self(Arc::new(Inner {
            service,
            host,
            base,
            marking: Marking {
                secure: settings.https,
            },
        }))
    }

    /// The embedding service.
    #[must_use]
    pub fn host(&self) -> &H {
        &self.0.host
    }

    /// The routes, to be merged into the host's router.
    ///
    /// # Security
    /// [`guard`] is already around them; put it around the host's own routes too, the log-in form above all.
    pub fn router(&self) -> Router {
        let at = |rest: &str| format!("{}{rest}", self.0.base);
        // A form that is refused is shown again under its own path: whoever then changes the language or reloads opens that
        // path as a page.
        Router::new()
            .route(&at("/code"), page(code::show).merge(form(code::submit)))
            .route(
                &at("/step-up"),
                page(code::show_step_up).merge(form(code::submit_step_up)),
            )
            .route(&at("/log-out"), form(account::log_out))
            .route(&at("/enrol"), page(enrol::show).merge(form(enrol::begin)))
            .route(&at("/enrol/key"), page(enrol::show_key))
            .route(
                &at("/enrol/confirm"),
                page(enrol::show).merge(form(enrol::confirm)),
            )
            .route(&at("/account"), page(account::show))
            .route(
                &at("/account/on"),
                page(account::show_on).merge(form(account::switch_on)),
            )
            .route(
                &at("/account/off"),
                page(account::show_off).merge(form(account::switch_off)),
            )
            .route(
                &at("/account/replace"),
                page(account::show_replace).merge(form(account::replace)),
            )
            .route(
                &at("/account/lost"),
                page(account::show_lost).merge(form(account::report_lost)),
            )
            .route(
                &at("/account/log-out-everywhere"),
                page(account::show).merge(form(account::log_out_everywhere)),
            )
            .route(
                &at("/account/devices/forget"),
                page(account::show).merge(form(devices::forget)),
            )
            .route(
                &at("/account/devices/forget-all"),
                page(account::show).merge(form(devices::forget_all)),
            )
            .route(
                &at("/admin/devices"),
                page(devices::show).merge(form(devices::switch)),
            )
            .route(&at("/admin"), page(administration::show))
            .route(
                &at("/admin/enable"),
                page(administration::show_enable).merge(form(administration::enable)),
            )
            .route(&at("/admin/mandate"), page(mandate::show))
            .route(
                &at("/admin/mandate/announce"),
                page(mandate::show).merge(form(mandate::announce)),
            )
            .route(
                &at("/admin/mandate/move"),
                page(mandate::show).merge(form(mandate::postpone)),
            )
            .route(
                &at("/admin/mandate/cancel"),
                page(mandate::show).merge(form(mandate::cancel)),
            )
            .route(&at("/admin/people"), page(people::show))
            .route(
                &at("/admin/people/{id}/reset"),
                page_of(people::show_reset).merge(form_of(people::reset)),
            )
            .route(
                &at("/admin/access"),
                page(access::show).merge(form(access::save)),
            )
            .route(
                &at("/admin/access/plan"),
                page(access::show).merge(form(access::plan)),
            )
            .route(
                &at("/admin/access/undo"),
                page(access::show).merge(form(access::undo)),
            )
            .route(
                &at("/admin/access/cancel"),
                page(access::show).merge(form(access::cancel)),
            )
            .route(
                &at("/recover"),
                page(recover::show).merge(form(recover::submit)),
            )
            .route(
                &at("/account/address"),
                page(address::show).merge(form(address::change)),
            )
            .route(
                &at("/admin/options"),
                page(options::show).merge(form(options::choose)),
            )
            .route(
                &at("/admin/options/stop"),
                page(options::show).merge(form(options::stop)),
            )
            .route(
                &at("/admin/options/latch"),
                page(options::show_latch).merge(form(options::latch)),
            )
            .route(
                &at("/admin/seal"),
                page(seal::show).merge(form(seal::renew)),
            )
            .route(
                &at("/repudiate/{link}"),
                page_of(repudiate::show).merge(form_of(repudiate::repudiate)),
            )
            .route(&at("/language"), form(choose_language))
            .route(&at("/static/{file}"), get(file))
            .with_state(self.clone())
            // Each byte of the rules takes three when it is escaped.
            .layer(DefaultBodyLimit::max(MAX_FORM.saturating_add(
                self.0.service.rules_limit().saturating_mul(3),
            )))
            .layer(middleware::from_fn(guard))
    }

    /// A page in the host's frame.
    #[must_use]
    pub fn show(
        &self,
        visit: &Visit,
        status: StatusCode,
        title: &str,
        viewer: Viewer,
        narrow: bool,
        body: Markup,
    ) -> Response {
        let attempt = match AttemptId::random() {
            Ok(attempt) => attempt,
            Err(fault) => {
                self.0.host.report(&fault);
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        };
        let page = Page {
            language: visit.language,
            title: title.to_owned(),
            body,
            viewer,
            narrow,
            place: visit.place.clone(),
            base: Arc::clone(&self.0.base),
            attempt,
        };
        let html = self.0.host.frame(page).into_string();
        (
            status,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            html,
        )
            .into_response()
    }

    /// The service that the pages show.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// Where a request comes from, as the host says.
    #[must_use]
    pub fn address(&self, visit: &Visit) -> Option<IpAddr> {
        self.0.host.address(&visit.extensions)
    }

    /// A form of the host's own that is sent by POST, with the attempt that [`Pages::admit`] takes.
    ///
    /// # Errors
    /// [`NoEntropy`], which a running system does not show.
    pub fn form(&self, action: &str, inside: &Markup) -> Result<Markup, NoEntropy> {
        Ok(parts::post(action, AttemptId::random()?, inside))
    }

    /// Who looks at a page of the host's own.
    ///
    /// # Errors
    /// The page to show instead, when the store or the host fails.
    pub async fn viewer(&self, visit: &Visit) -> Result<Viewer, Response> {
        let viewer = async {
            match self.here(visit).await? {
                Ok(here) => self.viewer_of(&here).await,
                Err(_) => Ok(Viewer::Nobody),
            }
        };
        match viewer.await {
            Ok(viewer) => Ok(viewer),
            Err(stop) => Err(self.settle(visit, Err(stop))),
        }
    }

    /// The answer of a handler that stopped.
    pub(crate) fn settle(&self, visit: &Visit, result: Result<Response, Stop>) -> Response {
        match result {
            Ok(response) => response,
            Err(Stop::Answer(response)) => *response,
            Err(Stop::Fault(fault)) => self.unavailable(visit, &*fault),
        }
    }

    /// What a person sees when the store or the host fails; the operator's log gets the fault. Sending the same form again
    /// is safe: its attempt finds its own outcome.
    pub fn unavailable(&self, visit: &Visit, fault: &(dyn Error + 'static)) -> Response {
        self.0.host.report(fault);
        let language = visit.language;
        let title = language.say("Un instant", "One moment");
        let text = language.say(
            "Le service ne répond pas en ce moment. Rien n'est perdu\u{a0}: réessayez dans un instant.",
            "The service is not answering at the moment. Nothing is lost: try again in a moment.",
        );
        let on = (language.say("Réessayer", "Try again"), self.0.host.home());
        self.show(
            visit,
            StatusCode::SERVICE_UNAVAILABLE,
            title,
            Viewer::Nobody,
            true,
            message(title, text, on),
        )
    }

    /// The attempt of a form; without one it is no form of ours.
    pub(crate) fn attempt(&self, visit: &Visit, fields: &Fields) -> Result<AttemptId, Stop> {
        fields
            .attempt()
            .map_err(|_| self.no_form(visit, NotAForm::Attempt).into())
    }

    pub(crate) fn no_form(&self, visit: &Visit, fault: NotAForm) -> Response {
        let language = visit.language;
        let title = language.say("Formulaire incomplet", "Incomplete form");
        let on = (language.say("Retour", "Back"), self.0.host.home());
        let body = message(title, fault.sentence(language), on);
        self.show(visit, fault.status(), title, Viewer::Nobody, true, body)
    }
}

/// A page: changes nothing.
fn page<H, F, A>(handler: F) -> MethodRouter<Pages<H>>
where
    H: Host,
    F: Fn(Pages<H>, Visit) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    get(
        move |State(pages): State<Pages<H>>, visit: Visit| async move {
            let result = handler(pages.clone(), visit.clone()).await;
            pages.settle(&visit, result)
        },
    )
}

/// A page about the account in its path.
fn page_of<H, F, A>(handler: F) -> MethodRouter<Pages<H>>
where
    H: Host,
    F: Fn(Pages<H>, Visit, String) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    get(
        move |State(pages): State<Pages<H>>, visit: Visit, Path(id): Path<String>| async move {
            let result = handler(pages.clone(), visit.clone(), id).await;
            pages.settle(&visit, result)
        },
    )
}

/// A form: may change something, so it is a POST with an attempt.
fn form<H, F, A>(handler: F) -> MethodRouter<Pages<H>>
where
    H: Host,
    F: Fn(Pages<H>, Visit, Fields) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    post(
        move |State(pages): State<Pages<H>>, visit: Visit, fields: Result<Fields, NotAForm>| async move {
            let result = match fields {
                Ok(fields) => handler(pages.clone(), visit.clone(), fields).await,
                Err(fault) => Ok(pages.no_form(&visit, fault)),
            };
            pages.settle(&visit, result)
        },
    )
}

/// A form about the account in its path.
fn form_of<H, F, A>(handler: F) -> MethodRouter<Pages<H>>
where
    H: Host,
    F: Fn(Pages<H>, Visit, Fields, String) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    post(
        move |State(pages): State<Pages<H>>,
              visit: Visit,
              Path(id): Path<String>,
              fields: Result<Fields, NotAForm>| async move {
            let result = match fields {
                Ok(fields) => handler(pages.clone(), visit.clone(), fields, id).await,
                Err(fault) => Ok(pages.no_form(&visit, fault)),
            };
            pages.settle(&visit, result)
        },
    )
}

async fn choose_language<H: Host>(
    pages: Pages<H>,
    _: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let back = fields
        .text("back", 512)
        .ok()
        .and_then(own_path)
        .unwrap_or_else(|| pages.0.host.home());
    let mut response = Redirect::to(back).into_response();
    if let Some(language) = fields
        .text("language", 8)
        .ok()
        .and_then(Language::from_code)
    {
        set_cookie(&mut response, pages.0.marking.language(language.code()));
    }
    Ok(response)
}

/// Our own files. They hold nothing of anybody and may be cached; their address changes with the version.
async fn file(Path(name): Path<String>) -> Response {
    let (kind, content) = match name.as_str() {
        "loquet.css" => ("text/css; charset=utf-8", include_str!("assets/loquet.css")),
        "countdown.js" => (
            "text/javascript; charset=utf-8",
            include_str!("assets/countdown.js"),
        ),
        "copy.js" => (
            "text/javascript; charset=utf-8",
            include_str!("assets/copy.js"),
        ),
        "icon.svg" => ("image/svg+xml", include_str!("assets/icon.svg")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=3600"),
        ],
        content,
    )
        .into_response()
}
