//! The user list and the reset.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::{AccountId, AuthenticatorState, Error, Refusal, Requirement, UserEntry};

use crate::Language;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::reason::because;
use crate::refusal::Names;
use crate::session::{Here, Stop};
use crate::views::code::{self, Question};
use crate::views::message::Message;
use crate::views::people::{self, Line, State};
use crate::when;

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let people = match here.reading_admin()?.users().await {
        Ok(people) => people,
        Err(error) => return Err(here.closed(error, "/admin/people").await?),
    };
    let mut lines = Vec::with_capacity(people.len());
    for person in &people {
        lines.push(line(&here, person).await?);
    }
    let at = here.setting(None)?;
    here.page(
        None,
        at.say("Personnes", "People"),
        false,
        people::people(&at, &lines),
    )
    .await
}

async fn line<H: PagesHost>(here: &Here<H>, user: &UserEntry) -> Result<Line, Stop> {
    let (id, language) = (user.account_id(), here.visit.language);
    let mut why = why(here, user.requirement()).await?;
    let addresses = user.addresses().iter();
    why.extend(addresses.filter_map(|it| super::account::failure(it, language)));
    Ok(Line {
        id: id.to_string(),
        name: here
            .pages
            .0
            .host
            .name(id)
            .await?
            .unwrap_or_else(|| user.external_id().to_owned()),
        roles: here.pages.roles(&user.roles(), language),
        state: match user.authenticator() {
            _ if !user.is_active() => State::Deactivated,
            AuthenticatorState::None => State::NotEnrolled,
            AuthenticatorState::Active { .. } => State::Enrolled,
            AuthenticatorState::Suspended { .. } => State::Suspended,
            AuthenticatorState::Disabled { .. } => State::Disabled,
            _ => State::ResetDue,
        },
        token: user.token().map(str::to_owned),
        bound: user.authenticators().len(),
        has_suspended: user
            .authenticators()
            .iter()
            .any(|it| it.suspended().is_some()),
        at_log_in: at_log_in(language, user),
        why,
        is_self: id == here.account_id(),
    })
}

/// What the password alone would open for a person now.
fn at_log_in(language: Language, user: &UserEntry) -> String {
    match user.at_log_in() {
        Ok(reason) => because(reason, language, Names::default()).unwrap_or_default(),
        Err(Refusal::ResetCodeRequired(_)) => language
            .say("code de réinitialisation exigé", "reset code required")
            .into(),
        Err(_) => language.say("refusée", "refused").into(),
    }
}

/// What requires a code of a person, or will, with the names that people know.
async fn why<H: PagesHost>(here: &Here<H>, requirement: &Requirement) -> Result<Vec<String>, Stop> {
    let mut told = Vec::new();
    // Under a mandate it is no matter how the person's own switch stands.
    let mandated = requirement.mandate.is_some();
    for reason in requirement
        .reasons()
        .filter(|reason| !mandated || reason.code != "TOGGLE")
    {
        let (role, by) = here.pages.named(&reason, here.visit.language).await?;
        let names = Names {
            role: role.as_deref(),
            by: by.as_deref(),
        };
        told.extend(because(&reason, here.visit.language, names));
    }
    Ok(told)
}

/// The account in the path, by the name that people know, if it is one of this organization.
async fn subject<H: PagesHost>(here: &Here<H>) -> Result<(AccountId, String), Stop> {
    if let Some(id) = here.visit.named.as_deref()
        && let Ok(account) = id.parse::<AccountId>()
    {
        match here.reading_admin()?.user(account).await {
            Ok(_) => {
                if let Some(name) = here.pages.0.host.name(account).await? {
                    return Ok((account, name));
                }
            }
            Err(Error::Refused(Refusal::UnknownAccount)) => {}
            Err(error) => return Err(here.closed(error, "/admin/people").await?),
        }
    }
    let language = here.visit.language;
    let said = Message {
        title: language.say("Personnes", "People"),
        text: &here
            .pages
            .sentence(&Refusal::UnknownAccount, language)
            .await?,
        on: (
            language.say("Retour", "Back"),
            &format!("{}/admin/people", here.pages.0.base),
        ),
    };
    Err(here.message(StatusCode::NOT_FOUND, &said).await?.into())
}

async fn draw<H: PagesHost>(
    here: &Here<H>,
    (account, name): &(AccountId, String),
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let body = people::reset(&at, &account.to_string(), name);
    here.page(trouble, at.say("Réinitialiser", "Reset"), true, body)
        .await
}

pub(crate) async fn show_reset<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let subject = subject(&here).await?;
    draw(&here, &subject, None).await
}

/// Resets, and shows the reset code in the answer itself: it is shown once and kept nowhere. Sending the form again finds that
/// it was dealt with; a reset code that was lost before it was seen is replaced by resetting once more.
pub(crate) async fn reset<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let subject = subject(&here).await?;
    let issued = async {
        let code = form.fields.code()?;
        let aloud = form.fields.is_ticked("aloud");
        Ok(here.admin(&form)?.reset(subject.0, aloud, code).await?)
    };
    let next = format!("/admin/people/{}/reset", subject.0);
    match here.answer(issued.await, &["code"], &next).await? {
        Ok(reset_code) => {
            let at = here.setting(None)?;
            let until = when::moment(reset_code.expires, here.visit.language);
            let body = people::reset_code(&at, &subject.1, &reset_code.reset_code.expose(), &until);
            here.page(
                None,
                at.say("Code de réinitialisation", "Reset code"),
                true,
                body,
            )
            .await
        }
        Err(trouble) => draw(&here, &subject, Some(&trouble)).await,
    }
}

async fn draw_undo_report<H: PagesHost>(
    here: &Here<H>,
    (account, name): &(AccountId, String),
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let question = Question {
        title: &at.language.say(
            format!("Application ou clé d’accès de {name}"),
            format!("App or passkey of {name}"),
        ),
        text: at.say(
            "Elle a été signalée perdue, ou il existe peut-être une copie de la clé, et elle n’est plus acceptée. Assurez-vous, de vive voix, que cette personne l’a toujours, puis confirmez avec un nouveau code de votre propre application, ou votre clé\u{a0}: la sienne sera de nouveau acceptée.",
            "It was reported lost, or there may be a copy of the passkey, and it is no longer accepted. Make sure, face to face, that this person still has it, then confirm with a fresh code from your own app, or your passkey: theirs will be accepted again.",
        ),
        action: &undo_report_of(*account),
        button: at.say("Annuler le signalement", "Undo the report"),
        dangerous: false,
        with_code: true,
        back: Some("/admin/people"),
    };
    let body = code::question(&at, &question);
    here.page(trouble, question.button, true, body).await
}

/// The path of the page that undoes a report of loss for another.
fn undo_report_of(account: AccountId) -> String {
    format!("/admin/people/{account}/undo-report")
}

pub(crate) async fn show_undo_report<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let subject = subject(&here).await?;
    draw_undo_report(&here, &subject, None).await
}

pub(crate) async fn undo_report<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let subject = subject(&here).await?;
    let undone = async {
        let code = form.fields.code()?;
        Ok(here.admin(&form)?.undo_report(subject.0, code).await?)
    };
    let next = undo_report_of(subject.0);
    match here.answer(undone.await, &["code"], &next).await? {
        Ok(()) => Ok(here.go("/admin/people")),
        Err(trouble) => draw_undo_report(&here, &subject, Some(&trouble)).await,
    }
}
