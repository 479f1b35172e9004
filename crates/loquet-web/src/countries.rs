//! What people call countries.

use crate::Language;

/// A code of ISO 3166-1, the French name and the English one, a line each. A country that is not here is shown by its code.
const TABLE: &str = include_str!("assets/countries.txt");

fn all(language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter_map(move |line| {
        let (code, names) = line.split_once(' ')?;
        let (french, english) = names.split_once('|')?;
        Some((code, language.say(french, english)))
    })
}

/// The country's name.
pub(crate) fn name(code: &str, language: Language) -> Option<&'static str> {
    all(language)
        .find(|(known, _)| *known == code)
        .map(|(_, name)| name)
}

/// Codes and names, by name as people look them up: É stands with E.
pub(crate) fn sorted(language: Language) -> Vec<(&'static str, &'static str)> {
    let mut list: Vec<_> = all(language).collect();
    list.sort_by_cached_key(|(_, name)| {
        name.chars()
            .map(|c| match c {
                'É' | 'é' | 'è' => 'e',
                'Î' | 'î' => 'i',
                other => other.to_ascii_lowercase(),
            })
            .collect::<String>()
    });
    list
}

#[cfg(test)]
mod tests {
    use loquet_ipfilter::Country;

    use super::*;

    #[test]
    fn every_country_has_two_names() {
        let list = sorted(Language::French);
        assert_eq!(list.len(), TABLE.lines().count());
        let mut codes: Vec<_> = list.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), list.len());
        assert!(codes.iter().all(|code| Country::from_code(code).is_some()));
        assert_eq!(name("CA", Language::English), Some("Canada"));
        assert_eq!(name("US", Language::French), Some("États-Unis"));
        assert_eq!(name("ZZ", Language::French), None);
    }

    #[test]
    fn accents_do_not_change_the_order() {
        let list = sorted(Language::French);
        let at = |code| list.iter().position(|(known, _)| *known == code).unwrap();
        assert!(at("ES") < at("US") && at("US") < at("FI"));
    }
}
