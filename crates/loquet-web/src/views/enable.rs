//! Enabling: the break-glass code first, its last group typed back.

use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, TextField};

pub(crate) const MAX_GROUP: usize = 32;

pub(crate) fn enable(at: &Setting<'_>, seal: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (TextField {
            name: "group",
            label: at.say("Dernier groupe du code de secours", "Last group of the break-glass code"),
            hint: at.say("Recopiez-le de votre papier, pas de l'écran.", "Copy it from your paper, not from the screen."),
            class: "ticket-field",
            kind: "text",
            value: "",
            most: MAX_GROUP,
        }.draw(at.language, at.trouble))
        div.notice.warn { p { strong { (at.say("Il n'est plus possible de revenir en arrière.", "There is no way back.")) } " "
            (at.say("Vous configurez votre propre application juste après.", "You set up your own app right after.")) } }
        div.row {
            button.button type="submit" data-testid="confirm" { (at.say("Activer", "Enable")) }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="enable-page" {
            header {
                h1 { (at.say("Notez d'abord le code de secours", "Write down the break-glass code first")) }
                p.soft { (at.say(
                    "Si tous les administrateurs perdaient leur application, lui seul rouvrirait l'organisation. Écrivez-le sur papier, mettez-le sous enveloppe scellée et gardez-la en lieu sûr\u{a0}: il ne sera plus montré.",
                    "If every administrator lost their app, only this would open the organisation again. Write it on paper, seal it in an envelope and keep it safe: it will not be shown again.",
                )) }
            }
            code.secret.paper #seal data-testid="seal" data-text=(seal) { (seal) }
            div.row.no-print { button.button.plain type="button" hidden data-print="" { (at.say("Imprimer", "Print")) } }
            hr;
            div.no-print { (parts::post(&at.path("/admin/enable"), at.attempt, &form)) }
        }
    }
}
