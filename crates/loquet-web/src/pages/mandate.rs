//! The employees' mandate.

use axum::response::Response;
use loquet::RoleId;
use loquet::flow::{CancelMandate, Ceremony, MoveMandate, ScheduleMandate};
use loquet_policy::Start;

use crate::answer::Form;
use crate::fields::{FieldFault, FieldFaultKind, Fields};
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::mandate::{self, MAX_DATE, Mandate};
use crate::when;

/// Where a fresh code leads back to.
const PLACE: &str = "/admin/mandate";

async fn draw<H: Host>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let mandate = here.employees_mandate();
    let by = match mandate {
        Some(mandate) => here
            .pages
            .0
            .host
            .name(mandate.by)
            .await?
            .unwrap_or_default(),
        None => String::new(),
    };
    let mandate = Mandate {
        state: mandate.map(|mandate| mandate.state),
        by: &by,
        now: here.standing.now,
    };
    let title = at.say("Obligation des employés", "Requirement for employees");
    here.page(trouble, title, true, mandate::mandate(&at, &mandate))
        .await
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

fn date(fields: &Fields) -> Result<loquet::UnixTime, FieldFault> {
    when::parse_day(fields.text("date", MAX_DATE)?).ok_or(FieldFault {
        field: "date",
        what: FieldFaultKind::Form,
    })
}

pub(crate) async fn announce<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
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
    let asked = start.map(|start| ScheduleMandate {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
        start,
    });
    finish(&here, &form, asked).await
}

pub(crate) async fn postpone<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = date(&form.fields).map(|date| MoveMandate {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
        date,
    });
    finish(&here, &form, asked).await
}

pub(crate) async fn cancel<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let cancel = CancelMandate {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
    };
    finish(&here, &form, Ok(cancel)).await
}

async fn finish<H: Host, C: Ceremony>(
    here: &Here<H>,
    form: &Form,
    asked: Result<C, FieldFault>,
) -> Result<Response, Stop> {
    match here
        .answer(form, asked, &["date", "confirmed"], PLACE)
        .await?
    {
        Ok(_) => Ok(here.go("/admin?done=imposed")),
        Err(trouble) => draw(here, Some(&trouble)).await,
    }
}
