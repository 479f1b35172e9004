//! The break-glass code: at enabling it comes first, and its last group is typed back.

use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Focus, TextField};

pub(crate) const MAX_GROUP: usize = 32;

/// The last group of a code that was just written down.
pub(crate) fn group_field(at: &Setting<'_>) -> Markup {
    TextField {
        name: "group",
        label: at.say(
            "Dernier groupe du code de secours",
            "Last group of the break-glass code",
        ),
        hint: at.say(
            "Recopiez-le de votre papier, pas de l’écran.",
            "Copy it from your paper, not from the screen.",
        ),
        class: "printed-code-field",
        kind: "text",
        value: "",
        most: MAX_GROUP,
    }
    .draw(at.language, at.trouble)
}

/// The code itself, to write down or print.
pub(crate) fn printed_code(at: &Setting<'_>, code: &str) -> Markup {
    html! {
        code.secret.printed #break-glass data-testid="break-glass" data-text=(code) { (code) }
        div.row.no-print { button.button.plain type="button" hidden data-print="" { (at.say("Imprimer", "Print")) } }
    }
}

/// A new code in place of the old.
pub(crate) fn renew(at: &Setting<'_>, code: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (group_field(at))
        (parts::code_field(at, Focus::Elsewhere))
        div.row {
            button.button type="submit" data-testid="confirm" { (at.say("Remplacer l’ancien", "Replace the old one")) }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="break-glass-page" {
            header {
                h1 { (at.say("Renouveler le code de secours", "Renew the break-glass code")) }
                p.soft { (at.say(
                    "Écrivez ce nouveau code sur papier et scellez-le dans l’enveloppe à la place de l’ancien, qui ne vaudra plus rien. Tous les administrateurs sont prévenus.",
                    "Write this new code on paper and seal it in the envelope in place of the old one, which will be worth nothing. All administrators are told.",
                )) }
            }
            (printed_code(at, code))
            hr;
            div.no-print { (parts::post(&at.path("/admin/break-glass"), at.form_id, &form)) }
        }
    }
}

pub(crate) fn enable(at: &Setting<'_>, code: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (group_field(at))
        div.notice.warn { p { strong { (at.say("Il n’est plus possible de revenir en arrière.", "There is no way back.")) } " "
            (at.say("Vous configurez votre propre application juste après.", "You set up your own app right after.")) } }
        div.row {
            button.button type="submit" data-testid="confirm" { (at.say("Activer", "Enable")) }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="enable-page" {
            header {
                h1 { (at.say("Notez d’abord le code de secours", "Write down the break-glass code first")) }
                p.soft { (at.say(
                    "Si tous les administrateurs perdaient leur application, lui seul rouvrirait l’organisation. Écrivez-le sur papier, mettez-le sous enveloppe scellée et gardez-la en lieu sûr\u{a0}: il ne sera plus montré.",
                    "If every administrator lost their app, only this would open the organization again. Write it on paper, seal it in an envelope and keep it safe: it will not be shown again.",
                )) }
            }
            (printed_code(at, code))
            hr;
            div.no-print { (parts::post(&at.path("/admin/enable"), at.form_id, &form)) }
        }
    }
}
