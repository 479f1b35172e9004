//! Where a person's notices go.

use axum::response::Response;
use loquet::Address;
use loquet::flow::ChangeAddress;

use crate::fields::{FieldFault, FieldFaultKind, Fields};
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::account::{MAX_ADDRESS, address};
use crate::{Pages, Visit};

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    typed: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let title = at.say("Adresse de vos avis", "Address of your notices");
    let body = address(&at, typed, here.is_bound());
    pages
        .page_for(visit, here, trouble, title, true, body)
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    let present = here.standing.address.as_ref().map_or("", Address::as_str);
    draw(&pages, &visit, &here, present, None).await
}

pub(crate) async fn change<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let text = fields.text("address", MAX_ADDRESS);
    let typed = text.unwrap_or_default().to_owned();
    let read = text.and_then(|text| {
        text.parse::<Address>().map_err(|_| FieldFault {
            field: "address",
            what: FieldFaultKind::Form,
        })
    });
    let asked = read.and_then(|address| {
        let code = fields.optional("code", MAX_CODE)?;
        Ok(ChangeAddress {
            stamp: here.stamp,
            address,
            typed: code.unwrap_or_default().into(),
        })
    });
    let about = ["address", "code"];
    match pages
        .answer(&visit, &here, attempt, asked, &about, "/account/address")
        .await?
    {
        Ok(()) => Ok(pages.go("/account?done=address")),
        Err(trouble) => draw(&pages, &visit, &here, &typed, Some(&trouble)).await,
    }
}
