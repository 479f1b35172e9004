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
use crate::views::{enable, enrol};
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
        let start = enrol::Start {
            reason: &reason,
            needs_ticket: here.needs_ticket() || Trouble::at(trouble, "ticket").is_some(),
            may_leave: here.is_logged_in(),
        };
        return here
            .page(trouble, title, true, enrol::start(&at, &start))
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
    let seal = new_seal(here).await?;
    let scan = enrol::Scan {
        svg: &Zeroizing::new(offer.qr.svg(alt)),
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.standing.now),
        reason: &reason,
        codes: &codes,
        seal: seal.as_deref().map(String::as_str),
    };
    here.page(trouble, title, false, enrol::scan(&at, &scan))
        .await
}

/// Whoever comes in by break-glass renews its code before the enrollment counts.
async fn new_seal<H: Host>(here: &Here<H>) -> Result<Option<Zeroizing<String>>, Stop> {
    let glass = here.standing.organisation.break_glass;
    let ticket = match here.authenticator() {
        Authenticator::ResetDue { ticket } => ticket,
        _ => None,
    };
    let broken = ticket.is_some_and(|ticket| matches!(ticket.origin, Origin::BreakGlass { .. }));
    if !broken || matches!(glass, BreakGlass::Unset) {
        return Ok(None);
    }
    let seal = here.pages.0.service.propose_seal(&here.stamp).await?;
    Ok(seal.ok().map(|seal| seal.expose()))
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
    if here.needs_ticket() {
        return Ok(language
            .say(
                "Votre compte a été réinitialisé. Configurez une nouvelle application avec le billet que l'on vous a remis.",
                "Your account was reset. Set up a new app with the ticket that you were handed.",
            )
            .to_owned());
    }
    let Some(mandate) = here.standing.requirement.mandate else {
        return Ok(language
            .say(
                "Un code à usage unique, sur votre téléphone, protégera votre compte en plus de votre phrase de passe.",
                "A one-time code on your phone will protect your account in addition to your pass phrase.",
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
        Level::EnrolOnly | Level::Level1 | Level::Level2 => draw(&here, None).await,
    }
}

pub(crate) async fn begin<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form
        .fields
        .optional("ticket", enrol::MAX_TICKET)
        .map(|ticket| BeginEnrollment {
            stamp: here.stamp,
            ticket: ticket.unwrap_or_default().into(),
        });
    match here.answer(&form, asked, &["ticket"], "").await? {
        // Who has not finished logging in sees the code where that is done: on the log-in page.
        Ok(_) if here.level() == Level::EnrolOnly => {
            Ok(Redirect::to(here.pages.0.host.log_in()).into_response())
        }
        Ok(_) => Ok(here.go("/enrol")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn show_key<H: Host>(here: Here<H>) -> Result<Response, Stop> {
    let Some(offer) = here.pages.0.service.pending(&here.stamp).await? else {
        return Ok(here.go("/enrol"));
    };
    let at = here.setting(None)?;
    let key = enrol::Key {
        grouped: &offer.key_grouped,
        plain: &offer.key_ungrouped,
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.standing.now),
    };
    let title = at.say("Entrer la clé à la main", "Enter the key by hand");
    here.page(None, title, true, enrol::key(&at, &key)).await
}

pub(crate) async fn confirm<H: Host>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form.fields.text("code", MAX_CODE).map(|typed| {
        let group = form.fields.optional("group", enable::MAX_GROUP);
        ConfirmEnrollment {
            stamp: here.stamp,
            typed: typed.into(),
            // One that is too long is a wrong one.
            seal_typed_back: group.ok().flatten().unwrap_or_default().into(),
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
