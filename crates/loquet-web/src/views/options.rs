//! The organization's settings, what waits, and the strict latch.

use loquet::OrganizationOverview;
use loquet_policy::{SettingKind, limits};
use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Focus, Trouble};

/// The longest number that is read.
pub(crate) const MAX_NUMBER: usize = 8;

/// A change that waits: its name in the form, a sentence, and when it holds.
pub(crate) struct Waiting {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) due: String,
}

pub(crate) struct Settings<'a> {
    pub(crate) organization: &'a OrganizationOverview,
    /// Who closed the strict latch, and when, as a sentence; `None`: it is open.
    pub(crate) latched: Option<&'a str>,
    pub(crate) waiting: &'a [Waiting],
    pub(crate) done: Option<&'a str>,
}

pub(crate) const fn name(kind: SettingKind) -> &'static str {
    match kind {
        SettingKind::RecoveryCodes => "recovery-codes",
        SettingKind::ResetCodeLife => "reset-code-life",
        SettingKind::EnrollmentWindow => "enrollment-window",
        SettingKind::AccessRules => "access-rules",
    }
}

pub(crate) fn options(at: &Setting<'_>, settings: &Settings<'_>) -> Markup {
    html! {
        header {
            h1 { (at.say("Réglages de l’organisation", "Organization settings")) }
            p.soft { (at.say(
                "Ce qui affaiblit la protection est annoncé à tous les administrateurs et n’a d’effet qu’après trois jours\u{a0}: d’ici là, chacun d’eux peut l’arrêter.",
                "What weakens the protection is told to all administrators and takes effect after three days only: until then each of them can stop it.",
            )) }
        }
        @if let Some(done) = settings.done { div.notice role="status" data-testid="done" { p { (done) } } }
        (parts::form_trouble(at.language, at.trouble))
        @for change in settings.waiting {
            div.notice.warn data-testid="waiting" {
                p { (change.text) " " (at.say("Effet le", "Takes effect on")) " " strong { (change.due) } "." }
                (parts::post(&at.path("/admin/options/stop"), at.form_id, &html! {
                    input type="hidden" name="kind" value=(change.kind);
                    div.row { button.button.danger type="submit" data-testid="stop" { (at.say("Arrêter ce changement", "Stop this change")) } }
                }))
            }
        }
        div.cards {
            (recovery(at, settings.organization.offers_recovery_codes()))
            (number(at, &Number {
                kind: "reset-code-life",
                title: at.say("Durée d’un code de réinitialisation", "Life of a reset code"),
                text: at.say(
                    "Combien de temps le code de réinitialisation d’une réinitialisation peut servir. Lu à voix haute, il ne vaut que dix minutes.",
                    "How long the reset code of a reset can be used. Read aloud, it lives ten minutes only.",
                ),
                label: at.say("En heures, de 1 à 72", "In hours, from 1 to 72"),
                value: settings.organization.reset_code_life() / limits::HOUR,
                most: limits::RESET_CODE_MAX / limits::HOUR,
            }))
            (number(at, &Number {
                kind: "enrollment-window",
                title: at.say("Délai d’activation", "Time to enroll"),
                text: at.say(
                    "Combien de temps un compte obligé peut encore associer une application avec son seul mot de passe. Ensuite, il lui faut un code de réinitialisation.",
                    "How long an account that must can still enroll with its password alone. After that it needs a reset code.",
                ),
                label: at.say("En jours, de 1 à 90", "In days, from 1 to 90"),
                value: settings.organization.enrollment_window() / limits::DAY,
                most: limits::ENROLLMENT_WINDOW_MAX / limits::DAY,
            }))
            (latch(at, settings.latched))
        }
        p { a href=(at.path("/admin")) { (at.say("Retour à l’administration", "Back to the administration")) } }
    }
}

fn recovery(at: &Setting<'_>, offered: bool) -> Markup {
    let (value, button) = if offered {
        ("off", at.say("Ne plus en proposer", "Stop offering them"))
    } else {
        ("on", at.say("En proposer", "Offer them"))
    };
    html! {
        section.card {
            header {
                div.row.apart {
                    h2 { (at.say("Codes de récupération", "Recovery codes")) }
                    @if offered { span.badge data-testid="offered" { (at.say("Proposés", "Offered")) } } @else { span.badge.off { (at.say("Non proposés", "Not offered")) } }
                }
                p.soft { (at.say(
                    "Dix codes imprimés, remis à l’activation. Un papier ouvre alors ce qu’un téléphone protégeait.",
                    "Ten codes on paper, handed out at enrollment. A paper then opens what a phone protected.",
                )) }
            }
            (parts::post(&at.path("/admin/options"), at.form_id, &html! {
                input type="hidden" name="kind" value="recovery-codes";
                input type="hidden" name="value" value=(value);
                div.row { button.button.plain type="submit" data-testid="recovery-codes" { (button) } }
            }))
        }
    }
}

struct Number<'a> {
    kind: &'static str,
    title: &'a str,
    text: &'a str,
    label: &'a str,
    value: u64,
    most: u64,
}

fn number(at: &Setting<'_>, number: &Number<'_>) -> Markup {
    let trouble = Trouble::at(at.trouble, number.kind);
    html! {
        section.card {
            header { h2 { (number.title) } p.soft { (number.text) } }
            (parts::post(&at.path("/admin/options"), at.form_id, &html! {
                input type="hidden" name="kind" value=(number.kind);
                div.field {
                    label for=(number.kind) { (number.label) }
                    input id=(number.kind) name="value" type="number" inputmode="numeric" min="1" max=(number.most) value=(number.value) required
                        aria-invalid=[trouble.map(|_| "true")] aria-describedby=[trouble.map(|_| format!("{}-error", number.kind))];
                    (parts::error_line(at.language, number.kind, trouble))
                }
                div.row { button.button.plain type="submit" data-testid=(number.kind) { (at.say("Appliquer", "Apply")) } }
            }))
        }
    }
}

fn latch(at: &Setting<'_>, latched: Option<&str>) -> Markup {
    let no_way_back = at.say(
        "Il n’est plus possible de revenir en arrière.",
        "There is no way back.",
    );
    html! {
        section.card {
            header {
                div.row.apart {
                    h2 { (at.say("Verrou strict", "Strict latch")) }
                    @if latched.is_some() { span.badge data-testid="strict" { (at.say("En vigueur", "In force")) } }
                    @else { span.badge.off { (at.say("Standard", "Standard")) } }
                }
                p.soft { (at.say(
                    "Avec le verrou strict, plus personne ne peut désactiver la question à la connexion, quel que soit son rôle.",
                    "With the strict latch no one can turn the second factor off any more, whatever their role.",
                )) " " (latched.unwrap_or(no_way_back)) }
            }
            @if latched.is_none() {
                div.row { a.button.danger href=(at.path("/admin/options/latch")) data-testid="latch" { (at.say("Fermer le verrou", "Close the latch")) } }
            }
        }
    }
}

/// The same setting again, with the fresh code that it needs because it weakens.
pub(crate) fn weaken(at: &Setting<'_>, kind: &str, value: &str, text: &str) -> Markup {
    html! {
        section.card data-testid="weaken-page" {
            header {
                h1 { (at.say("Ce réglage affaiblit la protection", "This setting weakens the protection")) }
                p { (text) }
                p.soft { (at.say(
                    "Il n’aura d’effet que dans trois jours. Tous les administrateurs sont prévenus dès maintenant, et chacun peut l’arrêter. Confirmez avec un nouveau code.",
                    "It takes effect in three days only. All administrators are told now, and each can stop it. Confirm with a fresh code.",
                )) }
            }
            (parts::post(&at.path("/admin/options"), at.form_id, &html! {
                (parts::form_trouble(at.language, at.trouble))
                input type="hidden" name="kind" value=(kind);
                input type="hidden" name="value" value=(value);
                (parts::code_field(at, Focus::Here))
                div.row {
                    button.button type="submit" data-testid="confirm" { (at.say("Confirmer", "Confirm")) }
                    a.button.plain href=(at.path("/admin/options")) { (at.say("Retour", "Back")) }
                }
            }))
        }
    }
}
