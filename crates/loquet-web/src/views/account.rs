//! "Mon compte".

use maud::{Markup, html};

use super::Setting;
use crate::parts;

/// What a person sees of the own account.
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    pub(crate) roles: &'a str,
    pub(crate) switch: Switch<'a>,
    pub(crate) authenticator: Bound<'a>,
    /// Announced: a sentence about what comes and when.
    pub(crate) announced: Option<&'a str>,
    pub(crate) done: Option<&'a str>,
}

/// The switch "La connexion multi-facteur est requise pour votre compte".
pub(crate) struct Switch<'a> {
    pub(crate) on: bool,
    /// Why it cannot be turned; `None`: it can.
    pub(crate) fixed: Option<&'a str>,
}

/// What is bound.
pub(crate) enum Bound<'a> {
    /// The organisation has not begun.
    NotYet,
    Nothing,
    Active {
        since: &'a str,
    },
    /// Disabled or reset, with what to do.
    Broken {
        text: &'a str,
        needs_ticket: bool,
    },
}

pub(crate) fn account(at: &Setting<'_>, account: &Account<'_>) -> Markup {
    html! {
        header {
            h1 { (at.say("Mon compte", "My account")) }
            p.soft { (account.name) " · " (account.roles) }
        }
        @if let Some(done) = account.done { div.notice role="status" data-testid="done" { p { (done) } } }
        (parts::form_trouble(at.language, at.trouble))
        @if let Some(announced) = account.announced { div.notice.warn data-testid="announced" { p { (announced) } } }
        section.card { (switch(at, &account.switch)) }
        div.cards {
            section.card { (authenticator(at, &account.authenticator)) }
            section.card {
                header {
                    h2 { (at.say("Vos connexions", "Your sessions")) }
                    p.soft { (at.say(
                        "Vous avez oublié de vous déconnecter quelque part ? Mettez fin à toutes vos connexions, celle-ci comprise.",
                        "Forgot to log out somewhere? End all your sessions, this one included.",
                    )) }
                }
                (parts::post(&at.path("/account/log-out-everywhere"), at.attempt, &html! {
                    div.row { button.button.plain type="submit" data-testid="log-out-everywhere" { (at.say("Se déconnecter partout", "Log out everywhere")) } }
                }))
            }
        }
    }
}

/// A switch to look at; pressing it leads to a page that says what it means and asks for a code where one is due.
fn switch(at: &Setting<'_>, switch: &Switch<'_>) -> Markup {
    let (action, state) = if switch.on {
        (
            "/account/off",
            at.say(
                "Un code vous est demandé à chaque connexion.",
                "You are asked for a code at every log-in.",
            ),
        )
    } else {
        (
            "/account/on",
            at.say(
                "Seule votre phrase de passe vous est demandée.",
                "You are asked for your pass phrase only.",
            ),
        )
    };
    html! {
        form.setting method="get" action=(at.path(action)) {
            div {
                h2 #switch-label { (at.say("La connexion multi-facteur est requise pour votre compte", "Multi-factor log-in is required for your account")) }
                p.soft #switch-state { (state) }
                @if let Some(reason) = switch.fixed { p.small #switch-reason data-testid="switch-reason" { (reason) } }
            }
            button.switch type="submit" role="switch" aria-checked=(switch.on) aria-labelledby="switch-label"
                aria-describedby={ "switch-state" @if switch.fixed.is_some() { " switch-reason" } }
                disabled[switch.fixed.is_some()] data-testid="switch" { span {} }
        }
    }
}

fn authenticator(at: &Setting<'_>, bound: &Bound<'_>) -> Markup {
    html! {
        header {
            div.row.apart {
                h2 { (at.say("Application d'authentification", "Authenticator app")) }
                (badge(at, bound))
            }
            p.soft { (match bound {
                Bound::NotYet => at.say("Votre organisation n'a pas encore activé l'authentification multi-facteur.", "Your organisation has not enabled multi-factor log-in yet."),
                Bound::Nothing => at.say("Aucune application n'est liée à votre compte. Ajoutez-en une\u{a0}: votre phrase de passe ne sera plus votre seule protection.", "No app is bound to your account. Add one: your pass phrase will no longer be your only protection."),
                Bound::Active { since } => since,
                Bound::Broken { text, .. } => text,
            }) }
        }
        div.row {
            @match bound {
                Bound::NotYet => {}
                Bound::Nothing => a.button href=(at.path("/enrol")) data-testid="enrol" { (at.say("Configurer une application", "Set up an app")) },
                Bound::Active { .. } => {
                    a.button.plain href=(at.path("/account/replace")) data-testid="replace" { (at.say("Remplacer", "Replace")) }
                    a.button.danger href=(at.path("/account/lost")) data-testid="lost" { (at.say("Déclarer perdue", "Report lost")) }
                }
                Bound::Broken { needs_ticket, .. } => @if *needs_ticket {
                    a.button href=(at.path("/enrol")) data-testid="enrol" { (at.say("J'ai un billet", "I have a ticket")) }
                },
            }
        }
    }
}

fn badge(at: &Setting<'_>, bound: &Bound<'_>) -> Markup {
    match bound {
        Bound::NotYet => html! { span.badge.off { (at.say("Pas encore", "Not yet")) } },
        Bound::Nothing => html! { span.badge.off { (at.say("Aucune", "None")) } },
        Bound::Active { .. } => {
            html! { span.badge data-testid="bound" { (at.say("Liée", "Bound")) } }
        }
        Bound::Broken { .. } => html! { span.badge.warn { (at.say("À rétablir", "Needs help")) } },
    }
}
