//! What a change of rules changes, for every address there is: counted and listed, not sampled.

use core::net::IpAddr;

use crate::address::tunnel_prefixes;
use crate::evaluate::Audience;
use crate::lists::ListId;
use crate::spans::{FixedMap, Spans};
use crate::sweep::{Item, sweep};
use crate::word::Word;
use crate::{Decision, DeviceTier, Filter, Prefix, RuleRef, Tag};

/// Whom a difference is about: somebody with just this tag, or without any, on such a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// The one tag; `None` for somebody without tags.
    pub tag: Option<Tag>,
    /// How well the device is known.
    pub device: DeviceTier,
}

/// A run of addresses whose verdict changes, all in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
    /// What is decided after the change; before it was the other.
    pub after: Decision,
    /// The rule that decides after the change; `None` for the default.
    pub rule: Option<RuleRef>,
}

/// Everything that changes for one kind of person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whom it is about.
    pub who: Who,
    /// The runs of addresses, IPv4 first, ascending, none adjacent to one of the same kind.
    pub changes: Vec<Change>,
    /// How many addresses are allowed now and were denied before.
    pub gained: u128,
    /// How many addresses are denied now and were allowed before.
    pub lost: u128,
    /// The decision about an unknown address after the change, if it changes.
    pub unknown_address: Option<Decision>,
}

impl Difference {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unknown_address.is_none()
    }
}

/// What changes from one filter to another, for somebody without tags and for each tag that either names, on unknown and
/// on known devices where a rule tells them apart.
///
/// What changes only for people with several tags is not found. Addresses that carry an embedded IPv4 address (6to4, Teredo,
/// NAT64, IPv4-compatible) are left out: what happens to them follows from what happens to the address inside.
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
        .any(|filter| filter.rules().tell_devices_apart())
    {
        &[DeviceTier::Unknown, DeviceTier::Known]
    } else {
        &[DeviceTier::Unknown]
    };
    let cut = Cut::of(before, after);
    let tags = [None].into_iter().chain(tags.into_iter().map(Some));
    tags.flat_map(|tag| devices.iter().map(move |device| (tag, *device)))
        .map(|(tag, device)| cut.difference(tag, device))
        .collect()
}

/// The address space cut wherever either filter has other rules: before, and after. `None` where an address is not just
/// an address.
struct Cut<'f> {
    before: &'f Filter,
    after: &'f Filter,
    v4: Spans<u32, Option<(ListId, ListId)>>,
    v6: Spans<u128, Option<(ListId, ListId)>>,
}

impl<'f> Cut<'f> {
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
        let audience = Audience::Person(tag.as_slice(), device);
        let mut old = Deciders::new(self.before, audience);
        let mut new = Deciders::new(self.after, audience);
        let unknown = [
            old.at(self.before.nowhere()).0,
            new.at(self.after.nowhere()).0,
        ];
        // Neighbours that change alike under the same rule are one.
        let mut change = |lists: Option<(ListId, ListId)>| {
            let (before, after) = lists?;
            let ((was, _), is) = (old.at(before), new.at(after));
            (was != is.0).then_some(is)
        };
        let (v4, v6) = (self.v4.map(&mut change), self.v6.map(&mut change));
        let mut difference = Difference {
            who: Who { tag, device },
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
        for (first, last, change) in changed.runs() {
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

/// Who decides in each list, for one audience, asked once a list.
struct Deciders<'f> {
    filter: &'f Filter,
    audience: Audience<'f>,
    lists: FixedMap<ListId, (Decision, Option<RuleRef>)>,
}

impl<'f> Deciders<'f> {
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
                .decider(rules, list, audience)
                .and_then(named)
                .unwrap_or(default)
        })
    }
}

/// Where an address is just an address: neither a tunnel's nor an IPv4-mapped one, which is IPv4.
fn plain_addresses() -> Spans<u128, bool> {
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
    /// An address from which somebody with these tags on such a device is allowed; `None` is a proof that there is no
    /// such address, tunnels apart.
    #[must_use]
    pub fn allowed_somewhere(&self, tags: &[Tag], device: DeviceTier) -> Option<IpAddr> {
        let mut deciders = Deciders::new(self, Audience::Person(tags, device));
        let mut allows = |list| deciders.at(list).0 == Decision::Allow;
        let v4 = self.index().v4.spans();
        if let Some((start, _)) = v4.iter().find(|(_, list)| allows(*list)) {
            return Some(start.address());
        }
        let v6 = self.index().v6.spans().zip(&plain_addresses());
        let found = v6.iter().find(|(_, (list, plain))| *plain && allows(*list));
        found.map(|(start, _)| start.address())
    }
}
