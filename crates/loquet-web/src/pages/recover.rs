//! A recovery code in place of a lost app.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::Error;

use crate::answer::NotTaken;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::recover;

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let back = if here.is_logged_in() {
        "/account"
    } else {
        "/code"
    };
    let title = at.say("Code de récupération", "Recovery code");
    here.page(trouble, title, true, recover::recover(&at, back))
        .await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if here.has_recovery_codes() {
        draw(&here, None).await
    } else {
        Ok(Redirect::to(here.pages.way(here.next())).into_response())
    }
}

pub(crate) async fn submit<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let mfa = &here.pages.0.mfa;
    let recovered = async {
        let code = form.fields.pasted("recovery", recover::MAX_CODE)?;
        let recovered = mfa.recover(&here.session, code, here.attempt(&form));
        Ok::<_, NotTaken>(recovered.await?)
    };
    match here.answer(recovered.await, &["recovery"], "").await? {
        Ok(recovering) => {
            let login = recovering.login;
            // The QR code is on the page that it goes on to.
            let client = here.pages.client(&here.visit);
            match mfa.begin_enrollment(&login.session, "", client).await {
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(fault) => return Err(fault.into()),
            }
            here.hand_over(&login, here.pages.way(login.next)).await
        }
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
