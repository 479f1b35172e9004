//! The overview of the administration, and enabling.

use axum::http::StatusCode;
use axum::response::Response;
use loquet::Refusal;
use loquet::flow::{EnableMfa, Refused};
use loquet_policy::{Latch, MandateState};

use crate::fields::Fields;
use crate::host::Host;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::administration::{self, Overview};
use crate::views::enable;
use crate::views::message::message;
use crate::{Language, Pages, Visit, when};

impl<H: Host> Pages<H> {
    /// An administrator who is logged in; others are told that this is not theirs.
    pub(crate) async fn administrator(&self, visit: &Visit) -> Result<Here, Stop> {
        let here = self.person(visit).await?;
        if here.is_administrator() {
            return Ok(here);
        }
        let text = self.sentence(&Refusal::NotAdmin, visit.language).await?;
        let on = (visit.language.say("Retour", "Back"), self.0.host.home());
        let mut response = self
            .page_for(
                visit,
                &here,
                None,
                "Administration",
                true,
                message("Administration", &text, on),
            )
            .await?;
        *response.status_mut() = StatusCode::FORBIDDEN;
        Err(response.into())
    }

    /// An administrator whose authenticator is bound, where the organisation has enabled it; others do that first.
    pub(crate) async fn enrolled_administrator(&self, visit: &Visit) -> Result<Here, Stop> {
        let here = self.administrator(visit).await?;
        if !here.standing.organisation.is_enabled() {
            return Err(self.go("/admin").into());
        }
        if !here.is_bound() {
            return Err(self.go("/enrol").into());
        }
        Ok(here)
    }

    /// Where a page that a refusal keeps closed leads instead.
    pub(crate) async fn closed(
        &self,
        visit: &Visit,
        here: &Here,
        refusal: Refusal,
        next: &str,
    ) -> Result<Stop, Stop> {
        let next = format!("{}{next}", self.0.base);
        let trouble = self
            .trouble(visit, here, &Refused::Rule(refusal), &[], &next)
            .await?;
        draw(self, visit, here, Some(&trouble))
            .await
            .map(Stop::from)
    }
}

async fn draw<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let language = visit.language;
    let at = pages.setting(visit, trouble)?;
    let organisation = &here.standing.organisation;
    let since = match organisation.latch {
        Latch::Never => String::new(),
        Latch::Enabled { since, by } => {
            let (day, by) = (
                when::day(since, language),
                pages.0.host.name(by).await?.unwrap_or_default(),
            );
            language.say(
                format!("Depuis le {day}, par {by}. Il n'est plus possible de revenir en arrière."),
                format!("Since {day}, by {by}. There is no way back."),
            )
        }
    };
    let overview = Overview {
        enabled: organisation.is_enabled(),
        since: &since,
        enrolled_administrators: here.standing.roster.enrolled(),
        is_enrolled: here.is_bound(),
        mandate: &mandate(here, language),
        choices: choices(here, language),
        done: match visit.parameter("done").as_deref() {
            Some("imposed") => Some(language.say(
                "C'est fait\u{a0}: les personnes concernées sont prévenues.",
                "Done: the people concerned are told.",
            )),
            Some("sealed") => Some(language.say(
                "L'ancien code de secours ne vaut plus rien. Rangez l'enveloppe en lieu sûr.",
                "The old break-glass code is worth nothing any more. Keep the envelope safe.",
            )),
            _ => None,
        },
    };
    pages
        .page_for(
            visit,
            here,
            trouble,
            "Administration",
            false,
            administration::overview(&at, &overview),
        )
        .await
}

/// One line about what the organisation chose.
fn choices(here: &Here, language: Language) -> &'static str {
    let organisation = &here.standing.organisation;
    if !organisation.scheduled.is_empty() {
        return language.say(
            "Un changement qui affaiblit la protection est en attente\u{a0}: vous pouvez l'arrêter.",
            "A change that weakens the protection is waiting: you can stop it.",
        );
    }
    language.say(
        "Codes de récupération, durée des billets, délai d'inscription, verrou strict.",
        "Recovery codes, life of tickets, time to enroll, strict latch.",
    )
}

/// One line about the employees' mandate.
fn mandate(here: &Here, language: Language) -> String {
    let Some(mandate) = here.employees_mandate() else {
        return language
            .say(
                "Pas imposée. Il est recommandé de la rendre obligatoire pour les employés.",
                "Not imposed. Making it mandatory for employees is recommended.",
            )
            .to_owned();
    };
    let day = when::day(mandate.start(), language);
    match mandate.state {
        MandateState::Announced { .. } => language.say(
            format!("Annoncée pour le {day}."),
            format!("Announced for {day}."),
        ),
        MandateState::InForce { .. } => language.say(
            format!("En vigueur depuis le {day}."),
            format!("In force since {day}."),
        ),
    }
}

pub(crate) async fn show<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.administrator(&visit).await?;
    draw(&pages, &visit, &here, None).await
}

async fn draw_enable<H: Host>(
    pages: &Pages<H>,
    visit: &Visit,
    here: &Here,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = pages.setting(visit, trouble)?;
    let seal = match pages.0.service.propose_seal(&here.stamp).await? {
        Ok(seal) => seal,
        Err(refusal) => return Err(pages.closed(visit, here, refusal, "/admin/enable").await?),
    };
    let body = enable::enable(&at, &seal.expose());
    pages
        .page_for(
            visit,
            here,
            trouble,
            at.say("Activer", "Enable"),
            true,
            body,
        )
        .await
}

pub(crate) async fn show_enable<H: Host>(pages: Pages<H>, visit: Visit) -> Result<Response, Stop> {
    let here = pages.administrator(&visit).await?;
    if here.standing.organisation.is_enabled() {
        return Ok(pages.go("/admin"));
    }
    draw_enable(&pages, &visit, &here, None).await
}

pub(crate) async fn enable<H: Host>(
    pages: Pages<H>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Stop> {
    let attempt = pages.attempt(&visit, &fields)?;
    let here = pages.administrator(&visit).await?;
    let trouble = match fields.text("group", enable::MAX_GROUP) {
        Err(fault) => Trouble::of_field(fault, visit.language),
        Ok(typed) => {
            let enable = EnableMfa {
                stamp: here.stamp,
                typed_back: typed.into(),
            };
            match pages.run(&visit, attempt, enable).await? {
                // Its author enrolls first.
                Ok(_) => return Ok(pages.go("/enrol")),
                Err(Refused::Rule(Refusal::AlreadyEnabled(_) | Refusal::AlreadyCompleted)) => {
                    return Ok(pages.go("/admin"));
                }
                Err(refused) => {
                    pages
                        .trouble(&visit, &here, &refused, &["group"], "")
                        .await?
                }
            }
        }
    };
    draw_enable(&pages, &visit, &here, Some(&trouble)).await
}
