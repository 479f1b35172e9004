//! Where a log-in may come from: address, place, device. One verdict, with the rule that decided.
//!
//! An operator writes [`Rules`]; [`Filter::compile`] freezes them, together with what the operator's databases
//! ([`Geo`]) say of countries and network operators; [`Filter::check`] answers with a [`Verdict`]. Which address a
//! request comes from is a question of its own, answered by [`ClientAddress`].
//!
//! Rules can also be built by a program, from a form for instance:
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
//! Nothing here reads a clock, a file or the network. What is not known is an explicit class, and never allows.

mod address;
mod behaviours;
mod client;
mod compile_error;
mod coverage;
mod diff;
mod display;
mod evaluate;
mod explain;
mod facts;
mod facts_table;
mod filter;
mod fold;
mod geo;
mod groups;
mod header;
mod import;
#[cfg(feature = "json")]
mod import_json;
mod import_list;
mod index;
mod lines;
mod lint;
mod lists;
#[cfg(feature = "maxmind")]
mod maxmind;
mod packed;
mod parts;
mod planes;
mod prefix;
mod record;
mod rule;
mod rules;
mod runs;
mod search;
mod shared;
mod spans;
mod sweep;
mod text;
mod text_error;
mod text_words;
mod verdict;
mod word;
mod words;

pub use address::{embedded_v4, is_special};
pub use client::{ClientAddress, HeaderKind, ProxyError, Reason, Resolved, TrustedProxies};
pub use compile_error::CompileError;
pub use diff::{Change, Difference, Who, diff};
pub use facts::{Facts, Located};
pub use filter::Filter;
pub use geo::{Classes, Geo, Stale, Subject};
pub use import::{ImportLimits, ListFormat, import};
pub use import_list::{ImportError, ImportFault};
pub use lint::Finding;
#[cfg(feature = "maxmind")]
pub use maxmind::MmdbError;
pub use prefix::{Prefix, PrefixError};
pub use record::Record;
pub use rule::{Rule, RuleRef};
pub use rules::{Place, PlaceItem, RuleFault, Rules};
pub use shared::SharedFilter;
pub use text_error::{RulesError, TextFault};
pub use verdict::{Origin, Verdict};
pub use words::{Asn, Class, Country, Decision, DeviceTier, Embedded, Named, Precedence, Tag};

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
