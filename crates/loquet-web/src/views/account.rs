//! "Mon compte".

use maud::{Markup, html};

use super::code::{lost, replace};
use super::{Setting, authenticators, devices, sessions};
use crate::parts::{self, Focus, TextField, Trouble};

/// What a person sees of the own account.
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    pub(crate) roles: &'a str,
    pub(crate) switch: Switch<'a>,
    pub(crate) authenticator: Bound,
    /// What stands on the token that is bound alone, and on the one that waits to be confirmed.
    pub(crate) token: Option<&'a str>,
    pub(crate) assigned_token: Option<&'a str>,
    /// The authenticators, where there are several.
    pub(crate) several: &'a [authenticators::Line],
    pub(crate) may_add: bool,
    pub(crate) takes_passkeys: bool,
    pub(crate) notices: Notices<'a>,
    /// How many recovery codes are left, where they are offered.
    pub(crate) codes: Option<&'a str>,
    /// Whether one of them helps now.
    pub(crate) has_printed_codes: bool,
    /// Announced: a sentence about what comes and when.
    pub(crate) announced: Option<&'a str>,
    pub(crate) sessions: &'a [sessions::Line],
    /// The devices that are remembered, where the organization lets people have some.
    pub(crate) devices: Option<&'a [devices::Line]>,
    pub(crate) done: Option<&'a str>,
}

/// Where notices go.
#[derive(Default)]
pub(crate) struct Notices<'a> {
    pub(crate) present: Option<&'a str>,
    /// The address that waits for its code, and the seconds until the code expires; without them there is no code.
    pub(crate) pending: Option<(&'a str, Option<u64>)>,
    /// A sentence for each address that gets none.
    pub(crate) failures: Vec<String>,
}

/// The switch "La connexion multi-facteur est requise pour votre compte".
pub(crate) struct Switch<'a> {
    pub(crate) on: bool,
    /// Why it cannot be turned; `None`: it can.
    pub(crate) fixed: Option<&'a str>,
}

/// What is bound.
pub(crate) enum Bound {
    /// The organization has not begun.
    NotYet,
    Nothing,
    Active {
        since: String,
    },
    /// Disabled or reset, with what to do.
    Broken {
        text: &'static str,
        needs_reset_code: bool,
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
            section.card { (authenticator(at, account)) }
            section.card { (notices(at, &account.notices)) }
        }
        (sessions::sessions(at, account.sessions))
        @if let Some(lines) = account.devices { (devices::devices(at, lines)) }
    }
}

fn notices(at: &Setting<'_>, notices: &Notices<'_>) -> Markup {
    html! {
        header {
            h2 { (at.say("Adresse de vos avis", "Address of your notices")) }
            p.soft { @match notices.present {
                Some(address) => span data-testid="address" { (address) },
                None => (at.say("Aucune\u{a0}: vous ne seriez pas prévenu d’un changement sur votre compte.", "None: you would not be told of a change to your account.")),
            } }
        }
        @for failure in &notices.failures { div.notice.warn data-testid="address-failure" { p { (failure) } } }
        @if let Some((address, left)) = notices.pending { (pending(at, address, left)) }
        div.row { a.button.plain href=(at.path("/account/address")) data-testid="change-address" { (at.say("Changer l’adresse", "Change the address")) } }
    }
}

/// The address that waits for its code, with the field for it.
fn pending(at: &Setting<'_>, address: &str, left: Option<u64>) -> Markup {
    let field = TextField {
        name: "address_code",
        label: at.say("Code reçu à cette adresse", "Code received at this address"),
        hint: at.say("Huit chiffres.", "Eight digits."),
        class: "code",
        kind: "text",
        value: "",
        most: parts::MAX_CODE,
    };
    html! {
        p data-testid="pending-address" { (at.say("En attente\u{a0}: ", "Waiting: ")) (address) }
        @match left {
            Some(left) => {
                p.small.soft {
                    (at.say("Elle comptera dès que vous aurez saisi son code. Ce code vaut encore ", "It counts once you have entered its code. Time left: "))
                    (parts::countdown(at.language, left, at.say("quelques instants", "none"))) "."
                }
                (parts::post(&at.path("/account/address/confirm"), at.form_id, &html! {
                    (field.draw(at.language, at.trouble))
                    div.row { button.button type="submit" data-testid="confirm-address" { (at.say("Confirmer", "Confirm")) } }
                }))
            }
            None => {
                p.small.soft { (at.say(
                    "Son code n’est plus valable. Demandez-en un autre, ou laissez tout comme c’est.",
                    "Its code is no longer valid. Ask for another, or leave everything as it is.",
                )) }
                (parts::error_line(at.language, field.name, Trouble::at(at.trouble, field.name)))
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
                "Seul votre mot de passe vous est demandé.",
                "You are asked for your password only.",
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

fn authenticator(at: &Setting<'_>, account: &Account<'_>) -> Markup {
    let bound = &account.authenticator;
    let can_confirm = matches!(bound, Bound::Nothing | Bound::Active { .. });
    let waits = account.assigned_token.filter(|_| can_confirm);
    html! {
        header {
            div.row.apart {
                h2 { @match account.token {
                    Some(serial) => span data-testid="token" { (parts::token_number(at.language, serial)) },
                    None if account.several.is_empty() => (at.by_kind(
                        ["Application d’authentification", "Authenticator app"],
                        ["Application d’authentification", "Authenticator app"],
                        ["Clé d’accès", "Passkey"],
                    )),
                    None if account.takes_passkeys => (at.say("Applications et clés d’accès", "Apps and passkeys")),
                    None => (at.say("Applications d’authentification", "Authenticator apps")),
                } }
                (badge(at, bound, !account.several.is_empty()))
            }
            p.soft { (match bound {
                Bound::NotYet => at.say("Votre organisation n’a pas encore activé l’authentification multi-facteur.", "Your organization has not enabled multi-factor log-in yet."),
                Bound::Nothing if waits.is_some() => at.say("Votre mot de passe est votre seule protection.", "Your password is your only protection."),
                Bound::Nothing => at.say("Aucune application n’est liée à votre compte. Ajoutez-en une\u{a0}: votre mot de passe ne sera plus votre seule protection.", "No app is bound to your account. Add one: your password will no longer be your only protection."),
                Bound::Active { since } => since,
                Bound::Broken { text, .. } => text,
            }) }
            @if let Some(serial) = waits {
                p.soft data-testid="token-waits" {
                    strong { (parts::token_number(at.language, serial)) "." } " "
                    (at.say("Il vous est attribué\u{a0}: confirmez-le avec deux de ses codes.", "It is assigned to you: confirm it with two of its codes."))
                }
            }
            @if let Some(codes) = account.codes { p.small.soft data-testid="codes-left" { (codes) } }
        }
        @if !account.several.is_empty() { (authenticators::list(at, account.several)) }
        div.row {
            @match bound {
                Bound::NotYet => {}
                Bound::Nothing if waits.is_some() => (confirm_token(at, "/enroll")),
                Bound::Nothing => a.button href=(at.path("/enroll")) data-testid="enroll" { (at.say("Configurer une application", "Set up an app")) },
                Bound::Active { .. } => {
                    @if waits.is_some() { (confirm_token(at, "/account/replace")) }
                    @else { a.button.plain href=(at.path("/account/replace")) data-testid="replace" { (replace(at)) } }
                    @if account.may_add { a.button.plain href=(at.path("/account/authenticators/add")) data-testid="add" { (match account.takes_passkeys {
                        true => at.say("Ajouter une application ou une clé d’accès", "Add an app or a passkey"),
                        false => at.say("Ajouter une application", "Add an app"),
                    }) } }
                    @if account.codes.is_some() { a.button.plain href=(at.path("/account/recovery-codes")) data-testid="renew-codes" { (at.say("Nouveaux codes de récupération", "New recovery codes")) } }
                    a.button.danger href=(at.path("/account/lost")) data-testid="lost" { (lost(at)) }
                }
                Bound::Broken { needs_reset_code, .. } => @if *needs_reset_code {
                    a.button href=(at.path("/enroll")) data-testid="enroll" { (at.say("J’ai un code de réinitialisation", "I have a reset code")) }
                } @else if account.has_printed_codes {
                    a.button href=(at.path("/recover")) data-testid="use-recovery" { (at.say("J’ai un code de récupération", "I have a recovery code")) }
                },
            }
        }
    }
}

/// The way to the token that waits.
fn confirm_token(at: &Setting<'_>, path: &str) -> Markup {
    html! { a.button href=(at.path(path)) data-testid="confirm-token" { (at.say("Confirmer mon jeton", "Confirm my token")) } }
}

fn badge(at: &Setting<'_>, bound: &Bound, several: bool) -> Markup {
    match bound {
        Bound::NotYet => html! { span.badge.off { (at.say("Pas encore", "Not yet")) } },
        Bound::Nothing => html! { span.badge.off { (at.say("Aucune", "None")) } },
        Bound::Active { .. } if several => {
            html! { span.badge data-testid="bound" { (at.say("Liées", "Bound")) } }
        }
        Bound::Active { .. } => {
            html! { span.badge data-testid="bound" { (at.app_or_token(["Liée", "Bound"], ["Lié", "Bound"])) } }
        }
        Bound::Broken { .. } => html! { span.badge.warn { (at.say("À rétablir", "Needs help")) } },
    }
}

/// The longest address that is looked at, in bytes.
pub(crate) const MAX_ADDRESS: usize = 254;

/// Another address for notices.
pub(crate) fn address(at: &Setting<'_>, typed: &str, with_code: bool) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (TextField {
            name: "address",
            label: at.say("Nouvelle adresse courriel", "New e-mail address"),
            hint: at.say("Un code y sera envoyé. L’ancienne adresse est prévenue, et reçoit tout pendant quatorze jours encore après ce code.", "A code will be sent there. The old address is told, and receives everything for fourteen more days after that code."),
            class: "",
            kind: "email",
            value: typed,
            most: MAX_ADDRESS,
        }.draw(at.language, at.trouble))
        @if with_code { (parts::code_field(at, Focus::Elsewhere)) }
        div.row {
            button.button type="submit" data-testid="confirm" { (at.say("Envoyer le code", "Send the code")) }
            a.button.plain href=(at.path("/account")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="address-page" {
            header {
                h1 { (at.say("Adresse de vos avis", "Address of your notices")) }
                p.soft { (at.say(
                    "Nous vous écrivons à chaque changement de votre application, et avant une date qui vous concerne.",
                    "We write to you at each change of your app, and before a date that concerns you.",
                )) }
            }
            (parts::post(&at.path("/account/address"), at.form_id, &form))
        }
    }
}
