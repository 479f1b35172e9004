//! The key file: one key a line.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Keyring, MasterKey, SealError};

impl Keyring {
    /// Reads the key file, or the same text from an environment variable: one key a line, `ID HEX`, ids rising, blank
    /// lines and `#` comments allowed; a `;` ends a line too. The last line seals, unless it ends in the word `waiting`:
    /// such a key only opens, until every process that uses the store knows it.
    ///
    /// ```
    /// use loquet::seal::Keyring;
    /// let text = format!("# since 2026-11\n1 {}\n", "ab".repeat(32));
    /// assert!(Keyring::parse(&text).is_ok());
    /// let two = format!("1 {}; 2 {} waiting", "ab".repeat(32), "cd".repeat(32));
    /// assert_eq!(Keyring::parse(&two)?.current(), 1);
    /// assert!(Keyring::parse("1 short").is_err());
    /// # Ok::<(), loquet::seal::SealError>(())
    /// ```
    ///
    /// # Errors
    /// [`SealError`] with the line at fault; the error never repeats what stands there.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let mut keys = BTreeMap::new();
        let (mut newest, mut current) = (None, None);
        for (line, content) in (1..).zip(text.split(['\n', ';'])) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let bad = SealError::BadLine { line };
            let mut words = content.split_whitespace();
            let id: Option<u32> = words.next().and_then(|id| id.parse().ok());
            let key = words.next().and_then(unhex);
            let (Some(id), Some(key)) = (id, key) else {
                return Err(bad);
            };
            // A rising order, so that the last line is the newest key and no line hides another.
            if newest.is_some_and(|newest| id <= newest) {
                return Err(SealError::NotNewer { line, id });
            }
            newest = Some(id);
            match (words.next(), words.next()) {
                (None, _) => current = Some(id),
                (Some("waiting"), None) => {}
                _ => return Err(bad),
            }
            keys.insert(id, MasterKey(key));
        }
        current
            .map(|current| Self { keys, current })
            .ok_or(SealError::Empty)
    }

    /// The text of a key file with this one key.
    #[must_use]
    pub fn line(id: u32, key: &[u8; 32]) -> Zeroizing<String> {
        // Room for all of it: what grows leaves its old place unwiped.
        let mut text = Zeroizing::new(String::with_capacity(80));
        text.push_str(&id.to_string());
        text.push(' ');
        for digit in key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text.push('\n');
        text
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let text = text.as_bytes();
    if text.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |c: u8| {
            char::from(c)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        *byte = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_key_file_names_its_line_and_repeats_nothing() {
        let key = "ab".repeat(32);
        assert_eq!(
            Keyring::parse("# nothing\n\n").unwrap_err(),
            SealError::Empty
        );
        assert_eq!(
            Keyring::parse("x").unwrap_err(),
            SealError::BadLine { line: 1 }
        );
        let twice = format!("1 {key}\n1 {key}");
        assert_eq!(
            Keyring::parse(&twice).unwrap_err(),
            SealError::NotNewer { line: 2, id: 1 }
        );
        assert_eq!(
            Keyring::parse(&format!("1 {key} waiting")).unwrap_err(),
            SealError::Empty
        );
        for bad in [" later", " waiting waiting", " waiting #", "x"] {
            let text = format!("1 {key};2 {key}{bad}");
            let parsed = Keyring::parse(&text);
            assert_eq!(parsed.is_ok(), bad.contains('#'), "{bad}: {parsed:?}");
        }
        let long = format!("\n1 {key}00");
        let error = Keyring::parse(&long).unwrap_err();
        assert_eq!(error, SealError::BadLine { line: 2 });
        assert!(!error.to_string().contains("abab"));
        assert!(!format!("{:?}", Keyring::parse(&format!("1 {key}")).unwrap()).contains("abab"));
    }
}
