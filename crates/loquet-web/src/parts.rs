//! Pieces that several pages are made of.

use loquet::{AccountOverview, AuthenticatorEntry, Totp};
use maud::{Markup, html};

use crate::field_fault::FieldFault;
use crate::views::{Setting, passkey};
use crate::{FormId, Language, when};

/// The most that is taken for a code: its digits and what people put between, or copy along with them.
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

/// What codes look like, and what shows them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    /// `None`: the account's authenticators differ in this.
    pub(crate) digits: Option<u8>,
    /// How long each is shown, in seconds. `None`: the account's authenticators differ in this.
    pub(crate) period: Option<u64>,
    /// Hardware tokens show them, and no app.
    pub(crate) are_of_tokens: bool,
    /// There are none that count: the account has passkeys alone, or a passkey is required of it.
    pub(crate) none: bool,
}

impl Default for Codes {
    /// Those of an app that these pages set up.
    fn default() -> Self {
        let usual = Totp::default();
        Self {
            digits: Some(usual.digits.count()),
            period: Some(usual.period.seconds()),
            are_of_tokens: false,
            none: false,
        }
    }
}

impl Codes {
    /// Those of the authenticators that are bound; a suspended one counts where there is no other.
    pub(crate) fn present(overview: &AccountOverview) -> Self {
        let all = overview.authenticators();
        let is_active = |it: &AuthenticatorEntry| it.suspended().is_none();
        let shown = all.iter().filter(|it| !it.is_passkey());
        let none_active = !shown.clone().any(is_active);
        let counted = shown.filter(|it| none_active || is_active(it));
        if counted.clone().next().is_none() {
            let none = !all.is_empty();
            return Self {
                none,
                ..Self::default()
            };
        }
        let kinds = counted
            .clone()
            .filter_map(AuthenticatorEntry::code_parameters);
        Self {
            digits: the_same(kinds.clone().map(|kind| kind.digits.count())),
            period: the_same(kinds.map(|kind| kind.period.seconds())),
            are_of_tokens: counted.clone().all(|it| it.token().is_some()),
            none: false,
        }
    }

    pub(crate) fn label(self, language: Language) -> String {
        match self.digits {
            Some(digits) => language.say(
                format!("Code à {digits}\u{a0}chiffres"),
                format!("{digits}-digit code"),
            ),
            None => "Code".to_owned(),
        }
    }

    /// Grouped as apps and tokens do.
    pub(crate) const fn placeholder(self) -> &'static str {
        match self.digits {
            Some(8) => "0000 0000",
            Some(7) => "000 0000",
            Some(_) => "000 000",
            None => "",
        }
    }

    pub(crate) fn hint(self, language: Language) -> String {
        let place = match self.are_of_tokens {
            true => language.say("sur votre jeton", "on your token"),
            false => language.say("dans votre application", "in your app"),
        };
        match self.period {
            Some(period) => language.say(
                format!("Il change toutes les {period}\u{a0}secondes {place}."),
                format!("It changes every {period}\u{a0}seconds {place}."),
            ),
            None => language.say(
                format!("Il change régulièrement {place}."),
                format!("It changes regularly {place}."),
            ),
        }
    }
}

/// What all are, if they are the same.
fn the_same<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The token's serial number, as it stands on it.
pub(crate) fn token_number(language: Language, serial: &str) -> String {
    language.say(
        format!("Jeton no\u{a0}{serial}"),
        format!("Token no.\u{a0}{serial}"),
    )
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
    /// At something else, and the form has buttons that need no code.
    Optional,
}

/// The field for a code of the authenticator. Phones show digits, and the code that an app or a message offers is filled in
/// by the browser. It has no pattern, with which a browser would send nothing of what people paste: the server reads it.
pub(crate) fn code_field(at: &Setting<'_>, focus: Focus) -> Markup {
    code_field_named(at, "code", focus)
}

/// As [`code_field`], on a page that has another one: `id` tells them apart, in what is wrong with them too.
pub(crate) fn code_field_named(at: &Setting<'_>, id: &str, focus: Focus) -> Markup {
    let (language, codes, trouble) = (at.language, at.codes, Trouble::at(at.trouble, id));
    let title = codes.digits.map(|digits| {
        language.say(
            format!("{digits}\u{a0}chiffres"),
            format!("{digits}\u{a0}digits"),
        )
    });
    if at.passkey.is_some_and(|it| it.alone) {
        return passkey::field(at, id);
    }
    html! {
        div.field {
            label for=(id) { (codes.label(language)) }
            input.code id=(id) name="code" type="text" inputmode="numeric" autocomplete="one-time-code"
                maxlength=(MAX_CODE) required[focus != Focus::Optional] autofocus[focus == Focus::Here] spellcheck="false" placeholder=(codes.placeholder())
                title=[title]
                aria-invalid=[trouble.map(|_| "true")] aria-describedby={ @if trouble.is_some() { (id) "-error " } (id) "-hint" };
            p.hint id={ (id) "-hint" } { (codes.hint(language)) }
            (error_line(language, id, trouble))
            (clock_line(at, trouble))
        }
        (passkey::field(at, id))
    }
}

/// After two wrong codes: a clock that is off explains them, and this tells nothing of the codes.
fn clock_line(at: &Setting<'_>, trouble: Option<&Trouble>) -> Markup {
    html! {
        @if let Some(trouble) = trouble {
            @if trouble.after_wrong_code { input type="hidden" name=(AFTER_WRONG_CODE) value="yes"; }
            // The clock of a token cannot be set.
            @if trouble.check_clock && !at.codes.are_of_tokens {
                p.hint data-testid="check-clock" { (at.say(
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
                    required autocomplete="off" spellcheck="false" inputmode=[(self.class == "code").then_some("numeric")]
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
