//! Mandates of roles: announced with a date, or now.

use loquet_policy::{MandateKind, MandateState, RoleId, UnixTime, limits};
use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Trouble};
use crate::{Language, when};

/// The length of a date as a date field sends it.
pub(crate) const MAX_DATE: usize = 10;

/// What a form says of what its mandate demands.
pub(crate) const SECOND_FACTOR: &str = "second-factor";
pub(crate) const PASSKEY: &str = "passkey";

pub(crate) struct Mandate {
    pub(crate) of: (RoleId, MandateKind),
    /// What people call those who have the role.
    pub(crate) role: String,
    /// `None`: off.
    pub(crate) state: Option<MandateState>,
    /// Who imposed it.
    pub(crate) by: String,
}

pub(crate) struct Page<'a> {
    pub(crate) mandates: &'a [Mandate],
    /// The mandate whose form was not taken.
    pub(crate) troubled: Option<(RoleId, MandateKind)>,
    /// Whether the administrator who looks has a passkey.
    pub(crate) has_passkey: bool,
    pub(crate) now: UnixTime,
}

impl Mandate {
    const fn is_of_passkeys(&self) -> bool {
        matches!(self.of.1, MandateKind::Passkey)
    }

    /// Tells it from the others in the ids of the page.
    fn tag(&self, id: &str) -> String {
        match self.of {
            (_, MandateKind::SecondFactor) => id.to_owned(),
            (role, MandateKind::Passkey) => format!("{id}-{PASSKEY}-{}", role.0),
        }
    }

    fn title(&self, language: Language) -> String {
        let role = &self.role;
        match self.of.1 {
            MandateKind::SecondFactor => title(language, role),
            MandateKind::Passkey => language.say(
                format!("Clé d’accès obligatoire pour {role}"),
                format!("Passkey required of {role}"),
            ),
        }
    }
}

/// What the mandate of any second factor is called.
pub(crate) fn title(language: Language, role: &str) -> String {
    language.say(
        format!("Obligation pour {role}"),
        format!("Requirement for {role}"),
    )
}

/// What the page is called.
pub(crate) fn page_title(at: &Setting<'_>, mandates: &[Mandate]) -> String {
    match mandates {
        [only] => only.title(at.language),
        _ => at.say("Obligations", "Requirements").to_owned(),
    }
}

/// What is said where a code was given, and a passkey is taken alone.
pub(crate) fn takes_passkey(language: Language, has_passkey: bool) -> &'static str {
    match has_passkey {
        true => language.say(
            "Un code ne suffit pas pour exiger une clé d’accès\u{a0}: confirmez d’abord avec la vôtre, puis recommencez.",
            "A code is not enough to require a passkey: confirm with your own first, then do this again.",
        ),
        false => language.say(
            "Un code ne suffit pas pour exiger une clé d’accès\u{a0}: ajoutez d’abord la vôtre dans «\u{a0}Mon compte\u{a0}», puis connectez-vous avec elle.",
            "A code is not enough to require a passkey: add your own under “My account” first, then log in with it.",
        ),
    }
}

pub(crate) fn page(at: &Setting<'_>, page: &Page<'_>) -> Markup {
    let elsewhere = at.trouble.filter(|_| page.troubled.is_none());
    html! {
        header { h1 { (page_title(at, page.mandates)) } }
        (parts::form_trouble(at.language, elsewhere))
        @for mandate in page.mandates {
            (card(&Setting {
                trouble: at.trouble.filter(|_| page.troubled == Some(mandate.of)),
                ..*at
            }, page, mandate))
        }
        p { a href=(at.path("/admin")) { (at.say("Retour à l’administration", "Back to the administration")) } }
    }
}

fn card(at: &Setting<'_>, page: &Page<'_>, mandate: &Mandate) -> Markup {
    let has_title = page.mandates.len() > 1;
    html! {
        section.card data-testid=(mandate.tag("mandate-page")) {
            header {
                @if has_title { h2 { (mandate.title(at.language)) } }
                p.soft { (effect(at, mandate)) }
            }
            (parts::form_trouble(at.language, at.trouble))
            @match mandate.state {
                None => {
                    @if mandate.is_of_passkeys() { (own_passkey(at, page.has_passkey)) }
                    @if !mandate.is_of_passkeys() || page.has_passkey { (announce(at, page.now, mandate)) }
                }
                Some(MandateState::Announced { date, postponements, .. }) => (announced(at, page.now, mandate, (date, postponements))),
                Some(MandateState::InForce { since }) => {
                    div.row.apart { strong { (at.say("En vigueur", "In force")) } span.badge data-testid=(mandate.tag("in-force")) { (when::day(since, at.language)) } }
                    p.soft { (at.say("Imposée par", "Imposed by")) " " (mandate.by) ". " (at.say("Il n’est plus possible de revenir en arrière.", "There is no way back.")) }
                }
            }
        }
    }
}

/// What the mandate does.
fn effect<'t>(at: &Setting<'_>, mandate: &Mandate) -> &'t str {
    match mandate.of {
        (_, MandateKind::SecondFactor) => at.say(
            "Imposez l’authentification multi-facteur à tous les comptes qui ont ce rôle, administrateurs compris. Les autres rôles restent libres.",
            "Require multi-factor log-in of every account with this role, administrators included. The other roles stay free.",
        ),
        (RoleId::ADMINISTRATOR, MandateKind::Passkey) => at.say(
            "Dès que l’obligation est en vigueur, plus aucun code ne connecte un administrateur\u{a0}: personne ne peut lui soutirer une clé d’accès. Un administrateur qui n’en a pas en ajoute une à sa prochaine connexion, avec un code de son application. Il n’est alors plus possible de revenir en arrière. Commencez par les administrateurs.",
            "Once in force, no code logs an administrator in any more: a passkey cannot be phished. An administrator without one adds it at the next log-in, with a code from the app. There is then no way back. Begin with the administrators.",
        ),
        (_, MandateKind::Passkey) => at.say(
            "Dès que l’obligation est en vigueur, plus aucun code ne connecte les comptes qui ont ce rôle, administrateurs compris. Une personne sans clé d’accès en ajoute une à sa prochaine connexion, avec un code de son application. Il n’est alors plus possible de revenir en arrière.",
            "Once in force, no code logs in an account with this role any more, administrators included. A user without a passkey adds one at the next log-in, with a code from the app. There is then no way back.",
        ),
    }
}

/// The announcement takes the administrator's own passkey: how to give it.
fn own_passkey(at: &Setting<'_>, has_passkey: bool) -> Markup {
    let back: String =
        form_urlencoded::byte_serialize(at.path("/admin/mandate").as_bytes()).collect();
    let next = format!("{}?next={back}", at.path("/step-up"));
    html! {
        @if has_passkey {
            p { (at.say(
                "L’annonce demande votre propre clé d’accès\u{a0}: connectez-vous avec elle, ou ",
                "The announcement takes your own passkey: log in with it, or ",
            )) a href=(next) data-testid="prove-passkey" { (at.say("confirmez avec elle", "confirm with it")) } "." }
        } @else {
            p { (at.say(
                "L’annonce demande votre propre clé d’accès, et vous n’en avez pas encore. Celle que vous ajoutez compte pour cela après trois jours\u{a0}: ",
                "The announcement takes your own passkey, and you have none yet. One that you add counts for this after three days: ",
            )) a href=(at.path("/account/authenticators/add")) data-testid="add-passkey" { (at.say("ajoutez-en une d’abord", "add one first")) } "." }
        }
    }
}

/// A form about a mandate, which says which.
fn form(at: &Setting<'_>, action: &str, mandate: &Mandate, inside: &Markup) -> Markup {
    let demands = match mandate.of.1 {
        MandateKind::SecondFactor => SECOND_FACTOR,
        MandateKind::Passkey => PASSKEY,
    };
    let inside = html! {
        input type="hidden" name="role" value=(mandate.of.0.0);
        input type="hidden" name="demands" value=(demands);
        (inside)
    };
    parts::post(&at.path(action), at.form_id, &inside)
}

fn announce(at: &Setting<'_>, now: UnixTime, mandate: &Mandate) -> Markup {
    let role = &mandate.role;
    // Who forgot the box had chosen "now".
    let at_once = Trouble::at(at.trouble, "confirmed").is_some();
    let (start, confirmed) = (mandate.tag("start"), mandate.tag("confirmed"));
    let fields = html! {
        fieldset {
            legend { (at.say("Quand commence-t-elle?", "When does it begin?")) }
            (parts::error_line(at.language, &start, Trouble::at(at.trouble, "start")))
            label.choice {
                input type="radio" name="start" value="date" checked[!at_once];
                span { strong { (at.say("À une date annoncée", "On an announced date")) } }
            }
            div.nested { (date_field(at, mandate, now.plus(limits::NOTICE))) }
            label.choice {
                input type="radio" name="start" value="now" checked[at_once] data-testid=(mandate.tag("start-now"));
                span { strong { (at.say("Maintenant", "Now")) } br; span.hint { (at.say("Sans préavis.", "Without notice.")) } }
            }
            label.choice.nested {
                input type="checkbox" name="confirmed" value="yes" data-testid=(confirmed)
                    aria-describedby=[Trouble::at(at.trouble, "confirmed").map(|_| format!("{confirmed}-error"))];
                span { (match mandate.is_of_passkeys() {
                    false => at.say(
                        "Je confirme\u{a0}: chaque personne concernée qui n’a pas d’application devra en associer une à sa prochaine connexion.",
                        "I confirm: everyone concerned who is not enrolled will have to enroll at their next log-in.",
                    ),
                    true => at.say(
                        "Je confirme\u{a0}: chaque personne concernée qui n’a pas de clé d’accès devra en ajouter une à sa prochaine connexion.",
                        "I confirm: everyone concerned who has no passkey will have to add one at their next log-in.",
                    ),
                }) }
            }
            (parts::error_line(at.language, &confirmed, Trouble::at(at.trouble, "confirmed")))
        }
        div.row { button.button type="submit" data-testid=(mandate.tag("announce")) { (match mandate.is_of_passkeys() {
            false => at.language.say(format!("Rendre obligatoire pour {role}"), format!("Require of {role}")),
            true => at.language.say(format!("Exiger une clé d’accès pour {role}"), format!("Require a passkey of {role}")),
        }) } }
    };
    form(at, "/admin/mandate/announce", mandate, &fields)
}

fn announced(
    at: &Setting<'_>,
    now: UnixTime,
    mandate: &Mandate,
    (date, postponements): (UnixTime, u8),
) -> Markup {
    let left = limits::POSTPONEMENTS.saturating_sub(postponements);
    let put_off = html! {
        (date_field(at, mandate, now.plus(limits::NOTICE).max(date)))
        div.row { button.button.plain type="submit" data-testid=(mandate.tag("move")) { (at.say("Déplacer la date", "Move the date")) } }
    };
    let cancel = html! {
        div.row { button.button.danger type="submit" data-testid=(mandate.tag("cancel")) { (at.say("Annuler l’annonce", "Cancel the announcement")) } }
    };
    html! {
        div.row.apart { strong { (at.say("Annoncée", "Announced")) } span.badge.warn data-testid=(mandate.tag("announced")) { (when::day(date, at.language)) } }
        p.soft { (at.say("Annoncée par", "Announced by")) " " (mandate.by) ". " (match mandate.is_of_passkeys() {
            false => at.say(
                "Jusqu’à cette date, chacun peut associer une application quand il veut; ensuite, elle ne pourra plus être annulée.",
                "Until that date everyone may enroll when they like; after it, it can no longer be cancelled.",
            ),
            true => at.say(
                "Jusqu’à cette date, chacun peut ajouter une clé d’accès quand il veut; ensuite, elle ne pourra plus être annulée.",
                "Until that date everyone may add a passkey when they like; after it, it can no longer be cancelled.",
            ),
        }) }
        hr;
        @if left > 0 { (form(at, "/admin/mandate/move", mandate, &put_off)) }
        @else { p.soft { (at.say("La date a été repoussée deux fois et ne peut plus l’être.", "The date has been put off twice and cannot be again.")) } }
        (form(at, "/admin/mandate/cancel", mandate, &cancel))
    }
}

fn date_field(at: &Setting<'_>, mandate: &Mandate, earliest: UnixTime) -> Markup {
    let first = when::iso_day(when::next_day(earliest));
    let trouble = Trouble::at(at.trouble, "date");
    let id = mandate.tag("date");
    html! {
        div.field {
            label for=(id) { "Date" }
            input id=(id) name="date" type="date" value=(first) min=(first) maxlength=(MAX_DATE) placeholder=(at.say("AAAA-MM-JJ", "YYYY-MM-DD"))
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { (id) "-error " } (id) "-hint" };
            p.hint id={ (id) "-hint" } { (at.say("Au moins sept jours de préavis; les personnes concernées sont prévenues.", "At least seven days’ notice; the people concerned are told.")) }
            (parts::error_line(at.language, &id, trouble))
        }
    }
}
