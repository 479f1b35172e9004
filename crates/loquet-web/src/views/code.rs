//! The code: at log-in, and again before something that needs one.

use loquet_policy::UnixTime;
use maud::{Markup, html};

use super::Setting;
use crate::parts::{self, Focus, TextField};
use crate::when;

/// The field for the code that a token shows after the first.
pub(crate) const NEXT_CODE: &str = "next_code";

/// The second half of a log-in.
pub(crate) fn log_in(
    at: &Setting<'_>,
    has_printed_codes: bool,
    may_be_remembered: bool,
    has_token: bool,
) -> Markup {
    // No code counts, and no passkey that counts can be asked for.
    let is_stuck = at.codes.none && at.passkey.is_none();
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (parts::code_field(at, Focus::Here))
        @if may_be_remembered { (remember(at)) }
        button.button.wide type="submit" data-testid="connect" { (at.say("Connexion", "Log in")) }
    };
    html! {
        section.card data-testid="code-page" {
            header {
                h1 { (at.say("Connexion", "Log in")) }
                p.soft { (if is_stuck { at.say(
                    "Un code ne suffit pas pour vous connecter, et aucune de vos clés d’accès ne peut servir en ce moment.",
                    "A code is not enough to log you in, and none of your passkeys can be used at the moment.",
                ) } else { at.by_kind(
                    [
                        "Ouvrez votre application d’authentification et saisissez le code qu’elle affiche pour ce compte.",
                        "Open your authenticator app and enter the code that it shows for this account.",
                    ],
                    ["Saisissez le code que votre jeton affiche.", "Enter the code that your token shows."],
                    [
                        "Votre clé d’accès vous sera demandée\u{a0}: ayez-la sous la main.",
                        "You will be asked for your passkey: have it at hand.",
                    ],
                ) }) }
            }
            @if !is_stuck { (parts::post(&at.path("/code"), at.form_id, &form)) }
            @if has_token {
                p { a href=(at.path("/code/two")) data-testid="two-codes" { (at.say("Le code de votre jeton est refusé?", "Is your token’s code refused?")) } }
            }
            hr;
            details.more open[is_stuck] {
                summary { (at.by_kind(
                    ["Vous n’avez plus votre application?", "You no longer have your app?"],
                    ["Vous n’avez plus votre jeton?", "You no longer have your token?"],
                    ["Vous n’avez plus votre clé d’accès?", "You no longer have your passkey?"],
                )) }
                div.stack {
                    p.small.soft { (at.by_kind(
                        [
                            "Un administrateur peut réinitialiser votre compte et vous remettre un code de réinitialisation pour configurer une nouvelle application. Si votre téléphone est perdu ou volé, signalez-le dès maintenant.",
                            "An administrator can reset your account and hand you a reset code for setting up a new app. If your phone is lost or stolen, report it now.",
                        ],
                        [
                            "Un administrateur peut réinitialiser votre compte et vous remettre un code de réinitialisation. Si votre jeton est perdu ou volé, signalez-le dès maintenant.",
                            "An administrator can reset your account and hand you a reset code. If your token is lost or stolen, report it now.",
                        ],
                        [
                            "Un administrateur peut réinitialiser votre compte et vous remettre un code de réinitialisation. Si votre clé d’accès est perdue ou volée, signalez-le dès maintenant.",
                            "An administrator can reset your account and hand you a reset code. If your passkey is lost or stolen, report it now.",
                        ],
                    )) }
                    @if has_printed_codes { (with_printed_code(at)) }
                    p { a href=(at.path("/account/lost")) data-testid="lost" { (lost(at)) } }
                }
            }
        }
    }
}

/// The fields for two codes of a token, one after the other: a passkey has none.
pub(crate) fn two_fields(at: &Setting<'_>) -> Markup {
    let at = &Setting {
        passkey: None,
        ..*at
    };
    html! {
        (parts::code_field(at, Focus::Elsewhere))
        (TextField {
            name: NEXT_CODE,
            label: at.say("Code suivant", "Next code"),
            hint: at.say("Attendez que le jeton l’affiche.", "Wait until the token shows it."),
            class: "code",
            kind: "text",
            value: "",
            most: parts::MAX_CODE,
        }.draw(at.language, at.trouble))
    }
}

/// The log-in with a token whose clock has drifted.
pub(crate) fn two_codes(at: &Setting<'_>) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (two_fields(at))
        div.row {
            button.button type="submit" data-testid="connect" { (at.say("Connexion", "Log in")) }
            a.button.plain href=(at.path("/code")) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="two-codes-page" {
            header {
                h1 { (at.say("L’horloge de votre jeton a peut-être dérivé", "Your token’s clock may have drifted")) }
                p.soft { (at.say(
                    "C’est normal avec le temps. Saisissez le code que le jeton affiche, puis le suivant\u{a0}: il sera de nouveau reconnu.",
                    "This is normal over time. Enter the code that the token shows, then the next one: it will be recognized again.",
                )) }
            }
            (parts::post(&at.path("/code/two"), at.form_id, &form))
        }
    }
}

/// What is asked for before something that a code confirms.
pub(crate) fn fresh_code<'t>(at: &Setting<'_>) -> &'t str {
    at.by_kind(
        [
            "Confirmez avec un nouveau code de votre application.",
            "Confirm with a fresh code from your app.",
        ],
        [
            "Confirmez avec un nouveau code de votre jeton.",
            "Confirm with a fresh code from your token.",
        ],
        [
            "Confirmez avec votre clé d’accès.",
            "Confirm with your passkey.",
        ],
    )
}

/// What the link and the page call the report of a loss.
pub(crate) fn lost<'t>(at: &Setting<'_>) -> &'t str {
    at.by_kind(
        ["J’ai perdu mon téléphone", "I lost my phone"],
        ["J’ai perdu mon jeton", "I lost my token"],
        ["J’ai perdu ma clé d’accès", "I lost my passkey"],
    )
}

/// What the link and the page call a replacement.
pub(crate) fn replace<'t>(at: &Setting<'_>) -> &'t str {
    at.by_kind(
        ["Remplacer mon application", "Replace my app"],
        ["Remplacer mon jeton", "Replace my token"],
        ["Remplacer ma clé d’accès", "Replace my passkey"],
    )
}

/// Told first, and off until ticked (Quebec's private-sector act, s. 8.1).
fn remember(at: &Setting<'_>) -> Markup {
    html! {
        div.field {
            label.choice { input type="checkbox" name="remember" value="yes" data-testid="remember" aria-describedby="remember-hint";
                span { (at.say("Se souvenir de cet appareil", "Remember this device")) } }
            p.hint #remember-hint { (at.say(
                "Pour un appareil à vous. Un code vous sera toujours demandé, mais au bout de trois jours, personne d’autre ne pourra épuiser vos essais, et vous serez prévenu des connexions venues d’ailleurs. Nous garderons l’empreinte d’un témoin (cookie), votre réseau approximatif, le pays et les dates de connexion, 90\u{a0}jours au plus. «\u{a0}Mon compte\u{a0}» les montre et les efface.",
                "For a device of your own. You will still be asked for a code, but after three days no one else can use up your tries, and you will be told of log-ins from elsewhere. We keep the hash of a cookie, your approximate network, the country and the dates of log-ins, for 90\u{a0}days at most. “My account” shows and erases them.",
            )) }
        }
    }
}

/// A fresh code before something that needs one. `next` is where it leads.
pub(crate) fn step_up(at: &Setting<'_>, next: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        input type="hidden" name="next" value=(next);
        (parts::code_field(at, Focus::Here))
        button.button.wide type="submit" data-testid="confirm" { (at.say("Confirmer", "Confirm")) }
    };
    html! {
        section.card data-testid="step-up-page" {
            header {
                h1 { (at.say("Est-ce bien vous?", "Is it really you?")) }
                p.soft { (at.by_kind(
                    [
                        "Avant de continuer, saisissez un nouveau code de votre application. Il vaut pour cinq minutes.",
                        "Before you go on, enter a fresh code from your app. It holds for five minutes.",
                    ],
                    [
                        "Avant de continuer, saisissez un nouveau code de votre jeton. Il vaut pour cinq minutes.",
                        "Before you go on, enter a fresh code from your token. It holds for five minutes.",
                    ],
                    [
                        "Avant de continuer, confirmez avec votre clé d’accès. Cela vaut pour cinq minutes.",
                        "Before you go on, confirm with your passkey. It holds for five minutes.",
                    ],
                )) }
            }
            (parts::post(&at.path("/step-up"), at.form_id, &form))
        }
    }
}

/// What a page asks for that one code confirms.
pub(crate) struct Question<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) action: &'a str,
    pub(crate) button: &'a str,
    pub(crate) dangerous: bool,
    pub(crate) with_code: bool,
    pub(crate) back: Option<&'a str>,
}

/// One question, with its consequences, a code where it needs one, and a way back.
pub(crate) fn question(at: &Setting<'_>, question: &Question<'_>) -> Markup {
    question_with(at, question, &html! {})
}

/// The same, with `fields` of its own before the code.
pub(crate) fn question_with(at: &Setting<'_>, question: &Question<'_>, fields: &Markup) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (fields)
        @if question.with_code { (parts::code_field(at, Focus::Here)) }
        div.row {
            button.button .danger[question.dangerous] type="submit" data-testid="confirm" { (question.button) }
            @if let Some(back) = question.back { a.button.plain href=(at.path(back)) { (at.say("Retour", "Back")) } }
        }
    };
    html! {
        section.card data-testid="question-page" {
            header { h1 { (question.title) } p.soft { (question.text) } }
            (parts::post(&at.path(question.action), at.form_id, &form))
        }
    }
}

/// The way for those who kept their recovery codes.
fn with_printed_code(at: &Setting<'_>) -> Markup {
    html! {
        p { a.button.plain href=(at.path("/recover")) data-testid="use-recovery" { (at.say("J’ai un code de récupération", "I have a recovery code")) } }
    }
}

fn why_suspended<'t>(at: &Setting<'_>) -> &'t str {
    at.by_kind(
        [
            "Elle a été signalée perdue. Si vous l’avez toujours, ouvrez le lien du courriel que vous avez reçu\u{a0}: il annule ce signalement.",
            "It was reported lost. If you still have it, open the link in the letter that you were sent: it undoes the report.",
        ],
        [
            "Il a été signalé perdu. Si vous l’avez toujours, ouvrez le lien du courriel que vous avez reçu\u{a0}: il annule ce signalement.",
            "It was reported lost. If you still have it, open the link in the letter that you were sent: it undoes the report.",
        ],
        [
            "Elle a été signalée perdue, ou il en existe peut-être une copie. Si vous l’avez toujours, et que le courriel que vous avez reçu porte un lien, ce lien annule le signalement.",
            "It was reported lost, or there may be a copy of it. If you still have it, and the letter that you were sent has a link, that link undoes the report.",
        ],
    )
}

/// Why a half log-in can only recover.
pub(crate) enum Recovery {
    Suspended,
    Disabled,
    /// Codes were enough until then, although a passkey is required.
    CodesOver(UnixTime),
}

/// The title and the text of the page that leads to a recovery.
fn why_recover(at: &Setting<'_>, why: &Recovery) -> (String, String) {
    let (title, text) = match why {
        Recovery::Suspended => (
            at.by_kind(
                ["Votre application est suspendue", "Your app is suspended"],
                ["Votre jeton est suspendu", "Your token is suspended"],
                [
                    "Votre clé d’accès est suspendue",
                    "Your passkey is suspended",
                ],
            ),
            why_suspended(at),
        ),
        Recovery::CodesOver(until) => {
            let until = when::moment(*until, at.language);
            return (
                at.say("Un code ne suffit plus", "A code is no longer enough").to_owned(),
                at.language.say(
                    format!("Une clé d’accès est obligatoire pour vous, et le délai pour en ajouter une est passé depuis le {until}."),
                    format!("A passkey is required of you, and the time to add one has been over since {until}."),
                ),
            );
        }
        Recovery::Disabled => (
            at.app_or_token(
                ["Votre application est désactivée", "Your app is disabled"],
                ["Votre jeton est désactivé", "Your token is disabled"],
            ),
            at.say(
                "Trop de codes erronés ont été saisis, ou un code de récupération a servi sans qu’une application soit ensuite configurée. Votre mot de passe ne suffit plus.",
                "Too many wrong codes were entered, or a recovery code was used and no app set up after it. Your password alone is no longer enough.",
            ),
        ),
    };
    (title.to_owned(), text.to_owned())
}

/// A half log-in that only an administrator can help.
pub(crate) fn recovery(at: &Setting<'_>, has_printed_codes: bool, why: &Recovery) -> Markup {
    let (title, text) = why_recover(at, why);
    let suspended = matches!(why, Recovery::Suspended);
    html! {
        section.card data-testid="recovery-page" {
            header {
                h1 { (title) }
                p.soft { (text) }
            }
            @if suspended && has_printed_codes {
                p { a.button.plain href=(at.path("/undo-report")) data-testid="undo-report" { (at.by_kind(
                    ["J’ai l’application et un code de récupération", "I have the app and a recovery code"],
                    ["J’ai le jeton et un code de récupération", "I have the token and a recovery code"],
                    ["J’ai la clé d’accès et un code de récupération", "I have the passkey and a recovery code"],
                )) } }
            }
            @if has_printed_codes {
                (with_printed_code(at))
                hr;
                p.soft { (at.say("Sans vos codes\u{a0}:", "Without your codes:")) }
            } @else if suspended {
                p.soft { (at.say("Si vous ne l’avez plus\u{a0}:", "If you no longer have it:")) }
            }
            ol.steps {
                li { div { (at.say("Demandez à un administrateur de réinitialiser votre compte.", "Ask an administrator to reset your account.")) } }
                li { div { (at.say("Il vous remet un code de réinitialisation, valable un jour.", "They hand you a reset code, valid for a day.")) } }
                li { div { (at.say("Connectez-vous de nouveau et saisissez ce code de réinitialisation\u{a0}: un nouveau code QR vous sera montré.", "Log in again and enter that reset code: you will be shown a new QR code.")) } }
            }
        }
    }
}
