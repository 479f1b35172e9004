//! French and English, side by side.

/// The language of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
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
    pub(crate) fn say<T>(self, french: T, english: T) -> T {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }
}
