//! Why a verdict is what it is: for the operator's eyes and for the audit log.

use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use thiserror::Error;

use crate::evaluate::{Audience, Match, matching};
use crate::filter::verdict;
use crate::{
    Asn, Class, Country, Decision, DeviceTier, Facts, Filter, Located, Origin, RuleRef, Rules,
    Subject, Tag, Verdict,
};

/// A verdict with everything that it rests on. It can be written to a log as one line, read back, and replayed on the
/// rules of that version without any database.
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
    /// What was answered.
    pub verdict: Verdict,
    /// What was known of the address.
    pub facts: Facts,
    /// The person's tags.
    pub tags: Vec<Tag>,
    /// How well the device was known.
    pub device: DeviceTier,
    /// The way from the socket's peer outwards, as [`Resolved`](crate::Resolved) has it; fill it in where it is known.
    pub hops: Vec<IpAddr>,
    /// The databases that were asked and when they were built, seconds since the epoch.
    pub databases: Vec<(Subject, u64)>,
    /// Every rule that matches, in the order of deciding: the first did, the rest would have. Not part of the line.
    pub matching: Vec<RuleRef>,
}

impl Filter {
    /// The verdict with its reasons. Every rule is asked, so this takes time in proportion to their number.
    #[must_use]
    pub fn explain(&self, origin: &Origin<'_>) -> Record {
        let facts = self.facts(origin.address);
        let audience = Audience::Person(origin.tags, origin.device);
        let (verdict, matching) = judge(self.rules(), self.version(), &facts, audience);
        let databases = [Subject::Country, Subject::Asn, Subject::Anonymiser];
        let built = |subject| Some((subject, self.geo()?.built(subject)?));
        Record {
            verdict,
            facts,
            tags: origin.tags.to_vec(),
            device: origin.device,
            hops: Vec::new(),
            databases: databases.into_iter().filter_map(built).collect(),
            matching,
        }
    }

    /// The same for somebody who is not known yet; see [`check_stranger`](Self::check_stranger).
    #[must_use]
    pub fn explain_stranger(&self, address: Option<IpAddr>) -> Record {
        let known = self.explain(&Origin {
            address,
            ..Origin::default()
        });
        let (verdict, matching) = judge(
            self.rules(),
            self.version(),
            &known.facts,
            Audience::Stranger,
        );
        Record {
            verdict,
            matching,
            ..known
        }
    }
}

fn judge(
    rules: &Rules,
    version: u64,
    facts: &Facts,
    audience: Audience<'_>,
) -> (Verdict, Vec<RuleRef>) {
    let count = u32::try_from(rules.rules().len()).unwrap_or(u32::MAX);
    let found: Vec<(u32, Match)> = matching(rules, 0..count, facts, audience);
    let reference = |index: u32| rules.reference(usize::try_from(index).ok()?);
    let matched = found
        .iter()
        .filter_map(|(index, _)| reference(*index))
        .collect();
    (
        verdict(rules, version, facts.address, found.first().copied()),
        matched,
    )
}

impl Record {
    /// The verdict that these rules give on the recorded facts. On the rules of the recorded version it is the recorded
    /// verdict.
    pub fn replay(&self, rules: &Rules) -> Verdict {
        judge(
            rules,
            self.verdict.version,
            &self.facts,
            Audience::Person(&self.tags, self.device),
        )
        .0
    }
}

/// Why a line is not a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a record of a verdict: {what} at word {word}")]
pub struct RecordError {
    /// Which word, from 1.
    pub word: usize,
    /// What is wrong there.
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
            facts.anonymiser_known, self.device
        )?;
        list(f, "tags", self.tags.iter().map(|tag| tag.0))?;
        list(f, "hops", self.hops.iter())?;
        list(
            f,
            "databases",
            self.databases
                .iter()
                .map(|(subject, built)| format!("{subject}@{built}")),
        )
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country => "country",
            Self::Asn => "asn",
            Self::Anonymiser => "anonymiser",
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

/// The words of a line, each `key=value` in its fixed place.
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

    /// Reads the line that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// Where a word is missing, out of place or not a value of its kind.
    fn from_str(line: &str) -> Result<Self, RecordError> {
        use crate::Precedence::{DenyOverrides, FirstMatch, MostSpecific};
        let mut fields = Fields {
            words: line.split(' '),
            word: 1,
        };
        if fields.words.next() != Some(VERSION) {
            return Err(fields.fault(VERSION));
        }
        let number = |text: &str| text.parse::<u32>().ok();
        let flag = |text: &str| text.parse::<bool>().ok();
        let address = |text: &str| text.parse::<IpAddr>().ok();
        let decision = fields.read("decision", |text| {
            one_of(&[Decision::Allow, Decision::Deny], text)
        })?;
        let precedence = fields.read("precedence", |text| {
            one_of(&[DenyOverrides, MostSpecific, FirstMatch], text)
        })?;
        let index = fields.optional("rule", number)?;
        let line = fields.optional("line", number)?;
        let by_unknown = fields.read("by-unknown", flag)?;
        let version = fields.read("version", |text| text.parse::<u64>().ok())?;
        let at = fields.optional("address", address)?;
        let country = fields.read("country", |text| match text {
            "-" => Some(Located::Unknown),
            "none" => Some(Located::Nowhere),
            code => Country::from_code(code).map(Located::In),
        })?;
        let asn = fields.optional("asn", number)?.map(Asn);
        let class = |text: &str| {
            Class::ALL
                .iter()
                .find(|(_, word)| *word == text)
                .map(|(class, _)| *class)
        };
        let classes = fields.all("classes", class)?;
        let anonymiser_known = fields.read("anonymiser", flag)?;
        let device = fields.read("device", |text| {
            one_of(&[DeviceTier::Unknown, DeviceTier::Known], text)
        })?;
        let tags = fields.all("tags", |text| number(text).map(Tag))?;
        let hops = fields.all("hops", address)?;
        let databases = fields.all("databases", |text| {
            let (subject, built) = text.split_once('@')?;
            let subject = one_of(
                &[Subject::Country, Subject::Asn, Subject::Anonymiser],
                subject,
            )?;
            Some((subject, built.parse::<u64>().ok()?))
        })?;
        if fields.words.next().is_some() {
            return Err(fields.fault("more than a record"));
        }
        let rule = index.zip(line).map(|(index, line)| RuleRef { index, line });
        Ok(Self {
            verdict: Verdict {
                decision,
                rule,
                by_unknown,
                precedence,
                version,
                address: at,
            },
            facts: Facts {
                address: at,
                country,
                asn,
                classes: classes
                    .into_iter()
                    .fold(crate::Classes::NONE, crate::Classes::with),
                anonymiser_known,
            },
            tags,
            device,
            hops,
            databases,
            matching: Vec::new(),
        })
    }
}
