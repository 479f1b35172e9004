//! Which path leads where, and whom it is for.

use std::future::Future;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};

use crate::Language;
use crate::cookie;
use crate::fields::{Fields, MAX_FORM, NotAForm};
use crate::form::Form;
use crate::guard::guard;
use crate::host::PagesHost;
use crate::layout::Viewer;
use crate::mount::Pages;
use crate::pages::{
    access, account, address, administration, authenticators, break_glass, code, devices, enroll,
    lost, mandate, options, people, questions, recover, report_unrecognized, sessions, undo_report,
};
use crate::permission::Who::{self, Administrator, AnySession, EnrolledAdministrator, Person};
use crate::session::{Here, Stop};
use crate::visit::{Visit, own_path};

impl<H: PagesHost> Pages<H> {
    /// The routes, to be merged into the host's router. All lie under [`Settings::base`](crate::Settings::base), so that no
    /// path of the host's own may be one of these:
    ///
    /// | for | paths |
    /// |---|---|
    /// | a session whose password was right | `/code`, `/recover`, `/enroll`, `/enroll/key`, `/enroll/confirm`, `/enroll/cancel`, `/account/lost`, `/account/authenticators/add` (where a passkey is required), `/undo-report`, `/undo-report/{link}`, `/log-out` |
    /// | a user who is logged in | `/step-up`, `/account`, `/account/on`, `/account/off`, `/account/replace`, `/account/authenticators/{id}`, `/account/authenticators/{id}/remove`, `/account/recovery-codes`, `/account/address`, `/account/address/confirm`, `/account/log-out-everywhere`, `/account/sessions/end`, `/account/devices/forget`, `/account/devices/forget-all` |
    /// | an administrator | `/admin`, `/admin/enable` |
    /// | an administrator with an authenticator | `/admin/mandate`, `/admin/mandate/announce`, `/admin/mandate/move`, `/admin/mandate/cancel`, `/admin/people`, `/admin/people/{id}/reset`, `/admin/people/{id}/undo-report`, `/admin/access`, `/admin/access/plan`, `/admin/access/undo`, `/admin/access/cancel`, `/admin/devices`, `/admin/options`, `/admin/options/stop`, `/admin/options/latch`, `/admin/break-glass` |
    /// | all visitors | `/not-me/{link}`, `/language`, `/static/{file}` |
    ///
    /// `/log-out` and `/language` take forms alone, and lead home when they are opened as pages.
    ///
    /// The host links to `/account` and `/admin`; the rest is reached from there, from the log-in, and from letters.
    ///
    /// # Security
    /// [`guard`] is already around them; put it around the host's own routes too, the log-in form above all.
    pub fn router(&self) -> Router {
        // Each byte of the rules takes three when it is escaped.
        let rules = self.0.mfa.rules_limit().saturating_mul(3);
        self.limited(for_all_visitors(), MAX_FORM)
            .merge(self.limited(for_owners(), MAX_FORM))
            .merge(self.limited(for_authenticators(), MAX_FORM))
            .merge(self.limited(for_administrators(), MAX_FORM.saturating_add(rules)))
            .layer(middleware::from_fn_with_state(self.scheme(), guard))
    }

    /// Routes whose forms have at most `most` bytes.
    fn limited(&self, routes: Routes<H>, most: usize) -> Router {
        let mut router = Router::new();
        for (rest, methods) in routes {
            router = router.route(&format!("{}{rest}", self.0.base), methods);
        }
        router
            .with_state(self.clone())
            .layer(DefaultBodyLimit::max(most))
    }

    /// Who looks at a page of the host's own.
    ///
    /// # Errors
    /// The page to show instead, when the store or the host fails.
    pub async fn viewer(&self, visit: &Visit) -> Result<Viewer, Response> {
        let viewer = async {
            match self.here(visit).await? {
                Ok(here) => here.viewer().await,
                Err(_) => Ok(Viewer::Visitor),
            }
        };
        viewer.await.map_err(|stop| self.stopped(visit, stop))
    }
}

type Routes<H> = Vec<(&'static str, MethodRouter<Pages<H>>)>;

// A form that is refused is shown again under its own path: changing the language or reloading then opens that path
// as a page.

fn for_all_visitors<H: PagesHost>() -> Routes<H> {
    vec![
        ("/code", both(AnySession, code::show, code::submit)),
        (
            "/code/two",
            both(AnySession, code::show_two, code::submit_two),
        ),
        (
            "/step-up",
            both(Person, code::show_step_up, code::submit_step_up),
        ),
        ("/log-out", post(sessions::log_out).get(to_home)),
        ("/enroll", both(AnySession, enroll::show, enroll::begin)),
        ("/enroll/key", page(AnySession, enroll::show_key)),
        (
            "/enroll/confirm",
            both(AnySession, enroll::show, enroll::confirm),
        ),
        (
            "/enroll/cancel",
            both(AnySession, enroll::show, enroll::cancel),
        ),
        ("/recover", both(AnySession, recover::show, recover::submit)),
        (
            "/not-me/{link}",
            get(report_unrecognized::show).post(report_unrecognized::submit),
        ),
        ("/language", post(choose_language).get(to_home)),
        ("/static/{file}", get(file)),
    ]
}

fn for_owners<H: PagesHost>() -> Routes<H> {
    vec![
        ("/account", page(Person, account::show)),
        (
            "/account/on",
            both(Person, questions::show_on, questions::switch_on),
        ),
        (
            "/account/off",
            both(Person, questions::show_off, questions::switch_off),
        ),
        (
            "/account/log-out-everywhere",
            both(Person, account::show, sessions::log_out_everywhere),
        ),
        (
            "/account/sessions/end",
            both(Person, account::show, sessions::end_session),
        ),
        (
            "/account/devices/forget",
            both(Person, account::show, sessions::forget_device),
        ),
        (
            "/account/devices/forget-all",
            both(Person, account::show, sessions::forget_devices),
        ),
        (
            "/account/address",
            both(Person, address::show, address::change),
        ),
        (
            "/account/address/confirm",
            both(Person, account::show, account::confirm_address),
        ),
    ]
}

fn for_authenticators<H: PagesHost>() -> Routes<H> {
    vec![
        (
            "/account/replace",
            both(Person, questions::show_replace, questions::replace),
        ),
        (
            "/account/recovery-codes",
            both(Person, questions::show_renew_codes, questions::renew_codes),
        ),
        ("/account/lost", both(AnySession, lost::show, lost::report)),
        (
            "/account/authenticators/add",
            both(AnySession, questions::show_add, questions::add),
        ),
        (
            "/account/authenticators/{id}",
            both(Person, authenticators::show, authenticators::rename),
        ),
        (
            "/account/authenticators/{id}/remove",
            both(Person, authenticators::show, authenticators::remove),
        ),
        (
            "/undo-report",
            both(AnySession, undo_report::show, undo_report::submit),
        ),
        (
            "/undo-report/{link}",
            both(AnySession, undo_report::show, undo_report::submit),
        ),
    ]
}

fn for_administrators<H: PagesHost>() -> Routes<H> {
    // An administrator who has an app.
    const APP: Who = EnrolledAdministrator;
    vec![
        ("/admin", page(Administrator, administration::show)),
        (
            "/admin/enable",
            both(
                Administrator,
                administration::show_enable,
                administration::enable,
            ),
        ),
        ("/admin/mandate", page(APP, mandate::show)),
        (
            "/admin/mandate/announce",
            both(APP, mandate::show, mandate::announce),
        ),
        (
            "/admin/mandate/move",
            both(APP, mandate::show, mandate::postpone),
        ),
        (
            "/admin/mandate/cancel",
            both(APP, mandate::show, mandate::cancel),
        ),
        ("/admin/people", page(APP, people::show)),
        (
            "/admin/people/{id}/undo-report",
            both(APP, people::show_undo_report, people::undo_report),
        ),
        (
            "/admin/people/{id}/reset",
            both(APP, people::show_reset, people::reset),
        ),
        ("/admin/access", both(APP, access::show, access::save)),
        ("/admin/access/plan", both(APP, access::show, access::plan)),
        ("/admin/access/undo", both(APP, access::show, access::undo)),
        (
            "/admin/access/cancel",
            both(APP, access::show, access::cancel),
        ),
        ("/admin/devices", both(APP, devices::show, devices::switch)),
        ("/admin/options", both(APP, options::show, options::choose)),
        (
            "/admin/options/stop",
            both(APP, options::show, options::stop),
        ),
        (
            "/admin/options/latch",
            both(APP, options::show_latch, options::latch),
        ),
        (
            "/admin/break-glass",
            both(APP, break_glass::show, break_glass::renew),
        ),
    ]
}

/// A page: changes nothing.
fn page<H, F, A>(who: Who, handler: F) -> MethodRouter<Pages<H>>
where
    H: PagesHost,
    F: Fn(Here<H>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    get(
        move |State(pages): State<Pages<H>>, visit: Visit| async move {
            let result = async { handler(pages.permit(&visit, who).await?).await };
            let result = result.await;
            result.unwrap_or_else(|stop| pages.stopped(&visit, stop))
        },
    )
}

/// A form: may change something, so it is a POST with an attempt. It is read only once its sender may use it.
fn form<H, F, A>(who: Who, handler: F) -> MethodRouter<Pages<H>>
where
    H: PagesHost,
    F: Fn(Here<H>, Form) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
{
    post(
        move |State(pages): State<Pages<H>>, visit: Visit, request: Request| async move {
            let result = async {
                let here = pages.permit(&visit, who).await?;
                let form = Form::of(Fields::from_request(request, &()).await)
                    .map_err(|fault| pages.no_form(&visit, fault))?;
                handler(here.with(&form), form).await
            };
            let result = result.await;
            result.unwrap_or_else(|stop| pages.stopped(&visit, stop))
        },
    )
}

/// A page, and the form that is sent to the same path.
fn both<H, F, A, G, B>(who: Who, show: F, submit: G) -> MethodRouter<Pages<H>>
where
    H: PagesHost,
    F: Fn(Here<H>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Response, Stop>> + Send,
    G: Fn(Here<H>, Form) -> B + Clone + Send + Sync + 'static,
    B: Future<Output = Result<Response, Stop>> + Send,
{
    page(who, show).merge(form(who, submit))
}

/// Answers a GET of a form that has no page, for example after a log-in whose `next` names it.
async fn to_home<H: PagesHost>(State(pages): State<Pages<H>>) -> Redirect {
    Redirect::to(pages.0.host.home())
}

async fn choose_language<H: PagesHost>(
    State(pages): State<Pages<H>>,
    visit: Visit,
    fields: Result<Fields, NotAForm>,
) -> Response {
    let fields = match fields {
        Ok(fields) => fields,
        Err(fault) => return pages.no_form(&visit, fault),
    };
    let back = fields.text("back", 512).ok().and_then(own_path);
    let mut response = Redirect::to(back.unwrap_or_else(|| pages.0.host.home())).into_response();
    let language = fields.text("language", 8).ok();
    if let Some(language) = language.and_then(Language::from_code) {
        cookie::set(&mut response, &pages.0.marking.language(language));
    }
    response
}

/// Our own files. They hold nothing personal and may be cached; their address changes with the version.
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
        "passkey.js" => (
            "text/javascript; charset=utf-8",
            include_str!("assets/passkey.js"),
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
