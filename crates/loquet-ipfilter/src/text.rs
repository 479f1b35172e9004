//! The text of rules, one a line, and back.
//!
//! ```text
//! precedence deny-overrides            # or most-specific, first-match
//! default deny                         # or allow
//! place "Garderie Laval" = 203.0.113.0/28 198.51.100.7/32
//! place "Canada" = country CA
//! allow place "Garderie Laval"
//! for tag 1 2 allow place "Canada" device known
//! deny 192.0.2.0/24 class tor tunnel
//! ```

use std::sync::Arc;

use thiserror::Error;

use crate::prefix::plain_v4_before;
use crate::rules::{Extra, Prefixes, insert};
use crate::{
    Asn, Class, Country, Decision, DeviceTier, Embedded, Named, Place, PlaceItem, Precedence,
    Prefix, PrefixError, Rule, RuleFault, Rules, Tag,
};

/// Why a text is not a set of rules, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct RulesError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong there.
    pub fault: TextFault,
}

/// What is wrong with one line of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextFault {
    /// A network that cannot be read.
    #[error("{0}")]
    Prefix(PrefixError),
    /// A rule or place that cannot be added.
    #[error("{0}")]
    Rule(RuleFault),
    /// A word that does not belong here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A name without its second quotation mark.
    #[error("the quotation mark is never closed")]
    OpenQuote,
    /// `precedence`, `default` or `embedded` for the second time.
    #[error("already set above")]
    Twice,
    /// More than [`Rules::MAX_TEXT`] bytes.
    #[error("the text is longer than {} bytes", Rules::MAX_TEXT)]
    TooLong,
}

impl Rules {
    /// Reads rules from text, one a line; `#` starts a comment. A text without a `default` line denies.
    ///
    /// ```
    /// use loquet_ipfilter::Rules;
    ///
    /// let rules = Rules::parse_text("default deny\nallow 203.0.113.0/28\n")?;
    /// assert_eq!(Rules::parse_text(&rules.to_string())?.to_string(), rules.to_string());
    ///
    /// let error = Rules::parse_text("allow 192.168.010.0/24").unwrap_err();
    /// assert_eq!((error.line, error.column), (1, 15));
    /// # Ok::<(), loquet_ipfilter::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// The first fault, with its line and column. Nothing is skipped: a rule that cannot be read is never left out.
    pub fn parse_text(text: &str) -> Result<Self, RulesError> {
        if text.len() > Self::MAX_TEXT {
            return Err(RulesError {
                line: 1,
                column: 1,
                fault: TextFault::TooLong,
            });
        }
        let mut reader = Reader::default();
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        let most = (text.len() / SHORTEST_RULE).min(Self::MAX_RULES);
        reader.list.reserve_exact(lines.saturating_add(1).min(most));
        let (mut rest, mut number) = (text, 0_u32);
        while !rest.is_empty() {
            number = number.saturating_add(1);
            if let Some((rule, length)) = plain_rule(rest, number) {
                reader
                    .add(rule, 0)
                    .map_err(|fault| fault.at(number, rest))?;
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let line = line.strip_suffix('\r').unwrap_or(line);
            reader
                .line(line, number)
                .map_err(|fault| fault.at(number, line))?;
            rest = after;
        }
        reader.rules.rules = Arc::new(reader.list);
        // Places may be defined below the rules that use them, so names are looked up at the end.
        for rule in reader.rules.rules.iter() {
            if let Some(name) = rule
                .places()
                .find(|name| reader.rules.place(name).is_none())
            {
                let line = text
                    .split('\n')
                    .nth(to_index(rule.line))
                    .unwrap_or_default();
                let at = line.find(&format!("\"{name}\"")).unwrap_or(0);
                let fault = TextFault::Rule(RuleFault::UnknownPlace(name.into()));
                return Err(Fault { at, fault }.at(rule.line, line));
            }
        }
        Ok(reader.rules)
    }
}

/// `deny any` with its end of line.
const SHORTEST_RULE: usize = 9;

/// The common line, a decision and one IPv4 network, without taking it apart into words: a tenth of the time to read
/// 900,000 of them. With the length of the line, its end included. Whatever it does not take goes the long way, which
/// also words the error.
fn plain_rule(text: &str, number: u32) -> Option<(Rule, usize)> {
    let (decision, network) = match text.as_bytes() {
        [b'a', b'l', b'l', b'o', b'w', b' ', network @ ..] => (Decision::Allow, network),
        [b'd', b'e', b'n', b'y', b' ', network @ ..] => (Decision::Deny, network),
        _ => return None,
    };
    let (prefix, after) = plain_v4_before(network)?;
    let after = match after {
        [] | [b'\r'] => &[],
        [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] => after,
        _ => return None,
    };
    let rule = Rule {
        decision,
        line: number,
        prefixes: Prefixes::One(prefix),
        extra: None,
    };
    Some((rule, text.len().saturating_sub(after.len())))
}

fn to_index(line: u32) -> usize {
    usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX)
}

struct Fault {
    at: usize,
    fault: TextFault,
}

impl Fault {
    fn at(self, line: u32, text: &str) -> RulesError {
        let before = text
            .char_indices()
            .take_while(|(at, _)| *at < self.at)
            .count();
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        RulesError {
            line,
            column,
            fault: self.fault,
        }
    }
}

#[derive(Default)]
struct Reader {
    /// Everything but the list of rules, which is not shared yet.
    rules: Rules,
    list: Vec<Rule>,
    seen: [bool; 3],
}

/// A word of a line: its first byte's position, whether it was quoted, and the text.
#[derive(Clone, Copy)]
struct Word<'t> {
    at: usize,
    quoted: bool,
    text: &'t str,
}

impl Word<'_> {
    fn fault(self, fault: TextFault) -> Fault {
        Fault { at: self.at, fault }
    }

    fn expected(self, what: &'static str) -> Fault {
        self.fault(TextFault::Expected(what))
    }
}

struct Words<'t> {
    line: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    fn next(&mut self) -> Result<Option<Word<'t>>, Fault> {
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

    fn need(&mut self, what: &'static str) -> Result<Word<'t>, Fault> {
        self.next()?.ok_or(Fault {
            at: self.line.len(),
            fault: TextFault::Expected(what),
        })
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.next()?
            .map_or(Ok(()), |word| Err(word.expected("the end of the line")))
    }
}

const LINE_START: &str =
    "`allow`, `deny`, `for tag`, `place`, `default`, `precedence` or `embedded`";

impl Reader {
    fn line(&mut self, line: &str, number: u32) -> Result<(), Fault> {
        let mut words = Words { line, at: 0 };
        let Some(first) = words.next()? else {
            return Ok(());
        };
        match (first.quoted, first.text) {
            (false, "allow") => self.rule(Rule::allow(), words, first, number),
            (false, "deny") => self.rule(Rule::deny(), words, first, number),
            (false, "for") => self.tagged(words, number),
            (false, "place") => self.place(words, number),
            (false, "default") => {
                self.once(0, first)?;
                let word = words.need("`allow` or `deny`")?;
                self.rules.default = decision(word)?;
                words.end()
            }
            (false, "precedence") => {
                self.once(1, first)?;
                let word = words.need(PRECEDENCES)?;
                self.rules.precedence = match word.text {
                    "deny-overrides" => Precedence::DenyOverrides,
                    "most-specific" => Precedence::MostSpecific,
                    "first-match" => Precedence::FirstMatch,
                    _ => return Err(word.expected(PRECEDENCES)),
                };
                words.end()
            }
            (false, "embedded") => {
                self.once(2, first)?;
                let word = words.need("`deny-only` or `trusted`")?;
                self.rules.embedded = match word.text {
                    "deny-only" => Embedded::DenyOnly,
                    "trusted" => Embedded::Trusted,
                    _ => return Err(word.expected("`deny-only` or `trusted`")),
                };
                words.end()
            }
            _ => Err(first.expected(LINE_START)),
        }
    }

    /// A setting that is written twice would leave the reader guessing which one holds.
    fn once(&mut self, which: usize, word: Word<'_>) -> Result<(), Fault> {
        match self.seen.get_mut(which) {
            Some(seen) if !*seen => {
                *seen = true;
                Ok(())
            }
            _ => Err(word.fault(TextFault::Twice)),
        }
    }

    fn tagged(&mut self, mut words: Words<'_>, number: u32) -> Result<(), Fault> {
        let word = words.need("`tag`")?;
        if word.text != "tag" || word.quoted {
            return Err(word.expected("`tag`"));
        }
        let mut extra = Extra::default();
        let first = words.need("the number of a tag")?;
        insert(
            &mut extra.tags,
            Tag(plain_number(first, "the number of a tag")?),
        );
        loop {
            let word = words.need("another tag, `allow` or `deny`")?;
            if word.text.starts_with(|c: char| c.is_ascii_digit()) {
                insert(
                    &mut extra.tags,
                    Tag(plain_number(word, "the number of a tag")?),
                );
                continue;
            }
            let mut rule = Rule::new(decision(word)?);
            rule.extra = Some(Box::new(extra));
            return self.rule(rule, words, word, number);
        }
    }

    fn rule(
        &mut self,
        mut rule: Rule,
        mut words: Words<'_>,
        first: Word<'_>,
        number: u32,
    ) -> Result<(), Fault> {
        rule.line = number;
        let mut key = Key::Address;
        // A keyword without a value would be a condition that silently is none.
        let mut waiting = false;
        while let Some(word) = words.next()? {
            if !word.quoted
                && let Some(next) = Key::from_word(word.text)
            {
                if waiting {
                    return Err(word.expected(key.values()));
                }
                (key, waiting) = (next, true);
                continue;
            }
            waiting = false;
            match key {
                Key::Address if word.quoted => return Err(word.expected("`place` before a name")),
                Key::Address => match word.text {
                    "any" => rule = rule.from_anywhere(),
                    "any-v4" => rule.push_prefix(Prefix::ANY_V4),
                    "any-v6" => rule.push_prefix(Prefix::ANY_V6),
                    "unknown" => rule.extra_mut().unknown_address = true,
                    name if is_name(name) => return Err(word.expected(CONDITIONS)),
                    _ => rule.push_prefix(prefix(word)?),
                },
                Key::Place if word.quoted => insert(&mut rule.extra_mut().places, word.text.into()),
                Key::Place => return Err(word.expected(key.values())),
                _ if word.quoted => return Err(word.expected(key.values())),
                Key::Country => {
                    let value = named(word, country)?;
                    insert(&mut rule.extra_mut().countries, value);
                }
                Key::Asn => {
                    let value = named(word, asn)?;
                    insert(&mut rule.extra_mut().asns, value);
                }
                Key::Class => {
                    let value = named(word, class)?;
                    insert(&mut rule.extra_mut().classes, value);
                }
                Key::Device => {
                    let tier = match word.text {
                        "known" => DeviceTier::Known,
                        "unknown" => DeviceTier::Unknown,
                        _ => return Err(word.expected(key.values())),
                    };
                    insert(&mut rule.extra_mut().devices, tier);
                }
            }
        }
        if waiting {
            return Err(Fault {
                at: words.line.len(),
                fault: TextFault::Expected(key.values()),
            });
        }
        self.add(rule, first.at)
    }

    fn add(&mut self, rule: Rule, at: usize) -> Result<(), Fault> {
        Rules::check(&rule, self.list.len()).map_err(|fault| Fault {
            at,
            fault: TextFault::Rule(fault),
        })?;
        self.list.push(rule);
        Ok(())
    }

    fn place(&mut self, mut words: Words<'_>, number: u32) -> Result<(), Fault> {
        let name = words.need("a name in quotation marks")?;
        if !name.quoted {
            return Err(name.expected("a name in quotation marks"));
        }
        let equals = words.need("`=`")?;
        if equals.text != "=" || equals.quoted {
            return Err(equals.expected("`=`"));
        }
        let mut items = Vec::new();
        let mut key = Key::Address;
        let mut waiting = false;
        while let Some(word) = words.next()? {
            if !word.quoted
                && let Some(next) = Key::from_word(word.text)
            {
                if waiting || !matches!(next, Key::Address | Key::Country | Key::Asn) {
                    return Err(word.expected("a network, `country` or `asn`"));
                }
                (key, waiting) = (next, true);
                continue;
            }
            waiting = false;
            match key {
                _ if word.quoted => return Err(word.expected("a network, `country` or `asn`")),
                Key::Country => items.push(PlaceItem::Country(country(word)?)),
                Key::Asn => items.push(PlaceItem::Asn(asn(word)?)),
                _ => match word.text {
                    "any" => items.extend([Prefix::ANY_V4, Prefix::ANY_V6].map(PlaceItem::Prefix)),
                    "any-v4" => items.push(PlaceItem::Prefix(Prefix::ANY_V4)),
                    "any-v6" => items.push(PlaceItem::Prefix(Prefix::ANY_V6)),
                    _ => items.push(PlaceItem::Prefix(prefix(word)?)),
                },
            }
        }
        if waiting {
            return Err(Fault {
                at: words.line.len(),
                fault: TextFault::Expected(key.values()),
            });
        }
        let place = Place {
            name: name.text.into(),
            items,
            line: number,
        };
        self.rules
            .push_place(place)
            .map_err(|fault| name.fault(TextFault::Rule(fault)))
    }
}

#[derive(Clone, Copy)]
enum Key {
    Address,
    Place,
    Country,
    Asn,
    Class,
    Device,
}

impl Key {
    fn from_word(word: &str) -> Option<Self> {
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

    const fn values(self) -> &'static str {
        match self {
            Self::Address => "a network, `any`, `any-v4`, `any-v6` or `unknown`",
            Self::Place => "the name of a place in quotation marks",
            Self::Country => COUNTRIES,
            Self::Asn => ASNS,
            Self::Class => CLASSES,
            Self::Device => "`known` or `unknown`",
        }
    }
}

const PRECEDENCES: &str = "`deny-overrides`, `most-specific` or `first-match`";
const COUNTRIES: &str = "a country's two capital letters or `unknown`";
const ASNS: &str = "the number of an autonomous system, without `AS`, or `unknown`";
/// For whoever wrote `allow Canada`, `allow from 192.0.2.1` or `allow localhost`.
const CONDITIONS: &str = "a network, `any`, `any-v4`, `any-v6`, `unknown`, or a word that says of what kind the name is: `country`, `place`, `asn`, `class`, `device`";
const CLASSES: &str =
    "`special`, `tunnel`, `anonymous`, `vpn`, `proxy`, `tor`, `hosting` or `unknown`";

fn decision(word: Word<'_>) -> Result<Decision, Fault> {
    match word.text {
        "allow" => Ok(Decision::Allow),
        "deny" => Ok(Decision::Deny),
        _ => Err(word.expected("`allow` or `deny`")),
    }
}

/// Words that nobody means for an address.
fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

fn prefix(word: Word<'_>) -> Result<Prefix, Fault> {
    word.text.parse::<Prefix>().map_err(|error| Fault {
        at: word.at.saturating_add(error.offset()),
        fault: TextFault::Prefix(error),
    })
}

fn named<T>(
    word: Word<'_>,
    read: impl Fn(Word<'_>) -> Result<T, Fault>,
) -> Result<Named<T>, Fault> {
    if word.text == "unknown" {
        Ok(Named::Unknown)
    } else {
        read(word).map(Named::Is)
    }
}

fn country(word: Word<'_>) -> Result<Country, Fault> {
    Country::from_code(word.text).ok_or_else(|| word.expected(COUNTRIES))
}

fn asn(word: Word<'_>) -> Result<Asn, Fault> {
    plain_number(word, ASNS).map(Asn)
}

fn class(word: Word<'_>) -> Result<Class, Fault> {
    let found = Class::ALL.iter().find(|(_, name)| *name == word.text);
    found
        .map(|(class, _)| *class)
        .ok_or_else(|| word.expected(CLASSES))
}

/// A decimal number without sign or leading zero.
fn plain_number(word: Word<'_>, what: &'static str) -> Result<u32, Fault> {
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
