//! A new break-glass code in place of the old.

use axum::response::Response;
use loquet::flow::RenewBreakGlassCode;

use crate::answer::Form;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::enable::{self, MAX_GROUP};

const PLACE: &str = "/admin/break-glass";

async fn draw<H: Host>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let break_glass = match here
        .pages
        .0
        .service
        .propose_break_glass(&here.stamp)
        .await?
    {
        Ok(break_glass) => break_glass,
        Err(refusal) => return Err(here.closed(refusal, PLACE).await?),
    };
    let body = enable::renew(&at, &break_glass.expose());
    let title = at.say("Code de secours", "Break-glass code");
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

pub(crate) async fn renew<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form.fields.text("group", MAX_GROUP).and_then(|group| {
        Ok(RenewBreakGlassCode {
            stamp: here.stamp,
            typed_back: group.into(),
            typed: form.fields.text("code", MAX_CODE)?.into(),
        })
    });
    match here.answer(&form, asked, &["group", "code"], PLACE).await? {
        Ok(()) => Ok(here.go("/admin?done=break-glass")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
