//! Restricting log-ins by place.

use std::net::IpAddr;

use maud::{Markup, html};

use super::Setting;
use crate::countries;
use crate::parts::{self, Focus, Trouble};
use crate::plan::{self, Plan};

/// The field for a code beside rules that are written by hand.
pub(crate) const RULES_CODE: &str = "rules-code";

pub(crate) struct Access<'a> {
    /// The rules as text.
    pub(crate) rules: &'a str,
    /// How long they may be, in bytes.
    pub(crate) limit: usize,
    /// Whether multi-factor log-in is enabled, so that a change takes a code.
    pub(crate) enabled: bool,
    /// The plan on the page; `None` when rules of another shape are in force.
    pub(crate) plan: Option<&'a Plan>,
    /// What was typed for another place and did not come to be one.
    pub(crate) entry: Entry<'a>,
    /// Whether the plan is not in force yet, and what it would change.
    pub(crate) draft: Option<&'a Forecast>,
    pub(crate) address: Option<IpAddr>,
    /// Whether the host has a table of countries.
    pub(crate) countries: bool,
    pub(crate) done: Option<&'a str>,
    /// When other rules, which wait, take effect.
    pub(crate) waiting: Option<&'a str>,
    /// Until when the last change can be undone.
    pub(crate) undo: Option<&'a str>,
    /// That change was itself an undoing, of a moment ago.
    pub(crate) undone: bool,
}

/// A place as typed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entry<'a> {
    pub(crate) denied: bool,
    pub(crate) name: &'a str,
    pub(crate) network: &'a str,
    pub(crate) country: &'a str,
}

/// What a draft would change.
#[derive(Default)]
pub(crate) struct Forecast {
    /// Who could no longer log in from anywhere.
    pub(crate) locked_out: Vec<String>,
    /// Who could no longer log in from some address.
    pub(crate) limited: Vec<String>,
    pub(crate) seen: usize,
    pub(crate) people: usize,
    /// Whether it has no place.
    pub(crate) is_empty: bool,
    /// Why it cannot be put in force, and why nothing is known of what it would change.
    pub(crate) fault: Option<String>,
}

pub(crate) fn access(at: &Setting<'_>, access: &Access<'_>) -> Markup {
    html! {
        header {
            h1 { (at.say("D’où peut-on se connecter?", "Where may people log in from?")) }
            p.soft { (at.say(
                "Choisissez les endroits d’où les connexions sont permises. Un choix qui vous enfermerait dehors est refusé, et le dernier changement peut être annulé.",
                "Choose the places from which logging in is allowed. A choice that would lock you out is refused, and the last change can be undone.",
            )) }
        }
        @if let Some(done) = access.done { div.notice role="status" data-testid="done" { p { (done) } } }
        (parts::form_trouble(at.language, at.trouble))
        @if let Some(moment) = access.waiting { (waiting(at, moment)) }
        @if let Some(until) = access.undo { (undo(at, until, access.undone)) }
        section.card data-testid="access-page" {
            p { (at.say("Votre adresse\u{a0}:", "Your address:")) " "
                strong data-testid="address" { @match access.address { Some(address) => (address), None => (at.say("une adresse inconnue", "an unknown address")) } } "." }
            @match access.plan {
                Some(plan) => (parts::post(&at.path("/admin/access/plan"), at.form_id, &planner(at, access, plan))),
                None => p data-testid="by-hand" { (at.say(
                    "Les règles en vigueur ont été écrites à la main; vous les trouverez ci-dessous.",
                    "The rules in force were written by hand; you find them below.",
                )) },
            }
            hr;
            details.more open[access.plan.is_none() || ["rules", RULES_CODE].iter().any(|field| Trouble::at(at.trouble, field).is_some())] {
                summary data-testid="by-hand-summary" { (at.say("Écrire les règles soi-même", "Write the rules yourself")) }
                (parts::post(&at.path("/admin/access"), at.form_id, &by_hand(at, access)))
            }
        }
    }
}

fn planner(at: &Setting<'_>, access: &Access<'_>, plan: &Plan) -> Markup {
    html! {
        input type="hidden" name="draft" value=(plan.text());
        // Enter in a field does what the field is for, not the first button of the list.
        button.first type="submit" name="do" value="typed" tabindex="-1" aria-hidden="true" {}
        h2 { (if access.draft.is_some() { at.say("Votre choix, pas encore en vigueur", "Your choice, not in force yet") } else { at.say("En vigueur", "In force") }) }
        (spots(at, plan))
        @if let Some(forecast) = access.draft { (what_would_change(at, access, forecast)) }
        (add_a_place(at, access))
    }
}

/// The places of a plan, and what holds everywhere else.
fn spots(at: &Setting<'_>, plan: &Plan) -> Markup {
    html! {
        @if plan.spots().is_empty() {
            p data-testid="everywhere" { (at.say("Tout le monde peut se connecter de partout.", "Everyone may log in from everywhere.")) }
        } @else {
            ul.spots data-testid="spots" {
                @for (index, spot) in plan.spots().iter().enumerate() {
                    li {
                        div {
                            strong { (spot.name) } " "
                            @if spot.allowed { span.badge { (at.say("Permis", "Allowed")) } }
                            @else { span.badge.warn { (at.say("Interdit", "Not allowed")) } }
                            @for item in &spot.items {
                                @let shown = plan::shown(item, at.language);
                                @if shown != spot.name { br; span.soft { (shown) } }
                            }
                        }
                        button.button.quiet type="submit" name="do" value=(format!("remove {index}"))
                            aria-label=(format!("{} {}", at.say("Retirer", "Remove"), spot.name)) { (at.say("Retirer", "Remove")) }
                    }
                }
                li { div {
                    strong { (at.say("Partout ailleurs", "Everywhere else")) } " "
                    @if plan.closes() { span.badge.warn { (at.say("Interdit", "Not allowed")) } }
                    @else { span.badge { (at.say("Permis", "Allowed")) } }
                } }
            }
        }
    }
}

/// By this address, another one, or a country.
fn add_a_place(at: &Setting<'_>, access: &Access<'_>) -> Markup {
    html! {
        h2 { (at.say("Ajouter un endroit", "Add a place")) }
        div.field {
            label for="answer" { (at.say("Les connexions y sont", "Logging in there is")) }
            select #answer name="answer" {
                option value="allow" { (at.say("permises", "allowed")) }
                option value="deny" selected[access.entry.denied] { (at.say("interdites", "not allowed")) }
            }
        }
        (field(at, "name", at.say("Nom de l’endroit", "Name of the place"), at.say("Par exemple «\u{a0}Bureau de Laval\u{a0}».", "For example “Laval office”."), access.entry.name))
        @if let Some(address) = access.address {
            div.row { button.button.plain type="submit" name="do" value="here" data-testid="add-here" {
                (at.say("Ajouter l’adresse où je suis", "Add the address I am at now")) " (" (address) ")"
            } }
        }
        (field(at, "network", at.say("Ou une autre adresse", "Or another address"), at.say("Telle que votre fournisseur Internet la donne\u{a0}: 203.0.113.7.", "As your Internet provider states it: 203.0.113.7."), access.entry.network))
        div.row { button.button.plain type="submit" name="do" value="typed" data-testid="add-typed" { (at.say("Ajouter cette adresse", "Add this address")) } }
        @if access.countries {
            @let trouble = Trouble::at(at.trouble, "country");
            div.field {
                label for="country" { (at.say("Ou tout un pays", "Or a whole country")) }
                select #country name="country" aria-invalid=[trouble.map(|_| "true")] {
                    option value="" {}
                    @for (code, name) in countries::sorted(at.language) { option value=(code) selected[code == access.entry.country] { (name) } }
                }
                (parts::error_line(at.language, "country", trouble))
            }
            div.row { button.button.plain type="submit" name="do" value="country" data-testid="add-country" { (at.say("Ajouter ce pays", "Add this country")) } }
        } @else {
            p.hint { (at.say(
                "Pour choisir par pays, il faut une table des pays\u{a0}: demandez-la à qui exploite ce service.",
                "To choose by country a table of countries is needed: ask the operator of this service.",
            )) }
        }
    }
}

fn field(at: &Setting<'_>, name: &'static str, label: &str, hint: &str, value: &str) -> Markup {
    let trouble = Trouble::at(at.trouble, name);
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) name=(name) type="text" value=(value) maxlength="64" autocomplete="off" spellcheck="false" aria-invalid=[trouble.map(|_| "true")]
                aria-describedby={ @if trouble.is_some() { (name) "-error " } (name) "-hint" };
            p.hint id=(format!("{name}-hint")) { (hint) }
            (parts::error_line(at.language, name, trouble))
        }
    }
}

/// Who would be kept out, and the button that puts the draft in force; or why it cannot be.
fn what_would_change(at: &Setting<'_>, access: &Access<'_>, forecast: &Forecast) -> Markup {
    let (out, seen, people) = (forecast.locked_out.len(), forecast.seen, forecast.people);
    let sentence = match out {
        0 => at
            .say("Personne ne perdrait l’accès.", "No one would lose access.")
            .to_owned(),
        1 => at
            .say(
                "1 personne perdrait l’accès\u{a0}:",
                "1 person would lose access:",
            )
            .to_owned(),
        out => at.language.say(
            format!("{out}\u{a0}personnes perdraient l’accès\u{a0}:"),
            format!("{out}\u{a0}people would lose access:"),
        ),
    };
    html! {
        div.notice.warn[out > 0] role="status" data-testid="what-if" {
            h2 { (at.say("Ce qui changerait", "What would change")) }
            @if let Some(fault) = &forecast.fault {
                p data-testid="what-if-fault" { (fault) }
            } @else {
                p { strong data-testid="what-if-count" { (sentence) } @if out > 0 { " " (forecast.locked_out.join(", ")) "." } }
                @if !forecast.limited.is_empty() {
                    p { (at.say("Ne pourraient plus se connecter de certains endroits\u{a0}:", "Could no longer log in from some of their places:")) " "
                        (forecast.limited.join(", ")) "." }
                }
                p.small { (at.language.say(
                    format!("D’après les connexions des 30\u{a0}derniers jours, de {seen}\u{a0}personnes sur {people}. Des autres, on ne sait rien."),
                    format!("Going by the log-ins of the last 30\u{a0}days, of {seen}\u{a0}people out of {people}. Of the others nothing is known."),
                )) }
                @if forecast.is_empty {
                    p { (at.say("Ajoutez au moins un endroit, ou revenez en arrière.", "Add at least one place, or go back.")) }
                }
                @if access.enabled { (parts::code_field(at, Focus::Optional)) }
            }
            div.row {
                @if forecast.fault.is_none() {
                    button.button type="submit" name="do" value="apply" data-takes-code="" data-testid="apply" { (at.say("Mettre en vigueur", "Put in force")) }
                }
                a.button.plain href=(at.path("/admin/access")) data-testid="start-over" { (at.say("Abandonner", "Give up")) }
            }
        }
    }
}

fn waiting(at: &Setting<'_>, moment: &str) -> Markup {
    html! {
        div.notice.warn data-testid="waiting" {
            p { (at.say("D’autres règles prendront effet le", "Other rules take effect on")) " " strong { (moment) } ". "
                (at.say("Tous les administrateurs sont prévenus, et chacun peut les arrêter.", "All administrators are told, and each can stop them.")) }
            (parts::post(&at.path("/admin/access/cancel"), at.form_id, &html! {
                div.row { button.button.danger type="submit" data-testid="cancel" { (at.say("Arrêter ce changement", "Stop this change")) } }
            }))
        }
    }
}

fn undo(at: &Setting<'_>, until: &str, undone: bool) -> Markup {
    let (text, button) = if undone {
        (
            at.say(
                "Ce que vous venez d’annuler peut être rétabli d’un clic jusqu’au",
                "What you have just undone can be brought back with one click until",
            ),
            at.say("Rétablir le changement", "Bring the change back"),
        )
    } else {
        (
            at.say(
                "Le dernier changement peut être annulé d’un clic jusqu’au",
                "The last change can be undone with one click until",
            ),
            at.say("Annuler le dernier changement", "Undo the last change"),
        )
    };
    html! {
        div.notice data-testid="undo-card" {
            p { (text) " " strong { (until) } "." }
            (parts::post(&at.path("/admin/access/undo"), at.form_id, &html! {
                div.row { button.button.plain type="submit" data-testid="undo" { (button) } }
            }))
        }
    }
}

fn by_hand(at: &Setting<'_>, access: &Access<'_>) -> Markup {
    let trouble = Trouble::at(at.trouble, "rules");
    html! {
        div.field {
            label for="rules" { (at.say("Règles, une par ligne", "Rules, one per line")) }
            textarea #rules name="rules" maxlength=(access.limit) spellcheck="false" autocapitalize="off"
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { "rules-error " } "rules-hint" } { "\n" (access.rules) }
            p.hint #rules-hint { (at.say("Vide\u{a0}: tout le monde peut se connecter de partout.", "Empty: everyone may log in from everywhere.")) }
            (parts::error_line(at.language, "rules", trouble))
        }
        @if access.enabled { (parts::code_field_named(at, RULES_CODE, Focus::Optional)) }
        div.row {
            button.button type="submit" data-testid="save" { (at.say("Appliquer", "Apply")) }
            a.button.plain href=(at.path("/admin")) { (at.say("Retour", "Back")) }
        }
        pre.small { (at.say(
            "allow 203.0.113.0/24      # le bureau\nallow 2001:db8:40::/48\ndeny  203.0.113.66\ndefault deny              # tout le reste\u{a0}: non",
            "allow 203.0.113.0/24      # the office\nallow 2001:db8:40::/48\ndeny  203.0.113.66\ndefault deny              # everything else: no",
        )) }
        p.small.soft { (at.say(
            "Une interdiction l’emporte sur une autorisation. «\u{a0}precedence most-specific\u{a0}» ou «\u{a0}precedence first-match\u{a0}» en décide autrement.",
            "A denial beats a permission. “precedence most-specific” or “precedence first-match” decides otherwise.",
        )) }
    }
}
