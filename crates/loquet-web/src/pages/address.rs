//! Where a person's notices go.

use axum::response::Response;
use loquet::Address;

use crate::fields::{FieldFault, FieldFaultKind, if_given};
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::account::{MAX_ADDRESS, address};

async fn draw<H: PagesHost>(
    here: &Here<H>,
    typed: &str,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Adresse de vos avis", "Address of your notices");
    let body = address(&at, typed, here.is_bound());
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let present = here.overview().address().map_or("", Address::as_str);
    draw(&here, present, None).await
}

pub(crate) async fn change<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let text = form.fields.text("address", MAX_ADDRESS);
    let typed = text.unwrap_or_default().to_owned();
    let read = text.and_then(|text| {
        text.parse::<Address>().map_err(|_| FieldFault {
            field: "address",
            what: FieldFaultKind::Form,
        })
    });
    let changed = async {
        let address = read?;
        let code = if_given(form.fields.code())?.unwrap_or_default();
        Ok(here.account(&form)?.change_address(address, code).await?)
    };
    let about = ["address", "code"];
    match here
        .answer(changed.await, &about, "/account/address")
        .await?
    {
        Ok(()) => Ok(here.go("/account?done=address")),
        Err(trouble) => draw(&here, &typed, Some(&trouble)).await,
    }
}
