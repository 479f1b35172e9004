//! What the switch and the buttons of "Mon compte" ask before they do anything.

use axum::response::Response;
use loquet::RecoveryCode;

use super::enroll;
use crate::answer::NotTaken;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::Setting;
use crate::views::code::{self, Question};
use crate::views::message::{Message, message};
use crate::views::recover;

/// Which of the questions of "Mon compte".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    On,
    Off,
    Replace,
    Renew,
    Add,
}

async fn ask<H: PagesHost>(
    here: &Here<H>,
    what: Ask,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let question = match what {
        Ask::On => Question {
            title: at.say("Exiger un code à la connexion", "Require a code at log-in"),
            text: code::fresh_code(&at),
            action: "/account/on",
            button: at.say("Activer", "Switch on"),
            dangerous: false,
            with_code: true,
            back: Some("/account"),
        },
        Ask::Off => Question {
            title: at.say("Ne plus exiger de code", "Stop requiring a code"),
            text: at.by_kind(
                [
                    "Seul votre mot de passe vous sera demandé à la connexion. Votre application reste liée à votre compte. Confirmez avec un nouveau code.",
                    "You will be asked for your password only. Your app stays bound to your account. Confirm with a fresh code.",
                ],
                [
                    "Seul votre mot de passe vous sera demandé à la connexion. Votre jeton reste lié à votre compte. Confirmez avec un nouveau code.",
                    "You will be asked for your password only. Your token stays bound to your account. Confirm with a fresh code.",
                ],
                [
                    "Seul votre mot de passe vous sera demandé à la connexion. Votre clé d’accès reste liée à votre compte. Confirmez avec elle.",
                    "You will be asked for your password only. Your passkey stays bound to your account. Confirm with it.",
                ],
            ),
            action: "/account/off",
            button: at.say("Désactiver", "Switch off"),
            dangerous: false,
            with_code: true,
            back: Some("/account"),
        },
        Ask::Replace => replacement(&at, here.overview().assigned_token().is_some()),
        Ask::Renew => renewal(&at),
        Ask::Add => addition(&at, here.pages.0.mfa.takes_passkeys()),
    };
    let body = code::question(&at, &question);
    here.page(trouble, question.title, true, body).await
}

/// What is asked before the present authenticator is replaced, with an app or with the token that is assigned.
fn replacement<'t>(at: &Setting<'_>, with_token: bool) -> Question<'t> {
    let (title, text) = if with_token {
        (
            at.say("Confirmer mon jeton", "Confirm my token"),
            at.app_or_token(
                [
                    "Votre application reste valable jusqu’à ce que le jeton soit confirmé. Donnez un code de l’application.",
                    "Your app stays valid until the token is confirmed. Give a code from the app.",
                ],
                [
                    "Votre ancien jeton reste valable jusqu’à ce que le nouveau soit confirmé. Donnez un code de l’ancien.",
                    "Your old token stays valid until the new one is confirmed. Give a code from the old one.",
                ],
            ),
        )
    } else {
        (
            code::replace(at),
            at.by_kind(
                [
                    "Un nouveau code QR vous sera montré. L’ancienne application reste valable jusqu’à ce que la nouvelle soit confirmée. Donnez un code de l’ancienne.",
                    "You will be shown a new QR code. The old app stays valid until the new one is confirmed. Give a code from the old one.",
                ],
                [
                    "Un code QR vous sera montré, pour une application. Le jeton reste valable jusqu’à ce qu’elle soit confirmée. Donnez un code du jeton.",
                    "You will be shown a QR code for an app. The token stays valid until the app is confirmed. Give a code from the token.",
                ],
                [
                    "Une application ou une autre clé d’accès prendra la place de celle-ci, qui reste valable jusque-là. Confirmez d’abord avec elle.",
                    "An app or another passkey will take the place of this one, which stays valid until then. Confirm with it first.",
                ],
            ),
        )
    };
    Question {
        title,
        text,
        action: "/account/replace",
        button: at.say("Continuer", "Continue"),
        dangerous: false,
        with_code: true,
        back: Some("/account"),
    }
}

/// What is asked before another app is added.
fn addition<'t>(at: &Setting<'_>, takes_passkeys: bool) -> Question<'t> {
    Question {
        title: match takes_passkeys {
            true => at.say(
                "Ajouter une application ou une clé d’accès",
                "Add an app or a passkey",
            ),
            false => at.say("Ajouter une application", "Add an app"),
        },
        text: at.by_kind(
            [
                "Un code QR vous sera montré, pour une application sur un autre appareil. Celle que vous avez reste liée\u{a0}: l’une ou l’autre vous connectera. Pendant trois jours, la nouvelle ne servira qu’à cela. Donnez un nouveau code d’une application déjà liée.",
                "You will be shown a QR code for an app on another device. The one that you have stays bound: either will log you in. For three days the new one does no more than that. Give a fresh code from an app that is bound already.",
            ],
            [
                "Un code QR vous sera montré, pour une application. Le jeton reste lié\u{a0}: l’un ou l’autre vous connectera. Donnez un nouveau code du jeton.",
                "You will be shown a QR code for an app. The token stays bound: either will log you in. Give a fresh code from the token.",
            ],
            [
                "Celle que vous avez reste liée\u{a0}: l’une ou l’autre vous connectera. Pendant trois jours, la nouvelle ne servira qu’à cela. Confirmez avec votre clé d’accès.",
                "The one that you have stays bound: either will log you in. For three days the new one does no more than that. Confirm with your passkey.",
            ],
        ),
        action: "/account/authenticators/add",
        button: at.say("Continuer", "Continue"),
        dangerous: false,
        with_code: true,
        back: Some("/account"),
    }
}

/// What is asked where a passkey is required, and only an app is bound: a code of that, and then the passkey.
pub(super) async fn ask_passkey<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let why = enroll::required(here).await?;
    let then = at.app_or_token(
        [
            "Donnez un nouveau code de votre application, puis ajoutez votre clé d’accès.",
            "Give a fresh code from your app, then add your passkey.",
        ],
        [
            "Donnez un nouveau code de votre jeton, puis ajoutez votre clé d’accès.",
            "Give a fresh code from your token, then add your passkey.",
        ],
    );
    let text = format!("{why} {then}");
    let question = Question {
        title: at.say("Ajoutez une clé d’accès", "Add a passkey"),
        text: &text,
        back: None,
        ..addition(&at, true)
    };
    let body = code::question(&at, &question);
    here.page(trouble, question.title, true, body).await
}

/// What is asked before new recovery codes are shown.
fn renewal<'t>(at: &Setting<'_>) -> Question<'t> {
    Question {
        title: at.say("Nouveaux codes de récupération", "New recovery codes"),
        text: at.by_kind(
            [
                "Dix nouveaux codes vous seront montrés, une seule fois. Ceux d’avant ne vaudront plus. Ayez de quoi les imprimer ou les noter, et donnez un nouveau code de votre application.",
                "You will be shown ten new codes, once. Those you had before will no longer count. Have something at hand to print them or write them down, and give a fresh code from your app.",
            ],
            [
                "Dix nouveaux codes vous seront montrés, une seule fois. Ceux d’avant ne vaudront plus. Ayez de quoi les imprimer ou les noter, et donnez un nouveau code de votre jeton.",
                "You will be shown ten new codes, once. Those you had before will no longer count. Have something at hand to print them or write them down, and give a fresh code from your token.",
            ],
            [
                "Dix nouveaux codes vous seront montrés, une seule fois. Ceux d’avant ne vaudront plus. Ayez de quoi les imprimer ou les noter, et confirmez avec votre clé d’accès.",
                "You will be shown ten new codes, once. Those you had before will no longer count. Have something at hand to print them or write them down, and confirm with your passkey.",
            ],
        ),
        action: "/account/recovery-codes",
        button: at.say("Afficher les codes", "Show the codes"),
        dangerous: false,
        with_code: true,
        back: Some("/account"),
    }
}

/// Asks whether to switch the second factor off, or says why that would be refused.
async fn ask_off<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let Some(refusal) = here.overview().switch_refused() else {
        return ask(here, Ask::Off, trouble).await;
    };
    let language = here.visit.language;
    let text = here.pages.sentence(&refusal, language).await?;
    let back = format!("{}/account", here.pages.0.base);
    let said = Message {
        title: language.say("Ne plus exiger de code", "Stop requiring a code"),
        text: &text,
        on: (language.say("Retour", "Back"), &back),
    };
    here.page(trouble, said.title, true, message(&said)).await
}

pub(crate) async fn show_on<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if here.is_bound() {
        return ask(&here, Ask::On, None).await;
    }
    // Confirming an enrollment switches it on.
    Ok(here.go("/enroll"))
}

pub(crate) async fn show_off<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    ask_off(&here, None).await
}

pub(crate) async fn show_replace<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    ask(&here, Ask::Replace, None).await
}

pub(crate) async fn show_renew_codes<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    ask(&here, Ask::Renew, None).await
}

pub(crate) async fn show_add<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if here.owes_passkey() {
        return enroll::draw(&here, None).await;
    }
    here.user()?;
    ask(&here, Ask::Add, None).await
}

pub(crate) async fn switch_on<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let turned = async {
        let code = form.fields.code()?;
        Ok(here.account(&form)?.turn_on(code).await?)
    };
    match here.answer(turned.await, &["code"], "").await? {
        Ok(None) => Ok(here.go("/account?done=on")),
        Ok(Some(login)) => {
            let to = format!("{}/account?done=on", here.pages.0.base);
            here.hand_over(&login, &to).await
        }
        Err(trouble) => ask(&here, Ask::On, Some(&trouble)).await,
    }
}

pub(crate) async fn switch_off<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let turned = async {
        let code = form.fields.code()?;
        Ok(here.account(&form)?.turn_off(code).await?)
    };
    match here.answer(turned.await, &["code"], "").await? {
        Ok(()) => Ok(here.go("/account?done=off")),
        Err(trouble) => ask_off(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn replace<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let begun = async {
        let code = form.fields.code()?;
        let begun = match here.overview().assigned_token() {
            Some(_) => {
                let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
                mfa.begin_token(&here.session, code, attempt)
                    .await
                    .map(drop)
            }
            None => here
                .account(&form)?
                .replace_authenticator(code)
                .await
                .map(drop),
        };
        Ok(begun?)
    };
    match here.answer(begun.await, &["code"], "").await? {
        Ok(()) => Ok(here.go("/enroll")),
        Err(trouble) => ask(&here, Ask::Replace, Some(&trouble)).await,
    }
}

/// The answer itself shows the codes: they are stored nowhere but as hashes.
pub(crate) async fn renew_codes<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let renewed = async {
        let code = form.fields.code()?;
        Ok(here.account(&form)?.renew_recovery_codes(code).await?)
    };
    match here.answer(renewed.await, &["code"], "").await? {
        Ok(codes) => {
            let at = here.setting(None)?;
            let codes: Vec<_> = codes.iter().map(RecoveryCode::expose).collect();
            let title = at.say("Nouveaux codes de récupération", "New recovery codes");
            let body = recover::renewed(&at, &codes);
            here.page(None, title, false, body).await
        }
        Err(trouble) => ask(&here, Ask::Renew, Some(&trouble)).await,
    }
}

pub(crate) async fn add<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let begun = async {
        let code = form.fields.code()?;
        if !here.owes_passkey() {
            let added = here.account(&form)?.add_authenticator(code);
            return Ok(added.await.map(drop)?);
        }
        let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
        // An assigned token is confirmed first, and its codes add the passkey.
        let begun = match here.overview().assigned_token() {
            Some(_) => {
                let begun = mfa.begin_token(&here.session, code, attempt);
                begun.await.map(drop)
            }
            None => {
                let begun = mfa.begin_enrollment(&here.session, code, attempt);
                begun.await.map(drop)
            }
        };
        Ok::<_, NotTaken>(begun?)
    };
    match here.answer(begun.await, &["code"], "").await? {
        Ok(()) => Ok(here.go("/enroll")),
        Err(trouble) if here.owes_passkey() => ask_passkey(&here, Some(&trouble)).await,
        Err(trouble) => ask(&here, Ask::Add, Some(&trouble)).await,
    }
}
