//! The report of a loss.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::AuthenticatorId;

use super::authenticators::lines;
use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::Setting;
use crate::views::authenticators::{Line, choice};
use crate::views::code::{self, Question};
use crate::views::message::Message;

/// The authenticators of which one may be reported, where there are several; with one alone, or none, nothing is chosen.
fn several<H>(here: &Here<H>) -> Option<Vec<Line>> {
    let mut lines = lines(here);
    lines.retain(|line| !line.is_suspended);
    // Before a code, no more than it takes to choose.
    for line in lines.iter_mut().filter(|_| !here.is_logged_in()) {
        line.dates.clear();
    }
    (lines.len() > 1).then_some(lines)
}

async fn ask<H: PagesHost>(
    here: &Here<H>,
    chosen: Option<u16>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let several = several(here);
    let (text, button) = match several {
        Some(_) => (
            at.say(
                "Ce que vous signalez ne sera plus accepté, et toutes vos connexions prendront fin. Vous vous reconnecterez avec une autre application ou clé d’accès. Si vous la retrouvez, le lien du courriel que vous recevrez annulera ce signalement.",
                "What you report will no longer be accepted, and all your sessions will end. You log in again with another app or passkey. If you find it, the link in the letter that you will be sent will undo this report.",
            ),
            at.say("Suspendre", "Suspend"),
        ),
        None => (
            before_reporting_the_last(&at, here.has_recovery_codes()),
            at.by_kind(
                ["Suspendre l’application", "Suspend the app"],
                ["Suspendre le jeton", "Suspend the token"],
                ["Suspendre la clé d’accès", "Suspend the passkey"],
            ),
        ),
    };
    let question = Question {
        title: code::lost(&at),
        text,
        action: "/account/lost",
        button,
        dangerous: true,
        with_code: false,
        back: Some(match here.is_logged_in() {
            true => "/account",
            false => "/code",
        }),
    };
    let which = several.map(|lines| choice(&at, &lines, chosen));
    let body = code::question_with(&at, &question, &which.unwrap_or_default());
    here.page(trouble, question.title, true, body).await
}

fn before_reporting_the_last(at: &Setting<'_>, has_recovery_codes: bool) -> &'static str {
    if has_recovery_codes {
        at.by_kind(
            [
                "Votre application sera suspendue et toutes vos connexions prendront fin. Pour en configurer une autre, reconnectez-vous et utilisez l’un de vos codes de récupération; sans eux, un administrateur devra réinitialiser votre compte. Si vous retrouvez votre téléphone, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your app will be suspended and all your sessions will end. To set up another, log in again and use one of your recovery codes; without them, an administrator must reset your account. If you find your phone, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre jeton sera suspendu et toutes vos connexions prendront fin. Pour le remplacer, reconnectez-vous et utilisez l’un de vos codes de récupération; sans eux, un administrateur devra réinitialiser votre compte. Si vous retrouvez votre jeton, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your token will be suspended and all your sessions will end. To replace it, log in again and use one of your recovery codes; without them, an administrator must reset your account. If you find your token, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre clé d’accès sera suspendue et toutes vos connexions prendront fin. Pour la remplacer, reconnectez-vous et utilisez l’un de vos codes de récupération; sans eux, un administrateur devra réinitialiser votre compte. Si vous la retrouvez, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your passkey will be suspended and all your sessions will end. To replace it, log in again and use one of your recovery codes; without them, an administrator must reset your account. If you find it, the link in the letter that you will be sent will undo this report.",
            ],
        )
    } else {
        at.by_kind(
            [
                "Votre application sera suspendue et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez en configurer une autre. Si vous retrouvez votre téléphone, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your app will be suspended and all your sessions will end. An administrator must reset your account before you can set up another. If you find your phone, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre jeton sera suspendu et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez le remplacer. Si vous retrouvez votre jeton, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your token will be suspended and all your sessions will end. An administrator must reset your account before you can replace it. If you find your token, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre clé d’accès sera suspendue et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez la remplacer. Si vous la retrouvez, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your passkey will be suspended and all your sessions will end. An administrator must reset your account before you can replace it. If you find it, the link in the letter that you will be sent will undo this report.",
            ],
        )
    }
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let chosen = here.visit.parameter("authenticator");
    ask(&here, chosen.and_then(|id| id.parse().ok()), None).await
}

pub(crate) async fn report<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
    let has_another = several(&here).is_some();
    let reported = async {
        if !has_another {
            return Ok(mfa.report_lost(here.account_id(), attempt).await?);
        }
        let chosen = form.fields.text("authenticator", 5)?;
        let fault = |_| FieldFault {
            field: "authenticator",
            what: FieldFaultKind::Form,
        };
        let id = AuthenticatorId(chosen.parse().map_err(fault)?);
        let lost = mfa.report_one_lost(here.account_id(), id, attempt);
        Ok::<_, NotTaken>(lost.await?)
    };
    if let Err(trouble) = here.answer(reported.await, &["authenticator"], "").await? {
        return ask(&here, None, Some(&trouble)).await;
    }
    let language = here.visit.language;
    let said = Message {
        title: here.setting(None)?.by_kind(
            ["Application suspendue", "App suspended"],
            ["Jeton suspendu", "Token suspended"],
            ["Clé d’accès suspendue", "Passkey suspended"],
        ),
        text: after_reporting(&here, has_another),
        on: (
            language.say("Page de connexion", "Log-in page"),
            here.pages.0.host.log_in(),
        ),
    };
    let page = here.pages.message(&here.visit, StatusCode::OK, &said);
    here.pages.let_go(here.key, page).await
}

fn after_reporting<H: PagesHost>(here: &Here<H>, has_another: bool) -> &'static str {
    let language = here.visit.language;
    if has_another {
        language.say(
            "Ses codes ne sont plus acceptés et toutes vos connexions ont pris fin. Reconnectez-vous avec une autre de vos applications.",
            "Its codes are no longer accepted and all your sessions have ended. Log in again with another of your apps.",
        )
    } else if here.has_recovery_codes() {
        language.say(
            "Ses codes ne sont plus acceptés et toutes vos connexions ont pris fin. Reconnectez-vous et utilisez l’un de vos codes de récupération, ou demandez à un administrateur de réinitialiser votre compte.",
            "Its codes are no longer accepted and all your sessions have ended. Log in again and use one of your recovery codes, or ask an administrator to reset your account.",
        )
    } else {
        language.say(
            "Ses codes ne sont plus acceptés et toutes vos connexions ont pris fin. Demandez à un administrateur de réinitialiser votre compte.",
            "Its codes are no longer accepted and all your sessions have ended. Ask an administrator to reset your account.",
        )
    }
}
