//! The enrollment, step by step: an app is installed, the QR code scanned, its first code typed. Or two codes of a token
//! that is assigned.

use maud::{Markup, PreEscaped, html};
use zeroize::Zeroizing;

use super::recover::Count;
use super::{Setting, code, enable, recover};
use crate::parts::{self, Focus, TextField};

/// The longest reset code that is looked at: its 26 symbols with whatever stands between them.
pub(crate) const MAX_RESET_CODE: usize = 64;

/// Before the code is shown: what will happen, why, and the reset code where one is needed.
pub(crate) struct Start<'a> {
    pub(crate) reason: &'a str,
    pub(crate) needs_reset_code: bool,
    /// What stands on the token that is assigned.
    pub(crate) token: Option<&'a str>,
    /// Whether a passkey is required, and no app will do.
    pub(crate) passkey: bool,
    /// Whether another session enrolls, after a recovery code, and this one cannot.
    pub(crate) elsewhere: bool,
    /// Logged in already and free to leave it.
    pub(crate) may_leave: bool,
}

pub(crate) fn start(at: &Setting<'_>, start: &Start<'_>) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        @if start.needs_reset_code {
            (TextField {
                name: "reset_code",
                label: at.say("Code de réinitialisation remis par l’administrateur", "Reset code from the administrator"),
                hint: at.say("Espaces et majuscules n’ont pas d’importance.", "Spaces and capitals do not matter."),
                class: "printed-code-field",
                kind: "text",
                value: "",
                most: MAX_RESET_CODE,
            }.draw(at.language, at.trouble))
        }
        div.row {
            button.button type="submit" data-testid="begin" { (match start.passkey {
                true => at.say("Continuer", "Continue"),
                false => at.app_or_token(
                    ["Afficher le code QR", "Show the QR code"],
                    ["Continuer", "Continue"],
                ),
            }) }
            @if start.may_leave { a.button.plain href=(at.path("/account")) { (at.say("Retour", "Back")) } }
        }
    };
    html! {
        section.card data-testid="enrol-start-page" {
            header {
                h1 { (at.app_or_token(
                    ["Sécurisez votre compte", "Secure your account"],
                    ["Confirmez votre jeton", "Confirm your token"],
                )) }
                p.soft { (start.reason) }
            }
            @if !start.elsewhere {
                @match start.token {
                    Some(serial) => (token(at, serial, at.say(
                        "Ayez-le sous la main\u{a0}: deux de ses codes vous seront demandés, l’un après l’autre.",
                        "Have it at hand: you will be asked for two of its codes, one after the other.",
                    ))),
                    None if start.passkey => (keys(at)),
                    None => (apps(at)),
                }
                (parts::post(&at.path("/enroll"), at.form_id, &form))
            }
        }
    }
}

/// Which token it is about, and what to do with it.
fn token(at: &Setting<'_>, serial: &str, text: &str) -> Markup {
    html! {
        p { strong data-testid="token" { (parts::token_number(at.language, serial)) } }
        p { (text) }
    }
}

/// The first step: the app is downloaded.
fn apps(at: &Setting<'_>) -> Markup {
    html! {
        div.notice {
            p { strong { (at.say("Téléchargez d’abord une application d’authentification.", "Download an authenticator app first.")) } }
            p.small { (at.say(
                "Nous vous recommandons fortement «\u{a0}Microsoft Authenticator\u{a0}», dans l’App Store et le Play Store.",
                "We strongly recommend “Microsoft Authenticator”, in the App Store and the Play Store.",
            )) " " (others(at)) }
        }
    }
}

fn others<'t>(at: &Setting<'_>) -> &'t str {
    at.say(
        "«\u{a0}Google Authenticator\u{a0}», «\u{a0}1Password\u{a0}» et «\u{a0}Trousseau d’accès\u{a0}» conviennent aussi.",
        "“Google Authenticator”, “1Password” and Apple’s “Passwords” will do too.",
    )
}

/// The facts of a begun enrollment.
pub(crate) struct Scan<'a> {
    pub(crate) svg: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) account: &'a str,
    pub(crate) left: u64,
    pub(crate) reason: &'a str,
    pub(crate) printed: &'a Printed,
    /// Logged in already and free to give it up.
    pub(crate) may_leave: bool,
}

/// What is printed or written down before an enrollment is confirmed.
pub(crate) struct Printed {
    /// The recovery codes that go with it, where they are offered.
    pub(crate) codes: Vec<Zeroizing<String>>,
    /// After break-glass: the new code, to be written down before this counts.
    pub(crate) break_glass: Option<Zeroizing<String>>,
}

fn new_break_glass(at: &Setting<'_>, printed: &Printed) -> Markup {
    html! {
        @if let Some(break_glass) = &printed.break_glass {
            section.card data-testid="new-break-glass" {
                header {
                    h2 { (at.say("D’abord, un nouveau code de secours", "First, a new break-glass code")) }
                    p.soft { (at.say(
                        "L’ancien a servi. Écrivez celui-ci sur papier et scellez-le dans une enveloppe; son dernier groupe est demandé plus bas.",
                        "The old one was used. Write this one on paper and seal it in an envelope; its last group is asked for below.",
                    )) }
                }
                (enable::printed_code(at, break_glass))
            }
        }
    }
}

/// The facts of a token that is being confirmed.
pub(crate) struct Pair<'a> {
    pub(crate) serial: &'a str,
    pub(crate) left: u64,
    pub(crate) reason: &'a str,
    pub(crate) printed: &'a Printed,
}

/// The fields for two codes of the token, one after the other.
pub(crate) fn pair(at: &Setting<'_>, pair: &Pair<'_>) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        @if pair.printed.break_glass.is_some() { (enable::group_field(at)) }
        (code::two_fields(at))
        button.button.wide type="submit" data-testid="confirm" { (at.say("Confirmer", "Confirm")) }
    };
    html! {
        header {
            h1 { (at.say("Confirmez votre jeton", "Confirm your token")) }
            p.soft { (pair.reason) }
        }
        (new_break_glass(at, pair.printed))
        @if !pair.printed.codes.is_empty() { (recover::printed_codes(at, &pair.printed.codes, Count::Confirmed)) }
        section.card.alone data-testid="token-page" {
            (token(at, pair.serial, at.say(
                "Saisissez le code que le jeton affiche, puis le suivant.",
                "Enter the code that the token shows, then the next one.",
            )))
            (parts::post(&at.path("/enroll/confirm"), at.form_id, &form))
            p.small.soft {
                (at.say("Cette activation expire dans", "This enrollment expires in")) " "
                (parts::countdown(at.language, pair.left, at.say("un instant\u{a0}: rechargez la page", "a moment: reload the page"))) "."
            }
        }
        div.notice.warn {
            p { strong { (at.say("Conservez le jeton.", "Keep the token.")) } " "
                (at.say("Vous en aurez besoin à chaque connexion.", "You will need it at every log-in.")) }
        }
    }
}

/// The QR code and the field for its first code.
pub(crate) fn scan(at: &Setting<'_>, scan: &Scan<'_>) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        @if scan.printed.break_glass.is_some() { (enable::group_field(at)) }
        (parts::code_field(at, Focus::Elsewhere))
        button.button.wide type="submit" data-testid="connect" { (at.say("Connexion", "Log in")) }
    };
    let confirm = html! {
        (parts::post(&at.path("/enroll/confirm"), at.form_id, &form))
        p.small.soft {
            (at.say("Ce code QR expire dans", "This QR code expires in")) " "
            (parts::countdown(at.language, scan.left, at.say("un instant\u{a0}: rechargez la page", "a moment: reload the page"))) "."
        }
        @if scan.may_leave { (give_up(at)) }
    };
    html! {
        header {
            h1 { (at.say("Scannez ce code QR", "Scan this QR code")) }
            p.soft { (scan.reason) }
        }
        (new_break_glass(at, scan.printed))
        section.card data-testid="enrol-page" {
            div.enroll {
                div.qr {
                    div.qr-paper data-testid="qr" { (PreEscaped(scan.svg)) }
                    p.small.soft { strong { (scan.issuer) } br; (scan.account) }
                    a.button.plain.wide href=(at.path("/enroll/key")) data-testid="cannot-scan" { (at.say("Difficulté à capturer?", "Trouble scanning?")) }
                }
                div.stack {
                    (steps(at))
                    @if scan.printed.codes.is_empty() { hr; (confirm) }
                }
            }
        }
        // What is shown only now stands above the button that leads away from it.
        @if !scan.printed.codes.is_empty() {
            (recover::printed_codes(at, &scan.printed.codes, Count::Confirmed))
            section.card.alone { (confirm) }
        }
        div.notice.warn {
            p { strong { (at.say("Conservez l’application.", "Keep the app.")) } " " (at.say(
                "Vous en aurez besoin à chaque connexion\u{a0}: ne la supprimez pas une fois votre multi-facteur mis en place.",
                "You will need it at every log-in: do not delete it once this is set up.",
            )) }
        }
        p.small.soft { (others(at)) }
    }
}

/// The way back, which ends what was begun.
fn give_up(at: &Setting<'_>) -> Markup {
    parts::post(
        &at.path("/enroll/cancel"),
        at.form_id,
        &html! { button.button.plain type="submit" data-testid="give-up" { (at.say("Annuler", "Cancel")) } },
    )
}

/// What a passkey is.
fn keys(at: &Setting<'_>) -> Markup {
    html! {
        p { (at.say(
            "Une clé de sécurité, ou ce téléphone ou cet ordinateur lui-même\u{a0}: suivez ce que le navigateur demande.",
            "A security key, or this phone or computer itself: follow what the browser asks.",
        )) }
    }
}

/// A passkey, where the account has no place for another app, or where one is required.
pub(crate) fn passkey(at: &Setting<'_>, reason: &str, left: u64, printed: &Printed) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (parts::code_field(at, Focus::Elsewhere))
        button.button.wide type="submit" data-testid="connect" { (at.say("Associer une clé d’accès", "Set up a passkey")) }
    };
    html! {
        @if !printed.codes.is_empty() { (recover::printed_codes(at, &printed.codes, Count::Confirmed)) }
        section.card data-testid="passkey-page" {
            header {
                h1 { (at.say("Associez une clé d’accès", "Set up a passkey")) }
                p.soft { (reason) }
            }
            (keys(at))
            (parts::post(&at.path("/enroll/confirm"), at.form_id, &form))
            p.small.soft {
                (at.say("Cette activation expire dans", "This enrollment expires in")) " "
                (parts::countdown(at.language, left, at.say("un instant\u{a0}: rechargez la page", "a moment: reload the page"))) "."
            }
            (give_up(at))
        }
    }
}

fn steps(at: &Setting<'_>) -> Markup {
    html! {
        ol.steps {
            li { div { (at.say(
                "Téléchargez et ouvrez «\u{a0}Microsoft Authenticator\u{a0}», dans l’App Store ou le Play Store.",
                "Download and open “Microsoft Authenticator”, from the App Store or the Play Store.",
            )) } }
            li { div { (at.say("Touchez le symbole «\u{a0}+\u{a0}» dans le coin supérieur droit, puis choisissez «\u{a0}Autre compte\u{a0}».", "Touch the “+” in the top right corner, then choose “Other account”.")) } }
            li { div { (at.say("Scannez le code QR\u{a0}: le compte apparaît dans l’application, avec un code à 6\u{a0}chiffres et son décompte.", "Scan the QR code: the account appears in the app, with a 6-digit code and its countdown.")) } }
            li { div { (at.say("Saisissez ici ces 6\u{a0}chiffres et cliquez sur «\u{a0}Connexion\u{a0}».", "Enter those 6\u{a0}digits here and click “Log in”.")) } }
        }
    }
}

/// The key for those who cannot scan.
pub(crate) struct Key<'a> {
    pub(crate) grouped: &'a str,
    pub(crate) plain: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) account: &'a str,
    pub(crate) left: u64,
}

pub(crate) fn key(at: &Setting<'_>, key: &Key<'_>) -> Markup {
    html! {
        section.card data-testid="key-page" {
            header {
                h1 { (at.say("Pas de panique!", "Don’t worry!")) }
                p.soft { (at.say(
                    "Au lieu de scanner le code QR, entrez cette clé dans votre application\u{a0}: une série de chiffres et de lettres.",
                    "Instead of scanning the QR code, enter this key in your app: a series of digits and letters.",
                )) }
            }
            code.secret #key data-testid="key" data-text=(key.plain) { (key.grouped) }
            div.row {
                button.button type="button" hidden data-copy="key" data-done=(at.say("Copié", "Copied")) data-testid="copy" aria-live="polite" { (at.say("Copier", "Copy")) }
                a.button.plain href=(at.path("/enroll")) data-testid="back" { (at.say("Retour", "Back")) }
            }
            hr;
            ol.steps {
                li { div { (at.say("Dans l’application, choisissez «\u{a0}+\u{a0}», «\u{a0}Autre compte\u{a0}», puis la saisie manuelle du code.", "In the app, choose “+”, “Other account”, then to enter the code by hand.")) } }
                li { div {
                    (at.say("Nommez le compte", "Name the account")) " " strong { (key.issuer) " (" (key.account) ")" }
                    (at.say(" et collez la clé. Espaces et majuscules n’ont pas d’importance.", " and paste the key. Spaces and capitals do not matter."))
                } }
                li { div { (at.say("Cliquez ici sur «\u{a0}Retour\u{a0}» et saisissez le code à 6\u{a0}chiffres que l’application affiche.", "Click “Back” here and enter the 6-digit code that the app shows.")) } }
            }
            p.small.soft {
                (at.say("Cette clé expire dans", "This key expires in")) " "
                (parts::countdown(at.language, key.left, at.say("un instant", "a moment"))) ". "
                (at.say("Ne la montrez à personne.", "Do not show it to anyone."))
            }
        }
    }
}
