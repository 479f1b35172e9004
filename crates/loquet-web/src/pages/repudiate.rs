//! "That was not me": what the link in an enrollment's letter opens. Nobody is logged in here.
//!
//! Opening the link changes nothing, since mail programs open links by themselves; the button does. Whatever is wrong with
//! a link is said in one sentence, which tells nothing of whose it was.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::flow::Repudiate;
use loquet::{Refusal, Refused, RepudiationLink};

use super::{NOT_TAKEN, status};
use crate::fields::Fields;
use crate::host::Host;
use crate::parts::Trouble;
use crate::refusal::{Names, sentence};
use crate::session::Stop;
use crate::views::code::{Question, question};
use crate::views::message::message;
use crate::{Pages, Viewer, Visit};

fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    link: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let title = at.say("Ce n'était pas vous\u{a0}?", "That was not you?");
    let body = question(
        &at,
        &Question {
            title,
            text: at.say(
                "Si ce n'est pas vous qui avez lié cette application à votre compte, retirez-la. Toutes les connexions prendront fin, et il faudra le billet d'un administrateur pour en configurer une autre. Changez aussi votre phrase de passe\u{a0}: quelqu'un la connaît.",
                "If it was not you who bound this app to your account, remove it. All sessions will end, and it will take an administrator's ticket to set up another. Change your pass phrase too: somebody knows it.",
            ),
            action: &format!("/repudiate/{link}"),
            button: at.say("Retirer cette application", "Remove this app"),
            dangerous: true,
            with_code: false,
            back: "/account",
        },
    );
    Ok(pages.show(visit, status(trouble), title, Viewer::Nobody, true, body))
}

/// A link that cannot be read is not repeated on a page.
fn read<H: Host>(pages: &Pages<H>, visit: &Visit, link: &str) -> Result<RepudiationLink, Stop> {
    link.parse()
        .map_err(|_| end(pages, visit, NOT_TAKEN, &Refusal::WrongLink).into())
}

fn end<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    status: StatusCode,
    refusal: &Refusal,
) -> Response {
    let text = sentence(refusal, visit.language, Names::default());
    pages.message(visit, status, &text)
}

pub(crate) async fn show<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    link: String,
) -> Result<Response, Stop> {
    read(&pages, &visit, &link)?;
    draw(&pages, &visit, &link, None)
}

pub(crate) async fn repudiate<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
    link: String,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let read = read(&pages, &visit, &link)?;
    let language = visit.language;
    match pages.run(&visit, attempt, Repudiate::by(&read)).await? {
        Ok(()) | Err(Refused::Rule(Refusal::AlreadyCompleted)) => {
            let title = language.say("Application retirée", "App removed");
            let text = language.say(
                "Elle ne vaut plus rien et toutes les connexions ont pris fin. Changez votre phrase de passe, puis demandez un billet à un administrateur.",
                "It no longer works and all sessions have ended. Change your pass phrase, then ask an administrator for a ticket.",
            );
            let on = (
                language.say("Page de connexion", "Log-in page"),
                pages.0.host.log_in(),
            );
            let body = message(title, text, on);
            Ok(pages.show(&visit, StatusCode::OK, title, Viewer::Nobody, true, body))
        }
        Err(Refused::Rule(Refusal::PolicyUnavailable)) => {
            Ok(end(&pages, &visit, NOT_TAKEN, &Refusal::PolicyUnavailable))
        }
        Err(_) => Ok(end(&pages, &visit, NOT_TAKEN, &Refusal::WrongLink)),
    }
}
