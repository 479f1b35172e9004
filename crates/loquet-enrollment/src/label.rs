//! The names an app shows above the code.

/// The longest issuer, in bytes of UTF-8. Apps cut what is longer, and each escaped byte costs three in the QR code.
pub const MAX_ISSUER: usize = 128;
/// The longest account, in bytes of UTF-8: the longest e-mail address (RFC 5321 §4.5.3.1.3).
pub const MAX_ACCOUNT: usize = 254;

/// Issuer and account, checked so that every app of [`App`](crate::App) shows exactly these names.
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

/// One of the two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// Who gave the secret: the service or its organisation.
    Issuer,
    /// Whose secret it is: an e-mail address or a user name.
    Account,
}

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Issuer => "issuer",
            Self::Account => "account",
        })
    }
}

/// Why a name cannot be emitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// Google Authenticator refuses an empty account, and an empty issuer tells the person nothing.
    #[error("the {name} is empty")]
    Empty {
        /// Which name.
        name: Name,
    },
    /// Apps disagree about this character, even when it is escaped.
    #[error("`{}` at byte {position} of the {name} is read differently by different apps: leave it out", found.escape_debug())]
    Character {
        /// Which name.
        name: Name,
        /// The character.
        found: char,
        /// Byte offset in the name.
        position: usize,
    },
    /// Some apps trim blanks at the edges and some do not.
    #[error("the {name} begins or ends with a blank")]
    Blank {
        /// Which name.
        name: Name,
    },
    /// Longer than [`MAX_ISSUER`] or [`MAX_ACCOUNT`].
    #[error("the {name} has {length} bytes; at most {limit} are possible")]
    TooLong {
        /// Which name.
        name: Name,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Label {
    /// Takes the names as they shall be shown.
    ///
    /// # Errors
    /// [`LabelError`] when a name is empty, too long, has a blank at an edge, or holds one of `: & ? # % /`, a control
    /// character or a character that reverses the writing direction (a name could then pass for another). The issuer
    /// must not hold `+` either: iPhones show it where others show a blank.
    pub fn new(issuer: &str, account: &str) -> Result<Self, LabelError> {
        check(Name::Issuer, issuer, MAX_ISSUER)?;
        check(Name::Account, account, MAX_ACCOUNT)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            account: account.to_owned(),
        })
    }

    /// Who gave the secret.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose secret it is.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

fn check(name: Name, text: &str, limit: usize) -> Result<(), LabelError> {
    if text.len() > limit {
        return Err(LabelError::TooLong {
            name,
            length: text.len(),
            limit,
        });
    }
    if text.trim().is_empty() {
        return Err(LabelError::Empty { name });
    }
    if text.trim() != text {
        return Err(LabelError::Blank { name });
    }
    let refused = |c: char| {
        matches!(c, ':' | '&' | '?' | '#' | '%' | '/')
            || (c == '+' && name == Name::Issuer)
            || is_deceptive(c)
    };
    match text.char_indices().find(|&(_, c)| refused(c)) {
        Some((position, found)) => Err(LabelError::Character {
            name,
            found,
            position,
        }),
        None => Ok(()),
    }
}

/// Control characters break log lines (OWASP ASVS 16.4.1); embeddings, overrides and isolates reorder what is shown.
/// Marks and joiners stay: Persian and emoji need them.
pub(crate) fn has_deceptive(text: &str) -> bool {
    // Most names are plain ASCII, and bytes are looked through faster than characters.
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
    use super::{Label, LabelError, Name};

    #[test]
    fn the_error_names_the_character_and_its_place() {
        for found in [':', '&', '?', '#', '%', '/', '\n', '\0', '\u{202e}'] {
            let name = format!("É{found}x");
            let issuer = LabelError::Character {
                name: Name::Issuer,
                found,
                position: 2,
            };
            let account = LabelError::Character {
                name: Name::Account,
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
    fn addresses_and_names_of_all_scripts_pass() {
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
    fn empty_blank_and_long_names_are_refused() {
        assert!(matches!(
            Label::new("x", ""),
            Err(LabelError::Empty {
                name: Name::Account
            })
        ));
        assert!(matches!(
            Label::new(" \u{a0}", "x"),
            Err(LabelError::Empty { name: Name::Issuer })
        ));
        assert!(matches!(
            Label::new("x", "x "),
            Err(LabelError::Blank {
                name: Name::Account
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
