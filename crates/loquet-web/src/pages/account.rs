//! "Mon compte".

use axum::response::Response;
use loquet::limits::{CODE_AUTHENTICATORS, FEW_RECOVERY_CODES, PASSKEYS};
use loquet::{
    AddressState, AuthenticatorState, DeliveryFailureKind, MandateKind, NoticeAddress, UnixTime,
};

use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::{MAX_CODE, Trouble};
use crate::session::{Here, Stop};
use crate::views::Setting;
use crate::views::account::{self, Account, Bound, Notices, Switch};
use crate::{Language, when};

pub(super) async fn draw<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let language = here.visit.language;
    let at = here.setting(trouble)?;
    let name = here.pages.0.host.name(here.account_id()).await?;
    let fixed = match here.overview().switch_refused() {
        Some(refusal) => Some(here.pages.sentence(&refusal, language).await?),
        None => None,
    };
    let overview = here.overview();
    let devices = here
        .organization()
        .remembers_devices()
        .then(|| super::devices::lines(here, language));
    let several = match has_several(here) {
        true => super::authenticators::lines(here),
        false => Vec::new(),
    };
    let (codes, announced) = (codes_left(here, language), announced(here, language));
    let account = Account {
        name: &name.unwrap_or_default(),
        roles: &here.pages.roles(&overview.roles(), language),
        switch: Switch {
            on: overview.requirement().is_required(),
            fixed: fixed.as_deref(),
        },
        authenticator: bound(here, &at),
        token: several.is_empty().then(|| overview.token()).flatten(),
        assigned_token: overview.assigned_token(),
        several: &several,
        may_add: may_add(here) && overview.assigned_token().is_none(),
        takes_passkeys: here.pages.0.mfa.takes_passkeys(),
        notices: notices(here, language),
        codes: codes.as_deref(),
        has_printed_codes: here.has_recovery_codes(),
        announced: announced.as_deref(),
        sessions: &super::sessions::lines(here, language),
        devices: devices.as_deref(),
        done: done(here, &at),
    };
    let title = at.say("Mon compte", "My account");
    let body = account::account(&at, &account);
    here.page(trouble, title, false, body).await
}

/// What is bound to the account, and what can be done about it.
fn bound<H>(here: &Here<H>, at: &Setting<'_>) -> Bound {
    let language = at.language;
    match here.overview().authenticator() {
        _ if !here.organization().is_enabled() => Bound::NotYet,
        AuthenticatorState::None => Bound::Nothing,
        AuthenticatorState::Active { since } => active(here, at, since),
        AuthenticatorState::Suspended { .. } => Bound::Broken {
            text: at.by_kind(
                [
                    "Suspendue\u{a0}: elle a été signalée perdue. Si vous l’avez toujours, le lien du courriel que vous avez reçu annule ce signalement; sinon, un administrateur peut réinitialiser votre compte.",
                    "Suspended: it was reported lost. If you still have it, the link in the letter that you were sent undoes the report; otherwise, an administrator can reset your account.",
                ],
                [
                    "Suspendu\u{a0}: il a été signalé perdu. Si vous l’avez toujours, le lien du courriel que vous avez reçu annule ce signalement; sinon, un administrateur peut réinitialiser votre compte.",
                    "Suspended: it was reported lost. If you still have it, the link in the letter that you were sent undoes the report; otherwise, an administrator can reset your account.",
                ],
                [
                    "Suspendue\u{a0}: elle a été signalée perdue, ou il en existe peut-être une copie. Si vous l’avez toujours, et que le courriel que vous avez reçu porte un lien, ce lien annule le signalement; sinon, un administrateur peut réinitialiser votre compte.",
                    "Suspended: it was reported lost, or there may be a copy of it. If you still have it, and the letter that you were sent has a link, that link undoes the report; otherwise, an administrator can reset your account.",
                ],
            ),
            needs_reset_code: false,
        },
        AuthenticatorState::ResetCodeDue
        | AuthenticatorState::Recovering
        | AuthenticatorState::BreakGlass => Bound::Broken {
            text: language.say(
                "Votre compte a été réinitialisé. Configurez une nouvelle application avec votre code de réinitialisation.",
                "Your account was reset. Set up a new app with your reset code.",
            ),
            needs_reset_code: true,
        },
        _ => Bound::Broken {
            text: disabled(here, at),
            needs_reset_code: false,
        },
    }
}

/// Whether there is room for another app, or for another passkey.
fn may_add<H>(here: &Here<H>) -> bool {
    let all = here.overview().authenticators();
    let passkeys = all.iter().filter(|it| it.is_passkey()).count();
    let room = here.pages.0.mfa.takes_passkeys() && passkeys < PASSKEYS;
    room || all.len().saturating_sub(passkeys) < CODE_AUTHENTICATORS
}

fn has_several<H>(here: &Here<H>) -> bool {
    here.overview().authenticators().len() > 1
}

fn disabled<H>(here: &Here<H>, at: &Setting<'_>) -> &'static str {
    if here.has_recovery_codes() {
        at.app_or_token(
            [
                "Désactivée. Un code de récupération, ou le code de réinitialisation d’un administrateur, permet d’en configurer une autre.",
                "Disabled. A recovery code, or an administrator’s reset code, lets you set up another.",
            ],
            [
                "Désactivé. Un code de récupération, ou le code de réinitialisation d’un administrateur, permet de configurer une application.",
                "Disabled. A recovery code, or an administrator’s reset code, lets you set up an app.",
            ],
        )
    } else {
        at.app_or_token(
            [
                "Désactivée. Demandez à un administrateur de réinitialiser votre compte.",
                "Disabled. Ask an administrator to reset your account.",
            ],
            [
                "Désactivé. Demandez à un administrateur de réinitialiser votre compte.",
                "Disabled. Ask an administrator to reset your account.",
            ],
        )
    }
}

fn active<H>(here: &Here<H>, at: &Setting<'_>, since: UnixTime) -> Bound {
    let language = at.language;
    let day = when::day(since, language);
    let advice = match here.overview().replacement_is_advised() {
        true => at.app_or_token(
            [
                " Remplacez-la dès que possible\u{a0}: une autre personne a peut-être essayé d’en deviner les codes.",
                " Replace it as soon as you can: another person may have tried to guess its codes.",
            ],
            [
                " Remplacez-le dès que possible\u{a0}: une autre personne a peut-être essayé d’en deviner les codes.",
                " Replace it as soon as you can: another person may have tried to guess its codes.",
            ],
        ),
        false => "",
    };
    if has_several(here) {
        return Bound::Active {
            since: match here.overview().accepts_codes() {
                true => language.say(
                    format!("N’importe laquelle vous connecte.{advice}"),
                    format!("Any of them logs you in.{advice}"),
                ),
                false => language.say(
                    format!("N’importe laquelle de vos clés d’accès vous connecte.{advice}"),
                    format!("Any of your passkeys logs you in.{advice}"),
                ),
            },
        };
    }
    let bound = at.app_or_token(["Liée", "Bound"], ["Lié", "Bound"]);
    Bound::Active {
        since: language.say(
            format!("{bound} à votre compte depuis le {day}.{advice}"),
            format!("Bound to your account since {day}.{advice}"),
        ),
    }
}

/// The addresses of notices, and those at which notices do not arrive.
fn notices<H>(here: &Here<H>, language: Language) -> Notices<'_> {
    let mut notices = Notices::default();
    for it in here.overview().addresses() {
        let address = it.address.as_str();
        match it.state {
            AddressState::Present => notices.present = Some(address),
            AddressState::Pending { expires } => {
                let left = expires.map(|expires| expires.since(here.now()));
                notices.pending = Some((address, left));
            }
            _ => {}
        }
        notices.failures.extend(failure(it, language));
    }
    notices
}

/// Says, to its owner and to administrators, that notices do not arrive at an address.
pub(super) fn failure(address: &NoticeAddress, language: Language) -> Option<String> {
    let failure = address.failure?;
    let (to, day) = (&address.address, when::day(failure.at, language));
    Some(match failure.kind {
        DeliveryFailureKind::TimedOut => language.say(
            format!("Les avis n’arrivent pas à {to}\u{a0}: une semaine d’essais n’a rien donné, le {day}."),
            format!("Notices do not arrive at {to}: a week of tries had failed on {day}."),
        ),
        _ => language.say(
            format!("Les avis n’arrivent pas à {to}\u{a0}: cette adresse les a refusés le {day}."),
            format!("Notices do not arrive at {to}: that address refused them on {day}."),
        ),
    })
}

/// How many recovery codes are left, and what to do when there are few.
fn codes_left<H>(here: &Here<H>, language: Language) -> Option<String> {
    let offered = here.organization().offers_recovery_codes();
    if !offered || !here.is_bound() {
        return None;
    }
    let left = here.overview().recovery_codes_left();
    let mut text = match left {
        0 => language
            .say(
                "Vous n’avez aucun code de récupération.",
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
    if left <= usize::from(FEW_RECOVERY_CODES) {
        text.push_str(language.say(
            " Il est temps d’en faire de nouveaux.",
            " It is time to make new ones.",
        ));
    }
    Some(text)
}

/// What comes, and until when to be ready for it.
fn announced<H>(here: &Here<H>, language: Language) -> Option<String> {
    let requirement = here.overview().requirement();
    if let Some(until) = here.overview().codes_until() {
        let until = when::moment(until, language);
        return Some(language.say(
            format!("Ajoutez une clé d’accès avant le {until}\u{a0}: elle est obligatoire pour vous, et un code ne vous connectera plus ensuite."),
            format!("Add a passkey before {until}: it is required of you, and after that no code will log you in."),
        ));
    }
    let passkey = requirement
        .announced
        .filter(|it| it.kind == MandateKind::Passkey && requirement.passkey.is_none());
    if let Some(mandate) = passkey {
        let day = when::day(mandate.start(), language);
        return (!here.has_passkey()).then(|| language.say(
            format!("À compter du {day}, une clé d’accès sera exigée à chacune de vos connexions, et un code ne suffira plus. Ajoutez-en une dès maintenant."),
            format!("From {day} on a passkey will be required at each of your log-ins, and a code will not be enough. Add one now."),
        ));
    }
    let mandate = requirement
        .announced
        .filter(|_| requirement.mandate.is_none())?;
    let day = when::day(mandate.start(), language);
    let what = match here.overview().assigned_token() {
        Some(_) => language.say("Confirmez votre jeton", "Confirm your token"),
        None => language.say("Configurez votre application", "Set up your app"),
    };
    Some(language.say(
        format!("À compter du {day}, un code sera exigé à chacune de vos connexions. {what} dès maintenant."),
        format!("From {day} on a code will be required at each of your log-ins. {what} now."),
    ))
}

fn done<H>(here: &Here<H>, at: &Setting<'_>) -> Option<&'static str> {
    let language = at.language;
    Some(match here.visit.parameter("done")?.as_str() {
        "enrolled" => at.by_kind(
            [
                "Félicitations! Votre application est liée\u{a0}: un code vous sera demandé à la connexion.",
                "Congratulations! Your app is bound: you will be asked for a code at log-in.",
            ],
            [
                "Félicitations! Votre jeton est lié\u{a0}: un code vous sera demandé à la connexion.",
                "Congratulations! Your token is bound: you will be asked for a code at log-in.",
            ],
            [
                "Félicitations! Votre clé d’accès est liée\u{a0}: elle vous sera demandée à la connexion.",
                "Congratulations! Your passkey is bound: you will be asked for it at log-in.",
            ],
        ),
        "passkey" => language.say(
            "Félicitations! Votre clé d’accès est liée\u{a0}: elle vaut à la connexion.",
            "Congratulations! Your passkey is bound: it logs you in.",
        ),
        "sent" => language.say(
            "Un code part à la nouvelle adresse. Saisissez-le ci-dessous dans les dix minutes.",
            "A code is on its way to the new address. Enter it below within ten minutes.",
        ),
        "address" => language.say(
            "C’est noté. L’ancienne adresse, s’il y en avait une, est prévenue aussi.",
            "Noted. The old address, if there was one, is told too.",
        ),
        "on" => language.say("La connexion multi-facteur est requise pour votre compte.", "Multi-factor log-in is required for your account."),
        "off" => at.app_or_token(
            [
                "C’est fait. Votre application reste liée; seul votre mot de passe vous sera demandé.",
                "Done. Your app stays bound; you will be asked for your password only.",
            ],
            [
                "C’est fait. Votre jeton reste lié; seul votre mot de passe vous sera demandé.",
                "Done. Your token stays bound; you will be asked for your password only.",
            ],
        ),
        "renamed" => language.say("Le nouveau nom est noté.", "The new name is noted."),
        "removed" => language.say(
            "C’est retiré de votre compte, et vos autres connexions ont pris fin.",
            "Removed from your account, and your other sessions have ended.",
        ),
        "ended" => language.say(
            "La connexion a pris fin.",
            "The session has ended.",
        ),
        "forgotten" => language.say(
            "L’appareil est oublié, et ses connexions ont pris fin.",
            "The device is forgotten, and its sessions have ended.",
        ),
        _ => return None,
    })
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

pub(crate) async fn confirm_address<H: PagesHost>(
    here: Here<H>,
    form: Form,
) -> Result<Response, Stop> {
    let confirmed = async {
        let code = form.fields.pasted("address_code", MAX_CODE)?;
        Ok(here.account(&form)?.confirm_address(code).await?)
    };
    let confirmed = confirmed.await;
    match here
        .answer(confirmed, &["address_code"], "/account")
        .await?
    {
        Ok(()) => Ok(here.go("/account?done=address")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}
