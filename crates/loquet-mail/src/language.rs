//! French and English, side by side.

/// The language of a letter or a page. French unless another is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Français.
    #[default]
    French,
    /// English.
    English,
}

impl Language {
    /// Returns the one of two texts that is in this language. Both stand side by side in the source, so that neither is
    /// forgotten.
    ///
    /// ```
    /// use loquet_mail::Language;
    /// assert_eq!(Language::French.say("Retour", "Back"), "Retour");
    /// ```
    pub fn say<T>(self, french: T, english: T) -> T {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// Returns the code for the `lang` attribute (BCP 47).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Returns the other language.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    /// Returns the language of a [`code`](Self::code).
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::French, Self::English]
            .into_iter()
            .find(|language| language.code() == code)
    }
}
