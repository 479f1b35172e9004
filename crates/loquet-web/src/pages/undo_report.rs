//! Undoing a report of loss: with the link in its letter, or with a recovery code in its place, and a code of the app.

use axum::response::Response;
use loquet::{NotMeLink, Refusal};

use crate::answer::NotTaken;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::passkey::{Asks, Passkey};
use crate::views::{Setting, recover, undo_report};

/// The link in the path, with its text; `None` where a recovery code is asked for.
fn link<H: PagesHost>(here: &Here<H>) -> Option<(&str, Result<NotMeLink, Refusal>)> {
    let text = here.visit.named.as_deref()?;
    Some((text, text.parse().map_err(|_| Refusal::WrongLink)))
}

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let usual = here.setting(trouble)?;
    // The passkey to answer with is the suspended one.
    let passkey = here.progress.suspended_passkey_request();
    let passkey = passkey.map(|options| Passkey {
        asks: Asks::Known,
        options,
        alone: usual.codes.none,
    });
    let at = Setting { passkey, ..usual };
    let title = at.say("Annuler le signalement", "Undo the report");
    // A link that is malformed is not repeated on a page.
    let link = link(here).filter(|(_, link)| link.is_ok());
    let body = undo_report::undo_report(&at, link.map(|(text, _)| text));
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if !here.has_suspended() {
        return Ok(here.go("/account"));
    }
    draw(&here, None).await
}

pub(crate) async fn submit<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let mfa = &here.pages.0.mfa;
    let undone = async {
        let code = form.fields.code()?;
        let attempt = here.attempt(&form);
        let login = match link(&here) {
            Some((_, link)) => {
                let link = link.map_err(loquet::Error::from)?;
                mfa.undo_report(&here.session, &link, code, attempt).await?
            }
            None => {
                let recovery = form.fields.pasted("recovery", recover::MAX_CODE)?;
                mfa.undo_report_with_recovery_code(&here.session, recovery, code, attempt)
                    .await?
            }
        };
        Ok::<_, NotTaken>(login)
    };
    let fields: &[_] = match link(&here) {
        Some(_) => &["code"],
        None => &["recovery", "code"],
    };
    match here.answer(undone.await, fields, "").await? {
        Ok(login) => here.hand_over(&login, here.pages.way(login.next)).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
