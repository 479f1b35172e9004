//! "That was not me": what the link in an enrollment's letter opens. It needs no session.
//!
//! Opening the link changes nothing, since mail programs open links by themselves; the button does. Whatever is wrong with
//! a link is said in one sentence, which tells nothing of whose it was.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, Response};
use loquet::{Error, NotMeLink, Refusal};

use crate::fields::{Fields, NotAForm};
use crate::form::Form;
use crate::form_id::FormId;
use crate::host::PagesHost;
use crate::layout::{Content, Viewer};
use crate::mount::Pages;
use crate::parts::Codes;
use crate::refusal::{Names, sentence};
use crate::session::Stop;
use crate::views::Setting;
use crate::views::code::{Question, question};
use crate::views::message::Message;
use crate::visit::Visit;

pub(crate) async fn show<H: PagesHost>(State(pages): State<Pages<H>>, visit: Visit) -> Response {
    draw(&pages, &visit).unwrap_or_else(|stop| pages.stopped(&visit, stop))
}

fn draw<H: PagesHost>(pages: &Pages<H>, visit: &Visit) -> Result<Response, Stop> {
    let (link, _) = read(pages, visit)?;
    let at = Setting {
        language: visit.language,
        base: &pages.0.base,
        form_id: FormId::random()?,
        trouble: None,
        codes: Codes::default(),
        passkey: None,
    };
    let asked = Question {
        title: at.say("Ce n’était pas vous?", "That was not you?"),
        text: at.say(
            "Si ce n’est pas vous qui avez lié cette application à votre compte, retirez-la. Toutes les connexions prendront fin. S’il ne vous en reste aucune autre, il faudra le code de réinitialisation d’un administrateur pour en configurer une. Changez aussi votre mot de passe\u{a0}: une autre personne le connaît.",
            "If it was not you who bound this app to your account, remove it. All sessions will end. If no other is left to you, it will take an administrator’s reset code to set one up. Change your password too: another person knows it.",
        ),
        action: &format!("/not-me/{link}"),
        button: at.say("Retirer cette application", "Remove this app"),
        dangerous: true,
        with_code: false,
        back: Some("/account"),
    };
    let content = Content {
        title: asked.title,
        viewer: Viewer::Visitor,
        narrow: true,
        body: Html(question(&at, &asked).into_string()),
    };
    Ok(pages.show(visit, StatusCode::OK, content))
}

/// The link in the path. One that cannot be read is not repeated on a page.
fn read<'v, H: PagesHost>(
    pages: &Pages<H>,
    visit: &'v Visit,
) -> Result<(&'v str, NotMeLink), Stop> {
    let link = visit.named.as_deref().unwrap_or_default();
    match link.parse() {
        Ok(read) => Ok((link, read)),
        Err(_) => Err(refused(pages, visit, &Refusal::WrongLink).into()),
    }
}

fn refused<H: PagesHost>(pages: &Pages<H>, visit: &Visit, refusal: &Refusal) -> Response {
    let text = sentence(refusal, visit.language, Names::default());
    pages.log_in_message(visit, StatusCode::UNPROCESSABLE_ENTITY, &text)
}

pub(crate) async fn submit<H: PagesHost>(
    State(pages): State<Pages<H>>,
    visit: Visit,
    fields: Result<Fields, NotAForm>,
) -> Response {
    match Form::of(fields) {
        Ok(form) => report(&pages, &visit, &form)
            .await
            .unwrap_or_else(|stop| pages.stopped(&visit, stop)),
        Err(fault) => pages.no_form(&visit, fault),
    }
}

async fn report<H: PagesHost>(
    pages: &Pages<H>,
    visit: &Visit,
    form: &Form,
) -> Result<Response, Stop> {
    let (_, link) = read(pages, visit)?;
    let attempt = pages.attempt(visit, form.id);
    match pages.0.mfa.report_unrecognized(&link, attempt).await {
        Ok(()) | Err(Error::Refused(Refusal::AlreadyCompleted)) => {
            let language = visit.language;
            let said = Message {
                title: language.say("Application retirée", "App removed"),
                text: language.say(
                    "Elle ne vaut plus rien et toutes les connexions ont pris fin. Changez votre mot de passe. S’il ne vous reste rien pour vous connecter, demandez un code de réinitialisation à un administrateur.",
                    "It no longer works and all sessions have ended. Change your password. If nothing is left to log in with, ask an administrator for a reset code.",
                ),
                on: (
                    language.say("Page de connexion", "Log-in page"),
                    pages.0.host.log_in(),
                ),
            };
            Ok(pages.message(visit, StatusCode::OK, &said))
        }
        Err(Error::Refused(refusal @ Refusal::PolicyUnavailable)) => {
            Ok(refused(pages, visit, &refusal))
        }
        Err(Error::Refused(_)) => Ok(refused(pages, visit, &Refusal::WrongLink)),
        Err(fault) => Err(fault.into()),
    }
}
