//! A new break-glass code in place of the old.

use axum::response::Response;

use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::enable::{self, MAX_GROUP};

const PLACE: &str = "/admin/break-glass";

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let break_glass = match here.reading_admin()?.propose_break_glass().await {
        Ok(break_glass) => break_glass,
        Err(error) => return Err(here.closed(error, PLACE).await?),
    };
    let body = enable::renew(&at, &break_glass.expose());
    let title = at.say("Code de secours", "Break-glass code");
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

pub(crate) async fn renew<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let renewed = async {
        let group = form.fields.pasted("group", MAX_GROUP)?;
        let code = form.fields.code()?;
        let admin = here.admin(&form)?;
        Ok(admin.renew_break_glass_code(group, code).await?)
    };
    let fields = ["group", "code"];
    match here.answer(renewed.await, &fields, PLACE).await? {
        Ok(()) => Ok(here.go("/admin?done=break-glass")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
