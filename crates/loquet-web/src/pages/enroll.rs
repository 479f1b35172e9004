//! The enrollment.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::{BreakGlassCode, Error, NextStep, RecoveryCode, Refusal, UnixTime};

use super::questions;
use crate::Language;
use crate::answer::NotTaken;
use crate::fields::if_given;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::{Setting, enable, enroll};
use crate::when;
use zeroize::Zeroizing;

/// The enrollment page: the QR code of a begun enrollment, or how to begin.
pub(crate) async fn draw<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let Some(offer) = here.progress.offer() else {
        return draw_start(here, trouble).await;
    };
    let at = here.setting(trouble)?;
    let reason = reason(here, here.visit.language).await?;
    let alt = at.say(
        "Code QR pour votre application d’authentification. La clé peut aussi être saisie\u{a0}: «\u{a0}Difficulté à capturer?\u{a0}».",
        "QR code for your authenticator app. The key can also be typed: “Trouble scanning?”.",
    );
    let codes: Vec<Zeroizing<String>> = here
        .progress
        .recovery_codes()
        .iter()
        .map(RecoveryCode::expose)
        .collect();
    let break_glass = here.progress.new_break_glass_code();
    let break_glass = break_glass.map(BreakGlassCode::expose);
    let svg = offer.svg(alt).map_err(|fault| Stop::Fault(fault.into()))?;
    let scan = enroll::Scan {
        svg: &svg,
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.now()),
        reason: &reason,
        codes: &codes,
        break_glass: break_glass.as_deref().map(String::as_str),
    };
    here.page(trouble, title(&at), false, enroll::scan(&at, &scan))
        .await
}

/// How to begin an enrollment.
async fn draw_start<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let reason = reason(here, here.visit.language).await?;
    let needs_reset_code = here.needs_reset_code() || Trouble::at(trouble, "reset_code").is_some();
    let start = enroll::Start {
        reason: &reason,
        needs_reset_code,
        may_leave: here.is_logged_in(),
    };
    here.page(trouble, title(&at), true, enroll::start(&at, &start))
        .await
}

fn title<'t>(at: &Setting<'_>) -> &'t str {
    at.say("Configurer l’application", "Set up your app")
}

/// Why an enrollment is due, in a sentence.
async fn reason<H: PagesHost>(here: &Here<H>, language: Language) -> Result<String, Stop> {
    if here.is_recovering() {
        return Ok(language
            .say(
                "Votre code de récupération est accepté. Configurez une nouvelle application dans les dix minutes.",
                "Your recovery code is accepted. Set up a new app within ten minutes.",
            )
            .to_owned());
    }
    if here.needs_reset_code() {
        return Ok(language
            .say(
                "Votre compte a été réinitialisé. Configurez une nouvelle application avec le code de réinitialisation que l’on vous a remis.",
                "Your account was reset. Set up a new app with the reset code that you were handed.",
            )
            .to_owned());
    }
    let Some(mandate) = here.overview().requirement().mandate else {
        return Ok(language
            .say(
                "Un code à usage unique, sur votre téléphone, protégera votre compte en plus de votre mot de passe.",
                "A one-time code on your phone will protect your account in addition to your password.",
            )
            .to_owned());
    };
    let who = here.pages.role(mandate.role, language).unwrap_or_default();
    let by = here
        .pages
        .0
        .host
        .name(mandate.by)
        .await?
        .unwrap_or_default();
    let since = when::day(mandate.start(), language);
    Ok(language.say(
        format!("L’authentification multi-facteur est obligatoire pour {who} depuis le {since}, imposée par {by}."),
        format!("Multi-factor log-in has been mandatory for {who} since {since}, as {by} decided."),
    ))
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    match here.next() {
        NextStep::Done | NextStep::Enroll => draw(&here, None).await,
        _ => Ok(Redirect::to(here.pages.0.host.log_in()).into_response()),
    }
}

pub(crate) async fn begin<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let begun = async {
        let most = enroll::MAX_RESET_CODE;
        let reset_code = if_given(form.fields.pasted("reset_code", most))?;
        let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
        let reset_code = reset_code.unwrap_or_default();
        let begun = mfa.begin_enrollment(&here.session, reset_code, attempt);
        Ok::<_, NotTaken>(begun.await?)
    };
    match here.answer(begun.await, &["reset_code"], "/enroll").await? {
        // While the log-in is not complete, the log-in page shows the code.
        Ok(_) if here.next() == NextStep::Enroll => {
            Ok(Redirect::to(here.pages.0.host.log_in()).into_response())
        }
        Ok(_) => Ok(here.go("/enroll")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn show_key<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let Some(offer) = here.progress.offer() else {
        return Ok(here.go("/enroll"));
    };
    let at = here.setting(None)?;
    let key = enroll::Key {
        grouped: &offer.key_grouped,
        plain: &offer.key_ungrouped,
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.now()),
    };
    let title = at.say("Entrer la clé à la main", "Enter the key by hand");
    here.page(None, title, true, enroll::key(&at, &key)).await
}

pub(crate) async fn confirm<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let confirmed = async {
        let code = form.fields.code()?;
        let group = if_given(form.fields.pasted("group", enable::MAX_GROUP));
        // One that is too long is a wrong one.
        let group = group.ok().flatten().unwrap_or_default();
        let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
        let confirmed =
            mfa.confirm_enrollment_after_break_glass(&here.session, code, group, attempt);
        Ok::<_, NotTaken>(confirmed.await?)
    };
    let confirmed = confirmed.await;
    let is_over = matches!(
        confirmed,
        Err(NotTaken::Mfa(Error::Refused(Refusal::EnrollmentEnded)))
    );
    match here.answer(confirmed, &["code", "group"], "").await? {
        Ok(login) => {
            let to = if here.is_logged_in() {
                format!("{}/account?done=enrolled", here.pages.0.base)
            } else {
                here.pages.0.host.home().to_owned()
            };
            here.hand_over(&login, &to).await
        }
        // What this page would show again is void.
        Err(trouble) if is_over && here.is_bound() => questions::ask_replace(&here, &trouble).await,
        Err(trouble) if is_over => draw_start(&here, Some(&trouble)).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
