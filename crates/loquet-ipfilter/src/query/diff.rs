//! The exact difference between two sets of rules, over every address.

use core::net::IpAddr;

use crate::address::number::Word;
use crate::address::special::tunnel_prefixes;
use crate::compile::rule_lists::ListId;
use crate::compile::spans::{FixedMap, Spans};
use crate::compile::sweep::{Item, sweep};
use crate::query::evaluate::Audience;
use crate::{Decision, DeviceTier, Filter, Prefix, RuleRef, Tag};

/// The users that a difference is about: those with exactly this tag, or without tags, on such a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserGroup {
    /// The tag; `None` for users without tags.
    pub tag: Option<Tag>,
    /// How well the device is known.
    pub device: DeviceTier,
}

/// A range of addresses with the same change of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
    /// The decision after the change; the one before was the opposite.
    pub after: Decision,
    /// The rule that decides after the change; `None` for the default.
    pub rule: Option<RuleRef>,
}

/// All changes for one group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The group of users.
    pub group: UserGroup,
    /// The ranges of addresses, IPv4 first, ascending; adjacent ranges differ in decision or rule.
    pub changes: Vec<Change>,
    /// The number of addresses that are allowed now and were denied before.
    pub gained: u128,
    /// The number of addresses that are denied now and were allowed before.
    pub lost: u128,
    /// The decision about an unknown address after the change, if it changes.
    pub unknown_address: Option<Decision>,
}

impl Difference {
    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unknown_address.is_none()
    }
}

/// Compares two filters for users without tags and for each tag that either names, on unknown devices and, if a rule
/// names devices, on known devices.
///
/// A change that only users with several tags see is not found. Addresses that carry an embedded IPv4 address (6to4,
/// Teredo, NAT64, IPv4-compatible) are left out: their decision follows from the embedded address.
/// [`opens`](crate::opens) covers both.
///
/// ```
/// use loquet_ipfilter::{Filter, Rules, diff};
///
/// let filter = |text: &str| Filter::compile(&Rules::parse_text(text).unwrap(), None).unwrap();
/// let found = diff(&filter("allow 203.0.113.0/24"), &filter("allow 203.0.113.0/25"));
/// assert_eq!((found[0].gained, found[0].lost), (0, 128));
/// assert_eq!(found[0].changes[0].first.to_string(), "203.0.113.128");
/// ```
#[must_use]
pub fn diff(before: &Filter, after: &Filter) -> Vec<Difference> {
    let mut tags = before.rules().tags();
    tags.extend(after.rules().tags());
    tags.sort_unstable();
    tags.dedup();
    let devices: &[DeviceTier] = if [before, after]
        .into_iter()
        .any(|filter| filter.rules().distinguish_devices())
    {
        &[DeviceTier::Unknown, DeviceTier::Known]
    } else {
        &[DeviceTier::Unknown]
    };
    let shared = SharedSpans::of(before, after);
    let tags = [None].into_iter().chain(tags.into_iter().map(Some));
    tags.flat_map(|tag| devices.iter().map(move |device| (tag, *device)))
        .map(|(tag, device)| shared.difference(tag, device))
        .collect()
}

/// The address space cut wherever either filter has other rules, with the lists before and after. `None` for tunnels
/// and IPv4-mapped addresses.
struct SharedSpans<'f> {
    before: &'f Filter,
    after: &'f Filter,
    v4: Spans<u32, Option<(ListId, ListId)>>,
    v6: Spans<u128, Option<(ListId, ListId)>>,
}

impl<'f> SharedSpans<'f> {
    fn of(before: &'f Filter, after: &'f Filter) -> Self {
        let (old, new) = (before.index(), after.index());
        let v6 = old.v6.spans().zip(&new.v6.spans()).zip(&plain_addresses());
        Self {
            before,
            after,
            v4: old.v4.spans().zip(&new.v4.spans()).map(Some),
            v6: v6.map(|(lists, plain)| plain.then_some(lists)),
        }
    }

    fn difference(&self, tag: Option<Tag>, device: DeviceTier) -> Difference {
        let audience = Audience::User(tag.as_slice(), device);
        let mut old = DecisionCache::new(self.before, audience);
        let mut new = DecisionCache::new(self.after, audience);
        let unknown = [
            old.at(self.before.unknown_address()).0,
            new.at(self.after.unknown_address()).0,
        ];
        // Neighbors with the same change under the same rule are merged.
        let mut change = |lists: Option<(ListId, ListId)>| {
            let (before, after) = lists?;
            let ((was, _), is) = (old.at(before), new.at(after));
            (was != is.0).then_some(is)
        };
        let (v4, v6) = (self.v4.map(&mut change), self.v6.map(&mut change));
        let mut difference = Difference {
            group: UserGroup { tag, device },
            changes: Vec::new(),
            gained: 0,
            lost: 0,
            unknown_address: match unknown {
                [was, is] if was != is => Some(is),
                _ => None,
            },
        };
        difference.add(&v4);
        difference.add(&v6);
        difference
    }
}

impl Difference {
    fn add<K: Word>(&mut self, changed: &Spans<K, Option<(Decision, Option<RuleRef>)>>) {
        for (first, last, change) in changed.ranges() {
            let Some((after, rule)) = change else {
                continue;
            };
            let count = first.count_to(last);
            match after {
                Decision::Allow => self.gained = self.gained.saturating_add(count),
                Decision::Deny => self.lost = self.lost.saturating_add(count),
            }
            self.changes.push(Change {
                first: first.address(),
                last: last.address(),
                after,
                rule,
            });
        }
    }
}

/// The decision and rule of each list for one audience, computed once per list.
struct DecisionCache<'f> {
    filter: &'f Filter,
    audience: Audience<'f>,
    lists: FixedMap<ListId, (Decision, Option<RuleRef>)>,
}

impl<'f> DecisionCache<'f> {
    fn new(filter: &'f Filter, audience: Audience<'f>) -> Self {
        Self {
            filter,
            audience,
            lists: FixedMap::default(),
        }
    }

    fn at(&mut self, list: ListId) -> (Decision, Option<RuleRef>) {
        let rules = self.filter.rules();
        let named = |index: u32| Some((rules.at(index)?.decision(), rules.reference(index)));
        let default = (rules.default_decision(), None);
        if let Some(index) = list.single() {
            return named(index).unwrap_or(default);
        }
        let (lists, audience) = (self.filter.lists(), self.audience);
        *self.lists.entry(list).or_insert_with(|| {
            lists
                .deciding_rule(rules, list, audience)
                .and_then(named)
                .unwrap_or(default)
        })
    }
}

/// Marks the IPv6 addresses that are neither in a tunnel nor IPv4-mapped.
pub(crate) fn plain_addresses() -> Spans<u128, bool> {
    let mapped = Prefix::from_v6_bits(0xffff << 32, 96);
    let network = |(prefix, plain)| Item::new(prefix, plain);
    let left_out = tunnel_prefixes().into_iter().chain([mapped]);
    let mut items: Vec<Item<u128, bool>> = left_out
        .map(|prefix| (prefix, false))
        // The unspecified and the loopback address.
        .chain([(Prefix::from_v6_bits(0, 127), true)])
        .filter_map(network)
        .collect();
    sweep(&mut items, true, |_, item| item.what, |plain| plain)
}

impl Filter {
    /// Returns an address from which a user with these tags on such a device is allowed. `None` proves that there is
    /// none, apart from tunnels.
    #[must_use]
    pub fn allowed_somewhere(&self, tags: &[Tag], device: DeviceTier) -> Option<IpAddr> {
        let mut decisions = DecisionCache::new(self, Audience::User(tags, device));
        let mut allows = |list| decisions.at(list).0 == Decision::Allow;
        let v4 = self.index().v4.spans();
        if let Some((start, _)) = v4.iter().find(|(_, list)| allows(*list)) {
            return Some(start.address());
        }
        let v6 = self.index().v6.spans().zip(&plain_addresses());
        let found = v6.iter().find(|(_, (list, plain))| *plain && allows(*list));
        found.map(|(start, _)| start.address())
    }
}
