//! The roll-call and the reset.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::flow::Reset;
use loquet::{AccountId, Person, Refusal};
use loquet_policy::{Account, Authenticator, Requirement, entrance};

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::reason::because;
use crate::refusal::Names;
use crate::session::{Here, Stop};
use crate::views::message::message;
use crate::views::people::{self, Line, State};
use crate::{Language, Pages, Visit, when};

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    let people = match pages.0.service.roll_call(&here.stamp).await? {
        Ok(people) => people,
        Err(refusal) => {
            return Err(pages
                .closed(&visit, &here, refusal, "/admin/people")
                .await?);
        }
    };
    let mut lines = Vec::with_capacity(people.len());
    for person in &people {
        lines.push(line(&pages, &visit, &here, person).await?);
    }
    let at = pages.setting(&visit, None)?;
    pages
        .page_for(
            &visit,
            &here,
            None,
            at.say("Personnes", "People"),
            false,
            people::people(&at, &lines),
        )
        .await
}

async fn line<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    person: &Person,
) -> Result<Line, Stop> {
    let account = &person.account;
    Ok(Line {
        id: account.id.to_string(),
        name: pages
            .0
            .host
            .name(account.id)
            .await?
            .unwrap_or_else(|| person.external_id.clone()),
        roles: pages.roles(&account.roles, visit.language),
        state: match account.authenticator_at(here.standing.now) {
            _ if !account.is_active() => State::Left,
            Authenticator::None => State::NotEnrolled,
            Authenticator::Active { .. } => State::Enrolled,
            Authenticator::Disabled { .. } => State::Disabled,
            Authenticator::ResetDue { .. } => State::ResetDue,
        },
        at_log_in: at_log_in(here, visit.language, account),
        why: why(pages, visit, &person.requirement).await?,
        is_self: account.id == here.stamp.account(),
    })
}

/// What the pass phrase alone would open for a person now.
fn at_log_in(here: &Here, language: Language, account: &Account) -> String {
    match entrance(&here.standing.organisation, account, here.standing.now) {
        Ok((level, _)) => because(&level.reason(), language, Names::default()).unwrap_or_default(),
        Err(Refusal::TicketRequired(_)) => language.say("billet exigé", "ticket required").into(),
        Err(_) => language.say("refusée", "refused").into(),
    }
}

/// What requires a code of a person, or will, with the names that people know.
async fn why<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    requirement: &Requirement,
) -> Result<Vec<String>, Stop> {
    let mut told = Vec::new();
    // Under a mandate it is no matter how the person's own switch stands.
    let mandated = requirement.mandate.is_some();
    for reason in requirement
        .reasons()
        .filter(|reason| !mandated || reason.code != "TOGGLE")
    {
        let (role, by) = pages.named(&reason, visit.language).await?;
        let names = Names {
            role: role.as_deref(),
            by: by.as_deref(),
        };
        told.extend(because(&reason, visit.language, names));
    }
    Ok(told)
}

/// The account in the path, by the name that people know, if it is one of this organisation.
async fn subject<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    id: &str,
) -> Result<(AccountId, String), Stop> {
    if let Ok(account) = id.parse::<AccountId>()
        && pages
            .0
            .service
            .belongs(account, here.standing.organisation.id)
            .await?
        && let Some(name) = pages.0.host.name(account).await?
    {
        return Ok((account, name));
    }
    let title = visit.language.say("Personnes", "People");
    let text = pages
        .sentence(&Refusal::UnknownAccount, visit.language)
        .await?;
    let back = format!("{}/admin/people", pages.0.base);
    let body = message(title, &text, (visit.language.say("Retour", "Back"), &back));
    let mut response = pages.page_for(visit, here, None, title, true, body).await?;
    *response.status_mut() = StatusCode::NOT_FOUND;
    Err(response.into())
}

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    (account, name): &(AccountId, String),
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let body = people::reset(&at, &account.to_string(), name);
    pages
        .page_for(
            visit,
            here,
            trouble,
            at.say("Réinitialiser", "Reset"),
            true,
            body,
        )
        .await
}

pub(crate) async fn show_reset<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    id: String,
) -> Result<Response, Stop> {
    let here = pages.enrolled_administrator(&visit).await?;
    let subject = subject(&pages, &visit, &here, &id).await?;
    draw(&pages, &visit, &here, &subject, None).await
}

/// Resets, and shows the ticket in the answer itself: it is shown once and kept nowhere. Sending the form again finds that
/// it was dealt with; a ticket that was lost before it was seen is replaced by resetting once more.
pub(crate) async fn reset<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
    id: String,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.enrolled_administrator(&visit).await?;
    let subject = subject(&pages, &visit, &here, &id).await?;
    let asked = fields.text("code", MAX_CODE).map(|typed| Reset {
        stamp: here.stamp,
        subject: subject.0,
        aloud: fields.is_ticked("aloud"),
        typed: typed.into(),
    });
    let next = format!("/admin/people/{id}/reset");
    match pages
        .answer(&visit, &here, attempt, asked, &["code"], &next)
        .await?
    {
        Ok(ticket) => {
            let at = pages.setting(&visit, None)?;
            let until = when::moment(ticket.expires, visit.language);
            let body = people::ticket(&at, &subject.1, &ticket.ticket.expose(), &until);
            pages
                .page_for(&visit, &here, None, at.say("Billet", "Ticket"), true, body)
                .await
        }
        Err(trouble) => draw(&pages, &visit, &here, &subject, Some(&trouble)).await,
    }
}
