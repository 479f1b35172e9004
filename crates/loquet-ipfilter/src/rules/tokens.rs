//! Splits a line of rules into words and parses single words.

use crate::rules::text_error::{Fault, TextFault};
use crate::{Asn, BYTE_ORDER_MARK, Class, Country, Decision, DeviceTier, Named};

/// A word of a line: the position of its first byte, whether it was quoted, and its text.
#[derive(Clone, Copy)]
pub(crate) struct Word<'t> {
    pub(crate) at: usize,
    pub(crate) quoted: bool,
    pub(crate) text: &'t str,
}

impl Word<'_> {
    pub(crate) fn fault(self, fault: TextFault) -> Fault {
        Fault { at: self.at, fault }
    }

    pub(crate) fn expected(self, what: &'static str) -> Fault {
        self.fault(TextFault::Expected(what))
    }
}

pub(crate) struct Words<'t> {
    line: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    pub(crate) const fn of(line: &'t str) -> Self {
        Self { line, at: 0 }
    }

    pub(crate) fn next(&mut self) -> Result<Option<Word<'t>>, Fault> {
        let word = self.split()?;
        let start = |word: &Word<'_>| word.at.saturating_add(word.quoted.into());
        let mark = |word: &Word<'_>| {
            let at = word.text.find(BYTE_ORDER_MARK)?;
            Some(start(word).saturating_add(at))
        };
        match word.as_ref().and_then(mark) {
            Some(at) => Err(Fault {
                at,
                fault: TextFault::ByteOrderMark,
            }),
            None => Ok(word),
        }
    }

    fn split(&mut self) -> Result<Option<Word<'t>>, Fault> {
        let rest = self.line.get(self.at..).unwrap_or_default();
        let blank = rest
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        let at = self.at.saturating_add(blank);
        let rest = rest.get(blank..).unwrap_or_default();
        match rest.as_bytes() {
            [] | [b'#', ..] => {
                self.at = self.line.len();
                Ok(None)
            }
            [b'"', inner @ ..] => {
                let Some(len) = inner.iter().position(|&b| b == b'"') else {
                    return Err(Fault {
                        at,
                        fault: TextFault::OpenQuote,
                    });
                };
                let start = at.saturating_add(1);
                let end = start.saturating_add(len);
                self.at = end.saturating_add(1);
                Ok(Some(Word {
                    at,
                    quoted: true,
                    text: self.line.get(start..end).unwrap_or_default(),
                }))
            }
            bytes => {
                let len = bytes
                    .iter()
                    .position(|b| matches!(b, b' ' | b'\t' | b'#' | b'"'))
                    .unwrap_or(bytes.len());
                self.at = at.saturating_add(len);
                Ok(Some(Word {
                    at,
                    quoted: false,
                    text: rest.get(..len).unwrap_or_default(),
                }))
            }
        }
    }

    pub(crate) fn need(&mut self, what: &'static str) -> Result<Word<'t>, Fault> {
        self.next()?.ok_or(self.expected_at_end(what))
    }

    const fn expected_at_end(&self, what: &'static str) -> Fault {
        Fault {
            at: self.line.len(),
            fault: TextFault::Expected(what),
        }
    }

    /// Parses the rest of the line: values, and keywords that give the kind of the values after them. A keyword that is
    /// not in `keys` or has no value is refused, because the condition would be silently lost. `other` is the error
    /// text for the former.
    pub(crate) fn values(
        mut self,
        keys: &[Key],
        other: Option<&'static str>,
        mut take: impl FnMut(Key, Word<'t>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut key = Key::Address;
        let mut waiting = false;
        while let Some(word) = self.next()? {
            if !word.quoted
                && let Some(next) = Key::from_word(word.text)
            {
                if waiting || !keys.contains(&next) {
                    return Err(word.expected(other.unwrap_or(key.values())));
                }
                (key, waiting) = (next, true);
                continue;
            }
            waiting = false;
            take(key, word)?;
        }
        if waiting {
            return Err(self.expected_at_end(key.values()));
        }
        Ok(())
    }

    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        self.next()?
            .map_or(Ok(()), |word| Err(word.expected("the end of the line")))
    }
}

/// The kinds of values in a rule or a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Address,
    Place,
    Country,
    Asn,
    Class,
    Device,
}

impl Key {
    pub(crate) const ALL: [Self; 6] = [
        Self::Address,
        Self::Place,
        Self::Country,
        Self::Asn,
        Self::Class,
        Self::Device,
    ];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "address" => Self::Address,
            "place" => Self::Place,
            "country" => Self::Country,
            "asn" => Self::Asn,
            "class" => Self::Class,
            "device" => Self::Device,
            _ => return None,
        })
    }

    pub(crate) const fn values(self) -> &'static str {
        match self {
            Self::Address => {
                "a network, `any`, `any-v4`, `any-v6`, `private`, `loopback`, `link-local` or `unknown`"
            }
            Self::Place => "the name of a place in quotation marks",
            Self::Country => COUNTRIES,
            Self::Asn => ASNS,
            Self::Class => CLASSES,
            Self::Device => "`known` or `unknown`",
        }
    }
}

pub(crate) const PRECEDENCES: &str = "`deny-overrides`, `most-specific` or `first-match`";
const COUNTRIES: &str = "a country's two capital letters or `unknown`";
const ASNS: &str = "the number of an autonomous system, without `AS`, or `unknown`";
/// The error text for `allow Canada`, `allow from 192.0.2.1` or `allow localhost`.
pub(crate) const CONDITIONS: &str = "a network, `any`, `any-v4`, `any-v6`, `private`, `loopback`, `link-local`, `unknown`, or a keyword before the name: `country`, `place`, `asn`, `class`, `device`";
const CLASSES: &str =
    "`special`, `tunnel`, `anonymous`, `vpn`, `proxy`, `tor`, `hosting` or `unknown`";

pub(crate) fn decision(word: Word<'_>) -> Result<Decision, Fault> {
    match word.text {
        "allow" => Ok(Decision::Allow),
        "deny" => Ok(Decision::Deny),
        _ => Err(word.expected("`allow` or `deny`")),
    }
}

pub(crate) fn device(word: Word<'_>) -> Result<DeviceTier, Fault> {
    match word.text {
        "known" => Ok(DeviceTier::Known),
        "unknown" => Ok(DeviceTier::Unknown),
        _ => Err(word.expected(Key::Device.values())),
    }
}

/// Returns whether a word cannot be meant as an address.
pub(crate) fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

pub(crate) fn named<T>(
    word: Word<'_>,
    read: impl Fn(Word<'_>) -> Result<T, Fault>,
) -> Result<Named<T>, Fault> {
    if word.text == "unknown" {
        Ok(Named::Unknown)
    } else {
        read(word).map(Named::Is)
    }
}

pub(crate) fn country(word: Word<'_>) -> Result<Country, Fault> {
    Country::from_code(word.text).ok_or_else(|| word.expected(COUNTRIES))
}

pub(crate) fn asn(word: Word<'_>) -> Result<Asn, Fault> {
    plain_number(word, ASNS).map(Asn)
}

pub(crate) fn class(word: Word<'_>) -> Result<Class, Fault> {
    let found = Class::ALL.iter().find(|(_, name)| *name == word.text);
    found
        .map(|(class, _)| *class)
        .ok_or_else(|| word.expected(CLASSES))
}

/// Parses a decimal number without sign or leading zero.
pub(crate) fn plain_number(word: Word<'_>, what: &'static str) -> Result<u32, Fault> {
    let plain = match word.text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !plain {
        return Err(word.expected(what));
    }
    word.text.parse().map_err(|_| word.expected(what))
}
