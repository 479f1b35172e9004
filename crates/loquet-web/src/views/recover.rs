//! Recovery codes: printed when they are handed out, and when one is used.

use maud::{Markup, html};
use zeroize::Zeroizing;

use super::Setting;
use crate::parts::{self, TextField};

/// The longest recovery code that is looked at: its 26 symbols with whatever stands between them.
pub(crate) const MAX_CODE: usize = 64;

/// From when on recovery codes count that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Now,
    /// When the enrollment is confirmed with which they are shown.
    Confirmed,
}

/// Codes to print, copy or keep as a file: they are shown once.
pub(crate) fn printed_codes(at: &Setting<'_>, codes: &[Zeroizing<String>], count: Count) -> Markup {
    let joined = |by: &str| {
        let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        Zeroizing::new(codes.join(by))
    };
    let text = joined("\n");
    // A line's end; what else the codes have is as it is in a URL too.
    let file = Zeroizing::new(format!("data:text/plain,{}%0D%0A", *joined("%0D%0A")));
    html! {
        section.card data-testid="recovery-codes" {
            header {
                h2 { (at.say("Vos codes de récupération", "Your recovery codes")) }
                p.soft { (at.by_kind(
                    [
                        "Si vous perdez votre téléphone, un seul de ces codes suffit pour configurer une nouvelle application. Imprimez-les ou notez-les maintenant, et gardez-les loin de votre téléphone\u{a0}: ils ne seront plus montrés.",
                        "If you lose your phone, one of these codes is enough to set up a new app. Print them or write them down now, and keep them away from your phone: they will not be shown again.",
                    ],
                    [
                        "Si vous perdez votre jeton, un seul de ces codes suffit pour le remplacer. Imprimez-les ou notez-les maintenant, et gardez-les loin de votre jeton\u{a0}: ils ne seront plus montrés.",
                        "If you lose your token, one of these codes is enough to replace it. Print them or write them down now, and keep them away from your token: they will not be shown again.",
                    ],
                    [
                        "Si vous perdez votre clé d’accès, un seul de ces codes suffit pour la remplacer. Imprimez-les ou notez-les maintenant, et gardez-les loin d’elle\u{a0}: ils ne seront plus montrés.",
                        "If you lose your passkey, one of these codes is enough to replace it. Print them or write them down now, and keep them away from it: they will not be shown again.",
                    ],
                )) }
            }
            ol.printed-codes #codes data-text=(text.as_str()) {
                @for code in codes { li { code data-testid="recovery-code" { (code.as_str()) } } }
            }
            div.row.no-print {
                a.button.plain href=(file.as_str()) download=(at.say("codes-de-recuperation.txt", "recovery-codes.txt")) data-testid="download-codes" { (at.say("Télécharger", "Download")) }
                button.button.plain type="button" hidden data-print="" { (at.say("Imprimer", "Print")) }
                button.button.plain type="button" hidden data-copy="codes" data-done=(at.say("Copiés", "Copied")) aria-live="polite" { (at.say("Copier", "Copy")) }
            }
            p.small.soft { (if count == Count::Now { at.say(
                "Chacun ne sert qu’une fois. Ils valent dès maintenant\u{a0}: ceux d’avant ne valent plus, détruisez-les.",
                "Each works once. They count from now on: those you had before do not any more, destroy them.",
            ) } else { at.by_kind(
                [
                    "Chacun ne sert qu’une fois. Ils valent dès que vous aurez confirmé ci-dessous le code à 6\u{a0}chiffres, et remplacent ceux d’avant.",
                    "Each works once. They count as soon as you have confirmed the 6-digit code below, and replace those you had before.",
                ],
                [
                    "Chacun ne sert qu’une fois. Ils valent dès que vous aurez confirmé le jeton ci-dessous, et remplacent ceux d’avant.",
                    "Each works once. They count as soon as you have confirmed the token below, and replace those you had before.",
                ],
                [
                    "Chacun ne sert qu’une fois. Ils valent dès que vous aurez associé la clé d’accès ci-dessous, et remplacent ceux d’avant.",
                    "Each works once. They count as soon as you have set up the passkey below, and replace those you had before.",
                ],
            ) }) }
        }
    }
}

/// New codes, in place of those that were left.
pub(crate) fn renewed(at: &Setting<'_>, codes: &[Zeroizing<String>]) -> Markup {
    html! {
        header { h1 { (at.say("Nouveaux codes de récupération", "New recovery codes")) } }
        (printed_codes(at, codes, Count::Now))
        div.row { a.button href=(at.path("/account")) data-testid="back" { (at.say("Je les ai gardés", "I have kept them")) } }
    }
}

/// The field for a recovery code.
pub(crate) fn recovery_field(at: &Setting<'_>) -> Markup {
    TextField {
        name: "recovery",
        label: at.say("Code de récupération", "Recovery code"),
        hint: at.say(
            "L’un de ceux que vous avez imprimés ou notés. Espaces et majuscules n’ont pas d’importance.",
            "One of those that you printed or wrote down. Spaces and capitals do not matter.",
        ),
        class: "printed-code-field",
        kind: "text",
        value: "",
        most: MAX_CODE,
    }
    .draw(at.language, at.trouble)
}

/// A recovery code in place of the phone.
pub(crate) fn recover(at: &Setting<'_>, back: &str) -> Markup {
    let form = html! {
        (parts::form_trouble(at.language, at.trouble))
        (recovery_field(at))
        div.row {
            button.button type="submit" data-testid="recover" { (at.say("Continuer", "Continue")) }
            a.button.plain href=(at.path(back)) { (at.say("Retour", "Back")) }
        }
    };
    html! {
        section.card data-testid="recover-page" {
            header {
                h1 { (at.say("Utiliser un code de récupération", "Use a recovery code")) }
                p.soft { (at.app_or_token(
                    [
                        "Votre ancienne application cessera de valoir et toutes vos autres connexions prendront fin. Vous aurez dix minutes pour en configurer une nouvelle, ici même.",
                        "Your old app will stop working and all your other sessions will end. You will have ten minutes to set up a new one, right here.",
                    ],
                    [
                        "Votre jeton cessera de valoir et toutes vos autres connexions prendront fin. Vous aurez dix minutes pour le remplacer, ici même.",
                        "Your token will stop working and all your other sessions will end. You will have ten minutes to replace it, right here.",
                    ],
                )) }
            }
            (parts::post(&at.path("/recover"), at.form_id, &form))
        }
    }
}
