//! The sessions of an account, for its owner.

use maud::{Markup, html};

use super::Setting;
use crate::parts;

/// One session.
pub(crate) struct Line {
    pub(crate) id: String,
    /// Whether the page is looked at in it.
    pub(crate) is_this: bool,
    /// When its last password or code was given.
    pub(crate) since: String,
    /// The network of the remembered device on which it was begun.
    pub(crate) device: Option<String>,
}

/// So many are shown at once, and the older ones on demand.
const SHOWN: usize = 5;

/// The card in "Mon compte".
pub(crate) fn sessions(at: &Setting<'_>, lines: &[Line]) -> Markup {
    let (newest, older) = lines.split_at(lines.len().min(SHOWN));
    html! {
        section.card data-testid="sessions" {
            header {
                h2 { (at.say("Vos connexions", "Your sessions")) }
                p.soft { (at.say(
                    "Vous avez oublié de vous déconnecter quelque part? Mettez fin à cette connexion, ou à toutes.",
                    "Forgot to log out somewhere? End that session, or all of them.",
                )) }
            }
            (list(at, newest))
            @if !older.is_empty() {
                details.more {
                    summary { (at.say("Connexions plus anciennes", "Older sessions")) " (" (older.len()) ")" }
                    (list(at, older))
                }
            }
            (parts::post(&at.path("/account/log-out-everywhere"), at.form_id, &html! {
                div.row { button.button.plain type="submit" data-testid="log-out-everywhere" { (at.say("Se déconnecter partout", "Log out everywhere")) } }
            }))
        }
    }
}

fn list(at: &Setting<'_>, lines: &[Line]) -> Markup {
    let end = at.say("Mettre fin", "End");
    html! {
        ul.spots {
            @for line in lines {
                li {
                    div {
                        strong { (line.since) } " "
                        @if line.is_this { span.badge data-testid="this-session" { (at.say("Celle-ci", "This one")) } }
                        @if let Some(device) = &line.device {
                            br; span.soft.small { (at.say("Appareil retenu\u{a0}:", "Remembered device:")) " " (device) }
                        }
                    }
                    @if !line.is_this {
                        (parts::post(&at.path("/account/sessions/end"), at.form_id, &html! {
                            input type="hidden" name="session" value=(line.id);
                            button.button.quiet type="submit" data-testid="end-session"
                                aria-label=(format!("{end}, {}", line.since)) { (end) }
                        }))
                    }
                }
            }
        }
    }
}
