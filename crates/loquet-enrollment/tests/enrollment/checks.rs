//! Checks for any input, shared by the property tests, the fuzz targets and the replay of their corpus.
#![allow(dead_code, reason = "each fuzz target uses a part")]

use loquet_enrollment::base32::{self, Base32Error};
use loquet_enrollment::{
    App, Import, KeyUri, Label, ManualKey, MovingFactor, Parameters, PrintedCode, Qr, Warning,
};
use loquet_otp::{Algorithm, Digits, Period, Secret};

/// Aegis supports all parameters, so every URI can be made.
const HONEST: [App; 1] = [App::Aegis];

/// A label, a secret and parameters, made from any bytes.
pub(crate) struct Emission {
    pub(crate) issuer: String,
    pub(crate) account: String,
    pub(crate) secret: Vec<u8>,
    pub(crate) parameters: Parameters,
}

/// Converts an import, to emit it again.
impl From<Import> for Emission {
    fn from(import: Import) -> Self {
        Self {
            issuer: import.issuer.unwrap_or_default(),
            account: import.account,
            secret: import.secret.expose().to_vec(),
            parameters: import.parameters,
        }
    }
}

impl Emission {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut bytes = bytes.iter().copied();
        let mut next = || bytes.next().unwrap_or(0);
        let algorithm = Algorithm::ALL[usize::from(next() % 3)];
        let digits = Digits::ALL[usize::from(next() % 3)];
        let number = u64::from_le_bytes([
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
        ]);
        let moving = if number % 4 == 0 {
            MovingFactor::Counter(number)
        } else {
            MovingFactor::Time(Period::new(number % 3600 + 1).unwrap())
        };
        let secret = (0..next() % 140).map(|_| next()).collect();
        let issuer_length = usize::from(next()) / 2;
        let rest: Vec<u8> = bytes.collect();
        let text = String::from_utf8_lossy(&rest);
        let issuer = text.chars().take(issuer_length).collect();
        let account = text.chars().skip(issuer_length).collect();
        Self {
            issuer,
            account,
            secret,
            parameters: Parameters {
                algorithm,
                digits,
                moving,
            },
        }
    }

    /// Checks that this crate and `totp-rs` read the emitted URI back without a warning, and that it fits a QR code.
    pub(crate) fn holds(&self) {
        let Ok(label) = Label::new(&self.issuer, &self.account) else {
            return;
        };
        let Ok(secret) = Secret::new(&self.secret) else {
            return;
        };
        let uri = KeyUri::for_apps(&label, &secret, &self.parameters, &HONEST).unwrap();
        let text = uri.expose();
        assert!(
            text.is_ascii() && !text.contains(['+', ' ', '"', '<']),
            "{text}"
        );
        Qr::encode(text).unwrap();

        let import = Import::parse(text).unwrap();
        assert_eq!(import.issuer.as_deref(), Some(label.issuer()));
        assert_eq!(import.account, label.account());
        assert_eq!(import.secret, secret);
        assert_eq!(import.parameters, self.parameters);
        assert_eq!(import.warnings, []);

        if let MovingFactor::Time(period) = self.parameters.moving {
            let peer = totp_rs::Totp::from_url(text).unwrap();
            assert_eq!(peer.issuer(), Some(label.issuer()));
            assert_eq!(peer.account_name(), label.account());
            assert_eq!(peer.secret().as_bytes(), secret.expose());
            assert_eq!(peer.digits(), self.parameters.digits.count());
            assert_eq!(peer.step(), period.seconds());
            assert_eq!(
                peer.algorithm().to_string(),
                self.parameters.algorithm.name()
            );
        }
    }
}

/// Checks that any text is a key URI or an error within the text, and that an import can be emitted and read back.
pub(crate) fn check_uri_text(text: &str) {
    let import = match Import::parse(text) {
        Ok(import) => import,
        Err(error) => {
            assert!(text.is_char_boundary(error.position), "{error}: {text:?}");
            return;
        }
    };
    for warning in &import.warnings {
        assert!(
            text.is_char_boundary(warning.position),
            "{warning:?}: {text:?}"
        );
    }
    assert!(!import.account.chars().any(char::is_control));
    if !text.starts_with('\u{feff}')
        && let Ok(marked) = Import::parse(&format!("\u{feff}{text}"))
    {
        let moved = |warnings: &[Warning], by| -> Vec<usize> {
            warnings
                .iter()
                .map(|warning| warning.position + by)
                .collect()
        };
        assert_eq!(
            moved(&marked.warnings, 0),
            moved(&import.warnings, 3),
            "{text:?}"
        );
        let warnings = import.warnings.clone();
        assert_eq!(Import { warnings, ..marked }, import, "{text:?}");
    }
    Emission::from(import).holds();
}

/// Decodes base32 bit by bit.
fn naive_base32(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let values = text
        .chars()
        .filter_map(|c| alphabet.find(c.to_ascii_uppercase()));
    let bits: Vec<bool> = values
        .flat_map(|value| (0..5).rev().map(move |bit| value >> bit & 1 == 1))
        .collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, &bit| sum * 2 + u8::from(bit)))
        .collect()
}

/// Checks that any text is base32 as the naive decoder reads it, or an error at the first invalid character.
pub(crate) fn check_base32_text(text: &str) {
    match base32::decode(text) {
        Ok(decoded) => {
            assert_eq!(decoded.expose(), naive_base32(text), "{text:?}");
            let canonical = base32::encode(decoded.expose());
            assert!(
                canonical
                    .bytes()
                    .all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
            );
            let again = base32::decode(&canonical).unwrap();
            assert_eq!(again.expose(), decoded.expose());
            assert!(!again.lower_case && !again.separators && !again.leftover);
            let written = text == canonical.as_str();
            assert_eq!(
                written,
                !decoded.lower_case && !decoded.separators && !decoded.leftover,
                "{text:?}"
            );
        }
        Err(Base32Error::TooLong { position, length }) => {
            assert!(length == text.len() && length > base32::MAX_TEXT);
            assert!(text.is_char_boundary(position) && position <= base32::MAX_TEXT);
        }
        Err(error) => {
            let (before, after) = text.split_at(error.position());
            assert!(
                base32::decode(before).is_ok(),
                "{text:?}: not the first fault"
            );
            if let Base32Error::Symbol {
                character, found, ..
            } = error
            {
                assert_eq!(after.chars().next(), Some(found));
                assert_eq!(before.chars().count(), character);
            }
        }
    }
}

/// Checks that any text is a manual key that parses in every grouping, or is refused; and the same for printed codes.
pub(crate) fn check_typed_text(text: &str) {
    if let Ok(key) = ManualKey::parse(text) {
        assert_eq!(key.secret().expose(), naive_base32(text), "{text:?}");
        let peer = totp_rs::Secret::try_from_base32(key.ungrouped().as_str());
        assert_eq!(peer.unwrap().as_bytes(), key.secret().expose());
        let grouped = key.grouped();
        let mut groups = grouped.split(' ').rev();
        assert!(groups.next().is_some_and(|last| last.len() <= 4));
        assert!(groups.all(|group| group.len() == 4));
        for spelling in [
            grouped.to_lowercase(),
            grouped.replace(' ', "-"),
            key.ungrouped().to_string(),
        ] {
            assert_eq!(ManualKey::parse(&spelling).unwrap(), key);
        }
    }
    if let Ok(code) = text.parse::<PrintedCode>() {
        assert_eq!(code.expose().parse::<PrintedCode>().unwrap(), code);
    }
}
