//! "Mon compte".

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use loquet::Address;
use loquet::flow::{BeginReplacement, LogOut, LogOutEverywhere, ReportLost, SwitchOff, SwitchOn};
use loquet_policy::Authenticator;

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::account::{self, Account, Bound, Switch};
use crate::views::code::{Question, question};
use crate::views::message::message;
use crate::{Language, Pages, Viewer, Visit, when};

pub(super) async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let language = visit.language;
    let at = pages.setting(visit, trouble)?;
    let name = pages
        .0
        .host
        .name(here.stamp.account())
        .await?
        .unwrap_or_default();
    let fixed = match here.switch_is_fixed() {
        Some(refusal) => Some(pages.sentence(&refusal, language).await?),
        None => None,
    };
    let standing = &here.standing;
    let since = match here.authenticator() {
        Authenticator::Active { since, .. } => {
            let day = when::day(since, language);
            language.say(
                format!("Liée à votre compte depuis le {day}."),
                format!("Bound to your account since {day}."),
            )
        }
        _ => String::new(),
    };
    let bound = match here.authenticator() {
        _ if !standing.organisation.is_enabled() => Bound::NotYet,
        Authenticator::None => Bound::Nothing,
        Authenticator::Active { .. } => Bound::Active { since: &since },
        Authenticator::ResetDue { .. } => Bound::Broken {
            text: at.say(
                "Votre compte a été réinitialisé. Configurez une nouvelle application avec votre billet.",
                "Your account was reset. Set up a new app with your ticket.",
            ),
            needs_ticket: true,
        },
        Authenticator::Disabled { .. } if here.has_recovery_codes() => Bound::Broken {
            text: at.say(
                "Désactivée. Un code de récupération, ou le billet d'un administrateur, permet d'en configurer une autre.",
                "Disabled. A recovery code, or an administrator's ticket, lets you set up another.",
            ),
            needs_ticket: false,
        },
        Authenticator::Disabled { .. } => Bound::Broken {
            text: at.say(
                "Désactivée. Demandez à un administrateur de réinitialiser votre compte.",
                "Disabled. Ask an administrator to reset your account.",
            ),
            needs_ticket: false,
        },
    };
    let devices = standing
        .devices_offered
        .then(|| super::devices::lines(here, language));
    let body = account::account(
        &at,
        &Account {
            name: &name,
            roles: &pages.roles(&standing.account.roles, language),
            switch: Switch {
                on: standing.requirement.is_required(),
                fixed: fixed.as_deref(),
            },
            authenticator: bound,
            address: standing.address.as_ref().map(Address::as_str),
            codes: codes_left(here, language).as_deref(),
            has_paper: here.has_recovery_codes(),
            announced: announced(here, language).as_deref(),
            devices: devices.as_deref(),
            done: done(visit),
        },
    );
    pages
        .page_for(
            visit,
            here,
            trouble,
            at.say("Mon compte", "My account"),
            false,
            body,
        )
        .await
}

/// How many recovery codes are left, and what to do when there are few.
fn codes_left(here: &Here, language: Language) -> Option<String> {
    let standing = &here.standing;
    if !standing.organisation.options.recovery_codes || !here.is_bound() {
        return None;
    }
    let left = standing.account.recovery.len();
    let mut text = match left {
        0 => language
            .say(
                "Vous n'avez aucun code de récupération.",
                "You have no recovery codes.",
            )
            .to_owned(),
        1 => language
            .say(
                "Il vous reste un code de récupération.",
                "You have one recovery code left.",
            )
            .to_owned(),
        left => language.say(
            format!("Il vous reste {left}\u{a0}codes de récupération."),
            format!("You have {left} recovery codes left."),
        ),
    };
    if left < FEW {
        text.push_str(language.say(
            " Remplacez votre application pour en recevoir dix nouveaux.",
            " Replace your app to get ten new ones.",
        ));
    }
    Some(text)
}

/// Fewer recovery codes than this are said to be few.
const FEW: usize = 3;

fn announced(here: &Here, language: Language) -> Option<String> {
    let mandate = here
        .standing
        .requirement
        .announced
        .filter(|_| here.standing.requirement.mandate.is_none())?;
    let day = when::day(mandate.start(), language);
    Some(language.say(
        format!("À compter du {day}, un code sera exigé à chacune de vos connexions. Configurez votre application dès maintenant."),
        format!("From {day} on a code will be required at each of your log-ins. Set up your app now."),
    ))
}

fn done(visit: &Visit) -> Option<&'static str> {
    let language = visit.language;
    Some(match visit.parameter("done")?.as_str() {
        "enrolled" => language.say(
            "Félicitations\u{a0}! Votre application est liée\u{a0}: un code vous sera demandé à la connexion.",
            "Congratulations! Your app is bound: you will be asked for a code at log-in.",
        ),
        "address" => language.say(
            "C'est noté. L'ancienne adresse, s'il y en avait une, est prévenue aussi.",
            "Noted. The old address, if there was one, is told too.",
        ),
        "on" => language.say("La connexion multi-facteur est requise pour votre compte.", "Multi-factor log-in is required for your account."),
        "off" => language.say(
            "C'est fait. Votre application reste liée\u{a0}; seule votre phrase de passe vous sera demandée.",
            "Done. Your app stays bound; you will be asked for your pass phrase only.",
        ),
        "forgotten" => language.say(
            "L'appareil est oublié, et ses connexions ont pris fin.",
            "The device is forgotten, and its sessions have ended.",
        ),
        _ => return None,
    })
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    draw(&pages, &visit, &here, None).await
}

/// Which of the questions of "Mon compte".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    On,
    Off,
    Replace,
    Lost,
}

async fn ask<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    what: Ask,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let back = if here.is_logged_in() {
        "/account"
    } else {
        "/code"
    };
    let code = at.say(
        "Confirmez avec un nouveau code de votre application.",
        "Confirm with a fresh code from your app.",
    );
    let off = at.say(
        "Seule votre phrase de passe vous sera demandée à la connexion. Votre application reste liée à votre compte. Confirmez avec un nouveau code.",
        "You will be asked for your pass phrase only. Your app stays bound to your account. Confirm with a fresh code.",
    );
    let lost = if here.has_recovery_codes() {
        at.say(
            "Votre application ne vaudra plus rien et toutes vos connexions prendront fin. Pour en configurer une autre, reconnectez-vous et utilisez l'un de vos codes de récupération\u{a0}; sans eux, un administrateur devra réinitialiser votre compte.",
            "Your app will no longer work and all your sessions will end. To set up another, log in again and use one of your recovery codes; without them, an administrator must reset your account.",
        )
    } else {
        at.say(
            "Votre application ne vaudra plus rien et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez en configurer une autre.",
            "Your app will no longer work and all your sessions will end. An administrator must reset your account before you can set up another.",
        )
    };
    let replace = at.say(
        "Un nouveau code QR vous sera montré. L'ancienne application reste valable jusqu'à ce que la nouvelle soit confirmée. Donnez un code de l'ancienne.",
        "You will be shown a new QR code. The old app stays valid until the new one is confirmed. Give a code from the old one.",
    );
    let (title, text, action, button) = match what {
        Ask::On => (
            at.say("Exiger un code à la connexion", "Require a code at log-in"),
            code,
            "/account/on",
            at.say("Activer", "Switch on"),
        ),
        Ask::Off => (
            at.say("Ne plus exiger de code", "Stop requiring a code"),
            off,
            "/account/off",
            at.say("Désactiver", "Switch off"),
        ),
        Ask::Replace => (
            at.say("Remplacer mon application", "Replace my app"),
            replace,
            "/account/replace",
            at.say("Continuer", "Continue"),
        ),
        Ask::Lost => (
            at.say("J'ai perdu mon téléphone", "I lost my phone"),
            lost,
            "/account/lost",
            at.say("Désactiver l'application", "Disable the app"),
        ),
    };
    let body = question(
        &at,
        &Question {
            title,
            text,
            action,
            button,
            dangerous: what == Ask::Lost,
            with_code: what != Ask::Lost,
            back,
        },
    );
    pages
        .page_for(visit, here, trouble, title, true, body)
        .await
}

pub(crate) async fn show_on<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    if here.is_bound() {
        return ask(&pages, &visit, &here, Ask::On, None).await;
    }
    // Confirming an enrollment switches it on.
    Ok(pages.go("/enrol"))
}

pub(crate) async fn show_off<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    ask(&pages, &visit, &here, Ask::Off, None).await
}

pub(crate) async fn show_replace<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.person(&visit).await?;
    ask(&pages, &visit, &here, Ask::Replace, None).await
}

pub(crate) async fn show_lost<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.anybody(&visit).await?;
    ask(&pages, &visit, &here, Ask::Lost, None).await
}

pub(crate) async fn switch_on<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let asked = fields.text("code", MAX_CODE).map(|typed| SwitchOn {
        stamp: here.stamp,
        typed: typed.into(),
    });
    match pages
        .answer(&visit, &here, attempt, asked, &["code"], "")
        .await?
    {
        Ok(None) => Ok(pages.go("/account?done=on")),
        Ok(Some(entered)) => {
            let to = format!("{}/account?done=on", pages.0.base);
            pages.hand_over(Some(here.key), entered.stamp, &to).await
        }
        Err(trouble) => ask(&pages, &visit, &here, Ask::On, Some(&trouble)).await,
    }
}

pub(crate) async fn switch_off<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let asked = fields.text("code", MAX_CODE).map(|typed| SwitchOff {
        stamp: here.stamp,
        typed: typed.into(),
    });
    match pages
        .answer(&visit, &here, attempt, asked, &["code"], "")
        .await?
    {
        Ok(()) => Ok(pages.go("/account?done=off")),
        Err(trouble) => ask(&pages, &visit, &here, Ask::Off, Some(&trouble)).await,
    }
}

pub(crate) async fn replace<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let asked = fields.text("code", MAX_CODE).map(|typed| BeginReplacement {
        stamp: here.stamp,
        typed: typed.into(),
    });
    match pages
        .answer(&visit, &here, attempt, asked, &["code"], "")
        .await?
    {
        Ok(_) => Ok(pages.go("/enrol")),
        Err(trouble) => ask(&pages, &visit, &here, Ask::Replace, Some(&trouble)).await,
    }
}

pub(crate) async fn report_lost<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.anybody(&visit).await?;
    let account = here.stamp.account();
    let lost = ReportLost { account };
    match pages
        .answer(&visit, &here, attempt, Ok(lost), &[], "")
        .await?
    {
        Ok(()) => {
            let language = visit.language;
            let title = language.say("Application désactivée", "App disabled");
            let text = if here.has_recovery_codes() {
                language.say(
                    "Votre application ne vaut plus rien et toutes vos connexions ont pris fin. Reconnectez-vous et utilisez l'un de vos codes de récupération, ou demandez à un administrateur de réinitialiser votre compte.",
                    "Your app no longer works and all your sessions have ended. Log in again and use one of your recovery codes, or ask an administrator to reset your account.",
                )
            } else {
                language.say(
                    "Votre application ne vaut plus rien et toutes vos connexions ont pris fin. Demandez à un administrateur de réinitialiser votre compte.",
                    "Your app no longer works and all your sessions have ended. Ask an administrator to reset your account.",
                )
            };
            let on = (
                language.say("Page de connexion", "Log-in page"),
                pages.0.host.log_in(),
            );
            let page = pages.show(
                &visit,
                StatusCode::OK,
                title,
                Viewer::Nobody,
                true,
                message(title, text, on),
            );
            pages.let_go(here.key, page).await
        }
        Err(trouble) => ask(&pages, &visit, &here, Ask::Lost, Some(&trouble)).await,
    }
}

pub(crate) async fn log_out<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.anybody(&visit).await?;
    // Whatever the rules answer, this browser's session ends here.
    drop(
        pages
            .run(&visit, attempt, LogOut { stamp: here.stamp })
            .await?,
    );
    pages
        .let_go(
            here.key,
            Redirect::to(pages.0.host.log_in()).into_response(),
        )
        .await
}

pub(crate) async fn log_out_everywhere<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.person(&visit).await?;
    let out = LogOutEverywhere { stamp: here.stamp };
    match pages
        .answer(&visit, &here, attempt, Ok(out), &[], "")
        .await?
    {
        Ok(()) => {
            pages
                .let_go(
                    here.key,
                    Redirect::to(pages.0.host.log_in()).into_response(),
                )
                .await
        }
        Err(trouble) => draw(&pages, &visit, &here, Some(&trouble)).await,
    }
}
