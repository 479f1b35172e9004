//! The mandates: what the organization requires of a role.

use axum::response::Response;
use loquet::{Error, MandateKind, Refusal, RoleId, Start};

use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::fields::{Fields, NotAForm};
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::mandate::{self, MAX_DATE, Mandate, PASSKEY, Page, SECOND_FACTOR};
use crate::when;

/// Where a fresh code leads back to.
const PLACE: &str = "/admin/mandate";

/// The role that a mandate covers, and what it demands.
type Of = (RoleId, MandateKind);

/// What went wrong, with the form of one mandate or with what is no form of this page.
type Troubled<'a> = (Option<Of>, &'a Trouble);

/// The mandates on the page: those that these pages propose, and all that there are.
fn listed<H: PagesHost>(here: &Here<H>) -> Vec<Of> {
    let staff = here.mandated_role();
    let mut all = vec![(staff, MandateKind::SecondFactor)];
    if here.pages.0.mfa.takes_passkeys() {
        let administrators = (RoleId::ADMINISTRATOR, MandateKind::Passkey);
        all.extend([administrators, (staff, MandateKind::Passkey)]);
    }
    for other in here.organization().mandates() {
        let other = (other.role, other.kind);
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

async fn draw<H: PagesHost>(
    here: &Here<H>,
    troubled: Option<Troubled<'_>>,
) -> Result<Response, Stop> {
    let trouble = troubled.map(|(_, trouble)| trouble);
    let at = here.setting(trouble)?;
    let mut mandates = Vec::new();
    for of @ (role, kind) in listed(here) {
        let imposed = here.organization().mandate(role, kind);
        let by = match imposed {
            Some(mandate) => here.pages.0.host.name(mandate.by).await?,
            None => None,
        };
        mandates.push(Mandate {
            of,
            role: here.covered(role),
            state: imposed.map(|mandate| mandate.state),
            by: by.unwrap_or_default(),
        });
    }
    let page = Page {
        mandates: &mandates,
        troubled: troubled.and_then(|(of, _)| of),
        has_passkey: here.has_passkey(),
        now: here.now(),
    };
    let title = mandate::page_title(&at, &mandates);
    let body = mandate::page(&at, &page);
    here.page(trouble, &title, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

/// The mandate that a form is about, if it is one of the page's.
fn chosen<H: PagesHost>(here: &Here<H>, fields: &Fields) -> Option<Of> {
    let role = fields.text("role", 5).ok()?.parse().ok()?;
    let kind = match fields.text("demands", SECOND_FACTOR.len()).ok()? {
        SECOND_FACTOR => MandateKind::SecondFactor,
        PASSKEY => MandateKind::Passkey,
        _ => return None,
    };
    let of = (RoleId(role), kind);
    listed(here).contains(&of).then_some(of)
}

fn date(fields: &Fields) -> Result<loquet::UnixTime, FieldFault> {
    when::parse_day(fields.text("date", MAX_DATE)?).ok_or(FieldFault {
        field: "date",
        what: FieldFaultKind::Form,
    })
}

fn start(fields: &Fields) -> Result<Start, FieldFault> {
    match fields.text("start", 8)? {
        "now" => Ok(Start::Now {
            confirmed: fields.is_ticked("confirmed"),
        }),
        "date" => date(fields).map(Start::At),
        _ => Err(FieldFault {
            field: "start",
            what: FieldFaultKind::Form,
        }),
    }
}

pub(crate) async fn announce<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    finish(&here, &form, async |(role, kind)| {
        let (admin, start) = (here.admin(&form)?, start(&form.fields)?);
        Ok(admin.schedule_mandate(role, kind, start).await.map(drop)?)
    })
    .await
}

pub(crate) async fn postpone<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    finish(&here, &form, async |(role, kind)| {
        let (admin, date) = (here.admin(&form)?, date(&form.fields)?);
        Ok(admin.move_mandate(role, kind, date).await.map(drop)?)
    })
    .await
}

pub(crate) async fn cancel<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    finish(&here, &form, async |(role, kind)| {
        Ok(here.admin(&form)?.cancel_mandate(role, kind).await?)
    })
    .await
}

/// Does what a form asks about its mandate, and says what became of it.
async fn finish<H: PagesHost>(
    here: &Here<H>,
    form: &Form,
    work: impl AsyncFnOnce(Of) -> Result<(), NotTaken>,
) -> Result<Response, Stop> {
    let language = here.visit.language;
    let Some(of) = chosen(here, &form.fields) else {
        let trouble = Trouble::of_form(NotAForm::Id.sentence(language));
        return draw(here, Some((None, &trouble))).await;
    };
    let outcome = work(of).await;
    let takes_passkey = matches!(
        outcome,
        Err(NotTaken::Mfa(Error::Refused(Refusal::PasskeyRequired)))
    );
    match here.answer(outcome, &["date", "confirmed"], PLACE).await? {
        Ok(()) => Ok(here.go("/admin?done=imposed")),
        Err(mut trouble) => {
            if takes_passkey {
                let said = mandate::takes_passkey(language, here.has_passkey());
                said.clone_into(&mut trouble.text);
            }
            draw(here, Some((Some(of), &trouble))).await
        }
    }
}
