//! A new break-glass code in place of the old.

use axum::response::Response;
use loquet::flow::RenewSeal;

use crate::answer::Form;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::enable::{self, MAX_GROUP};

const PLACE: &str = "/admin/seal";

async fn draw<H: Host>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let seal = match here.pages.0.service.propose_seal(&here.stamp).await? {
        Ok(seal) => seal,
        Err(refusal) => return Err(here.closed(refusal, PLACE).await?),
    };
    let body = enable::renew(&at, &seal.expose());
    let title = at.say("Code de secours", "Break-glass code");
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

pub(crate) async fn renew<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form.fields.text("group", MAX_GROUP).and_then(|group| {
        Ok(RenewSeal {
            stamp: here.stamp,
            typed_back: group.into(),
            typed: form.fields.text("code", MAX_CODE)?.into(),
        })
    });
    match here.answer(&form, asked, &["group", "code"], PLACE).await? {
        Ok(()) => Ok(here.go("/admin?done=sealed")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
