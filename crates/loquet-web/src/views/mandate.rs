//! A role's mandate: announced with a date, or now.

use loquet_policy::{MandateState, UnixTime, limits};
use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Trouble};
use crate::{Language, when};

/// The length of a date as a date field sends it.
pub(crate) const MAX_DATE: usize = 10;

pub(crate) struct Mandate<'a> {
    /// `None`: off.
    pub(crate) state: Option<MandateState>,
    /// What people call those who have the role.
    pub(crate) role: &'a str,
    /// Who imposed it.
    pub(crate) by: &'a str,
    pub(crate) now: UnixTime,
}

/// What the page is called.
pub(crate) fn title(language: Language, role: &str) -> String {
    language.say(
        format!("Obligation pour {role}"),
        format!("Requirement for {role}"),
    )
}

pub(crate) fn mandate(at: &Setting<'_>, mandate: &Mandate<'_>) -> Markup {
    html! {
        header {
            h1 { (title(at.language, mandate.role)) }
            p.soft { (at.say(
                "Imposez l’authentification multi-facteur à tous les comptes qui ont ce rôle, administrateurs compris. Les autres rôles restent libres.",
                "Require multi-factor log-in of every account with this role, administrators included. The other roles stay free.",
            )) }
        }
        section.card data-testid="mandate-page" {
            (parts::form_trouble(at.language, at.trouble))
            @match mandate.state {
                None => (announce(at, mandate)),
                Some(MandateState::Announced { date, postponements, .. }) => (announced(at, mandate, date, postponements)),
                Some(MandateState::InForce { since }) => {
                    div.row.apart { h2 { (at.say("En vigueur", "In force")) } span.badge data-testid="in-force" { (when::day(since, at.language)) } }
                    p.soft { (at.say("Imposée par", "Imposed by")) " " (mandate.by) ". " (at.say("Il n’est plus possible de revenir en arrière.", "There is no way back.")) }
                }
            }
        }
        p { a href=(at.path("/admin")) { (at.say("Retour à l’administration", "Back to the administration")) } }
    }
}

fn announce(at: &Setting<'_>, mandate: &Mandate<'_>) -> Markup {
    let role = mandate.role;
    // Who forgot the box had chosen "now".
    let at_once = Trouble::at(at.trouble, "confirmed").is_some();
    let form = html! {
        fieldset {
            legend { (at.say("Quand commence-t-elle?", "When does it begin?")) }
            (parts::error_line(at.language, "start", Trouble::at(at.trouble, "start")))
            label.choice {
                input type="radio" name="start" value="date" checked[!at_once];
                span { strong { (at.say("À une date annoncée", "On an announced date")) } }
            }
            div.nested { (date_field(at, mandate.now.plus(limits::NOTICE))) }
            label.choice {
                input type="radio" name="start" value="now" checked[at_once] data-testid="start-now";
                span { strong { (at.say("Maintenant", "Now")) } br; span.hint { (at.say("Sans préavis.", "Without notice.")) } }
            }
            label.choice.nested {
                input type="checkbox" name="confirmed" value="yes" data-testid="confirmed"
                    aria-describedby=[Trouble::at(at.trouble, "confirmed").map(|_| "confirmed-error")];
                span { (at.say(
                    "Je confirme\u{a0}: chaque personne concernée qui n’a pas d’application devra en associer une à sa prochaine connexion.",
                    "I confirm: everyone concerned who is not enrolled will have to enroll at their next log-in.",
                )) }
            }
            (parts::error_line(at.language, "confirmed", Trouble::at(at.trouble, "confirmed")))
        }
        div.row { button.button type="submit" data-testid="announce" { (at.language.say(format!("Rendre obligatoire pour {role}"), format!("Require of {role}"))) } }
    };
    parts::post(&at.path("/admin/mandate/announce"), at.form_id, &form)
}

fn announced(at: &Setting<'_>, mandate: &Mandate<'_>, date: UnixTime, postponements: u8) -> Markup {
    let left = limits::POSTPONEMENTS.saturating_sub(postponements);
    let put_off = html! {
        (date_field(at, mandate.now.plus(limits::NOTICE).max(date)))
        div.row { button.button.plain type="submit" data-testid="move" { (at.say("Déplacer la date", "Move the date")) } }
    };
    let cancel = html! {
        div.row { button.button.danger type="submit" data-testid="cancel" { (at.say("Annuler l’annonce", "Cancel the announcement")) } }
    };
    html! {
        div.row.apart { h2 { (at.say("Annoncée", "Announced")) } span.badge.warn data-testid="announced" { (when::day(date, at.language)) } }
        p.soft { (at.say("Annoncée par", "Announced by")) " " (mandate.by) ". " (at.say(
            "Jusqu’à cette date, chacun peut associer une application quand il veut; ensuite, elle ne pourra plus être annulée.",
            "Until that date everyone may enroll when they like; after it, it can no longer be cancelled.",
        )) }
        hr;
        @if left > 0 { (parts::post(&at.path("/admin/mandate/move"), at.form_id, &put_off)) }
        @else { p.soft { (at.say("La date a été repoussée deux fois et ne peut plus l’être.", "The date has been put off twice and cannot be again.")) } }
        (parts::post(&at.path("/admin/mandate/cancel"), at.form_id, &cancel))
    }
}

fn date_field(at: &Setting<'_>, earliest: UnixTime) -> Markup {
    let first = when::iso_day(when::next_day(earliest));
    let trouble = Trouble::at(at.trouble, "date");
    html! {
        div.field {
            label for="date" { "Date" }
            input #date name="date" type="date" value=(first) min=(first) maxlength=(MAX_DATE) placeholder=(at.say("AAAA-MM-JJ", "YYYY-MM-DD"))
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { "date-error " } "date-hint" };
            p.hint #date-hint { (at.say("Au moins sept jours de préavis; les personnes concernées sont prévenues.", "At least seven days’ notice; the people concerned are told.")) }
            (parts::error_line(at.language, "date", trouble))
        }
    }
}
