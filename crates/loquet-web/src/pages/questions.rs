//! What the switch and the buttons of "Mon compte" ask before they do anything.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::RecoveryCode;

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
    Lost,
}

async fn ask<H: PagesHost>(
    here: &Here<H>,
    what: Ask,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let back = if here.is_logged_in() {
        "/account"
    } else {
        "/code"
    };
    let question = match what {
        Ask::On => Question {
            title: at.say("Exiger un code à la connexion", "Require a code at log-in"),
            text: code::fresh_code(&at),
            action: "/account/on",
            button: at.say("Activer", "Switch on"),
            dangerous: false,
            with_code: true,
            back,
        },
        Ask::Off => Question {
            title: at.say("Ne plus exiger de code", "Stop requiring a code"),
            text: at.app_or_token(
                [
                    "Seul votre mot de passe vous sera demandé à la connexion. Votre application reste liée à votre compte. Confirmez avec un nouveau code.",
                    "You will be asked for your password only. Your app stays bound to your account. Confirm with a fresh code.",
                ],
                [
                    "Seul votre mot de passe vous sera demandé à la connexion. Votre jeton reste lié à votre compte. Confirmez avec un nouveau code.",
                    "You will be asked for your password only. Your token stays bound to your account. Confirm with a fresh code.",
                ],
            ),
            action: "/account/off",
            button: at.say("Désactiver", "Switch off"),
            dangerous: false,
            with_code: true,
            back,
        },
        Ask::Replace => Question {
            back,
            ..replacement(&at, here.overview().assigned_token().is_some())
        },
        Ask::Renew => Question {
            back,
            ..renewal(&at)
        },
        Ask::Lost => Question {
            title: code::lost(&at),
            text: before_reporting(&at, here.has_recovery_codes()),
            action: "/account/lost",
            button: at.app_or_token(
                ["Suspendre l’application", "Suspend the app"],
                ["Suspendre le jeton", "Suspend the token"],
            ),
            dangerous: true,
            with_code: false,
            back,
        },
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
            at.app_or_token(
                [
                    "Un nouveau code QR vous sera montré. L’ancienne application reste valable jusqu’à ce que la nouvelle soit confirmée. Donnez un code de l’ancienne.",
                    "You will be shown a new QR code. The old app stays valid until the new one is confirmed. Give a code from the old one.",
                ],
                [
                    "Un code QR vous sera montré, pour une application. Le jeton reste valable jusqu’à ce qu’elle soit confirmée. Donnez un code du jeton.",
                    "You will be shown a QR code for an app. The token stays valid until the app is confirmed. Give a code from the token.",
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
        back: "/account",
    }
}

/// What is asked before new recovery codes are shown.
fn renewal<'t>(at: &Setting<'_>) -> Question<'t> {
    Question {
        title: at.say("Nouveaux codes de récupération", "New recovery codes"),
        text: at.app_or_token(
            [
                "Dix nouveaux codes vous seront montrés, une seule fois. Ceux d’avant ne vaudront plus. Ayez de quoi les imprimer ou les noter, et donnez un nouveau code de votre application.",
                "You will be shown ten new codes, once. Those you had before will no longer count. Have something at hand to print them or write them down, and give a fresh code from your app.",
            ],
            [
                "Dix nouveaux codes vous seront montrés, une seule fois. Ceux d’avant ne vaudront plus. Ayez de quoi les imprimer ou les noter, et donnez un nouveau code de votre jeton.",
                "You will be shown ten new codes, once. Those you had before will no longer count. Have something at hand to print them or write them down, and give a fresh code from your token.",
            ],
        ),
        action: "/account/recovery-codes",
        button: at.say("Afficher les codes", "Show the codes"),
        dangerous: false,
        with_code: true,
        back: "/account",
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

/// The start of a replacement again, after too many wrong codes have ended one.
pub(crate) async fn ask_replace<H: PagesHost>(
    here: &Here<H>,
    trouble: &Trouble,
) -> Result<Response, Stop> {
    ask(here, Ask::Replace, Some(trouble)).await
}

fn before_reporting(at: &Setting<'_>, has_recovery_codes: bool) -> &'static str {
    if has_recovery_codes {
        at.app_or_token(
            [
                "Votre application sera suspendue et toutes vos connexions prendront fin. Pour en configurer une autre, reconnectez-vous et utilisez l’un de vos codes de récupération; sans eux, un administrateur devra réinitialiser votre compte. Si vous retrouvez votre téléphone, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your app will be suspended and all your sessions will end. To set up another, log in again and use one of your recovery codes; without them, an administrator must reset your account. If you find your phone, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre jeton sera suspendu et toutes vos connexions prendront fin. Pour le remplacer, reconnectez-vous et utilisez l’un de vos codes de récupération; sans eux, un administrateur devra réinitialiser votre compte. Si vous retrouvez votre jeton, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your token will be suspended and all your sessions will end. To replace it, log in again and use one of your recovery codes; without them, an administrator must reset your account. If you find your token, the link in the letter that you will be sent will undo this report.",
            ],
        )
    } else {
        at.app_or_token(
            [
                "Votre application sera suspendue et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez en configurer une autre. Si vous retrouvez votre téléphone, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your app will be suspended and all your sessions will end. An administrator must reset your account before you can set up another. If you find your phone, the link in the letter that you will be sent will undo this report.",
            ],
            [
                "Votre jeton sera suspendu et toutes vos connexions prendront fin. Un administrateur devra réinitialiser votre compte avant que vous puissiez le remplacer. Si vous retrouvez votre jeton, le lien du courriel que vous recevrez annulera ce signalement.",
                "Your token will be suspended and all your sessions will end. An administrator must reset your account before you can replace it. If you find your token, the link in the letter that you will be sent will undo this report.",
            ],
        )
    }
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

pub(crate) async fn show_lost<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    ask(&here, Ask::Lost, None).await
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

pub(crate) async fn report_lost<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
    let lost = mfa.report_lost(here.account_id(), attempt).await;
    let lost = lost.map_err(NotTaken::Mfa);
    if let Err(trouble) = here.answer(lost, &[], "").await? {
        return ask(&here, Ask::Lost, Some(&trouble)).await;
    }
    let language = here.visit.language;
    let said = Message {
        title: here.setting(None)?.app_or_token(
            ["Application suspendue", "App suspended"],
            ["Jeton suspendu", "Token suspended"],
        ),
        text: if here.has_recovery_codes() {
            language.say(
                "Ses codes ne sont plus acceptés et toutes vos connexions ont pris fin. Reconnectez-vous et utilisez l’un de vos codes de récupération, ou demandez à un administrateur de réinitialiser votre compte.",
                "Its codes are no longer accepted and all your sessions have ended. Log in again and use one of your recovery codes, or ask an administrator to reset your account.",
            )
        } else {
            language.say(
                "Ses codes ne sont plus acceptés et toutes vos connexions ont pris fin. Demandez à un administrateur de réinitialiser votre compte.",
                "Its codes are no longer accepted and all your sessions have ended. Ask an administrator to reset your account.",
            )
        },
        on: (
            language.say("Page de connexion", "Log-in page"),
            here.pages.0.host.log_in(),
        ),
    };
    let page = here.pages.message(&here.visit, StatusCode::OK, &said);
    here.pages.let_go(here.key, page).await
}
