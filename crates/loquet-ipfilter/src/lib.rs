//! Where a log-in may come from: address, place, device. One verdict, with the rule that decided.
//!
//! An operator writes [`Rules`]; [`Filter::compile`] freezes them, together with what the operator's databases
//! ([`Geo`]) say of countries and network operators; [`Filter::check`] answers with a [`Verdict`]. Which address a
//! request comes from is a question of its own, answered by [`ClientAddress`].
//!
//! Nothing here reads a clock, a file or the network. What is not known is an explicit class, and never allows.

mod address;
mod client;
mod compile;
mod import;
mod query;
mod rules;

pub use address::prefix::{Prefix, PrefixError};
pub use address::special::{embedded_v4, is_special};
pub use client::header::HeaderKind;
pub use client::proxies::{ProxyError, TrustedProxies};
pub use client::reason::Reason;
pub use client::resolve::{ClientAddress, Resolved};
pub use compile::error::CompileError;
pub use import::geo::{Classes, DatabaseKind, Geo, Stale};
pub use import::list_reader::{ImportError, ImportFault};
#[cfg(feature = "maxmind")]
pub use import::maxmind::MmdbError;
pub use import::network_list::{ImportLimits, ListFormat, import};
pub use query::diff::{Change, Difference, UserGroup, diff, diff_for};
pub use query::facts::{Facts, Located};
pub use query::filter::Filter;
pub use query::lint::Finding;
pub use query::record::{Record, RecordError};
pub use query::shared::SharedFilter;
pub use query::verdict::{Origin, Verdict};
pub use rules::rule::{Rule, RuleRef};
pub use rules::rule_set::{Place, PlaceItem, RuleFault, Rules};
pub use rules::text_error::{RulesError, TextFault};
pub use rules::values::{
    Asn, Class, Country, Decision, DeviceTier, Embedded, Named, Precedence, Tag,
};

#[cfg(doc)]
#[doc = include_str!("../docs/measured.md")]
pub mod measured {}
