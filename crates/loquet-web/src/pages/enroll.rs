//! The enrollment.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::flow::{BeginEnrollment, ConfirmEnrollment};
use loquet::paper::RecoveryCode;
use loquet::{Level, UnixTime};
use loquet_policy::{Authenticator, BreakGlass, Origin};

use crate::answer::Form;
use crate::host::Host;
use crate::language::Language;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::{enable, enroll};
use crate::when;
use zeroize::Zeroizing;

/// The page of somebody who enrolls: the QR code of a begun enrollment, or how to begin.
pub(crate) async fn draw<H: Host>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Configurer l'application", "Set up your app");
    let reason = reason(here, here.visit.language).await?;
    let Some(offer) = here.pages.0.service.pending(&here.stamp).await? else {
        let start = enroll::Start {
            reason: &reason,
            needs_reset_code: here.needs_reset_code()
                || Trouble::at(trouble, "reset_code").is_some(),
            may_leave: here.is_logged_in(),
        };
        return here
            .page(trouble, title, true, enroll::start(&at, &start))
            .await;
    };
    let alt = at.say(
        "Code QR pour votre application d'authentification. La clé peut aussi être saisie\u{a0}: «\u{a0}Difficulté à capturer ?\u{a0}».",
        "QR code for your authenticator app. The key can also be typed: “Trouble scanning?”.",
    );
    let codes: Vec<Zeroizing<String>> = here
        .pages
        .0
        .service
        .recovery_codes(&here.stamp)
        .await?
        .iter()
        .map(RecoveryCode::expose)
        .collect();
    let break_glass = new_break_glass(here).await?;
    let scan = enroll::Scan {
        svg: &Zeroizing::new(offer.qr.svg(alt)),
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.standing.now),
        reason: &reason,
        codes: &codes,
        break_glass: break_glass.as_deref().map(String::as_str),
    };
    here.page(trouble, title, false, enroll::scan(&at, &scan))
        .await
}

/// Whoever comes in by break-glass renews its code before the enrollment counts.
async fn new_break_glass<H: Host>(here: &Here<H>) -> Result<Option<Zeroizing<String>>, Stop> {
    let glass = here.standing.organization.break_glass;
    let reset_code = match here.authenticator() {
        Authenticator::ResetDue { reset_code } => reset_code,
        _ => None,
    };
    let broken =
        reset_code.is_some_and(|reset_code| matches!(reset_code.origin, Origin::BreakGlass { .. }));
    if !broken || matches!(glass, BreakGlass::Unset) {
        return Ok(None);
    }
    let break_glass = here
        .pages
        .0
        .service
        .propose_break_glass(&here.stamp)
        .await?;
    Ok(break_glass.ok().map(|break_glass| break_glass.expose()))
}

/// Why somebody enrolls, in a sentence.
async fn reason<H: Host>(here: &Here<H>, language: Language) -> Result<String, Stop> {
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
                "Votre compte a été réinitialisé. Configurez une nouvelle application avec le code de réinitialisation que l'on vous a remis.",
                "Your account was reset. Set up a new app with the reset code that you were handed.",
            )
            .to_owned());
    }
    let Some(mandate) = here.standing.requirement.mandate else {
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
        format!("L'authentification multi-facteur est obligatoire pour {who} depuis le {since}, imposée par {by}."),
        format!("Multi-factor log-in has been mandatory for {who} since {since}, as {by} decided."),
    ))
}

pub(crate) async fn show<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    match here.level() {
        Level::HalfLogin | Level::RecoveryOnly => {
            Ok(Redirect::to(here.pages.0.host.log_in()).into_response())
        }
        Level::EnrollOnly | Level::Level1 | Level::Level2 => draw(&here, None).await,
    }
}

pub(crate) async fn begin<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form
        .fields
        .optional("reset_code", enroll::MAX_RESET_CODE)
        .map(|reset_code| BeginEnrollment {
            stamp: here.stamp,
            reset_code: reset_code.unwrap_or_default().into(),
        });
    match here.answer(&form, asked, &["reset_code"], "").await? {
        // Who has not finished logging in sees the code where that is done: on the log-in page.
        Ok(_) if here.level() == Level::EnrollOnly => {
            Ok(Redirect::to(here.pages.0.host.log_in()).into_response())
        }
        Ok(_) => Ok(here.go("/enroll")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn show_key<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    let Some(offer) = here.pages.0.service.pending(&here.stamp).await? else {
        return Ok(here.go("/enroll"));
    };
    let at = here.setting(None)?;
    let key = enroll::Key {
        grouped: &offer.key_grouped,
        plain: &offer.key_ungrouped,
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.standing.now),
    };
    let title = at.say("Entrer la clé à la main", "Enter the key by hand");
    here.page(None, title, true, enroll::key(&at, &key)).await
}

pub(crate) async fn confirm<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form.fields.text("code", MAX_CODE).map(|typed| {
        let group = form.fields.optional("group", enable::MAX_GROUP);
        ConfirmEnrollment {
            stamp: here.stamp,
            typed: typed.into(),
            // One that is too long is a wrong one.
            break_glass_typed_back: group.ok().flatten().unwrap_or_default().into(),
        }
    });
    match here.answer(&form, asked, &["code", "group"], "").await? {
        Ok(entered) => {
            let to = if here.is_logged_in() {
                format!("{}/account?done=enrolled", here.pages.0.base)
            } else {
                here.pages.0.host.home().to_owned()
            };
            here.pages
                .hand_over(Some(here.key), entered.stamp, &to)
                .await
        }
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
