//! Where a person's notices go.

use axum::response::Response;
use loquet::{Address, AddressState, NoticeAddress};

use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::fields::if_given;
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
    // The one that waits gets another code by the same form.
    let addresses = here.overview().addresses();
    let is_pending = |it: &&NoticeAddress| matches!(it.state, AddressState::Pending { .. });
    let pending = addresses.iter().find(is_pending).map(|it| &it.address);
    let shown = pending.or(here.overview().address());
    draw(&here, shown.map_or("", Address::as_str), None).await
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
    let about: &[&str] = if here.is_bound() {
        &["address", "code"]
    } else {
        &["address"]
    };
    match here
        .answer(changed.await, about, "/account/address")
        .await?
    {
        Ok(()) => Ok(here.go("/account?done=sent")),
        Err(trouble) => draw(&here, &typed, Some(&trouble)).await,
    }
}
