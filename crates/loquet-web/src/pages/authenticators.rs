//! The page of one authenticator among several.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::{AuthenticatorEntry, AuthenticatorId, Config, Error, MAX_AUTHENTICATOR_NAME, Refusal};

use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::form::Form;
use crate::host::PagesHost;
use crate::names::Names;
use crate::parts::{Trouble, token_number};
use crate::refusal::last_passkey;
use crate::session::{Here, Stop};
use crate::views::authenticators::{Line, manage, path};
use crate::views::message::Message;
use crate::{Language, when};

/// The authenticators of the user, in words.
pub(super) fn lines<H>(here: &Here<H>) -> Vec<Line> {
    let language = here.visit.language;
    let all = here.overview().authenticators().iter();
    all.map(|entry| line(entry, language)).collect()
}

fn line(entry: &AuthenticatorEntry, language: Language) -> Line {
    let since = when::day(entry.since(), language);
    let bound = language.say(format!("Depuis le {since}."), format!("Since {since}."));
    let (label, bound) = match (entry.name(), entry.token()) {
        ("", Some(serial)) => (token_number(language, serial), Some(bound)),
        ("", None) if entry.is_passkey() => {
            let french = format!("Clé d’accès du {since}");
            let label = language.say(french, format!("Passkey of {since}"));
            (label, None)
        }
        ("", None) => {
            let label = language.say(format!("Application du {since}"), format!("App of {since}"));
            (label, None)
        }
        (name, _) => (name.to_owned(), Some(bound)),
    };
    let used = entry.last_used().map(|used| {
        let used = when::moment(used, language);
        match entry.is_passkey() {
            true => language.say(
                format!("Dernière utilisation\u{a0}: {used}."),
                format!("Last used: {used}."),
            ),
            false => language.say(
                format!("Dernier code\u{a0}: {used}."),
                format!("Last code: {used}."),
            ),
        }
    });
    let dates: Vec<String> = bound.into_iter().chain(used).collect();
    Line {
        id: entry.id().0,
        label,
        name: entry.name().to_owned(),
        dates: dates.join(" "),
        is_suspended: entry.suspended().is_some(),
        may_be_copied: entry.may_be_copied(),
        is_passkey: entry.is_passkey(),
        settles: entry
            .settles()
            .filter(|_| entry.suspended().is_none())
            .map(|until| {
                let until = when::moment(until, language);
                language.say(
                    format!("Récente\u{a0}: d’ici le {until}, elle ne sert qu’à vous connecter."),
                    format!("Recent: until {until} it only serves to log in."),
                )
            }),
    }
}

/// The authenticator in the path, if it is one of this account, and whether another one can stand in for it.
async fn chosen<H: PagesHost>(here: &Here<H>) -> Result<(Line, bool), Stop> {
    let mut lines = lines(here);
    let id = here.visit.named.as_deref().and_then(|id| id.parse().ok());
    if let Some(place) = lines.iter().position(|line| Some(line.id) == id) {
        let line = lines.swap_remove(place);
        let has_another = lines.iter().any(|line| !line.is_suspended);
        return Ok((line, has_another));
    }
    let language = here.visit.language;
    let said = Message {
        title: language.say("Mon compte", "My account"),
        text: &here
            .pages
            .sentence(&Refusal::NoSuchAuthenticator, language)
            .await?,
        on: (
            language.say("Retour", "Back"),
            &format!("{}/account", here.pages.0.base),
        ),
    };
    Err(here.message(StatusCode::NOT_FOUND, &said).await?.into())
}

async fn draw<H: PagesHost>(
    here: &Here<H>,
    (line, has_another): &(Line, bool),
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let body = manage(&at, line, *has_another);
    here.page(trouble, &line.label, true, body).await
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    let chosen = chosen(&here).await?;
    draw(&here, &chosen, None).await
}

pub(crate) async fn rename<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let chosen = chosen(&here).await?;
    let id = AuthenticatorId(chosen.0.id);
    let renamed = async {
        let name = form.fields.text("name", MAX_AUTHENTICATOR_NAME)?;
        match here.account(&form)?.rename_authenticator(id, name).await {
            Err(Error::Config(Config::AuthenticatorName)) => Err(NotTaken::Field(FieldFault {
                field: "name",
                what: FieldFaultKind::Form,
            })),
            other => Ok(other?),
        }
    };
    match here.answer(renamed.await, &["name"], &path(id.0)).await? {
        Ok(()) => Ok(here.go("/account?done=renamed")),
        Err(trouble) => draw(&here, &chosen, Some(&trouble)).await,
    }
}

pub(crate) async fn remove<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let chosen = chosen(&here).await?;
    let id = AuthenticatorId(chosen.0.id);
    let removed = async {
        let code = form.fields.code()?;
        Ok(here.account(&form)?.remove_authenticator(id, code).await?)
    };
    let removed = removed.await;
    let said = match &removed {
        Err(NotTaken::Mfa(Error::Refused(refusal @ Refusal::Mandated(cause)))) => {
            let language = here.visit.language;
            let (role, by) = here.pages.named(&refusal.reason(), language).await?;
            let names = Names {
                role: role.as_deref(),
                by: by.as_deref(),
            };
            Some(last_passkey(cause, language, names))
        }
        _ => None,
    };
    match here.answer(removed, &["code"], &path(id.0)).await? {
        Ok(login) => {
            let to = format!("{}/account?done=removed", here.pages.0.base);
            here.hand_over(&login, &to).await
        }
        Err(mut trouble) => {
            trouble.text = said.unwrap_or(trouble.text);
            draw(&here, &chosen, Some(&trouble)).await
        }
    }
}
