//! Several authenticators of an account, for its owner.

use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Focus, TextField, Trouble};

/// One authenticator.
pub(crate) struct Line {
    pub(crate) id: u16,
    /// The owner's name for it, or what stands on the token, or the day on which it was bound.
    pub(crate) label: String,
    /// The owner's name for it; empty where there is none.
    pub(crate) name: String,
    /// When it was bound and last used.
    pub(crate) dates: String,
    pub(crate) is_suspended: bool,
    /// Whether that is because there may be a copy of it.
    pub(crate) may_be_copied: bool,
    pub(crate) is_passkey: bool,
    /// Until when it proves log-ins alone, in a sentence.
    pub(crate) settles: Option<String>,
}

/// The list in "Mon compte".
pub(crate) fn list(at: &Setting<'_>, lines: &[Line]) -> Markup {
    let manage = at.say("Gérer", "Manage");
    html! {
        ul.spots data-testid="authenticators" {
            @for line in lines {
                li {
                    div {
                        strong { (line.label) }
                        @if line.is_suspended { " " (suspended(at, line)) }
                        br; (facts(line))
                    }
                    a.button.quiet href=(at.path(&path(line.id))) data-testid="manage"
                        aria-label=(format!("{manage}, {}", line.label)) { (manage) }
                }
            }
        }
    }
}

fn facts(line: &Line) -> Markup {
    html! {
        span.soft.small { (line.dates) }
        @if let Some(settles) = &line.settles { br; span.soft.small data-testid="settles" { (settles) } }
    }
}

fn suspended(at: &Setting<'_>, line: &Line) -> Markup {
    html! { span.badge.warn { (match line.may_be_copied {
        true => at.say("Copie possible", "May be copied"),
        false => at.say("Perte signalée", "Reported lost"),
    }) } }
}

/// The path of the page of one authenticator.
pub(crate) fn path(id: u16) -> String {
    format!("/account/authenticators/{id}")
}

/// One authenticator: its name, and the ways to be rid of it.
pub(crate) fn manage(at: &Setting<'_>, line: &Line, has_another: bool) -> Markup {
    let here = at.path(&path(line.id));
    let name = html! {
        (TextField {
            name: "name",
            label: at.say("Nom", "Name"),
            hint: at.say("Pour s’y retrouver\u{a0}: «\u{a0}Téléphone\u{a0}», «\u{a0}Tablette\u{a0}».", "To tell it from the others: “Phone”, “Tablet”."),
            class: "",
            kind: "text",
            value: &line.name,
            most: loquet::MAX_AUTHENTICATOR_NAME,
        }.draw(at.language, at.trouble))
        div.row {
            button.button type="submit" data-testid="rename" { (at.say("Enregistrer", "Save")) }
            a.button.plain href=(at.path("/account")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="authenticator-page" {
            header {
                h1 { (line.label) }
                p.soft { @if line.is_suspended { (suspended(at, line)) br; } (facts(line)) }
            }
            (parts::form_trouble(at.language, at.trouble))
            (parts::post(&here, at.form_id, &name))
            @if !line.is_suspended {
                hr;
                p { a href=(at.path(&format!("/account/lost?authenticator={}", line.id))) data-testid="lost" {
                    (at.say("Signaler une perte ou un vol", "Report loss or theft"))
                } }
            }
        }
        @if has_another { (removal(at, line.is_passkey, &here)) }
    }
}

fn removal(at: &Setting<'_>, is_passkey: bool, here: &str) -> Markup {
    let form = html! {
        (parts::code_field(at, Focus::Elsewhere))
        div.row { button.button.danger type="submit" data-testid="remove" { (at.say("Retirer", "Remove")) } }
    };
    html! {
        section.card {
            header {
                h2 { (at.say("Retirer de mon compte", "Remove from my account")) }
                p.soft {
                    (match is_passkey {
                        true => at.say("Elle ne sera plus acceptée", "It will no longer be accepted"),
                        false => at.say("Ses codes ne seront plus acceptés", "Its codes will no longer be accepted"),
                    })
                    (at.say(", et vos autres connexions prendront fin.", ", and your other sessions will end.")) " "
                    (match (at.passkey.is_some(), is_passkey) {
                        (true, true) if at.codes.none => at.say(
                            "Confirmez avec une autre clé d’accès; la dernière ne peut pas être retirée.",
                            "Confirm with another passkey; the last one cannot be removed.",
                        ),
                        (false, _) => at.say(
                            "Confirmez avec un nouveau code d’une autre application.",
                            "Confirm with a fresh code from another app.",
                        ),
                        (true, false) => at.say("Confirmez avec une clé d’accès.", "Confirm with a passkey."),
                        // No code takes a passkey away (see `Refusal::PasskeyRequired`).
                        (true, true) => at.say(
                            "Confirmez avec une autre clé d’accès. Si c’est la seule, signalez sa perte\u{a0}: trois jours plus tard, un code suffira.",
                            "Confirm with another passkey. If it is the only one, report it lost: three days later, a code will do.",
                        ),
                    })
                }
            }
            (parts::post(&format!("{here}/remove"), at.form_id, &form))
        }
    }
}

/// Which one was lost, where there are several. `chosen` is ticked.
pub(crate) fn choice(at: &Setting<'_>, lines: &[Line], chosen: Option<u16>) -> Markup {
    html! {
        fieldset {
            legend { (at.say("Qu’avez-vous perdu?", "What did you lose?")) }
            @for line in lines {
                label.choice { input type="radio" name="authenticator" value=(line.id) required checked[chosen == Some(line.id)];
                    span { strong { (line.label) } br; span.soft.small { (line.dates) } } }
            }
            (parts::error_line(at.language, "authenticator", Trouble::at(at.trouble, "authenticator")))
        }
    }
}
