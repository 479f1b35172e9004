//! The page that undoes a report of loss.

use maud::{Markup, html};

use super::Setting;
use super::recover::recovery_field;
use crate::parts::{self, Focus};

/// Asks for a code of the authenticator, and for a recovery code where no `link` was opened.
pub(crate) fn undo_report(at: &Setting<'_>, link: Option<&str>) -> Markup {
    let action = match link {
        Some(link) => format!("/undo-report/{link}"),
        None => "/undo-report".to_owned(),
    };
    let reported = at.by_kind(
        [
            "Elle a été signalée perdue, et ses codes ne sont plus acceptés.",
            "It was reported lost, and its codes are no longer accepted.",
        ],
        [
            "Il a été signalé perdu, et ses codes ne sont plus acceptés.",
            "It was reported lost, and its codes are no longer accepted.",
        ],
        [
            "Elle a été signalée perdue, ou il en existe peut-être une copie, et elle n’est plus acceptée.",
            "It was reported lost, or there may be a copy of it, and it is no longer accepted.",
        ],
    );
    let still_have = at.by_kind(
        [
            "Si vous l’avez toujours, donnez ici un de ses codes\u{a0}: le signalement sera annulé.",
            "If you still have it, give one of its codes here: the report will be undone.",
        ],
        [
            "Si vous l’avez toujours, donnez ici un de ses codes\u{a0}: le signalement sera annulé.",
            "If you still have it, give one of its codes here: the report will be undone.",
        ],
        [
            "Si vous l’avez toujours, confirmez ici avec elle\u{a0}: elle sera de nouveau acceptée.",
            "If you still have it, confirm with it here: it will be accepted again.",
        ],
    );
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        @if link.is_none() { (recovery_field(at)) }
        (parts::code_field(at, Focus::Here))
        div.row {
            button.button type="submit" data-testid="undo-report" { (at.say("Annuler le signalement", "Undo the report")) }
            a.button.plain href=(at.path("/account")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="undo-report-page" {
            header {
                h1 { (at.by_kind(
                    ["Votre application n’est pas perdue?", "Your app is not lost?"],
                    ["Votre jeton n’est pas perdu?", "Your token is not lost?"],
                    ["Votre clé d’accès n’est pas perdue?", "Your passkey is not lost?"],
                )) }
                p.soft { (reported) " " (still_have) " " (at.say(
                    "Si le signalement ne vient pas de vous, changez ensuite votre mot de passe\u{a0}: une autre personne le connaît.",
                    "If the report is not yours, change your password afterwards: another person knows it.",
                )) }
            }
            (parts::post(&at.path(&action), at.form_id, &form))
        }
    }
}
