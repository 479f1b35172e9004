//! The user list, the reset, and the reset code that is shown once.

use maud::{Markup, html};

use super::Setting;
use crate::Language;
use crate::parts::{self, Focus};

/// One line of the user list.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) roles: String,
    pub(crate) state: State,
    /// What stands on the token, where one is bound.
    pub(crate) token: Option<String>,
    /// How many authenticators are bound.
    pub(crate) bound: usize,
    /// Whether one was reported lost, which can be undone.
    pub(crate) has_suspended: bool,
    /// What the password alone would open.
    pub(crate) at_log_in: String,
    /// What requires a code, or will, and where notices do not arrive.
    pub(crate) why: Vec<String>,
    /// The administrator who looks, who cannot reset their own account.
    pub(crate) is_self: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Enrolled,
    NotEnrolled,
    ResetDue,
    Suspended,
    Disabled,
    Deactivated,
}

pub(crate) fn people(at: &Setting<'_>, lines: &[Line]) -> Markup {
    let enrolled = lines
        .iter()
        .filter(|line| line.state == State::Enrolled)
        .count();
    let present = lines
        .iter()
        .filter(|line| line.state != State::Deactivated)
        .count();
    html! {
        header {
            h1 { (at.say("Personnes", "People")) }
            p.soft { (how_many(at.language, enrolled, present)) }
        }
        (parts::form_trouble(at.language, at.trouble))
        section.card data-testid="people-page" {
            @if lines.is_empty() {
                div.empty {
                    h2 { (at.say("Personne pour le moment", "No one yet")) }
                    p { (at.say("Les comptes apparaissent ici dès leur première connexion.", "Accounts appear here from their first log-in on.")) }
                }
            } @else {
                table {
                    thead { tr {
                        th scope="col" { (at.say("Nom", "Name")) }
                        th scope="col" { (at.say("Rôle", "Role")) }
                        th scope="col" { (at.say("Application", "Authenticator")) }
                        th scope="col" { (at.say("À la connexion", "At log-in")) }
                        th scope="col" { span.soft { "Action" } }
                    } }
                    tbody { @for line in lines { (row(at, line)) } }
                }
            }
        }
        p { a href=(at.path("/admin")) { (at.say("Retour à l’administration", "Back to the administration")) } }
    }
}

fn how_many(language: Language, enrolled: usize, present: usize) -> String {
    match (enrolled, present) {
        (0, _) => language
            .say("Personne n’a associé d’application.", "No one is enrolled.")
            .to_owned(),
        (1, 1) => language
            .say(
                "La seule personne a associé une application.",
                "The only person is enrolled.",
            )
            .to_owned(),
        (1, _) => language.say(
            format!("Une personne sur {present} a associé une application."),
            format!("One of {present}\u{a0}people is enrolled."),
        ),
        _ => language.say(
            format!("{enrolled}\u{a0}personnes sur {present} ont associé une application."),
            format!("{enrolled} of {present}\u{a0}people are enrolled."),
        ),
    }
}

fn row(at: &Setting<'_>, line: &Line) -> Markup {
    html! {
        tr data-testid="person" data-account=(line.id) {
            td { strong { (line.name) } }
            td { (line.roles) }
            td {
                (badge(at, line))
                @if let Some(serial) = &line.token { br; span.small data-testid="token" { (parts::token_number(at.language, serial)) } }
                @if line.bound > 1 { br; span.small.soft data-testid="bound" { (line.bound) " " (at.say("en tout", "in all")) } }
            }
            td.soft.sentence data-testid="required" {
                (line.at_log_in)
                @for reason in &line.why { br; span.small { (reason) } }
            }
            td {
                @if line.is_self { span.soft.small { (at.say("Votre compte", "Your account")) } }
                @else if line.state != State::Deactivated {
                    div.row {
                        a.button.plain href=(at.path(&format!("/admin/people/{}/reset", line.id))) data-testid="reset" { (at.say("Réinitialiser", "Reset")) }
                        @if line.has_suspended {
                            a.button.plain href=(at.path(&format!("/admin/people/{}/undo-report", line.id))) data-testid="undo-report" { (at.say("Annuler le signalement", "Undo the report")) }
                        }
                    }
                }
            }
        }
    }
}

fn badge(at: &Setting<'_>, line: &Line) -> Markup {
    let of_app = line.token.is_none();
    let say = |app, token, english| at.say(if of_app { app } else { token }, english);
    match line.state {
        State::Enrolled => {
            html! { span.badge data-testid="state" { (say("Liée", "Lié", "Bound")) } }
        }
        State::NotEnrolled => {
            html! { span.badge.off data-testid="state" { (at.say("Pas encore", "Not yet")) } }
        }
        State::ResetDue => {
            html! { span.badge.warn data-testid="state" { (at.say("Code de réinitialisation attendu", "Reset code due")) } }
        }
        State::Suspended => {
            html! { span.badge.warn data-testid="state" { (say("Suspendue", "Suspendu", "Suspended")) } }
        }
        State::Disabled => {
            html! { span.badge.warn data-testid="state" { (say("Désactivée", "Désactivé", "Disabled")) } }
        }
        State::Deactivated => {
            html! { span.badge.off data-testid="state" { (at.say("Compte désactivé", "Account deactivated")) } }
        }
    }
}

/// Before a reset: what it does, and a fresh code.
pub(crate) fn reset(at: &Setting<'_>, id: &str, name: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (parts::code_field(at, Focus::Here))
        label.choice {
            input type="checkbox" name="aloud" value="yes" data-testid="aloud";
            span { (at.say("Je lirai le code de réinitialisation à voix haute (au téléphone)", "I will read the reset code aloud (on the phone)")) br;
                span.hint { (at.say("Il ne vaudra alors que dix minutes au lieu d’un jour.", "It will then live ten minutes only, instead of a day.")) } }
        }
        div.row {
            button.button type="submit" data-testid="confirm" { (at.say("Réinitialiser", "Reset")) }
            a.button.plain href=(at.path("/admin/people")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="reset-page" {
            header {
                h1 { (at.language.say(format!("Réinitialiser {name}?"), format!("Reset {name}?"))) }
                p.soft { (at.say(
                    "Assurez-vous de parler à la bonne personne, de vive voix. Son application et ses connexions cessent de valoir aussitôt; vous recevez un code de réinitialisation à lui remettre, avec lequel elle configure une nouvelle application.",
                    "Make sure, face to face, that it is really them. Their app and their sessions stop working at once; you get a reset code to hand over, with which they set up a new app.",
                )) }
            }
            p { (super::code::fresh_code(at)) }
            (parts::post(&at.path(&format!("/admin/people/{id}/reset")), at.form_id, &form))
        }
    }
}

/// The reset code, once.
pub(crate) fn reset_code(at: &Setting<'_>, name: &str, reset_code: &str, expires: &str) -> Markup {
    html! {
        section.card data-testid="reset-code-page" {
            header {
                h1 { (at.language.say(format!("Code de réinitialisation pour {name}"), format!("Reset code for {name}"))) }
                p.soft { (at.say(
                    "Remettez-le en main propre. Il n’est montré qu’une fois et ne sert qu’une fois, à ce compte seul.",
                    "Hand it over in person. It is shown only once and works only once, for this account alone.",
                )) }
            }
            code.secret.printed #reset-code data-testid="reset-code" data-text=(reset_code) { (reset_code) }
            p { (at.say("Valable jusqu’au", "Valid until")) " " strong { (expires) } "." }
            ol.steps.small {
                li { div { (at.say("Connectez-vous avec votre mot de passe.", "Log in with your password.")) } }
                li { div { (at.say("Saisissez ce code de réinitialisation\u{a0}: un nouveau code QR s’affiche.", "Enter this reset code: a new QR code appears.")) } }
                li { div { (at.say("Scannez-le avec votre application et saisissez le code à 6\u{a0}chiffres.", "Scan it with your app and enter the 6-digit code.")) } }
            }
            div.row.no-print {
                button.button type="button" hidden data-print="" { (at.say("Imprimer", "Print")) }
                button.button.plain type="button" hidden data-copy="reset-code" data-done=(at.say("Copié", "Copied")) { (at.say("Copier", "Copy")) }
                a.button.plain href=(at.path("/admin/people")) { (at.say("Retour", "Back")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_person_is_not_plural() {
        let english = |enrolled, present| how_many(Language::English, enrolled, present);
        assert_eq!(english(1, 1), "The only person is enrolled.");
        assert_eq!(english(1, 2), "One of 2\u{a0}people is enrolled.");
        assert_eq!(english(0, 1), "No one is enrolled.");
    }
}
