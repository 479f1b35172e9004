//! What a form sent, each field bounded before it is read.

use std::{fmt, mem};

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use loquet::{MAX_PASSKEY_ANSWER, PasskeyAnswer, Typed};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::parts::MAX_CODE;
use crate::{FieldFault, FieldFaultKind, FormId, Language};

/// The largest form, in bytes, apart from the text of access rules.
pub(crate) const MAX_FORM: usize = 16 * 1024;
/// More fields than any form here has.
const MAX_FIELDS: usize = 16;

/// The fields of a submitted form. They can hold codes and passwords: wiped when dropped, `Debug` shows the names.
/// (The buffer that they came in is the HTTP server's.)
pub struct Fields {
    all: Vec<(String, Zeroizing<String>)>,
}

impl Fields {
    /// The text of a field, without blanks at its ends.
    ///
    /// # Errors
    /// [`FieldFault`] when it is missing or empty, longer than `most` characters, sent twice, or has a control character (a line
    /// break too: see [`Fields::lines`]).
    pub fn text(&self, field: &'static str, most: usize) -> Result<&str, FieldFault> {
        self.without(field, most, char::is_control)
    }

    /// A code as it was typed or pasted, of digits or of letters. The blanks within it may be tabs or line breaks: Loquet
    /// decides which spellings count as a code.
    pub(crate) fn pasted(&self, field: &'static str, most: usize) -> Result<&str, FieldFault> {
        self.without(field, most, |c| c.is_control() && !c.is_whitespace())
    }

    /// A code of the authenticator, in any spelling, or the answer of a passkey in its place.
    pub(crate) fn code(&self) -> Result<Typed, FieldFault> {
        match self.passkey()? {
            Some(answer) => Ok(answer.into()),
            None => self.digits("code").map(Typed::from),
        }
    }

    /// The answer of a passkey, if one was given. What is wrong with it is told at the field for a code.
    pub(crate) fn passkey(&self) -> Result<Option<PasskeyAnswer>, FieldFault> {
        let json = if_given(self.text("passkey", MAX_PASSKEY_ANSWER));
        let json = json.map_err(|fault| FieldFault {
            field: "code",
            ..fault
        });
        Ok(json?.map(PasskeyAnswer::new))
    }

    /// The same of another field.
    pub(crate) fn digits(&self, field: &'static str) -> Result<&str, FieldFault> {
        let text = self.pasted(field, MAX_CODE)?;
        let foreign = |c: char| c.is_numeric() && !c.is_ascii_digit();
        if text.contains(foreign) {
            return Err(FieldFault {
                field,
                what: FieldFaultKind::Script,
            });
        }
        Ok(text)
    }

    fn without(
        &self,
        field: &'static str,
        most: usize,
        forbidden: impl Fn(char) -> bool,
    ) -> Result<&str, FieldFault> {
        let fault = |what| FieldFault { field, what };
        let text = self.lines(field, most)?;
        if text.is_empty() {
            return Err(fault(FieldFaultKind::Missing));
        }
        match text.chars().position(forbidden) {
            Some(at) => Err(fault(FieldFaultKind::Control(at))),
            None => Ok(text),
        }
    }

    /// As [`Fields::text`] for a field that may be left empty.
    ///
    /// # Errors
    /// As [`Fields::text`], but for an absent or empty field.
    pub fn optional(&self, field: &'static str, most: usize) -> Result<Option<&str>, FieldFault> {
        if_given(self.text(field, most))
    }

    /// The text of a field of several lines, possibly none.
    ///
    /// # Errors
    /// [`FieldFault`] when it is missing, longer than `most` characters or sent twice.
    pub fn lines(&self, field: &'static str, most: usize) -> Result<&str, FieldFault> {
        let fault = |what| FieldFault { field, what };
        let mut found = self
            .all
            .iter()
            .filter(|(name, _)| name == field)
            .map(|(_, value)| value.trim());
        let text = found.next().ok_or(fault(FieldFaultKind::Missing))?;
        if found.next().is_some() {
            return Err(fault(FieldFaultKind::Twice));
        }
        if text.chars().count() > most {
            return Err(fault(FieldFaultKind::TooLong(most)));
        }
        Ok(text)
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn is_ticked(&self, field: &'static str) -> bool {
        self.text(field, 8).is_ok_and(|value| value == "yes")
    }

    /// The id that the form was drawn with. Loquet hashes it with all that was typed: sent twice the form is the same
    /// attempt, sent again with another code (the browser's "back") it is another one.
    ///
    /// # Errors
    /// [`FieldFault`] when it is missing or not 32 hexadecimal digits.
    pub fn form_id(&self) -> Result<FormId, FieldFault> {
        let field = "attempt";
        FormId::parse(self.text(field, 32)?).ok_or(FieldFault {
            field,
            what: FieldFaultKind::Form,
        })
    }
}

/// What was read of a field that may be left empty.
pub(crate) fn if_given<T>(read: Result<T, FieldFault>) -> Result<Option<T>, FieldFault> {
    match read {
        Err(FieldFault {
            what: FieldFaultKind::Missing,
            ..
        }) => Ok(None),
        other => other.map(Some),
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.all.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Why a request's body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAForm {
    /// Another content type.
    Type,
    /// Larger than the router allows, or cut off.
    Body(StatusCode),
    /// More fields than any form has.
    TooManyFields,
    /// Without the id that every form carries.
    Id,
}

impl NotAForm {
    /// The status that says so.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Type => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(status) => status,
            Self::TooManyFields | Self::Id => StatusCode::BAD_REQUEST,
        }
    }

    /// What to tell the person.
    #[must_use]
    pub fn sentence(self, language: Language) -> &'static str {
        match self {
            Self::Body(StatusCode::PAYLOAD_TOO_LARGE) => language.say(
                "Ce formulaire est trop long. Raccourcissez son contenu et envoyez-le de nouveau.",
                "This form is too long. Shorten what it holds and send it again.",
            ),
            Self::Type | Self::Body(_) | Self::TooManyFields | Self::Id => language.say(
                "Ce formulaire n’est pas arrivé entier. Revenez à la page et envoyez-le de nouveau.",
                "This form did not arrive whole. Go back to the page and send it again.",
            ),
        }
    }
}

impl axum::response::IntoResponse for NotAForm {
    /// For handlers that do not look at the reason themselves: both languages, no layout.
    fn into_response(self) -> axum::response::Response {
        let text = format!(
            "{}\n{}\n",
            self.sentence(Language::French),
            self.sentence(Language::English)
        );
        (self.status(), text).into_response()
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = NotAForm;

    async fn from_request(request: Request, state: &S) -> Result<Self, NotAForm> {
        let is_form = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| {
                kind.trim()
                    .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            });
        if !is_form {
            return Err(NotAForm::Type);
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|fault| NotAForm::Body(fault.status()))?;
        let mut all = Vec::new();
        for (name, value) in pairs(&body) {
            if all.len() == MAX_FIELDS {
                return Err(NotAForm::TooManyFields);
            }
            all.push((mem::take(&mut *plain(name)), plain(value)));
        }
        Ok(Self { all })
    }
}

/// The fields of a form's body, still escaped (WHATWG URL §5.1).
fn pairs(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            (
                parts.next().unwrap_or_default(),
                parts.next().unwrap_or_default(),
            )
        })
}

/// A typed text, as it was before the browser escaped it. `form_urlencoded` would do the same, and leave parts of it
/// in buffers that it gives back unwiped.
fn plain(escaped: &[u8]) -> Zeroizing<String> {
    // Room for all of it: what grows leaves its old place unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(escaped.len().saturating_add(1)));
    for word in escaped.split(|byte| *byte == b'+') {
        bytes.extend(percent_decode(word));
        bytes.push(b' ');
    }
    bytes.pop();
    // A byte that is no UTF-8 becomes the three of U+FFFD.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(3)));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields {
            all: pairs
                .iter()
                .map(|&(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())))
                .collect(),
        }
    }

    fn what<T: fmt::Debug>(result: Result<T, FieldFault>) -> FieldFaultKind {
        result.unwrap_err().what
    }

    #[test]
    fn field_is_bounded_and_single() {
        let form = fields(&[
            ("a", " 123 456 "),
            ("b", "1"),
            ("b", "2"),
            ("c", "é\u{7}"),
            ("d", "  "),
            ("f", "crème"),
        ]);
        assert_eq!(form.text("a", 7), Ok("123 456"));
        assert_eq!(what(form.text("a", 6)), FieldFaultKind::TooLong(6));
        assert_eq!(what(form.text("b", 9)), FieldFaultKind::Twice);
        assert_eq!(what(form.text("c", 9)), FieldFaultKind::Control(1));
        // As many as the browser counts, whatever their bytes.
        assert_eq!(form.text("f", 5), Ok("crème"));
        assert_eq!(what(form.text("d", 9)), FieldFaultKind::Missing);
        assert_eq!(what(form.text("e", 9)), FieldFaultKind::Missing);
        assert_eq!(form.optional("d", 9), Ok(None));
        assert_eq!(what(form.optional("b", 9)), FieldFaultKind::Twice);
    }

    #[test]
    fn form_id_is_32_hexadecimal_digits() {
        let good = "00ff".repeat(8);
        let id = fields(&[("attempt", &good)]).form_id().unwrap();
        assert_eq!(id.to_string(), good);
        for bad in ["", "+0ff00ff00ff00ff00ff00ff00ff00ff", "00ff", "zz"] {
            assert!(fields(&[("attempt", bad)]).form_id().is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_field_value() {
        assert_eq!(
            format!("{:?}", fields(&[("code", "123456")])),
            r#"["code"]"#
        );
    }

    proptest! {
        #[test]
        fn body_is_read_as_the_standard_says(body in "([ab%+=&é]|%[0-9a-fA-F]{2}){0,40}") {
            let read: Vec<(String, String)> = pairs(body.as_bytes())
                .map(|(name, value)| (plain(name).to_string(), plain(value).to_string()))
                .collect();
            let expected: Vec<(String, String)> =
                form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            prop_assert_eq!(read, expected);
        }
    }
}
