//! Restricting log-ins by address.

use std::net::IpAddr;

use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Focus, Trouble};

/// The longest text of rules, in bytes.
pub(crate) const MAX_RULES: usize = 16 * 1024;

pub(crate) struct Access<'a> {
    pub(crate) rules: &'a str,
    pub(crate) address: Option<IpAddr>,
    pub(crate) done: Option<&'a str>,
    /// When other rules, which wait, take effect.
    pub(crate) waiting: Option<&'a str>,
}

pub(crate) fn access(at: &Setting<'_>, access: &Access<'_>) -> Markup {
    let trouble = Trouble::at(at.trouble, "rules");
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        div.field {
            label for="rules" { (at.say("Règles, une par ligne", "Rules, one per line")) }
            textarea #rules name="rules" maxlength=(MAX_RULES) spellcheck="false" autocapitalize="off"
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { "rules-error " } "rules-hint" } { "\n" (access.rules) }
            p.hint #rules-hint { (at.say("Vide\u{a0}: tout le monde peut se connecter de partout.", "Empty: everyone may log in from everywhere.")) }
            (parts::error_line(at.language, "rules", trouble))
        }
        (parts::code_field(at.language, at.trouble, Focus::Optional))
        div.row {
            button.button type="submit" data-testid="save" { (at.say("Appliquer", "Apply")) }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        header {
            h1 { (at.say("Filtrage par adresse", "Filtering by address")) }
            p.soft { (at.say(
                "Limitez les connexions aux adresses IP de vos établissements. Des règles qui vous enfermeraient dehors sont refusées.",
                "Limit log-ins to the IP addresses of your premises. Rules that would lock you out are refused.",
            )) }
        }
        @if let Some(done) = access.done { div.notice role="status" data-testid="done" { p { (done) } } }
        @if let Some(moment) = access.waiting {
            div.notice.warn data-testid="waiting" {
                p { (at.say("D'autres règles prendront effet le", "Other rules take effect on")) " " strong { (moment) } ". "
                    (at.say("Tous les administrateurs sont prévenus, et chacun peut les arrêter.", "All administrators are told, and each can stop them.")) }
                (parts::post(&at.path("/admin/access/cancel"), at.attempt, &html! {
                    div.row { button.button.danger type="submit" data-testid="cancel" { (at.say("Arrêter ce changement", "Stop this change")) } }
                }))
            }
        }
        section.card data-testid="access-page" {
            p { (at.say("Vous êtes connecté depuis", "You are logged in from")) " "
                strong data-testid="address" { @match access.address { Some(address) => (address), None => (at.say("une adresse inconnue", "an unknown address")) } } "." }
            (parts::post(&at.path("/admin/access"), at.attempt, &form))
            hr;
            details.more {
                summary { (at.say("Comment écrire les règles", "How to write the rules")) }
                pre.small { (at.say(
                    "allow 203.0.113.0/24      # la garderie\nallow 2001:db8:40::/48\ndeny  203.0.113.66\ndefault deny              # tout le reste\u{a0}: non",
                    "allow 203.0.113.0/24      # the nursery\nallow 2001:db8:40::/48\ndeny  203.0.113.66\ndefault deny              # everything else: no",
                )) }
                p.small.soft { (at.say(
                    "Une interdiction l'emporte sur une autorisation. «\u{a0}precedence most-specific\u{a0}» ou «\u{a0}precedence first-match\u{a0}» en décide autrement.",
                    "A denial beats a permission. “precedence most-specific” or “precedence first-match” decides otherwise.",
                )) }
            }
        }
    }
}
