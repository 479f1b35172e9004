//! Devices that are remembered, for their owner; the switch, for administrators.

use maud::{Markup, html};

use super::Setting;
use crate::parts;

/// One device.
pub(crate) struct Line {
    pub(crate) number: u16,
    /// Whether the page is looked at on it.
    pub(crate) is_this: bool,
    /// The network, and the country where it is known.
    pub(crate) from: String,
    pub(crate) first: String,
    pub(crate) last: String,
}

/// The card in "Mon compte".
pub(crate) fn devices(at: &Setting<'_>, lines: &[Line]) -> Markup {
    html! {
        section.card data-testid="devices" {
            header {
                h2 { (at.say("Vos appareils", "Your devices")) }
                p.soft { @if lines.is_empty() { (at.say(
                    "Aucun appareil n’est retenu. Pour en retenir un, cochez «\u{a0}Se souvenir de cet appareil\u{a0}» en saisissant votre code.",
                    "No device is remembered. To have one remembered, tick “Remember this device” when you enter your code.",
                )) } @else { (at.say(
                    "Un code est demandé sur chacun, à chaque connexion. Oublier un appareil met fin à ses connexions.",
                    "Each asks for a code at every log-in. Forgetting a device ends its sessions.",
                )) } }
            }
            @if !lines.is_empty() {
                ul.spots {
                    @for line in lines {
                        li {
                            div {
                                strong { (line.from) } " "
                                @if line.is_this { span.badge data-testid="this-device" { (at.say("Cet appareil", "This device")) } }
                                br;
                                span.soft.small { (at.say("Dernière connexion\u{a0}:", "Last log-in:")) " " (line.last)
                                    br; (at.say("Retenu depuis le", "Remembered since")) " " (line.first) }
                            }
                            (parts::post(&at.path("/account/devices/forget"), at.form_id, &html! {
                                input type="hidden" name="number" value=(line.number);
                                button.button.quiet type="submit" data-testid="forget" aria-label=(format!("{} {}", at.say("Oublier", "Forget"), line.from)) { (at.say("Oublier", "Forget")) }
                            }))
                        }
                    }
                }
                (parts::post(&at.path("/account/devices/forget-all"), at.form_id, &html! {
                    div.row { button.button.plain type="submit" data-testid="forget-all" { (at.say("Tout oublier et se déconnecter partout", "Forget all and log out everywhere")) } }
                }))
            }
        }
    }
}

/// The administrators' switch.
pub(crate) fn switch(at: &Setting<'_>, on: bool) -> Markup {
    let form = html! {
        @if on { input type="hidden" name="on" value="no"; } @else { input type="hidden" name="on" value="yes"; }
        div.row {
            @if on { button.button.danger type="submit" data-testid="devices-off" { (at.say("Ne plus retenir d’appareils", "Stop remembering devices")) } }
            @else { button.button type="submit" data-testid="devices-on" { (at.say("Le permettre", "Allow it")) } }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        header { h1 { (at.say("Appareils retenus", "Remembered devices")) } }
        (parts::form_trouble(at.language, at.trouble))
        section.card data-testid="devices-page" {
            header {
                h2 { (if on { at.say("C’est permis", "This is allowed") } else { at.say("Ce n’est pas permis", "This is not allowed") }) }
                p.soft {
                    @if on { (at.say(
                        "Chacun peut faire retenir ses appareils, en cochant une case au moment du code.",
                        "People may have their devices remembered, by ticking a box when they give a code.",
                    )) } @else { (at.say(
                        "Si vous le permettez, chacun pourra faire retenir ses appareils, en cochant une case au moment du code.",
                        "If you allow it, people may have their devices remembered, by ticking a box when they give a code.",
                    )) }
                    " " (at.say("Un appareil retenu ne remplace jamais le code.", "A remembered device never replaces the code."))
                }
            }
            ul.soft.small {
                li { (at.say("Qui devine des codes ailleurs ne bloque plus le propriétaire sur son appareil.", "A stranger who guesses codes elsewhere no longer blocks the owner on their own device.")) }
                li { (at.say("Le propriétaire est prévenu des connexions depuis un autre appareil ou un nouveau réseau.", "The owner is told of log-ins from another device or a new network.")) }
                li { (at.say("Sont gardés, 90\u{a0}jours au plus\u{a0}: l’empreinte d’un témoin (cookie), le réseau approximatif, le pays, les dates de connexion. Avant que la personne ne l’ait demandé, il n’y a que l’empreinte de ses derniers réseaux, pour l’avertir d’une connexion venue d’ailleurs.", "Kept, for 90\u{a0}days at most: the hash of a cookie, the approximate network, the country, the dates of log-ins. Before the person asks for it there is only a hash of their last networks, to tell them of a log-in from elsewhere.")) }
                li { (at.say("Si vous désactivez, tout est effacé.", "If you switch it off, everything is erased.")) }
            }
            (parts::post(&at.path("/admin/devices"), at.form_id, &form))
        }
    }
}
