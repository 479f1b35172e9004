//! The employees' mandate.

use axum::response::Response;
use loquet::RoleId;
use loquet::flow::{Announce, CancelMandate, Ceremony, MoveMandate};
use loquet::store::AttemptId;
use loquet_policy::Start;

use crate::fields::{FieldFault, FieldFaultKind, Fields};
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::mandate::{self, MAX_DATE, Mandate};
use crate::{Pages, Visit, when};

/// Where a fresh code leads back to.
const PLACE: &str = "/admin/mandate";

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let mandate = here.employees_mandate();
    let by = match mandate {
        Some(mandate) => pages.0.host.name(mandate.by).await?.unwrap_or_default(),
        None => String::new(),
    };
    let mandate = Mandate {
        state: mandate.map(|mandate| mandate.state),
        by: &by,
        now: here.standing.now,
    };
    let title = at.say("Obligation des employés", "Requirement for employees");
    pages
        .page_for(
            visit,
            here,
            trouble,
            title,
            true,
            mandate::mandate(&at, &mandate),
        )
        .await
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    draw(&pages, &visit, &here, None).await
}

fn date(fields: &Fields) -> Result<loquet::UnixTime, FieldFault> {
    when::parse_day(fields.text("date", MAX_DATE)?).ok_or(FieldFault {
        field: "date",
        what: FieldFaultKind::Form,
    })
}

pub(crate) async fn announce<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let start = match fields.text("start", 8) {
        Ok("now") => Ok(Start::Now {
            confirmed: fields.is_ticked("confirmed"),
        }),
        Ok("date") => date(&fields).map(Start::At),
        Ok(_) => Err(FieldFault {
            field: "start",
            what: FieldFaultKind::Form,
        }),
        Err(fault) => Err(fault),
    };
    let asked = start.map(|start| Announce {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
        start,
    });
    finish(&pages, &visit, &here, attempt, asked).await
}

pub(crate) async fn postpone<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let asked = date(&fields).map(|date| MoveMandate {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
        date,
    });
    finish(&pages, &visit, &here, attempt, asked).await
}

pub(crate) async fn cancel<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let cancel = CancelMandate {
        stamp: here.stamp,
        role: RoleId::EMPLOYEE,
    };
    finish(&pages, &visit, &here, attempt, Ok(cancel)).await
}

async fn finish<H: Host, C: Ceremony>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    attempt: AttemptId,
    asked: Result<C, FieldFault>,
) -> Result<Response, Stop> {
    match pages
        .answer(visit, here, attempt, asked, &["date", "confirmed"], PLACE)
        .await?
    {
        Ok(_) => Ok(pages.go("/admin?done=imposed")),
        Err(trouble) => draw(pages, visit, here, Some(&trouble)).await,
    }
}
