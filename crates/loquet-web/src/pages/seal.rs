//! A new break-glass code in place of the old.

use axum::response::Response;
use loquet::flow::RenewSeal;

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::enable::{self, MAX_GROUP};
use crate::{Pages, Visit};

const PLACE: &str = "/admin/seal";

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let seal = match pages.0.service.propose_seal(&here.stamp).await? {
        Ok(seal) => seal,
        Err(refusal) => return Err(pages.closed(visit, here, refusal, PLACE).await?),
    };
    let body = enable::renew(&at, &seal.expose());
    let title = at.say("Code de secours", "Break-glass code");
    pages
        .page_for(visit, here, trouble, title, true, body)
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    draw(&pages, &visit, &here, None).await
}

pub(crate) async fn renew<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let asked = fields.text("group", MAX_GROUP).and_then(|group| {
        Ok(RenewSeal {
            stamp: here.stamp,
            typed_back: group.into(),
            typed: fields.text("code", MAX_CODE)?.into(),
        })
    });
    match pages
        .answer(&visit, &here, attempt, asked, &["group", "code"], PLACE)
        .await?
    {
        Ok(()) => Ok(pages.go("/admin?done=sealed")),
        Err(trouble) => draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}
