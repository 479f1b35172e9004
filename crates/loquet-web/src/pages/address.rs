//! Where a person's notices go.

use axum::response::Response;
use loquet::Address;
use loquet::flow::ChangeAddress;

use crate::answer::Form;
use crate::fields::{FieldFault, FieldFaultKind};
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::account::{MAX_ADDRESS, address};

async fn draw<H: Host>(
    here: &Here<H>,
    typed: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Adresse de vos avis", "Address of your notices");
    let body = address(&at, typed, here.is_bound());
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    let present = here.standing.address.as_ref().map_or("", Address::as_str);
    draw(&here, present, None).await
}

pub(crate) async fn change<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let text = form.fields.text("address", MAX_ADDRESS);
    let typed = text.unwrap_or_default().to_owned();
    let read = text.and_then(|text| {
        text.parse::<Address>().map_err(|_| FieldFault {
            field: "address",
            what: FieldFaultKind::Form,
        })
    });
    let asked = read.and_then(|address| {
        let code = form.fields.optional("code", MAX_CODE)?;
        Ok(ChangeAddress {
            stamp: here.stamp,
            address,
            typed: code.unwrap_or_default().into(),
        })
    });
    let about = ["address", "code"];
    match here
        .answer(&form, asked, &about, "/account/address")
        .await?
    {
        Ok(()) => Ok(here.go("/account?done=address")),
        Err(trouble) => draw(&here, &typed, Some(&trouble)).await,
    }
}
