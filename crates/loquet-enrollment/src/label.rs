//! The names that an app shows above the code.

/// The longest issuer, in bytes of UTF-8. Apps truncate longer names, and each escaped byte takes three in the QR code.
pub const MAX_ISSUER: usize = 128;
/// The longest account, in bytes of UTF-8: the longest e-mail address (RFC 5321 §4.5.3.1.3).
pub const MAX_ACCOUNT: usize = 254;

/// An issuer and an account that every app of [`App`](crate::App) shows unchanged.
///
/// ```
/// use loquet_enrollment::Label;
/// let label = Label::new("Mairie de Saint-Éloi", "marie+creche@x.ca")?;
/// assert_eq!(label.issuer(), "Mairie de Saint-Éloi");
/// assert!(Label::new("Mairie: accueil", "marie").is_err());
/// # Ok::<(), loquet_enrollment::LabelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    issuer: String,
    account: String,
}

/// A part of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LabelPart {
    /// The service or organization that issues the secret.
    Issuer,
    /// The owner of the secret: an e-mail address or a user name.
    Account,
}

impl core::fmt::Display for LabelPart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Issuer => "issuer",
            Self::Account => "account",
        })
    }
}

/// The reason why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The name is empty. Google Authenticator refuses an empty account, and an empty issuer tells the user nothing.
    #[error("the {part} is empty")]
    Empty {
        /// The part of the label.
        part: LabelPart,
    },
    /// Apps read this character differently, even when it is escaped.
    #[error("`{}` at byte {position} of the {part} is read differently by different apps: leave it out", found.escape_debug())]
    Character {
        /// The part of the label.
        part: LabelPart,
        /// The character.
        found: char,
        /// The byte offset in the name.
        position: usize,
    },
    /// The name begins or ends with a space. Some apps trim it and some do not.
    #[error("the {part} begins or ends with a space")]
    SurroundingSpace {
        /// The part of the label.
        part: LabelPart,
    },
    /// The name is longer than [`MAX_ISSUER`] or [`MAX_ACCOUNT`].
    #[error("the {part} has {length} bytes: at most {limit} are allowed")]
    TooLong {
        /// The part of the label.
        part: LabelPart,
        /// The length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Label {
    /// Creates a label from the names to show.
    ///
    /// # Errors
    /// [`LabelError`] if a name is empty, too long, begins or ends with a space, or contains one of `: & ? # % /`, a
    /// control character or a character that reverses the writing direction (so that it could imitate another name). The
    /// issuer must not contain `+` either, because iPhones show it where other apps show a space.
    pub fn new(issuer: &str, account: &str) -> Result<Self, LabelError> {
        check(LabelPart::Issuer, issuer, MAX_ISSUER)?;
        check(LabelPart::Account, account, MAX_ACCOUNT)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            account: account.to_owned(),
        })
    }

    /// Returns the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

fn check(part: LabelPart, text: &str, limit: usize) -> Result<(), LabelError> {
    if text.len() > limit {
        return Err(LabelError::TooLong {
            part,
            length: text.len(),
            limit,
        });
    }
    if text.trim().is_empty() {
        return Err(LabelError::Empty { part });
    }
    if text.trim() != text {
        return Err(LabelError::SurroundingSpace { part });
    }
    let refused = |c: char| {
        matches!(c, ':' | '&' | '?' | '#' | '%' | '/')
            || (c == '+' && part == LabelPart::Issuer)
            || is_deceptive(c)
    };
    match text.char_indices().find(|&(_, c)| refused(c)) {
        Some((position, found)) => Err(LabelError::Character {
            part,
            found,
            position,
        }),
        None => Ok(()),
    }
}

/// Returns whether the text has control characters, which break log lines (OWASP ASVS 16.4.1), or directional
/// embeddings, overrides or isolates, which reorder text. Marks and joiners are allowed: Persian and emoji need them.
pub(crate) fn has_deceptive(text: &str) -> bool {
    // Most names are ASCII, and bytes are checked faster than characters.
    let plain = text
        .bytes()
        .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    !plain && text.chars().any(is_deceptive)
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{Label, LabelError, LabelPart};

    #[test]
    fn error_names_character_and_position() {
        for found in [':', '&', '?', '#', '%', '/', '\n', '\0', '\u{202e}'] {
            let name = format!("É{found}x");
            let issuer = LabelError::Character {
                part: LabelPart::Issuer,
                found,
                position: 2,
            };
            let account = LabelError::Character {
                part: LabelPart::Account,
                found,
                position: 2,
            };
            assert_eq!(Label::new(&name, "a"), Err(issuer));
            assert_eq!(Label::new("a", &name), Err(account));
        }
        assert!(matches!(
            Label::new("a+b", "c"),
            Err(LabelError::Character { found: '+', .. })
        ));
        let error = Label::new("Mairie: accueil", "a").unwrap_err().to_string();
        assert!(error.starts_with("`:` at byte 6 of the issuer"), "{error}");
    }

    #[test]
    fn names_of_all_scripts_are_accepted() {
        for name in [
            "marie+creche@x.ca",
            "o'brien@x.ca",
            "مريم",
            "玛丽",
            "👩‍👧 Marie",
            "می‌خواهم",
        ] {
            assert!(Label::new("x", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn empty_padded_and_overlong_names_are_refused() {
        assert!(matches!(
            Label::new("x", ""),
            Err(LabelError::Empty {
                part: LabelPart::Account
            })
        ));
        assert!(matches!(
            Label::new(" \u{a0}", "x"),
            Err(LabelError::Empty {
                part: LabelPart::Issuer
            })
        ));
        assert!(matches!(
            Label::new("x", "x "),
            Err(LabelError::SurroundingSpace {
                part: LabelPart::Account
            })
        ));
        assert!(Label::new(&"x".repeat(128), &"x".repeat(254)).is_ok());
        assert!(matches!(
            Label::new(&"x".repeat(129), "x"),
            Err(LabelError::TooLong {
                length: 129,
                limit: 128,
                ..
            })
        ));
        assert!(matches!(
            Label::new("x", &"x".repeat(255)),
            Err(LabelError::TooLong {
                length: 255,
                limit: 254,
                ..
            })
        ));
    }
}
