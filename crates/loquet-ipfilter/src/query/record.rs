//! A verdict with its reasons, as one line of a log.

use core::fmt;
use core::net::IpAddr;

use crate::{DatabaseKind, DeviceTier, Facts, Located, RuleRef, Tag, Verdict};

/// A verdict with its reasons, which can be understood without the databases of its day. It is displayed as one line of
/// a log.
///
/// ```
/// use loquet_ipfilter::{Filter, Origin, Rules};
///
/// let rules = Rules::parse_text("default deny\nallow 203.0.113.0/28")?;
/// let filter = Filter::compile(&rules, None)?;
/// let record = filter.explain(&Origin::at("203.0.113.7".parse()?));
/// assert!(record.to_string().contains("decision=allow precedence=deny-overrides rule=0 line=2"));
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
        write!(f, " by-unknown={}", verdict.by_unknown)?;
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
            Self::Anonymizer => "anonymizer",
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
