//! The mandate of the role for which the organization has one proposed.

use axum::response::Response;
use loquet::Start;

use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::fields::Fields;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::mandate::{self, MAX_DATE, Mandate};
use crate::when;

/// Where a fresh code leads back to.
const PLACE: &str = "/admin/mandate";

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let imposed = here.mandate();
    let by = match imposed {
        Some(mandate) => here
            .pages
            .0
            .host
            .name(mandate.by)
            .await?
            .unwrap_or_default(),
        None => String::new(),
    };
    let role = here.mandated();
    let facts = Mandate {
        role: &role,
        state: imposed.map(|mandate| mandate.state),
        by: &by,
        now: here.now(),
    };
    let title = mandate::title(here.visit.language, &role);
    here.page(trouble, &title, true, mandate::mandate(&at, &facts))
        .await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

fn date(fields: &Fields) -> Result<loquet::UnixTime, FieldFault> {
    when::parse_day(fields.text("date", MAX_DATE)?).ok_or(FieldFault {
        field: "date",
        what: FieldFaultKind::Form,
    })
}

pub(crate) async fn announce<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let start = match form.fields.text("start", 8) {
        Ok("now") => Ok(Start::Now {
            confirmed: form.fields.is_ticked("confirmed"),
        }),
        Ok("date") => date(&form.fields).map(Start::At),
        Ok(_) => Err(FieldFault {
            field: "start",
            what: FieldFaultKind::Form,
        }),
        Err(fault) => Err(fault),
    };
    let scheduled = async {
        let admin = here.admin(&form)?;
        Ok(admin.schedule_mandate(here.mandated_role(), start?).await?)
    };
    finish(&here, scheduled.await.map(drop)).await
}

pub(crate) async fn postpone<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let moved = async {
        let (admin, date) = (here.admin(&form)?, date(&form.fields)?);
        Ok(admin.move_mandate(here.mandated_role(), date).await?)
    };
    finish(&here, moved.await.map(drop)).await
}

pub(crate) async fn cancel<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let admin = here.admin(&form)?;
    let cancelled = admin.cancel_mandate(here.mandated_role()).await;
    finish(&here, cancelled.map_err(NotTaken::Mfa)).await
}

async fn finish<H: PagesHost>(
    here: &Here<H>,
    outcome: Result<(), NotTaken>,
) -> Result<Response, Stop> {
    match here.answer(outcome, &["date", "confirmed"], PLACE).await? {
        Ok(()) => Ok(here.go("/admin?done=imposed")),
        Err(trouble) => draw(here, Some(&trouble)).await,
    }
}
