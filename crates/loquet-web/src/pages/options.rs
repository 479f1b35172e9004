//! The organization's settings.

use axum::response::Response;
use loquet::{Error, OrganizationSetting, Refusal, Setting, SettingKind};
use loquet_policy::limits;

use crate::Language;
use crate::answer::NotTaken;
use crate::field_fault::{FieldFault, FieldFaultKind};
use crate::fields::{Fields, if_given};
use crate::form::Form;
use crate::host::PagesHost;
use crate::parts::Trouble;
use crate::session::{Here, Stop};
use crate::views::code::{Question, question};
use crate::views::options::{self, MAX_NUMBER, Settings, Waiting, name};
use crate::when;

const PLACE: &str = "/admin/options";

async fn draw<H: PagesHost>(here: &Here<H>, trouble: Option<&Trouble>) -> Result<Response, Stop> {
    let language = here.visit.language;
    let at = here.setting(trouble)?;
    let organization = here.organization();
    let waiting: Vec<Waiting> = organization
        .scheduled_changes()
        .iter()
        .map(|change| Waiting {
            kind: name(change.setting.kind()),
            text: said(&change.setting, language),
            due: when::moment(change.due, language),
        })
        .collect();
    let done = match here.visit.parameter("done").as_deref() {
        Some("set") => Some(language.say(
            "C’est fait\u{a0}: tous les administrateurs sont prévenus.",
            "Done: all administrators are told.",
        )),
        Some("stopped") => Some(language.say(
            "Le changement est arrêté\u{a0}: tous les administrateurs sont prévenus.",
            "The change is stopped: all administrators are told.",
        )),
        _ => None,
    };
    let latched = match organization.strict_latch() {
        None => None,
        Some(by) => Some(here.pages.sentence(&Refusal::Latched(by), language).await?),
    };
    let settings = Settings {
        organization,
        latched: latched.as_deref(),
        waiting: &waiting,
        done,
    };
    let title = at.say("Réglages de l’organisation", "Organization settings");
    here.page(trouble, title, false, options::options(&at, &settings))
        .await
}

/// A change in words.
fn said(setting: &Setting, language: Language) -> String {
    match *setting {
        Setting::RecoveryCodes { offered: true } => language
            .say(
                "Des codes de récupération seront proposés à l’activation.",
                "Recovery codes will be offered at enrollment.",
            )
            .to_owned(),
        Setting::RecoveryCodes { offered: false } => language
            .say(
                "Des codes de récupération ne seront plus proposés.",
                "Recovery codes will no longer be offered.",
            )
            .to_owned(),
        Setting::ResetCodeLife { seconds } => {
            let life = when::duration(seconds, language);
            language.say(
                format!("Un code de réinitialisation vaudra {life}."),
                format!("A reset code will live {life}."),
            )
        }
        Setting::EnrollmentWindow { seconds } => {
            let days = seconds / limits::DAY;
            language.say(
                format!("Le délai d’activation sera de {days}\u{a0}jours."),
                format!("The time to enroll will be {days}\u{a0}days."),
            )
        }
        Setting::AccessRules { .. } => language
            .say(
                "D’autres règles d’accès sont en attente.",
                "Other access rules are waiting.",
            )
            .to_owned(),
    }
}

pub(crate) async fn show<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    draw(&here, None).await
}

/// What a form sets: the setting, and the fields to send again with a code.
fn setting(fields: &Fields) -> Result<(OrganizationSetting, &str, &str), FieldFault> {
    let kind = fields.text("kind", 32)?;
    let value = fields.text("value", MAX_NUMBER)?;
    let number = |field, unit: u64| {
        let number = value.parse::<u64>().ok();
        number
            .and_then(|number| number.checked_mul(unit))
            .ok_or(FieldFault {
                field,
                what: FieldFaultKind::Form,
            })
    };
    let setting = match (kind, value) {
        ("recovery-codes", "on" | "off") => OrganizationSetting::RecoveryCodes {
            offered: value == "on",
        },
        ("reset-code-life", _) => OrganizationSetting::ResetCodeLife {
            seconds: number("reset-code-life", limits::HOUR)?,
        },
        ("enrollment-window", _) => OrganizationSetting::EnrollmentWindow {
            seconds: number("enrollment-window", limits::DAY)?,
        },
        _ => {
            return Err(FieldFault {
                field: "kind",
                what: FieldFaultKind::Form,
            });
        }
    };
    Ok((setting, kind, value))
}

pub(crate) async fn choose<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let language = here.visit.language;
    let typed = if_given(form.fields.code());
    let (setting, kind, value) = match setting(&form.fields) {
        Ok(setting) => setting,
        Err(fault) => {
            let trouble = Trouble::of_field(fault, language);
            return draw(&here, Some(&trouble)).await;
        }
    };
    let (trouble, with_code) = match typed {
        Err(fault) => (Some(Trouble::of_field(fault, language)), true),
        Ok(typed) => {
            let with_code = typed.is_some();
            let code = typed.unwrap_or_default();
            match here.admin(&form)?.update_setting(setting, code).await {
                Ok(_) => return Ok(here.go("/admin/options?done=set")),
                // It weakens: the code comes with the question.
                Err(Error::Refused(Refusal::StepUp | Refusal::NotFresh))
                    if weakens(&here, setting) =>
                {
                    (None, true)
                }
                Err(Error::Refused(refusal)) => {
                    let mut trouble = here.trouble(&refusal, &["code"], PLACE).await?;
                    if let Refusal::OutOfBounds { .. } = refusal {
                        trouble.field = Some(name(Setting::from(setting).kind()));
                        language
                            .say(
                                "Choisissez une valeur dans les limites indiquées.",
                                "Choose a value within the limits.",
                            )
                            .clone_into(&mut trouble.text);
                    }
                    (Some(trouble), with_code)
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    };
    if !with_code {
        return draw(&here, trouble.as_ref()).await;
    }
    let at = here.setting(trouble.as_ref())?;
    let text = said(&setting.into(), language);
    let body = options::weaken(&at, kind, value, &text);
    let title = at.say("Confirmation", "Confirmation");
    here.page(trouble.as_ref(), title, true, body).await
}

/// Whether the rules ask a fresh code for a setting; they decide again, this only picks the page.
fn weakens<H>(here: &Here<H>, setting: OrganizationSetting) -> bool {
    here.organization().weakens(setting)
}

pub(crate) async fn stop<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let asked = form.fields.text("kind", 32);
    let kinds = [
        SettingKind::RecoveryCodes,
        SettingKind::ResetCodeLife,
        SettingKind::EnrollmentWindow,
        SettingKind::AccessRules,
    ];
    let kind = asked
        .ok()
        .and_then(|asked| kinds.into_iter().find(|kind| name(*kind) == asked));
    let Some(kind) = kind else {
        let fault = FieldFault {
            field: "kind",
            what: FieldFaultKind::Form,
        };
        let trouble = Trouble::of_form(fault.sentence(here.visit.language));
        return draw(&here, Some(&trouble)).await;
    };
    let stopped = here.admin(&form)?.cancel_change(kind).await;
    match here
        .answer(stopped.map_err(NotTaken::Mfa), &[], PLACE)
        .await?
    {
        Ok(()) => Ok(here.go("/admin/options?done=stopped")),
        Err(trouble) => draw(&here, Some(&trouble)).await,
    }
}

async fn ask_latch<H: PagesHost>(
    here: &Here<H>,
    trouble: Option<&Trouble>,
) -> Result<Response, Stop> {
    let at = here.setting(trouble)?;
    let title = at.say("Fermer le verrou?", "Close the latch?");
    let body = question(
        &at,
        &Question {
            title,
            text: at.say(
                "Plus personne ne pourra désactiver la question à la connexion, quel que soit son rôle. Vous-même ne pourrez pas rouvrir ce verrou\u{a0}: il n’est plus possible de revenir en arrière.",
                "No one will be able to turn the second factor off any more, whatever their role. You cannot open this latch again yourself: there is no way back.",
            ),
            action: "/admin/options/latch",
            button: at.say("Fermer pour toujours", "Close for ever"),
            dangerous: true,
            with_code: false,
            back: Some(PLACE),
        },
    );
    here.page(trouble, title, true, body).await
}

pub(crate) async fn show_latch<H: PagesHost>(here: Here<H>) -> Result<Response, Stop> {
    ask_latch(&here, None).await
}

pub(crate) async fn latch<H: PagesHost>(here: Here<H>, form: Form) -> Result<Response, Stop> {
    let hardened = here.admin(&form)?.harden().await;
    let next = "/admin/options/latch";
    match here
        .answer(hardened.map_err(NotTaken::Mfa), &[], next)
        .await?
    {
        Ok(()) => Ok(here.go("/admin/options?done=set")),
        Err(trouble) => ask_latch(&here, Some(&trouble)).await,
    }
}
