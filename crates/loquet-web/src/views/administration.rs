//! The overview of the administration.

use maud::{Markup, html};

use super::{Setting, mandate};
use crate::parts;

/// What the overview says. `enabled` decides what there is to do.
pub(crate) struct Overview<'a> {
    pub(crate) enabled: bool,
    /// Since when and by whom it is enabled, as a sentence.
    pub(crate) since: &'a str,
    pub(crate) enrolled_administrators: usize,
    /// Whether the administrator who looks is.
    pub(crate) is_enrolled: bool,
    /// The users whom a mandate concerns, as people call them.
    pub(crate) bound: &'a str,
    /// One line about that mandate.
    pub(crate) mandate: &'a str,
    /// One line about recovery codes, the latch, and what waits.
    pub(crate) settings: &'a str,
    pub(crate) done: Option<&'a str>,
}

pub(crate) fn overview(at: &Setting<'_>, overview: &Overview<'_>) -> Markup {
    html! {
        header {
            h1 { "Administration" }
            p.soft { (at.say("L’authentification multi-facteur de votre organisation.", "Multi-factor log-in in your organization.")) }
        }
        @if let Some(done) = overview.done { div.notice role="status" data-testid="done" { p { (done) } } }
        (parts::form_trouble(at.language, at.trouble))
        @if overview.enabled { (enabled(at, overview)) } @else { (not_enabled(at, overview)) }
    }
}

fn not_enabled(at: &Setting<'_>, overview: &Overview<'_>) -> Markup {
    let bound = overview.bound;
    html! {
        section.card {
            header {
                div.row.apart { h2 { (at.say("Pas encore activée", "Not enabled yet")) } span.badge.off { (at.say("Inactive", "Off")) } }
                p.soft { (at.say(
                    "Un mot de passe peut être deviné ou volé. Un code à usage unique, sur le téléphone de chacun, garantit que seules les personnes autorisées accèdent aux données confidentielles.",
                    "A password can be guessed or stolen. A one-time code on everyone’s own phone makes sure that only the right people reach confidential data.",
                )) }
            }
            ul.soft.small {
                li { (at.language.say(
                    format!("Recommandée comme obligatoire pour {bound}, volontaire pour les autres rôles."),
                    format!("Recommended as mandatory for {bound}, voluntary for the other roles."),
                )) }
                li { (at.say("Une fois activée, il n’est plus possible de revenir en arrière.", "Once enabled, there is no way back.")) }
                li { (at.say("Vous configurez votre propre application en premier.", "You set up your own app first.")) }
            }
            div.row { a.button href=(at.path("/admin/enable")) data-testid="enable" { (at.say("Activer l’authentification multi-facteur", "Enable multi-factor log-in")) } }
        }
    }
}

fn enabled(at: &Setting<'_>, overview: &Overview<'_>) -> Markup {
    let tile = |title: &str, text: &str, path: &str, button: &str, id: &str| {
        html! {
            section.card {
                header { h2 { (title) } p.soft { (text) } }
                div.row { a.button.plain href=(at.path(path)) data-testid=(id) { (button) } }
            }
        }
    };
    let requirement = mandate::title(at.language, overview.bound);
    html! {
        section.card {
            header {
                div.row.apart { h2 { (at.say("Activée", "Enabled")) } span.badge data-testid="enabled" { (at.say("En service", "On")) } }
                p.soft { (overview.since) }
            }
            @if !overview.is_enrolled {
                div.notice {
                    p { (at.say("Configurez d’abord votre propre application\u{a0}: le reste s’ouvre ensuite.", "Set up your own app first: the rest opens after that.")) }
                    p { a href=(at.path("/enroll")) data-testid="enroll" { (at.say("Configurer une application", "Set up an app")) } }
                }
            } @else if overview.enrolled_administrators < 2 {
                div.notice.warn { p { (at.say(
                    "Un seul administrateur a associé une application\u{a0}: si son téléphone se perd, seul le code de secours pourra l’aider. Demandez à un second d’en associer une.",
                    "Only one administrator is enrolled: if their phone is lost, only the break-glass code can help. Have a second one enroll.",
                )) } }
            }
        }
        div.cards {
            (tile(&requirement, overview.mandate, "/admin/mandate", at.say("Gérer l’obligation", "Manage the requirement"), "mandate"))
            (tile(at.say("Personnes", "People"), at.say("Qui a associé une application, qui ne l’a pas encore fait, et la réinitialisation d’un compte.", "Who is enrolled, who is not yet, and resetting an account."), "/admin/people", at.say("Voir les personnes", "See the people"), "people"))
            (tile(at.say("D’où se connecter", "Where to log in from"), at.say("Les endroits d’où l’on peut se connecter.", "The places from which people may log in."), "/admin/access", at.say("Choisir les endroits", "Choose the places"), "access"))
            (tile(at.say("Appareils retenus", "Remembered devices"), at.say("Autoriser chacun, ou non, à faire retenir ses appareils.", "Whether people may have their devices remembered."), "/admin/devices", at.say("Régler", "Set"), "devices"))
            (tile(at.say("Réglages de l’organisation", "Organization settings"), overview.settings, "/admin/options", at.say("Voir les réglages", "See the settings"), "options"))
            (tile(at.say("Code de secours", "Break-glass code"), at.say("Dans son enveloppe scellée, il rouvre l’organisation si tous les administrateurs perdent leur application.", "In its sealed envelope, it opens the organization again if every administrator loses their app."), "/admin/break-glass", at.say("Le renouveler", "Renew it"), "renew-break-glass"))
        }
    }
}
