//! Why a field of a form cannot be taken, and how to say so.

use crate::Language;

/// Why a field cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name in the form.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: FieldFaultKind,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFaultKind {
    /// Not there, or nothing in it.
    Missing,
    /// More than this many characters.
    TooLong(usize),
    /// A control character, after so many others.
    Control(usize),
    /// Sent twice: the form was built by hand.
    Twice,
    /// Not of the form that the field needs (a date, an id).
    Form,
    /// A code in digits of another script than 0 to 9.
    Script,
}

impl FieldFault {
    /// What to tell the person.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        match self.what {
            FieldFaultKind::Missing => language
                .say("Ce champ est vide.", "This field is empty.")
                .to_owned(),
            FieldFaultKind::TooLong(most) => language.say(
                format!("Ce champ est trop long\u{a0}: {most}\u{a0}caractères au plus."),
                format!("This field is too long: {most} characters at most."),
            ),
            FieldFaultKind::Control(at) => {
                let place = at.saturating_add(1);
                language.say(
                    format!("Ce champ contient un caractère invisible (en position {place})."),
                    format!("This field holds an invisible character (at position {place})."),
                )
            }
            FieldFaultKind::Twice => language
                .say(
                    "Ce champ a été envoyé deux fois.",
                    "This field was sent twice.",
                )
                .to_owned(),
            FieldFaultKind::Form => language
                .say(
                    "Ce champ n’a pas la forme attendue.",
                    "This field is not in the expected form.",
                )
                .to_owned(),
            FieldFaultKind::Script => language
                .say(
                    "Ce code contient des chiffres d’une autre écriture. Saisissez-le avec les chiffres de 0 à 9.",
                    "This code has digits of another script. Enter it with the digits 0 to 9.",
                )
                .to_owned(),
        }
    }
}
