//! A verdict with its reasons, as one line of a log.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use thiserror::Error;

use crate::{
    Asn, Class, Classes, Country, DatabaseKind, Decision, DeviceTier, Facts, Located, RuleRef, Tag,
    Verdict,
};

/// A verdict with its reasons. It can be written to a log as one line, parsed again, and replayed on the rules of its
/// version without a database.
///
/// ```
/// use loquet_ipfilter::{Filter, Origin, Record, Rules};
///
/// let rules = Rules::parse_text("default deny\nallow 203.0.113.0/28")?;
/// let filter = Filter::compile(&rules, None)?.with_version(7);
/// let record = filter.explain(&Origin::at("203.0.113.7".parse()?));
/// let line = record.to_string();
/// let again: Record = line.parse()?;
/// assert_eq!(again.replay(&rules), record.verdict);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The verdict.
    pub verdict: Verdict,
    /// The known facts about the address.
    pub facts: Facts,
    /// The user's tags.
    pub tags: Vec<Tag>,
    /// How well the device was known.
    pub device: DeviceTier,
    /// The hops from the socket's peer outwards, as in [`Resolved`](crate::Resolved). The caller fills them in.
    pub hops: Vec<IpAddr>,
    /// The databases and when they were built, seconds since the epoch.
    pub databases: Vec<(DatabaseKind, u64)>,
    /// All matching rules in the order of deciding: the first decided, the others would have. The log line does not
    /// contain them.
    pub matching: Vec<RuleRef>,
}

/// The reason why a line is not a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a record of a verdict: {what} at word {word}")]
pub struct RecordError {
    /// The number of the word, from 1.
    pub word: usize,
    /// What was expected there.
    pub what: &'static str,
}

const VERSION: &str = "loquet-verdict-1";

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verdict, facts, .. } = self;
        write!(
            f,
            "{VERSION} decision={} precedence={}",
            verdict.decision, verdict.precedence
        )?;
        match verdict.rule {
            Some(rule) => write!(f, " rule={} line={}", rule.index, rule.line)?,
            None => f.write_str(" rule=- line=-")?,
        }
        write!(
            f,
            " by-unknown={} version={}",
            verdict.by_unknown, verdict.version
        )?;
        match facts.address {
            Some(address) => write!(f, " address={address}")?,
            None => f.write_str(" address=-")?,
        }
        match facts.country {
            Located::In(country) => write!(f, " country={country}")?,
            Located::Nowhere => f.write_str(" country=none")?,
            Located::Unknown => f.write_str(" country=-")?,
        }
        match facts.asn {
            Some(asn) => write!(f, " asn={asn}")?,
            None => f.write_str(" asn=-")?,
        }
        list(f, "classes", facts.classes.iter())?;
        write!(
            f,
            " anonymiser={} device={}",
            facts.anonymizer_known, self.device
        )?;
        list(f, "tags", self.tags.iter().map(|tag| tag.0))?;
        list(f, "hops", self.hops.iter())?;
        list(
            f,
            "databases",
            self.databases
                .iter()
                .map(|(kind, built)| format!("{kind}@{built}")),
        )
    }
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "country",
            Self::Asn => "asn",
            Self::Anonymizer => "anonymiser",
        })
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    values: impl Iterator<Item = T>,
) -> fmt::Result {
    write!(f, " {key}=")?;
    let mut separator = "";
    for value in values {
        write!(f, "{separator}{value}")?;
        separator = ",";
    }
    if separator.is_empty() {
        f.write_str("-")
    } else {
        Ok(())
    }
}

/// The words of a line, each `key=value` in a fixed order.
struct Fields<'t> {
    words: core::str::Split<'t, char>,
    word: usize,
}

impl<'t> Fields<'t> {
    fn fault(&self, what: &'static str) -> RecordError {
        RecordError {
            word: self.word,
            what,
        }
    }

    fn next(&mut self, key: &'static str) -> Result<&'t str, RecordError> {
        self.word = self.word.saturating_add(1);
        let word = self.words.next().ok_or(self.fault(key))?;
        word.strip_prefix(key)
            .and_then(|rest| rest.strip_prefix('='))
            .ok_or(self.fault(key))
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, RecordError> {
        let value = self.next(key)?;
        read(value).ok_or(self.fault(key))
    }

    fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, RecordError> {
        self.read(key, |text| {
            if text == "-" {
                Some(None)
            } else {
                read(text).map(Some)
            }
        })
    }

    fn all<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, RecordError> {
        self.read(key, |text| {
            if text == "-" {
                Some(Vec::new())
            } else {
                text.split(',').map(&read).collect()
            }
        })
    }
}

fn one_of<T: Copy + fmt::Display>(values: &[T], text: &str) -> Option<T> {
    values
        .iter()
        .copied()
        .find(|value| value.to_string() == text)
}

impl FromStr for Record {
    type Err = RecordError;

    /// Parses the line that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// [`RecordError`] where a word is missing, out of order or invalid.
    fn from_str(line: &str) -> Result<Self, RecordError> {
        let mut fields = Fields {
            words: line.split(' '),
            word: 1,
        };
        if fields.words.next() != Some(VERSION) {
            return Err(fields.fault(VERSION));
        }
        let mut verdict = read_verdict(&mut fields)?;
        let facts = read_facts(&mut fields)?;
        verdict.address = facts.address;
        let record = Self {
            verdict,
            facts,
            device: fields.read("device", |text| {
                one_of(&[DeviceTier::Unknown, DeviceTier::Known], text)
            })?,
            tags: fields.all("tags", |text| number(text).map(Tag))?,
            hops: fields.all("hops", address)?,
            databases: fields.all("databases", |text| {
                let (kind, built) = text.split_once('@')?;
                let kinds = [
                    DatabaseKind::Country,
                    DatabaseKind::Asn,
                    DatabaseKind::Anonymizer,
                ];
                Some((one_of(&kinds, kind)?, built.parse::<u64>().ok()?))
            })?,
            matching: Vec::new(),
        };
        match fields.words.next() {
            Some(_) => Err(fields.fault("more than a record")),
            None => Ok(record),
        }
    }
}

/// Parses the verdict without its address, which is one of the facts.
fn read_verdict(fields: &mut Fields<'_>) -> Result<Verdict, RecordError> {
    use crate::Precedence::{DenyOverrides, FirstMatch, MostSpecific};
    let decision = fields.read("decision", |text| {
        one_of(&[Decision::Allow, Decision::Deny], text)
    })?;
    let precedence = fields.read("precedence", |text| {
        one_of(&[DenyOverrides, MostSpecific, FirstMatch], text)
    })?;
    let index = fields.optional("rule", number)?;
    let line = fields.optional("line", number)?;
    Ok(Verdict {
        decision,
        rule: index.zip(line).map(|(index, line)| RuleRef { index, line }),
        by_unknown: fields.read("by-unknown", flag)?,
        precedence,
        version: fields.read("version", |text| text.parse::<u64>().ok())?,
        address: None,
    })
}

fn read_facts(fields: &mut Fields<'_>) -> Result<Facts, RecordError> {
    let class = |text: &str| {
        let mut all = Class::ALL.iter();
        all.find(|(_, word)| *word == text).map(|(class, _)| *class)
    };
    Ok(Facts {
        address: fields.optional("address", address)?,
        country: fields.read("country", |text| match text {
            "-" => Some(Located::Unknown),
            "none" => Some(Located::Nowhere),
            code => Country::from_code(code).map(Located::In),
        })?,
        asn: fields.optional("asn", number)?.map(Asn),
        classes: fields
            .all("classes", class)?
            .into_iter()
            .fold(Classes::NONE, Classes::with),
        anonymizer_known: fields.read("anonymiser", flag)?,
    })
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn flag(text: &str) -> Option<bool> {
    text.parse().ok()
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
