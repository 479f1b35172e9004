//! The sessions of a user and the devices on which they were begun: what is shown of them, and how they end.

use std::str::FromStr;

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use loquet::{Error, Forget, SessionEntry, SessionId};

use super::account::draw;
use crate::answer::NotTaken;
use crate::fields::Fields;
use crate::form::Form;
use crate::host::{PagesHost, SavedSession};
use crate::session::{Here, Stop};
use crate::views::sessions::Line;
use crate::{Language, Pages, Visit, cookie, when};

/// The sessions of the user, in words.
pub(super) fn lines<H>(here: &Here<H>, language: Language) -> Vec<Line> {
    let devices = here.overview().devices();
    let line = |session: &SessionEntry| {
        let device = devices
            .iter()
            .find(|it| Some(it.number) == session.device());
        Line {
            id: session.id().0.to_string(),
            is_this: session.is_current(),
            since: when::moment(session.since(), language),
            device: device.map(|device| super::devices::place(device, language)),
        }
    };
    here.overview().sessions().iter().map(line).collect()
}

/// Ends a session, also from an address that the access rules deny.
pub(crate) async fn log_out<H: PagesHost>(
    State(pages): State<Pages<H>>,
    visit: Visit,
    request: Request,
) -> Response {
    let ended = end(&pages, &visit, request).await;
    ended.unwrap_or_else(|stop| pages.stopped(&visit, stop))
}

async fn end<H: PagesHost>(
    pages: &Pages<H>,
    visit: &Visit,
    request: Request,
) -> Result<Response, Stop> {
    let to_log_in = Redirect::to(pages.0.host.log_in()).into_response();
    let Some(key) = visit.key(pages.0.marking) else {
        return Ok(to_log_in);
    };
    let Some(SavedSession { session, .. }) = pages.0.host.load(key).await? else {
        return Ok(to_log_in);
    };
    Form::of(Fields::from_request(request, &()).await)
        .map_err(|fault| pages.no_form(visit, fault))?;
    // Whatever the rules answer, the browser forgets the session.
    match pages.0.mfa.log_out(&session).await {
        Ok(()) | Err(Error::Refused(_)) => {}
        Err(fault) => return Err(fault.into()),
    }
    pages.let_go(key, to_log_in).await
}

pub(crate) async fn log_out_everywhere<H: PagesHost>(
    here: Here<H>,
    form: Form,
) -> Result<Response, Stop> {
    let attempt = here.attempt(&form);
    let out = here.pages.0.mfa.log_out_everywhere(&here.session, attempt);
    let out = out.await.map_err(NotTaken::Mfa);
    match here.answer(out, &[], "/account").await? {
        Ok(()) => here.pages.let_go(here.key, to_log_in(&here)).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn end_session<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let Some(id) = number(&form, "session", 20) else {
        return Ok(here.go("/account"));
    };
    let ended = here.account(&form)?.end_session(SessionId(id)).await;
    match here
        .answer(ended.map_err(NotTaken::Mfa), &[], "/account")
        .await?
    {
        Ok(()) => Ok(here.go("/account?done=ended")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

/// A number that only a form by hand sends wrong.
fn number<N: FromStr>(form: &Form, name: &'static str, digits: usize) -> Option<N> {
    form.fields.text(name, digits).ok()?.parse().ok()
}

fn to_log_in<H: PagesHost>(here: &Here<H>) -> Response {
    Redirect::to(here.pages.0.host.log_in()).into_response()
}

pub(crate) async fn forget_device<H: PagesHost>(
    here: Here<H>,
    form: Form,
) -> Result<Response, Stop> {
    let Some(number) = number(&form, "number", 5) else {
        return Ok(here.go("/account"));
    };
    let forget = here.account(&form)?.forget_device(number).await;
    match here
        .answer(forget.map_err(NotTaken::Mfa), &[], "/account")
        .await?
    {
        Ok(Forget::StillHere) => Ok(here.go("/account?done=forgotten")),
        Ok(Forget::Over) => let_go(&here).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn forget_devices<H: PagesHost>(
    here: Here<H>,
    form: Form,
) -> Result<Response, Stop> {
    let forget = here.account(&form)?.forget_devices().await;
    match here
        .answer(forget.map_err(NotTaken::Mfa), &[], "/account")
        .await?
    {
        Ok(()) => let_go(&here).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

/// This browser's session is over, and its device's cookie worth nothing.
async fn let_go<H: PagesHost>(here: &Here<H>) -> Result<Response, Stop> {
    let mut response = to_log_in(here);
    let tag = here
        .pages
        .0
        .mfa
        .device_cookie_tag(here.account_id())
        .await?;
    let forget = here.pages.0.marking.forget_device(tag);
    cookie::set(&mut response, &forget);
    here.pages.let_go(here.key, response).await
}
