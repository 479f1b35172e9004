//! IP rules for log-ins: allow or deny a request by its address, place, network and device, and name the rule.
//!
//! - [`Rules`] are the rules of an organization or of a service. [`rule_text`] describes their text form.
//! - [`Geo`] holds countries, network operators and anonymizers from the operator's databases.
//! - [`Filter::compile`] compiles both into an index, and [`Filter::check`] returns a [`Verdict`].
//! - [`ClientAddress`] finds the client's address behind proxies.
//! - [`Filter::lint`], [`diff`], [`opens`] and [`Filter::allowed_somewhere`] analyze rules over every address.
//!
//! ```
//! use loquet_ipfilter::{Filter, Origin, Rules, Tag};
//!
//! let rules = Rules::parse_text(
//!     "default deny
//!      place \"Garderie Laval\" = 203.0.113.0/28
//!      allow place \"Garderie Laval\"
//!      for tag 1 allow any",
//! )?;
//! let filter = Filter::compile(&rules, None)?;
//!
//! let office = Origin::at("203.0.113.7".parse()?);
//! assert_eq!(filter.check(&office).rule.map(|rule| rule.line), Some(3));
//!
//! let elsewhere = Origin::at("198.51.100.7".parse()?);
//! assert!(!filter.check(&elsewhere).is_allowed());
//! assert!(filter.check(&Origin { tags: &[Tag(1)], ..elsewhere }).is_allowed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program can also build rules, for instance from a form:
//!
//! ```
//! use loquet_ipfilter::{Asn, Class, Country, DeviceTier, Embedded, Named, Rule, Rules};
//!
//! let mut rules = Rules::new();
//! rules.set_embedded(Embedded::Trusted);
//! let canada = Named::Is(Country::from_code("CA").unwrap());
//! rules.add_rule(Rule::allow().from_country(canada).from_asn(Named::Is(Asn(577))))?;
//! rules.add_rule(Rule::deny().from_class(Named::Is(Class::Tor)).from_class(Named::Unknown))?;
//! rules.add_rule(Rule::deny().from_unknown_address())?;
//! rules.add_rule(Rule::allow().from_anywhere().with_device(DeviceTier::Known))?;
//! assert_eq!(
//!     rules.to_string(),
//!     "precedence deny-overrides\ndefault deny\nembedded trusted\nallow country CA asn 577\n\
//!      deny class tor unknown\ndeny unknown\nallow any-v4 any-v6 device known\n"
//! );
//! # Ok::<(), loquet_ipfilter::RuleFault>(())
//! ```
//!
//! # Security
//! An unknown fact never allows a request: only a rule that names `unknown`, or `default allow`, does. The crate reads
//! no clock, file or network.

mod address;
mod client;
mod compile;
mod import;
mod query;
mod rules;

pub use address::prefix::{Prefix, PrefixError};
pub use address::special::{embedded_v4, is_special};
pub use client::header::HeaderKind;
pub use client::proxies::{Proxy, ProxyError, TrustedProxies};
pub use client::reason::Reason;
pub use client::resolve::{ClientAddress, Resolved};
pub use compile::error::{CompileError, Limit};
pub use compile::limits::CompileLimits;
pub use import::geo::{Classes, DatabaseKind, Geo, Stale};
pub use import::list_reader::{ImportError, ImportFault};
#[cfg(feature = "maxmind")]
pub use import::maxmind::MmdbError;
pub use import::network_list::{ImportLimits, ListFormat, import};
pub use query::diff::{Change, Difference, UserGroup, diff};
pub use query::facts::{Facts, Located};
pub use query::filter::Filter;
pub use query::lint::Finding;
pub use query::opens::opens;
pub use query::record::Record;
pub use query::shared::SharedFilter;
pub use query::verdict::{Origin, Verdict};
pub use rules::rule::{Rule, RuleRef};
pub use rules::rule_set::{Place, PlaceItem, RuleFault, Rules};
pub use rules::text_error::{RulesError, TextFault};
pub use rules::values::{
    Asn, Class, Country, Decision, DeviceTier, Embedded, Named, Precedence, Tag,
};

/// Editors and exports of some systems put it before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

#[cfg(doc)]
#[doc = include_str!("../docs/rules.md")]
pub mod rule_text {}

#[cfg(doc)]
#[doc = include_str!("../docs/requirements.md")]
pub mod requirements {}

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
