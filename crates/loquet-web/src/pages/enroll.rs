//! The enrollment.

use axum::response::{IntoResponse, Redirect, Response};
use loquet::{BreakGlassCode, Error, NextStep, Purpose, RecoveryCode, Refusal, UnixTime};

use super::code::of_pair;
use super::{account, questions};
use crate::answer::NotTaken;
use crate::fields::if_given;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::{Codes, Trouble};
use crate::session::{Here, Stop};
use crate::views::passkey::{Asks, Passkey};
use crate::views::{Setting, code, enable, enroll};
use crate::when;

/// The setting of a page about what is enrolled, and not about what is bound.
fn setting<'a, H: PagesHost>(
    here: &'a Here<H>,
    trouble: Option<&'a Trouble>,
) -> Result<Setting<'a>, Stop> {
    let passkey = here.progress.passkey_creation().map(|options| Passkey {
        asks: Asks::New,
        options,
        alone: !here.progress.may_bind_app(),
    });
    let codes = match here.progress.token_offer() {
        Some(token) => Codes {
            digits: Some(token.digits),
            period: Some(token.period),
            are_of_tokens: true,
            none: false,
        },
        None => Codes {
            are_of_tokens: here.overview().assigned_token().is_some(),
            none: passkey.is_some_and(|it| it.alone),
            ..Codes::default()
        },
    };
    Ok(Setting {
        codes,
        passkey,
        ..here.setting(trouble)?
    })
}

/// The enrollment page: the QR code of a begun enrollment, the fields for two codes of a token, or how to begin.
pub(crate) async fn draw<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = setting(here, trouble)?;
    let printed = printed(here);
    if let Some(token) = here.progress.token_offer() {
        let pair = enroll::Pair {
            serial: &token.serial,
            left: UnixTime(token.expires).since(here.now()),
            reason: &reason(here, &at).await?,
            printed: &printed,
        };
        let page = enroll::pair(&at, &pair);
        return here.page(trouble, title(&at), false, page).await;
    }
    let Some(offer) = here.progress.offer() else {
        return match here.owes_passkey() {
            true => questions::ask_passkey(here, trouble).await,
            false => draw_start(here, trouble).await,
        };
    };
    let reason = reason(here, &at).await?;
    if at.passkey.is_some_and(|it| it.alone) {
        let left = UnixTime(offer.expires).since(here.now());
        let page = enroll::passkey(&at, &reason, left, &printed);
        return here.page(trouble, title(&at), true, page).await;
    }
    let alt = at.say(
        "Code QR pour votre application d’authentification. La clé peut aussi être saisie\u{a0}: «\u{a0}Difficulté à capturer?\u{a0}».",
        "QR code for your authenticator app. The key can also be typed: “Trouble scanning?”.",
    );
    let svg = offer.svg(alt).map_err(|fault| Stop::Fault(fault.into()))?;
    let scan = enroll::Scan {
        svg: &svg,
        issuer: &offer.issuer,
        account: &offer.account,
        left: UnixTime(offer.expires).since(here.now()),
        reason: &reason,
        printed: &printed,
        may_leave: here.is_logged_in(),
    };
    here.page(trouble, title(&at), false, enroll::scan(&at, &scan))
        .await
}

fn printed<H>(here: &Here<H>) -> enroll::Printed {
    let codes = here.progress.recovery_codes().iter();
    let break_glass = here.progress.new_break_glass_code();
    enroll::Printed {
        codes: codes.map(RecoveryCode::expose).collect(),
        break_glass: break_glass.map(BreakGlassCode::expose),
    }
}

/// How to begin an enrollment.
async fn draw_start<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = setting(here, trouble)?;
    let reason = reason(here, &at).await?;
    let needs_reset_code = here.needs_reset_code() || Trouble::at(trouble, "reset_code").is_some();
    let start = enroll::Start {
        reason: &reason,
        needs_reset_code,
        token: here.overview().assigned_token(),
        passkey: here.must_bind_passkey(),
        elsewhere: here.overview().recovers_elsewhere(),
        may_leave: here.is_logged_in(),
    };
    here.page(trouble, title(&at), true, enroll::start(&at, &start))
        .await
}

fn title<'t>(at: &Setting<'_>) -> &'t str {
    at.app_or_token(
        ["Configurer l’application", "Set up your app"],
        ["Confirmer mon jeton", "Confirm my token"],
    )
}

/// What becomes of what is bound, where something is.
fn beside<'t>(at: &Setting<'_>, purpose: Purpose) -> Option<&'t str> {
    match purpose {
        Purpose::Add => Some(at.say(
            "Ce que vous avez déjà reste lié à votre compte. Pendant trois jours, ce que vous ajoutez ne servira qu’à vous connecter.",
            "What you have already stays bound to your account. For three days, what you add only serves to log in.",
        )),
        Purpose::Replace => Some(at.say(
            "Celle que vous remplacez vaut jusqu’à ce que vous ayez confirmé celle-ci, et plus après.",
            "The one that you replace counts until you have confirmed this one, and no longer after that.",
        )),
        _ => None,
    }
}

/// What an enrollment is good for that nothing requires.
fn unasked<'t>(at: &Setting<'_>) -> &'t str {
    at.app_or_token(
        [
            "Un code à usage unique, sur votre téléphone, protégera votre compte en plus de votre mot de passe.",
            "A one-time code on your phone will protect your account in addition to your password.",
        ],
        [
            "Un code à usage unique, sur votre jeton, protégera votre compte en plus de votre mot de passe.",
            "A one-time code on your token will protect your account in addition to your password.",
        ],
    )
}

/// Why an enrollment is due, in a sentence.
async fn reason<H: PagesHost>(here: &Here<H>, at: &Setting<'_>) -> Result<String, Stop> {
    if here.must_bind_passkey() {
        return required(here).await;
    }
    let beside = here.progress.purpose().and_then(|it| beside(at, it));
    if let Some(beside) = beside.filter(|_| !at.codes.are_of_tokens) {
        return Ok(beside.to_owned());
    }
    if here.overview().recovers_elsewhere() {
        return Ok(at
            .say(
                "Un code de récupération vient d’être utilisé dans une autre session, et c’est là que la nouvelle application se configure. Si cette session n’est plus ouverte, attendez dix minutes, puis utilisez un autre code de récupération.",
                "A recovery code was just used in another session, and the new app is set up there. If that session is not open any more, wait ten minutes, then use another recovery code.",
            )
            .to_owned());
    }
    if here.is_recovering() {
        return Ok(at
            .app_or_token(
                [
                    "Votre code de récupération est accepté. Configurez une nouvelle application dans les dix minutes.",
                    "Your recovery code is accepted. Set up a new app within ten minutes.",
                ],
                [
                    "Votre code de récupération est accepté. Confirmez votre jeton dans les dix minutes.",
                    "Your recovery code is accepted. Confirm your token within ten minutes.",
                ],
            )
            .to_owned());
    }
    if here.needs_reset_code() {
        return Ok(at
            .app_or_token(
                [
                    "Votre compte a été réinitialisé. Configurez une nouvelle application avec le code de réinitialisation que l’on vous a remis.",
                    "Your account was reset. Set up a new app with the reset code that you were handed.",
                ],
                [
                    "Votre compte a été réinitialisé. Confirmez votre jeton avec le code de réinitialisation que l’on vous a remis.",
                    "Your account was reset. Confirm your token with the reset code that you were handed.",
                ],
            )
            .to_owned());
    }
    match here.overview().requirement().mandate {
        Some(_) => required(here).await,
        None => Ok(unasked(at).to_owned()),
    }
}

/// Which mandate requires an enrollment, in a sentence: the one that demands a passkey, where that is what it takes.
pub(super) async fn required<H: PagesHost>(here: &Here<H>) -> Result<String, Stop> {
    let language = here.visit.language;
    let requirement = here.overview().requirement();
    let passkey = requirement.passkey.filter(|_| here.must_bind_passkey());
    let Some(mandate) = passkey.or(requirement.mandate) else {
        return Ok(String::new());
    };
    let who = here.covered(mandate.role);
    let by = here.pages.0.host.name(mandate.by).await?;
    let by = by.unwrap_or_default();
    let since = when::day(mandate.start(), language);
    Ok(match passkey {
        Some(_) => language.say(
            format!("Une clé d’accès est obligatoire pour {who} depuis le {since}, imposée par {by}\u{a0}: un code ne suffit plus."),
            format!("A passkey has been mandatory for {who} since {since}, as {by} decided: a code is no longer enough."),
        ),
        None => language.say(
            format!("L’authentification multi-facteur est obligatoire pour {who} depuis le {since}, imposée par {by}."),
            format!("Multi-factor log-in has been mandatory for {who} since {since}, as {by} decided."),
        ),
    })
}

/// Whether a token is assigned, and this session has not begun to confirm it.
fn awaits_token<H>(here: &Here<H>) -> bool {
    here.overview().assigned_token().is_some() && here.progress.token_offer().is_none()
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    match here.next() {
        // A token that takes the place of what is bound begins with a code of that.
        NextStep::Done if here.is_bound() && awaits_token(&here) => Ok(here.go("/account/replace")),
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
        let session = &here.session;
        let begun = match here.overview().assigned_token() {
            Some(_) => mfa
                .begin_token(session, reset_code, attempt)
                .await
                .map(drop),
            None => mfa
                .begin_enrollment(session, reset_code, attempt)
                .await
                .map(drop),
        };
        Ok::<_, NotTaken>(begun?)
    };
    match here.answer(begun.await, &["reset_code"], "/enroll").await? {
        // While the log-in is not complete, the log-in page shows the code.
        Ok(()) if here.next() == NextStep::Enroll => {
            Ok(Redirect::to(here.pages.0.host.log_in()).into_response())
        }
        Ok(()) => Ok(here.go("/enroll")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

pub(crate) async fn show_key<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    // Where a passkey alone will do, an app would be set up in vain.
    let offer = here.progress.offer();
    let Some(offer) = offer.filter(|_| here.progress.may_bind_app()) else {
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

/// Gives up what was begun, and leads back to the account.
pub(crate) async fn cancel<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
    match mfa.cancel_enrollment(&here.session, attempt).await {
        Ok(()) | Err(Error::Refused(Refusal::NothingPending)) => Ok(here.go("/account")),
        Err(fault) => Err(fault.into()),
    }
}

pub(crate) async fn confirm<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let fields = &form.fields;
    let is_token = here.overview().assigned_token().is_some();
    let confirmed = async {
        let first = fields.code()?;
        let group = if_given(fields.pasted("group", enable::MAX_GROUP));
        // One that is too long is a wrong one.
        let group = group.ok().flatten().unwrap_or_default();
        let (mfa, attempt) = (&here.pages.0.mfa, here.attempt(&form));
        let session = &here.session;
        let login = if is_token {
            let codes = [first, fields.digits(code::NEXT_CODE)?.into()];
            mfa.confirm_token_after_break_glass(session, codes, group, attempt)
                .await?
        } else {
            mfa.confirm_enrollment_after_break_glass(session, first, group, attempt)
                .await?
        };
        Ok::<_, NotTaken>(login)
    };
    let confirmed = confirmed.await;
    let said = match &confirmed {
        Err(NotTaken::Mfa(Error::Refused(refusal))) if is_token => {
            of_pair(refusal, here.visit.language)
        }
        _ => None,
    };
    let is_over = matches!(
        confirmed,
        Err(NotTaken::Mfa(Error::Refused(Refusal::EnrollmentEnded)))
    );
    let mut answer = here.answer(confirmed, &["code", "group"], "").await?;
    if let (Err(trouble), Some(said)) = (&mut answer, said) {
        said.clone_into(&mut trouble.text);
    }
    match answer {
        Ok(login) => {
            let done = match form.fields.passkey() {
                Ok(Some(_)) => "passkey",
                _ => "enrolled",
            };
            let to = if here.is_logged_in() {
                format!("{}/account?done={done}", here.pages.0.base)
            } else {
                here.pages.0.host.home().to_owned()
            };
            here.hand_over(&login, &to).await
        }
        // What this page would show again is void.
        Err(trouble) if is_over && here.is_bound() => account::draw(&here, Some(&trouble)).await,
        Err(trouble) if is_over => draw_start(&here, Some(&trouble)).await,
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
