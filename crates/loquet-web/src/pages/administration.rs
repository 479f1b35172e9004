//! The overview of the administration, and enabling.

use axum::response::Response;
use loquet::{Error, Mandate, MandateKind, MandateState, Refusal};

use crate::Language;
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::administration::{self, Overview};
use crate::views::enable;
use crate::when;

impl<H: PagesHost> Here<H> {
    /// Where a page leads instead that a refusal keeps closed.
    pub(crate) async fn closed(&self, error: Error, next: &str) -> Result<Stop, Stop> {
        let Error::Refused(refusal) = error else {
            return Err(error.into());
        };
        let trouble = self.trouble(&refusal, &[], next).await?;
        draw(self, Some(&trouble)).await.map(Stop::from)
    }
}

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let language = here.visit.language;
    let at = here.setting(trouble)?;
    let organization = here.organization();
    let since = match organization.enabled() {
        None => String::new(),
        Some((since, by)) => {
            let (day, by) = (
                when::day(since, language),
                here.pages.0.host.name(by).await?.unwrap_or_default(),
            );
            language.say(
                format!("Depuis le {day}, par {by}. Il n’est plus possible de revenir en arrière."),
                format!("Since {day}, by {by}. There is no way back."),
            )
        }
    };
    let staff = here.mandated();
    let overview = Overview {
        enabled: organization.is_enabled(),
        since: &since,
        enrolled_administrators: organization.enrolled_administrators(),
        is_enrolled: here.is_bound(),
        bound: &staff,
        mandate: &mandate(here, &staff, language),
        settings: settings(here, language),
        done: match here.visit.parameter("done").as_deref() {
            Some("imposed") => Some(language.say(
                "C’est fait\u{a0}: les personnes concernées sont prévenues.",
                "Done: the people concerned are told.",
            )),
            Some("break-glass") => Some(language.say(
                "L’ancien code de secours ne vaut plus rien. Rangez l’enveloppe en lieu sûr.",
                "The old break-glass code is worth nothing any more. Keep the envelope safe.",
            )),
            _ => None,
        },
    };
    here.page(
        trouble,
        "Administration",
        false,
        administration::overview(&at, &overview),
    )
    .await
}

/// One line about the organization's settings.
fn settings<H>(here: &Here<H>, language: Language) -> &'static str {
    if !here.organization().scheduled_changes().is_empty() {
        return language.say(
            "Un changement qui affaiblit la protection est en attente\u{a0}: vous pouvez l’arrêter.",
            "A change that weakens the protection is waiting: you can stop it.",
        );
    }
    language.say(
        "Codes de récupération, durée des codes de réinitialisation, délai d’activation, verrou strict.",
        "Recovery codes, life of reset codes, time to enroll, strict latch.",
    )
}

/// One line about the mandate of those whom the host calls `staff`, and about those that demand a passkey.
fn mandate<H: PagesHost>(here: &Here<H>, staff: &str, language: Language) -> String {
    let first = match here.mandate() {
        Some(mandate) => state(mandate, language),
        None => language.say(
            format!("Pas imposée. Il est recommandé de la rendre obligatoire pour {staff}."),
            format!("Not imposed. Making it mandatory for {staff} is recommended."),
        ),
    };
    let all = here.organization().mandates().iter();
    let passkeys = all.filter(|it| it.kind == MandateKind::Passkey);
    let passkeys = passkeys.map(|mandate| {
        let (who, state) = (here.covered(mandate.role), state(mandate, language));
        language.say(
            format!("Clé d’accès pour {who}\u{a0}: {state}"),
            format!("Passkey of {who}: {state}"),
        )
    });
    std::iter::once(first)
        .chain(passkeys)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Since when a mandate is in force, or from when on it will be.
fn state(mandate: &Mandate, language: Language) -> String {
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

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

async fn draw_enable<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let code = match here.reading_admin()?.propose_break_glass().await {
        Ok(code) => code,
        Err(error) => return Err(here.closed(error, "/admin/enable").await?),
    };
    let body = enable::enable(&at, &code.expose());
    here.page(trouble, at.say("Activer", "Enable"), true, body)
        .await
}

pub(crate) async fn show_enable<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    if here.organization().is_enabled() {
        return Ok(here.go("/admin"));
    }
    draw_enable(&here, None).await
}

pub(crate) async fn enable<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let trouble = match form.fields.pasted("group", enable::MAX_GROUP) {
        Err(fault) => Trouble::of_field(fault, here.visit.language),
        Ok(typed) => match here.admin(&form)?.enable(typed).await {
            // Its author enrolls first.
            Ok(_) => return Ok(here.go("/enroll")),
            Err(Error::Refused(Refusal::AlreadyEnabled(_) | Refusal::AlreadyCompleted)) => {
                return Ok(here.go("/admin"));
            }
            Err(Error::Refused(refusal)) => here.trouble(&refusal, &["group"], "").await?,
            Err(fault) => return Err(fault.into()),
        },
    };
    draw_enable(&here, Some(&trouble)).await
}
