//! Passkeys in the forms that ask for a code.

use maud::{Markup, html};

use super::Setting;
use crate::parts::{Trouble, error_line};

/// What the browser is asked for a passkey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passkey<'a> {
    pub(crate) asks: Asks,
    /// The options, as JSON.
    pub(crate) options: &'a str,
    /// Whether no code will do in its place.
    pub(crate) alone: bool,
}

/// What a browser does with passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Makes a new one.
    New,
    /// Signs with one that the account has.
    Known,
}

/// The field for the answer of a passkey, which a script fills. `id` is that of the field for the code.
pub(crate) fn field(at: &Setting<'_>, id: &str) -> Markup {
    let Some(passkey) = at.passkey else {
        return html! {};
    };
    let (what, label) = match passkey.asks {
        Asks::New => (
            "create",
            at.say(
                "Associer plutôt une clé d’accès",
                "Set up a passkey instead",
            ),
        ),
        Asks::Known => ("get", at.say("Utiliser ma clé d’accès", "Use my passkey")),
    };
    let without_script = match passkey.alone {
        true => at.say(
            "Une clé d’accès demande JavaScript\u{a0}: activez-le dans votre navigateur, puis rechargez la page.",
            "A passkey needs JavaScript: switch it on in your browser, then reload the page.",
        ),
        false => at.say(
            "Une clé d’accès demande JavaScript. Sans lui, saisissez un code.",
            "A passkey needs JavaScript. Without it, enter a code.",
        ),
    };
    let trouble = Trouble::at(at.trouble, id).filter(|_| passkey.alone);
    html! {
        div.field data-passkey=(what) data-options=(passkey.options) data-alone[passkey.alone]
            data-cancelled=(at.say("Rien n’a été fait\u{a0}: la demande a été annulée, ou a trop tardé. Réessayez.", "Nothing was done: you cancelled, or it took too long. Try again."))
            data-known=(at.say("Cette clé d’accès est déjà liée à votre compte.", "This passkey is bound to your account already."))
            data-failed=(at.say("La clé d’accès n’a pas fonctionné. Réessayez, ou utilisez-en une autre.", "The passkey did not work. Try again, or use another one."))
            data-unsupported=(at.say("Ce navigateur ne connaît pas les clés d’accès. Utilisez-en un autre.", "This browser knows no passkeys. Use another one.")) {
            input type="hidden" name="passkey" value="" autocomplete="off";
            @if !passkey.alone {
                button.button.plain.wide type="button" hidden data-testid="passkey" { (label) }
            }
            p.error hidden role="alert" data-passkey-error="" data-testid="passkey-error" {}
            (error_line(at.language, id, trouble))
            noscript { p.hint { (without_script) } }
        }
    }
}
