//! French and English, side by side.

/// The language of a page. French unless English was chosen: what the browser prefers says more about who set up the
/// computer than about who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Français.
    #[default]
    French,
    /// English.
    English,
}

impl Language {
    /// The one of two texts that is in this language. Both stand side by side in the source, so that neither is forgotten.
    ///
    /// ```
    /// use loquet_web::Language;
    /// assert_eq!(Language::French.say("Retour", "Back"), "Retour");
    /// ```
    pub fn say<T>(self, french: T, english: T) -> T {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// For the `lang` attribute (BCP 47).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::French, Self::English]
            .into_iter()
            .find(|language| language.code() == code)
    }
}
