//! Pieces that several pages are made of.

use maud::{Markup, html};

use crate::fields::FieldFault;
use crate::{FormId, Language, when};

/// The most that is taken for a code: six digits and what people put between, or copy along with them.
pub(crate) const MAX_CODE: usize = 32;

/// The hidden field of a form that is shown again after a wrong code.
pub(crate) const AFTER_WRONG_CODE: &str = "after_wrong_code";

/// Something that went wrong, said beside the field that it is about, or above the form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    /// The field; `None` is the form as a whole.
    pub(crate) field: Option<&'static str>,
    pub(crate) text: String,
    /// Seconds until another try makes sense.
    pub(crate) wait: Option<u64>,
    /// A wrong code, of this form or of the one that it is shown again for.
    pub(crate) after_wrong_code: bool,
    /// A wrong code after another.
    pub(crate) check_clock: bool,
}

impl Trouble {
    pub(crate) fn of_form(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(crate) fn of_field(fault: FieldFault, language: Language) -> Self {
        Self {
            field: Some(fault.field),
            text: fault.sentence(language),
            ..Self::default()
        }
    }

    /// What is said at `field`, if it is about that field.
    pub(crate) fn at<'a>(trouble: Option<&'a Self>, field: &str) -> Option<&'a Self> {
        trouble.filter(|trouble| trouble.field == Some(field))
    }
}

/// A form that changes something, with the id that makes sending it twice harmless.
pub(crate) fn post(action: &str, id: FormId, inside: &Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="attempt" value=(id);
            (inside)
        }
    }
}

/// Where a page wants its reader first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Focus {
    /// At the code.
    Here,
    /// At something else.
    Elsewhere,
    /// At something else, and the code may be left out.
    Optional,
}

/// The field for six digits. Phones show digits, and the code that an app or a message offers is filled in by the browser.
/// It has no pattern, with which a browser would send nothing of what people paste: the server reads it.
pub(crate) fn code_field(language: Language, trouble: Option<&Trouble>, focus: Focus) -> Markup {
    let trouble = Trouble::at(trouble, "code");
    let hint = match focus {
        Focus::Here | Focus::Elsewhere => language.say(
            "Il change toutes les 30\u{a0}secondes dans votre application.",
            "It changes every 30\u{a0}seconds in your app.",
        ),
        Focus::Optional => language.say(
            "Seulement pour des règles qui laissent entrer davantage de monde.",
            "Only for rules that let more people in.",
        ),
    };
    html! {
        div.field {
            label for="code" { (language.say("Code à 6\u{a0}chiffres", "6-digit code")) }
            input.code #code name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                maxlength=(MAX_CODE) required[focus != Focus::Optional] autofocus[focus == Focus::Here] spellcheck="false" placeholder="000 000"
                title=(language.say("Six chiffres", "Six digits"))
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { "code-error " } "code-hint" };
            p.hint #code-hint { (hint) }
            (error_line(language, "code", trouble))
            (clock_line(language, trouble))
        }
    }
}

/// After two wrong codes: a clock that is off explains them, and this tells nothing of the codes.
fn clock_line(language: Language, trouble: Option<&Trouble>) -> Markup {
    html! {
        @if let Some(trouble) = trouble {
            @if trouble.after_wrong_code { input type="hidden" name=(AFTER_WRONG_CODE) value="yes"; }
            @if trouble.check_clock {
                p.hint data-testid="check-clock" { (language.say(
                    "Vérifiez aussi que votre téléphone règle l’heure automatiquement.",
                    "Also check that your phone sets its time automatically.",
                )) }
            }
        }
    }
}

/// A field with a label, a hint and its error.
pub(crate) struct TextField<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) class: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) value: &'a str,
    pub(crate) most: usize,
}

impl TextField<'_> {
    pub(crate) fn draw(&self, language: Language, trouble: Option<&Trouble>) -> Markup {
        let trouble = Trouble::at(trouble, self.name);
        let hint = format!("{}-hint", self.name);
        let described = match trouble {
            Some(_) => format!("{}-error {hint}", self.name),
            None => hint.clone(),
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                input class=(self.class) id=(self.name) name=(self.name) type=(self.kind) value=(self.value) maxlength=(self.most)
                    required autocomplete="off" spellcheck="false"
                    aria-invalid=[trouble.map(|_| "true")] aria-describedby=(described);
                @if !self.hint.is_empty() { p.hint id=(hint) { (self.hint) } }
                (error_line(language, self.name, trouble))
            }
        }
    }
}

/// The error beside a field, read aloud when it appears.
pub(crate) fn error_line(language: Language, field: &str, trouble: Option<&Trouble>) -> Markup {
    html! {
        @if let Some(trouble) = trouble {
            p.error id=(format!("{field}-error")) role="alert" data-testid="error" {
                (trouble.text) (remaining(language, trouble.wait))
            }
        }
    }
}

/// The error above a form, when it is about no field in it.
pub(crate) fn form_trouble(language: Language, trouble: Option<&Trouble>) -> Markup {
    html! {
        @if let Some(trouble) = trouble.filter(|trouble| trouble.field.is_none()) {
            div.notice.bad role="alert" data-testid="error" { p { (trouble.text) (remaining(language, trouble.wait)) } }
        }
    }
}

fn remaining(language: Language, wait: Option<u64>) -> Markup {
    html! {
        @if let Some(seconds) = wait {
            " " (language.say("Attente\u{a0}:", "Wait:")) " "
            (countdown(language, seconds, language.say("terminée", "over"))) "."
        }
    }
}

/// A duration that a script counts down, where there is one.
pub(crate) fn countdown(language: Language, seconds: u64, done: &str) -> Markup {
    html! {
        span.countdown role="timer" data-countdown=(seconds) data-done=(done) { (when::duration(seconds, language)) }
    }
}
